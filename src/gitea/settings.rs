//! What the client has to be told: where Gitea is, and as whom to ask.

use crate::model::Login;
use secrecy::SecretString;
use std::{fmt, io, path::PathBuf, sync::Arc, time::Duration};
use url::Url;

/// Where Gitea is and how to call it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address that people use; a path below the host is fine.
    pub base: Url,
    /// The address that calls go to, below which is `/api/v1`; often the one that people use.
    pub api: Url,
    /// The most that one call may take, its answer included.
    pub timeout: Duration,
    /// The User-Agent. Proxies ban the default ones of HTTP libraries (I10).
    pub user_agent: String,
    /// A file of certificates in PEM: authorities that are trusted beside the system's. `None`: the
    /// system's alone.
    pub authorities: Option<PathBuf>,
    /// How long things are remembered.
    pub waits: Waits,
}

/// How long the client remembers what it was told about itself, and how much it may ask. One table, so that tests can run the
/// same steps faster.
#[derive(Clone, Debug)]
pub struct Waits {
    /// An answer that was asked for only to explain is good for so long, and so long is the window in
    /// which at most four such questions are asked.
    pub remembered: Duration,
    /// An identity whose token is refused is not asked again for so long, while another one can be.
    pub skipped: Duration,
    /// A token's file is looked at again after so long; at once when the token is refused.
    pub renewed: Duration,
    /// The budget of one forge: so many calls a minute, all of which may be made at once.
    pub calls_a_minute: u32,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            remembered: Duration::from_secs(60),
            skipped: Duration::from_secs(5 * 60),
            renewed: Duration::from_secs(5),
            calls_a_minute: 3_000,
        }
    }
}

/// What an identity is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// Reading pull requests.
    pub reads: bool,
    /// Asking about teams.
    pub teams: bool,
    /// Posting statuses, comments and reactions.
    pub writes: bool,
}

/// One account of ours with its token. `Debug` does not show the token.
#[derive(Clone, Debug)]
pub struct Identity {
    /// How replies and logs call it.
    pub name: String,
    /// The token.
    pub token: SecretString,
    /// The account's login, where the configuration says it.
    pub login: Option<Login>,
    /// What it is for.
    pub uses: Uses,
    /// How its token is read again. `None`: it stays as it is.
    pub renewal: Option<Renewal>,
}

/// Reads a token again, which may have been replaced meanwhile. `None`: it cannot be read now.
#[derive(Clone)]
pub struct Renewal(pub Arc<dyn Fn() -> Option<SecretString> + Send + Sync>);

impl fmt::Debug for Renewal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Renewal")
    }
}

/// Why no client can be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The address cannot carry an API.
    #[error("the forge's address is not an http or https address with a host")]
    Address,
    /// The address holds a user name or a password, which would end up in logs.
    #[error("the forge's address must not hold a user name or a password")]
    AddressSecret,
    /// A token holds characters that no header may carry; it is not shown.
    #[error("the token of identity `{0}` holds characters that a token never has")]
    Token(String),
    /// The User-Agent holds characters that no header may carry, or TLS could not be set up.
    #[error("the HTTP client could not be set up")]
    Client(#[source] reqwest::Error),
    /// The file of trusted authorities cannot be read.
    #[error("the certificates in {} cannot be read: {why}", path.display())]
    AuthoritiesFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        why: io::Error,
    },
    /// It holds no certificate, or one that is none.
    #[error(
        "{} holds no certificate that can be read; it needs one or more in PEM, each between \
         `-----BEGIN CERTIFICATE-----` and `-----END CERTIFICATE-----`", path.display()
    )]
    Authorities {
        /// The file.
        path: PathBuf,
    },
    /// No identity is there for one of the three uses.
    #[error("no identity has the use `{0}`")]
    Unused(&'static str),
}
