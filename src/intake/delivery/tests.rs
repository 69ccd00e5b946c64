//! What becomes of each delivery, by the usual policy.

use super::*;
use crate::intake::fixture::{
    HEAD, QA, comment, issue_comment, pull, quinn, refire, review, scope, status, user,
};
use crate::intake::payload::Payload;
use crate::intake::{Event, Told, Topic, version};
use crate::memo::Kind;
use crate::model::{CommentId, Digest, PullNumber, RepositoryId, UserId};
use serde_json::{Value, json};
use state::{MemoKey, PullKey, Write};

const DECLARATION: &str = "/sop-n/a qa-review docs only";
const EPOCH: u64 = 7;

fn take(body: &Value) -> Taken {
    match Payload::parse(body.to_string().as_bytes()).unwrap() {
        Payload::Relevant(delivery) => scope().take(*delivery, EPOCH),
        Payload::Irrelevant { .. } => Taken::Ignore(reason::IRRELEVANT),
    }
}

fn put(body: &Value) -> Vec<Put> {
    match take(body) {
        Taken::Put(puts) => puts,
        other => panic!("{other:?}"),
    }
}

/// Topic, identity and number of memos of each event that is put.
fn summary(body: &Value) -> Vec<(Topic, String, usize)> {
    let summarise = |put: Put| {
        (
            put.event.topic,
            String::from_utf8(put.identity).unwrap(),
            put.memos.len(),
        )
    };
    put(body).into_iter().map(summarise).collect()
}

fn look() -> Vec<(Topic, String, usize)> {
    vec![(Topic::Look, format!("look/{EPOCH}"), 0)]
}

fn topic(on_issue: bool) -> Topic {
    let created_at = "2026-11-22T07:00:18Z".parse().unwrap();
    Topic::Comment {
        comment: CommentId::new(68),
        created_at,
        on_issue,
        by: Some(UserId::new(5)),
        typed_at: None,
    }
}

fn commented(body: &str) -> String {
    let updated_at = "2026-11-22T07:00:18Z".parse().unwrap();
    format!("comment/68/{}", version(body, updated_at))
}

fn memo_of(kind: u8, value: &str) -> Memo {
    let id = 68_u64.to_be_bytes().to_vec();
    let key = MemoKey {
        repository: 1,
        pull: Some(16),
        kind,
        id,
    };
    Memo {
        key,
        value: value.as_bytes().to_vec(),
        write: Write::IfAbsent,
    }
}

fn created(body: &str) -> Memo {
    memo_of(Created::KIND, &format!("\"{}\"", Digest::of(body)))
}

fn edited_by(login: &str) -> Memo {
    memo_of(Edited::KIND, &json!({ "by": login }).to_string())
}

fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    *body.pointer_mut(pointer).unwrap() = value;
    body
}

fn on_unguarded(body: Value) -> Value {
    with(body, "/pull_request/base/ref", json!("feature/x"))
}

#[test]
fn a_command_is_put_and_its_text_remembered() {
    let puts = put(&comment("created", DECLARATION, None));
    assert_eq!(puts.len(), 1);
    let event = Event {
        repository: RepositoryId::new(1),
        repo: "acme/widget".parse().unwrap(),
        number: PullNumber::new(16),
        topic: topic(false),
        told: Told::Webhook,
        delivery: None,
    };
    assert_eq!(puts[0].event, event);
    assert_eq!(puts[0].identity, commented(DECLARATION).into_bytes());
    assert_eq!(puts[0].memos, [created(DECLARATION)]);
    assert_eq!(
        puts[0].pull(),
        PullKey {
            repository: 1,
            number: 16
        }
    );
}

#[test]
fn a_slip_of_the_pen_is_put_too() {
    let slip = "/refire securty";
    assert_eq!(
        summary(&comment("created", slip, None)),
        [(topic(false), commented(slip), 1)]
    );
}

