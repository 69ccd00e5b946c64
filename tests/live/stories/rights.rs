//! Rights that one identity lacks, one at a time, while the others are well: scopes of its token,
//! sight of the repository, write access, an open conversation.

use super::causes::{ASKER, asker, asks_as, comes_through, with};
use crate::folder::Folder;
use crate::proxy::{Mood, Proxy};
use crate::stage::{Cast, Pull, Stage};
use crate::words::causes;
use crate::world;
use reqwest::Method;
use serde_json::json;

const READ_BY_ANOTHER: &str = r#"
[[identity]]
name = "reader"
token_env = "READER_TOKEN"
login = "{login}"
uses = ["read"]

[[identity]]
name = "refire"
token_env = "REFIRE_TOKEN"
login = "refire"
uses = ["teams", "write"]
"#;

/// The account is the same, so that its comments are known to be the bot's.
const WRITTEN_WITH_ANOTHER: &str = r#"
[[identity]]
name = "writer"
token_env = "WRITER_TOKEN"
login = "refire"
uses = ["write"]

[[identity]]
name = "refire"
token_env = "REFIRE_TOKEN"
login = "refire"
uses = ["read", "teams"]
"#;

async fn read_by(stage: &mut Stage, login: &str, token: String) -> Cast {
    let identities = READ_BY_ANOTHER.replace("{login}", login);
    with(stage, &identities, "READER_TOKEN", token).await
}

/// A reply that nothing could be looked at, for this cause; as soon as the bot is itself again, the
/// same reply says what it should.
async fn cannot_look(stage: &mut Stage, pull: &Pull, before: Cast, cause: &str, words: &str) {
    let asked = stage.comment(pull, "alice", "/refire qa").await;
    let reply = stage.answer(pull, asked, "I could not look yet").await;
    assert_eq!(causes(&reply), [cause], "{reply}");
    assert!(reply.contains(words), "“{words}” is not said: {reply}");
    let head = stage.head(pull).await;
    stage.was_never_green(pull, &head, "qa-review").await;
    stage.recast(before).await;
    let waits = "waits for an approval";
    stage.answer(pull, asked, waits).await;
}

/// The reading identity: one scope is there, the other is not.
pub(super) async fn reading_without_scope(stage: &mut Stage) {
    stage.forge.add_user("rita").await;
    let scopes = ["read:repository", "read:issue"];
    for (has, lacks) in [(scopes[0], scopes[1]), (scopes[1], scopes[0])] {
        let pull = stage.pull("alice").await;
        let token = stage.forge.new_token("rita", &[has]).await;
        let before = read_by(stage, "rita", token).await;
        let words = format!("Issue a new token for `rita` with the scope `{lacks}` added");
        cannot_look(stage, &pull, before, "scope-missing", &words).await;
    }
}

/// The reading identity is in no team, and the repository becomes private.
pub(super) async fn private(stage: &mut Stage) {
    stage.forge.add_user("selma").await;
    let pull = stage.pull("alice").await;
    hide(stage, &pull).await;
    let scopes = ["read:repository", "read:issue"];
    let token = stage.forge.new_token("selma", &scopes).await;
    let before = read_by(stage, "selma", token).await;
    let words = format!("Give `selma` access to `{}`", pull.repo);
    cannot_look(stage, &pull, before, "repo-not-visible", &words).await;
}

/// The reading identity may see the private repository, and its token may not.
pub(super) async fn private_and_public_only(stage: &mut Stage) {
    let scopes = ["public-only", "read:repository", "read:issue"];
    let token = asker(stage, "thea", &["engineers"], &scopes).await;
    let pull = stage.pull("alice").await;
    hide(stage, &pull).await;
    let before = read_by(stage, "thea", token).await;
    let words = "“public only”";
    cannot_look(stage, &pull, before, "public-only-token", words).await;
}

async fn hide(stage: &Stage, pull: &Pull) {
    let path = format!("/repos/{}", pull.repo);
    let private = json!({"private": true});
    stage.forge.patch("olivia", &path, private).await;
}

/// The writing identity cannot post statuses: its reply says so.
pub(super) async fn writing_without_repository(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    let scopes = ["read:repository", "write:issue"];
    let token = stage.forge.new_token("refire", &scopes).await;
    let before = with(stage, WRITTEN_WITH_ANOTHER, "WRITER_TOKEN", token).await;
    let repair = "Issue a new token for `refire` with the scope `write:repository` added";
    cannot_post(stage, &pull, repair).await;
    stage.recast(before).await;
    stage.gate(&pull, "qa-review", "success", "quinn").await;
}

/// An approval counts, and the status that says so cannot be posted.
async fn cannot_post(stage: &Stage, pull: &Pull, repair: &str) {
    stage.approve(pull, "quinn").await;
    let satisfied = "`qa-review` is satisfied";
    let asked = stage.comment(pull, "alice", "/refire qa").await;
    stage.answer(pull, asked, satisfied).await;
    let refused = "**The status could not be posted**";
    let reply = stage.answer(pull, asked, refused).await;
    assert_eq!(causes(&reply), ["cannot-write-status"], "{reply}");
    assert!(reply.contains(repair), "“{repair}” is not said: {reply}");
}

