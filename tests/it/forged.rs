//! Statuses that only the bot may post, posted by somebody else.

use crate::stage::{Stage, holds, key, tempo};
use forge::{Fault, Forge, Posting, Protection, PullHandle, Version};
use refire::memo::{self, ForgedBy};
use state::MemoKey;
use std::time::Duration;

const QA: &str = "qa-review / approved (pull_request)";
const SECURITY: &str = "security-review / approved (pull_request)";
const WAITS: &str = "pending: waits for an approval by someone of acme/qa";

/// The insider posts a status on the head.
fn forge(pull: &PullHandle, by: &str, context: &str, state: &str) {
    let posting = Posting {
        context,
        state,
        description: "approved by quinn of acme/qa",
    };
    pull.repo().status(&pull.head(), by, &posting);
}

#[tokio::test]
async fn a_forged_success_is_posted_over_within_one_event_and_told_once_with_its_name() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), WAITS);
    forge(&pull, "bob", QA, "success");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), WAITS);
    let told = pull.comments_by("refire");
    assert_eq!(told.len(), 1);
    holds(
        &told[0].body,
        &[
            "**`bob` posted a status that only I may post**",
            "`qa-review / approved (pull_request)` as `success`",
        ],
    );
    insta::assert_snapshot!(stage.as_read(&pull));
    let [(_, record)] = &records(&stage, &pull).await[..] else {
        panic!("there is one record");
    };
    assert_eq!(record.login.as_deref(), Some("bob"));
    assert_eq!(record.sha.as_str(), pull.head());
    assert_eq!(record.rows, [(QA.to_owned(), "success".to_owned())]);
    for _ in 0..5 {
        forge(&pull, "bob", QA, "success");
        stage.quiet().await;
        assert_eq!(stage.qa(&pull), WAITS);
    }
    assert_eq!(pull.comments_by("refire").len(), 1, "it was told again");
    assert_eq!(records(&stage, &pull).await.len(), 1);
}

#[tokio::test]
async fn a_forged_list_of_declarations_is_posted_over_too() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let list = "sop-checklist / na-declarations (pull_request)";
    let before = pull.status(list).expect("a list");
    forge(&pull, "bob", list, "failure");
    stage.quiet().await;
    let after = pull.status(list).expect("a list");
    assert_eq!(
        (after.state, after.description),
        (before.state, before.description)
    );
    let told = pull.comments_by("refire");
    assert_eq!(told.len(), 1);
    let said = format!("`{list}` as `failure`");
    holds(&told[0].body, &["**`bob` posted a status that", &said]);
}

#[tokio::test]
async fn a_forged_status_under_a_context_that_names_the_base_is_posted_over_too() {
    let gates = "[gates.qa-review]\nteam = \"qa\"\ncontexts = [\"qa into {base}\"]\n";
    let stage = Stage::with(gates).await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    forge(&pull, "bob", "qa into main", "success");
    stage.quiet().await;
    let row = pull.status("qa into main").expect("a status");
    assert_eq!(format!("{}: {}", row.state, row.description), WAITS);
    holds(
        &pull.comments_by("refire")[0].body,
        &["`qa into main` as `success`"],
    );
}

/// What is kept of forgeries on a pull request.
async fn records(stage: &Stage, pull: &PullHandle) -> Vec<(MemoKey, ForgedBy)> {
    let all = memo::all_of_pull::<ForgedBy>(key(pull));
    let kept = memo::recall_all::<ForgedBy>(&*stage.store, &all, 9).await;
    kept.expect("a store")
}

#[tokio::test]
async fn each_account_that_forges_is_named_and_a_failure_over_a_success_is_forged_too() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    let green = "success: approved by quinn of acme/qa";
    assert_eq!(stage.qa(&pull), green);
    forge(&pull, "bob", QA, "failure");
    forge(&pull, "bob", SECURITY, "success");
    stage.quiet().await;
    forge(&pull, "alice", SECURITY, "success");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), green);
    let told = pull.comments_by("refire");
    let named = |who: &str| told.iter().filter(|it| it.body.contains(who)).count();
    assert_eq!(
        (
            told.len(),
            named("**`bob` posted"),
            named("**`alice` posted")
        ),
        (2, 1, 1)
    );
}

#[tokio::test]
async fn what_an_arrangement_before_the_bot_left_behind_is_posted_over_without_a_word() {
    let mut before = None;
    let mut stage = Stage::prepared(|stage| {
        let pull = stage.forge.pull("alice");
        forge(&pull, "svc", QA, "failure");
        before = Some(pull);
    })
    .await;
    let pull = before.expect("a pull request");
    stage.sweep().await;
    assert_eq!(stage.qa(&pull), WAITS);
    assert!(pull.comments_by("refire").is_empty());
}

#[tokio::test]
async fn a_storm_of_forged_statuses_is_not_answered_more_often_than_the_pace_allows() {
    let (stage, pull) = restored_every(Duration::from_millis(1_500)).await;
    let before = ours(&pull, QA);
    for _ in 0..20 {
        forge(&pull, "bob", QA, "success");
        stage.forge.deliveries_idle().await;
    }
    stage
        .until("the truth stands", || stage.qa(&pull) == WAITS)
        .await;
    let restored = ours(&pull, QA) - before;
    assert!((1..=3).contains(&restored), "restored {restored} times");
}