#[test]
fn i13_a_comment_without_a_command_is_remembered_and_nothing_more() {
    for body in [
        "LGTM",
        "",
        "see `/refire qa`",
        "> /refire qa",
        "/deploy production",
        "    /refire",
    ] {
        let expected = Taken::Remember {
            memos: vec![created(body)],
            reason: reason::NO_COMMAND,
        };
        assert_eq!(take(&comment("created", body, None)), expected, "{body}");
    }
}

#[test]
fn two_deliveries_of_one_comment_have_one_identity_whatever_the_epoch() {
    let body = comment("created", "/refire\r\nplease", None).to_string();
    let Ok(Payload::Relevant(delivery)) = Payload::parse(body.as_bytes()) else {
        panic!("not read")
    };
    let identity = |epoch| match scope().take(*delivery.clone(), epoch) {
        Taken::Put(mut puts) => puts.remove(0).identity,
        other => panic!("{other:?}"),
    };
    assert_eq!(identity(1), identity(2));
    assert_eq!(identity(1), commented("/refire\nplease").into_bytes());
}

#[test]
fn other_repositories_are_ignored_whatever_their_urls_say() {
    for event in [
        comment("created", "/refire", None),
        pull("opened", "main", Value::Null),
        review("x", quinn()),
    ] {
        let other = with(event, "/repository/full_name", json!("ACME2/widget"));
        assert_eq!(take(&other), Taken::Ignore(reason::REPOSITORY));
    }
}

#[test]
fn i18_own_service_and_unreal_authors_are_not_listened_to() {
    for (author, reason) in [
        (refire(), reason::OWN),
        (user(12, "svc"), reason::SERVICE),
        (user(13, "CI-runner"), reason::SERVICE),
        (user(-1, "Ghost"), reason::NOBODY),
        (user(-2, "gitea-actions"), reason::NOBODY),
        (user(0, ""), reason::NOBODY),
        (Value::Null, reason::NOBODY),
    ] {
        for event in [
            comment("created", DECLARATION, None),
            comment("edited", DECLARATION, Some("x")),
            comment("deleted", DECLARATION, None),
            issue_comment("created", DECLARATION, None),
        ] {
            let event = with(
                with(event, "/comment/user", author.clone()),
                "/sender",
                author.clone(),
            );
            assert_eq!(take(&event), Taken::Ignore(reason), "{author}");
        }
    }
}

