//! What each story costs in calls of Gitea's API, exactly.
//!
//! The marks hold for one counting approval, one page a list, and the head's statuses posted; what a
//! further candidate, team, identity or refused probe costs is told by the second half.

use crate::identities::WEAK_FIRST;
use crate::stage::Stage;
use forge::{Call, PullHandle};
use std::time::Duration;

const PULL: &str = "GET /repos/{owner}/{repo}/pulls/{index}";
const PULLS: &str = "GET /repos/{owner}/{repo}/pulls";
const REVIEWS: &str = "GET /repos/{owner}/{repo}/pulls/{index}/reviews";
const TIMELINE: &str = "GET /repos/{owner}/{repo}/issues/{index}/timeline";
const COMMENTS: &str = "GET /repos/{owner}/{repo}/issues/comments";
const TEAMS: &str = "GET /orgs/{org}/teams";
const TEAM: &str = "GET /teams/{id}";
const MEMBER: &str = "GET /teams/{id}/members/{username}";
const ROWS: &str = "GET /repos/{owner}/{repo}/statuses/{sha}";
const STATUS: &str = "POST /repos/{owner}/{repo}/statuses/{sha}";
const EDIT: &str = "PATCH /repos/{owner}/{repo}/issues/comments/{id}";
const REPLY: &str = "POST /repos/{owner}/{repo}/issues/{index}/comments";

/// Both teams' members approve with reviews that count, and everything is posted.
const SECURITY_WRITES: &str = "[approvals]\nrequire_official = false\n";

/// A pull request with one counting approval, everything posted and at rest.
async fn at_rest(stage: &Stage) -> PullHandle {
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    stage.calls();
    pull
}

// ---- the marks ----

#[tokio::test]
async fn i13_a_comment_without_a_command_costs_nothing() {
    let stage = Stage::set().await;
    let pull = at_rest(&stage).await;
    pull.comment("quinn", "LGTM, see `/refire qa` above\n\n> /refire qa\n");
    stage.quiet().await;
    assert!(stage.calls().is_empty());
}

#[tokio::test]
async fn a_comment_of_the_bot_costs_nothing() {
    let stage = Stage::set().await;
    let pull = at_rest(&stage).await;
    pull.comment("refire", "/refire qa");
    stage.quiet().await;
    assert!(stage.calls().is_empty());
}

#[tokio::test]
async fn a_comment_of_a_service_account_costs_nothing() {
    let stage = Stage::with("[people]\nservice_accounts = [\"^svc$\"]\n").await;
    let pull = at_rest(&stage).await;
    pull.comment("svc", "/refire qa");
    stage.quiet().await;
    assert!(stage.calls().is_empty());
    assert!(pull.comments_by("refire").is_empty());
}

#[tokio::test]
async fn a_status_event_of_our_own_costs_nothing() {
    let stage = Stage::set().await;
    let pull = at_rest(&stage).await;
    let posting = forge::Posting {
        context: "qa-review / approved (pull_request)",
        state: "success",
        description: "approved by quinn of acme/qa",
    };
    pull.repo().status(&pull.head(), "refire", &posting);
    stage.quiet().await;
    assert!(stage.calls().is_empty());
}

#[tokio::test]
async fn refire_on_a_warm_store_costs_six() {
    let stage = Stage::set().await;
    let pull = at_rest(&stage).await;
    stage.says(&pull, "alice", "/refire qa").await;
    let calls = [PULL, REVIEWS, TIMELINE, MEMBER, STATUS, REPLY];
    assert_eq!(stage.calls(), calls);
}

#[tokio::test]
async fn refire_on_an_empty_store_costs_eight() {
    let mut stage = Stage::set().await;
    let pull = at_rest(&stage).await;
    stage.forget().await;
    stage.says(&pull, "alice", "/refire qa").await;
    let calls = [PULL, REVIEWS, TIMELINE, PULLS, TEAMS, MEMBER, STATUS, REPLY];
    assert_eq!(stage.calls(), calls);
}

#[tokio::test]
async fn a_declaration_on_a_warm_store_costs_seven() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    stage.says(&pull, "alice", "/whoami-teams").await;
    stage.calls();
    stage
        .says(&pull, "quinn", "/sop-n/a qa-review docs only")
        .await;
    let calls = [PULL, REVIEWS, TIMELINE, MEMBER, STATUS, STATUS, REPLY];
    assert_eq!(stage.calls(), calls);
}

