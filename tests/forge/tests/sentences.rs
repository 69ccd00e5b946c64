//! What the sentences say is what HTTP shows, and hooks hear it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::time::Duration;

use axum::Router;
use axum::routing::post;
use forge::{Fault, Forge, Kind, Protection, Review, Version};
use reqwest::Client;
use serde_json::{Value, json};

async fn standard() -> Forge {
    let forge = Forge::start(Version::V1_26).await;
    forge.standard_world();
    forge
}

async fn get(forge: &Forge, path: &str) -> Value {
    let url = format!("{}/api/v1{path}", forge.url());
    let token = format!("token {}", forge.token("bot"));
    Client::new()
        .get(url)
        .header("authorization", token)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap()
}

/// Answers every delivery and says where.
async fn listener() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let app = Router::new().route(
        "/hook",
        post(|| async { (axum::http::StatusCode::ACCEPTED, "heard") }),
    );
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}

#[tokio::test]
async fn a_pull_a_review_and_a_comment() {
    let forge = standard().await;
    let pull = forge.pull("alice");
    pull.approved_by("quinn");
    let asked = pull.comment("quinn", "/refire qa");
    let path = format!("/repos/acme/widget/pulls/{}", pull.number());
    assert_eq!(get(&forge, &path).await["head"]["sha"], json!(pull.head()));
    let reviews = get(&forge, &format!("{path}/reviews?page=1&limit=50")).await;
    assert_eq!(
        (&reviews[0]["user"]["login"], &reviews[0]["official"]),
        (&json!("quinn"), &json!(true))
    );
    let comments = get(
        &forge,
        &format!("/repos/acme/widget/issues/{}/comments", pull.number()),
    )
    .await;
    assert_eq!(comments[0]["id"], json!(asked.get()));
    let calls = forge.take_calls();
    assert_eq!(calls.len(), 3);
    assert_eq!(calls[0].name(), "GET /repos/{owner}/{repo}/pulls/{index}");
    assert_eq!(calls[0].login.as_deref(), Some("refire"));
}

#[tokio::test]
async fn a_held_push_has_a_head_but_no_event() {
    let forge = standard().await;
    let pull = forge.pull("alice");
    let approval = pull.approved_by("quinn");
    forge.hold_timeline();
    let new = pull.push("alice");
    assert_eq!(pull.head(), new);
    assert_eq!(pull.timeline(), ["pull_push", "review"]);
    assert!(!pull.reviews()[0].stale);
    forge.release_timeline();
    assert_eq!(pull.timeline(), ["pull_push", "review", "pull_push"]);
    assert_eq!(
        (pull.reviews()[0].id, pull.reviews()[0].stale),
        (approval, true)
    );
}

#[tokio::test]
async fn merging_the_base_keeps_approvals_fresh_and_going_back_revives_them() {
    let forge = standard().await;
    let pull = forge.pull("alice");
    let first = pull.head();
    pull.approved_by("quinn");
    forge.repo("acme/widget").push("main", "olivia");
    pull.merge_base_into_head("alice");
    assert_ne!(pull.head(), first);
    assert!(!pull.reviews()[0].stale);
    pull.force_push("alice");
    assert!(pull.reviews()[0].stale);
    pull.force_push_back_to(&first, "alice");
    assert!(!pull.reviews()[0].stale);
}

#[tokio::test]
async fn a_rebase_makes_every_commit_anew_and_keeps_approvals_fresh() {
    let forge = standard().await;
    let pull = forge.pull("alice");
    pull.push("alice");
    pull.approved_by("quinn");
    let left = pull.head();
    let base = pull.repo().push("main", "bob");
    let head = pull.rebase("alice");
    assert_eq!(pull.head(), head);
    let path = format!("/repos/acme/widget/pulls/{}", pull.number());
    assert_eq!(get(&forge, &path).await["merge_base"], json!(base));
    let entries = pull.entries().into_iter();
    let commits: Vec<String> = entries.flat_map(|it| it.commits).collect();
    let [first, rest @ ..] = commits.as_slice() else {
        panic!("no push is recorded")
    };
    assert_ne!(*first, base, "the first of two that were made anew");
    assert_eq!(rest, [head.clone(), left.clone(), head]);
    let review = &pull.reviews()[0];
    assert_eq!((&review.commit, review.stale), (&left, false));
}

