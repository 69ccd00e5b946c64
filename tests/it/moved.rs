//! Truth that changes without a command: branches that go and come back, forks that go, repositories
//! that get another name or another owner, all of it at any moment of an evaluation.

use crate::stage::{Stage, answers, holds, replies, tempo};
use forge::{Fault, Forge, PullHandle, Version};
use std::time::Duration;

const BY_QUINN: &str = "success: approved by quinn of acme/qa";
const WAITS: &str = "pending: waits for an approval by someone of acme/qa";
const NO_TEAMS: &str = "pending: cannot verify whether quinn counts: the owner is a person and has no teams; type /refire qa-review for the repair";
const CLOSED: &str = "pending: withdrawn: the pull request was closed";
const MOVED_ON: &str = "pending: withdrawn: the head moved on";
const LATE: &str = "pending: Gitea has not recorded the last push yet; looking again";

/// The steps of an evaluation of a pull request of `acme/widget`, as calls that it makes.
const STEPS: [&str; 6] = [
    "GET /repos/acme/widget/pulls/1",
    "GET /repos/acme/widget/pulls/1/reviews",
    "GET /repos/acme/widget/issues/1/timeline",
    "GET /teams/",
    "POST /repos/acme/widget/statuses/",
    "POST /repos/acme/widget/issues/1/comments",
];

/// The successes that stand at the head, but for the list of declarations, which always is one.
fn greens(pull: &PullHandle) -> Vec<String> {
    let rows = pull.statuses().into_iter();
    let green = rows.filter(|row| row.state == "success" && !row.context.starts_with("sop-"));
    green
        .map(|row| format!("{}: {}", row.state, row.description))
        .collect()
}

/// Something happens right before each of those calls in turn, on a stage of its own; gives the stage
/// and the pull request when everything is answered, and what was asked.
async fn at_every_step(
    open: impl Fn(&Stage) -> PullHandle,
    happens: impl Fn(&PullHandle) + Send + Clone + 'static,
    then: impl AsyncFnMut(&mut Stage, &PullHandle, forge::CommentId, &str),
) {
    let stage = async || Stage::set().await;
    at_every_step_on(stage, open, happens, then).await;
}

/// The same on other stages.
async fn at_every_step_on(
    stage: impl AsyncFn() -> Stage,
    open: impl Fn(&Stage) -> PullHandle,
    happens: impl Fn(&PullHandle) + Send + Clone + 'static,
    mut then: impl AsyncFnMut(&mut Stage, &PullHandle, forge::CommentId, &str),
) {
    for step in STEPS {
        let mut stage = stage().await;
        let pull = open(&stage);
        pull.approved_by("quinn");
        stage.quiet().await;
        assert_eq!(greens(&pull), [BY_QUINN], "{step}");
        let (happens, on) = (happens.clone(), pull.clone());
        let whole = step.ends_with(|c: char| c.is_ascii_digit());
        let call = if whole {
            format!("{step}*")
        } else {
            String::from(step)
        };
        stage.forge.before(&call, 1, move |_| happens(&on));
        let asked = pull.comment("alice", "/refire qa");
        stage.quiet().await;
        then(&mut stage, &pull, asked, step).await;
    }
}

/// What happens closes the pull request: its green is taken back, and what was asked is answered.
async fn closed_at_every_step(
    open: impl Fn(&Stage) -> PullHandle,
    happens: impl Fn(&PullHandle) + Send + Clone + 'static,
) {
    at_every_step(open, happens, async |stage, pull, asked, step| {
        assert!(!pull.look().open, "{step}");
        assert_eq!(stage.qa(pull), CLOSED, "{step}");
        assert_eq!(answers(pull, asked), 1, "{step}");
    })
    .await;
}

// ---- branches ----

#[tokio::test]
async fn a_head_branch_that_is_deleted_takes_the_green_back_and_restored_gives_it_back() {
    for version in [Version::V1_23, Version::V1_26] {
        let stage = Stage::on(version, "").await;
        let pull = stage.approved().await;
        assert_eq!(stage.qa(&pull), BY_QUINN);
        pull.delete_branch("alice");
        stage.quiet().await;
        assert_eq!(stage.qa(&pull), CLOSED);
        pull.restore_branch("alice");
        stage.quiet().await;
        assert_eq!(stage.qa(&pull), CLOSED, "it stays closed");
        pull.reopen("alice");
        stage.quiet().await;
        assert_eq!(stage.qa(&pull), BY_QUINN);
        assert!(replies(&pull).is_empty(), "nobody asked");
    }
}