#[tokio::test]
async fn a_declaration_on_an_empty_store_costs_nine() {
    let mut stage = Stage::set().await;
    let pull = at_rest(&stage).await;
    stage.forget().await;
    stage
        .says(&pull, "quinn", "/sop-n/a qa-review docs only")
        .await;
    let calls = [
        PULL, REVIEWS, TIMELINE, PULLS, TEAMS, MEMBER, STATUS, STATUS, REPLY,
    ];
    assert_eq!(stage.calls(), calls);
}

#[tokio::test]
async fn an_event_that_changes_nothing_costs_six_and_writes_nothing() {
    let stage = Stage::with(SECURITY_WRITES).await;
    let pull = at_rest(&stage).await;
    pull.approved_by("sam");
    stage.quiet().await;
    stage.calls();
    pull.commented_by("bob", "nice");
    stage.quiet().await;
    let calls = stage.calls();
    assert_eq!(calls, [PULL, REVIEWS, TIMELINE, MEMBER, MEMBER, ROWS]);
    assert!(
        pull.statuses()
            .iter()
            .all(|row| row.state == "success" && row.creator == "refire")
    );
}

#[tokio::test]
async fn the_sweep_of_an_idle_repository_costs_two_and_a_green_that_it_confirms_two_more() {
    let mut stage = Stage::prepared(|stage| stage.patterns = vec!["acme/widget"]).await;
    at_rest(&stage).await;
    stage.sweep().await;
    stage.calls();
    stage.sweep().await;
    assert_eq!(stage.calls(), [COMMENTS, PULLS, REVIEWS, MEMBER]);
    stage.forge.advance(Duration::from_secs(3600));
    stage.sweep().await;
    assert_eq!(stage.calls(), [COMMENTS, PULLS, REVIEWS, MEMBER]);
}

/// What a warm `/refire qa` costs on so many comments and open pull requests.
async fn refire_among(many: usize) -> (Vec<String>, u64) {
    let mut pulls = Vec::new();
    let stage = Stage::prepared(|stage| {
        let open = || stage.forge.pull("alice");
        pulls.extend(std::iter::repeat_with(open).take(many.div_ceil(10).max(10)));
        for number in 0..many {
            pulls[0].comment("quinn", &format!("comment {number}"));
        }
        stage.forge.advance(Duration::from_secs(3600));
        stage.patience = Duration::from_secs(600);
    })
    .await;
    let pull = pulls.remove(0);
    pull.approved_by("quinn");
    stage.quiet().await;
    stage.says(&pull, "alice", "/refire").await;
    stage.forge.advance(Duration::from_secs(3600));
    stage.calls();
    stage.says(&pull, "alice", "/refire qa").await;
    let bytes = stage.forge.bytes();
    (stage.calls(), bytes)
}

#[tokio::test]
async fn i09_a_warm_refire_costs_the_same_on_ten_thousand_comments() {
    let (small, small_bytes) = refire_among(10).await;
    let (large, large_bytes) = refire_among(10_000).await;
    assert_eq!(small, [PULL, REVIEWS, TIMELINE, MEMBER, STATUS, REPLY]);
    assert_eq!(large, small);
    assert!(
        large_bytes * 10 <= small_bytes * 12,
        "{large_bytes} bytes against {small_bytes}"
    );
}

// ---- what comes on top ----

/// A stage on which nothing is looked at again by itself, so that only what was asked for counts.
async fn calm() -> Stage {
    Stage::prepared(|stage| {
        stage.tempo.again = Vec::new();
        stage.tempo.then = Duration::from_secs(3600);
    })
    .await
}

/// The calls about teams and members that a warm `/refire qa` makes.
async fn probes(stage: &Stage, pull: &PullHandle) -> Vec<(String, u16)> {
    stage.says(pull, "alice", "/refire qa").await;
    stage.calls();
    stage.says(pull, "alice", "/refire qa").await;
    let calls: Vec<Call> = stage.forge.take_calls();
    let asks = |call: &&Call| call.route.starts_with("/teams") || call.route.starts_with("/orgs");
    assert_eq!(
        calls.iter().filter(|call| !asks(call)).count(),
        5,
        "{calls:#?}"
    );
    calls
        .iter()
        .filter(asks)
        .map(|call| (call.name(), call.status))
        .collect()
}

fn probed(calls: &[(&str, u16)]) -> Vec<(String, u16)> {
    calls
        .iter()
        .map(|(name, status)| ((*name).to_owned(), *status))
        .collect()
}

