//! `[web]`: the pages, and who may see them.

use super::{
    PublicUrl, SecretSource,
    convert::{list, placed, text},
    origin::{Placed, unplaced},
    raw::Table,
    section::{Key, Report, Section},
    setting::Setting,
    values::{listen, word},
};
use crate::model::Login;
use std::net::SocketAddr;

/// The pages, and who may see them.
#[derive(Clone, Debug)]
pub struct Web {
    /// Where people open them. `None`: nowhere, and statuses lead to Gitea.
    pub public_url: Option<PublicUrl>,
    /// Where they are served. `None`: where deliveries come in.
    pub listen: Option<SocketAddr>,
    /// How people sign in. `None`: nobody can, and nothing but health is shown.
    pub oauth: Option<OAuth>,
    /// Whoever is also shown what concerns the bot itself.
    pub operators: Vec<Login>,
}

/// What the bot is to Gitea where people sign in.
#[derive(Clone, Debug)]
pub struct OAuth {
    /// The id of the application.
    pub client_id: String,
    pub(super) secret: Placed<SecretSource>,
    pub(super) secret_key: &'static str,
}

/// `[web]`
pub(super) fn read(report: &mut Report, root: &mut Table) -> Option<Web> {
    let mut section = Section::open(report, root, "web");
    let public_url = section.optional(
        Key::bare("public_url", "\"https://refire.example.org\""),
        text(PublicUrl::parse),
    );
    let listen = section.optional(Key::bare("listen", "\"127.0.0.1:8088\""), text(listen));
    let oauth = read_oauth(&mut section);
    let key = Key::list("operators", [], r#"["olivia"]"#);
    let operators = section.value(key, list(word));
    if let (Some(None), Some(Some((_, client)))) = (&public_url, &oauth) {
        let says = "needs web.public_url, to which Gitea sends people back; write for example public_url = \"https://refire.example.org\"";
        section
            .report
            .mistake(&client.origin, "web.oauth_client_id", says);
    }
    section.finish();
    Some(Web {
        public_url: public_url?,
        listen: listen?,
        oauth: oauth?.map(|(oauth, _)| oauth),
        operators: unplaced(operators?).into_iter().map(Login::new).collect(),
    })
}

/// All of it or nothing. `None`: a mistake was noted.
fn read_oauth(section: &mut Section<'_>) -> Option<Option<(OAuth, Placed<String>)>> {
    let example = "\"4a6e7c2d-…\", as Gitea shows it";
    let client = section.optional(Key::bare("oauth_client_id", example), placed(text(word)));
    let variable = Key::secret("oauth_client_secret_env", "\"REFIRE_OAUTH_SECRET\"");
    let variable = section.optional(variable, placed(text(SecretSource::variable)));
    let file = Key::secret("oauth_client_secret_file", "\"/run/secrets/refire-oauth\"");
    let file = section.optional(file, placed(text(SecretSource::file)));
    let (secret_key, secret) = match (client.as_ref()?, variable?, file?) {
        (None, None, None) => return Some(None),
        (_, Some(_), Some(file)) => {
            return refuse(
                section,
                &file,
                "stands beside oauth_client_secret_env; keep one of the two",
                "web.oauth_client_secret_file",
            );
        }
        (_, Some(secret), None) => ("web.oauth_client_secret_env", secret),
        (_, None, Some(secret)) => ("web.oauth_client_secret_file", secret),
        (Some(client), None, None) => {
            return refuse(
                section,
                client,
                "needs its secret; name the variable that holds it with oauth_client_secret_env, or its file with oauth_client_secret_file",
                "web.oauth_client_id",
            );
        }
    };
    let Some(client) = client? else {
        return refuse(
            section,
            &secret,
            "is of no use without oauth_client_id",
            secret_key,
        );
    };
    let shown = vec![secret.value.clone()];
    let setting = Setting::secret(secret_key.to_owned(), shown, secret.origin.clone());
    section.report.settings.push(setting);
    let oauth = OAuth {
        client_id: client.value.clone(),
        secret,
        secret_key,
    };
    Some(Some((oauth, client)))
}

fn refuse<T, N>(section: &mut Section<'_>, at: &Placed<T>, says: &str, key: &str) -> Option<N> {
    section.report.mistake(&at.origin, key, says);
    None
}
