//! Takes a JSON list apart while it arrives, one element at a time.
//!
//! Nothing but the element under way is in memory, and that one is bounded: a long string keeps
//! its beginning (its end travels beside the element), and a nested value that would make the
//! element too large becomes `null`. **Invariant:** a list that ends early is an error, never a
//! shorter list; what an element means is not known here. Called by [`super::body`].

use super::text::{Text, TextEnd};
use crate::model::Comment;

/// What one string keeps, counted as the text it stands for: one byte more than a comment's body
/// may have, so that a longer one is known to be longer.
pub(super) const TEXT_LIMIT: usize = Comment::BODY_LIMIT + 1;
/// What one element keeps before nested values are dropped from it.
pub(super) const ELEMENT_LIMIT: usize = 1024 * 1024;
/// More than this is no object of Gitea's, whose fields are few.
const HARD_LIMIT: usize = 4 * ELEMENT_LIMIT;

/// One element of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Element<'a> {
    /// The element's JSON, with long strings cut.
    pub json: &'a [u8],
    /// The raw end of the last string that was cut, at most 256 bytes. `None`: nothing was cut.
    pub tail: Option<&'a [u8]>,
}

/// Why a list could not be taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SplitError {
    /// Neither a list nor `null`.
    #[error("not a list")]
    NotAList,
    /// The answer ended before the list did.
    #[error("the answer ended early")]
    CutShort,
    /// An element that nothing could make small.
    #[error("an element is too large")]
    TooLarge,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Null(usize),
    /// Before an element; `]` may come only if none came yet.
    Before {
        first: bool,
    },
    Scalar,
    Nested,
    After,
    End,
}

/// Takes chunks of bytes and hands out elements.
pub(super) struct Splitter {
    limit: usize,
    hard_limit: usize,
    place: Place,
    json: Vec<u8>,
    depth: usize,
    text: Option<Text>,
    tail: Option<Vec<u8>>,
    nested_from: usize,
    dropping: bool,
}

impl Splitter {
    /// Before the first byte of a list.
    pub(super) fn new() -> Self {
        Self::within(ELEMENT_LIMIT, HARD_LIMIT)
    }

    /// One that keeps less or more of an element: nested values are dropped beyond `limit` bytes, and
    /// beyond `hard_limit` it is an error.
    pub(super) fn within(limit: usize, hard_limit: usize) -> Self {
        Self {
            limit,
            hard_limit,
            place: Place::Start,
            json: Vec::new(),
            depth: 0,
            text: None,
            tail: None,
            nested_from: 0,
            dropping: false,
        }
    }