/// Longer than any story.
const HOUR: Duration = Duration::from_secs(3_600);

/// A pull request on a stage where a context that was restored rests for so long.
async fn restored_every(restore: Duration) -> (Stage, PullHandle) {
    let paced = refire::worker::tempo::Tempo { restore, ..tempo() };
    let stage = Stage::paced(Forge::start(Version::V1_26).await, "", paced).await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    (stage, pull)
}

/// How often the bot has posted under a context.
fn ours(pull: &PullHandle, context: &str) -> usize {
    let rows = pull.status_rows();
    let of_context = rows.iter().filter(|row| row.context == context);
    of_context.filter(|row| row.creator == "refire").count()
}

/// Who has posted what stands under the contexts of the two gates.
fn owners(pull: &PullHandle) -> [String; 2] {
    [QA, SECURITY].map(|context| pull.status(context).expect("a status").creator)
}

/// Whether one look meets both of them or each has one of its own.
#[tokio::test]
async fn two_contexts_that_are_forged_at_once_are_both_restored_at_once() {
    for in_one_look in [true, false] {
        let (stage, pull) = restored_every(HOUR).await;
        match in_one_look {
            true => stage.unheard(|| forge(&pull, "bob", QA, "success")),
            false => {
                forge(&pull, "bob", QA, "success");
                stage.quiet().await;
                assert_eq!(owners(&pull), ["refire", "refire"]);
            }
        }
        forge(&pull, "bob", SECURITY, "success");
        stage.quiet().await;
        assert_eq!(owners(&pull), ["refire", "refire"], "{in_one_look}");
    }
}

#[tokio::test]
async fn a_storm_on_one_context_does_not_hold_up_the_other() {
    let (stage, pull) = restored_every(HOUR).await;
    for _ in 0..3 {
        forge(&pull, "bob", QA, "success");
        stage.quiet().await;
    }
    assert_eq!(owners(&pull), ["bob", "refire"], "that one rests");
    forge(&pull, "bob", SECURITY, "success");
    stage.quiet().await;
    assert_eq!(owners(&pull), ["bob", "refire"]);
    let posted = (ours(&pull, QA), ours(&pull, SECURITY));
    assert_eq!(posted, (2, 2), "restored once each");
}

#[tokio::test]
async fn where_no_event_tells_of_a_status_the_sweep_finds_the_forged_one() {
    let mut stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    stage.forge.drop_deliveries(true);
    stage.forget().await;
    stage.sweep().await;
    forge(&pull, "bob", QA, "success");
    stage.sweep().await;
    assert_eq!(stage.qa(&pull), WAITS);
    assert_eq!(pull.comments_by("refire").len(), 1);
}

/// Bob posts a success of which no delivery arrives, in a repository that is heard of.
async fn forged_unheard(stage: &Stage) -> PullHandle {
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    stage.forge.drop_deliveries(true);
    forge(&pull, "bob", QA, "success");
    stage.forge.drop_deliveries(false);
    pull
}

fn is_named(stage: &Stage, pull: &PullHandle) -> bool {
    stage.qa(pull) == WAITS && pull.comments_by("refire").len() == 1
}

#[tokio::test]
async fn a_forged_status_whose_event_was_lost_is_found_by_the_first_sweep_after_a_start() {
    let mut stage = Stage::set().await;
    let pull = forged_unheard(&stage).await;
    stage.leave().await;
    stage.enter().await;
    stage.sweep().await;
    assert!(is_named(&stage, &pull), "{}", stage.qa(&pull));
}

#[tokio::test]
async fn a_forged_status_whose_event_was_lost_is_found_when_statuses_are_looked_at_again() {
    let mut stage = Stage::prepared(|stage| stage.tempo.unwatched = Duration::ZERO).await;
    stage.sweep().await;
    let pull = forged_unheard(&stage).await;
    stage.sweep().await;
    assert!(is_named(&stage, &pull), "{}", stage.qa(&pull));
}

#[tokio::test]
async fn a_forged_status_whose_delivery_was_refused_is_found_by_the_next_sweep() {
    let mut stage = Stage::prepared(|stage| stage.narrow(2)).await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    stage.sweep().await;
    let reads = "GET /repos/acme/widget/pulls/*";
    stage.forge.fault(Fault::status(reads, 502).always());
    for _ in 0..3 {
        pull.comment("alice", "/refire security");
        stage.forge.deliveries_idle().await;
    }
    forge(&pull, "bob", QA, "success");
    stage.forge.deliveries_idle().await;
    let deliveries = stage.forge.deliveries();
    let last = deliveries.last().expect("the status was announced");
    assert_eq!(last.status, Some(503));
    stage.forge.heal();
    stage.quiet().await;
    forge(&pull, "bob", SECURITY, "failure");
    stage.sweep().await;
    assert_eq!(stage.qa(&pull), WAITS);
}

