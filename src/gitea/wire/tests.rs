//! Gitea's answers, in the shapes of versions 1.23 to 1.26, read into `model`.

use super::*;
use crate::gitea::splitter::Element;
use crate::model::{Account, EntryKind, PullNumber, PullState, ReviewState};
use serde_json::{Value, json};

const HEAD: &str = "1111111111111111111111111111111111111111";
const OLD: &str = "2222222222222222222222222222222222222222";

fn user(id: i64, login: &str) -> Value {
    json!({"id": id, "login": login, "login_name": "", "email": "", "visibility": "public", "username": login})
}

fn repository() -> Value {
    json!({
        "id": 1, "owner": user(19, "acme"), "name": "widget", "full_name": "acme/widget",
        "private": false, "internal": false, "archived": false,
        "created_at": "2026-11-22T06:58:30Z", "topics": null,
    })
}

fn pull() -> Value {
    json!({
        "id": 44, "number": 7, "user": user(3, "alice"), "state": "open", "merged": false,
        "is_locked": false, "draft": false, "labels": null, "merge_base": OLD,
        "base": {"label": "main", "ref": "main", "sha": OLD, "repo_id": 1, "repo": repository()},
        "head": {"label": "topic", "ref": "topic", "sha": HEAD, "repo_id": -1, "repo": null},
        "created_at": "2026-11-22T08:58:38+02:00", "updated_at": "2026-11-22T06:58:39Z",
    })
}

fn with(mut value: Value, pointer: &str, new: Value) -> Value {
    *value.pointer_mut(pointer).unwrap() = new;
    value
}

fn read_pull(value: &Value) -> crate::model::Pull {
    listed_pull(value.to_string().as_bytes()).unwrap()
}

fn read_entry(value: &Value) -> Result<crate::model::Entry, BodyError> {
    entry(Element {
        json: value.to_string().as_bytes(),
        tail: None,
    })
}

#[test]
fn a_pull_request() {
    let pull = read_pull(&pull());
    assert_eq!(pull.reference().to_string(), "acme/widget#7");
    assert_eq!(pull.author, Account::new(3, "alice"));
    assert_eq!(
        (pull.state, pull.base.as_str(), pull.empty),
        (PullState::Open, "main", false)
    );
    assert_eq!(pull.head.unwrap().as_str(), HEAD);
    assert_eq!(pull.created_at.to_string(), "2026-11-22T06:58:38Z");
    assert!(!pull.repository.hidden && !pull.repository.archived && !pull.locked);
}

#[test]
fn a_pull_request_whose_head_is_gone() {
    assert_eq!(read_pull(&with(pull(), "/head", Value::Null)).head, None);
    assert_eq!(read_pull(&with(pull(), "/head/sha", json!(""))).head, None);
}

#[test]
fn states_of_a_pull_request() {
    assert_eq!(
        read_pull(&with(pull(), "/state", json!("closed"))).state,
        PullState::Closed
    );
    let merged = with(
        with(pull(), "/state", json!("closed")),
        "/merged",
        json!(true),
    );
    assert_eq!(read_pull(&merged).state, PullState::Merged);
    let strange = with(pull(), "/state", json!("Open")).to_string();
    assert!(listed_pull(strange.as_bytes()).is_err());
}

#[test]
fn a_pull_request_without_commits_is_empty() {
    assert!(read_pull(&with(pull(), "/head/sha", json!(OLD))).empty);
}

#[test]
fn i18_an_author_who_is_gone_is_nobody() {
    assert!(
        !read_pull(&with(pull(), "/user", Value::Null))
            .author
            .id
            .is_real()
    );
    assert!(
        !read_pull(&with(pull(), "/user", user(-1, "Ghost")))
            .author
            .id
            .is_real()
    );
}

#[test]
fn what_hides_a_repository() {
    let table = [
        ("/private", json!(true), true),
        ("/internal", json!(true), true),
        ("/owner/visibility", json!("private"), true),
        ("/owner/visibility", json!("limited"), true),
        ("/owner/visibility", json!("public"), false),
        ("/owner", Value::Null, false),
    ];
    for (pointer, value, hidden) in table {
        let row: WireRepository =
            serde_json::from_value(with(repository(), pointer, value.clone())).unwrap();
        assert_eq!(
            row.repository().unwrap().hidden,
            hidden,
            "{pointer} {value}"
        );
    }
}

