//! Classes of characters, so that what an editor or a phone slips into a comment does not disturb.
//!
//! **Invariant:** a character is in at most one class: invisible, blank, separator, or a letter of
//! a word.

/// A blank: any Unicode white space (tabs, no-break spaces and line separators included) and any
/// control character.
pub(crate) fn is_blank(c: char) -> bool {
    // Most characters are of these ranges, and none of them is one.
    !matches!(c, '!'..='~' | '\u{A1}'..='\u{167F}') && (c.is_whitespace() || c.is_control())
}

/// A character without width: joiners, marks of direction, a byte-order mark. It is dropped
/// wherever it stands, also because a mark of direction could make a reason read as another one.
#[inline]
pub(crate) fn is_invisible(c: char) -> bool {
    // Most characters stand before all but one of them.
    if c < '\u{061C}' {
        return c == '\u{00AD}';
    }
    matches!(
        c,
        '\u{061C}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{2069}'
            | '\u{FEFF}'
    )
}

/// Whether `text` holds a character without width. Five bytes begin them all, and most texts have
/// none of these.
pub(crate) fn holds_invisible(text: &str) -> bool {
    let may_begin_one = |byte| matches!(byte, 0xC2 | 0xD8 | 0xE1 | 0xE2 | 0xEF);
    text.bytes().any(may_begin_one) && text.contains(is_invisible)
}

/// A dash that is never part of a name, so that it ends one without a blank. The hyphen is not
/// among them: `qa-review` holds one.
pub(crate) fn is_dash(c: char) -> bool {
    matches!(c, '\u{2012}'..='\u{2015}' | '\u{2212}')
}

/// What people put between a name and a note: a hyphen, a dash, a colon, a comma, a semicolon.
pub(crate) fn is_separator(c: char) -> bool {
    matches!(c, '-' | ':' | ',' | ';') || is_dash(c)
}

/// The text without invisible characters.
pub(crate) fn visible(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !is_invisible(*c))
}

/// The first `limit` characters: words that a stranger typed are kept bounded.
pub(crate) fn bounded(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_in_at_most_one_class() {
        for c in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            let classes = [is_blank(c), is_invisible(c), is_separator(c)];
            assert!(classes.iter().filter(|class| **class).count() <= 1, "{c:?}");
        }
    }

    #[test]
    fn a_character_without_width_is_found_in_a_text() {
        for c in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            assert_eq!(holds_invisible(&format!("ä{c}ß")), is_invisible(c), "{c:?}");
        }
    }

    #[test]
    fn what_is_passed_by_is_no_blank() {
        for c in ('\u{A1}'..='\u{167F}').chain('!'..='~') {
            assert!(!c.is_whitespace() && !c.is_control(), "{c:?}");
        }
    }

    #[test]
    fn blanks_that_editors_insert_are_blanks() {
        for c in [' ', '\t', '\r', '\u{A0}', '\u{202F}', '\u{3000}', '\0'] {
            assert!(is_blank(c), "{c:?}");
        }
    }
}
