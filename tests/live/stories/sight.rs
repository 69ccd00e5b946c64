//! What the bot may see, and whom it hears.

use crate::stage::Stage;
use crate::words::causes;
use serde_json::json;

/// Whoever is in one of these teams may waive `qa-review`; the bot is in the second one only.
const TWO_TEAMS: &str = r#"
[gates.qa-review]
team = "qa"
waivers = ["engineers", "qa"]
aliases = ["qa"]
"#;

/// A team of an organisation that the bot is not in.
const ELSEWHERE: &str = r#"
[gates.qa-review]
team = "guild/qa"
aliases = ["qa"]
"#;

pub(super) async fn two_teams(stage: &mut Stage) {
    stage.anew(TWO_TEAMS).await;
    let pull = stage.pull("alice").await;
    let accepted = "is declared not applicable** by `quinn` of `acme/qa`";
    stage
        .says(&pull, "quinn", "/sop-n/a qa docs", accepted)
        .await;
    stage.gate(&pull, "qa-review", "success", "quinn").await;

    // Of bob it is not known: the only team that he is in is one that the bot may not see.
    let other = stage.pull("alice").await;
    let unknown = "`qa-review` cannot be verified";
    let reply = stage.says(&other, "bob", "/sop-n/a qa docs", unknown).await;
    assert_eq!(causes(&reply), ["bot-not-in-team"], "{reply}");
    let repair = "Add `refire` to the team `acme/engineers`; an owner of `acme` can: `";
    assert!(reply.contains(repair), "the repair is missing: {reply}");
    let head = stage.head(&other).await;
    stage.was_never_green(&other, &head, "qa-review").await;
    stage.member("engineers", "refire", true).await;
    let accepted = "is declared not applicable** by `bob` of `acme/engineers`";
    stage
        .says(&other, "bob", "/sop-n/a qa docs", accepted)
        .await;
    stage.gate(&other, "qa-review", "success", "bob").await;
    stage.member("engineers", "refire", false).await;
    stage.anew("").await;
}

pub(super) async fn elsewhere(stage: &mut Stage) {
    let guild = json!({"username": "guild", "visibility": "public"});
    stage.forge.post("olivia", "/orgs", guild).await;
    stage.anew(ELSEWHERE).await;
    let pull = stage.pull("alice").await;
    stage.approve(&pull, "quinn").await;
    let unknown = "`qa-review` cannot be verified";
    let reply = stage.says(&pull, "alice", "/refire qa", unknown).await;
    assert_eq!(causes(&reply), ["bot-not-in-org"], "{reply}");
    let repair = "Add `refire` to the team `guild/qa`; an owner of `guild` can: `";
    assert!(reply.contains(repair), "the repair is missing: {reply}");
    let head = stage.head(&pull).await;
    stage.was_never_green(&pull, &head, "qa-review").await;
    stage.anew("").await;
}

pub(super) async fn itself(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage.approve(&pull, "refire").await;
    // The bot is a member of acme/qa, and does not listen to itself.
    stage.comment(&pull, "refire", "/sop-n/a qa docs").await;
    stage
        .says(&pull, "alice", "/refire qa", "the bot itself")
        .await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    let head = stage.head(&pull).await;
    stage.was_never_green(&pull, &head, "qa-review").await;
    assert_eq!(stage.count(&pull).await, 2, "its comment and one reply");
}

pub(super) async fn twice(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    let repository = format!("/repos/{}", pull.repo);
    stage.hook("olivia", &repository).await;
    for _ in 0..3 {
        stage
            .says(&pull, "alice", "/refire qa", "waits for an approval")
            .await;
    }
    // With the last answer, both deliveries of the first comment have long come in.
    stage.quiet().await;
    assert_eq!(stage.count(&pull).await, 3, "three comments, three replies");
}

pub(super) async fn check(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage.approve(&pull, "quinn").await;
    stage.gate(&pull, "qa-review", "success", "quinn").await;
    let (code, told) = stage.check(&pull, &["--gate", "qa-review", "--json"]).await;
    assert_eq!(code, Some(0), "qa-review is satisfied: {told}");
    let told: serde_json::Value = serde_json::from_str(&told).unwrap_or_default();
    assert_eq!(told["gates"][0]["verdict"], "satisfied", "{told}");
    let (code, told) = stage.check(&pull, &[]).await;
    assert_eq!(code, Some(1), "security-review is missing: {told}");
    stage.member("qa", "refire", false).await;
    let (code, told) = stage.check(&pull, &[]).await;
    stage.member("qa", "refire", true).await;
    assert_eq!(code, Some(2), "the bot may not see acme/qa: {told}");
    stage.quiet().await;
    assert_eq!(stage.count(&pull).await, 0, "it writes nothing");
}
