//! Signing in to other programs with an account of the forge (Gitea 1.26,
//! routers/web/auth/oauth2_provider.go and services/oauth2_provider).
//!
//! Whoever is asked says yes, as somebody who has said so before.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use super::World;
use super::ids::UserId;
use super::token::Scopes;

/// A code is good for so long.
const CODE: SignedDuration = SignedDuration::from_mins(10);
/// `ACCESS_TOKEN_EXPIRATION_TIME`.
pub(crate) const TOKEN: SignedDuration = SignedDuration::from_hours(1);

/// A program that people sign in to.
#[derive(Debug, Clone)]
pub(crate) struct Application {
    pub(crate) client_id: String,
    pub(crate) secret: String,
    pub(crate) redirect: String,
}

/// A code that waits for its program.
#[derive(Debug, Clone)]
struct Code {
    word: String,
    client_id: String,
    user: UserId,
    redirect: String,
    challenge: String,
    scope: String,
    until: Timestamp,
}

/// Programs, codes, and who is signed in.
#[derive(Debug, Clone, Default)]
pub(crate) struct OAuth {
    applications: Vec<Application>,
    codes: Vec<Code>,
    /// Who sits at the browser. `None`: nobody who is signed in.
    pub(crate) signed_in: Option<UserId>,
    given: u64,
}

/// What is asked where people say yes.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) client_id: String,
    pub(crate) redirect: String,
    pub(crate) response_type: String,
    pub(crate) scope: String,
    pub(crate) challenge: String,
    pub(crate) method: String,
}

/// What a program exchanges.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    pub(crate) client_id: String,
    pub(crate) secret: String,
    pub(crate) redirect: String,
    pub(crate) code: String,
    pub(crate) verifier: String,
}

/// What a program gets for a code.
#[derive(Debug, Clone)]
pub(crate) struct Granted {
    pub(crate) token: String,
    /// Whether it asked who somebody is, which a second token says.
    pub(crate) is_identified: bool,
}

impl World {
    /// A new program.
    pub(crate) fn add_application(&mut self, redirect: &str) -> Application {
        let number = self.oauth.applications.len();
        let word = |what: &str| hex::encode(Sha1::digest(format!("{what} of program {number}")));
        let application = Application {
            client_id: word("id"),
            secret: format!("gto_{}", word("secret")),
            redirect: redirect.to_owned(),
        };
        self.oauth.applications.push(application.clone());
        application
    }

    fn application(&self, client_id: &str) -> Option<&Application> {
        let mut all = self.oauth.applications.iter();
        all.find(|it| it.client_id == client_id)
    }

    /// Whether a program of that name has that address; only then is anybody sent there.
    pub(crate) fn is_registered(&self, wish: &Wish) -> bool {
        let found = self.application(&wish.client_id);
        found.is_some_and(|it| it.redirect == wish.redirect)
    }

    /// A code for whoever sits at the browser, or the error that the program hears and what it says.
    pub(crate) fn grant(
        &mut self,
        user: UserId,
        wish: Wish,
    ) -> Result<String, (&'static str, &'static str)> {
        if wish.response_type != "code" {
            let says = "Only code response type is supported.";
            return Err(("unsupported_response_type", says));
        }
        // Programs with a secret need no challenge; `plain` is not played here.
        if !matches!(wish.method.as_str(), "S256" | "") {
            return Err(("invalid_request", "unsupported code challenge method"));
        }
        self.oauth.given += 1;
        let word = hex::encode(Sha1::digest(format!("code {}", self.oauth.given)));
        self.oauth.codes.push(Code {
            word: format!("gta_{word}"),
            client_id: wish.client_id,
            user,
            redirect: wish.redirect,
            challenge: wish.challenge,
            scope: wish.scope,
            until: self.now().saturating_add(CODE).unwrap_or(Timestamp::MAX),
        });
        Ok(format!("gta_{word}"))
    }

    /// The token for a code, which is good once; or the error and what it says.
    pub(crate) fn exchange(&mut self, claim: &Claim) -> Result<Granted, (&'static str, String)> {
        let unauthorized = |says: &str| Err(("unauthorized_client", says.to_owned()));
        let Some(application) = self.application(&claim.client_id) else {
            let says = format!("cannot load client with client id: '{}'", claim.client_id);
            return Err(("invalid_client", says));
        };
        if application.secret != claim.secret {
            return unauthorized("invalid client secret");
        }
        if application.redirect != claim.redirect {
            return unauthorized("unexpected redirect URI");
        }
        let mut codes = self.oauth.codes.iter();
        let place = codes.position(|code| code.word == claim.code);
        let Some(place) = place else {
            return unauthorized("client is not authorized");
        };
        let code = self.oauth.codes.remove(place);
        if code.until <= self.now() {
            let says = String::from("authorization code expired");
            return Err(("invalid_grant", says));
        }
        let proof = URL_SAFE_NO_PAD.encode(Sha256::digest(&claim.verifier));
        if !code.challenge.is_empty() && proof != code.challenge {
            return unauthorized("failed PKCE code challenge");
        }
        if code.redirect != claim.redirect || code.client_id != claim.client_id {
            return unauthorized("redirect or client of another code");
        }
        let mut scopes = code.scope.split_whitespace();
        Ok(Granted {
            is_identified: scopes.any(|scope| scope == "openid"),
            token: self.sign_in_token(&code),
        })
    }

    fn sign_in_token(&mut self, code: &Code) -> String {
        let name = format!("sign-in {}", self.oauth.given);
        let mut token = self.add_token(code.user, &name, additional(&code.scope));
        token.until = Some(self.now().saturating_add(TOKEN).unwrap_or(Timestamp::MAX));
        let secret = token.secret.clone();
        if let Some(row) = self.tokens.last_mut() {
            *row = token;
        }
        secret
    }
}

/// Scopes beyond the general ones; with none of them everything is granted, as Gitea does.
fn additional(scope: &str) -> Scopes {
    let general = ["openid", "profile", "email", "groups"];
    let words: Vec<&str> = scope
        .split_whitespace()
        .filter(|word| !general.contains(word))
        .collect();
    let all = || Scopes::parse(["all"]);
    let found = if words.is_empty() {
        all()
    } else {
        Scopes::parse(words).or_else(all)
    };
    found.unwrap_or_else(|| unreachable!("`all` is a scope"))
}
