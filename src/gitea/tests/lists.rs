//! Lists: how many calls they take, when they are walked again, and what is never lost.

use super::stub::{Asked, Reply, Stub, paged, refuse, reply, total, with};
use crate::gitea::{ErrorKind, Listing, Which};
use crate::model::{PullNumber, PullRef, RepoName};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

fn widget() -> RepoName {
    "acme/widget".parse().unwrap()
}

fn pull() -> PullRef {
    PullRef {
        repo: widget(),
        number: PullNumber::new(7),
    }
}

fn reviews(count: u64) -> Vec<Value> {
    (1..=count)
        .map(|id| json!({"id": id, "state": "APPROVED"}))
        .collect()
}

fn comments(count: u64) -> Vec<Value> {
    let comment = |id| {
        json!({
            "id": id, "body": "x", "pull_request_url": "http://x/acme/widget/pulls/7",
            "created_at": "2026-11-22T06:59:23Z", "updated_at": "2026-11-22T06:59:23Z",
        })
    };
    (1..=count).map(comment).collect()
}

fn dated(reply: Reply) -> Reply {
    with(reply, "date", "Sun, 22 Nov 2026 07:00:00 GMT")
}

#[tokio::test]
async fn one_page_costs_one_call() {
    let stub = Stub::start(|asked: &Asked| total(paged(asked, &reviews(50)), 50)).await;
    let reviews = stub
        .client(&["bot"])
        .session()
        .fetch_reviews(&pull())
        .await
        .unwrap();
    assert_eq!((reviews.rows.len(), reviews.hidden_drafts), (50, 0));
    assert_eq!(
        stub.asked()[0].path,
        "/repos/acme/widget/pulls/7/reviews?page=1&limit=50"
    );
    assert_eq!(stub.take().len(), 1);
}

#[tokio::test]
async fn each_further_page_costs_one_call() {
    let stub = Stub::start(|asked: &Asked| total(paged(asked, &reviews(101)), 101)).await;
    let reviews = stub
        .client(&["bot"])
        .session()
        .fetch_reviews(&pull())
        .await
        .unwrap();
    assert_eq!((reviews.rows.len(), reviews.hidden_drafts), (101, 0));
    assert_eq!(stub.take().len(), 3);
}

#[tokio::test]
async fn i6_drafts_that_cannot_be_seen_are_counted_with_one_call_more() {
    let stub = Stub::start(|asked: &Asked| total(paged(asked, &reviews(2)), 5)).await;
    let reviews = stub
        .client(&["bot"])
        .session()
        .fetch_reviews(&pull())
        .await
        .unwrap();
    assert_eq!((reviews.rows.len(), reviews.hidden_drafts), (2, 3));
    assert_eq!(stub.take().len(), 2);
}

#[tokio::test]
async fn a_server_that_gives_smaller_pages_loses_nothing() {
    let stub = Stub::start(|asked: &Asked| {
        let page: usize = asked.query("page").unwrap().parse().unwrap();
        let rows: Vec<_> = reviews(45)
            .into_iter()
            .skip((page - 1) * 20)
            .take(20)
            .collect();
        total(reply(200, &Value::from(rows)), 45)
    })
    .await;
    let reviews = stub
        .client(&["bot"])
        .session()
        .fetch_reviews(&pull())
        .await
        .unwrap();
    assert_eq!((reviews.rows.len(), reviews.hidden_drafts), (45, 0));
}

#[tokio::test]
async fn without_a_total_a_list_ends_with_an_empty_page() {
    let stub = Stub::start(|asked: &Asked| paged(asked, &reviews(60))).await;
    let reviews = stub
        .client(&["bot"])
        .session()
        .fetch_reviews(&pull())
        .await
        .unwrap();
    assert_eq!((reviews.rows.len(), reviews.hidden_drafts), (60, 0));
    assert_eq!(stub.take().len(), 3);
}

#[tokio::test]
async fn null_is_an_empty_list() {
    let stub = Stub::start(|_: &Asked| total(reply(200, &Value::Null), 0)).await;
    let session = stub.client(&["bot"]).session();
    assert!(
        session
            .fetch_reviews(&pull())
            .await
            .unwrap()
            .rows
            .is_empty()
    );
    session
        .fetch_timeline(&pull(), None, 0, |entry| panic!("{entry:?}"))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_total_that_changes_walks_the_list_again() {
    let calls = Arc::new(AtomicUsize::new(0));
    let stub = Stub::start(move |asked: &Asked| {
        let count = if calls.fetch_add(1, Ordering::SeqCst) == 0 {
            60
        } else {
            61
        };
        total(paged(asked, &reviews(count as u64)), count)
    })
    .await;
    let reviews = stub
        .client(&["bot"])
        .session()
        .fetch_reviews(&pull())
        .await
        .unwrap();
    assert_eq!(reviews.rows.len(), 61);
    assert_eq!(stub.take().len(), 4);
}

#[tokio::test]
async fn a_list_that_never_rests_is_an_error_after_three_walks() {
    let calls = Arc::new(AtomicUsize::new(60));
    let stub = Stub::start(move |asked: &Asked| {
        let count = calls.fetch_add(1, Ordering::SeqCst);
        total(paged(asked, &reviews(count as u64)), count)
    })
    .await;
    let error = stub
        .client(&["bot"])
        .session()
        .fetch_reviews(&pull())
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Restless);
    assert_eq!(stub.take().len(), 6);
}

