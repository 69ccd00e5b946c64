//! As whom the bot asks and writes.

use super::{
    Environment, Origin, SecretSource,
    convert::{placed, some, text},
    env,
    origin::Placed,
    raw::{Node, Table, Value},
    section::{Key, Report, Section},
    setting::Setting,
    values::{choice, word},
    words::quoted,
};
use crate::model::Login;

/// One account that the bot uses, with its token.
#[derive(Clone, Debug)]
pub struct Identity {
    /// How replies and logs call it; no two identities share one.
    pub name: String,
    /// Its login. `None`: the token is asked.
    pub login: Option<Login>,
    /// What it is used for; never empty.
    pub uses: Vec<Use>,
    pub(super) token: Placed<SecretSource>,
    pub(super) token_key: String,
}

/// What an identity is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Reading pull requests.
    Read,
    /// Asking about teams.
    Teams,
    /// Posting statuses, replies and reactions.
    Write,
}

/// Each use with its name in the configuration.
const USES: [(&str, Use); 3] = [
    ("read", Use::Read),
    ("teams", Use::Teams),
    ("write", Use::Write),
];

impl Identity {
    /// Where its token is.
    #[must_use]
    pub const fn token_source(&self) -> &SecretSource {
        &self.token.value
    }

    /// Whether it is used for that.
    #[must_use]
    pub fn is_for(&self, purpose: Use) -> bool {
        self.uses.contains(&purpose)
    }

    /// Where its token is.
    #[must_use]
    pub const fn token(&self) -> &SecretSource {
        &self.token.value
    }
}

/// Reads all identities, or makes the one that needs no configuration.
pub(super) fn read(
    report: &mut Report,
    root: &mut Table,
    environment: &Environment,
) -> Option<Vec<Identity>> {
    let (mut nodes, place) = read_tables(report, root)?;
    if nodes.is_empty() {
        nodes.push(unconfigured(report, environment));
    }
    let read: Vec<_> = nodes
        .into_iter()
        .enumerate()
        .map(|(at, node)| read_one(report, node, at + 1))
        .collect();
    check_names(report, &read);
    let identities: Vec<_> = read
        .into_iter()
        .map(|read| read.map(|(identity, _)| identity))
        .collect::<Option<_>>()?;
    check_uses(report, &identities, &place);
    Some(identities)
}

/// The tables, and where the first begins.
fn read_tables(report: &mut Report, root: &mut Table) -> Option<(Vec<Node>, Origin)> {
    let Some(node) = root.remove("identity") else {
        return Some((Vec::new(), root.origin.clone()));
    };
    let kind = node.kind();
    if let Value::List(nodes) = node.value {
        return Some((nodes, node.origin));
    }
    let says = format!("must be a list of tables, not {kind}; begin each with [[identity]]");
    report.mistake(&node.origin, "identity", says);
    None
}

fn read_one(report: &mut Report, node: Node, number: usize) -> Option<(Identity, Origin)> {
    let path = format!(
        "identity.{}",
        label(&node).unwrap_or_else(|| number.to_string())
    );
    let mut section = Section::of(report, node, path);
    let name = section.value(Key::bare("name", "\"refire\""), placed(text(word)));
    let token = read_token(&mut section);
    let login = section.optional(Key::bare("login", "\"refire\""), text(word));
    let example = r#"["read", "teams", "write"]"#;
    let uses = section.value(
        Key::list("uses", USES.map(|(word, _)| word), example),
        some(|text| choice(text, &USES)),
    );
    section.finish();
    let (name, (token_key, token)) = (name?, token?);
    let uses = uses?.into_iter().map(|placed| placed.value).collect();
    let identity = Identity {
        name: name.value,
        login: login?.map(Login::new),
        uses,
        token,
        token_key,
    };
    Some((identity, name.origin))
}

/// The name for paths, before anything else of the identity is understood.
fn label(node: &Node) -> Option<String> {
    let Value::Table(table) = &node.value else {
        return None;
    };
    let name = table.entries.iter().find(|entry| entry.name == "name")?;
    match &name.node.value {
        Value::Text(text) => word(text).ok(),
        _ => None,
    }
}

/// The key that names the token's place, and the place.
fn read_token(section: &mut Section<'_>) -> Option<(String, Placed<SecretSource>)> {
    let variable = Key::secret("token_env", "\"REFIRE_TOKEN\"");
    let variable = section.optional(variable, placed(text(SecretSource::variable)));
    let file = Key::secret("token_file", "\"/run/secrets/refire-token\"");
    let file = section.optional(file, placed(text(SecretSource::file)));
    let (name, token) = match (variable?, file?) {
        (Some(token), None) => ("token_env", token),
        (None, Some(token)) => ("token_file", token),
        (given, file) => {
            let origin = file.map_or_else(|| section.origin().clone(), |file| file.origin);
            refuse_token(section, &origin, given.is_some());
            return None;
        }
    };
    let (key, shown) = (section.full(name), vec![token.value.clone()]);
    let setting = Setting::secret(key.clone(), shown, token.origin.clone());
    section.report.settings.push(setting);
    Some((key, token))
}

fn refuse_token(section: &mut Section<'_>, origin: &Origin, both: bool) {
    let (name, says) = if both {
        ("token_file", "stands beside token_env; keep one of the two")
    } else {
        (
            "token_env",
            "is missing; write for example token_env = \"REFIRE_TOKEN\", or token_file",
        )
    };
    let key = section.full(name);
    section.report.mistake(origin, &key, says);
}

fn check_names(report: &mut Report, identities: &[Option<(Identity, Origin)>]) {
    let known: Vec<_> = identities.iter().flatten().collect();
    for (at, (identity, origin)) in known.iter().enumerate() {
        let twin = known
            .iter()
            .take(at)
            .find(|(earlier, _)| earlier.name.eq_ignore_ascii_case(&identity.name));
        if let Some((_, first)) = twin {
            let says = format!(
                "{} is already the name of an identity ({first}); give each its own",
                quoted(&identity.name)
            );
            report.mistake(origin, "identity.name", says);
        }
    }
}

fn check_uses(report: &mut Report, identities: &[Identity], place: &Origin) {
    for (word, purpose) in USES {
        if !identities.iter().any(|identity| identity.is_for(purpose)) {
            report.mistake(
                place,
                "identity.uses",
                format!(
                    "no identity is used for {word}; add {} to one",
                    quoted(word)
                ),
            );
        }
    }
}

/// The identity when none is configured: its token from `REFIRE_TOKEN`, or the file that
/// `REFIRE_TOKEN_FILE` names. It is read like any other.
fn unconfigured(report: &mut Report, environment: &Environment) -> Node {
    let mut table = Table::empty(Origin::Default);
    table.set("name", Node::default(Value::Text("refire".to_owned())));
    match environment.path_in(env::TOKEN_FILE) {
        Some(Ok(file)) => {
            if environment.has(env::TOKEN) {
                report.mistake(
                    &file.origin,
                    "",
                    format!("is set beside {}; keep one of the two", env::TOKEN),
                );
            }
            table.set("token_file", file);
        }
        absent => {
            report.mistakes.extend(absent.and_then(Result::err));
            table.set(
                "token_env",
                Node::default(Value::Text(env::TOKEN.to_owned())),
            );
        }
    }
    Node::default(Value::Table(table))
}
