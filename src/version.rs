//! Which build this is: the one place that knows.

use std::sync::LazyLock;

/// The version of the package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit that it was built from, as whoever built it said in `REFIRE_COMMIT`, or else as Git told
/// `build.rs`. `None`: nobody said.
pub const COMMIT: Option<&str> = option_env!("REFIRE_COMMIT");

/// The commit as people and programs are told of it.
#[must_use]
pub fn commit() -> &'static str {
    known(COMMIT).unwrap_or("unknown")
}

/// `0.1.0 (1a2b3c4d)`; where nobody said from which commit, the version alone.
#[must_use]
pub fn long() -> &'static str {
    static LONG: LazyLock<String> = LazyLock::new(|| {
        let commit = known(COMMIT).map(|commit| format!(" ({commit})"));
        format!("{VERSION}{}", commit.unwrap_or_default())
    });
    &LONG
}

fn known(commit: Option<&'static str>) -> Option<&'static str> {
    commit.filter(|commit| !commit.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{VERSION, known, long};

    #[test]
    fn an_empty_commit_is_none() {
        assert_eq!((known(Some("")), known(Some("1a2b"))), (None, Some("1a2b")));
    }

    #[test]
    fn the_version_comes_first() {
        assert!(long().starts_with(VERSION));
    }
}