#[tokio::test]
async fn the_sweep_of_an_idle_repository_costs_one_call_and_gives_the_server_s_time() {
    let stub = Stub::start(|_: &Asked| dated(total(reply(200, &json!([])), 0))).await;
    let since = "2026-11-22T06:59:50.7Z".parse().unwrap();
    let session = stub.client(&["bot"]).session();
    let now = session
        .fetch_comments_since(&widget(), since, |c| panic!("{c:?}"))
        .await
        .unwrap();
    assert_eq!(now.to_string(), "2026-11-22T07:00:00Z");
    let path = "/repos/acme/widget/issues/comments?since=2026-11-22T06%3A59%3A50Z&page=1&limit=50";
    assert_eq!(stub.asked()[0].path, path);
    assert_eq!(stub.take().len(), 1);
}

#[tokio::test]
async fn a_comment_is_handed_over_once_although_the_list_is_walked_twice() {
    let calls = Arc::new(AtomicUsize::new(0));
    let stub = Stub::start(move |asked: &Asked| {
        // One was deleted, so that those behind it have moved.
        let count = if calls.fetch_add(1, Ordering::SeqCst) == 0 {
            61
        } else {
            60
        };
        dated(total(paged(asked, &comments(count as u64)), count))
    })
    .await;
    let mut ids = Vec::new();
    let since = "2026-11-22T06:00:00Z".parse().unwrap();
    let session = stub.client(&["bot"]).session();
    let sink = |row: crate::gitea::RepoComment| {
        assert_eq!(row.pull, Some(PullNumber::new(7)));
        ids.push(row.comment.id.get());
    };
    session
        .fetch_comments_since(&widget(), since, sink)
        .await
        .unwrap();
    assert_eq!(ids, (1..=60).collect::<Vec<_>>());
}

/// Otherwise a repository in which somebody always writes could never be swept.
#[tokio::test]
async fn comments_that_come_in_while_others_are_read_are_read_with_them() {
    let calls = Arc::new(AtomicUsize::new(120));
    let stub = Stub::start(move |asked: &Asked| {
        let count = calls.fetch_add(20, Ordering::SeqCst);
        dated(total(paged(asked, &comments(count as u64)), count))
    })
    .await;
    let mut ids = Vec::new();
    let since = "2026-11-22T06:00:00Z".parse().unwrap();
    let session = stub.client(&["bot"]).session();
    let sink = |row: crate::gitea::RepoComment| ids.push(row.comment.id.get());
    let walked = session.fetch_comments_since(&widget(), since, sink).await;
    walked.unwrap();
    assert_eq!(ids, (1..=180).collect::<Vec<_>>());
    assert_eq!(stub.take().len(), 4);
}

fn entry(id: u64) -> Value {
    json!({
        "id": id, "type": "comment", "body": "x", "user": null,
        "created_at": "2026-11-22T06:59:23Z", "updated_at": "2026-11-22T06:59:23Z",
    })
}

fn page_of(asked: &Asked) -> u64 {
    let page = asked.path.split("page=").nth(1).unwrap();
    page.split('&').next().unwrap().parse().unwrap()
}

fn page_with(alive: impl Iterator<Item = u64>, page: u64) -> Value {
    let skip = usize::try_from((page - 1) * 50).unwrap();
    let rows: Vec<Value> = alive.skip(skip).take(50).map(entry).collect();
    if rows.is_empty() {
        Value::Null
    } else {
        Value::from(rows)
    }
}

/// Reads a timeline of so many entries; gives the ids that were seen, and which pages were asked for.
/// The entry 1 is deleted when the call with the number `deleted_before` comes.
async fn read_timeline(entries: u64, deleted_before: usize) -> (BTreeSet<u64>, Vec<u64>) {
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let stub = Stub::start(move |asked: &Asked| {
        let call = calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let oldest = if call >= deleted_before { 2 } else { 1 };
        reply(200, &page_with(oldest..=entries, page_of(asked)))
    })
    .await;
    let mut ids = BTreeSet::new();
    let client = stub.client(&["bot"]);
    client.learn_page_size(50);
    let sink = |entry: crate::model::Entry| {
        ids.insert(entry.id.get());
    };
    client
        .session()
        .fetch_timeline(&pull(), None, 0, sink)
        .await
        .unwrap();
    (ids, stub.asked().iter().map(page_of).collect())
}

