//! The live text of one line, as the grammar reads it.

use crate::letters::{holds_invisible, visible};

/// Bytes of a line that are read: a reason has at most 500 characters of four bytes, and what stands
/// before it is short. Whatever stands behind is no part of any command.
const MOST: usize = 2304;

/// A line that begins with `/`: its text without invisible characters, escapes and entities
/// already read.
#[derive(Debug, Default)]
pub(crate) struct Line<'t> {
    verb: Option<&'t str>,
    /// The plain text as the source has it, which mostly is all there is to it.
    source: &'t str,
    /// The plain text if it reads otherwise than the source.
    plain: String,
    marked: String,
    is_marked: bool,
}

impl<'t> Line<'t> {
    /// The word in front, if the source says it plainly.
    pub(crate) fn verb(&self) -> Option<&'t str> {
        self.verb
    }

    /// The text up to the first markup: names of commands and gates, and commits, must stand here.
    pub(crate) fn plain(&self) -> &str {
        if self.plain.is_empty() {
            self.source
        } else {
            &self.plain
        }
    }

    /// The text from the first markup on (a code span, a link, emphasis, HTML), if there is any.
    /// Only a reason may use it.
    pub(crate) fn marked(&self) -> Option<&str> {
        self.is_marked.then_some(&self.marked)
    }

    /// Begins a line of which `source`, with a slash in front, was read so far. The room of the
    /// line before is used again.
    pub(super) fn begin(&mut self, source: &'t str, verb: Option<&'t str>) {
        self.verb = verb;
        self.source = bounded(source, MOST);
        self.plain.clear();
        self.marked.clear();
        self.is_marked = false;
        if holds_invisible(self.source) {
            self.plain.extend(visible(self.source));
        }
    }

    pub(super) fn push(&mut self, text: &str) {
        let end = if self.is_marked {
            &mut self.marked
        } else {
            if self.plain.is_empty() {
                self.plain.push_str(self.source);
            }
            &mut self.plain
        };
        let text = bounded(text, MOST.saturating_sub(end.len()));
        if text.is_ascii() {
            end.push_str(text);
        } else {
            end.extend(visible(text));
        }
    }

    /// From here on the text of this line is marked up.
    pub(super) fn push_marked(&mut self, text: &str) {
        self.is_marked = true;
        self.push(text);
    }
}

/// The front of `text`: at most `most` bytes, whole characters.
fn bounded(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}
