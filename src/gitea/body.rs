//! Answers on their way in, each with a limit.
//!
//! Called by [`super::exchange`], which feeds them chunk by chunk.

use super::cut::Cut;
use super::splitter::{Element, SplitError, Splitter};
use serde::de::DeserializeOwned;

/// The most that one object may have.
const OBJECT_LIMIT: usize = 8 * 1024 * 1024;
/// The most that one list may have.
const LIST_LIMIT: usize = 256 * 1024 * 1024;

/// Why a body is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It takes more than is permitted.
    #[error("too large")]
    TooLarge,
    /// It is not what it should be.
    #[error("unreadable")]
    Unreadable,
}

impl From<SplitError> for BodyError {
    fn from(error: SplitError) -> Self {
        match error {
            SplitError::TooLarge => Self::TooLarge,
            SplitError::NotAList | SplitError::CutShort => Self::Unreadable,
        }
    }
}

/// Takes the body of a good answer.
pub(super) trait Body: Send {
    /// Takes the next bytes.
    fn take(&mut self, chunk: &[u8]) -> Result<(), BodyError>;
    /// Says whether that was all of it.
    fn finish(&mut self) -> Result<(), BodyError>;
    /// Starts anew, before a second try.
    fn reset(&mut self);
}

/// One object. `null` is none.
pub(super) struct Object<T> {
    bytes: Vec<u8>,
    pub(super) value: Option<T>,
}

impl<T> Object<T> {
    pub(super) fn new() -> Self {
        Self {
            bytes: Vec::new(),
            value: None,
        }
    }
}

impl<T: DeserializeOwned + Send> Body for Object<T> {
    fn take(&mut self, chunk: &[u8]) -> Result<(), BodyError> {
        if self.bytes.len() + chunk.len() > OBJECT_LIMIT {
            return Err(BodyError::TooLarge);
        }
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), BodyError> {
        let value = serde_json::from_slice(&self.bytes).map_err(|_| BodyError::Unreadable)?;
        self.bytes = Vec::new();
        self.value = Some(value);
        Ok(())
    }

    fn reset(&mut self) {
        self.bytes.clear();
    }
}

/// One object with texts that people write, which are cut as those in a list: however long they are, what
/// else it says can be read.
pub(super) struct Row<T> {
    cut: Cut,
    bytes: usize,
    value: Option<T>,
}

impl<T> Row<T> {
    pub(super) fn new() -> Self {
        Self {
            cut: Cut::within(OBJECT_LIMIT),
            bytes: 0,
            value: None,
        }
    }

    /// `None`: there was no body.
    pub(super) fn into_value(self) -> Option<T> {
        self.value
    }
}

impl<T: DeserializeOwned + Send> Body for Row<T> {
    fn take(&mut self, chunk: &[u8]) -> Result<(), BodyError> {
        self.bytes += chunk.len();
        if self.bytes > LIST_LIMIT {
            return Err(BodyError::TooLarge);
        }
        self.cut.take(chunk)
    }

    fn finish(&mut self) -> Result<(), BodyError> {
        let cut = std::mem::replace(&mut self.cut, Cut::within(OBJECT_LIMIT));
        let value = serde_json::from_slice(&cut.finish()?).map_err(|_| BodyError::Unreadable)?;
        self.value = Some(value);
        Ok(())
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}

/// One page of a list, kept until it is complete, so that it can be asked for again.
pub(super) struct Page<T, P> {
    feed: Feed,
    parse: P,
    pub(super) rows: Vec<T>,
}

impl<T, P> Page<T, P> {
    pub(super) fn new(parse: P) -> Self {
        Self {
            feed: Feed::new(),
            parse,
            rows: Vec::new(),
        }
    }

    /// How many rows the answer had, those included that say nothing.
    pub(super) fn elements(&self) -> u64 {
        self.feed.elements
    }
}

impl<T: Send, P: Fn(Element<'_>) -> Result<T, BodyError> + Send> Body for Page<T, P> {
    fn take(&mut self, chunk: &[u8]) -> Result<(), BodyError> {
        let Self { feed, parse, rows } = self;
        feed.take(chunk, &mut |element: Element<'_>| {
            rows.push(parse(element)?);
            Ok(())
        })
    }

    fn finish(&mut self) -> Result<(), BodyError> {
        Ok(self.feed.splitter.finish()?)
    }

    fn reset(&mut self) {
        self.feed = Feed::new();
        self.rows.clear();
    }
}

/// The bytes of a list, counted and taken apart.
struct Feed {
    splitter: Splitter,
    bytes: usize,
    elements: u64,
}

impl Feed {
    fn new() -> Self {
        Self {
            splitter: Splitter::new(),
            bytes: 0,
            elements: 0,
        }
    }

    /// An element `null` is counted and left out: Gitea writes one for what it could not put into
    /// words (gitea-facts §5).
    fn take(
        &mut self,
        chunk: &[u8],
        sink: &mut impl FnMut(Element<'_>) -> Result<(), BodyError>,
    ) -> Result<(), BodyError> {
        self.bytes += chunk.len();
        if self.bytes > LIST_LIMIT {
            return Err(BodyError::TooLarge);
        }
        let Self {
            splitter, elements, ..
        } = self;
        splitter.feed(chunk, &mut |element: Element<'_>| {
            *elements += 1;
            if element.json == b"null" {
                Ok(())
            } else {
                sink(element)
            }
        })
    }
}
