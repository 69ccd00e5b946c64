//! Truths that change without a command: heads, bases, names and reviews.

use super::causes::comes_through;
use crate::forge::PASSWORD;
use crate::git::Clone;
use crate::proxy::{Mood, Proxy};
use crate::stage::{Pull, Stage};
use crate::words::{causes, context};
use reqwest::Method;
use serde_json::{Value, json};

const QA: &str = "qa-review";
const GREEN: &str = "approved by quinn";

/// A pull request that quinn has approved, with that shown.
async fn green(stage: &mut Stage) -> Pull {
    let pull = stage.pull("alice").await;
    stage.approve(&pull, "quinn").await;
    stage.gate(&pull, QA, "success", GREEN).await;
    pull
}

/// Gitea announces no dismissal.
async fn dismissed(stage: &Stage, pull: &Pull, review: u64) {
    let path = format!("{}/reviews/{review}/dismissals", pull.path());
    let why = json!({"message": "not convinced"});
    stage.forge.post("olivia", &path, why).await;
}

/// The base moves on, and the branch is brought up to it, by a merge or by a rebase.
async fn updated(stage: &Stage, pull: &Pull, who: &str, style: &str) -> String {
    let place = json!({"branch": "main"});
    let before = stage.head(pull).await;
    stage.commit(&pull.repo, "olivia", &place).await;
    let path = format!("{}/update?style={style}", pull.path());
    let moved = async || {
        let (status, answer) = stage.forge.call(who, Method::POST, &path, json!({})).await;
        let head = stage.head(pull).await;
        // Gitea may not have seen yet that the base has moved.
        if head == before {
            Err(format!("{status} {answer}"))
        } else {
            Ok(head)
        }
    };
    stage
        .until("the branch is brought up to its base", moved)
        .await
}

/// What was approved is not what stands there then.
async fn brought_up(stage: &mut Stage, style: &str) {
    let pull = green(stage).await;
    let head = updated(stage, &pull, "bob", style).await;
    stage.gate(&pull, QA, "pending", "waits").await;
    stage.was_never_green(&pull, &head, QA).await;
    stage.settled(&pull, &head).await;
    stage.approve(&pull, "quinn").await;
    stage.gate(&pull, QA, "success", GREEN).await;
}

pub(super) async fn base_merged(stage: &mut Stage) {
    brought_up(stage, "merge").await;
}

pub(super) async fn rebased(stage: &mut Stage) {
    brought_up(stage, "rebase").await;
}

/// An approval names its commit and comes back with it; a declaration ends with the first push.
pub(super) async fn forced(stage: &mut Stage) {
    let pull = green(stage).await;
    let declared = "is declared not applicable";
    stage
        .says(&pull, "sam", "/sop-n/a security docs", declared)
        .await;
    let first = stage.head(&pull).await;
    let place = json!({"new_branch": "other", "branch": "main"});
    let other = stage.commit(&pull.repo, "alice", &place).await;
    stage.quiet().await;
    let url = format!("{}/{}.git", stage.forge.url, pull.repo);
    let clone = Clone::of(&url, "alice", PASSWORD);
    clone.force(&pull.branch, &other);
    let moved_on = "withdrawn: the head moved on";
    let wanted = (&*context(QA), "pending", moved_on);
    stage.stands(&pull, &first, wanted).await;
    stage.gate(&pull, QA, "pending", "waits").await;
    stage.was_never_green(&pull, &other, QA).await;
    stage.settled(&pull, &other).await;
    clone.force(&pull.branch, &first);
    let back = (&*context(QA), "success", GREEN);
    stage.stands(&pull, &first, back).await;
    let gone = (&*context("security-review"), "pending", "waits");
    stage.stands(&pull, &first, gone).await;
    let waits = "waits for an approval";
    stage.says(&pull, "alice", "/refire security", waits).await;
    stage.was_never_green(&pull, &other, QA).await;
}