#[tokio::test]
async fn a_head_branch_that_goes_during_an_evaluation_leaves_no_green_behind() {
    let open = |stage: &Stage| stage.forge.pull("alice");
    let goes = |pull: &PullHandle| pull.delete_branch("alice");
    closed_at_every_step(open, goes).await;
}

/// The server closes what a deleted branch leaves from a queue.
#[tokio::test]
async fn while_a_pull_request_without_its_branch_is_still_open_it_is_what_was_approved() {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    stage.forge.hold_timeline();
    pull.delete_branch("alice");
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(&reply, &["**`qa-review` is satisfied**"]);
    assert_eq!(stage.qa(&pull), BY_QUINN);
    stage.forge.release_timeline();
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), CLOSED);
}

#[tokio::test]
async fn a_head_branch_that_comes_back_with_other_code_is_green_for_nobodys_approval_of_it() {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    let before = pull.head();
    let other = pull.repo().commit_on(&before, "alice");
    pull.delete_branch("alice");
    pull.recreate_branch_at(&other, "alice");
    pull.reopen("alice");
    stage.quiet().await;
    assert_eq!(pull.head(), other);
    assert_eq!(stage.qa(&pull), LATE);
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(
        &reply,
        &["Gitea moved the head but has not recorded the push yet"],
    );
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), LATE);
    pull.push("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
}

/// The API reopens without looking for the branch, and a branch that is made anew tells nobody.
#[tokio::test]
async fn what_is_reopened_without_its_branch_is_not_green_for_the_code_that_takes_its_place() {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    let before = pull.head();
    let other = pull.repo().commit_on(&before, "alice");
    pull.delete_branch("alice");
    pull.reopen("alice");
    stage.quiet().await;
    assert_eq!((stage.qa(&pull).as_str(), pull.head()), (BY_QUINN, before));
    pull.recreate_branch_at(&other, "alice");
    stage.quiet().await;
    assert_eq!(
        (stage.qa(&pull).as_str(), pull.head()),
        ("no status", other)
    );
    stage.says(&pull, "alice", "/refire qa").await;
    assert_eq!(stage.qa(&pull), LATE);
}

// ---- rebases ----

/// The base goes on, and the commits are made anew on top of it. The changes are the same, so Gitea calls
/// the approval neither stale nor dismissed.
fn rebase(pull: &PullHandle) {
    pull.repo().push(&pull.base(), "bob");
    pull.rebase("alice");
}

/// The newest row of `qa-review` at the commit that quinn approved first.
fn at_the_approved(pull: &PullHandle) -> String {
    let reviews = pull.reviews();
    let rows = pull.repo().status_rows(&reviews[0].commit);
    let newest = rows
        .iter()
        .rfind(|row| row.context.starts_with("qa-review"));
    newest.map_or_else(String::new, |row| {
        format!("{}: {}", row.state, row.description)
    })
}

#[tokio::test]
async fn a_rebase_ends_the_approval_though_gitea_does_not_call_it_stale_and_takes_the_green_back() {
    for version in Version::ALL {
        let stage = Stage::on(version, "").await;
        let pull = stage.approved().await;
        let left = pull.head();
        assert_eq!(stage.qa(&pull), BY_QUINN);
        rebase(&pull);
        stage.quiet().await;
        assert_ne!(pull.head(), left);
        let review = &pull.reviews()[0];
        assert_eq!((review.stale, review.dismissed), (false, false));
        assert_eq!(stage.qa(&pull), WAITS, "{version:?}");
        assert_eq!(at_the_approved(&pull), MOVED_ON, "{version:?}");
        pull.approved_by("quinn");
        stage.quiet().await;
        assert_eq!(stage.qa(&pull), BY_QUINN, "{version:?}");
    }
}

/// A rebase right before each step: what was asked is answered once, the code that it made was never green,
/// and the code that was left is not green any more. `late`: Gitea records the push when all is quiet.
async fn rebased_at_every_step(late: bool) {
    let open = move |stage: &Stage| {
        let pull = stage.forge.pull("alice");
        if late {
            stage.forge.hold_timeline();
        }
        pull
    };
    at_every_step(open, rebase, async |stage, pull, asked, step| {
        assert_ne!(pull.head(), pull.reviews()[0].commit, "{step}");
        stage.forge.release_timeline();
        stage.quiet().await;
        assert_eq!(stage.qa(pull), WAITS, "{step}");
        let rows = pull.status_rows();
        let mut of_gate = rows.iter().filter(|row| row.context.starts_with("qa"));
        assert!(
            of_gate.all(|row| row.state == "pending"),
            "{step}: {rows:#?}"
        );
        let left = at_the_approved(pull);
        assert!(left.starts_with("pending"), "{step}: {left}");
        assert_eq!(answers(pull, asked), 1, "{step}");
    })
    .await;
}