#[tokio::test]
async fn a_short_timeline_is_one_call() {
    let (ids, pages) = read_timeline(49, 9).await;
    assert_eq!(ids, (1..=49).collect());
    assert_eq!(pages, [1]);
}

#[tokio::test]
async fn a_long_timeline_is_walked_from_its_end() {
    let (ids, pages) = read_timeline(70, 9).await;
    assert_eq!(ids, (1..=70).collect());
    assert_eq!(pages, [1, 2, 1]);
    let (ids, pages) = read_timeline(320, 99).await;
    assert_eq!(ids, (1..=320).collect());
    assert_eq!(pages, [1, 2, 4, 8, 6, 7, 6, 5, 4, 3, 2, 1]);
}

#[tokio::test]
async fn a_timeline_that_ends_with_a_full_page_has_an_empty_one_behind_it() {
    let (ids, pages) = read_timeline(100, 99).await;
    assert_eq!(ids, (1..=100).collect());
    assert_eq!(pages, [1, 2, 4, 3, 2, 1]);
}

#[tokio::test]
async fn a_deletion_during_the_walk_hides_no_entry() {
    for deleted_before in 0..12 {
        let (ids, _) = read_timeline(320, deleted_before).await;
        assert!((2..=320).all(|id| ids.contains(&id)), "{deleted_before}");
    }
}

/// Pages are cut first and comments on lines of code are left out second.
#[tokio::test]
async fn an_entry_behind_pages_of_left_out_comments_is_found() {
    for (shown, left_out) in [
        (10, 45),
        (45, 10),
        (50, 50),
        (60, 130),
        (49, 1),
        (0, 60),
        (200, 400),
    ] {
        let stub = Stub::start(move |asked: &Asked| {
            let alive = (1..=shown).map(Some);
            let hidden = (0..left_out).map(|_| None);
            let all: Vec<Option<u64>> = alive.chain(hidden).chain([Some(9_999)]).collect();
            let skip = usize::try_from((page_of(asked) - 1) * 50).unwrap();
            let rows: Vec<Value> = all
                .into_iter()
                .skip(skip)
                .take(50)
                .flatten()
                .map(entry)
                .collect();
            reply(
                200,
                &if rows.is_empty() {
                    Value::Null
                } else {
                    Value::from(rows)
                },
            )
        })
        .await;
        let mut ids = BTreeSet::new();
        let client = stub.client(&["bot"]);
        client.learn_page_size(50);
        let sink = |entry: crate::model::Entry| {
            ids.insert(entry.id.get());
        };
        let session = client.session();
        session
            .fetch_timeline(&pull(), None, left_out, sink)
            .await
            .unwrap();
        assert!(
            ids.contains(&9_999),
            "{shown} shown and {left_out} left out: {:?}",
            stub.asked().iter().map(page_of).collect::<Vec<_>>()
        );
        assert_eq!(ids.len() as u64, shown + 1);
    }
}

fn listed(number: u64, updated: &str) -> Value {
    json!({
        "number": number, "user": {"id": 3, "login": "alice"}, "state": "open",
        "base": {"ref": "main", "repo": {
            "id": 1, "full_name": "acme/widget", "created_at": "2026-11-22T06:00:00Z",
        }},
        "head": {"sha": "1".repeat(40)},
        "created_at": "2026-11-22T06:58:38Z", "updated_at": updated,
    })
}

#[tokio::test]
async fn pull_requests_are_listed_until_nothing_newer_is_left() {
    let stub = Stub::start(|asked: &Asked| {
        let updated = |n| {
            if n <= 20 {
                "2026-11-22T07:00:00Z"
            } else {
                "2026-11-22T06:59:00Z"
            }
        };
        let rows: Vec<_> = (1..=120).map(|n| listed(n, updated(n))).collect();
        total(paged(asked, &rows), rows.len())
    })
    .await;
    let until = Some("2026-11-22T06:59:30Z".parse().unwrap());
    let listing = Listing {
        which: Which::Open,
        until,
        pages: 10,
    };
    let session = stub.client(&["bot"]).session();
    assert_eq!(
        session.fetch_pulls(&widget(), listing).await.unwrap().len(),
        20
    );
    let query = "?state=open&sort=recentupdate&page=1&limit=50";
    assert_eq!(
        stub.asked()[0].path,
        format!("/repos/acme/widget/pulls{query}")
    );
    assert_eq!(stub.take().len(), 1);
    let all = Listing {
        which: Which::All,
        until: None,
        pages: 10,
    };
    assert_eq!(
        session.fetch_pulls(&widget(), all).await.unwrap().len(),
        120
    );
    assert_eq!(stub.take().len(), 3);
}

