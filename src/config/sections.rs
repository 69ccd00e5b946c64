//! The tables that have a fixed set of keys, with their defaults: one function each.

use super::{
    Audit, Environment, Forge, Origin, RepoPattern, SecretSource, Sweep, Webhook,
    address::ForgeUrl,
    convert::{flag, list, number_or_text, one_or_some, placed, some, text},
    cron::CronLine,
    env, gates,
    origin::{Placed, unplaced},
    pattern,
    raw::{Node, Table, Value},
    section::{Key, Report, Section},
    setting::Setting,
    values::{choice, days, duration, header, listen, listen_for_scrapes, path, size, some_time},
};
use crate::audit::Keep;
use crate::gate::policy::{ApprovalPolicy, Bind, ContextTemplate, DeclarationPolicy, Unheard};
use crate::model::Mode;
use globset::GlobMatcher;
use regex::{RegexSet, RegexSetBuilder};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

/// Who we say we are: the forge's administrator sees it in the access log.
const USER_AGENT: &str = concat!(
    "refire/",
    env!("CARGO_PKG_VERSION"),
    " (+",
    env!("CARGO_PKG_REPOSITORY"),
    ")"
);

/// `[forge]`
pub(super) fn forge(report: &mut Report, root: &mut Table) -> Option<Forge> {
    let mut section = Section::open(report, root, "forge");
    let url = section.value(
        Key::bare("url", "\"https://git.example.org\""),
        text(ForgeUrl::parse),
    );
    let api_url = section.optional(
        Key::bare("api_url", "\"http://gitea.internal:3000\""),
        text(ForgeUrl::parse),
    );
    let repositories = section.value(
        Key::bare("repositories", r#"["acme/*"]"#),
        some(RepoPattern::parse),
    );
    let timeout = section.value(Key::text("timeout", "10s"), text(some_time));
    let user_agent = section.value(Key::text("user_agent", USER_AGENT), text(header));
    let ca_file = section.optional(Key::bare("ca_file", "\"/etc/ssl/acme-ca.pem\""), text(path));
    let mode = [("act", Mode::Act), ("observe", Mode::Observe)];
    let mode = section.value(Key::text("mode", "act"), text(|text| choice(text, &mode)));
    section.finish();
    let repositories = unplaced(repositories?);
    let url = url?;
    Some(Forge {
        api_url: api_url?.unwrap_or_else(|| url.clone()),
        url,
        repositories,
        timeout: timeout?,
        user_agent: user_agent?,
        ca_file: ca_file?,
        mode: mode?,
    })
}

/// `[webhook]`
pub(super) fn webhook(
    report: &mut Report,
    root: &mut Table,
    environment: &Environment,
) -> Option<Webhook> {
    let mut section = Section::open(report, root, "webhook");
    let listen = section.value(Key::text("listen", "127.0.0.1:8087"), text(listen));
    let secrets = webhook_secrets(&mut section, environment);
    let max_body = section.value(Key::text("max_body", "1 MiB"), number_or_text(size));
    section.finish();
    Some(Webhook {
        listen: listen?,
        secrets: secrets?,
        max_body: max_body?,
    })
}

/// `[metrics]`: `Some(None)`: the numbers are on the webhook's listener.
pub(super) fn metrics(
    report: &mut Report,
    root: &mut Table,
    webhook: Option<SocketAddr>,
) -> Option<Option<SocketAddr>> {
    let mut section = Section::open(report, root, "metrics");
    let key = Key::bare("listen", "\"127.0.0.1:9187\"");
    let own = section.optional(key, placed(text(listen_for_scrapes)));
    section.finish();
    let own = own?;
    let twice = |own: &&Placed<SocketAddr>| own.value.port() != 0 && Some(own.value) == webhook;
    if let Some(own) = own.as_ref().filter(twice) {
        let says = "is webhook.listen, where they are without this key; write another address, for example \"127.0.0.1:9187\", or leave it out";
        report.mistake(&own.origin, "metrics.listen", says);
    }
    Some(own.map(|own| own.value))
}

/// The webhook's secrets with their keys: those in variables first.
fn webhook_secrets(
    section: &mut Section<'_>,
    environment: &Environment,
) -> Option<Vec<(&'static str, Placed<SecretSource>)>> {
    if !section.given("secret_env") && !section.given("secret_file") {
        suppose_usual_secrets(section, environment);
    }
    let variables = Key::secret("secret_env", "\"REFIRE_WEBHOOK_SECRET\"");
    let variables = section.optional(variables, one_or_some(SecretSource::variable));
    let files = Key::secret("secret_file", "\"/run/secrets/refire-webhook\"");
    let files = section.optional(files, one_or_some(SecretSource::file));
    let keyed = [
        ("webhook.secret_env", variables?),
        ("webhook.secret_file", files?),
    ];
    let mut secrets = Vec::new();
    for (key, sources) in keyed {
        let sources = sources.unwrap_or_default();
        show_secrets(section.report, key, &sources);
        secrets.extend(sources.into_iter().map(|source| (key, source)));
    }
    if secrets.is_empty() {
        let absent = SecretSource::known_variable(env::WEBHOOK_SECRET);
        let absent = Placed {
            value: absent,
            origin: Origin::Default,
        };
        show_secrets(section.report, "webhook.secret_env", &[absent]);
    }
    Some(secrets)
}

fn show_secrets(report: &mut Report, key: &str, sources: &[Placed<SecretSource>]) {
    if let Some(first) = sources.first() {
        let shown = sources.iter().map(|source| source.value.clone()).collect();
        report
            .settings
            .push(Setting::secret(key.to_owned(), shown, first.origin.clone()));
    }
}

/// Without configuration there is a webhook if one of its two variables is set. An empty variable
/// beside a file is taken for absent; alone it is a mistake that is said when the secret is read.
fn suppose_usual_secrets(section: &mut Section<'_>, environment: &Environment) {
    let file = environment.path_in(env::WEBHOOK_SECRET_FILE);
    let alone = file.is_none() && environment.get(env::WEBHOOK_SECRET).is_some();
    if alone || environment.has(env::WEBHOOK_SECRET) {
        section.suppose(
            "secret_env",
            Node::default(Value::Text(env::WEBHOOK_SECRET.to_owned())),
        );
    }
    match file {
        Some(Ok(node)) => section.suppose("secret_file", node),
        Some(Err(mistake)) => section.report.mistakes.push(mistake),
        None => {}
    }
}

/// `[store]`
pub(super) fn store(report: &mut Report, root: &mut Table) -> Option<PathBuf> {
    let mut section = Section::open(report, root, "store");
    let path = section.value(Key::text("path", "refire.db"), text(path));
    section.finish();
    path
}

/// `[audit]`; beside the store, where nothing else is said.
pub(super) fn audit(report: &mut Report, root: &mut Table, store: Option<&Path>) -> Option<Audit> {
    let mut section = Section::open(report, root, "audit");
    let given = section.optional(Key::bare("path", "\"/var/log/refire\""), text(path));
    let keep = section.value(Key::number("keep_days", 400), number_or_text(days));
    section.finish();
    let path = match given? {
        Some(path) => path,
        None => store?.with_added_extension("audit"),
    };
    Some(Audit {
        path,
        keep: Keep(keep?),
    })
}

/// `[sweep]`
pub(super) fn sweep(report: &mut Report, root: &mut Table) -> Option<Sweep> {
    let mut section = Section::open(report, root, "sweep");
    let every = section.value(Key::text("every", "2m"), text(or_off(sweep_pause)));
    let reconcile = section.value(
        Key::text("reconcile", "0 23 3 * * *"),
        text(or_off(CronLine::parse)),
    );
    let lookback = section.value(Key::text("lookback", "24h"), text(duration));
    section.finish();
    Some(Sweep {
        every: every?,
        reconcile: reconcile?,
        lookback: lookback?,
    })
}

fn sweep_pause(text: &str) -> Result<Duration, String> {
    let pause = duration(text)?;
    if pause < Duration::from_secs(1) {
        return Err(format!(
            "{} is shorter than a second; write for example \"2m\", or \"off\"",
            super::words::quoted(text)
        ));
    }
    Ok(pause)
}

fn or_off<T>(
    parse: impl Fn(&str) -> Result<T, String>,
) -> impl Fn(&str) -> Result<Option<T>, String> {
    move |text| {
        if text == "off" {
            Ok(None)
        } else {
            parse(text).map(Some)
        }
    }
}

/// `[declarations]`, and its context with its place, which the gates' contexts are held against
/// whatever else is wrong here.
pub(super) fn declarations(
    report: &mut Report,
    root: &mut Table,
) -> (Option<DeclarationPolicy>, Option<Placed<ContextTemplate>>) {
    let mut section = Section::open(report, root, "declarations");
    let key = Key::text("context", "sop-checklist / na-declarations (pull_request)");
    let context = section.value(key, placed(text(gates::context)));
    let policy = declaration_rules(&mut section, context.as_ref());
    section.finish();
    (policy, context)
}

fn declaration_rules(
    section: &mut Section<'_>,
    context: Option<&Placed<ContextTemplate>>,
) -> Option<DeclarationPolicy> {
    let bind = [("head", Bind::Head), ("pull_request", Bind::PullRequest)];
    let bind = section.value(Key::text("bind", "head"), text(|text| choice(text, &bind)));
    let grace = section.value(Key::text("grace", "10s"), text(duration));
    let unheard = section.value(Key::text("unheard", "mention"), text(unheard));
    let require_reason = section.value(Key::flag("require_reason", false), flag);
    Some(DeclarationPolicy {
        context: context?.value.clone(),
        bind: bind?,
        grace: grace?,
        unheard: unheard?,
        require_reason: require_reason?,
    })
}

fn unheard(text: &str) -> Result<Unheard, String> {
    choice(
        text,
        &[
            ("mention", Unheard::Mention),
            ("confirm", Unheard::Confirm),
            ("refuse", Unheard::Refuse),
        ],
    )
}

/// `[approvals]`
pub(super) fn approvals(report: &mut Report, root: &mut Table) -> Option<ApprovalPolicy> {
    let mut section = Section::open(report, root, "approvals");
    let require_official = section.value(Key::flag("require_official", true), flag);
    let exclude_pushers = section.value(Key::flag("exclude_pushers", true), flag);
    section.finish();
    Some(ApprovalPolicy {
        require_official: require_official?,
        exclude_pushers: exclude_pushers?,
    })
}

/// `[people]`
pub(super) fn service_accounts(report: &mut Report, root: &mut Table) -> Option<RegexSet> {
    let mut section = Section::open(report, root, "people");
    let key = Key::list("service_accounts", [], r#"["^ci-"]"#);
    let patterns = section.value(key, list(pattern::logins));
    section.finish();
    let set = RegexSetBuilder::new(unplaced(patterns?))
        .case_insensitive(true)
        .build();
    if set.is_err() {
        report.mistake(
            &root.origin,
            "people.service_accounts",
            "the expressions are too large together; write fewer or shorter ones",
        );
    }
    set.ok()
}

/// `[pulls]`
pub(super) fn base_branches(report: &mut Report, root: &mut Table) -> Option<Vec<GlobMatcher>> {
    let mut section = Section::open(report, root, "pulls");
    let patterns = section.value(
        Key::list("base_branches", ["*"], r#"["main"]"#),
        some(pattern::branches),
    );
    section.finish();
    patterns.map(unplaced)
}