#[tokio::test]
async fn a_rebase_during_an_evaluation_leaves_no_green_for_the_code_that_it_made() {
    rebased_at_every_step(false).await;
}

#[tokio::test]
async fn a_rebase_during_an_evaluation_that_is_recorded_late_leaves_no_green_either() {
    rebased_at_every_step(true).await;
}

// ---- bases ----

/// A pull request whose base can be changed to `release`.
fn open_beside_release(stage: &Stage) -> PullHandle {
    let pull = stage.forge.pull("alice");
    pull.repo().branch("release");
    pull
}

fn to_release(pull: &PullHandle) {
    pull.retarget("release", "eve");
}

/// An approval for another base does not count, whenever the base is changed: in the end everything stands
/// as if nobody had looked meanwhile.
#[tokio::test]
async fn a_base_that_is_changed_during_an_evaluation_leaves_no_green_that_was_approved_for_another()
{
    let stage = Stage::set().await;
    let pull = open_beside_release(&stage);
    pull.approved_by("quinn");
    stage.quiet().await;
    to_release(&pull);
    stage.quiet().await;
    stage.says(&pull, "alice", "/refire qa").await;
    let without_a_race = stage.statuses(&pull);
    assert_eq!(stage.qa(&pull), WAITS);
    at_every_step(
        open_beside_release,
        to_release,
        async |stage, pull, asked, step| {
            assert_eq!(pull.base(), "release", "{step}");
            assert_eq!(stage.statuses(pull), without_a_race, "{step}");
            assert_eq!(answers(pull, asked), 1, "{step}");
            pull.approved_by("quinn");
            stage.quiet().await;
            assert_eq!(stage.qa(pull), BY_QUINN, "{step}: approved for this base");
        },
    )
    .await;
}

/// Where nothing guards the other branch, nobody looks there again: what stands is taken back.
#[tokio::test]
async fn a_base_that_nothing_guards_during_an_evaluation_leaves_no_green_for_the_way_back() {
    let guarded = "[pulls]\nbase_branches = [\"main\"]\n";
    at_every_step_on(
        async || Stage::with(guarded).await,
        open_beside_release,
        to_release,
        async |stage, pull, asked, step| {
            assert_eq!(pull.base(), "release", "{step}");
            let stands = stage.qa(pull);
            assert!(stands.starts_with("pending"), "{step}: {stands}");
            assert_eq!(answers(pull, asked), 1, "{step}");
            pull.retarget("main", "eve");
            stage.quiet().await;
            assert_eq!(stage.qa(pull), WAITS, "{step}");
        },
    )
    .await;
}

/// Each base has a context of its own on the commit, and the green of the one that was left goes too.
#[tokio::test]
async fn a_base_that_is_changed_during_an_evaluation_leaves_no_green_under_its_own_name() {
    let per_base =
        "[gates.qa-review]\nteam = \"qa\"\naliases = [\"qa\"]\ncontexts = [\"qa / {base}\"]\n";
    at_every_step_on(
        async || Stage::with(per_base).await,
        open_beside_release,
        to_release,
        async |_, pull, asked, step| {
            assert_eq!(greens(pull), Vec::<String>::new(), "{step}");
            let of_base = |base: &str| pull.status(&format!("qa / {base}")).is_some();
            assert!(of_base("main") && of_base("release"), "{step}");
            assert_eq!(answers(pull, asked), 1, "{step}");
        },
    )
    .await;
}

// ---- forks ----

#[tokio::test]
async fn a_fork_that_is_deleted_takes_the_green_back_and_what_is_asked_is_answered() {
    let stage = Stage::set().await;
    let pull = stage.forge.new_pull("eve").from_fork().open();
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
    pull.head_repo().delete();
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), CLOSED);
    let reply = stage.says(&pull, "eve", "/refire qa").await;
    holds(&reply, &["**This pull request is closed.**"]);
}

#[tokio::test]
async fn a_fork_that_goes_during_an_evaluation_leaves_no_green_behind() {
    let open = |stage: &Stage| stage.forge.new_pull("eve").from_fork().open();
    let goes = |pull: &PullHandle| pull.head_repo().delete();
    closed_at_every_step(open, goes).await;
}

