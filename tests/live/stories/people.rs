//! People and teams that are not who they were.

use crate::stage::Stage;
use crate::words::causes;
use crate::world;
use serde_json::json;

pub(super) async fn renamed(stage: &mut Stage) {
    let first = stage.pull("alice").await;
    stage.approve(&first, "tim").await;
    stage
        .gate(&first, "qa-review", "success", "approved by tim")
        .await;
    stage
        .forge
        .post(
            "root",
            "/admin/users/tim/rename",
            json!({"new_username": "timothy"}),
        )
        .await;
    stage.forge.call_from_now_on("tim", "timothy");
    stage
        .says(
            &first,
            "alice",
            "/refire qa",
            "`qa-review` is satisfied**: `timothy`",
        )
        .await;

    stage.forge.add_user("tim").await;
    stage.member("engineers", "tim", true).await;
    let second = stage.pull("alice").await;
    stage.approve(&second, "tim").await;
    stage
        .says(&second, "alice", "/refire qa", "`tim` approved")
        .await;
    stage.gate(&second, "qa-review", "pending", "waits").await;
    let head = stage.head(&second).await;
    stage.was_never_green(&second, &head, "qa-review").await;
}

pub(super) async fn deleted(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage.approve(&pull, "gus").await;
    stage
        .gate(&pull, "qa-review", "success", "approved by gus")
        .await;
    // The bot may hear of it before or after its writer is gone.
    stage.comment(&pull, "gus", "/sop-n/a qa docs").await;
    stage.forge.delete("olivia", "/orgs/acme/members/gus").await;
    stage.forge.delete("root", "/admin/users/gus").await;
    stage
        .says(&pull, "alice", "/refire qa", "waits for an approval")
        .await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    stage.approve(&pull, "quinn").await;
    stage
        .gate(&pull, "qa-review", "success", "approved by quinn")
        .await;
}

pub(super) async fn team_renamed(stage: &mut Stage) {
    let before = stage.pull("alice").await;
    stage.approve(&before, "quinn").await;
    stage
        .gate(&before, "qa-review", "success", "approved by quinn")
        .await;

    let old = stage.teams["qa"];
    let path = format!("/teams/{old}");
    stage
        .forge
        .patch(
            "olivia",
            &path,
            json!({"name": "testers", "permission": "write"}),
        )
        .await;
    let new = world::add_team(&stage.forge, "qa", "write").await;
    for member in ["nina", "refire"] {
        world::put_member(&stage.forge, new, member).await;
    }
    let pull = stage.pull("alice").await;
    stage.approve(&pull, "nina").await;
    stage
        .says(&pull, "alice", "/refire qa", "`nina` of `acme/qa` approved")
        .await;
    // From here on the name is known to belong to the new team.
    stage
        .says(&before, "alice", "/refire qa", "not in `acme/qa`")
        .await;
    stage.gate(&before, "qa-review", "pending", "waits").await;

    stage.forge.delete("olivia", &format!("/teams/{new}")).await;
    let reply = stage
        .says(&pull, "alice", "/refire qa", "cannot be verified")
        .await;
    assert_eq!(causes(&reply), ["team-unknown"], "{reply}");
    stage
        .gate(&pull, "qa-review", "pending", "cannot verify")
        .await;
    stage
        .forge
        .patch(
            "olivia",
            &path,
            json!({"name": "qa", "permission": "write"}),
        )
        .await;
    stage
        .says(
            &before,
            "alice",
            "/refire qa",
            "`quinn` of `acme/qa` approved",
        )
        .await;
}

/// Names that nobody has any more, asked about where outsiders do not read along.
pub(super) async fn nobody(stage: &mut Stage) {
    let mut cast = stage.cast();
    let scopes = [&world::SCOPES[..], &["read:user"]].concat();
    let token = stage.forge.new_token("refire", &scopes).await;
    cast.tokens = vec![("REFIRE_TOKEN", token.clone())];
    let before = stage.recast(cast).await;
    for name in ["ivan", "jana"] {
        stage.forge.add_user(name).await;
    }
    let pull = stage.pull("alice").await;
    let path = format!("/repos/{}", pull.repo);
    let private = json!({"private": true});
    stage.forge.patch("olivia", &path, private).await;
    for name in ["ivan", "jana"] {
        let asked = format!("/whoami-teams {name}");
        let known = format!("`{name}`");
        let reply = stage.says(&pull, "quinn", &asked, &known).await;
        assert!(!reply.contains("user-unknown"), "{name} is there: {reply}");
    }
    let renamed = json!({"new_username": "ivo"});
    let path = "/admin/users/ivan/rename";
    stage.forge.post("root", path, renamed).await;
    stage.forge.delete("root", "/admin/users/jana").await;
    for name in ["ivan", "jana"] {
        let asked = format!("/whoami-teams {name}");
        let gone = format!("there is no account `{name}`");
        let reply = stage.says(&pull, "quinn", &asked, &gone).await;
        assert!(reply.contains("`user-unknown`"), "{reply}");
    }
    stage.recast(before).await;
    stage.forge.revoke("refire", &token).await;
}