#[tokio::test]
async fn where_events_tell_of_statuses_ten_commits_are_looked_at_in_a_sweep_and_not_again_for_ten_minutes()
 {
    let mut stage = Stage::set().await;
    for _ in 0..12 {
        let _pull = stage.forge.pull("alice");
    }
    stage.quiet().await;
    let mut looks = Vec::new();
    for _ in 0..3 {
        stage.calls();
        stage.sweep().await;
        let calls = stage.calls();
        let rows = calls.iter().filter(|call| call.contains("/statuses/"));
        looks.push(rows.count());
    }
    assert_eq!(looks, [10, 2, 0]);
}

#[tokio::test]
async fn a_forged_status_is_found_though_what_stands_could_not_be_read_when_it_was_told() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let reads = "GET /repos/acme/widget/statuses/*";
    stage.forge.fault(Fault::status(reads, 500).always());
    forge(&pull, "bob", QA, "success");
    stage.forge.deliveries_idle().await;
    let asked = || {
        let calls = stage.forge.calls();
        calls.iter().any(|call| call.status == 500)
    };
    stage.until("it was asked what stands", asked).await;
    stage.forge.heal();
    stage
        .until("the truth stands", || is_named(&stage, &pull))
        .await;
}

/// A re-check posts its gate's status in any case, and so without looking what stands.
#[tokio::test]
async fn whoever_forges_is_named_though_a_re_check_has_posted_over_it_already() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let thread = pull.clone();
    stage
        .forge
        .before("POST /repos/acme/widget/statuses/*", 1, move |_| {
            forge(&thread, "bob", QA, "success");
        });
    stage.says(&pull, "alice", "/refire qa").await;
    assert_eq!(stage.qa(&pull), WAITS);
    let told = pull.comments_by("refire");
    let named = |it: &&forge::Comment| it.body.contains("**`bob` posted a status");
    assert_eq!(told.iter().filter(named).count(), 1, "{told:#?}");
}

/// What Gitea's auto-merge does: it tries with every status that is posted. One context alone never merges;
/// all of them at once are a race, and when Gitea wins it the bot says what happened.
#[tokio::test]
async fn a_merge_that_was_scheduled_waits_for_forged_statuses() {
    let stage = Stage::set().await;
    let contexts = [QA, SECURITY].map(str::to_owned).to_vec();
    let rule = Protection {
        contexts,
        ..Protection::default()
    };
    stage.forge.repo("acme/widget").protect("main", &rule);
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    for context in [QA, SECURITY, QA] {
        forge(&pull, "bob", context, "success");
        assert!(
            pull.merge("bob").is_err(),
            "one forged context has merged it"
        );
        stage.quiet().await;
    }
    assert_eq!(stage.qa(&pull), WAITS);
    for context in [QA, SECURITY] {
        forge(&pull, "alice", context, "success");
    }
    pull.merge("bob").expect("Gitea is faster");
    stage.quiet().await;
    let told = pull.comments_by("refire");
    let last = &told.last().expect("a notice").body;
    holds(last, &["**`alice` posted", "merged while it stood"]);
}

#[tokio::test]
async fn a_forgery_that_stood_when_its_pull_request_was_merged_or_closed_is_named() {
    for merged in [true, false] {
        let stage = Stage::set().await;
        let pull = stage.forge.pull("alice");
        stage.quiet().await;
        stage.unheard(|| {
            forge(&pull, "bob", QA, "success");
            forge(&pull, "bob", SECURITY, "success");
        });
        match merged {
            true => pull.merge("alice").expect("all is green"),
            false => pull.close("alice"),
        }
        stage.quiet().await;
        let told = pull.comments_by("refire");
        let bodies: Vec<&str> = told.iter().map(|it| it.body.as_str()).collect();
        assert_eq!(bodies.len(), 1, "{bodies:#?}");
        holds(bodies[0], &["**`bob` posted"]);
        let stands = match merged {
            true => "success: approved by quinn of acme/qa",
            false => "pending: withdrawn: the pull request was closed",
        };
        assert_eq!(stage.qa(&pull), stands);
        insta::assert_snapshot!(
            format!("forged_and_{}", if merged { "merged" } else { "closed" }),
            stage.as_read(&pull)
        );
    }
}

/// A write that was given up may take effect behind a later one.
#[tokio::test]
async fn a_success_of_the_bots_own_that_lands_late_is_posted_over() {
    let mut stage = Stage::prepared(|stage| stage.tempo.unwatched = Duration::ZERO).await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    forge(&pull, "refire", QA, "success");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), WAITS);
    stage.unheard(|| forge(&pull, "refire", QA, "success"));
    stage.sweep().await;
    assert_eq!(stage.qa(&pull), WAITS);
    assert!(pull.comments_by("refire").is_empty(), "nobody forged it");
}

#[tokio::test]
async fn a_commit_that_was_never_evaluated_is_not_green_by_a_forged_status_either() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    forge(&pull, "bob", QA, "success");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), WAITS);
}
