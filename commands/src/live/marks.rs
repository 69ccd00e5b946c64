//! Lines of the source that matter before any Markdown is read: those that begin with `/`, and the
//! fences of display math. Whether such a line is live is decided by `walk`.

use std::ops::Range;

use crate::grammar::{plain_length, plain_verb};
use crate::letters::{is_blank, is_invisible};

/// Characters at the front of a line among which its slash is looked for. No editor leaves that
/// many invisible ones.
const LONGEST_LEAD: usize = 64;

/// Bytes at the end of a text where a slash is looked for first.
const NEAR_END: usize = 1024;

/// Bytes of the shortest word that can be a slip of a command, with its slash.
const SHORTEST_VERB: usize = 5;

/// Bytes of the longest word that can be a slip of a command, with its slash.
const LONGEST_VERB: usize = 19;

/// A line of the source that `walk` has to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark<'t> {
    /// Byte offset of the line's first visible character, or of the one that it escapes.
    pub(super) at: usize,
    /// What that character begins.
    pub(super) kind: Kind<'t>,
}

/// What a marked line begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'t> {
    /// A slash and something after it.
    Slash {
        /// The whole word, if it is plain to see.
        verb: Option<&'t str>,
    },
    /// Nothing but `$$` or `\[`: display math up to the fence that closes it.
    Math {
        /// The fence that closes it.
        closed_by: &'static str,
    },
}

/// The mark whose character stands within `range`, a piece of one line's text.
///
/// Only lines whose text is live are asked about, so no line of a dead block is looked at.
#[inline]
pub(super) fn mark_within<'t>(text: &'t str, range: &Range<usize>) -> Option<Mark<'t>> {
    let first = *text.as_bytes().get(range.start)?;
    if first == b'/' && is_plain_lead(&text.as_bytes()[..range.start]) {
        let kind = slash(&text[range.start..])?;
        return Some(Mark {
            at: range.start,
            kind,
        });
    }
    // A visible character that begins no mark stands before whatever follows it.
    if matches!(first, b'!'..=b'~') && !matches!(first, b'/' | b'$' | b'[') {
        return None;
    }
    let start = line_start(text, range.start)?;
    mark(text, start).filter(|mark| range.contains(&mark.at))
}

/// Whether nothing but at most three spaces stands on the last line of `before`. Almost every slash
/// is found so, without a look at any character twice.
#[inline]
fn is_plain_lead(before: &[u8]) -> bool {
    let spaces = before.iter().rev().take_while(|byte| **byte == b' ');
    let spaces = spaces.take(4).count();
    spaces <= 3 && matches!(before[..before.len() - spaces], [] | [.., b'\n'])
}

/// Where the line begins on which nothing visible stands before `at`, but for the backslash that
/// may escape the character there.
fn line_start(text: &str, at: usize) -> Option<usize> {
    if at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n') {
        return Some(at);
    }
    let lead = text[..at].strip_suffix('\\').unwrap_or(&text[..at]);
    // Plain blanks, as they mostly are, take a short way.
    let lead = lead.strip_suffix("  ").unwrap_or(lead);
    let lead = lead.strip_suffix(' ').unwrap_or(lead);
    if lead.is_empty() || lead.ends_with('\n') {
        return Some(lead.len());
    }
    let mut back = lead.char_indices().rev();
    let stop = |(_, c): &(usize, char)| *c == '\n' || !(is_blank(*c) || is_invisible(*c));
    match back.by_ref().take(LONGEST_LEAD + 1).find(stop) {
        Some((end, '\n')) => Some(end + 1),
        Some(_) => None,
        None => back.next().is_none().then_some(0),
    }
}

/// The mark of the line that begins at `start`.
#[inline]
fn mark(text: &str, start: usize) -> Option<Mark<'_>> {
    let line = &text[start..];
    if line.starts_with('/') {
        return slash(line).map(|kind| Mark { at: start, kind });
    }
    let (at, first) = first_visible(line)?;
    let rest = &line[at..];
    let kind = match first {
        '/' => slash(rest),
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
    std::iter::once(0)
        .chain(lines_after(text, 0))
        .filter_map(|start| slash_at(text, start))
}

/// What one look over a text finds, before any Markdown is read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Glance {
    /// Whether it has any of [`slash_lines`].
    pub(crate) slash_line: bool,
    /// Whether a carriage return stands in it that no line feed follows.
    pub(crate) lone_return: bool,
}

