//! Bodies that somebody who knows the secret has signed: read in one way, or not at all.

use super::*;
use crate::intake::fixture;
use std::fmt::Write as _;

/// One event of each kind.
fn events() -> [Value; 7] {
    [
        comment("created", "/refire qa", None),
        comment("edited", "/refire qa", Some("before")),
        issue_comment("created", "/refire qa", None),
        pull("opened", "main", Value::Null),
        pull("edited", "main", json!({ "ref": { "from": "release/1" } })),
        review("/refire qa", quinn()),
        status(QA, quinn()),
    ]
}

/// The pointers of every key of every object in it.
fn keys(value: &Value, at: &str, keys: &mut Vec<String>) {
    for (key, inner) in value.as_object().into_iter().flatten() {
        let at = format!("{at}/{key}");
        self::keys(inner, &at, keys);
        keys.push(at);
    }
}

/// The event as text with what stands at a pointer told in other words, before or after it.
fn twice(value: &Value, here: &str, pointer: &str, other: &str) -> [String; 2] {
    let Some(object) = value.as_object() else {
        return [value.to_string(), value.to_string()];
    };
    let mut texts = [String::from("{"), String::from("{")];
    for (key, inner) in object {
        let at = format!("{here}/{key}");
        let inner = twice(inner, &at, pointer, other);
        for (place, text) in texts.iter_mut().enumerate() {
            let told = format!("\"{key}\":{},", inner[place]);
            let again = format!("\"{key}\":{other},");
            let pair = match (at == pointer, place) {
                (true, 0) => [told, again].concat(),
                (true, _) => [again, told].concat(),
                (false, _) => told,
            };
            write!(text, "{pair}").unwrap();
        }
    }
    texts.map(|text| format!("{}}}", text.trim_end_matches(',')))
}

#[test]
fn a_key_that_stands_twice_is_refused_or_read_by_nobody() {
    for event in events() {
        let plain = Payload::parse(event.to_string().as_bytes());
        assert!(plain.is_ok(), "{event}");
        let mut pointers = Vec::new();
        keys(&event, "", &mut pointers);
        for pointer in &pointers {
            for other in ["null", "7", "\"edited\"", "{\"number\":17}"] {
                for text in twice(&event, "", pointer, other) {
                    let read = Payload::parse(text.as_bytes());
                    assert!(read.is_err() || read == plain, "{text}");
                }
            }
        }
    }
}

#[test]
fn what_decides_may_not_stand_twice() {
    let decides = [
        "/action",
        "/number",
        "/is_pull",
        "/comment",
        "/comment/id",
        "/comment/user",
        "/comment/user/id",
        "/comment/body",
        "/comment/created_at",
        "/issue/number",
        "/pull_request/number",
        "/pull_request/base",
        "/pull_request/base/ref",
        "/review/content",
        "/changes/body/from",
        "/changes/ref",
        "/changes/ref/from",
        "/sha",
        "/context",
        "/state",
        "/repository",
        "/repository/id",
        "/repository/full_name",
        "/sender/id",
        "/sender/login",
    ];
    for pointer in decides {
        let holds = |event: &&Value| event.pointer(pointer).is_some_and(|told| !told.is_null());
        let events = events();
        let event = events.iter().rfind(holds).unwrap();
        let same = event.pointer(pointer).unwrap().to_string();
        for text in twice(event, "", pointer, &same) {
            assert!(Payload::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}

#[test]
fn a_key_in_other_letters_is_the_same_key() {
    let event = comment("created", "/refire qa", None).to_string();
    let text = event.replacen('{', "{\"\\u0061ction\":\"deleted\",", 1);
    assert!(Payload::parse(text.as_bytes()).is_err(), "{text}");
}

#[test]
fn however_deep_a_body_is_nested_it_is_read_or_refused() {
    const DEPTH: usize = 300_000;
    let event = comment("created", "/refire qa", None);
    for (opens, closes) in [("[", "]"), ("{\"a\":", "}")] {
        let cut = opens.repeat(DEPTH);
        let whole = format!("{cut}0{}", closes.repeat(DEPTH));
        for nested in [&cut, &whole] {
            assert!(Payload::parse(nested.as_bytes()).is_err());
            for place in [
                "\"title\"",
                "\"original_author_id\"",
                "\"full_name\"",
                "\"sender\"",
            ] {
                let text = event.to_string();
                let text = text.replacen(place, &format!("\"x\":{nested},{place}"), 1);
                let read = Payload::parse(text.as_bytes());
                assert_eq!(read.is_ok(), *nested == whole, "at {place}");
            }
        }
        let text = event.to_string().replacen("\"/refire qa\"", &whole, 1);
        assert_eq!(
            Payload::parse(text.as_bytes()),
            Err(NotAnEvent::Wrong("comment"))
        );
    }
}

/// Even where nobody reads it: no two readers agree on what such bytes mean.
#[test]
fn bytes_that_are_no_text_are_refused_wherever_they_stand() {
    let event = fixture::comment("created", "/refire qa", None).to_string();
    for bytes in [
        &b"\xFF"[..],
        b"\xC3\x28",
        b"\xED\xA0\x80",
        b"\xC0\xAF",
        b"\xF0\x9F",
    ] {
        for at in 0..=event.len() {
            let body = [&event.as_bytes()[..at], bytes, &event.as_bytes()[at..]].concat();
            let read = Payload::parse(&body);
            assert!(matches!(read, Err(NotAnEvent::NotJson { .. })), "at {at}");
        }
    }
    let body = b"{\n  \"a\": \"\xFF\"}";
    let place = NotAnEvent::NotJson { line: 2, column: 9 };
    assert_eq!(Payload::parse(body), Err(place));
}
