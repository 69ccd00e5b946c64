//! One JSON object on its way in, however long the texts in it are: of each its beginning is kept.
//!
//! What people write (a description, a comment) has no limit in Gitea, and what stands beside it must be
//! read all the same. Used for answers here, and for deliveries by [`crate::intake`].

use super::body::BodyError;
use super::splitter::{Element, Splitter};

/// An object that arrives in pieces. To the splitter it is a list with one element.
pub struct Cut {
    splitter: Splitter,
    begun: bool,
    object: Option<Vec<u8>>,
}

impl Cut {
    /// Before the first piece. What is kept takes at most `limit` bytes, beside the text under way; a part
    /// of the object that would need more becomes `null`.
    #[must_use]
    pub fn within(limit: usize) -> Self {
        Self {
            splitter: Splitter::within(limit, limit),
            begun: false,
            object: None,
        }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// This cannot be one object any more, or takes more than the limit without its texts too.
    pub fn take(&mut self, piece: &[u8]) -> Result<(), BodyError> {
        if !self.begun {
            self.begun = true;
            self.feed(b"[")?;
        }
        self.feed(piece)
    }

    /// The object as JSON, with long texts cut to one byte more than
    /// [`Comment::BODY_LIMIT`](crate::model::Comment::BODY_LIMIT).
    ///
    /// # Errors
    /// It is not complete.
    pub fn finish(mut self) -> Result<Vec<u8>, BodyError> {
        self.feed(b"]")?;
        self.splitter.finish()?;
        self.object.ok_or(BodyError::Unreadable)
    }

    fn feed(&mut self, bytes: &[u8]) -> Result<(), BodyError> {
        let Self {
            splitter, object, ..
        } = self;
        splitter.feed(bytes, &mut |element: Element<'_>| {
            let is_first = object.is_none() && element.json.first() == Some(&b'{');
            if is_first {
                *object = Some(element.json.to_vec());
                Ok(())
            } else {
                Err(BodyError::Unreadable)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Comment;
    use serde_json::{Value, json};

    fn cut(pieces: &[&[u8]], limit: usize) -> Result<Value, BodyError> {
        let mut cut = Cut::within(limit);
        for piece in pieces {
            cut.take(piece)?;
        }
        Ok(serde_json::from_slice(&cut.finish()?).unwrap())
    }

    #[test]
    fn what_is_short_stays_as_it_is() {
        let text = json!({"a": "b", "c": {"d": [1, null]}}).to_string();
        let (left, right) = text.as_bytes().split_at(7);
        let expected: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(cut(&[b" ", left, right, b"\n"], 100), Ok(expected));
    }

    #[test]
    fn a_long_text_is_cut_and_what_stands_behind_it_is_read() {
        let body = "<".repeat(1 << 20);
        let text = json!({"comment": {"body": body, "id": 7}}).to_string();
        let value = cut(&[text.as_bytes()], 100_000).unwrap();
        assert_eq!(value["comment"]["id"], 7);
        assert_eq!(value["comment"]["body"], json!(Comment::cut(&body)));
    }

    #[test]
    fn what_is_not_one_object_is_an_error() {
        for text in [
            "", " ", "[]", "null", "7", "{}{}", "{},{}", "{", "{}]", "{}],[",
        ] {
            let told = cut(&[text.as_bytes()], 100);
            assert_eq!(told, Err(BodyError::Unreadable), "{text}");
        }
    }

    #[test]
    fn what_is_large_without_its_texts_is_an_error() {
        let many: serde_json::Map<_, _> = (0..100).map(|n| (n.to_string(), json!(n))).collect();
        let text = Value::from(many).to_string();
        assert_eq!(cut(&[text.as_bytes()], 100), Err(BodyError::TooLarge));
    }
}