#[tokio::test]
async fn hooks_hear_signed_payloads() {
    let forge = standard().await;
    let hook = forge.org("acme").hook(&listener().await, "secret");
    let pull = forge.pull("alice");
    forge.deliveries_idle().await;
    let before = forge.deliveries().len();
    pull.comment("quinn", "/refire qa");
    forge.deliveries_idle().await;
    let heard = forge.deliveries();
    let last = &heard[before];
    assert_eq!(
        (last.hook, last.event.as_str(), last.status),
        (hook, "pull_request_comment", Some(202))
    );
    assert_eq!(last.answer, "heard");
    assert_eq!(last.payload["comment"]["body"], "/refire qa");
    forge.redeliver(before);
    forge.deliveries_idle().await;
    let again = forge.deliveries().pop().unwrap();
    assert_eq!((&again.body, again.uuid == last.uuid), (&last.body, false));
}

#[tokio::test]
async fn lost_deliveries_are_not_sent() {
    let forge = standard().await;
    let _ = forge
        .repo("acme/widget")
        .hook("http://127.0.0.1:9/", "secret");
    forge.drop_deliveries(true);
    forge.pull("alice").comment("quinn", "hello");
    forge.deliveries_idle().await;
    assert!(
        forge
            .deliveries()
            .iter()
            .all(|delivery| delivery.lost && delivery.status.is_none())
    );
    assert!(!forge.deliveries().is_empty());
}

#[tokio::test]
async fn faults_break_calls_and_heal() {
    let forge = standard().await;
    let pull = forge.pull("alice");
    let url = format!(
        "{}/api/v1/repos/acme/widget/issues/{}/comments",
        forge.url(),
        pull.number()
    );
    let write = || {
        Client::new()
            .post(&url)
            .basic_auth("alice", Some(forge.password()))
            .json(&json!({"body": "x"}))
            .send()
    };
    forge.fault(Fault::on("POST /repos", Kind::Reset));
    assert!(write().await.is_err());
    assert_eq!(pull.comments().len(), 0);
    forge.fault(Fault::on("POST /repos", Kind::DropAfterWrite));
    assert!(write().await.is_err());
    assert_eq!(pull.comments().len(), 1, "done, though nobody heard");
    forge.fault(Fault::on("POST /repos", Kind::Html403).always());
    let refused = write().await.unwrap();
    assert_eq!(
        (
            refused.status().as_u16(),
            refused.headers()["server"].to_str().unwrap()
        ),
        (403, "cloudflare")
    );
    forge.heal();
    assert_eq!(write().await.unwrap().status(), 201);
    forge.fault(Fault::on("POST /repos", Kind::CutJson));
    assert!(write().await.unwrap().json::<Value>().await.is_err());
}

#[tokio::test]
async fn closures_run_around_calls() {
    let forge = standard().await;
    let pull = forge.pull("alice");
    let number = pull.number();
    let pushed = pull.clone();
    forge.before("GET /repos/*/pulls/*", 2, move |_| {
        pushed.push("alice");
    });
    let path = format!("/repos/acme/widget/pulls/{number}");
    let first = get(&forge, &path).await;
    let second = get(&forge, &path).await;
    assert_ne!(first["head"]["sha"], second["head"]["sha"]);
    assert_eq!(second["head"]["sha"], json!(pull.head()));
}

#[tokio::test]
async fn protection_decides_who_is_official() {
    let forge = standard().await;
    let only_security = Protection {
        approvers: vec!["security".to_owned()],
        ..Protection::default()
    };
    forge.repo("acme/widget").protect("main", &only_security);
    let pull = forge.pull("alice");
    pull.approved_by("sam");
    pull.approved_by("quinn");
    pull.reviewed(
        "bob",
        &Review {
            official: Some(true),
            ..Review::default()
        },
    );
    let official: Vec<bool> = pull
        .reviews()
        .iter()
        .map(|review| review.official)
        .collect();
    assert_eq!(official, [true, false, true]);
}