/// Gitea closes the pull requests of a branch that is gone.
async fn closes(stage: &Stage, pull: &Pull) {
    let closed = async || match stage.forge.get("root", &pull.path()).await["state"].as_str() {
        Some("closed") => Ok(()),
        other => Err(format!("{other:?}")),
    };
    stage.until("it is closed", closed).await;
}

pub(super) async fn branch_restored(stage: &mut Stage) {
    let pull = green(stage).await;
    let head = stage.head(&pull).await;
    let path = format!("/repos/{}/branches", pull.repo);
    let branch = format!("{path}/{}", pull.branch);
    stage.forge.delete("alice", &branch).await;
    closes(stage, &pull).await;
    let withdrawn = "withdrawn: the pull request was closed";
    stage.gate(&pull, QA, "pending", withdrawn).await;
    let back = json!({"new_branch_name": pull.branch, "old_ref_name": head});
    stage.forge.post("alice", &path, back).await;
    stage.change(&pull, "alice", json!({"state": "open"})).await;
    stage.gate(&pull, QA, "success", GREEN).await;
    stage
        .says(&pull, "alice", "/refire qa", "`qa-review` is satisfied")
        .await;
}

pub(super) async fn fork_deleted(stage: &mut Stage) {
    let repo = stage.repository().await;
    let forks = format!("/repos/{repo}/forks");
    stage
        .forge
        .must("eve", Method::POST, &forks, json!({}))
        .await;
    let own = repo.replace("acme/", "eve/");
    let there = async || {
        let path = format!("/repos/{own}/branches/main");
        let (status, body) = stage
            .forge
            .call("eve", Method::GET, &path, Value::Null)
            .await;
        match status.is_success() {
            true => Ok(()),
            false => Err(body.to_string()),
        }
    };
    stage.until("the fork is there", there).await;
    let place = json!({"new_branch": "work", "branch": "main"});
    stage.commit(&own, "eve", &place).await;
    let pull = stage.open(&repo, "eve", "eve:work", "main").await;
    stage.gate(&pull, QA, "pending", "waits").await;
    stage.quiet().await;
    stage.approve(&pull, "quinn").await;
    stage.gate(&pull, QA, "success", GREEN).await;
    stage.forge.delete("eve", &format!("/repos/{own}")).await;
    closes(stage, &pull).await;
    stage.gate(&pull, QA, "pending", "withdrawn").await;
    stage
        .says(
            &pull,
            "olivia",
            "/refire qa",
            "This pull request is closed.",
        )
        .await;
}

pub(super) async fn renamed(stage: &mut Stage) {
    let before = green(stage).await;
    let name = format!("{}-new", before.repo.trim_start_matches("acme/"));
    let path = format!("/repos/{}", before.repo);
    stage
        .forge
        .patch("olivia", &path, json!({"name": name}))
        .await;
    let pull = Pull {
        repo: format!("acme/{name}"),
        ..before
    };
    stage
        .says(&pull, "alice", "/refire qa", "`qa-review` is satisfied")
        .await;
    let head = stage.push(&pull, "alice").await;
    stage.gate(&pull, QA, "pending", "waits").await;
    stage.was_never_green(&pull, &head, QA).await;
    stage.settled(&pull, &head).await;
    stage.approve(&pull, "quinn").await;
    stage.gate(&pull, QA, "success", GREEN).await;
}

/// Somebody asks, and this happens while the bot reads; gives the pull request as it is called then
/// and what was asked.
async fn meanwhile(
    stage: &mut Stage,
    happens: impl AsyncFn(&Stage, &str) -> String,
) -> (Pull, u64) {
    let proxy = Proxy::before(&stage.forge.url);
    let cast = comes_through(stage, &proxy).await;
    let before = green(stage).await;
    stage.quiet().await;
    proxy.is(Mood::Holds("/reviews"));
    let asked = stage.comment(&before, "alice", "/refire qa").await;
    let held = async || proxy.holds().then_some(()).ok_or_else(|| proxy.url.clone());
    stage.until("the bot reads", held).await;
    let repo = happens(stage, &before.repo).await;
    proxy.is(Mood::Open);
    let pull = Pull { repo, ..before };
    stage.answer(&pull, asked, "<!-- refire").await;
    stage.quiet().await;
    stage.recast(cast).await;
    (pull, asked)
}

