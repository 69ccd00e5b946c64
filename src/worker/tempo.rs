//! How long things wait. One table, so that tests can run the same steps faster.

use crate::decide::pace::Rules;
use crate::decide::reply::Promise;
use crate::gitea::Waits;
use std::time::Duration;

/// The waits of the worker and the dispatcher.
#[derive(Clone, Debug)]
pub struct Tempo {
    /// After what an unknown verdict, an unread fact or a failed write is tried again.
    pub again: Vec<Duration>,
    /// After what it is tried from then on.
    pub then: Duration,
    /// After what it is tried when nobody sits and waits for it any more: after a thousand tries.
    pub at_last: Duration,
    /// When a comment that has no answer yet gets the reaction `eyes`.
    pub eyes_after: Duration,
    /// A success from older facts is evaluated again before it is posted.
    pub facts_age: Duration,
    /// How often a refused write is tried before it is given up.
    pub refused_tries: u32,
    /// How long a write that nobody answered may take to have its effect; a reply is not written again
    /// before. `None`: as long again as its answer was waited for.
    pub landing: Option<Duration>,
    /// How long a write is tried while Gitea is away, and a look at what Gitea says is not there.
    pub away: Duration,
    /// How long what waits for a look is kept while the pull request cannot be read.
    pub unread: Duration,
    /// Equal statuses are not posted again by a re-check within this time (I12).
    pub cooldown: Duration,
    /// A status that others post over is not restored more often than this.
    pub restore: Duration,
    /// How long a commit's statuses are not looked at by the sweep, where events tell of them: one of
    /// those may be lost.
    pub unwatched: Duration,
    /// How long a listing of the open pull requests is good for.
    pub listing_age: Duration,
    /// After this long a push that the timeline does not name is not coming any more.
    pub recorded_within: Duration,
    /// How long what is under way may take at the end.
    pub end: Duration,
    /// How long the client remembers what it was told about itself.
    pub forge: Waits,
    /// What somebody may see is asked again after so long.
    pub seen: Duration,
    /// Who types too much waits. `None`: nobody is made to wait.
    pub pace: Option<Rules>,
    /// What makes the bot look again, as replies promise it; set from the configuration at start.
    pub promise: Promise,
}

impl Default for Tempo {
    fn default() -> Self {
        Self {
            again: [1, 2, 4, 8, 15, 30].map(Duration::from_secs).to_vec(),
            then: Duration::from_secs(60),
            at_last: Duration::from_secs(10 * 60),
            eyes_after: Duration::from_secs(3),
            facts_age: Duration::from_secs(30),
            refused_tries: 6,
            landing: None,
            away: Duration::from_secs(24 * 60 * 60),
            unread: state::KEPT,
            cooldown: Duration::from_secs(3),
            restore: Duration::from_secs(5),
            unwatched: Duration::from_secs(10 * 60),
            listing_age: Duration::from_secs(10 * 60),
            recorded_within: Duration::from_secs(60),
            end: Duration::from_secs(10),
            forge: Waits::default(),
            seen: Duration::from_secs(60),
            pace: Some(Rules::default()),
            promise: Promise::default(),
        }
    }
}

/// Nothing is ever put off for longer. What seems to be was put off by a clock that was ahead.
pub const FAR: Duration = Duration::from_secs(2 * 60 * 60);

/// So many tries take the better part of a day.
const MANY: u32 = 1_000;

impl Tempo {
    /// The wait before the next try, given how many there were.
    #[must_use]
    pub fn wait(&self, tries: u32) -> Duration {
        let at = usize::try_from(tries).unwrap_or(usize::MAX);
        let late = if tries < MANY {
            self.then
        } else {
            self.at_last
        };
        self.again.get(at).copied().unwrap_or(late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What README and replies promise.
    #[test]
    fn the_waits_that_are_promised() {
        let tempo = Tempo::default();
        let seconds = |wait: Duration| wait.as_secs();
        let waits: Vec<u64> = (0..8).map(|tries| seconds(tempo.wait(tries))).collect();
        assert_eq!(waits, [1, 2, 4, 8, 15, 30, 60, 60]);
        assert_eq!(
            [999, 1_000].map(|tries| seconds(tempo.wait(tries))),
            [60, 600]
        );
        assert_eq!(seconds(tempo.restore), 5);
        assert_eq!(seconds(tempo.away), 24 * 60 * 60);
        assert_eq!(seconds(tempo.unread), 30 * 24 * 60 * 60);
        assert_eq!(seconds(tempo.facts_age), 30);
        assert_eq!(seconds(tempo.cooldown), 3);
        assert_eq!(seconds(tempo.recorded_within), 60);
        assert_eq!(seconds(tempo.unwatched), 10 * 60);
    }

    /// What a pull request changes into has room beside all that waits on it.
    #[test]
    fn whoever_types_too_much_waits_and_half_of_the_room_is_left() {
        let rules = Tempo::default().pace;
        let share = state::Limits::default().inbox / 10;
        assert!(rules.is_some_and(|rules| rules == Rules::default() && rules.most * 2 <= share));
    }
}
