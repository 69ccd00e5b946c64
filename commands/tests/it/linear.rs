//! The comments that the benchmark is slow on, read for what they say: bounds hold, and the
//! command at the end is found wherever it is live.

use commands::{MAX_BODY, MAX_COMMANDS, MAX_MISUSES, parse};

use crate::gates;

#[path = "../../benches/adversarial.rs"]
mod adversarial;

/// Comments whose last paragraph is swallowed by what stands before it.
const SWALLOWED: &[&str] = &["fences", "open math", "math", "open comments"];

#[test]
fn every_adversarial_comment_is_read_within_bounds() {
    for comment in adversarial::comments(MAX_BODY) {
        let reading = parse(&comment.body, &gates());
        assert!(comment.body.len() <= MAX_BODY && !reading.truncated);
        assert!(reading.commands.len() <= MAX_COMMANDS, "{}", comment.name);
        assert!(reading.misuses.len() <= MAX_MISUSES, "{}", comment.name);
        let swallowed = SWALLOWED.contains(&comment.name);
        let found = reading.refused > 0
            || reading
                .commands
                .iter()
                .any(|command| command.to_string() == "/refire security-review");
        assert_eq!(found, !swallowed, "{}: {reading:?}", comment.name);
    }
}
