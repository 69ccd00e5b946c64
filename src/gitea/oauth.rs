//! Signing in with an account of Gitea: the authorization code flow with PKCE (RFC 6749, RFC 7636).
//!
//! It is two addresses and one POST, so no crate is needed for it: the one that there is (`oauth2`)
//! brings second versions of `sha2`, `rand` and `getrandom`. **Invariant:** the client's secret and the
//! visitor's token appear nowhere but in requests, and no error repeats what was answered.

use super::{
    client::Gitea,
    error::ErrorKind,
    exchange::Expected,
    path::with_query,
    visitor::{Unheard, Visitor},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{TryRngCore as _, rngs::OsRng};
use reqwest::header;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::time::Duration;

const AUTHORIZE: &str = "/login/oauth/authorize";
const TOKEN: &str = "/login/oauth/access_token";
/// Reading and nothing else. Were `openid` asked for alone, Gitea would grant everything.
const SCOPES: &str = "openid read:repository read:user";
/// A token of which Gitea does not say how long it is good.
const USUAL: Duration = Duration::from_secs(60 * 60);

/// What the bot is to Gitea where people sign in. `Debug` does not show the secret.
#[derive(Clone, Debug)]
pub struct Application {
    /// Its id.
    pub client_id: String,
    /// Its secret.
    pub secret: SecretString,
    /// Where Gitea sends people back: the whole address.
    pub redirect: String,
}

/// The secret half of one sign-in (RFC 7636, `code_verifier`).
#[derive(Clone, Debug)]
pub struct Verifier(SecretString);

#[derive(Deserialize)]
struct WireGranted {
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

impl Verifier {
    /// A new one. `None`: the system has no random bytes.
    #[must_use]
    pub fn random() -> Option<Self> {
        let mut bytes = [0; 32];
        OsRng.try_fill_bytes(&mut bytes).ok()?;
        Some(Self(URL_SAFE_NO_PAD.encode(bytes).into()))
    }

    fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.expose_secret()))
    }
}

impl Gitea {
    /// Where somebody who wants to sign in is sent.
    #[must_use]
    pub fn sign_in_page(&self, of: &Application, state: &str, verifier: &Verifier) -> String {
        let query = [
            ("client_id", of.client_id.clone()),
            ("redirect_uri", of.redirect.clone()),
            ("response_type", String::from("code")),
            ("scope", SCOPES.to_owned()),
            ("state", state.to_owned()),
            ("code_challenge", verifier.challenge()),
            ("code_challenge_method", String::from("S256")),
        ];
        let base = self.inner().pages.base();
        with_query(format!("{base}{AUTHORIZE}"), &query)
    }

    /// The scheme, host and port of where people sign in.
    #[must_use]
    pub fn sign_in_origin(&self) -> String {
        let there = url::Url::parse(self.inner().pages.base());
        there
            .map(|there| there.origin().ascii_serialization())
            .unwrap_or_default()
    }

    /// Turns the code of somebody who came back into a visitor with a token.
    ///
    /// # Errors
    /// [`Unheard`]; Gitea says no with 400 to a code that is old, was used, or is not this sign-in's.
    pub async fn fetch_grant(
        &self,
        of: &Application,
        code: &str,
        verifier: &Verifier,
    ) -> Result<(Visitor, Duration), Unheard> {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", &of.client_id),
            ("client_secret", of.secret.expose_secret()),
            ("redirect_uri", &of.redirect),
            ("code", code),
            ("code_verifier", verifier.0.expose_secret()),
        ];
        let inner = self.inner();
        let request = inner
            .http
            .post(format!("{}{TOKEN}", inner.address))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(encoded(&form));
        let expected = Expected {
            route: TOKEN,
            path: TOKEN,
            due: &[200],
        };
        let granted = inner.ask_once("POST", request, &expected).await;
        let granted: WireGranted = granted.map_err(refused)?;
        let good_for = granted.expires_in.map_or(USUAL, Duration::from_secs);
        let visitor = Visitor::new(self.clone(), &granted.access_token.into());
        Ok((visitor.ok_or(Unheard::SignedOut)?, good_for))
    }
}

/// Gitea words its refusals of codes as the standard does, which is not the shape of its API.
fn refused(kind: ErrorKind) -> Unheard {
    match kind {
        ErrorKind::Unauthorized
        | ErrorKind::Refused
        | ErrorKind::Rejected(_)
        | ErrorKind::NotGitea {
            status: 400..=403, ..
        } => Unheard::SignedOut,
        _ => Unheard::Away,
    }
}

fn encoded(form: &[(&str, &str)]) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(form);
    text.finish()
}
