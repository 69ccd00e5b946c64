//! The live text of one line, as the grammar reads it.

use crate::letters::visible;

/// A line that begins with `/`: its text without invisible characters, escapes and entities
/// already read.
#[derive(Debug, Default)]
pub(crate) struct Line {
    plain: String,
    marked: Option<String>,
}

impl Line {
    /// The text up to the first markup: names of commands and gates, and commits, must stand here.
    pub(crate) fn plain(&self) -> &str {
        &self.plain
    }

    /// The text from the first markup on (a code span, a link, emphasis, HTML), if there is any.
    /// Only a reason may use it.
    pub(crate) fn marked(&self) -> Option<&str> {
        self.marked.as_deref()
    }

    pub(super) fn clear(&mut self) {
        self.plain.clear();
        self.marked = None;
    }

    pub(super) fn push(&mut self, text: &str) {
        let end = self.marked.as_mut().unwrap_or(&mut self.plain);
        if text.is_ascii() {
            end.push_str(text);
        } else {
            end.extend(visible(text));
        }
    }

    /// From here on the text of this line is marked up.
    pub(super) fn push_marked(&mut self, text: &str) {
        self.marked.get_or_insert_default();
        self.push(text);
    }
}
