//! Elements of HTML that span lines of Markdown: `<details>`, a blank line, a paragraph, another
//! blank line, `</details>`. CommonMark calls that paragraph plain text, a reader sees it inside
//! of the element.
//!
//! **Invariant:** only a tag that is closed again encloses anything. A tag that stays open is as
//! often a placeholder (`<gate>`) or a type (`Vec<u8>`), and must not swallow a command.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The tags of a text as far as it was read.
#[derive(Debug, Default)]
pub(super) struct OpenTags<'t> {
    /// Pieces of HTML that were not looked into yet, each with the number of findings before it.
    /// Only a closing tag after a finding makes it necessary.
    pieces: Vec<(&'t str, usize)>,
    /// The tag that was opened last, if it is open, with the number of findings before it. Most
    /// tags are closed before another one is opened, and never get into the map.
    newest: Option<(Name, usize)>,
    /// The other tags that are open, by name.
    others: HashMap<Name, Places, BuildHasherDefault<Prehashed>>,
    open: usize,
}

/// The numbers of findings before each open tag of one name. A second one is rare.
#[derive(Debug, Default)]
struct Places {
    first: Option<usize>,
    later: Vec<usize>,
}

impl<'t> OpenTags<'t> {
    /// Hears of `html`, a piece of raw HTML after `found` findings. Returns how many of them stand
    /// outside of every element that was closed by now.
    pub(super) fn read(&mut self, html: &'t str, found: usize) -> usize {
        self.pieces.push((html, found));
        if self.may_enclose(found) && closes(html) {
            self.catch_up(found)
        } else {
            found
        }
    }

    /// Whether a tag may be open before the last of `found` findings: `false` is certain, and then
    /// no tag that is closed later encloses any of them.
    fn may_enclose(&self, found: usize) -> bool {
        let first = self.pieces.first();
        found > 0 && (self.open > 0 || first.is_some_and(|(_, before)| *before < found))
    }

    /// How many of `found` findings stand before every tag that is open.
    pub(super) fn outermost(&mut self, found: usize) -> usize {
        self.catch_up(found);
        if let Some((newest, place)) = self.newest.take() {
            self.keep(newest, place);
        }
        let places = self.others.values().filter_map(|places| places.first);
        places.min().unwrap_or(found)
    }

    /// Looks into the pieces. Whatever an element encloses was found before it is closed, and only
    /// the last piece closes one that was opened before a finding.
    fn catch_up(&mut self, found: usize) -> usize {
        let mut outside = found;
        let mut pieces = std::mem::take(&mut self.pieces);
        for (html, before) in pieces.drain(..) {
            for tag in tags(html) {
                match tag {
                    Tag::Open(name) => self.push(name, before.min(outside)),
                    Tag::Close(name) => {
                        let place = self.pop(name).filter(|place| *place < before);
                        outside = outside.min(place.unwrap_or(outside));
                    }
                }
            }
        }
        // Kept for its room: there may be thousands of pieces.
        self.pieces = pieces;
        outside
    }

    fn push(&mut self, name: Name, place: usize) {
        if let Some((newest, place)) = self.newest.replace((name, place)) {
            self.keep(newest, place);
        }
        self.open += 1;
    }

    /// Puts a tag that is not the newest any more among the others.
    fn keep(&mut self, name: Name, place: usize) {
        let places = self.others.entry(name).or_default();
        if places.first.is_none() {
            places.first = Some(place);
        } else {
            places.later.push(place);
        }
    }

    fn pop(&mut self, name: Name) -> Option<usize> {
        let newest = self.newest.take_if(|(newest, _)| *newest == name);
        let place = match newest {
            Some((_, place)) => place,
            None => self.pop_other(name)?,
        };
        self.open -= 1;
        Some(place)
    }

    fn pop_other(&mut self, name: Name) -> Option<usize> {
        let places = self.others.get_mut(&name)?;
        places.later.pop().or_else(|| places.first.take())
    }
}

/// A tag's name in lower case, as a number: names are only ever compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Name(u64);

enum Tag {
    Open(Name),
    Close(Name),
}

fn closes(html: &str) -> bool {
    let mut rest = html.as_bytes();
    while let Some(at) = find_angle(rest) {
        rest = &rest[at + 1..];
        if rest.first() == Some(&b'/') {
            return true;
        }
    }
    false
}

/// Where the next `<` stands. Most pieces are single tags, too short for the start of a wide search.
fn find_angle(html: &[u8]) -> Option<usize> {
    if html.len() < 16 {
        html.iter().position(|byte| *byte == b'<')
    } else {
        memchr::memchr(b'<', html)
    }
}

fn tags(html: &str) -> impl Iterator<Item = Tag> {
    let mut rest = html.as_bytes();
    std::iter::from_fn(move || {
        loop {
            rest = &rest[find_angle(rest)? + 1..];
            if let Some(comment) = rest.strip_prefix(b"!--") {
                let end = memchr::memmem::find(comment, b"-->");
                rest = end.map_or(b"", |end| &comment[end + 3..]);
                continue;
            }
            let close = rest.strip_prefix(b"/");
            match (name(close.unwrap_or(rest)), close) {
                (None, _) => {}
                (Some(name), None) => return Some(Tag::Open(name)),
                (Some(name), Some(_)) => return Some(Tag::Close(name)),
            }
        }
    })
}

/// The name at the front of a tag: a letter, then letters, digits and hyphens. The number is its
/// FNV-1a hash.
fn name(tag: &[u8]) -> Option<Name> {
    tag.first().filter(|byte| byte.is_ascii_alphabetic())?;
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    for byte in tag {
        // The bit that makes a letter small is set in digits and the hyphen anyhow.
        let lower = byte | 0x20;
        if !(lower.is_ascii_lowercase() || matches!(byte, b'0'..=b'9' | b'-')) {
            break;
        }
        hash = (hash ^ u64::from(lower)).wrapping_mul(0x0100_0000_01B3);
    }
    Some(Name(hash))
}

/// Takes a name's number as its hash.
#[derive(Debug, Default)]
struct Prehashed(u64);

impl Hasher for Prehashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_between_a_tag_and_its_end_are_inside() {
        let mut tags = OpenTags::default();
        assert_eq!(tags.read("<details open>\n<summary>x</summary>\n", 1), 1);
        assert_eq!(tags.read("</DETAILS>", 3), 1);
        assert!(!tags.may_enclose(1));
    }

    #[test]
    fn a_tag_that_stays_open_encloses_nothing() {
        let mut tags = OpenTags::default();
        assert_eq!(tags.read("<gate> <br> <i>x</i>", 0), 0);
        assert_eq!(tags.read("<b>x</b> </i>", 2), 2);
        assert!(tags.may_enclose(2));
        assert_eq!(tags.outermost(2), 0);
    }

    #[test]
    fn a_tag_that_opens_after_the_last_finding_encloses_none_before_it() {
        let mut tags = OpenTags::default();
        assert_eq!(tags.read("<b></i>", 1), 1);
        assert_eq!(tags.read("</b><b>", 1), 1);
        assert!(!tags.may_enclose(1));
        assert!(tags.may_enclose(3));
        assert_eq!(tags.read("</b>", 3), 1);
    }

    #[test]
    fn tags_in_html_comments_are_none() {
        let mut tags = OpenTags::default();
        assert_eq!(tags.read("<div><!-- </div> -->", 1), 1);
        assert_eq!(tags.read("<!-- </div>", 2), 2);
        assert_eq!(tags.read("</div>", 2), 1);
    }
}