// ---- names and owners ----

#[tokio::test]
async fn a_repository_that_is_renamed_during_an_evaluation_is_answered_under_its_new_name() {
    let open = |stage: &Stage| stage.forge.pull("alice");
    let goes = |pull: &PullHandle| {
        pull.repo().rename("gizmo");
    };
    at_every_step(open, goes, async |stage, pull, asked, step| {
        assert_eq!(pull.name(), "acme/gizmo#1", "{step}");
        assert_eq!(stage.qa(pull), BY_QUINN, "{step}");
        assert_eq!(answers(pull, asked), 1, "{step}");
        assert_eq!(replies(pull).len(), 1, "{step}");
        holds(&replies(pull)[0], &["**`qa-review` is satisfied**"]);
        assert_goes_on(stage, pull).await;
    })
    .await;
}

/// What is asked afterwards is answered too.
async fn assert_goes_on(stage: &Stage, pull: &PullHandle) {
    pull.push("alice");
    stage.quiet().await;
    assert_eq!(stage.qa(pull), WAITS);
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(pull), BY_QUINN);
    let reply = stage.says(pull, "alice", "/refire qa").await;
    holds(&reply, &["**`qa-review` is satisfied**"]);
}

/// Its teams are those of its owner. What was read before the transfer holds for what was read, and the
/// next look says what it cannot know.
#[tokio::test]
async fn a_repository_that_is_transferred_to_a_person_during_an_evaluation_says_that_teams_are_missing()
 {
    let open = |stage: &Stage| {
        stage.forge.repo("acme/widget").add_writer("refire");
        stage.forge.pull("alice")
    };
    let goes = |pull: &PullHandle| {
        pull.repo().transfer("alice");
    };
    at_every_step(open, goes, async |stage, pull, asked, step| {
        assert_eq!(pull.name(), "alice/widget#1", "{step}");
        let was_read = step.starts_with("POST") || step == "GET /teams/";
        let stands = if was_read { BY_QUINN } else { NO_TEAMS };
        assert_eq!(stage.qa(pull), stands, "{step}");
        assert_eq!(
            (answers(pull, asked), replies(pull).len()),
            (1, 1),
            "{step}"
        );
        let again = pull.comment("bob", "/refire qa");
        stage.sweep().await;
        assert_eq!(stage.qa(pull), NO_TEAMS, "{step}");
        assert_eq!(
            (answers(pull, again), replies(pull).len()),
            (1, 2),
            "{step}"
        );
        holds(&replies(pull)[1], &["**`qa-review` cannot be verified**"]);
    })
    .await;
}

