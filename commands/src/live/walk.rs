//! The one pass over a comment's Markdown: events of pulldown-cmark in lockstep with the marked
//! lines of the source.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::MARKDOWN;
use super::html::OpenTags;
use super::line::Line;
use super::marks::{Kind, Mark, Marks, end_of_math};

/// Findings after which a comment is not read further.
const ENOUGH: usize = 128;

/// What a walk found.
pub(crate) struct Found<T> {
    /// What `read` made of the live lines, in order.
    pub(crate) lines: Vec<T>,
    /// Whether the walk stopped because there were too many of them.
    pub(crate) stopped: bool,
}

/// Hands every live line of `text` to `read` and keeps what it made of them. `read` also learns
/// the byte offset at which the line begins.
///
/// After [`ENOUGH`] findings the walk stops. Elements of HTML that are open by then are taken to
/// enclose what follows them, since their ends are not looked for.
pub(crate) fn collect<T>(text: &str, read: impl FnMut(&Line, usize) -> Option<T>) -> Found<T> {
    let mut walk = Walk::new(text, read);
    if walk.may_find_any() {
        for (event, range) in Parser::new_ext(text, MARKDOWN).into_offset_iter() {
            walk.step(event, range);
            if walk.is_over {
                break;
            }
        }
    }
    walk.finish()
}

struct Walk<'t, T, R> {
    text: &'t str,
    marks: Marks<'t>,
    /// The next marked line that no text has reached.
    mark: Option<Mark>,
    /// Where the display math ends that was last seen; everything before it is dead.
    math_end: usize,
    /// Open elements, emphasis apart.
    depth: usize,
    /// Whether the outermost open element is a paragraph.
    in_paragraph: bool,
    line: Line,
    /// Where the live line that is being read begins, if one is.
    line_start: Option<usize>,
    tags: OpenTags<'t>,
    found: Vec<T>,
    read: R,
    /// Whether nothing later in the text is looked at.
    is_over: bool,
}

impl<'t, T, R: FnMut(&Line, usize) -> Option<T>> Walk<'t, T, R> {
    fn new(text: &'t str, read: R) -> Self {
        let mut marks = Marks::of(text);
        Self {
            text,
            mark: marks.next(),
            marks,
            math_end: 0,
            depth: 0,
            in_paragraph: false,
            line: Line::default(),
            line_start: None,
            tags: OpenTags::default(),
            found: Vec::new(),
            read,
            is_over: false,
        }
    }

    /// Whether any line begins with a slash, so that Markdown has to be read.
    fn may_find_any(&self) -> bool {
        let mut marks = self.mark.into_iter().chain(self.marks.clone());
        marks.any(|mark| mark.kind == Kind::Slash)
    }

    fn step(&mut self, event: Event<'t>, range: Range<usize>) {
        match event {
            Event::Text(text) if self.line_start.is_some() => self.line.push(&text),
            Event::Text(_) => self.look_for_mark(range),
            Event::SoftBreak | Event::HardBreak => self.end_line(),
            Event::Start(tag) => self.open(&tag, range),
            Event::End(tag) => self.close(tag),
            Event::Code(text) if self.line_start.is_some() => self.line.push_marked(&text),
            Event::InlineHtml(_) => {
                self.mark_up();
                self.read_tags(range);
            }
            _ => self.mark_up(),
        }
    }

    fn finish(mut self) -> Found<T> {
        let stopped = self.found.len() >= ENOUGH;
        if stopped {
            let outside = self.tags.outermost(self.found.len());
            self.found.truncate(outside);
        }
        Found {
            lines: self.found,
            stopped,
        }
    }

    /// Begins what is marked within `range`, a piece of text, if that is live.
    fn look_for_mark(&mut self, range: Range<usize>) {
        while let Some(mark) = self.mark
            && mark.at < range.end
        {
            self.mark = self.marks.next();
            if mark.at >= range.start.max(self.math_end) && self.is_live() {
                return self.begin(mark, range.end);
            }
        }
    }

    fn begin(&mut self, mark: Mark, end: usize) {
        match mark.kind {
            Kind::Math { closed_by } => self.math_end = end_of_math(self.text, mark.at, closed_by),
            Kind::Slash => {
                self.line.clear();
                self.line.push(&self.text[mark.at..end]);
                self.line_start = Some(mark.at);
            }
        }
    }

    fn end_line(&mut self) {
        if let Some(start) = self.line_start.take() {
            self.found.extend((self.read)(&self.line, start));
            self.is_over = self.found.len() >= ENOUGH;
        }
    }

    /// What follows on the line that is being read, if one is, is marked up.
    fn mark_up(&mut self) {
        if self.line_start.is_some() {
            self.line.push_marked("");
        }
    }

    /// Ends a top-level block. Without marks and open tags nothing later can change the findings.
    fn end_block(&mut self) {
        self.end_line();
        self.in_paragraph = false;
        let settled = self.found.is_empty() || self.tags.is_empty();
        self.is_over |= self.mark.is_none() && settled;
    }

    fn is_live(&self) -> bool {
        self.in_paragraph && self.depth == 1
    }

    fn open(&mut self, tag: &Tag<'_>, range: Range<usize>) {
        self.mark_up();
        match tag {
            Tag::Emphasis | Tag::Strong => return,
            Tag::Paragraph if self.depth == 0 => self.in_paragraph = true,
            Tag::HtmlBlock if self.depth == 0 => self.read_tags(range),
            _ => {}
        }
        self.depth += 1;
    }

    fn close(&mut self, tag: TagEnd) {
        if matches!(tag, TagEnd::Emphasis | TagEnd::Strong) {
            return self.mark_up();
        }
        self.depth -= 1;
        if self.depth == 0 {
            self.end_block();
        } else {
            self.mark_up();
        }
    }

    /// Drops the findings that this piece of top-level HTML shows to be inside of an element.
    fn read_tags(&mut self, range: Range<usize>) {
        if self.depth == 0 || self.is_live() {
            let outside = self.tags.read(&self.text[range], self.found.len());
            self.found.truncate(outside);
        }
    }
}
