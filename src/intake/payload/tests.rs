//! Bodies in the shape of the recordings, and bodies that are not.

mod hostile;

use super::*;
use crate::intake::fixture::{HEAD, QA, comment, issue_comment, pull, push, quinn, review, status};
use serde_json::{Value, json};

fn read(body: &Value) -> Delivery {
    match Payload::parse(body.to_string().as_bytes()).unwrap() {
        Payload::Relevant(delivery) => *delivery,
        Payload::Irrelevant { .. } => panic!("irrelevant: {body}"),
    }
}

fn refused(body: &Value) -> String {
    Payload::parse(body.to_string().as_bytes())
        .unwrap_err()
        .to_string()
}

fn is_irrelevant(body: &Value) -> bool {
    let payload = Payload::parse(body.to_string().as_bytes()).unwrap();
    matches!(payload, Payload::Irrelevant { .. })
}

fn read_comment(body: &Value) -> Comment {
    match read(body).happening {
        Happening::Comment(comment) => comment,
        other => panic!("{other:?}"),
    }
}

fn target() -> Target {
    Target {
        number: PullNumber::new(16),
        base: Some("main".to_owned()),
    }
}

#[test]
fn every_delivery_names_repository_and_sender() {
    let delivery = read(&comment("created", "/refire qa\r\nplease", None));
    assert_eq!(delivery.repository, RepositoryId::new(1));
    assert_eq!(delivery.repo.to_string(), "acme/widget");
    assert_eq!(delivery.sender, Some(Account::new(5, "quinn")));
}

#[test]
fn a_comment_on_a_pull_request() {
    let created = read_comment(&comment("created", "/refire qa\r\nplease", None));
    let expected = Comment {
        id: CommentId::new(68),
        on: target(),
        on_issue: false,
        author: Some(Account::new(5, "quinn")),
        body: "/refire qa\r\nplease".to_owned(),
        created_at: "2026-11-22T07:00:18Z".parse().unwrap(),
        updated_at: "2026-11-22T07:00:18Z".parse().unwrap(),
        change: CommentChange::Created,
    };
    assert_eq!(created, expected);
    let deleted = read_comment(&comment("deleted", "/refire qa\r\nplease", None));
    assert_eq!(
        deleted,
        Comment {
            change: CommentChange::Deleted,
            ..expected
        }
    );
}

#[test]
fn an_edit_tells_the_text_before() {
    let from = |edited: &Value| read_comment(edited).change;
    let told = CommentChange::Edited {
        from: Some("/refire qa".to_owned()),
    };
    assert_eq!(from(&comment("edited", "new", Some("/refire qa"))), told);
    for changes in [
        Value::Null,
        json!({}),
        json!({ "body": null }),
        json!({ "body": { "from": null } }),
    ] {
        let mut edited = comment("edited", "new", None);
        edited["changes"] = changes;
        assert_eq!(from(&edited), CommentChange::Edited { from: None });
    }
}

#[test]
fn a_comment_on_a_plain_issue() {
    let comment = read_comment(&issue_comment("created", "/refire", None));
    assert!(comment.on_issue);
    assert_eq!(
        comment.on,
        Target {
            number: PullNumber::new(17),
            base: None
        }
    );
}

#[test]
fn a_time_with_an_offset_is_the_same_moment() {
    let mut body = comment("created", "", None);
    body["comment"]["created_at"] = json!("2026-11-22T08:00:18+01:00");
    assert_eq!(
        read_comment(&body).created_at,
        "2026-11-22T07:00:18Z".parse().unwrap()
    );
}

#[test]
fn i18_deleted_and_missing_users_are_read() {
    for (user, expected) in [
        (
            json!({ "id": -1, "login": "Ghost" }),
            Some(Account::new(-1, "Ghost")),
        ),
        (
            json!({ "id": null, "login": null }),
            Some(Account::new(0, "")),
        ),
        (json!({}), Some(Account::new(0, ""))),
        (Value::Null, None),
    ] {
        let mut body = comment("created", "text", None);
        body["comment"]["user"] = user.clone();
        body["sender"] = user;
        assert_eq!(read_comment(&body).author, expected);
        assert_eq!(read(&body).sender, expected);
    }
}

#[test]
fn changes_of_a_pull_request() {
    let moved = Happening::Pull {
        on: target(),
        change: PullChange::Moved,
    };
    for action in ["opened", "reopened", "synchronized", "closed"] {
        assert_eq!(
            read(&pull(action, "main", Value::Null)).happening,
            moved,
            "{action}"
        );
    }
    let changes = json!({ "ref": { "from": "develop" }, "added_labels": null });
    let retargeted = PullChange::Retargeted {
        from: "develop".to_owned(),
    };
    assert_eq!(
        read(&pull("edited", "main", changes)).happening,
        Happening::Pull {
            on: target(),
            change: retargeted
        }
    );
    assert_eq!(
        read(&pull(
            "edited",
            "main",
            json!({ "title": { "from": "Watched" } })
        ))
        .happening,
        Happening::Pull {
            on: target(),
            change: PullChange::Moved
        }
    );
    assert!(is_irrelevant(&pull(
        "edited",
        "main",
        json!({ "body": { "from": "Watched" } })
    )));
    assert!(is_irrelevant(&pull(
        "review_requested",
        "main",
        Value::Null
    )));
    assert!(is_irrelevant(&pull("label_updated", "main", Value::Null)));
}