/// Looks over `text`, mostly once: on a comment of few long lines each further search would cost a
/// fifth of what its Markdown does.
pub(crate) fn glance(text: &str) -> Glance {
    let near_end = text.ceil_char_boundary(text.len().saturating_sub(NEAR_END));
    let mut lines_near_end = lines_after(text, near_end);
    if slash_at(text, 0).is_some() || lines_near_end.any(|start| slash_at(text, start).is_some()) {
        return Glance {
            slash_line: true,
            lone_return: lone_returns(text).next().is_some(),
        };
    }
    let mut lone_return = false;
    for end in memchr::memchr2_iter(b'\n', b'\r', text.as_bytes()) {
        if text.as_bytes()[end] == b'\r' {
            lone_return |= is_lone(text, end);
        } else if slash_at(text, end + 1).is_some() {
            lone_return |= lone_returns(&text[end..]).next().is_some();
            return Glance {
                slash_line: true,
                lone_return,
            };
        }
    }
    Glance {
        slash_line: false,
        lone_return,
    }
}

/// Where the carriage returns stand that no line feed follows.
pub(crate) fn lone_returns(text: &str) -> impl Iterator<Item = usize> {
    memchr::memchr_iter(b'\r', text.as_bytes()).filter(|at| is_lone(text, *at))
}

fn is_lone(text: &str, carriage_return: usize) -> bool {
    text.as_bytes().get(carriage_return + 1) != Some(&b'\n')
}

/// The slash of the line that begins at `start`.
fn slash_at(text: &str, start: usize) -> Option<usize> {
    let mark = mark(text, start)?;
    matches!(mark.kind, Kind::Slash { .. }).then_some(mark.at)
}

/// Where the display math that is open at byte `from` ends: after the line of its closing fence,
/// or, as in Gitea, at the end of the text.
pub(super) fn end_of_math(text: &str, from: usize, closed_by: &str) -> usize {
    let indented = |c: char| c != '\n' && c.is_whitespace();
    let closes = |start: &usize| {
        let line = &text[*start..];
        // Most lines begin with a visible character that begins no fence.
        let is_other = |c: char| c.is_ascii_graphic() && !closed_by.starts_with(c);
        !line.starts_with(is_other) && fence(line.trim_start_matches(indented), closed_by)
    };
    lines_after(text, from)
        .find(closes)
        .and_then(|start| lines_after(text, start).next())
        .unwrap_or(text.len())
}

/// Where the lines begin that follow the one of byte `from`.
fn lines_after(text: &str, from: usize) -> impl Iterator<Item = usize> {
    memchr::memchr_iter(b'\n', &text.as_bytes()[from..]).map(move |end| from + end + 1)
}

/// The first visible character after at most three blanks. A tab reaches the fourth column from
/// wherever it stands, so it is never one of the three.
fn first_visible(line: &str) -> Option<(usize, char)> {
    let mut blanks = 0;
    for (at, c) in line.char_indices().take(LONGEST_LEAD) {
        match c {
            '!'..='~' => return Some((at, c)),
            ' ' => blanks += 1,
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

/// The slash at the front of `rest`, if its word is as long as a command's may be, slips included.
fn slash(rest: &str) -> Option<Kind<'_>> {
    let length = plain_length(rest, LONGEST_VERB + 1);
    if length > LONGEST_VERB {
        return None;
    }
    let verb = plain_verb(rest, length);
    let may_be_ours = match verb {
        Some(verb) => verb.len() >= SHORTEST_VERB,
        None => may_become_ours(rest),
    };
    may_be_ours.then_some(Kind::Slash { verb })
}

/// The same for a word that is not plain: where Markdown or anything but ASCII may make it longer
/// than it reads, it is looked at later.
fn may_become_ours(rest: &str) -> bool {
    for (length, byte) in rest.bytes().take(LONGEST_VERB + 1).enumerate() {
        match byte {
            b'&' | b'`' | b'*' | b'[' | b'<' | b'\\' | 0x80.. => return true,
            0..=b' ' | 0x7F => return length >= SHORTEST_VERB,
            _ => {}
        }
    }
    (SHORTEST_VERB..=LONGEST_VERB).contains(&rest.len())
}

/// Whether the line at the front of `rest` is nothing but this fence.
fn fence(rest: &str, fence: &str) -> bool {
    rest.strip_prefix(fence)
        .is_some_and(|rest| rest.chars().take_while(|c| *c != '\n').all(is_blank))
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
    fn a_glance_finds_what_two_searches_find() {
        for text in [
            "",
            "/refire",
            "/refire\r",
            "/refire\r\n",
            "a\r\n/refire\nb\n",
            "a\rb\r\n/refire\r\nb",
            "/refire\n/usr\r\nb\rc\r\n",
            "a\r/refire\n",
            "\r\n\r\n \r/refire\n",
            "a\n\r",
        ] {
            for text in [text.to_owned(), text.to_owned() + &"x".repeat(NEAR_END)] {
                let separate = Glance {
                    slash_line: slash_lines(&text).next().is_some(),
                    lone_return: lone_returns(&text).next().is_some(),
                };
                assert_eq!(glance(&text), separate, "{text:?}");
            }
        }
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
