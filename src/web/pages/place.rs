//! Which page: the one place that knows the paths, so that nobody is ever sent anywhere else.

use crate::model::{PullNumber, PullRef};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A page that people can be on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// All that there is.
    Index,
    /// One pull request.
    Pull(PullRef),
}

impl Place {
    /// Understands a path below ours. Anything else is the index: whatever a link asks for, nobody is
    /// sent to another site after signing in.
    pub(super) fn of(path: &str) -> Self {
        let mut parts = path.split('/').skip(1);
        let mut next = || percent_decode_str(parts.next()?).decode_utf8().ok();
        let (owner, repo, pulls, number) = (next(), next(), next(), next());
        let rest = next();
        match (owner, repo, pulls.as_deref(), number, rest) {
            (Some(owner), Some(repo), Some("pulls"), Some(number), None) => {
                pull(&owner, &repo, &number).map_or(Self::Index, Self::Pull)
            }
            _ => Self::Index,
        }
    }

    /// The path below ours.
    pub(super) fn path(&self) -> String {
        match self {
            Self::Index => String::from("/"),
            Self::Pull(pull) => format!(
                "/{}/{}/pulls/{}",
                encoded(pull.repo.owner()),
                encoded(pull.repo.name()),
                pull.number
            ),
        }
    }
}

/// A pull request from the parts of a path. `None`: there can be none.
pub(super) fn pull(owner: &str, repo: &str, number: &str) -> Option<PullRef> {
    let number: u64 = number.parse().ok()?;
    let repo = format!("{owner}/{repo}").parse().ok()?;
    Some(PullRef {
        repo,
        number: PullNumber::new(number),
    })
}

/// A value for a path or a query.
pub(super) fn encoded(value: &str) -> String {
    utf8_percent_encode(value, VALUE).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for path in [
            "",
            "https://evil.example",
            "//evil.example/a/pulls/3",
            "/\\evil.example",
            "/a/b/pulls/3/more",
            "/a/b/pulls/x",
            "/a%2Fb/c/pulls/3",
            "javascript:alert(1)",
        ] {
            assert_eq!(Place::of(path), Place::Index, "{path}");
        }
        let pull = Place::of("/acme/wid%20get/pulls/3");
        assert_eq!(pull.path(), "/acme/wid%20get/pulls/3");
    }
}
