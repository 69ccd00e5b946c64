//! Every answer stands in the trail, also where no gate was looked at.

use crate::stage::{Stage, tempo, trail};
use forge::{Fault, Forge, Version};
use refire::audit::tell;
use refire::decide::evaluation::{Evaluation, Trigger};
use refire::decide::pace::Rules;
use refire::worker::tempo::Tempo;
use std::path::Path;
use std::time::Duration;

/// A stage whose bot writes down what it decides.
async fn stage(trail: &Path, tempo: Tempo) -> Stage {
    let mut stage = Stage::bare(Forge::start(Version::V1_26).await, "", tempo);
    stage.trail = trail::open(trail);
    stage.enter().await;
    stage
}

/// What was answered without an evaluation.
fn unevaluated(trail: &Path) -> Vec<Evaluation> {
    let evaluations = trail::evaluations(trail).into_iter();
    evaluations.filter(|it| it.gates.is_empty()).collect()
}

#[tokio::test]
async fn that_a_pull_request_could_not_be_read_stands_in_the_trail_with_the_call_that_failed() {
    let trail = tempfile::tempdir().expect("a directory");
    let stage = stage(trail.path(), tempo()).await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let reads = format!("GET /repos/acme/widget/pulls/{}", pull.number());
    stage.forge.fault(Fault::status(&reads, 502).always());
    let asked = pull.comment("alice", "/refire qa");
    let told = || !pull.comments_by("refire").is_empty();
    stage
        .meanwhile("it says that nothing could be read", told)
        .await;
    let mut found = trail::evaluations(trail.path());
    found.retain(|it| it.answers == [asked.to_string()]);
    assert_eq!(found.len(), 1, "{found:#?}");
    let gates = &found[0].gates;
    let unknown = gates.iter().all(|gate| gate.verdict == "unknown");
    assert!(unknown && !gates.is_empty(), "{gates:#?}");
    let asked = refire::model::CommentId::new(asked.get().unsigned_abs());
    assert_eq!(found[0].triggers, [Trigger::Comment { comment: asked }]);
    assert!(
        found[0]
            .calls
            .iter()
            .any(|call| call.path.contains("/pulls/"))
    );
    stage.forge.heal();
    stage.quiet().await;
}

#[tokio::test]
async fn an_answer_on_a_plain_issue_stands_in_the_trail() {
    let trail = tempfile::tempdir().expect("a directory");
    let stage = stage(trail.path(), tempo()).await;
    let issue = stage.forge.repo("acme/widget").issue("alice", "Broken");
    let asked = issue.comment("alice", "/refire qa");
    stage.quiet().await;
    assert_eq!(issue.comments_by("refire").len(), 1);
    let found = unevaluated(trail.path());
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].answers, [asked.to_string()]);
    let entries = trail::entries(trail.path());
    let lines: String = entries.iter().map(tell).collect();
    let first = format!(
        "acme/widget#{}, because of comment {asked}\n",
        issue.number()
    );
    assert!(lines.contains(&first), "{lines}");
}

#[tokio::test]
async fn that_somebody_has_to_wait_stands_in_the_trail() {
    let trail = tempfile::tempdir().expect("a directory");
    let mut tempo = tempo();
    tempo.pace = Some(Rules {
        first: Duration::from_secs(3),
        longest: Duration::from_secs(3),
        hourly: 1,
        ..Rules::default()
    });
    let stage = stage(trail.path(), tempo).await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    for _ in 0..2 {
        pull.comment("alice", "/refire qa");
    }
    let later = || {
        let replies = pull.comments_by("refire");
        replies.iter().any(|it| it.body.contains("within an hour"))
    };
    stage.meanwhile("it says when it is answered", later).await;
    assert_eq!(unevaluated(trail.path()).len(), 1);
    stage.quiet().await;
}
