//! What a test can break: answers, connections, and what happens around the n-th call.
//!
//! A fault waits for calls that match; the first fault that matches and is not used up is applied.

use std::time::Duration;

use crate::odds::Odds;
use crate::world::protection::matches_glob;

/// Breaks some calls of the API.
#[derive(Debug, Clone)]
pub struct Fault {
    pattern: Pattern,
    skip: u64,
    times: u64,
    odds: Option<(u64, Odds)>,
    kind: Kind,
}

/// How a call is broken.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Answers this instead; nothing is done.
    Status {
        /// The status.
        status: u16,
        /// The body, as JSON if it begins with `{`.
        body: String,
        /// Further headers, e.g. `("retry-after", "1")`.
        headers: Vec<(String, String)>,
    },
    /// Closes the connection without an answer; nothing is done.
    Reset,
    /// Does what was asked, then closes the connection: the caller cannot know.
    DropAfterWrite,
    /// Closes the connection without an answer; what was asked is done by [`crate::Forge::land`], as
    /// Gitea goes on with a request whose sender has hung up.
    Held,
    /// Answers with the first half of the body as if that were all.
    CutJson,
    /// Announces the whole body and closes the connection after half of it.
    CutBody,
    /// Waits before answering.
    Slow(Duration),
    /// Never answers; nothing is done.
    Hang,
    /// A proxy refuses in HTML, as Cloudflare does.
    Html403,
}

impl Fault {
    /// For calls like `POST /repos/*/statuses/*`: a method (`*` for any) and the beginning of a
    /// path below `/api/v1` without its query, or, with `*` in it, the whole path; once, unless
    /// told otherwise.
    #[must_use]
    pub fn on(call: &str, kind: Kind) -> Self {
        Self {
            pattern: Pattern::parse(call),
            skip: 0,
            times: 1,
            odds: None,
            kind,
        }
    }

    /// Only so many matching calls are broken.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// Every matching call is broken, until [`crate::Forge::heal`].
    #[must_use]
    pub fn always(self) -> Self {
        self.times(u64::MAX)
    }

    /// So many of a hundred matching calls are broken, until [`crate::Forge::heal`]; which, is the same
    /// with every run of one seed.
    #[must_use]
    pub fn odds(self, percent: u64, seed: u64) -> Self {
        Self {
            odds: Some((percent, Odds::of(seed))),
            ..self.always()
        }
    }

    /// Lets so many matching calls pass first.
    #[must_use]
    pub fn after(mut self, calls: u64) -> Self {
        self.skip = calls;
        self
    }

    /// Answers that status with an empty JSON object.
    #[must_use]
    pub fn status(call: &str, status: u16) -> Self {
        let (body, headers) = ("{}".to_owned(), Vec::new());
        Self::on(
            call,
            Kind::Status {
                status,
                body,
                headers,
            },
        )
    }
}

/// The faults that are waiting.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// What to do to this call.
    pub(crate) fn take(&mut self, method: &str, path: &str) -> Option<Kind> {
        for fault in self
            .0
            .iter_mut()
            .filter(|fault| fault.times > 0 && fault.pattern.fits(method, path))
        {
            if fault.skip > 0 {
                fault.skip -= 1;
                continue;
            }
            let odds = fault.odds.as_mut();
            if odds.is_some_and(|(percent, odds)| !odds.strike(*percent)) {
                continue;
            }
            fault.times -= u64::from(fault.times != u64::MAX);
            return Some(fault.kind.clone());
        }
        None
    }
}

/// Which calls are meant.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    method: String,
    path: String,
}

impl Pattern {
    /// A method and a path, parted by a blank.
    pub(crate) fn parse(call: &str) -> Self {
        let Some((method, path)) = call.split_once(' ') else {
            panic!("not METHOD /path: {call}")
        };
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
        }
    }

    pub(crate) fn fits(&self, method: &str, path: &str) -> bool {
        let by_path = match self.path.contains('*') {
            true => matches_glob(&self.path, path),
            false => path.starts_with(&self.path),
        };
        by_path && (self.method == "*" || self.method == method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_used_up() {
        let mut faults = Faults::default();
        faults.add(
            Fault::on("GET /repos/*/pulls/3", Kind::Reset)
                .after(1)
                .times(1),
        );
        assert!(faults.take("POST", "/repos/acme/widget/pulls/3").is_none());
        assert!(
            faults.take("GET", "/repos/acme/widget/pulls/3").is_none(),
            "the first one passes"
        );
        assert!(matches!(
            faults.take("GET", "/repos/acme/widget/pulls/3"),
            Some(Kind::Reset)
        ));
        assert!(
            faults.take("GET", "/repos/acme/widget/pulls/3").is_none(),
            "it was for one call"
        );
    }

    #[test]
    fn a_fault_strikes_as_often_as_it_is_told_and_alike_with_one_seed() {
        let struck = |seed| {
            let mut faults = Faults::default();
            faults.add(Fault::on("* /", Kind::Reset).odds(20, seed));
            (0..1_000)
                .map(|_| faults.take("GET", "/version").is_some())
                .collect::<Vec<bool>>()
        };
        assert_eq!(struck(7), struck(7));
        assert_ne!(struck(7), struck(8));
        let count = struck(7).into_iter().filter(|struck| *struck).count();
        assert!((150..=250).contains(&count), "{count} of 1,000");
    }

    #[test]
    fn without_a_star_it_is_a_prefix() {
        assert!(Pattern::parse("* /repos/acme").fits("GET", "/repos/acme/widget"));
        assert!(!Pattern::parse("GET /repos/acme").fits("GET", "/orgs/acme"));
        assert!(!Pattern::parse("GET /repos/*/pulls").fits("GET", "/repos/acme/widget/pulls/3"));
    }
}
