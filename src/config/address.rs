//! Where the forge is.

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
        let url = Url::parse(text.trim())
            .ok()
            .filter(|url| url.has_host() && matches!(url.scheme(), "http" | "https"));
        let Some(mut url) = url else {
            return Err(format!(
                "{} is not an http or https address; write for example \"https://git.example.org\"",
                quoted(text.split('?').next().unwrap_or_default())
            ));
        };
        if url.query().is_some() || url.fragment().is_some() {
            return Err("must not hold a query or a fragment; write for example \"https://git.example.org\"".to_owned());
        }
        let path = url.path().trim_end_matches('/').to_owned();
        if path.ends_with("/api/v1") {
            return Err("must be the address that people open, without /api/v1".to_owned());
        }
        url.set_path(&format!("{path}/"));
        Ok(Self(url))
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