/// A team of the same name is another team there.
#[tokio::test]
async fn a_repository_that_is_transferred_to_another_organisation_is_guarded_by_the_teams_of_that()
{
    let open = |stage: &Stage| {
        let globex = stage.forge.org("globex");
        globex.team("qa").add("quincy").add("refire").may_write();
        globex.team("security").add("refire").may_write();
        stage.forge.pull("alice")
    };
    let goes = |pull: &PullHandle| {
        pull.repo().transfer("globex");
    };
    let stage = async || {
        let both = |stage: &mut Stage| stage.patterns.push("globex/*");
        Stage::prepared(both).await
    };
    at_every_step_on(stage, open, goes, async |stage, pull, asked, step| {
        assert_eq!(pull.name(), "globex/widget#1", "{step}");
        assert_eq!(answers(pull, asked), 1, "{step}");
        pull.comment("bob", "/refire qa");
        stage.sweep().await;
        assert!(!stage.qa(pull).starts_with("success"), "{step}");
        pull.approved_by("quincy");
        pull.comment("bob", "/refire qa");
        stage.sweep().await;
        assert_eq!(
            stage.qa(pull),
            "success: approved by quincy of globex/qa",
            "{step}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_repository_that_is_transferred_out_of_sight_holds_nothing_up() {
    let tempo = refire::worker::tempo::Tempo {
        away: Duration::from_millis(300),
        ..tempo()
    };
    let stage = Stage::paced(Forge::start(Version::V1_26).await, "", tempo).await;
    let pull = stage.approved().await;
    let rows = pull.status_rows().len();
    let on = pull.clone();
    let reviews = "GET /repos/acme/widget/pulls/1/reviews";
    stage.forge.before(reviews, 1, move |_| {
        on.repo().make_private().transfer("eve");
    });
    pull.comment("alice", "/refire qa");
    stage.quiet().await;
    assert_eq!(pull.status_rows().len(), rows);
    assert!(replies(&pull).is_empty(), "it cannot be seen any more");
    let other = stage.forge.new_pull("alice").in_repo("acme/gadget").open();
    let reply = stage.says(&other, "alice", "/refire qa").await;
    holds(&reply, &["waits for an approval"]);
}

#[tokio::test]
async fn whoever_takes_the_name_of_a_renamed_repository_gets_nothing_that_was_meant_for_it() {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    let on = pull.clone();
    let read = "GET /repos/acme/widget/pulls/1";
    stage.forge.before(read, 1, move |forge| {
        on.repo().rename("gizmo");
        let _taken = forge.pull("bob");
    });
    let asked = pull.comment("alice", "/refire qa");
    stage.quiet().await;
    assert_eq!(pull.name(), "acme/gizmo#1");
    assert_eq!(
        (stage.qa(&pull).as_str(), answers(&pull, asked)),
        (BY_QUINN, 1)
    );
    let taken = stage.forge.pull("bob");
    assert_eq!(taken.name(), "acme/widget#2");
    let heard = stage.forge.calls();
    let misled = heard
        .iter()
        .filter(|call| call.method == "POST" && call.path.contains("/acme/widget/issues/"));
    assert_eq!(misled.count(), 0, "nothing was said there");
}

#[tokio::test]
async fn what_waits_to_be_written_does_not_go_to_whoever_takes_the_name() {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    let writes = "POST /repos/*/issues/*/comments";
    stage.forge.fault(Fault::status(writes, 502).times(2));
    let on = pull.clone();
    stage.forge.before(writes, 2, move |forge| {
        on.repo().rename("gizmo");
        assert_eq!(forge.pull("bob").name(), "acme/widget#1");
    });
    let asked = pull.comment("alice", "/refire qa");
    stage.quiet().await;
    assert_eq!(pull.name(), "acme/gizmo#1");
    assert_eq!(answers(&pull, asked), 1);
    let heard = stage.forge.calls();
    let misled = heard.iter().filter(|call| {
        let comments = call.path.ends_with("/acme/widget/issues/1/comments");
        comments && call.method == "POST" && call.status < 300
    });
    assert_eq!(misled.count(), 0, "nothing was written there");
}

#[tokio::test]
async fn two_pull_requests_with_one_head_share_it_after_a_rename_too() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let other = stage
        .forge
        .new_pull("alice")
        .to("next")
        .same_head_as(&pull)
        .open();
    pull.approved_by("quinn");
    stage.quiet().await;
    let waits = "pending: #2 has the same head: waits for an approval by someone of acme/qa";
    assert_eq!(stage.qa(&pull), waits);
    pull.repo().rename("gizmo");
    other.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
}

#[tokio::test]
async fn the_sweep_finds_a_renamed_repository_again_with_what_nobody_told() {
    let mut stage = Stage::set().await;
    let pull = stage.approved().await;
    stage.sweep().await;
    stage.forge.drop_deliveries(true);
    pull.repo().rename("gizmo");
    let asked = pull.comment("alice", "/refire qa");
    stage.sweep().await;
    stage.sweep().await;
    assert_eq!(answers(&pull, asked), 1);
    assert_eq!(stage.qa(&pull), BY_QUINN);
}

#[tokio::test]
async fn a_configured_repository_that_has_left_its_name_does_not_hold_up_the_sweep_of_others() {
    let mut stage = Stage::prepared(|stage| {
        stage.patterns = vec!["acme/widget", "acme/gadget"];
        stage.forge.repo("acme/widget").rename("gizmo");
    })
    .await;
    let pull = stage.forge.new_pull("alice").in_repo("acme/gadget").open();
    stage.quiet().await;
    stage.forge.drop_deliveries(true);
    let asked = pull.comment("alice", "/refire qa");
    stage.sweep().await;
    assert_eq!(answers(&pull, asked), 1);
}

#[tokio::test]
async fn a_command_on_an_issue_is_answered_under_the_repositorys_new_name() {
    let stage = Stage::set().await;
    let issue = stage.forge.repo("acme/widget").issue("alice", "Broken");
    let repo = stage.forge.repo("acme/widget");
    let timeline = "GET /repos/acme/widget/issues/1/timeline";
    stage.forge.before(timeline, 1, move |_| {
        repo.rename("gizmo");
    });
    issue.comment("alice", "/refire qa");
    stage.quiet().await;
    assert_eq!(issue.comments_by("refire").len(), 1);
}
