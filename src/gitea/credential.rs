//! An identity's token as it goes into requests, and reading it again.
//!
//! A token whose file has changed, or that is refused, is read again, so that it can be rotated without
//! a restart. **Invariant:** a token appears nowhere but in requests.

use super::{
    client::Gitea,
    journal::open,
    settings::{BuildError, Renewal},
};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

/// A token with its header made, and where it comes from.
pub(super) struct Credential {
    renewal: Option<Renewal>,
    present: Mutex<Present>,
}

struct Present {
    token: SecretString,
    authorization: HeaderValue,
    read: Instant,
}

impl Credential {
    /// The token of the identity of this name.
    pub(super) fn new(
        name: &str,
        token: SecretString,
        renewal: Option<Renewal>,
    ) -> Result<Self, BuildError> {
        let authorization = header(&token).ok_or_else(|| BuildError::Token(name.to_owned()))?;
        let present = Present {
            token,
            authorization,
            read: Instant::now(),
        };
        Ok(Self {
            renewal,
            present: Mutex::new(present),
        })
    }

    pub(super) fn authorization(&self) -> HeaderValue {
        open(&self.present).authorization.clone()
    }

    /// Whether a text holds the token.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let present = open(&self.present);
        let token = present.token.expose_secret();
        !token.is_empty() && text.contains(token)
    }

    /// How the token is read again, if that is due: it was last read so long ago.
    fn due(&self, after: Duration) -> Option<Renewal> {
        let renewal = self.renewal.clone()?;
        let mut present = open(&self.present);
        (present.read.elapsed() >= after).then(|| {
            present.read = Instant::now();
            renewal
        })
    }

    /// Takes over a token. `false`: it is the same, or no request can carry it.
    fn take(&self, token: SecretString) -> bool {
        let Some(authorization) = header(&token) else {
            return false;
        };
        let mut present = open(&self.present);
        let is_new = present.token.expose_secret() != token.expose_secret();
        if is_new {
            present.token = token;
            present.authorization = authorization;
        }
        is_new
    }
}

/// Lower case: Gitea up to 1.24 takes no other (gitea-facts §7.2).
fn header(token: &SecretString) -> Option<HeaderValue> {
    let text = format!("token {}", token.expose_secret());
    let mut header = HeaderValue::from_str(&text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

impl Gitea {
    /// Reads the token of an identity again, where it was last read so long ago and can be; whether it
    /// is another one now.
    pub(super) async fn renew(&self, by: usize, after: Duration) -> bool {
        let known = self.inner().identities.get(by);
        let Some(renewal) = known.and_then(|known| known.credential.due(after)) else {
            return false;
        };
        let read = tokio::task::spawn_blocking(move || (renewal.0)()).await;
        let (Some(known), Ok(Some(token))) = (known, read) else {
            return false;
        };
        let is_new = known.credential.take(token);
        if is_new {
            tracing::info!(
                identity = known.name,
                "a token was read again and is another one now"
            );
            self.inner().roster.readmit(by);
            self.inner().recollection.forget(by);
        }
        is_new
    }
}