/// The writing identity cannot reply: the status says so.
pub(super) async fn writing_without_issue(stage: &mut Stage) {
    let scopes = ["write:repository", "read:issue"];
    let token = stage.forge.new_token("refire", &scopes).await;
    let before = with(stage, WRITTEN_WITH_ANOTHER, "WRITER_TOKEN", token).await;
    let pull = stage.pull("alice").await;
    stage.comment(&pull, "alice", "/refire qa").await;
    let says = "no reply, the bot's token lacks a scope: issue it a new token";
    stage.gate(&pull, "qa-review", "pending", says).await;
    stage.recast(before).await;
    let waits = "waits for an approval";
    stage.says(&pull, "alice", "/refire qa", waits).await;
}

/// A token that may not read its own account needs a login beside it, and the doctor asks for the
/// scope.
pub(super) async fn without_own_account(stage: &mut Stage) {
    let repo = stage.repository().await;
    let folder = Folder::new(&stage.forge.url, &repo);
    let scopes = ["write:repository", "write:issue", "read:organization"];
    let token = stage.forge.new_token("refire", &scopes).await;
    folder.has_token(&token);
    folder.doctor(&["--fix"]).await;
    let lacks = folder.doctor(&["--json"]).await.at("fail").remove(0);
    assert_eq!(lacks.cause, "scope-missing");
    assert_eq!(lacks.what, "the token of `refire` lacks `read:user`");
    let says = folder.cannot_serve().await;
    let repair = "(it lacks the scope `read:user`); add the scope, or set `login`";
    assert!(says.contains(repair), "{says}");
    stage.forge.revoke("refire", &token).await;
}

/// Who is in these teams of acme's is changed: out of the first, into the second.
async fn moves(stage: &Stage, who: &str, out_of: &[&str], into: &[&str]) {
    for team in out_of {
        stage.member(team, who, false).await;
    }
    for team in into {
        stage.member(team, who, true).await;
    }
}

/// The account itself may not write, whatever its token may.
pub(super) async fn without_write_access(stage: &mut Stage) {
    let token = asker(stage, "hilde", &["qa"], &ASKER).await;
    let before = asks_as(stage, "hilde", token).await;
    moves(stage, "refire", &["qa", "bots"], &[]).await;
    let pull = stage.pull("alice").await;
    let repair = format!("Give `refire` write access to the code of `{}`", pull.repo);
    cannot_post(stage, &pull, &repair).await;
    moves(stage, "refire", &[], &["qa", "bots"]).await;
    stage.recast(before).await;
    let satisfied = "`qa-review` is satisfied";
    stage.says(&pull, "alice", "/refire qa", satisfied).await;
    stage.gate(&pull, "qa-review", "success", "quinn").await;
}

/// Whoever may write code and not in conversations can post statuses in a locked one, and no reply.
pub(super) async fn locked_out(stage: &mut Stage) {
    let token = asker(stage, "hanna", &["qa"], &ASKER).await;
    let before = asks_as(stage, "hanna", token).await;
    let team = json!({"name": "committers", "permission": "read", "includes_all_repositories": true,
        "units_map": {"repo.code": "write", "repo.issues": "read", "repo.pulls": "read"}});
    let team = stage.forge.post("olivia", "/orgs/acme/teams", team).await;
    let id = crate::forge::number(&team["id"]);
    world::put_member(&stage.forge, id, "refire").await;
    moves(stage, "refire", &["qa", "bots"], &[]).await;
    let pull = stage.pull("alice").await;
    let lock = format!("{}/lock", pull.issue());
    let reason = json!({"lock_reason": "Resolved"});
    stage.forge.put("olivia", &lock, reason).await;
    stage.comment(&pull, "quinn", "/refire qa").await;
    let says = "no reply, the bot may not comment: unlock the conversation";
    stage.gate(&pull, "qa-review", "pending", says).await;
    moves(stage, "refire", &[], &["qa", "bots"]).await;
    let path = format!("/teams/{id}");
    stage.forge.delete("olivia", &path).await;
    stage.recast(before).await;
    // With its rights it may speak there, lock or not.
    let waits = "waits for an approval";
    stage.says(&pull, "quinn", "/refire qa", waits).await;
}

/// Who opened the pull request has blocked the bot's account.
pub(super) async fn blocked_by_the_author(stage: &mut Stage) {
    let block = "/user/blocks/refire";
    stage.forge.put("alice", block, json!(null)).await;
    let pull = stage.pull("alice").await;
    stage.comment(&pull, "quinn", "/refire qa").await;
    let says = "no reply, the bot may not comment: unblock it";
    stage.gate(&pull, "qa-review", "pending", says).await;
    stage
        .forge
        .must("alice", Method::DELETE, block, json!(null))
        .await;
    let waits = "waits for an approval";
    stage.says(&pull, "quinn", "/refire qa", waits).await;
}

/// The repository is archived between a command and its answer: statuses are taken there, comments
/// are not.
pub(super) async fn archived(stage: &mut Stage) {
    let proxy = Proxy::before(&stage.forge.url);
    let before = comes_through(stage, &proxy).await;
    let pull = stage.pull("alice").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    proxy.is(Mood::Away("/api/"));
    stage.comment(&pull, "alice", "/refire qa").await;
    stage.heard().await;
    let path = format!("/repos/{}", pull.repo);
    stage
        .forge
        .patch("olivia", &path, json!({"archived": true}))
        .await;
    proxy.is(Mood::Open);
    let says = "no reply, the bot may not comment: unarchive the repository";
    stage.gate(&pull, "qa-review", "pending", says).await;
    stage
        .forge
        .patch("olivia", &path, json!({"archived": false}))
        .await;
    stage.recast(before).await;
    let waits = "waits for an approval";
    stage.says(&pull, "alice", "/refire qa", waits).await;
}
