//! One JSON string on its way in: how much of it is kept, and where it may be cut.
//!
//! A string may be cut only between two units, a unit being a character or an escape (a pair of
//! surrogate escapes is one), so that what is kept stays valid. Called by [`super::splitter`].

/// What is kept of a cut string's end, in raw bytes.
pub(super) const TAIL_LIMIT: usize = 256;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Escape {
    None,
    Backslash,
    Hex { seen: u8, code: u16 },
}

/// How far the string got.
pub(super) enum TextEnd {
    /// Still inside it.
    Open,
    /// Its closing quote came. `tail`: the end of a string that was cut.
    Closed { tail: Option<Vec<u8>> },
}

/// A string under way.
pub(super) struct Text {
    escape: Escape,
    /// Where the unit under way begins in what is kept.
    unit_from: usize,
    /// The unit before was the first half of a pair.
    half: bool,
    /// How long the text is that was kept so far, once unescaped.
    length: usize,
    limit: usize,
    cut: Option<Tail>,
}

impl Text {
    /// A string whose first byte will be kept at `from` and which keeps `limit` bytes of text.
    pub(super) fn new(from: usize, limit: usize) -> Self {
        Self {
            escape: Escape::None,
            unit_from: from,
            half: false,
            length: 0,
            limit,
            cut: None,
        }
    }

    /// Takes bytes up to the closing quote, which is used but not kept; says how many were used.
    pub(super) fn take(&mut self, chunk: &[u8], kept: &mut Vec<u8>) -> (usize, TextEnd) {
        let plain = self.take_plain(chunk, kept);
        let rest = chunk.get(plain..).unwrap_or_default();
        for (at, &byte) in rest.iter().enumerate() {
            if self.escape == Escape::None && byte == b'"' {
                let tail = self.cut.take().map(Tail::into_bytes);
                return (plain + at + 1, TextEnd::Closed { tail });
            }
            self.take_byte(byte, kept);
            if self.escape == Escape::None && self.cut.is_none() && byte != b'\\' {
                // What follows may be plain again, which is copied as a whole.
                return (plain + at + 1, TextEnd::Open);
            }
        }
        (chunk.len(), TextEnd::Open)
    }

    /// Copies characters without escapes as long as the limit is far.
    fn take_plain(&mut self, chunk: &[u8], kept: &mut Vec<u8>) -> usize {
        let room = self.limit.saturating_sub(self.length);
        if self.escape != Escape::None || self.cut.is_some() || room == 0 {
            return 0;
        }
        let window = chunk.get(..room.min(chunk.len())).unwrap_or_default();
        let stop = window
            .iter()
            .position(|b| matches!(b, b'"' | b'\\'))
            .unwrap_or(window.len());
        let plain = window.get(..stop).unwrap_or_default();
        if let Some(last) = plain.iter().rposition(|b| begins_unit(*b)) {
            self.unit_from = kept.len() + last;
            self.half = false;
        }
        kept.extend_from_slice(plain);
        self.length += plain.len();
        stop
    }

    fn take_byte(&mut self, byte: u8, kept: &mut Vec<u8>) {
        let begins = self.escape == Escape::None && begins_unit(byte);
        if begins && self.length >= self.limit && self.cut.is_none() {
            if self.half {
                kept.truncate(self.unit_from);
            }
            self.cut = Some(Tail::default());
        }
        if begins && self.cut.is_none() && !(self.half && byte == b'\\') {
            self.unit_from = kept.len();
        }
        match &mut self.cut {
            Some(tail) => tail.push(byte),
            None => kept.push(byte),
        }
        self.follow(byte);
    }

    /// Keeps count of escapes and of the length of the text.
    fn follow(&mut self, byte: u8) {
        self.escape = match self.escape {
            Escape::None if byte == b'\\' => Escape::Backslash,
            Escape::None => {
                self.length += 1;
                self.half &= !begins_unit(byte);
                Escape::None
            }
            Escape::Backslash if byte == b'u' => Escape::Hex { seen: 0, code: 0 },
            Escape::Backslash => {
                self.length += 1;
                self.half = false;
                Escape::None
            }
            Escape::Hex { seen, code } => {
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                let code = (code << 4) | u16::try_from(digit).unwrap_or_default();
                if seen == 3 {
                    self.finish_hex(code)
                } else {
                    Escape::Hex {
                        seen: seen + 1,
                        code,
                    }
                }
            }
        };
    }

    fn finish_hex(&mut self, code: u16) -> Escape {
        self.length += match code {
            0..0x80 => 1,
            0x80..0x800 | 0xD800..0xE000 => 2,
            _ => 3,
        };
        self.half = (0xD800..0xDC00).contains(&code);
        Escape::None
    }
}

fn begins_unit(byte: u8) -> bool {
    byte & 0xC0 != 0x80
}

/// The raw end of a string that is too long.
#[derive(Default)]
struct Tail(Vec<u8>);

impl Tail {
    fn push(&mut self, byte: u8) {
        if self.0.len() >= 16 * TAIL_LIMIT {
            self.0.drain(..self.0.len() - TAIL_LIMIT);
        }
        self.0.push(byte);
    }

    fn into_bytes(mut self) -> Vec<u8> {
        self.0.drain(..self.0.len().saturating_sub(TAIL_LIMIT));
        self.0
    }
}
