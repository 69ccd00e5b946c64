//! The one pass over a comment's Markdown: events of pulldown-cmark in lockstep with the marked
//! lines of the source.

use std::ops::Range;

use pulldown_cmark::{CowStr, Event, Parser, Tag, TagEnd};

use super::MARKDOWN;
use super::html::OpenTags;
use super::line::Line;
use super::marks::{Kind, Mark, end_of_math, mark_within};

/// Findings after which a comment is not read further.
const ENOUGH: usize = 128;

/// What a walk found.
pub(crate) struct Found<T> {
    /// What `read` made of the live lines, in order.
    pub(crate) lines: Vec<T>,
    /// Whether the walk stopped because there were too many of them.
    pub(crate) stopped: bool,
}

/// Who reads the live lines of a comment.
pub(crate) trait Reader<'t> {
    /// What a line says.
    type Finding;

    /// Whether a line that begins with `verb` may say anything: `false` is certain. So a line that
    /// is somebody else's is never put together.
    fn wants(&self, verb: &str) -> bool;

    /// What `line` says, which begins at byte `start`. It may be taken.
    fn read(&mut self, line: &mut Line<'t>, start: usize) -> Option<Self::Finding>;
}

/// Hands every live line of `text` that `reader` wants to it and keeps what it made of them.
///
/// After [`ENOUGH`] findings the walk stops. Elements of HTML that are open by then are taken to
/// enclose what follows them, since their ends are not looked for.
pub(crate) fn collect<'t, R: Reader<'t>>(text: &'t str, reader: R) -> Found<R::Finding> {
    let mut walk = Walk::new(text, reader);
    let mut events = Parser::new_ext(text, MARKDOWN).into_offset_iter();
    while !walk.is_over {
        // What every line has is taken apart where it lies: to move or drop any event is dearer.
        match events.next() {
            Some((Event::Text(text), range)) => walk.text(&text, &range),
            Some((Event::SoftBreak | Event::HardBreak, _)) => walk.end_line(),
            Some((event, range)) => walk.step(&event, &range),
            None => break,
        }
    }
    walk.finish()
}

struct Walk<'t, R: Reader<'t>> {
    text: &'t str,
    /// Where the display math ends that was last seen; everything before it is dead.
    math_end: usize,
    /// Open elements, emphasis apart.
    depth: usize,
    /// Whether the outermost open element is a paragraph.
    in_paragraph: bool,
    /// Whether that is so and nothing visible was seen yet on its current line.
    begins_line: bool,
    line: Line<'t>,
    /// Where the live line that is being read begins, if one is.
    line_start: Option<usize>,
    tags: OpenTags<'t>,
    found: Vec<R::Finding>,
    reader: R,
    /// Whether nothing later in the text is looked at.
    is_over: bool,
}

impl<'t, R: Reader<'t>> Walk<'t, R> {
    fn new(text: &'t str, reader: R) -> Self {
        Self {
            text,
            math_end: 0,
            depth: 0,
            in_paragraph: false,
            begins_line: false,
            line: Line::default(),
            line_start: None,
            tags: OpenTags::default(),
            found: Vec::new(),
            reader,
            is_over: false,
        }
    }

    fn text(&mut self, text: &CowStr<'_>, range: &Range<usize>) {
        if self.line_start.is_some() {
            self.line.push(text);
        } else {
            self.look_for_mark(range);
        }
    }

    fn step(&mut self, event: &Event<'t>, range: &Range<usize>) {
        match event {
            Event::Start(tag) => self.open(tag, range),
            Event::End(tag) => self.close(*tag),
            Event::Code(text) if self.line_start.is_some() => self.line.push_marked(text),
            Event::InlineHtml(_) => {
                self.mark_up();
                self.read_tags(range);
            }
            _ => self.mark_up(),
        }
    }

    fn finish(mut self) -> Found<R::Finding> {
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
    fn look_for_mark(&mut self, range: &Range<usize>) {
        if !self.begins_line {
            return;
        }
        let first = self.text.as_bytes().get(range.start);
        self.begins_line = !first.is_some_and(u8::is_ascii_graphic);
        if self.depth != 1 || range.end <= self.math_end {
            return;
        }
        let mark = mark_within(self.text, range);
        if let Some(mark) = mark.filter(|mark| mark.at >= self.math_end) {
            self.begin(mark, range.end);
        }
    }

    fn begin(&mut self, mark: Mark<'t>, end: usize) {
        match mark.kind {
            Kind::Math { closed_by } => self.math_end = end_of_math(self.text, mark.at, closed_by),
            Kind::Slash { verb } if verb.is_none_or(|verb| self.reader.wants(verb)) => {
                self.line.begin(&self.text[mark.at..end], verb);
                self.line_start = Some(mark.at);
            }
            Kind::Slash { .. } => {}
        }
    }

    #[inline]
    fn end_line(&mut self) {
        self.begins_line = self.in_paragraph;
        if let Some(start) = self.line_start.take() {
            self.found.extend(self.reader.read(&mut self.line, start));
            self.is_over = self.found.len() >= ENOUGH;
        }
    }

    /// What follows on the line that is being read, if one is, is marked up.
    fn mark_up(&mut self) {
        if self.line_start.is_some() {
            self.line.push_marked("");
        }
    }

    fn is_live(&self) -> bool {
        self.in_paragraph && self.depth == 1
    }

    fn open(&mut self, tag: &Tag<'_>, range: &Range<usize>) {
        self.mark_up();
        match tag {
            Tag::Emphasis | Tag::Strong => return,
            Tag::Paragraph if self.depth == 0 => {
                self.in_paragraph = true;
                self.begins_line = true;
            }
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
            self.in_paragraph = false;
            self.end_line();
        } else {
            self.mark_up();
        }
    }

    /// Drops the findings that this piece of top-level HTML shows to be inside of an element.
    fn read_tags(&mut self, range: &Range<usize>) {
        if self.depth == 0 || self.is_live() {
            let outside = self.tags.read(&self.text[range.clone()], self.found.len());
            self.found.truncate(outside);
        }
    }
}
