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
