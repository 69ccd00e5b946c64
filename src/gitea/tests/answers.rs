//! Answers of real servers, changed somewhere: read or refused, in one way only. The long form is the
//! fuzz target `answers`.

use super::recorded::{VERSIONS, load};
use crate::gitea::answers::{read, refused, shapes};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;
use std::sync::LazyLock;

/// Recordings that hold every shape between them.
const FILES: [&str; 7] = [
    "comments.json",
    "hooks.json",
    "membership.json",
    "protection.json",
    "pulls.json",
    "reviews.json",
    "statuses.json",
];

/// Bodies that real servers sent.
static BODIES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let of = |version: &'static str| FILES.map(|file| load(version, file));
    let steps: Vec<Value> = VERSIONS.into_iter().flat_map(of).flatten().collect();
    let bodies = steps.iter().map(|step| &step["response"]["body"]);
    let bodies: Vec<String> = bodies
        .filter(|body| body.is_object() || body.is_array())
        .map(Value::to_string)
        .collect();
    assert!(bodies.len() > 20, "the recordings are not where they were");
    bodies
});

/// One change at a place: bytes taken out, put in, told twice, or cut off.
fn changed(body: &str, place: &Index, (change, bytes): (u8, &[u8])) -> Vec<u8> {
    let body = body.as_bytes();
    let at = place.index(body.len() + 1);
    let to = body.len().min(at + bytes.len() * 8);
    match change % 4 {
        0 => [&body[..at], bytes, &body[at..]].concat(),
        1 => [&body[..at], &body[to..]].concat(),
        2 => [&body[..to], &body[at..]].concat(),
        _ => body[..at].to_vec(),
    }
}

#[test]
fn every_shape_reads_something_that_a_server_sent() {
    let is_read = |shape: usize| {
        let mut bodies = BODIES.iter();
        bodies.any(|body| read(shape, body.as_bytes(), body.len()).is_some())
    };
    let silent: Vec<usize> = (0..shapes()).filter(|shape| !is_read(*shape)).collect();
    assert!(silent.len() < shapes() / 2, "{silent:?}");
}

proptest! {
    #[test]
    fn a_changed_answer_is_read_in_one_way_or_not_at_all(
        body in select(BODIES.as_slice()),
        places in prop::collection::vec((any::<Index>(), any::<u8>(), prop::collection::vec(any::<u8>(), 0..6)), 0..4),
        shape in 0..shapes(),
        chunk in 1_usize..60,
    ) {
        let mut bytes = body.into_bytes();
        for (place, change, new) in &places {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            bytes = changed(&text, place, (*change, new));
        }
        let whole = read(shape, &bytes, bytes.len());
        prop_assert_eq!(&read(shape, &bytes, chunk), &whole);
        if let (Some(whole), Ok(last)) = (whole, serde_json::from_slice::<Value>(&bytes)) {
            let again = last.to_string();
            prop_assert_eq!(read(shape, again.as_bytes(), again.len()), Some(whole));
        }
    }

    #[test]
    fn a_refusal_keeps_little_and_of_a_401_nothing(status in 400_u16..600, message in "\\PC{0,400}") {
        let body = serde_json::json!({ "message": message, "url": "http://forge/api/swagger" });
        let kept = futures::executor::block_on(refused(status, body.to_string().into_bytes()));
        prop_assert!(status != 401 || kept.is_none());
        prop_assert!(kept.is_none_or(|kept| kept.chars().count() <= 200));
    }
}