#[tokio::test]
async fn the_clock_moves_when_told() {
    let forge = standard().await;
    forge.freeze();
    let before = forge.now();
    forge.advance(Duration::from_secs(3600));
    assert_eq!(forge.now().duration_since(before).as_secs(), 3600);
}

#[tokio::test]
async fn a_stopped_forge_answers_nobody() {
    let forge = standard().await;
    let client = Client::new();
    let url = format!("{}/api/v1/version", forge.url());
    assert!(client.get(&url).send().await.is_ok());
    forge.stop();
    assert!(client.get(&url).send().await.is_err());
}

#[tokio::test]
async fn a_torn_body_is_an_error_and_not_a_short_list() {
    let forge = standard().await;
    forge.fault(Fault::on("GET /repos/*/pulls", Kind::CutBody));
    let url = format!("{}/api/v1/repos/acme/widget/pulls", forge.url());
    let response = Client::new().get(&url).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.is_err());
    assert!(
        Client::new()
            .get(&url)
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_draft_is_counted_but_hidden_until_it_is_submitted() {
    let forge = standard().await;
    let pull = forge.pull("alice");
    let draft = pull.draft_review_by("quinn");
    let reviews = format!(
        "{}/api/v1/repos/acme/widget/pulls/{}/reviews",
        forge.url(),
        pull.number()
    );
    let list = Client::new().get(&reviews).send().await.unwrap();
    assert_eq!(list.headers()["x-total-count"], "1");
    assert_eq!(list.json::<Value>().await.unwrap(), json!([]));
    let token = format!("token {}", forge.token("quinn"));
    let submitted = Client::new()
        .post(format!("{reviews}/{draft}"))
        .header("authorization", token);
    let submitted = submitted
        .json(&json!({"event": "APPROVED"}))
        .send()
        .await
        .unwrap();
    let submitted: Value = submitted.json().await.unwrap();
    assert_eq!(
        (&submitted["state"], &submitted["id"]),
        (&json!("APPROVED"), &json!(draft.get()))
    );
}

#[tokio::test]
async fn a_migrated_comment_is_old_and_unheard() {
    let forge = standard().await;
    let _ = forge.repo("acme/widget").hook(&listener().await, "secret");
    let pull = forge.pull("alice");
    forge.deliveries_idle().await;
    let heard = forge.deliveries().len();
    let long_ago = "2001-02-03T04:05:06Z".parse().unwrap();
    let comment = pull.migrated_comment("quinn", "/sop-n/a qa-review", long_ago);
    let old = Review {
        submitted: Some(long_ago),
        ..Review::default()
    };
    pull.reviewed("quinn", &old);
    forge.deliveries_idle().await;
    assert_eq!(forge.deliveries().len(), heard + 1, "the review only");
    assert_eq!(
        (pull.comments()[0].id, pull.comments()[0].created),
        (comment, long_ago)
    );
}

#[tokio::test]
async fn long_timelines_are_cut_without_page_since_1_26() {
    for (version, shown) in [(Version::V1_25, 41), (Version::V1_26, 30)] {
        let forge = Forge::start(version).await;
        forge.standard_world();
        let pull = forge.pull("alice");
        for number in 0..40 {
            pull.comment("quinn", &format!("comment {number}"));
        }
        let path = format!("/repos/acme/widget/issues/{}/timeline", pull.number());
        assert_eq!(
            get(&forge, &path).await.as_array().unwrap().len(),
            shown,
            "{}",
            version.name()
        );
    }
}

#[tokio::test]
async fn a_persons_repository_has_no_teams() {
    let forge = standard().await;
    let pull = forge.new_pull("alice").in_repo("bob/tool").open();
    assert_eq!(pull.name(), "bob/tool#1");
    let url = format!("{}/api/v1/repos/bob/tool/teams", forge.url());
    let refused = Client::new()
        .get(url)
        .basic_auth("bob", Some(forge.password()))
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 405);
}