#[test]
fn an_edit_voids_whoever_made_it() {
    for (sender, by) in [
        (quinn(), "quinn"),
        (user(4, "bob"), "bob"),
        (refire(), "refire"),
        (user(12, "svc"), "svc"),
    ] {
        let edited = with(
            comment("edited", "never mind", Some(DECLARATION)),
            "/sender",
            sender,
        );
        let puts = put(&edited);
        assert_eq!(puts.len(), 1);
        assert_eq!(puts[0].memos, [edited_by(by)]);
        assert_eq!(puts[0].event.topic, Topic::Look);
    }
    let nobody = with(
        comment("edited", "never mind", Some(DECLARATION)),
        "/sender",
        Value::Null,
    );
    assert_eq!(
        put(&nobody)[0].memos,
        [memo_of(Edited::KIND, r#"{"by":null}"#)]
    );
}

/// Who edits other people's comments uses up nobody's patience but his own.
#[test]
fn a_command_that_was_edited_in_is_typed_by_whoever_edited() {
    let edited = with(
        comment("edited", "/refire qa", Some("hello")),
        "/sender",
        user(4, "bob"),
    );
    let typists: Vec<_> = put(&edited)
        .iter()
        .map(|put| put.event.topic.typist())
        .collect();
    assert_eq!(typists, [None, Some(UserId::new(4))]);
}

/// The look comes first with the memo, and never joins another: the text may be known already from
/// a sweep that counted it.
#[test]
fn a_command_that_was_edited_in_is_looked_at_and_put() {
    let digest = Digest::of(DECLARATION);
    let expected = [
        (Topic::Look, format!("edited/68/{digest}"), 1),
        (topic(false), commented(DECLARATION), 0),
    ];
    for from in [Some("hello"), Some("/refire qa"), None] {
        assert_eq!(
            summary(&comment("edited", DECLARATION, from)),
            expected,
            "{from:?}"
        );
    }
}

#[test]
fn an_edit_from_text_that_is_not_told_may_have_removed_a_declaration() {
    assert_eq!(summary(&comment("edited", "hello", None))[0].2, 1);
}

#[test]
fn an_edit_without_a_command_before_and_after_is_remembered_and_nothing_is_looked_at() {
    let taken = take(&comment("edited", "hello", Some("helo")));
    let Taken::Remember { memos, reason } = taken else {
        panic!("{taken:?}")
    };
    assert_eq!((memos.len(), reason), (1, reason::NO_COMMAND));
}

/// As after the upload of an attachment (gitea-facts §11), and as 1.23 sends a `PATCH` of nothing.
#[test]
fn an_edit_that_changed_no_text_voids_nothing() {
    for (from, body) in [
        (DECLARATION, DECLARATION),
        ("/refire\r\nx", "/refire\nx"),
        ("a", "a"),
    ] {
        assert_eq!(
            take(&comment("edited", body, Some(from))),
            Taken::Ignore(reason::UNCHANGED)
        );
    }
}

/// What follows the searched part decides whether its last line is whole.
#[test]
fn an_edit_behind_the_searched_part_voids_too() {
    let whole = format!("{}\n/sop-n/a qa", "x".repeat(commands::MAX_BODY - 12));
    assert_eq!(whole.len(), commands::MAX_BODY);
    let longer = format!("{whole}-nothing");
    assert_eq!(put(&comment("edited", &whole, Some(&longer))).len(), 2);
    assert_eq!(put(&comment("edited", &longer, Some(&whole))).len(), 1);
}

#[test]
fn deleting_a_directive_is_a_reason_to_look() {
    for body in [DECLARATION, "/sop-revoke qa", "text\n\n/sop-na security"] {
        assert_eq!(summary(&comment("deleted", body, None)), look(), "{body}");
    }
    for body in ["/refire qa", "hello", "/sop-n/a nothing-we-know"] {
        assert_eq!(
            take(&comment("deleted", body, None)),
            Taken::Ignore(reason::IRRELEVANT),
            "{body}"
        );
    }
}

#[test]
fn on_an_issue_only_commands_matter() {
    let expected = |body: &str| vec![(topic(true), commented(body), 0)];
    assert_eq!(
        summary(&issue_comment("created", "/refire", None)),
        expected("/refire")
    );
    assert_eq!(
        summary(&issue_comment("edited", "/refire", Some("x"))),
        expected("/refire")
    );
    for (event, reason) in [
        (issue_comment("created", "hello", None), reason::NO_COMMAND),
        (
            issue_comment("edited", "hello", Some("/refire")),
            reason::NO_COMMAND,
        ),
        (
            issue_comment("deleted", DECLARATION, None),
            reason::IRRELEVANT,
        ),
    ] {
        assert_eq!(take(&event), Taken::Ignore(reason));
    }
}

#[test]
fn a_review_is_a_reason_to_look() {
    assert_eq!(summary(&review("good", quinn())), look());
    assert_eq!(summary(&review("/refire qa", user(-1, "Ghost"))), look());
    assert_eq!(summary(&review("/refire qa", Value::Null)), look());
    assert_eq!(take(&review("good", refire())), Taken::Ignore(reason::OWN));
    assert_eq!(
        take(&review("good", user(12, "svc"))),
        Taken::Ignore(reason::SERVICE)
    );
}

#[test]
fn a_command_in_a_review_is_put_as_such_and_looked_at() {
    let digest = Digest::of("/refire qa");
    let reviewer = Account::new(5, "quinn");
    let identity = format!("review/5/{digest}");
    let mut expected = look();
    expected.push((Topic::ReviewBody { reviewer, digest }, identity, 0));
    assert_eq!(summary(&review("/refire qa", quinn())), expected);
}

#[test]
fn a_change_of_a_pull_request_is_a_reason_to_look() {
    for action in ["opened", "reopened", "synchronized", "closed"] {
        assert_eq!(
            summary(&pull(action, "main", Value::Null)),
            look(),
            "{action}"
        );
        assert_eq!(
            summary(&pull(action, "release/1/x", Value::Null)),
            look(),
            "{action}"
        );
        assert_eq!(
            take(&pull(action, "feature/x", Value::Null)),
            Taken::Ignore(reason::UNGUARDED),
            "{action}"
        );
    }
    assert_eq!(
        take(&pull("edited", "main", json!({ "body": { "from": "x" } }))),
        Taken::Ignore(reason::IRRELEVANT)
    );
    assert_eq!(
        summary(&pull("edited", "main", json!({ "title": { "from": "x" } }))),
        look()
    );
    assert_eq!(
        take(&pull("assigned", "main", Value::Null)),
        Taken::Ignore(reason::IRRELEVANT)
    );
}

#[test]
fn retargeting_matters_when_either_base_is_guarded() {
    let retargeted = |to: &str, from: &str| pull("edited", to, json!({ "ref": { "from": from } }));
    assert_eq!(summary(&retargeted("main", "feature/x")), look());
    assert_eq!(summary(&retargeted("feature/x", "main")), look());
    assert_eq!(
        take(&retargeted("feature/x", "feature/y")),
        Taken::Ignore(reason::UNGUARDED)
    );
}

/// Who asks there is told so; and what was heard of a comment is remembered, because the bases that
/// are guarded may change.
#[test]
fn comments_where_the_base_is_not_guarded() {
    assert_eq!(
        summary(&on_unguarded(comment("created", DECLARATION, None))),
        [(topic(false), commented(DECLARATION), 1)]
    );
    let memos = vec![edited_by("quinn")];
    let expected = Taken::Remember {
        memos,
        reason: reason::UNGUARDED,
    };
    assert_eq!(
        take(&on_unguarded(comment("edited", "x", Some(DECLARATION)))),
        expected
    );
    for event in [
        comment("deleted", DECLARATION, None),
        review("/refire", quinn()),
    ] {
        assert_eq!(take(&on_unguarded(event)), Taken::Ignore(reason::UNGUARDED));
    }
}

#[test]
fn a_base_that_is_not_told_may_be_guarded() {
    let untold = with(
        comment("created", "/refire", None),
        "/pull_request/base",
        Value::Null,
    );
    assert_eq!(summary(&untold), [(topic(false), commented("/refire"), 1)]);
}

#[test]
fn a_status_of_our_own_is_ignored_unless_it_is_a_success_that_may_be_late() {
    let own = with(status(QA, refire()), "/state", json!("pending"));
    assert_eq!(take(&own), Taken::Ignore(reason::OWN_STATUS));
    assert_eq!(
        take(&status("ci / build", refire())),
        Taken::Ignore(reason::OWN_STATUS)
    );
    let Taken::Own(head, context) = take(&status(QA, refire())) else {
        panic!("it is ignored")
    };
    assert_eq!((head.bytes(), context.as_str()), (HEAD.as_bytes(), QA));
}

#[test]
fn a_strangers_status_under_our_context_concerns_its_commit() {
    for context in [
        QA,
        "  qa-review / approved (pull_request) ",
        "security-review for release/1",
        "sop-checklist / na-declarations (pull_request)",
    ] {
        for sender in [quinn(), user(-2, "gitea-actions"), Value::Null] {
            let Taken::Head(head) = take(&status(context, sender)) else {
                panic!("{context}")
            };
            assert_eq!(
                (head.repository(), head.bytes()),
                (RepositoryId::new(1), HEAD.as_bytes())
            );
            let look = head.look(PullKey {
                repository: 1,
                number: 44,
            });
            assert_eq!(
                (look.event.number, look.event.topic),
                (PullNumber::new(44), Topic::Look)
            );
            assert_eq!(look.identity, format!("look/{EPOCH}").into_bytes());
        }
    }
    assert_eq!(
        take(&status("ci / build", quinn())),
        Taken::Ignore(reason::CONTEXT)
    );
}