#[tokio::test]
async fn statuses_are_read_newest_first_until_every_wanted_context_is_seen() {
    let stub = Stub::start(|asked: &Asked| {
        let row =
            |id: u64| json!({"id": id, "status": "success", "context": format!("c{}", id % 3)});
        let rows: Vec<_> = (1..=120).rev().map(row).collect();
        total(paged(asked, &rows), rows.len())
    })
    .await;
    let session = stub.client(&["bot"]).session();
    let sha = "1".repeat(40).parse().unwrap();
    let wanted = ["c0".to_owned(), "c2".to_owned()];
    let rows = session
        .fetch_statuses(&widget(), &sha, &wanted)
        .await
        .unwrap();
    assert_eq!(rows[0].id, 120);
    assert_eq!(stub.asked()[0].query("sort").as_deref(), Some("leastindex"));
    assert_eq!(stub.take().len(), 1);
    let all = session
        .fetch_statuses(&widget(), &sha, &["never".to_owned()])
        .await
        .unwrap();
    assert_eq!((all.len(), stub.take().len()), (120, 3));
}

#[tokio::test]
async fn a_server_that_lists_the_oldest_first_is_read_to_the_end() {
    let count = Arc::new(AtomicUsize::new(120));
    let rows_there = count.clone();
    let stub = Stub::start(move |asked: &Asked| {
        let row = |id: usize| json!({"id": id, "status": "success", "context": "c"});
        let rows: Vec<_> = (1..=rows_there.load(Ordering::SeqCst)).map(row).collect();
        total(paged(asked, &rows), rows.len())
    })
    .await;
    let session = stub.client(&["bot"]).session();
    let sha = "1".repeat(40).parse().unwrap();
    let wanted = ["c".to_owned()];
    let rows = session
        .fetch_statuses(&widget(), &sha, &wanted)
        .await
        .unwrap();
    assert_eq!(rows.iter().map(|row| row.id).max(), Some(120));
    count.store(5_000, Ordering::SeqCst);
    let error = session
        .fetch_statuses(&widget(), &sha, &wanted)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLarge);
}

/// People write comments of any length, so that fifty of them may be more than one answer may have.
#[tokio::test]
async fn a_page_that_is_too_long_is_read_in_shorter_ones() {
    let long = vec![b' '; (256 << 20) + 1];
    let long = axum::body::Bytes::from(long);
    let stub = Stub::start(move |asked: &Asked| match asked.query("limit").as_deref() {
        Some("50") => {
            let long = Reply::new(long.clone().into());
            dated(with(long, "content-type", "application/json"))
        }
        _ => dated(total(paged(asked, &comments(7)), 7)),
    })
    .await;
    let session = stub.client(&["bot"]).session();
    let (repo, mut seen) = (widget(), Vec::new());
    let walked = session.fetch_comments_since(&repo, Timestamp::UNIX_EPOCH, |row| {
        seen.push(row.comment.id.get());
    });
    walked.await.unwrap();
    assert_eq!(seen, [1, 2, 3, 4, 5, 6, 7]);
    let limits = stub.asked().into_iter().map(|asked| asked.query("limit"));
    let limits: Vec<_> = limits.flatten().collect();
    assert_eq!(limits, ["50", "5", "5"]);
}

fn repository(id: u64, owner: &str) -> Value {
    json!({
        "id": id, "full_name": format!("{owner}/r{id}"), "owner": {"id": 1, "login": owner},
        "created_at": "2026-11-22T06:58:30Z",
    })
}

#[tokio::test]
async fn all_repositories_of_an_organisation_and_of_a_person() {
    let stub = Stub::start(|asked: &Asked| match asked.route() {
        "/orgs/acme/repos" => total(
            paged(asked, &[repository(1, "acme"), repository(2, "acme")]),
            2,
        ),
        "/repos/search" if asked.query("page").as_deref() == Some("1") => {
            let data = [repository(3, "eve"), repository(4, "steve")];
            reply(200, &json!({"ok": true, "data": data}))
        }
        "/repos/search" => reply(200, &json!({"ok": true, "data": []})),
        _ => refuse(404, "GetOrgByName"),
    })
    .await;
    let session = stub.client(&["bot"]).session();
    assert_eq!(session.fetch_repositories("acme").await.unwrap().len(), 2);
    assert_eq!(stub.take().len(), 1);
    let of_eve = session.fetch_repositories("Eve").await.unwrap();
    assert_eq!(of_eve.len(), 1);
    assert_eq!(of_eve[0].name.to_string(), "eve/r3");
    assert_eq!(stub.asked()[1].query("q").as_deref(), Some("Eve/"));
    assert_eq!(session.fetch_all_repositories().await.unwrap().len(), 2);
}
