//! Where the forge is, and where people find the pages of the bot.

use super::words::quoted;
use std::fmt;
use url::Url;

/// The forge's address: http or https, a host, perhaps a path below it; no credentials, no query.
#[derive(Clone, PartialEq, Eq)]
pub struct ForgeUrl(Url);

impl ForgeUrl {
    /// The address with a slash at its end, so that `join("api/v1/…")` stays below its path.
    #[must_use]
    pub const fn as_url(&self) -> &Url {
        &self.0
    }

    /// Understands an address. What may hold credentials is not repeated in the error.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.contains('@') {
            return Err("must not hold credentials; write for example \"https://git.example.org\" and give the token by token_env or token_file".to_owned());
        }
        let (mut url, path) = plain(text, "https://git.example.org")?;
        if path.ends_with("/api/v1") {
            return Err("must be the address without /api/v1".to_owned());
        }
        url.set_path(&format!("{path}/"));
        Ok(Self(url))
    }
}

/// Where people open the pages of the bot: http or https, a host, perhaps a path below it.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicUrl(Url);

impl PublicUrl {
    /// Understands an address.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let example = "https://refire.example.org";
        if text.contains('@') {
            return Err(format!(
                "must not hold credentials; write for example \"{example}\""
            ));
        }
        let (mut url, path) = plain(text, example)?;
        url.set_path(&path);
        Ok(Self(url))
    }

    /// What stands before every path of ours: empty, or `/refire` behind a proxy that has more than us.
    #[must_use]
    pub fn below(&self) -> &str {
        self.0.path().trim_end_matches('/')
    }

    /// Whether it is reached by TLS, so that cookies are for TLS alone.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }
}

/// An address without credentials, query and fragment, and its path without slashes at the end.
fn plain(text: &str, example: &str) -> Result<(Url, String), String> {
    let url = Url::parse(text.trim())
        .ok()
        .filter(|url| url.has_host() && matches!(url.scheme(), "http" | "https"));
    let Some(url) = url else {
        return Err(format!(
            "{} is not an http or https address; write for example \"{example}\"",
            quoted(text.split('?').next().unwrap_or_default())
        ));
    };
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!(
            "must not hold a query or a fragment; write for example \"{example}\""
        ));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    Ok((url, path))
}

impl fmt::Display for PublicUrl {
    /// Without a slash at its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for ForgeUrl {
    /// Without the slash at its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for ForgeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