pub(super) async fn renamed_meanwhile(stage: &mut Stage) {
    let rename = async |stage: &Stage, repo: &str| {
        let name = format!("{}-new", repo.trim_start_matches("acme/"));
        let path = format!("/repos/{repo}");
        let change = json!({"name": name});
        stage.forge.patch("olivia", &path, change).await;
        format!("acme/{name}")
    };
    let (pull, asked) = meanwhile(stage, rename).await;
    stage.answer(&pull, asked, "`qa-review` is satisfied").await;
    stage.gate(&pull, QA, "success", GREEN).await;
}

/// Teams stay where they are, and what they have approved counts for nothing elsewhere.
pub(super) async fn transferred_meanwhile(stage: &mut Stage) {
    let transfer = async |stage: &Stage, repo: &str| {
        let path = format!("/repos/{repo}/transfer");
        let to = json!({"new_owner": "paul"});
        stage.forge.post("root", &path, to).await;
        let own = repo.replace("acme/", "paul/");
        let path = format!("/repos/{own}/collaborators/refire");
        let may = json!({"permission": "write"});
        stage.forge.put("paul", &path, may).await;
        own
    };
    let (pull, asked) = meanwhile(stage, transfer).await;
    let reply = stage.answer(&pull, asked, "persons have no teams").await;
    assert_eq!(causes(&reply), ["owner-not-an-organisation"], "{reply}");
    stage.gate(&pull, QA, "pending", "has no teams").await;
}

/// A dismissal sends nothing; what is edited afterwards brings it to light.
pub(super) async fn retitled(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    let review = stage.approve(&pull, "quinn").await;
    stage.gate(&pull, QA, "success", GREEN).await;
    stage.quiet().await;
    dismissed(stage, &pull, review).await;
    stage
        .change(&pull, "alice", json!({"title": "WIP: not yet"}))
        .await;
    stage.gate(&pull, QA, "pending", "waits").await;
}

/// Nothing tells of a dismissal, and the sweep confirms greens in turn.
pub(super) async fn swept(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    let review = stage.approve(&pull, "quinn").await;
    stage.gate(&pull, QA, "success", GREEN).await;
    let waived = stage.pull_in(&pull.repo, "alice").await;
    stage
        .says(
            &waived,
            "quincy",
            "/sop-n/a qa docs",
            "is declared not applicable",
        )
        .await;
    stage.quiet().await;
    stage.leave().await;
    stage.enter("1s", "").await;
    stage.hook("olivia", "/orgs/acme").await;
    stage
        .gate(&waived, QA, "success", "declared not applicable by quincy")
        .await;
    dismissed(stage, &pull, review).await;
    stage.member("qa", "quincy", false).await;
    stage.gate(&pull, QA, "pending", "waits").await;
    let left = "quincy declared it not applicable but is not in acme/qa any more";
    stage.gate(&waived, QA, "pending", left).await;
    stage.member("qa", "quincy", true).await;
    stage.anew("").await;
}

/// Gitea keeps the status with the commit, and the commit may be the head of the next one.
pub(super) async fn next_one(stage: &mut Stage) {
    let first = green(stage).await;
    stage.branch(&first.repo, "next").await;
    stage
        .change(&first, "alice", json!({"state": "closed"}))
        .await;
    stage.gate(&first, QA, "pending", "withdrawn").await;
    let next = stage
        .open(&first.repo, "alice", &first.branch, "next")
        .await;
    stage.gate(&next, QA, "pending", "waits").await;
    let reply = stage
        .says(&next, "alice", "/refire qa", "waits for an approval")
        .await;
    assert!(!reply.contains("is satisfied"), "{reply}");
}
