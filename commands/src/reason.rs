//! The words that say why: the rest of a command's line.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

use crate::letters::{is_blank, is_separator, visible};

/// Characters of a reason; a longer one ends in `…`.
const LIMIT: usize = 500;

/// Why somebody declares or revokes: one line of at most 500 characters, never empty, single
/// blanks, no control or invisible character, no separator in front.
///
/// It is what a stranger wrote: whoever shows it escapes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reason(String);

impl Reason {
    /// Brings `text` into shape. `None`: it says nothing.
    pub fn new(text: &str) -> Option<Self> {
        Self::of(visible(text))
    }

    /// The same from visible characters that need not stand in one string.
    pub(crate) fn of(text: impl Iterator<Item = char>) -> Option<Self> {
        let text = text.skip_while(|c| is_blank(*c) || is_separator(*c));
        let mut words = String::with_capacity(text.size_hint().1.unwrap_or(LIMIT).min(LIMIT));
        let mut length = 0;
        let mut blank = false;
        for c in text {
            if is_blank(c) {
                blank = true;
                continue;
            }
            let needed = 1 + usize::from(blank);
            if length + needed > LIMIT {
                shorten(&mut words, length);
                break;
            }
            if blank {
                words.push(' ');
            }
            words.push(c);
            length += needed;
            blank = false;
        }
        (!words.is_empty()).then_some(Self(words))
    }

    /// The text, unescaped.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Writes the text so that Markdown reads it as just these characters.
    pub(crate) fn write_escaped(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if c.is_ascii_punctuation() && !matches!(c, '.' | ',' | '-' | ':' | '/' | '@') {
                f.write_char('\\')?;
            }
            f.write_char(c)?;
        }
        Ok(())
    }
}

/// Ends `words` of `length` characters in `…`, within the limit.
fn shorten(words: &mut String, length: usize) {
    if length == LIMIT {
        words.pop();
    }
    words.truncate(words.trim_end().len());
    words.push('…');
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Reason {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text).ok_or("a reason says something")
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str) -> Option<String> {
        Reason::new(text).map(String::from)
    }

    #[test]
    fn a_leading_hyphen_dash_or_colon_is_dropped() {
        for text in [
            "- docs",
            "– docs",
            "— docs",
            ": docs",
            "docs",
            "—docs",
            " -- : docs ",
        ] {
            assert_eq!(reason(text).as_deref(), Some("docs"), "{text}");
        }
        assert_eq!(
            reason("docs - only: a—b").as_deref(),
            Some("docs - only: a—b")
        );
    }

    #[test]
    fn nothing_but_blanks_and_separators_is_no_reason() {
        for text in ["", " \u{A0}\t", "-", "— :", "\u{200B}"] {
            assert_eq!(reason(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_reason_is_one_line_of_single_blanks() {
        let text = "docs\n\u{A0}\t only\u{0}now\u{202E}!\u{200B} ";
        assert_eq!(reason(text).as_deref(), Some("docs only now!"));
    }

    #[test]
    fn a_long_reason_is_cut_and_says_so() {
        assert_eq!(reason(&"ä".repeat(500)), Some("ä".repeat(500)));
        let cut = reason(&"ä ".repeat(400)).unwrap();
        assert!(cut.ends_with("ä…") && cut.chars().count() <= 500, "{cut}");
        assert_eq!(reason(&"ä".repeat(501)), Some("ä".repeat(499) + "…"));
        assert_eq!(reason(&cut), Some(cut));
    }
}
