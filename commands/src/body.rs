//! The part of a comment's body that is searched: at most [`MAX_BODY`] bytes, with line ends that
//! mean the same to every renderer. What the text means is not decided here.

use std::borrow::Cow;

use crate::live;

/// Bytes of a body that are searched for commands; what follows is not looked at.
pub const MAX_BODY: usize = 64 * 1024;

/// Whether `body` has a line that could be a command, found without reading Markdown: `false` is
/// certain, `true` asks for [`parse`](crate::parse).
pub fn may_hold_command(body: &str) -> bool {
    Searched::of(body).has_slash_line()
}

/// What is searched of one body.
pub(crate) struct Searched<'b> {
    /// The text that Markdown is read from.
    pub(crate) text: Cow<'b, str>,
    /// Whether the body is longer than that.
    pub(crate) truncated: bool,
    /// Whether any of its lines, the last included, begins with a slash.
    pub(crate) slash_line: bool,
    /// Where the last line begins if the limit cut it. Its text still shapes the Markdown before
    /// it, but half a command is no command.
    unfinished: Option<usize>,
}

impl<'b> Searched<'b> {
    /// Cuts `body` at the limit and gives its lines one kind of end.
    ///
    /// A byte-order mark in front hides no fence or quote. A carriage return alone ends a line for
    /// pulldown-cmark but not for goldmark, Gitea's renderer: it counts as the blank that readers
    /// see.
    pub(crate) fn of(body: &'b str) -> Self {
        let kept = &body[..body.floor_char_boundary(MAX_BODY)];
        let rest = &body[kept.len()..];
        let cut = !(rest.is_empty() || rest.starts_with('\n') || rest.starts_with("\r\n"));
        let kept = kept.strip_prefix('\u{FEFF}').unwrap_or(kept);
        // A lone return and a blank are the same to whoever looks for slashes, and as long.
        let glance = live::glance(kept);
        Self {
            text: if glance.lone_return {
                Cow::Owned(without_lone_returns(kept))
            } else {
                Cow::Borrowed(kept)
            },
            truncated: !rest.is_empty(),
            slash_line: glance.slash_line,
            unfinished: cut.then(|| kept.rfind('\n').map_or(0, |end| end + 1)),
        }
    }

    /// Whether any finished line begins with a slash.
    pub(crate) fn has_slash_line(&self) -> bool {
        let finished = |start| self.is_finished(start);
        self.slash_line
            && (self.unfinished.is_none() || live::slash_lines(&self.text).any(finished))
    }

    /// Whether the line that holds the byte at `offset` was not cut by the limit.
    pub(crate) fn is_finished(&self, offset: usize) -> bool {
        self.unfinished.is_none_or(|start| offset < start)
    }
}

fn without_lone_returns(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut from = 0;
    for at in live::lone_returns(text) {
        clean.push_str(&text[from..at]);
        clean.push(' ');
        from = at + 1;
    }
    clean.push_str(&text[from..]);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_within_the_limit_is_whole() {
        let searched = Searched::of("a\r\nb");
        assert_eq!((&*searched.text, searched.unfinished), ("a\r\nb", None));
    }

    #[test]
    fn a_line_that_the_limit_cuts_is_unfinished() {
        let body = format!("/refire\n{}", "ä".repeat(MAX_BODY));
        let searched = Searched::of(&body);
        assert!(searched.text.len() <= MAX_BODY);
        assert_eq!(searched.unfinished, Some(8));
    }

    #[test]
    fn a_line_that_ends_at_the_limit_is_finished() {
        let line = format!("{}\n/refire", "x".repeat(MAX_BODY - 8));
        assert_eq!(line.len(), MAX_BODY);
        for rest in ["", "\n", "\r\nmore", "\nmore"] {
            let body = format!("{line}{rest}");
            assert_eq!(Searched::of(&body).unfinished, None, "{rest:?}");
            assert!(may_hold_command(&body));
        }
        assert!(!may_hold_command(&format!("{line} qa")));
    }

    #[test]
    fn a_lone_carriage_return_is_a_blank() {
        assert_eq!(Searched::of("# a\r/refire\r\n\r").text, "# a /refire\r\n ");
    }

    #[test]
    fn without_a_line_that_begins_with_a_slash_there_is_no_command() {
        assert!(!may_hold_command("and/or\n    /refire\n> /refire\n"));
        assert!(may_hold_command("text\n  \u{FEFF}/anything"));
    }
}