    /// Takes the next bytes; `sink` gets every element that they complete.
    ///
    /// # Errors
    /// When this cannot be a list any more, or what `sink` answers.
    pub(super) fn feed<E: From<SplitError>>(
        &mut self,
        mut chunk: &[u8],
        sink: &mut impl FnMut(Element<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(&byte) = chunk.first() {
            let used = if self.text.is_some() {
                self.take_text(chunk)?
            } else {
                usize::from(self.take_byte(byte, sink)?)
            };
            chunk = chunk.get(used..).unwrap_or_default();
        }
        Ok(())
    }

    /// To be called when no more bytes come.
    ///
    /// # Errors
    /// When the list is not complete.
    pub(super) fn finish(&self) -> Result<(), SplitError> {
        match self.place {
            Place::End | Place::Null(4) => Ok(()),
            Place::Start => Err(SplitError::NotAList),
            _ => Err(SplitError::CutShort),
        }
    }

    /// One byte outside strings. `false`: it ended a scalar and is to be looked at again.
    fn take_byte<E: From<SplitError>>(
        &mut self,
        byte: u8,
        sink: &mut impl FnMut(Element<'_>) -> Result<(), E>,
    ) -> Result<bool, E> {
        let blank = byte.is_ascii_whitespace();
        match self.place {
            Place::Scalar if blank || matches!(byte, b',' | b']') => {
                self.hand_out(sink)?;
                return Ok(false);
            }
            Place::Scalar => self.keep(byte)?,
            _ if blank => {}
            Place::Start => self.place = start(byte)?,
            Place::Null(seen) => self.place = null(seen, byte)?,
            Place::Before { first: true } if byte == b']' => self.place = Place::End,
            Place::Before { .. } => self.begin(byte)?,
            Place::Nested => {
                self.take_structure(byte)?;
                if self.depth == 0 {
                    self.hand_out(sink)?;
                }
            }
            Place::After if byte == b',' => self.place = Place::Before { first: false },
            Place::After if byte == b']' => self.place = Place::End,
            Place::After | Place::End => return Err(SplitError::NotAList.into()),
        }
        Ok(true)
    }

    fn begin(&mut self, byte: u8) -> Result<(), SplitError> {
        match byte {
            b'{' | b'[' => {
                self.place = Place::Nested;
                self.take_structure(byte)
            }
            b'"' | b',' | b']' | b'}' => Err(SplitError::NotAList),
            _ => {
                self.place = Place::Scalar;
                self.keep(byte)
            }
        }
    }

    fn take_structure(&mut self, byte: u8) -> Result<(), SplitError> {
        match byte {
            b'{' | b'[' => {
                self.depth += 1;
                if self.depth == 2 {
                    self.nested_from = self.json.len();
                }
                self.keep(byte)
            }
            b'}' | b']' => {
                self.keep(byte)?;
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 1 {
                    self.dropping = false;
                }
                Ok(())
            }
            b'"' => {
                self.keep(byte)?;
                let room = self.limit.saturating_sub(self.json.len());
                self.text = Some(Text::new(self.json.len(), room.min(TEXT_LIMIT)));
                Ok(())
            }
            _ => self.keep(byte),
        }
    }

    /// Bytes within a string; says how many were used.
    fn take_text(&mut self, chunk: &[u8]) -> Result<usize, SplitError> {
        let Some(text) = &mut self.text else {
            return Ok(0);
        };
        let mut unkept = Vec::new();
        let kept = if self.dropping {
            &mut unkept
        } else {
            &mut self.json
        };
        let (used, end) = text.take(chunk, kept);
        if let TextEnd::Closed { tail } = end {
            self.text = None;
            if self.depth == 1 {
                self.tail = tail.or(self.tail.take());
            }
            self.keep(b'"')?;
        }
        Ok(used)
    }

    fn keep(&mut self, byte: u8) -> Result<(), SplitError> {
        if self.dropping {
            return Ok(());
        }
        self.json.push(byte);
        if self.json.len() > self.limit && self.depth >= 2 {
            self.json.truncate(self.nested_from);
            self.json.extend_from_slice(b"null");
            self.dropping = true;
        }
        if self.json.len() > self.hard_limit {
            Err(SplitError::TooLarge)
        } else {
            Ok(())
        }
    }

    fn hand_out<E>(
        &mut self,
        sink: &mut impl FnMut(Element<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.place = Place::After;
        let answer = sink(Element {
            json: &self.json,
            tail: self.tail.as_deref(),
        });
        self.json.clear();
        self.json.shrink_to(2 * TEXT_LIMIT);
        self.tail = None;
        self.dropping = false;
        answer
    }
}

fn start(byte: u8) -> Result<Place, SplitError> {
    match byte {
        b'[' => Ok(Place::Before { first: true }),
        b'n' => Ok(Place::Null(1)),
        _ => Err(SplitError::NotAList),
    }
}

fn null(seen: usize, byte: u8) -> Result<Place, SplitError> {
    match b"null".get(seen) {
        Some(&expected) if expected == byte => Ok(Place::Null(seen + 1)),
        _ => Err(SplitError::NotAList),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gitea::text::TAIL_LIMIT;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    type Owned = (Vec<u8>, Option<Vec<u8>>);

    fn split<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Owned>, SplitError> {
        let mut splitter = Splitter::new();
        let mut elements = Vec::new();
        for chunk in chunks {
            splitter.feed(chunk, &mut |element: Element<'_>| {
                elements.push((element.json.to_vec(), element.tail.map(<[u8]>::to_vec)));
                Ok::<(), SplitError>(())
            })?;
        }
        splitter.finish().map(|()| elements)
    }

    fn values(text: &str) -> Vec<Value> {
        let elements = split([text.as_bytes()]).unwrap();
        elements
            .iter()
            .map(|(json, _)| serde_json::from_slice(json).unwrap())
            .collect()
    }

    #[test]
    fn an_empty_list_and_null_have_no_elements() {
        for text in ["[]", " [ ] \n", "null", "null\n"] {
            assert_eq!(values(text), Vec::<Value>::new(), "{text}");
        }
    }

    #[test]
    fn brackets_and_quotes_in_strings_do_not_disturb() {
        let text = r#"[ {"a":"]},{\"\\","b":[1,{"c":"\\\\"}]} , null, 12 ]"#;
        assert_eq!(
            values(text),
            [
                json!({"a": "]},{\"\\", "b": [1, {"c": "\\\\"}]}),
                json!(null),
                json!(12)
            ]
        );
    }

    #[test]
    fn a_list_that_ends_early_is_an_error() {
        let whole = r#"[{"a":"b"},{"c":[1,2]},null]"#;
        for end in 0..whole.len() {
            assert!(split([&whole.as_bytes()[..end]]).is_err(), "cut at {end}");
        }
        assert!(split([&b"nul"[..]]).is_err());
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        for text in [
            "{}", "<html>", "[1 2]", "[,]", "[1,]", "[]x", "nope", "\"a\"",
        ] {
            assert!(split([text.as_bytes()]).is_err(), "{text}");
        }
    }

    #[test]
    fn a_long_string_keeps_its_beginning_and_its_end() {
        let body = format!("{}{}", "é".repeat(50_000), "the end");
        let text = json!([{"id": 7, "body": body, "after": "x"}]).to_string();
        let elements = split([text.as_bytes()]).unwrap();
        let (json, tail) = &elements[0];
        let value: Value = serde_json::from_slice(json).unwrap();
        assert_eq!((&value["id"], &value["after"]), (&json!(7), &json!("x")));
        assert_eq!(value["body"].as_str().unwrap(), Comment::cut(&body));
        let tail = tail.as_ref().unwrap();
        assert!(tail.ends_with(b"the end") && tail.len() == TAIL_LIMIT);
    }

    #[test]
    fn escapes_count_as_what_they_stand_for() {
        let body = "<".repeat(Comment::BODY_LIMIT);
        let text = format!(r#"[{{"body":"{}"}}]"#, "\\u003c".repeat(body.len()));
        let elements = split([text.as_bytes()]).unwrap();
        let value: Value = serde_json::from_slice(&elements[0].0).unwrap();
        assert_eq!(value["body"], json!(body));
        assert_eq!(elements[0].1, None);
    }

    #[test]
    fn a_pair_of_surrogates_is_not_cut_apart() {
        for pad in 0..8 {
            let text = format!(
                r#"[{{"body":"{}{}"}}]"#,
                "a".repeat(pad),
                "\\ud83d\\ude00".repeat(20_000)
            );
            let elements = split([text.as_bytes()]).unwrap();
            let value: Value = serde_json::from_slice(&elements[0].0).unwrap();
            assert!(value["body"].as_str().unwrap().len() > Comment::BODY_LIMIT - 8);
        }
    }

    #[test]
    fn a_huge_nested_value_becomes_null_and_the_rest_stays() {
        let nested: Vec<Value> = (0..60_000)
            .map(|n| json!({"name": "label", "n": n}))
            .collect();
        let text = json!([{"id": 1, "labels": nested, "user": {"id": 5}}, {"id": 2}]).to_string();
        // serde_json sorts keys: `id`, `labels`, `user`.
        assert_eq!(
            values(&text),
            [
                json!({"id": 1, "labels": null, "user": {"id": 5}}),
                json!({"id": 2})
            ]
        );
    }

    #[test]
    fn ten_thousand_comments_take_the_room_of_one() {
        let comment = json!({"id": 1, "body": "x".repeat(4096)}).to_string();
        let mut splitter = Splitter::new();
        let mut count = 0;
        let mut feed = |splitter: &mut Splitter, bytes: &[u8]| {
            let sink = &mut |_: Element<'_>| {
                count += 1;
                Ok::<(), SplitError>(())
            };
            splitter.feed(bytes, sink).unwrap();
        };
        feed(&mut splitter, b"[");
        for _ in 0..9_999 {
            feed(&mut splitter, comment.as_bytes());
            feed(&mut splitter, b",");
            assert!(splitter.json.capacity() <= 2 * TEXT_LIMIT);
        }
        feed(&mut splitter, comment.as_bytes());
        feed(&mut splitter, b"]");
        assert_eq!(splitter.finish(), Ok(()));
        assert_eq!(count, 10_000);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[\\PC\"\\\\\n\\[\\]{},]{0,20}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map("[\\PC\"\\\\]{0,6}", inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_chunking_gives_the_same_elements(
            list in prop::collection::vec(any_json().prop_filter("no bare string", |v| !v.is_string()), 0..8),
            pretty in any::<bool>(),
            cuts in prop::collection::vec(1usize..40, 1..50),
        ) {
            let value = Value::from(list.clone());
            let text = if pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
            let mut rest = text.as_bytes();
            let mut chunks = Vec::new();
            for cut in cuts.iter().cycle() {
                let (chunk, after) = rest.split_at((*cut).min(rest.len()));
                chunks.push(chunk);
                rest = after;
                if rest.is_empty() { break }
            }
            let elements = split(chunks).unwrap();
            let parsed: Vec<Value> =
                elements.iter().map(|(json, _)| serde_json::from_slice(json).unwrap()).collect();
            prop_assert_eq!(parsed, list);
        }

        #[test]
        fn nothing_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = split([bytes.as_slice()]);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn any_chunking_cuts_a_long_string_alike(
            unit in prop::sample::select(vec!["a", "é", "😀", "\n", "\"", "\u{1}"]),
            pad in 0usize..7,
            chunk in 1usize..5000,
        ) {
            let body = format!("{}{}", "p".repeat(pad), unit.repeat(70_000));
            let text = json!([{"body": body}]).to_string();
            let elements = split(text.as_bytes().chunks(chunk)).unwrap();
            prop_assert_eq!(&elements, &split([text.as_bytes()]).unwrap());
            let value: Value = serde_json::from_slice(&elements[0].0).unwrap();
            prop_assert_eq!(value["body"].as_str().unwrap(), Comment::cut(&body));
        }
    }
}
