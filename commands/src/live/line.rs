//! The live text of one line, as the grammar reads it.

use std::borrow::Cow;

use crate::letters::without_invisible;

/// A line that begins with `/`: its text without invisible characters, escapes and entities
/// already read. Mostly that is what the source says, and then it is not copied.
#[derive(Debug, Default)]
pub(crate) struct Line<'t> {
    verb: Option<&'t str>,
    plain: Cow<'t, str>,
    marked: Option<String>,
}

impl<'t> Line<'t> {
    /// The word in front, if the source says it plainly.
    pub(crate) fn verb(&self) -> Option<&'t str> {
        self.verb
    }

    /// The text up to the first markup: names of commands and gates, and commits, must stand here.
    pub(crate) fn plain(&self) -> &str {
        &self.plain
    }

    /// The text from the first markup on (a code span, a link, emphasis, HTML), if there is any.
    /// Only a reason may use it.
    pub(crate) fn marked(&self) -> Option<&str> {
        self.marked.as_deref()
    }

    /// A line of which `text` was read so far, that begins with `verb` if this is plain to see.
    pub(super) fn beginning(text: &'t str, verb: Option<&'t str>) -> Self {
        Self {
            verb,
            plain: without_invisible(text),
            marked: None,
        }
    }

    pub(super) fn push(&mut self, text: &str) {
        let end = match &mut self.marked {
            Some(marked) => marked,
            None => self.plain.to_mut(),
        };
        end.push_str(&without_invisible(text));
    }

    /// From here on the text of this line is marked up.
    pub(super) fn push_marked(&mut self, text: &str) {
        self.marked.get_or_insert_default();
        self.push(text);
    }
}
