//! A bot that observes writes nothing, whatever happens; and one that acts afterwards answers nothing
//! late.

use crate::stage::{Stage, trail};
use forge::{Posting, PullHandle};
use refire::decide::evaluation::{Evaluation, Trigger};
use std::path::Path;
use std::time::Duration;

const OBSERVE: &str = "[sweep]\nevery = \"off\"\nreconcile = \"off\"\n";
const QA: &str = "qa-review / approved (pull_request)";

/// The configuration with the mode, which stands in a table that the stage begins itself.
async fn stage(trail: &Path) -> Stage {
    let mut stage = Stage::bare(
        forge::Forge::start(forge::Version::V1_26).await,
        OBSERVE,
        crate::stage::tempo(),
    );
    stage.mode = "observe";
    stage.trail = trail::open(trail);
    stage.enter().await;
    stage
}

/// What was decided about pull requests. Of an issue nothing is.
fn evaluations(trail: &Path) -> Vec<Evaluation> {
    let evaluations = trail::evaluations(trail).into_iter();
    evaluations.filter(|it| it.head.is_some()).collect()
}

/// How often comments were evaluated.
fn asked(trail: &Path) -> usize {
    let triggers = evaluations(trail).into_iter().flat_map(|it| it.triggers);
    triggers
        .filter(|trigger| matches!(trigger, Trigger::Comment { .. }))
        .count()
}

/// What the bot has sent that could have changed anything.
fn writes(stage: &Stage) -> Vec<String> {
    let calls = stage.forge.calls();
    let writes = calls.iter().filter(|call| call.is_write());
    writes.map(forge::Call::name).collect()
}

/// The old scripts post.
fn script(pull: &PullHandle, context: &str, state: &str) {
    let posting = Posting {
        context,
        state,
        description: "by the script",
    };
    pull.repo().status(&pull.head(), "svc", &posting);
}

/// After so long, what was taken in and done is removed.
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

#[tokio::test]
async fn a_bot_that_observes_writes_nothing_and_says_in_the_trail_what_it_would_have() {
    let trail = tempfile::tempdir().expect("a directory");
    let mut stage = stage(trail.path()).await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    script(&pull, QA, "success");
    stage.quiet().await;
    pull.comment("bob", "/refire qa");
    pull.comment("quinn", "/sop-n/a qa nothing to test");
    pull.comment("bob", "/refire tests");
    stage.quiet().await;
    pull.approved_by("quinn");
    stage.quiet().await;
    pull.push("alice");
    stage.quiet().await;
    assert_eq!(writes(&stage), Vec::<String>::new());
    assert!(pull.comments_by("refire").is_empty());
    let all = evaluations(trail.path());
    assert!(all.iter().all(|evaluation| evaluation.observed));
    let posts = all.iter().flat_map(|it| &it.statuses);
    let would: Vec<String> = posts
        .filter(|status| status.context == QA)
        .map(|status| format!("{}: {}", status.state, status.description))
        .collect();
    assert!(
        would.iter().any(|it| it.starts_with("pending: waits")),
        "{would:?}"
    );
    assert!(
        would.iter().any(|it| it.starts_with("success: ")),
        "{would:?}"
    );
    let answers: usize = all.iter().map(|it| it.answers.len()).sum();
    assert_eq!((asked(trail.path()), answers), (3, 3));
    // Sweeps, and a restart, evaluate no comment again.
    stage.sweep().await;
    stage.sweep().await;
    stage.leave().await;
    stage.enter().await;
    stage.sweep().await;
    stage.sweep().await;
    assert_eq!(writes(&stage), Vec::<String>::new());
    assert_eq!(asked(trail.path()), 3);
}

#[tokio::test]
async fn a_comment_that_is_heard_again_years_later_is_not_evaluated_again() {
    let trail = tempfile::tempdir().expect("a directory");
    let mut stage = stage(trail.path()).await;
    let pull = stage.forge.pull("alice");
    pull.comment("bob", "/refire qa");
    let issue = stage.forge.repo("acme/widget").issue("alice", "A question");
    issue.comment("bob", "/refire qa");
    stage.quiet().await;
    let before = evaluations(trail.path()).len();
    assert_eq!(writes(&stage), Vec::<String>::new());
    stage.calls();
    stage.forgets_after(YEAR).await;
    stage.sweep().await;
    assert!(
        stage
            .forge
            .calls()
            .iter()
            .any(|it| it.path.contains("/timeline")),
        "it was not heard again"
    );
    let looked = asked(trail.path());
    assert_eq!((looked, evaluations(trail.path()).len() - before), (1, 0));
    assert_eq!(writes(&stage), Vec::<String>::new());
}

#[tokio::test]
async fn a_bot_that_acts_afterwards_posts_what_is_due_and_answers_nothing_late() {
    let trail = tempfile::tempdir().expect("a directory");
    let mut stage = stage(trail.path()).await;
    let pull = stage.forge.pull("alice");
    script(&pull, QA, "failure");
    stage.quiet().await;
    let before = pull.comment("bob", "/refire qa");
    stage.quiet().await;
    assert_eq!(writes(&stage), Vec::<String>::new());
    stage.leave().await;
    stage.mode = "act";
    stage.enter().await;
    let waits = "pending: waits for an approval by someone of acme/qa";
    stage
        .until("it posts by itself", || stage.qa(&pull) == waits)
        .await;
    stage.sweep().await;
    stage.forgets_after(YEAR).await;
    stage.sweep().await;
    let told: Vec<String> = pull
        .comments_by("refire")
        .into_iter()
        .map(|it| it.body)
        .collect();
    assert_eq!(told, Vec::<String>::new(), "something was answered late");
    // What is asked from now on is answered, and so is what is asked anew.
    assert!(
        stage
            .says(&pull, "bob", "/refire qa")
            .await
            .contains("qa-review")
    );
    pull.edit_comment(before, "bob", "/refire security");
    stage.quiet().await;
    assert_eq!(crate::stage::answers(&pull, before), 1);
}