#[test]
fn a_review_of_any_kind() {
    let content = "with a line".to_owned();
    let expected = Happening::Review {
        on: target(),
        content,
    };
    assert_eq!(read(&review("with a line", quinn())).happening, expected);
}

#[test]
fn a_status() {
    let expected = Happening::Status {
        sha: HEAD.parse().unwrap(),
        context: QA.to_owned(),
        state: String::from("success"),
    };
    assert_eq!(read(&status(QA, quinn())).happening, expected);
    for body in [
        include_bytes!("../testdata/status-1.23.8.json").as_slice(),
        include_bytes!("../testdata/status-1.24.7.json"),
        include_bytes!("../testdata/status-1.25.4.json"),
        include_bytes!("../testdata/status-1.26.3.json"),
    ] {
        let Ok(Payload::Relevant(delivery)) = Payload::parse(body) else {
            panic!("not read")
        };
        assert!(matches!(delivery.happening, Happening::Status { context, .. } if context == QA));
    }
}

#[test]
fn other_events_are_irrelevant_whatever_their_fields_hold() {
    let wiki = json!({ "action": "edited", "page": "Home", "comment": "why", "repository": {}, "sender": {} });
    let branch =
        json!({ "sha": HEAD, "ref": "x", "ref_type": "branch", "repository": {}, "sender": {} });
    let package = json!({ "action": "created", "repository": null, "package": {}, "sender": {} });
    for body in [push(), wiki, branch, package, comment("pinned", "x", None)] {
        assert!(is_irrelevant(&body), "{body}");
    }
}

/// What is taken away, or put there instead, and what the refusal says.
#[test]
fn a_refusal_names_what_is_missing_or_wrong() {
    for (pointer, value, named) in [
        ("/action", Value::Null, "`action` is missing"),
        ("/repository", Value::Null, "`repository` is missing"),
        ("/repository/id", json!(0), "`repository.id` is missing"),
        (
            "/repository/id",
            json!(-1),
            "`repository` is not what Gitea sends there",
        ),
        (
            "/repository/full_name",
            Value::Null,
            "`repository.full_name` is missing",
        ),
        (
            "/repository/full_name",
            json!("widget"),
            "`repository.full_name` is not what Gitea sends there",
        ),
        ("/comment/id", Value::Null, "`comment.id` is missing"),
        ("/comment/body", Value::Null, "`comment.body` is missing"),
        (
            "/comment/body",
            json!(["/refire"]),
            "`comment` is not what Gitea sends there",
        ),
        (
            "/comment/created_at",
            Value::Null,
            "`comment.created_at` is missing",
        ),
        (
            "/comment/created_at",
            json!("yesterday"),
            "`comment` is not what Gitea sends there",
        ),
        (
            "/pull_request/number",
            json!("16"),
            "`pull_request` is not what Gitea sends there",
        ),
        (
            "/is_pull",
            json!("yes"),
            "`is_pull` is not what Gitea sends there",
        ),
    ] {
        let mut body = comment("created", "/refire", None);
        *body.pointer_mut(pointer).unwrap() = value;
        assert_eq!(
            refused(&body),
            format!("not an event: {named}"),
            "{pointer}"
        );
    }
}

#[test]
fn other_refusals() {
    let mut short = status(QA, quinn());
    short["sha"] = json!("30f283c");
    assert_eq!(
        refused(&short),
        "not an event: `sha` is not what Gitea sends there"
    );
    let mut unnumbered = pull("opened", "main", Value::Null);
    unnumbered["number"] = Value::Null;
    unnumbered["pull_request"]["number"] = Value::Null;
    assert_eq!(refused(&unnumbered), "not an event: `number` is missing");
    let nowhere = json!({ "ref": { "from": null } });
    assert_eq!(
        refused(&pull("edited", "main", nowhere)),
        "not an event: `changes.ref.from` is missing"
    );
    assert_eq!(refused(&json!({})), "not an event: `repository` is missing");
    assert_eq!(
        refused(&json!(7)),
        "not an event: the body is no JSON object (line 1, column 1)"
    );
    let cut = Payload::parse(b"{\n  \"action\": \"cre").unwrap_err();
    assert_eq!(
        cut.to_string(),
        "not an event: the body is no JSON object (line 2, column 16)"
    );
}

proptest::proptest! {
    #[test]
    fn nothing_panics(body in proptest::prelude::any::<Vec<u8>>(), cut in 0_usize..2000) {
        let _ = Payload::parse(&body);
        let whole = comment("edited", "/sop-n/a qa x", Some("y")).to_string();
        let _ = Payload::parse(whole.as_bytes().get(..cut).unwrap_or_default());
    }
}

#[test]
fn what_no_gate_depends_on_still_says_where_it_happened() {
    let repository = |body: &Value| {
        let payload = Payload::parse(body.to_string().as_bytes()).unwrap();
        payload.repository().map(RepositoryId::get)
    };
    assert_eq!(
        repository(&json!({ "ref": "x", "repository": { "id": 7 } })),
        Some(7)
    );
    assert_eq!(
        repository(&json!({ "ref": "x", "repository": { "id": "7" } })),
        None
    );
    assert_eq!(
        repository(&json!({ "action": "created", "sender": {} })),
        None
    );
}
