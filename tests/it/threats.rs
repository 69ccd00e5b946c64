//! What is in `SECURITY.md` and nowhere else: people with less than they want, or with something stolen.

use crate::stage::{Stage, answers, holds};
use forge::{Fault, PullHandle};
use serde_json::{Value, json};
use std::time::Duration;

const GATES: [&str; 2] = ["qa-review", "security-review"];

fn gates(stage: &Stage, pull: &PullHandle) -> [String; 2] {
    GATES.map(|gate| stage.gate(pull, gate))
}

/// The payload with which a comment was announced that was the last thing to happen.
fn last_told(stage: &Stage) -> Value {
    let heard = stage.forge.deliveries();
    heard.last().expect("it was announced").payload.clone()
}

fn account(stage: &Stage, login: &str) -> Value {
    let id = stage.forge.user(login).id().get();
    json!({ "id": id, "login": login, "username": login })
}

/// Eve reads along in a public repository, and is in no team and no organisation.
#[tokio::test]
async fn an_outsider_moves_no_gate_and_learns_about_nobody_else() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let before = gates(&stage, &pull);
    pull.approved_by("eve");
    for gate in GATES {
        for command in ["/sop-n/a", "/sop-revoke", "/refire"] {
            stage.says(&pull, "eve", &format!("{command} {gate}")).await;
        }
    }
    let told = stage.says(&pull, "eve", "/whoami-teams quinn").await;
    assert!(!told.contains("✔ member"), "{told}");
    assert_eq!(gates(&stage, &pull), before);
    assert_eq!(
        gates(&stage, &pull).map(|gate| gate.starts_with("pending")),
        [true; 2]
    );
}

#[tokio::test]
async fn an_outsider_takes_back_nobody_elses_declaration() {
    let stage = Stage::set().await;
    let pull = stage.declared().await;
    let before = gates(&stage, &pull);
    assert!(before[0].starts_with("success"), "{before:?}");
    stage.says(&pull, "eve", "/sop-revoke qa-review").await;
    assert_eq!(gates(&stage, &pull), before);
}

/// It is told as a comment on an issue of that number, in one turn with what waits there.
#[tokio::test]
async fn what_a_stolen_secret_tells_of_an_issue_swallows_no_command_of_the_pull_request() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    pull.comment("bob", "hello");
    stage.quiet().await;
    let mut told = last_told(&stage);
    told["is_pull"] = false.into();
    told["comment"]["id"] = 987_654.into();
    told["comment"]["body"] = "/refire qa".into();
    let fault = Fault::status("GET /repos/acme/widget/pulls/*", 502);
    stage.forge.fault(fault.always());
    let asked = pull.comment("alice", "/refire security");
    stage.forge.deliveries_idle().await;
    assert_eq!(stage.hears(&told).await, 202);
    stage.forge.heal();
    stage.quiet().await;
    assert_eq!(answers(&pull, asked), 1);
}

#[tokio::test]
async fn what_a_stolen_secret_tells_of_a_comment_before_it_is_written_does_not_mute_it() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let first = pull.comment("alice", "hello");
    stage.quiet().await;
    let mut told = last_told(&stage);
    let next = first.get() + 1;
    told["comment"]["id"] = next.into();
    told["comment"]["body"] = "/refire security".into();
    assert_eq!(stage.hears(&told).await, 202);
    stage.quiet().await;
    stage.forge.advance(Duration::from_secs(5));
    let asked = pull.comment("alice", "/refire security");
    assert_eq!(asked.get(), next);
    stage.quiet().await;
    assert_eq!(answers(&pull, asked), 1);
}

/// Whoever knows the secret signs what Gitea would sign; what grants is read from Gitea.
#[tokio::test]
async fn what_is_signed_with_a_stolen_secret_grants_nothing() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.comment("alice", "hello");
    stage.quiet().await;
    let before = gates(&stage, &pull);
    let told = last_told(&stage);
    let mut declared = told.clone();
    declared["comment"]["body"] = "/sop-n/a qa-review\n/sop-n/a security-review".into();
    declared["comment"]["user"] = account(&stage, "quinn");
    let mut invented = declared.clone();
    invented["comment"]["id"] = 987_654.into();
    let mut approved = told.clone();
    let event = approved.as_object_mut().expect("an object");
    event.remove("comment");
    event.insert("action".into(), "reviewed".into());
    let review = json!({ "type": "pull_request_review_approved", "content": "fine" });
    event.insert("review".into(), review);
    event.insert("sender".into(), account(&stage, "quinn"));
    let posted = json!({
        "sha": pull.head(), "context": "qa-review / approved (pull_request)", "state": "success",
        "repository": told["repository"], "sender": account(&stage, "refire"),
    });
    for forged in [declared, invented, approved, posted] {
        assert!(matches!(stage.hears(&forged).await, 200 | 202));
        stage.quiet().await;
        assert_eq!(gates(&stage, &pull), before, "{forged}");
    }
    assert_eq!(pull.comments_by("refire").len(), 0);
}

