//! Approvals, and why each of them counts or does not.

use crate::stage::Stage;

#[tokio::test]
async fn an_approval_by_a_member_satisfies_the_gate() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    println!("{}", stage.statuses(&pull));
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    println!("{reply}");
    let reply = stage.says(&pull, "alice", "/whoami-teams").await;
    println!("{reply}");
    let reply = stage
        .says(&pull, "sam", "/sop-n/a security-review docs only")
        .await;
    println!("{reply}");
    println!("{}", stage.statuses(&pull));
}
