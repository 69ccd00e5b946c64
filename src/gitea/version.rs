//! Which server this is.

use serde::Deserialize;

/// The answer of `/version`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "WireVersion")]
pub struct Version {
    /// As the server says it: `1.26.3`, `1.25.0+dev-12-gabc`, `11.0.1+gitea-1.22.0`.
    pub text: String,
    /// Whose server it is.
    pub kind: Kind,
    /// The first number. `None`: it is no number.
    pub major: Option<u32>,
    /// The second number. `None`: it is no number.
    pub minor: Option<u32>,
}

/// Whose server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Gitea.
    Gitea,
    /// Forgejo, whose version names the Gitea that it came from (gitea-facts §9).
    Forgejo,
}

#[derive(Deserialize)]
struct WireVersion {
    version: String,
}

impl From<WireVersion> for Version {
    fn from(wire: WireVersion) -> Self {
        let text = wire.version;
        let kind = if text.contains("+gitea-") {
            Kind::Forgejo
        } else {
            Kind::Gitea
        };
        let mut numbers = text
            .trim_start_matches('v')
            .split(|c: char| !c.is_ascii_digit());
        let mut number = || numbers.next().and_then(|digits| digits.parse().ok());
        let (major, minor) = (number(), number());
        Self {
            text,
            kind,
            major,
            minor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_gitea_from_forgejo() {
        let parse = |text: &str| -> Version {
            serde_json::from_str(&format!(r#"{{"version":"{text}"}}"#)).unwrap()
        };
        let table = [
            ("1.26.3", Kind::Gitea, 1, 26),
            ("1.25.0+dev-144-gb5fd3e7210", Kind::Gitea, 1, 25),
            ("11.0.1+gitea-1.22.0", Kind::Forgejo, 11, 0),
        ];
        for (text, kind, major, minor) in table {
            let version = parse(text);
            assert_eq!(version.kind, kind);
            assert_eq!((version.major, version.minor), (Some(major), Some(minor)));
        }
    }
}