/// Whoever calls the API sends what others have made happen, too: the stand-in is not at rest while
/// any thread has a delivery in hand.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn at_rest_every_delivery_has_been_answered_whichever_thread_sent_it() {
    let forge = standard().await;
    let pull = forge.pull("alice");
    let url = listener().await;
    let _hook = forge.org("acme").hook(&url, "a secret");
    let version = format!("{}/api/v1/version", forge.url());
    let callers: Vec<_> = (0..2)
        .map(|_| {
            let version = version.clone();
            tokio::spawn(async move {
                let client = Client::new();
                loop {
                    let _answer = client.get(&version).send().await;
                }
            })
        })
        .collect();
    for said in 1..=60 {
        pull.comment("alice", "words");
        forge.deliveries_idle().await;
        let heard = forge.deliveries();
        let answered = heard.iter().filter(|delivery| delivery.status.is_some());
        assert_eq!(answered.count(), said);
    }
    callers.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn a_deleted_head_branch_closes_its_pull_requests_and_its_return_opens_none() {
    for version in Version::ALL {
        let forge = Forge::start(version).await;
        forge.standard_world();
        let pull = forge.pull("alice");
        let other = forge.new_pull("alice").to("next").open();
        let path = format!("/repos/acme/widget/pulls/{}", pull.number());
        let (branch, head) = (get(&forge, &path).await["head"]["ref"].clone(), pull.head());
        pull.delete_branch("alice");
        let shown = get(&forge, &path).await;
        let kept = format!("refs/pull/{}/head", pull.number());
        assert_eq!(
            (&shown["state"], &shown["head"]["ref"]),
            (&json!("closed"), &json!(kept))
        );
        assert_eq!(shown["head"]["sha"], json!(head));
        let tells = version >= Version::V1_24;
        let told: &[&str] = if tells {
            &["pull_push", "close", "delete_branch"]
        } else {
            &["pull_push", "close"]
        };
        assert_eq!(pull.timeline(), told, "{}", version.name());
        pull.restore_branch("alice");
        let shown = get(&forge, &path).await;
        assert_eq!(
            (&shown["state"], &shown["head"]["ref"]),
            (&json!("closed"), &branch)
        );
        forge.repo("acme/widget").delete_branch("next", "olivia");
        let into = if tells {
            (true, "main")
        } else {
            (false, "next")
        };
        assert_eq!((other.look().open, other.base().as_str()), into);
    }
}

#[tokio::test]
async fn a_held_deletion_leaves_its_pull_requests_open() {
    let forge = standard().await;
    let pull = forge.pull("alice");
    forge.hold_timeline();
    pull.delete_branch("alice");
    assert!(pull.look().open);
    forge.release_timeline();
    assert!(!pull.look().open);
}

#[tokio::test]
async fn a_pull_request_whose_fork_is_gone_is_closed_and_keeps_its_head() {
    let forge = standard().await;
    let pull = forge.new_pull("eve").from_fork().open();
    let head = pull.head();
    pull.head_repo().delete();
    let path = format!("/repos/acme/widget/pulls/{}", pull.number());
    let shown = get(&forge, &path).await;
    assert_eq!(
        (&shown["state"], &shown["head"]["repo"]),
        (&json!("closed"), &Value::Null)
    );
    assert_eq!(
        (&shown["head"]["repo_id"], &shown["head"]["sha"]),
        (&json!(-1), &json!(head))
    );
    assert_eq!(pull.timeline(), ["pull_push", "close"]);
}

#[tokio::test]
async fn a_repository_keeps_its_number_wherever_it_goes() {
    let forge = standard().await;
    let repo = forge.repo("acme/widget");
    let pull = forge.pull("alice");
    let by_id = format!("/repositories/{}", repo.id());
    repo.rename("gizmo").transfer("alice");
    assert_eq!(get(&forge, &by_id).await["full_name"], "alice/gizmo");
    assert_eq!(pull.name(), format!("alice/gizmo#{}", pull.number()));
    let client = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    for old in ["acme/widget", "acme/gizmo"] {
        let url = format!("{}/api/v1/repos/{old}/pulls/1", forge.url());
        let moved = client.get(url).send().await.unwrap();
        assert_eq!(moved.status(), 301);
        assert_eq!(
            moved.headers()["location"],
            "/api/v1/repos/alice/gizmo/pulls/1"
        );
    }
    let _taken = forge.repo("acme/widget");
    assert_eq!(
        get(&forge, "/repos/acme/widget/pulls/1").await["message"],
        json!("not found")
    );
}