#[tokio::test]
async fn a_further_candidate_before_the_member_costs_one_call_until_the_member_is_known() {
    let mut stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("bob");
    pull.approved_by("quinn");
    stage.quiet().await;
    stage.forget().await;
    stage.says(&pull, "alice", "/refire qa").await;
    let calls = [
        PULL, REVIEWS, TIMELINE, PULLS, TEAMS, MEMBER, MEMBER, STATUS, REPLY,
    ];
    assert_eq!(stage.calls(), calls);
    assert_eq!(probes(&stage, &pull).await, probed(&[(MEMBER, 200)]));
}

#[tokio::test]
async fn a_member_who_left_the_team_is_asked_about_first_and_proves_nothing() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quincy");
    pull.approved_by("quinn");
    stage.quiet().await;
    stage.forge.org("acme").team("qa").remove("quincy");
    assert_eq!(probes(&stage, &pull).await, probed(&[(MEMBER, 200)]));
    stage.forge.org("acme").team("qa").remove("quinn");
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    assert!(reply.starts_with("**`qa-review` waits"), "{reply}");
}

#[tokio::test]
async fn a_further_candidate_after_the_member_costs_nothing() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    pull.approved_by("quincy");
    stage.quiet().await;
    assert_eq!(probes(&stage, &pull).await, probed(&[(MEMBER, 200)]));
}

#[tokio::test]
async fn nobody_in_the_team_costs_one_look_at_the_team_more() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("bob");
    stage.quiet().await;
    assert_eq!(
        probes(&stage, &pull).await,
        probed(&[(MEMBER, 404), (TEAM, 200)])
    );
}

#[tokio::test]
async fn nobody_to_ask_about_costs_nothing() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    assert_eq!(probes(&stage, &pull).await, probed(&[]));
}

#[tokio::test]
async fn a_further_identity_that_is_refused_costs_one_call_until_another_has_seen_the_team() {
    let mut stage = Stage::with(WEAK_FIRST).await;
    let pull = at_rest(&stage).await;
    stage.leave().await;
    stage.enter().await;
    stage.says(&pull, "alice", "/refire qa").await;
    let calls = [
        PULL, REVIEWS, TIMELINE, TEAMS, MEMBER, MEMBER, STATUS, REPLY,
    ];
    assert_eq!(stage.calls(), calls);
    assert_eq!(probes(&stage, &pull).await, probed(&[(MEMBER, 200)]));
}

#[tokio::test]
async fn a_refused_probe_with_one_identity_costs_no_call_more() {
    let stage = calm().await;
    stage.forge.org("acme").team("qa").remove("refire");
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    stage.calls();
    stage.says(&pull, "alice", "/refire qa").await;
    let first = [PULL, REVIEWS, TIMELINE, MEMBER, STATUS, REPLY];
    assert_eq!(stage.calls(), first);
    // The diagnosis stands already, and is told that it was met again.
    stage.says(&pull, "alice", "/refire qa").await;
    let calls = stage.forge.take_calls();
    let (edits, rest): (Vec<_>, Vec<_>) = calls.iter().partition(|call| call.name() == EDIT);
    let rest: Vec<String> = rest.into_iter().map(Call::name).collect();
    assert_eq!(rest, first);
    assert_eq!(edits.len(), 1, "{edits:#?}");
}

#[tokio::test]
async fn a_further_waiver_team_costs_the_proof_that_the_first_says_no() {
    let stage = Stage::with(
        "[gates.qa-review]\nteam = \"qa\"\nwaivers = [\"security\", \"qa\"]\naliases = [\"qa\"]\n",
    )
    .await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    stage.says(&pull, "quinn", "/sop-n/a qa").await;
    assert_eq!(
        probes(&stage, &pull).await,
        probed(&[(MEMBER, 404), (TEAM, 200), (MEMBER, 200)])
    );
}

#[tokio::test]
async fn a_team_whose_number_is_not_known_costs_one_list() {
    let mut stage = Stage::set().await;
    let pull = at_rest(&stage).await;
    pull.approved_by("bob");
    stage.quiet().await;
    stage.leave().await;
    stage.enter().await;
    stage.says(&pull, "alice", "/refire qa").await;
    let calls = [PULL, REVIEWS, TIMELINE, TEAMS, MEMBER, STATUS, REPLY];
    assert_eq!(stage.calls(), calls);
}
