//! What is shown while the stories are played.
//!
//! Written to standard output itself, so that it is seen without `--nocapture` too.

use std::io::Write as _;

/// One line, or several.
pub(crate) fn line(text: &str) {
    // A reader that went away does not make a story fail.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// What somebody says, marked off.
pub(crate) fn speech(who: &str, text: &str) {
    let text: Vec<String> = text.lines().map(|line| format!("  | {line}")).collect();
    line(&format!("{who}:\n{}", text.join("\n")));
}

/// A reply without its folded evidence and its marker.
pub(crate) fn visible(body: &str) -> &str {
    let end = body.find("<details>").or_else(|| body.find("<!--"));
    body[..end.unwrap_or(body.len())].trim()
}
