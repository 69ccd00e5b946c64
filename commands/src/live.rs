//! Which lines of a comment are live: top-level paragraph text whose source line begins with `/`.
//!
//! pulldown-cmark says what is text; the source says where lines begin. A line counts when both
//! agree, so an escaped or encoded slash is none, and neither is one in code, a quote, a list, a
//! heading, a table, a footnote, a definition, a link, struck-out text, HTML or display math.
//! Emphasis is only a manner of speaking: it makes no text dead, but what it touches on a
//! command's line is kept apart as marked up.
//!
//! A rule at the top of a comment is a rule: front matter is not looked for, because the text
//! between two rules is an ordinary paragraph to Gitea unless it is YAML.
//!
//! **Invariant:** one pass, linear in the text. What a line says is decided by `catalogue`.

mod html;
mod line;
mod marks;
mod walk;

use pulldown_cmark::Options;

pub(crate) use line::Line;
pub(crate) use marks::{glance, lone_returns, slash_lines};
pub(crate) use walk::{Reader, collect};

/// The Markdown that Gitea's renderer knows beyond CommonMark. Math is not among them: its inline
/// form never spans lines in Gitea, its display form is found by `marks`.
pub(crate) const MARKDOWN: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_DEFINITION_LIST);
