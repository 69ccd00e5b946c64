//! Every shape of Gitea's answers, read from bytes: the door for tests and fuzzing, and for nobody else.
//!
//! **Invariant:** what is read does not depend on how the bytes are cut into chunks, nor on which of
//! two equal keys a reader would believe: an object that names a field twice is no answer.

use super::body::{Body, BodyError, Object, Page};
use super::refusal;
use super::splitter::Element;
use super::wire::{self, WireComment, WirePull, WireRepository, WireRights, WireRule, WireSearch};
use super::wire::{WireStatus, WireTeam, WireUser};
use axum::http;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// Reads bytes, so many at a time. `None`: they are not what was asked for.
type Reader = fn(&[u8], usize) -> Option<String>;

/// Lists first, then single objects.
const READERS: [Reader; 20] = [
    |bytes, chunk| rows(bytes, chunk, wire::entry),
    |bytes, chunk| rows(bytes, chunk, |row| wire::review(row.json)),
    |bytes, chunk| rows(bytes, chunk, |row| wire::status(row.json)),
    |bytes, chunk| rows(bytes, chunk, |row| wire::listed_pull(row.json)),
    |bytes, chunk| rows(bytes, chunk, |row| wire::repo_comment(row.json)),
    |bytes, chunk| rows(bytes, chunk, |row| wire::team(row.json)),
    |bytes, chunk| rows(bytes, chunk, |row| wire::member(row.json)),
    |bytes, chunk| {
        rows(bytes, chunk, |row| {
            wire::listed_repository(row.json, "acme")
        })
    },
    |bytes, chunk| rows(bytes, chunk, |row| wire::guarded_branch(row.json)),
    |bytes, chunk| rows(bytes, chunk, |row| wire::hook(row.json)),
    |bytes, chunk| object(bytes, chunk, WirePull::pull),
    |bytes, chunk| object(bytes, chunk, |row: WireComment| Ok(row.comment())),
    |bytes, chunk| object(bytes, chunk, |row: WireRepository| row.repository()),
    |bytes, chunk| object(bytes, chunk, |row: WireSearch| row.all()),
    |bytes, chunk| object(bytes, chunk, |row: WireSearch| row.of_owner("acme")),
    |bytes, chunk| object(bytes, chunk, |row: WireUser| Ok(row.account())),
    |bytes, chunk| object(bytes, chunk, |row: WireTeam| Ok(row.full_name())),
    |bytes, chunk| object(bytes, chunk, WireRights::rights),
    |bytes, chunk| object(bytes, chunk, |row: WireRule| Ok(row.rule())),
    |bytes, chunk| {
        object(bytes, chunk, |row: WireStatus| {
            Ok(row.creator.map(|user| user.account()))
        })
    },
];

/// How many shapes there are.
#[must_use]
pub const fn shapes() -> usize {
    READERS.len()
}

/// Reads an answer of one shape, `chunk` bytes at a time, and shows what was read. `None`: it is no
/// such answer.
#[must_use]
pub fn read(shape: usize, bytes: &[u8], chunk: usize) -> Option<String> {
    READERS[shape % READERS.len()](bytes, chunk.max(1))
}

/// Reads an answer with a status that was not due; what is kept of its message.
pub async fn refused(status: u16, body: Vec<u8>) -> Option<String> {
    let response = http::Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(body)
        .ok()?;
    let asked = "/repos/{owner}/{repo}";
    refusal::read(response.into(), asked, asked).await.message
}

fn rows<T: Debug + Send>(
    bytes: &[u8],
    chunk: usize,
    parse: fn(Element<'_>) -> Result<T, BodyError>,
) -> Option<String> {
    let mut page = Page::new(parse);
    feed(&mut page, bytes, chunk).ok()?;
    Some(format!("{} {:?}", page.elements(), page.rows))
}

fn object<W: DeserializeOwned + Send, T: Debug>(
    bytes: &[u8],
    chunk: usize,
    convert: fn(W) -> Result<T, BodyError>,
) -> Option<String> {
    let mut object = Object::new();
    feed(&mut object, bytes, chunk).ok()?;
    let read = convert(object.value?).ok()?;
    Some(format!("{read:?}"))
}

fn feed(body: &mut impl Body, bytes: &[u8], chunk: usize) -> Result<(), BodyError> {
    for chunk in bytes.chunks(chunk) {
        body.take(chunk)?;
    }
    body.finish()
}