/// The most that a stolen secret is good for; whoever meant it says it again.
#[tokio::test]
async fn what_is_signed_with_a_stolen_secret_voids_a_declaration_and_a_new_one_counts() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    stage.says(&pull, "quinn", "/sop-n/a qa-review docs").await;
    holds(&stage.qa(&pull), &["success"]);
    let mut edited = told_of(&stage, "/sop-n/a qa-review docs");
    edited["action"] = "edited".into();
    edited["changes"] = json!({ "body": { "from": "something else" } });
    assert_eq!(stage.hears(&edited).await, 202);
    stage.quiet().await;
    holds(&stage.qa(&pull), &["pending"]);
    stage
        .says(&pull, "quinn", "/sop-n/a qa-review docs, I say")
        .await;
    holds(&stage.qa(&pull), &["success"]);
}

/// A revocation that was heard is final even if its comment is gone, and this one never was there.
#[tokio::test]
async fn what_is_signed_with_a_stolen_secret_revokes_and_an_approval_counts_all_the_same() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let declaration = "/sop-n/a qa-review docs";
    stage.says(&pull, "quinn", declaration).await;
    let mut revoked = told_of(&stage, declaration);
    revoked["comment"]["id"] = 987_654.into();
    revoked["comment"]["body"] = "/sop-revoke qa-review".into();
    assert_eq!(stage.hears(&revoked).await, 202);
    stage.says(&pull, "bob", "/refire qa").await;
    holds(&stage.qa(&pull), &["pending"]);
    stage.says(&pull, "quinn", declaration).await;
    holds(&stage.qa(&pull), &["pending"]);
    stage.says(&pull, "quincy", declaration).await;
    holds(&stage.qa(&pull), &["success"]);
    pull.approved_by("quinn");
    stage.quiet().await;
    holds(&stage.qa(&pull), &["success"]);
}

fn told_of(stage: &Stage, body: &str) -> Value {
    let heard = stage.forge.deliveries();
    let mut told = heard.iter().map(|delivery| &delivery.payload);
    let told = told.rfind(|told| told["comment"]["body"] == body);
    told.expect("it was announced").clone()
}

/// The token of an identity that only reads: it shows what the bot sees, and writes nothing.
#[tokio::test]
async fn a_stolen_read_token_posts_nothing() {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    let before = (stage.statuses(&pull), pull.comments().len());
    let read = ["read:repository", "read:issue", "read:organization"];
    let token = stage.forge.user("refire").token(&read);
    crate::stage::watch::also(&token);
    let api = format!("{}/api/v1/repos/acme/widget", stage.forge.url());
    let head = pull.head();
    let client = reqwest::Client::new();
    let with_token = |request: reqwest::RequestBuilder| {
        let request = request.header("authorization", format!("token {token}"));
        async move { request.send().await.expect("an answer").status().as_u16() }
    };
    let number = pull.number();
    assert_eq!(
        with_token(client.get(format!("{api}/pulls/{number}"))).await,
        200
    );
    for (path, body) in [
        (
            format!("statuses/{head}"),
            json!({ "state": "success", "context": "security-review / approved (pull_request)" }),
        ),
        (
            format!("issues/{number}/comments"),
            json!({ "body": "**`security-review` is satisfied**" }),
        ),
        (
            format!("pulls/{number}/reviews"),
            json!({ "event": "APPROVED", "body": "" }),
        ),
    ] {
        let request = client.post(format!("{api}/{path}"));
        let request = request.header("content-type", "application/json");
        assert_eq!(
            with_token(request.body(body.to_string())).await,
            403,
            "{path}"
        );
    }
    stage.quiet().await;
    assert_eq!((stage.statuses(&pull), pull.comments().len()), before);
}