#[test]
fn i7_what_a_review_does_not_say_is_not_made_up() {
    let bare = review(br#"{"id": 2, "state": "APPROVED"}"#).unwrap();
    assert_eq!(bare.state, ReviewState::Approved);
    assert_eq!(
        (bare.official, bare.stale, bare.dismissed),
        (None, None, None)
    );
    assert!(bare.commit.is_none() && bare.reviewer.is_none() && bare.submitted_at.is_none());
    let folded = review(br#"{"id": 2, "state": "approved", "commit_id": "main"}"#).unwrap();
    assert_eq!(folded.state, ReviewState::Other("approved".to_owned()));
    assert!(folded.commit.is_none());
}

#[test]
fn a_whole_review() {
    let row = json!({
        "id": 2, "user": user(5, "quinn"), "team": null, "state": "REQUEST_CHANGES",
        "commit_id": HEAD, "stale": false, "official": true, "dismissed": false,
        "submitted_at": "2026-11-22T06:59:30Z",
    });
    let review = review(row.to_string().as_bytes()).unwrap();
    assert_eq!(review.state, ReviewState::RequestChanges);
    assert_eq!(
        (review.official, review.stale, review.dismissed),
        (Some(true), Some(false), Some(false))
    );
    assert_eq!(review.reviewer, Some(Account::new(5, "quinn")));
    assert_eq!(
        review.submitted_at.unwrap().to_string(),
        "2026-11-22T06:59:30Z"
    );
}

#[test]
fn i20_the_state_is_read_from_the_field_status() {
    let row = br#"{"id": 4, "status": "success", "state": "failure", "context": "c", "description": null, "creator": null}"#;
    let status = status(row).unwrap();
    assert_eq!(
        (
            status.id,
            status.state.as_str(),
            status.description.as_str()
        ),
        (4, "success", "")
    );
    assert_eq!(status.creator, None);
}

fn timeline_entry(kind: &str, body: &str) -> Value {
    json!({
        "id": 5, "type": kind, "user": user(3, "alice"), "body": body, "review_id": 9,
        "created_at": "2026-11-22T06:58:46Z", "updated_at": "2026-11-22T06:58:47Z",
        "old_ref": "main", "new_ref": "next", "label": null,
    })
}

#[test]
fn entries_of_the_timeline() {
    let kind = |kind| read_entry(&timeline_entry(kind, "text")).unwrap().kind;
    let EntryKind::Comment(comment) = kind("comment") else {
        panic!("not a comment")
    };
    assert_eq!((comment.id.get(), comment.body.as_str()), (5, "text"));
    let to = Some(String::from("next"));
    assert_eq!(kind("change_target_branch"), EntryKind::Retarget { to });
    assert_eq!(
        kind("review"),
        EntryKind::Review(crate::model::ReviewId::new(9))
    );
    assert_eq!(kind("dismiss_review"), EntryKind::Other);
}

#[test]
fn the_last_commit_of_a_push_is_its_head_forced_or_not() {
    let table = [
        (
            json!({"is_force_push": false, "commit_ids": [OLD, HEAD]}),
            Some(HEAD),
        ),
        (
            json!({"is_force_push": true, "commit_ids": [OLD, HEAD]}),
            Some(HEAD),
        ),
        (json!({"is_force_push": false, "commit_ids": []}), None),
        (json!({"is_force_push": false, "commit_ids": null}), None),
    ];
    for (body, expected) in table {
        let entry = read_entry(&timeline_entry("pull_push", &body.to_string())).unwrap();
        let EntryKind::Push { pusher, last } = entry.kind else {
            panic!("not a push")
        };
        assert_eq!(
            last.as_ref().map(crate::model::Sha::as_str),
            expected,
            "{body}"
        );
        assert_eq!(pusher, Some(Account::new(3, "alice")));
    }
}

#[test]
fn a_push_that_cannot_be_read_is_an_error_and_not_an_empty_push() {
    let half = json!({"commit_ids": ["main"]}).to_string();
    for body in ["{", half.as_str()] {
        assert!(
            read_entry(&timeline_entry("pull_push", body)).is_err(),
            "{body}"
        );
    }
}

#[test]
fn a_push_of_thousands_of_commits_still_names_its_head() {
    let mut ids = vec![OLD; 5_000];
    ids.push(HEAD);
    let body = json!({"is_force_push": false, "commit_ids": ids}).to_string();
    let list = json!([timeline_entry("pull_push", &body)]).to_string();
    let mut entries = Vec::new();
    let mut splitter = crate::gitea::splitter::Splitter::new();
    splitter
        .feed(list.as_bytes(), &mut |element: Element<'_>| {
            entries.push(entry(element)?);
            Ok::<(), BodyError>(())
        })
        .unwrap();
    let EntryKind::Push { last, .. } = &entries[0].kind else {
        panic!("not a push")
    };
    assert_eq!(last.as_ref().unwrap().as_str(), HEAD);
}

#[test]
fn the_number_of_a_pull_request_is_at_the_end_of_an_address() {
    let row = |pull: &str, issue: &str| {
        let row = json!({
            "id": 18, "user": user(5, "quinn"), "body": null, "pull_request_url": pull,
            "issue_url": issue, "created_at": "2026-11-22T06:59:23Z",
            "updated_at": "2026-11-22T06:59:23Z",
        });
        repo_comment(row.to_string().as_bytes()).unwrap()
    };
    let on_pull = row("https://git.example.org/sub/acme/widget/pulls/6", "");
    assert_eq!(on_pull.pull, Some(PullNumber::new(6)));
    assert_eq!(
        row("", "https://git.example.org/acme/widget/issues/7").pull,
        None
    );
}

#[test]
fn a_long_body_is_cut_between_characters_and_shows_that_it_was() {
    let row = json!({
        "id": 1, "body": format!("a{}", "é".repeat(40_000)),
        "created_at": "2026-11-22T06:59:23Z", "updated_at": "2026-11-22T06:59:23Z",
    });
    let comment = repo_comment(row.to_string().as_bytes()).unwrap().comment;
    assert_eq!(comment.body.len(), crate::model::Comment::BODY_LIMIT + 1);
    assert_eq!(comment.author, None);
}

#[test]
fn a_team_is_named_with_its_organisation_or_not_at_all() {
    let team: WireTeam = serde_json::from_value(
        json!({"id": 3, "name": "qa", "organization": {"id": 19, "name": "acme"}}),
    )
    .unwrap();
    assert_eq!(team.full_name().unwrap().to_string(), "acme/qa");
    let listed: WireTeam =
        serde_json::from_value(json!({"id": 3, "name": "qa", "organization": null})).unwrap();
    assert_eq!(listed.full_name(), None);
}
