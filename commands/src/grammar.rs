//! The grammar of one line, in nom: each function reads one word from the front of live, plain
//! text. What the words mean is decided by `catalogue`.

use nom::bytes::complete::{take_till, take_till1, take_while};
use nom::character::complete::char;
use nom::combinator::{recognize, verify};
use nom::sequence::{pair, preceded};
use nom::{IResult, Parser};

use crate::letters::{is_blank, is_dash};

/// A command's word, with its slash, up to a blank or the end: `/sop-n/a`.
pub(crate) fn verb(input: &str) -> IResult<&str, &str> {
    recognize(pair(char('/'), take_till1(is_blank))).parse(input)
}

/// The command's word at the front of Markdown that does not have to be read to know it: a blank or
/// the end follows the `length` plain bytes in front.
#[inline]
pub(crate) fn plain_verb(source: &str, length: usize) -> Option<&str> {
    let follows = source.as_bytes().get(length).copied().unwrap_or(b'\n');
    matches!(follows, b' ' | b'\t' | b'\r' | b'\n').then(|| &source[..length])
}

/// How many bytes in front are letters, digits, `/`, `-` and `.`, which Markdown leaves as they
/// are. It is not counted further than `most`.
#[inline]
pub(crate) fn plain_length(source: &str, most: usize) -> usize {
    let front = &source.as_bytes()[..source.len().min(most)];
    let end = front.iter().position(|byte| !PLAIN[usize::from(*byte)]);
    end.unwrap_or(front.len())
}

/// Which bytes a plain verb is made of. A table, because every line with a slash is asked.
static PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        let b = byte as u8;
        plain[byte] = b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'.');
        byte += 1;
    }
    plain
};

/// Any word up to a blank or the end.
pub(crate) fn word(input: &str) -> IResult<&str, &str> {
    preceded(blanks, take_till1(is_blank)).parse(input)
}

/// What stands in a gate's place: up to a blank, a dash, a colon, an `@` or the end. Without any
/// letter or digit it is punctuation, not a name.
pub(crate) fn gate(input: &str) -> IResult<&str, &str> {
    let named = |word: &str| word.contains(char::is_alphanumeric);
    preceded(blanks, verify(take_till1(ends_gate), named)).parse(input)
}

/// What stands in a commit's place, with its `@`.
pub(crate) fn commit(input: &str) -> IResult<&str, &str> {
    recognize(pair(char('@'), take_till(ends_commit))).parse(input)
}

/// Blanks, if there are any.
fn blanks(input: &str) -> IResult<&str, &str> {
    take_while(is_blank).parse(input)
}

/// Whether `c` cannot belong to a gate's name.
pub(crate) fn ends_gate(c: char) -> bool {
    is_blank(c) || is_dash(c) || matches!(c, ':' | '@')
}

/// Whether `c` cannot belong to a commit.
pub(crate) fn ends_commit(c: char) -> bool {
    is_blank(c) || is_dash(c) || matches!(c, ':' | ',' | ';')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'i>(
        parser: fn(&'i str) -> IResult<&'i str, &'i str>,
        line: &'i str,
    ) -> Option<[&'i str; 2]> {
        parser(line).ok().map(|(rest, word)| [word, rest])
    }

    #[test]
    fn a_verb_ends_at_a_blank() {
        assert_eq!(read(verb, "/sop-n/a qa"), Some(["/sop-n/a", " qa"]));
        assert_eq!(read(verb, "/refire/foo"), Some(["/refire/foo", ""]));
        assert_eq!(read(verb, "/refire\u{A0}qa"), Some(["/refire", "\u{A0}qa"]));
        assert_eq!(read(verb, "/ refire"), None);
        assert_eq!(read(verb, "refire"), None);
    }

    #[test]
    fn a_plain_verb_holds_nothing_that_markdown_may_change() {
        let plain = |source| plain_verb(source, plain_length(source, 8));
        for source in ["/sop-n/a", "/sop-n/a qa", "/sop-n/a\r\n", "/sop-n/a\tx_y_"] {
            assert_eq!(plain(source), Some("/sop-n/a"), "{source:?}");
        }
        for source in [
            "/a_b_",
            "/a*",
            "/a\\\n",
            "/a&amp;",
            "/\u{200B}a",
            "/a\0",
            "/a~~b~~",
            "/sop-n/ab",
            "/sop-n/a/b c",
        ] {
            assert_eq!(plain(source), None, "{source:?}");
        }
    }

    #[test]
    fn a_gate_ends_at_a_dash_but_not_at_a_hyphen() {
        assert_eq!(read(gate, "  qa-review—docs"), Some(["qa-review", "—docs"]));
        assert_eq!(read(gate, "qa-review: docs"), Some(["qa-review", ": docs"]));
        assert_eq!(read(gate, "qa@91bc0d2"), Some(["qa", "@91bc0d2"]));
        assert_eq!(read(gate, " - docs"), None);
        assert_eq!(read(gate, " — docs"), None);
        assert_eq!(read(gate, " "), None);
    }

    #[test]
    fn a_commit_begins_with_an_at_sign() {
        assert_eq!(read(commit, "@91bc0d2: x"), Some(["@91bc0d2", ": x"]));
        assert_eq!(read(commit, "@"), Some(["@", ""]));
        assert_eq!(read(commit, "91bc0d2"), None);
    }
}
