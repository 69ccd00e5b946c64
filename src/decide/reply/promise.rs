//! When the bot looks again by itself. Nothing is promised that is switched off.

use super::Letter;
use super::text::code;
use crate::gate::policy::GateName;
use std::time::Duration;

/// What makes the bot look again, as far as it is switched on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Promise {
    /// Deliveries are taken in.
    pub events: bool,
    /// How often it looks by itself.
    pub every: Option<Duration>,
}

/// The sentence about a gate that is not known. `None`: nothing brings the bot back.
pub(super) fn render(letter: &Letter, gate: &GateName) -> Option<String> {
    let every = letter.promise.every.filter(|_| letter.looks_again);
    let when = match (letter.promise.events, every) {
        (true, Some(every)) => format!("at every event and every {}", spoken(every)),
        (true, None) => String::from("at every event"),
        (false, Some(every)) => format!("every {}", spoken(every)),
        (false, None) => return None,
    };
    let command = code(format!("/refire {gate}"));
    Some(format!("I look again {when}; {command} asks at once."))
}

/// `2 min`, `90 s`, `1 h`.
fn spoken(time: Duration) -> String {
    match time.as_secs() {
        seconds if seconds >= 3600 && seconds.is_multiple_of(3600) => {
            format!("{} h", seconds / 3600)
        }
        seconds if seconds >= 60 && seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_people_say_them() {
        let spoken = |seconds| spoken(Duration::from_secs(seconds));
        let said = [1, 60, 90, 120, 3600, 5400].map(spoken);
        assert_eq!(said, ["1 s", "1 min", "90 s", "2 min", "1 h", "90 min"]);
    }
}
