//! Every cause that can be produced on a running server: the reply names the one that was produced.
//!
//! In most of them the bot has two identities: `refire` reads and writes and is well, `asker` alone
//! is asked about teams and has something wrong with it.

use crate::forge::number;
use crate::proxy::{Mood, Proxy};
use crate::stage::{Cast, Pull, Stage};
use crate::words::causes;
use crate::world;
use serde_json::json;

const ASKED_BY_ANOTHER: &str = r#"
[[identity]]
name = "refire"
token_env = "REFIRE_TOKEN"
login = "refire"
uses = ["read", "write"]

[[identity]]
name = "asker"
token_env = "ASKER_TOKEN"
login = "{login}"
uses = ["teams"]
"#;

/// What the asking identity is allowed.
pub(super) const ASKER: [&str; 1] = ["read:organization"];

/// A second account with a token of these scopes, in these teams of `acme`.
pub(super) async fn asker(
    stage: &mut Stage,
    login: &str,
    teams: &[&str],
    scopes: &[&str],
) -> String {
    stage.forge.add_user(login).await;
    for team in teams {
        stage.member(team, login, true).await;
    }
    stage.forge.new_token(login, scopes).await
}

/// The bot asks as somebody else from now on; gives as whom it came before.
pub(super) async fn asks_as(stage: &mut Stage, login: &str, token: String) -> Cast {
    let identities = ASKED_BY_ANOTHER.replace("{login}", login);
    with(stage, &identities, "ASKER_TOKEN", token).await
}

/// The bot comes back with these identities and one more token; gives as whom it came before.
pub(super) async fn with(
    stage: &mut Stage,
    identities: &str,
    variable: &'static str,
    token: String,
) -> Cast {
    let mut cast = stage.cast();
    identities.clone_into(&mut cast.identities);
    cast.tokens.push((variable, token));
    stage.recast(cast).await
}

/// The bot comes by way of a proxy; gives as whom it came before.
pub(super) async fn comes_through(stage: &mut Stage, proxy: &Proxy) -> Cast {
    let mut cast = stage.cast();
    cast.url.clone_from(&proxy.url);
    stage.recast(cast).await
}

/// An approval that cannot be verified, for exactly this cause and with this repair. Bob asks, as
/// whom the bot itself never comes.
pub(super) async fn cannot_verify(stage: &mut Stage, cause: &str, words: &[&str]) -> Pull {
    let pull = stage.pull("alice").await;
    stage.approve(&pull, "quinn").await;
    let verdict = "`qa-review` cannot be verified";
    let reply = stage.says(&pull, "bob", "/refire qa", verdict).await;
    assert_eq!(causes(&reply), [cause], "{reply}");
    for words in words {
        assert!(reply.contains(words), "“{words}” is not said: {reply}");
    }
    let head = stage.head(&pull).await;
    stage.was_never_green(&pull, &head, "qa-review").await;
    pull
}

/// What a site administrator changes about an account.
async fn becomes(stage: &Stage, login: &str, state: &str, on: bool) {
    let mut change = json!({"source_id": 0, "login_name": login});
    change[state] = json!(on);
    let path = format!("/admin/users/{login}");
    stage.forge.patch("root", &path, change).await;
}

pub(super) async fn revoked(stage: &mut Stage) {
    let token = asker(stage, "ada", &["qa"], &ASKER).await;
    let before = asks_as(stage, "ada", token.clone()).await;
    stage.forge.revoke("ada", &token).await;
    cannot_verify(
        stage,
        "token-invalid",
        &[
            "the token of `ada` is missing, revoked or mistyped",
            "ssue a new token for `ada`",
        ],
    )
    .await;
    stage.recast(before).await;
}

pub(super) async fn without_scope(stage: &mut Stage) {
    let token = asker(stage, "ben", &["qa"], &["read:issue"]).await;
    let before = asks_as(stage, "ben", token).await;
    let lacks = "the token of `ben` lacks the scope `read:organization`";
    cannot_verify(
        stage,
        "scope-missing",
        &[lacks, "ssue a new token for `ben`"],
    )
    .await;
    stage.recast(before).await;
}

pub(super) async fn not_in_the_team(stage: &mut Stage) {
    let token = asker(stage, "cleo", &["engineers"], &ASKER).await;
    let before = asks_as(stage, "cleo", token).await;
    let outside = "`cleo` is in the organisation `acme`, not in the team `acme/qa`";
    let pull = cannot_verify(stage, "bot-not-in-team", &[outside]).await;
    stage.member("qa", "cleo", true).await;
    let satisfied = "`qa-review` is satisfied";
    stage.says(&pull, "alice", "/refire qa", satisfied).await;
    stage.member("qa", "cleo", false).await;
    let again = "`qa-review` cannot be verified";
    stage.says(&pull, "alice", "/refire qa", again).await;
    stage.recast(before).await;
}

