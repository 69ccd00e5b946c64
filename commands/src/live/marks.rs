//! Lines of the source that matter before any Markdown is read: those that begin with `/`, and the
//! fences of display math. Whether such a line is live is decided by `walk`.

use crate::letters::{is_blank, is_invisible};

/// Characters at the front of a line among which its slash is looked for. No editor leaves that
/// many invisible ones.
const LONGEST_LEAD: usize = 64;

/// Bytes of the shortest word that can be a slip of a command, with its slash.
const SHORTEST_VERB: usize = 5;

/// Bytes of the longest word that can be a slip of a command, with its slash.
const LONGEST_VERB: usize = 19;

/// A line of the source that `walk` has to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// Byte offset of the line's first visible character, or of the one that it escapes.
    pub(super) at: usize,
    /// What that character begins.
    pub(super) kind: Kind,
}

/// What a marked line begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A slash and something after it.
    Slash,
    /// Nothing but `$$` or `\[`: display math up to the fence that closes it.
    Math {
        /// The fence that closes it.
        closed_by: &'static str,
    },
}

/// The marked lines of a text, in order.
#[derive(Debug, Clone)]
pub(super) struct Marks<'t> {
    lines: Lines<'t>,
}

impl<'t> Marks<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self {
            lines: Lines { text, next: 0 },
        }
    }
}

impl Iterator for Marks<'_> {
    type Item = Mark;

    fn next(&mut self) -> Option<Mark> {
        self.lines.find_map(|(start, line)| mark(start, line))
    }
}

fn mark(start: usize, line: &str) -> Option<Mark> {
    let (at, first) = first_visible(line)?;
    let rest = &line[at..];
    let kind = match first {
        '/' => may_be_ours(rest).then_some(Kind::Slash),
        '$' => fence(rest, "$$").then_some(Kind::Math { closed_by: "$$" }),
        '\\' => fence(rest, r"\[").then_some(Kind::Math { closed_by: r"\]" }),
        _ => None,
    }?;
    // pulldown-cmark begins the text of an escaped character after its backslash.
    let at = start + at + usize::from(first == '\\');
    Some(Mark { at, kind })
}

/// Byte offsets of the slashes that begin a line.
pub(crate) fn slash_lines(text: &str) -> impl Iterator<Item = usize> {
    Marks::of(text)
        .filter(|mark| mark.kind == Kind::Slash)
        .map(|mark| mark.at)
}

/// Where the display math that is open at byte `from` ends: after the line of its closing fence,
/// or, as in Gitea, at the end of the text.
pub(super) fn end_of_math(text: &str, from: usize, closed_by: &str) -> usize {
    let lines = Lines { text, next: from };
    lines
        .skip(1)
        .find(|(_, line)| fence(line.trim_start(), closed_by))
        .map_or(text.len(), |(start, line)| start + line.len())
}

/// The lines of a text that are not empty, with the offsets at which they begin.
#[derive(Debug, Clone)]
struct Lines<'t> {
    text: &'t str,
    next: usize,
}

impl<'t> Iterator for Lines<'t> {
    type Item = (usize, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.next) == Some(&b'\n') {
            self.next += 1;
        }
        let rest = &self.text[self.next..];
        let line = match memchr::memchr(b'\n', rest.as_bytes()) {
            Some(end) => &rest[..=end],
            None if rest.is_empty() => return None,
            None => rest,
        };
        let start = self.next;
        self.next += line.len();
        Some((start, line))
    }
}

/// The first visible character after at most three blanks. A tab reaches the fourth column from
/// wherever it stands, so it is never one of the three.
fn first_visible(line: &str) -> Option<(usize, char)> {
    let mut blanks = 0;
    for (at, c) in line.char_indices().take(LONGEST_LEAD) {
        match c {
            '!'..='~' => return Some((at, c)),
            '\t' | '\n' => return None,
            c if is_blank(c) => blanks += 1,
            c if is_invisible(c) => {}
            c => return Some((at, c)),
        }
        if blanks > 3 {
            return None;
        }
    }
    None
}

/// Whether the word that begins with this slash is as long as a command's may be, slips included.
/// Where Markdown or anything but ASCII may make it longer than it reads, it is looked at later.
fn may_be_ours(rest: &str) -> bool {
    for (length, byte) in rest.bytes().take(LONGEST_VERB + 1).enumerate() {
        match byte {
            b'&' | b'`' | b'*' | b'[' | b'<' | b'\\' | 0x80.. => return true,
            0..=b' ' | 0x7F => return length >= SHORTEST_VERB,
            _ => {}
        }
    }
    (SHORTEST_VERB..=LONGEST_VERB).contains(&rest.len())
}

fn fence(line: &str, fence: &str) -> bool {
    line.strip_prefix(fence)
        .is_some_and(|rest| rest.chars().all(is_blank))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(text: &str) -> Vec<usize> {
        slash_lines(text).collect()
    }

    #[test]
    fn up_to_three_blanks_may_stand_before_the_slash() {
        let text = "/aaaa\n /bbbb\r\n  /cccc\n   /dddd\n    /eeee\n\t/ffff";
        assert_eq!(starts(text), [0, 7, 16, 25]);
    }

    #[test]
    fn no_break_spaces_count_as_blanks_and_zero_width_characters_as_nothing() {
        assert_eq!(starts("\u{A0}\u{202F}/fire"), [5]);
        assert_eq!(starts("\u{A0}\u{A0}\u{A0}\u{A0}/fire"), [0; 0]);
        assert_eq!(starts(&format!("{}/fire", "\u{200B}".repeat(9))), [27]);
    }

    #[test]
    fn words_that_cannot_be_slips_begin_nothing() {
        assert_eq!(
            starts("/\n/ refire\n/ref\n/usr/share/doc/refire\n//////////////////////"),
            [0; 0]
        );
        assert_eq!(
            starts("/re\u{200B}\n/x&nbsp;y\n/fire\u{A0}x\n/a*b*\n/b\\"),
            [0, 7, 17, 26, 32]
        );
    }

    #[test]
    fn every_spelling_and_its_slips_are_long_and_short_enough() {
        for entry in crate::catalogue::entries() {
            let verb = entry.verb.split(' ').next().unwrap();
            for name in entry.aliases.iter().map(|alias| alias.name).chain([verb]) {
                assert!(
                    name.len() >= SHORTEST_VERB + 2 && name.len() + 2 <= LONGEST_VERB,
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn display_math_ends_at_its_fence_or_at_the_end() {
        let text = "$$\n/a\n $$ \n/b\n$$\n/c";
        assert_eq!(end_of_math(text, 0, "$$"), 11);
        assert_eq!(end_of_math(text, 14, "$$"), text.len());
    }
}