pub(super) async fn not_in_the_organisation(stage: &mut Stage) {
    let token = asker(stage, "dora", &[], &ASKER).await;
    let before = asks_as(stage, "dora", token).await;
    let outside = "`dora` is in no team of the organisation `acme`";
    cannot_verify(stage, "bot-not-in-org", &[outside]).await;
    stage.recast(before).await;
}

/// A private organisation, which a token that is limited to public things cannot list.
pub(super) async fn public_only(stage: &mut Stage) {
    let private = json!({"username": "cellar", "visibility": "private"});
    stage.forge.post("olivia", "/orgs", private).await;
    let team = json!({"name": "qa", "permission": "write", "units_map": {"repo.code": "write"}});
    let team = stage.forge.post("olivia", "/orgs/cellar/teams", team).await;
    stage.forge.add_user("emil").await;
    world::put_member(&stage.forge, number(&team["id"]), "emil").await;
    let scopes = ["public-only", "read:organization"];
    let token = stage.forge.new_token("emil", &scopes).await;
    let mut cast = stage.cast();
    let identities = ASKED_BY_ANOTHER.replace("{login}", "emil");
    cast.identities =
        format!("{identities}[gates.qa-review]\nteam = \"cellar/qa\"\naliases = [\"qa\"]\n");
    cast.tokens.push(("ASKER_TOKEN", token));
    let before = stage.recast(cast).await;
    let limited = "the token of `emil` is limited to public things";
    cannot_verify(stage, "public-only-token", &[limited, "“public only”"]).await;
    stage.recast(before).await;
}

pub(super) async fn blocked(stage: &mut Stage) {
    let token = asker(stage, "finn", &["qa"], &ASKER).await;
    let before = asks_as(stage, "finn", token).await;
    // What an inactive account is told depends on the server's settings; both are its state.
    let states = [
        ("active", false, "the account `finn` is "),
        ("prohibit_login", true, "is prohibited from signing in"),
        ("must_change_password", true, "must change its password"),
    ];
    for (state, on, says) in states {
        becomes(stage, "finn", state, on).await;
        cannot_verify(stage, "account-blocked", &["the account `finn` ", says]).await;
        becomes(stage, "finn", state, !on).await;
    }
    stage.recast(before).await;
}

pub(super) async fn team_deleted(stage: &mut Stage) {
    let team = world::add_team(&stage.forge, "shortlived", "write").await;
    world::put_member(&stage.forge, team, "refire").await;
    world::put_member(&stage.forge, team, "quinn").await;
    let more = "[gates.qa-review]\nteam = \"shortlived\"\naliases = [\"qa\"]\n";
    stage.anew(more).await;
    let pull = stage.pull("alice").await;
    stage.approve(&pull, "quinn").await;
    stage.gate(&pull, "qa-review", "success", "quinn").await;
    let path = format!("/teams/{team}");
    stage.forge.delete("olivia", &path).await;
    let unknown = "there is no team `acme/shortlived`";
    cannot_verify(
        stage,
        "team-unknown",
        &[unknown, "`team` in the bot's configuration"],
    )
    .await;
    stage.anew("").await;
}

pub(super) async fn proxied(stage: &mut Stage) {
    let proxy = Proxy::before(&stage.forge.url);
    let before = comes_through(stage, &proxy).await;
    proxy.is(Mood::Forbids("/teams/"));
    let answered = "a proxy in front of Gitea answered";
    let pull = cannot_verify(
        stage,
        "proxy-in-between",
        &[answered, "tinyproxy", "User-Agent"],
    )
    .await;
    proxy.is(Mood::Open);
    let satisfied = "`qa-review` is satisfied";
    stage.says(&pull, "alice", "/refire qa", satisfied).await;
    stage.recast(before).await;
}

pub(super) async fn away(stage: &mut Stage) {
    let mut proxy = Proxy::before(&stage.forge.url);
    let before = comes_through(stage, &proxy).await;
    proxy.is(Mood::Away("/teams/"));
    cannot_verify(stage, "forge-unavailable", &["Gitea did not answer"]).await;
    // Now nobody listens there any more: nothing can be said, and nothing is lost.
    let pull = stage.pull("alice").await;
    stage.approve(&pull, "quinn").await;
    proxy.is(Mood::Open);
    proxy.stops();
    let nobody = async || {
        proxy
            .is_gone()
            .then_some(())
            .ok_or_else(|| proxy.url.clone())
    };
    stage.until("nobody listens", nobody).await;
    let asked = stage.comment(&pull, "alice", "/refire qa").await;
    stage.heard().await;
    proxy.comes_back();
    stage.answer(&pull, asked, "`qa-review` is satisfied").await;
    stage.recast(before).await;
}
