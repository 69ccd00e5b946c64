//! Who types too much waits and is answered together; nobody else waits for that, and what a proxy
//! asks for is obeyed.

use crate::stage::{Log, Stage, holds, replies, told};
use forge::{Comment, CommentId, Fault, Kind, PullHandle};
use refire::decide::pace::Rules;
use refire::intake::{Event, Put, Told, Topic};
use refire::model::{Digest, PullNumber, RepositoryId, UserId};
use state::Store as _;
use std::collections::HashSet;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// A stage on which waiting is as in earnest, but short.
async fn paced(rules: Rules) -> Stage {
    Stage::prepared(|stage| stage.tempo.pace = Some(rules)).await
}

/// Rounds that are long enough for a slow machine to hear all of them.
fn rules() -> Rules {
    Rules {
        first: 3 * SECOND,
        longest: 3 * SECOND,
        ..Rules::default()
    }
}

/// The replies that answer a comment, alone or with others.
fn answers(pull: &PullHandle, comment: CommentId) -> Vec<Comment> {
    let alone = format!("answers comment {comment} as ");
    let joined = format!(" {comment}:");
    let mut replies = pull.comments_by("refire");
    replies.retain(|reply| {
        let also = reply
            .body
            .lines()
            .find(|line| line.contains("also answers"));
        reply.body.contains(&alone) || also.is_some_and(|line| line.contains(&joined))
    });
    replies
}

/// Each of them is answered once.
fn answered_once(pull: &PullHandle, comments: &[CommentId]) {
    for comment in comments {
        assert_eq!(answers(pull, *comment).len(), 1, "{comment}");
    }
}

fn types(pull: &PullHandle, who: &str, what: &str, times: usize) -> Vec<CommentId> {
    (0..times).map(|_| pull.comment(who, what)).collect()
}

// ---- a person on a pull request ----

#[tokio::test]
async fn the_first_five_run_at_once_and_later_ones_that_are_alike_are_answered_in_one_reply() {
    let stage = paced(rules()).await;
    let pull = stage.approved().await;
    let first = types(&pull, "bob", "/refire qa", 5);
    stage.quiet().await;
    assert_eq!(replies(&pull).len(), 5, "those run at once, each by itself");
    let mut later = types(&pull, "bob", "/refire qa", 4);
    later.extend(types(&pull, "bob", "/whoami-teams", 2));
    later.extend(types(&pull, "bob", "text\n\n/refire  QA", 1));
    stage.forge.deliveries_idle().await;
    assert_eq!(replies(&pull).len(), 5, "those wait");
    stage.quiet().await;
    assert_eq!(replies(&pull).len(), 7, "one for each command");
    answered_once(&pull, &first);
    answered_once(&pull, &later);
    let together = told(&answers(&pull, later[0])[0].body);
    holds(
        &together,
        &[
            "**`qa-review` is satisfied**",
            "This answers 5 comments that ask the same.",
        ],
    );
    let heard = pull.reactions(later[0]);
    assert_eq!(
        heard,
        [("refire".to_owned(), "eyes".to_owned())],
        "a sign that it was heard"
    );
    let signs = later.iter().map(|id| pull.reactions(*id).len());
    assert_eq!(signs.sum::<usize>(), 1, "and only one");
}

#[tokio::test]
async fn neither_somebody_else_nor_a_push_waits_for_whoever_types_too_much() {
    let stage = paced(rules()).await;
    let pull = stage.approved().await;
    types(&pull, "bob", "/refire qa", 5);
    stage.quiet().await;
    let waits = pull.comment("bob", "/refire qa");
    stage.forge.deliveries_idle().await;
    let asked = pull.comment("quinn", "/refire qa");
    stage
        .meanwhile("quinn is answered", || answers(&pull, asked).len() == 1)
        .await;
    pull.push("alice");
    stage
        .meanwhile("the push is looked at", || {
            stage.qa(&pull).starts_with("pending")
        })
        .await;
    assert_eq!(answers(&pull, waits).len(), 0, "bob still waits");
    stage.quiet().await;
    answered_once(&pull, &[waits]);
    assert_eq!(replies(&pull).len(), 7);
}

#[tokio::test]
async fn a_command_that_waits_costs_no_call_until_it_is_its_turn() {
    let stage = paced(rules()).await;
    let pull = stage.approved().await;
    types(&pull, "bob", "/refire qa", 5);
    stage.quiet().await;
    pull.comment("bob", "/refire qa");
    let reacted = || {
        let calls = stage.forge.calls();
        calls.iter().any(|call| call.route.ends_with("/reactions"))
    };
    stage.meanwhile("it is heard", reacted).await;
    stage.calls();
    types(&pull, "bob", "/refire qa", 20);
    stage.forge.deliveries_idle().await;
    assert_eq!(stage.calls(), Vec::<String>::new());
    stage.quiet().await;
    let calls = stage.calls();
    assert!(
        calls.len() <= 7,
        "21 comments for the price of one: {calls:#?}"
    );
}

#[tokio::test]
async fn what_waits_survives_the_bot_and_is_answered_once_even_by_one_that_has_forgotten_everything()
 {
    let mut stage = paced(rules()).await;
    let pull = stage.approved().await;
    let mut all = types(&pull, "bob", "/refire qa", 5);
    stage.quiet().await;
    all.extend(types(&pull, "bob", "/refire qa", 3));
    stage.forge.deliveries_idle().await;
    stage.leave().await;
    assert_eq!(replies(&pull).len(), 5);
    stage.enter().await;
    let answered = || replies(&pull).len() == 6;
    stage.until("they are answered", answered).await;
    answered_once(&pull, &all);
    stage.sweep().await;
    stage.forget().await;
    stage.sweep().await;
    assert_eq!(replies(&pull).len(), 6);
    // Whoever edits one of them asks anew, and only that one.
    let edited = all[6];
    pull.edit_comment(edited, "bob", "/whoami-teams");
    stage
        .until("it is answered", || replies(&pull).len() == 7)
        .await;
    answered_once(&pull, &all[..6]);
}

#[tokio::test]
async fn what_only_the_sweep_finds_is_counted_too_and_answered_once() {
    let rules = Rules {
        first: 5 * SECOND,
        ..rules()
    };
    let mut stage = paced(rules).await;
    let pull = stage.approved().await;
    stage.sweep().await;
    stage.forge.drop_deliveries(true);
    let asked = types(&pull, "bob", "/refire qa", 8);
    stage.sweep().await;
    assert_eq!(replies(&pull).len(), 6, "five, and the others together");
    answered_once(&pull, &asked);
    stage.sweep().await;
    assert_eq!(replies(&pull).len(), 6);
}

#[tokio::test]
async fn on_a_closed_pull_request_and_on_an_issue_they_wait_and_are_answered_together_too() {
    let stage = paced(rules()).await;
    let pull = stage.approved().await;
    pull.close("alice");
    let mut all = types(&pull, "bob", "/refire qa", 5);
    stage.quiet().await;
    all.extend(types(&pull, "bob", "/refire qa", 3));
    let issue = stage.forge.repo("acme/widget").issue("bob", "an issue");
    for _ in 0..8 {
        issue.comment("bob", "/refire qa");
    }
    stage.quiet().await;
    assert_eq!(replies(&pull).len(), 6);
    answered_once(&pull, &all);
    assert_eq!(issue.comments_by("refire").len(), 6);
}

#[tokio::test]
async fn declarations_that_are_alike_are_answered_for_the_newest_which_is_the_one_that_counts() {
    let stage = paced(rules()).await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    types(&pull, "quinn", "/refire help", 5);
    stage.quiet().await;
    let said = types(&pull, "quinn", "/sop-n/a qa docs only", 3);
    stage.quiet().await;
    answered_once(&pull, &said);
    let reply = &answers(&pull, said[0])[0];
    holds(
        &told(&reply.body),
        &[
            "**`qa-review` is declared not applicable** by `quinn`",
            "This answers 3 comments",
        ],
    );
}

#[tokio::test]
async fn a_reply_to_several_that_is_brought_up_to_date_still_answers_all_of_them() {
    let mut stage = paced(rules()).await;
    stage.forge.org("acme").team("qa").remove("refire");
    let pull = stage.approved().await;
    types(&pull, "bob", "/refire help", 5);
    stage.quiet().await;
    let asked = types(&pull, "bob", "/refire qa", 3);
    stage.quiet().await;
    answered_once(&pull, &asked);
    let reply = &answers(&pull, asked[0])[0];
    holds(&reply.body, &["**`qa-review` cannot be verified**"]);
    stage.forge.org("acme").team("qa").add("refire");
    let is_better = || answers(&pull, asked[0])[0].body.contains("is satisfied");
    stage.until("it is told", is_better).await;
    answered_once(&pull, &asked);
    assert_eq!(answers(&pull, asked[0])[0].id, reply.id);
    stage.forget().await;
    stage.sweep().await;
    answered_once(&pull, &asked);
    assert_eq!(replies(&pull).len(), 6);
}

#[tokio::test]
async fn commands_in_the_bodies_of_reviews_wait_too_and_the_reviews_do_not() {
    let stage = paced(rules()).await;
    let pull = stage.forge.pull("alice");
    for n in 0..5 {
        pull.commented_by("quinn", &format!("/refire qa\n\n{n}"));
    }
    stage.quiet().await;
    assert_eq!(replies(&pull).len(), 5);
    let approval = forge::Review {
        body: "/refire qa".to_owned(),
        ..forge::Review::default()
    };
    pull.reviewed("quinn", &approval);
    let counts = || stage.qa(&pull).starts_with("success");
    stage.meanwhile("the approval counts", counts).await;
    assert_eq!(replies(&pull).len(), 5, "its command waits");
    stage.quiet().await;
    assert_eq!(replies(&pull).len(), 6);
}

#[tokio::test]
async fn a_revocation_that_waits_for_its_answer_takes_the_green_away_at_once() {
    let stage = paced(rules()).await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    stage.says(&pull, "quinn", "/sop-n/a qa docs only").await;
    assert!(stage.qa(&pull).starts_with("success"));
    types(&pull, "quinn", "/refire help", 4);
    stage.quiet().await;
    let revoked = pull.comment("quinn", "/sop-revoke qa");
    let gone = || stage.qa(&pull).starts_with("pending");
    stage.meanwhile("the green is gone", gone).await;
    assert_eq!(answers(&pull, revoked).len(), 0, "the answer waits");
    stage.quiet().await;
    answered_once(&pull, &[revoked]);
}

/// A pull request of which as much waits as may, all of it typed by bob.
async fn brimming(stage: &Stage, pull: &PullHandle, left: usize) -> Vec<CommentId> {
    stage.quiet().await;
    let runs = types(pull, "bob", "/refire qa", 5);
    stage.quiet().await;
    let waits = types(pull, "bob", "/refire qa", state::LEAST_SHARE - left);
    stage.forge.deliveries_idle().await;
    let told = stage.forge.deliveries();
    assert_eq!(told.last().and_then(|told| told.status), Some(202));
    [runs, waits].concat()
}

/// Nothing that waits runs before the story's end.
async fn patient() -> Stage {
    let rules = Rules {
        first: 600 * SECOND,
        longest: 600 * SECOND,
        ..Rules::default()
    };
    Stage::prepared(|stage| {
        stage.narrow(10 * state::LEAST_SHARE);
        stage.tempo.pace = Some(rules);
    })
    .await
}

/// Nobody is made to wait any more, so that everything is answered.
async fn lets_run(stage: &mut Stage, pull: &PullHandle, typed: &[CommentId]) {
    stage.leave().await;
    stage.tempo.pace = None;
    stage.enter().await;
    stage.quiet().await;
    answered_once(pull, typed);
}

#[tokio::test]
async fn a_revocation_that_fills_the_inbox_takes_the_green_away_at_once() {
    let mut stage = patient().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    stage.says(&pull, "quinn", "/sop-n/a qa docs only").await;
    assert!(stage.qa(&pull).starts_with("success"));
    types(&pull, "quinn", "/refire help", 4);
    let mut typed = brimming(&stage, &pull, 1).await;
    typed.push(pull.comment("quinn", "/sop-revoke qa"));
    let gone = || stage.qa(&pull).starts_with("pending");
    stage.meanwhile("the green is gone", gone).await;
    assert_eq!(answers(&pull, typed[10]).len(), 0, "the answers wait");
    lets_run(&mut stage, &pull, &typed).await;
}

#[tokio::test]
async fn what_changes_a_pull_request_is_looked_at_though_there_is_no_room_for_it_in_the_inbox() {
    let mut stage = patient().await;
    let pull = stage.approved().await;
    pull.repo().branch("release");
    let typed = brimming(&stage, &pull, 0).await;
    pull.retarget("release", "bob");
    let gone = || stage.qa(&pull).starts_with("pending");
    stage.meanwhile("the green is gone", gone).await;
    assert_eq!(answers(&pull, typed[10]).len(), 0, "the answers wait");
    lets_run(&mut stage, &pull, &typed).await;
}

// ---- a person in a repository ----

#[tokio::test]
async fn from_the_thirty_first_an_hour_in_a_repository_one_sentence_says_when_they_are_answered() {
    let rules = Rules {
        at_once: 31,
        ..rules()
    };
    let stage = paced(rules).await;
    let (pull, other) = (stage.approved().await, stage.approved().await);
    types(&pull, "bob", "/refire qa", 30);
    stage.quiet().await;
    assert_eq!(replies(&pull).len(), 30);
    let mut later = types(&other, "bob", "/refire qa", 3);
    let is_told = || replies(&other).len() == 1;
    stage.meanwhile("it is said", is_told).await;
    let first = &replies(&other)[0];
    holds(
        first,
        &[
            "**This is answered at ",
            " UTC**",
            "more than 30 commands came from you within an hour in `acme/widget`",
        ],
    );
    let third = types(&pull, "bob", "/refire qa", 1);
    stage.forge.deliveries_idle().await;
    assert_eq!(
        (replies(&pull).len(), replies(&other).len()),
        (30, 1),
        "it is said once"
    );
    stage.quiet().await;
    assert_eq!((replies(&pull).len(), replies(&other).len()), (31, 1));
    answered_once(&pull, &third);
    answered_once(&other, &later);
    holds(
        &replies(&other)[0],
        &["**`qa-review` is satisfied**", "This answers 3 comments"],
    );
    // Nobody else has typed anything, so nobody else waits.
    later.push(other.comment("quinn", "/refire qa"));
    stage.quiet().await;
    answered_once(&other, &later);
}

// ---- many people ----

/// Two hundred people type at once on one pull request; each call takes its time.
#[tokio::test]
async fn a_storm_on_one_pull_request_does_not_hold_up_a_command_on_another() {
    const MANY: usize = 200;
    let stage = paced(rules()).await;
    let (pull, other) = (stage.approved().await, stage.approved().await);
    let people: Vec<String> = (0..MANY).map(|n| format!("person-{n}")).collect();
    for person in &people {
        let _there = stage.forge.user(person);
    }
    let slow = Kind::Slow(Duration::from_millis(10));
    stage.forge.fault(Fault::on("* /repos", slow).always());
    for person in &people {
        pull.comment(person, "/refire qa");
    }
    let begun = || replies(&pull).len() >= 20;
    stage.meanwhile("the storm is being answered", begun).await;
    let before = replies(&pull).len();
    other.comment("quinn", "/refire qa");
    let answered = || replies(&other).len() == 1;
    stage.meanwhile("the other is answered", answered).await;
    let meanwhile = replies(&pull).len() - before;
    // Its six reads and two writes go side by side with seven calls of the storm each, at the most.
    assert!(
        meanwhile <= 80,
        "{meanwhile} replies of the storm came first"
    );
    stage.quiet().await;
    assert_eq!(replies(&pull).len(), MANY);
}

#[tokio::test]
async fn what_one_turn_does_not_take_is_taken_by_the_next() {
    const MANY: usize = 300;
    let mut stage = Stage::set().await;
    stage.patience = 120 * SECOND;
    let pull = stage.approved().await;
    stage.leave().await;
    let asked = types(&pull, "bob", "/refire help", MANY);
    stage.forge.deliveries_idle().await;
    for comment in &asked {
        let taken = stage.store.accept(arrival(&pull, *comment, None)).await;
        assert!(matches!(taken, Ok(state::Acceptance::New(_))), "{taken:?}");
    }
    stage.enter().await;
    stage.quiet().await;
    assert_eq!(replies(&pull).len(), MANY);
}

/// What waits takes room in the inbox, which is everybody's.
#[tokio::test]
async fn a_flood_does_not_wait_in_the_inbox_but_is_answered_early() {
    let rules = Rules {
        first: 600 * SECOND,
        longest: 600 * SECOND,
        most: 20,
        ..Rules::default()
    };
    let mut stage = paced(rules).await;
    let pull = stage.approved().await;
    stage.leave().await;
    let asked = types(&pull, "bob", "/refire help", 40);
    stage.forge.deliveries_idle().await;
    for comment in &asked {
        let taken = stage
            .store
            .accept(arrival(&pull, *comment, Some(UserId::new(3))))
            .await;
        assert!(matches!(taken, Ok(state::Acceptance::New(_))), "{taken:?}");
    }
    stage.enter().await;
    stage.quiet().await;
    assert_eq!(replies(&pull).len(), 6);
    answered_once(&pull, &asked);
}

/// A comment with `/refire help` as a delivery of now puts it into the inbox.
fn arrival(pull: &PullHandle, comment: CommentId, by: Option<UserId>) -> state::Arrival {
    let event = Event {
        repository: RepositoryId::new(pull.repo().id().get().unsigned_abs()),
        repo: "acme/widget".parse().expect("a name"),
        number: PullNumber::new(pull.number().unsigned_abs()),
        topic: Topic::Comment {
            comment: refire::model::CommentId::new(comment.get().unsigned_abs()),
            created_at: jiff::Timestamp::now() - SECOND,
            on_issue: false,
            by,
            typed_at: None,
        },
        told: Told::Webhook,
        delivery: None,
    };
    let put = Put::new(event, &Digest::of("/refire help"), 1);
    put.arrival(jiff::Timestamp::now()).expect("an arrival")
}

// ---- a proxy that asks for quiet ----

const COMMENTS: &str = "POST /repos/acme/widget/issues/*/comments";

fn quiet_for(call: &str, seconds: &str) -> Fault {
    let kind = Kind::Status {
        status: 429,
        body: "slow down".to_owned(),
        headers: vec![("retry-after".to_owned(), seconds.to_owned())],
    };
    Fault::on(call, kind)
}

#[tokio::test]
async fn a_429_for_a_read_is_waited_for_and_the_command_is_answered_once() {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    stage
        .forge
        .fault(quiet_for("GET /repos/*/pulls/*", "1").times(2));
    pull.comment("bob", "/refire qa");
    stage.quiet().await;
    assert_eq!(replies(&pull).len(), 1);
    let calls = stage.forge.take_calls();
    let refused = calls.iter().filter(|call| call.status == 429).count();
    assert_eq!(refused, 2);
    // What was refused came before it was answered, so what was asked for is the least that lies between.
    for two in calls.windows(2).filter(|two| two[0].status == 429) {
        let wait = two[1].came - two[0].came;
        assert!(wait >= SECOND, "asked again after {wait:?}: {two:#?}");
    }
}

#[tokio::test]
async fn a_429_for_a_write_keeps_everybody_quiet_and_loses_nothing() {
    let log = Log::begin();
    let mut stage = Stage::set().await;
    let (pull, other) = (stage.approved().await, stage.approved().await);
    // An hour is more than anybody is left alone, and more than this story waits.
    stage.forge.fault(quiet_for(COMMENTS, "3600"));
    pull.comment("bob", "/refire qa");
    let refused = || stage.forge.calls().iter().any(|call| call.status == 429);
    stage.meanwhile("it is refused", refused).await;
    stage.calls();
    other.comment("bob", "/refire qa");
    let tried = || log.text().contains("a turn could not be ended");
    stage.meanwhile("the other is tried", tried).await;
    assert_eq!(
        stage.calls(),
        Vec::<String>::new(),
        "nothing is sent meanwhile"
    );
    let stats = stage.store.stats().await.expect("a store");
    assert_eq!((stats.inbox, stats.outbox), (1, 1), "nothing is lost");
    // Ten minutes later, the proxy has calmed down.
    stage.leave().await;
    let now = refire::worker::now();
    let (then, nobody) = (now.plus(700 * SECOND), HashSet::new());
    let late = stage.store.due(then, 9, &nobody);
    for effect in late.await.expect("a store").effects {
        let wait = effect.not_before.get() - now.get();
        assert!((500_000..=600_000).contains(&wait), "{wait} ms");
        let postponed = stage.store.postpone(effect.id, now).await;
        postponed.expect("a store");
    }
    stage.enter().await;
    let both = || replies(&pull).len() == 1 && replies(&other).len() == 1;
    stage.until("both are answered", both).await;
}

#[tokio::test]
async fn a_429_for_a_status_holds_back_what_it_says_and_not_for_good() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let statuses = "POST /repos/acme/widget/statuses/*";
    stage.forge.fault(quiet_for(statuses, "1").times(2));
    pull.approved_by("quinn");
    let reply = stage.says(&pull, "bob", "/refire qa").await;
    holds(&reply, &["**`qa-review` is satisfied**"]);
    assert!(!reply.contains("could not be posted"), "{reply}");
    assert!(stage.qa(&pull).starts_with("success"));
}

/// Its items wait because it cannot be read.
#[tokio::test]
async fn a_pull_request_of_which_too_much_waits_holds_up_no_other() {
    let narrow = |stage: &mut Stage| stage.narrow(10 * state::LEAST_SHARE);
    let mut stage = Stage::prepared(narrow).await;
    let (crowded, pull) = (stage.approved().await, stage.approved().await);
    stage.sweep().await;
    let reading = format!("GET /repos/acme/widget/pulls/{}", crowded.number());
    stage.forge.fault(Fault::status(&reading, 502).always());
    let typed: Vec<_> = (0..state::LEAST_SHARE + 5)
        .map(|_| crowded.comment("bob", "/refire qa"))
        .collect();
    stage.forge.deliveries_idle().await;
    let told = stage.forge.deliveries();
    assert_eq!(told.last().and_then(|told| told.status), Some(503));
    pull.comment("alice", "/refire qa");
    let answered = || replies(&pull).len() == 1;
    stage.meanwhile("the other is answered", answered).await;
    stage.forge.org("acme").team("qa").remove("quinn");
    stage.sweep_in_motion().await;
    let fell = || stage.qa(&pull).starts_with("pending");
    stage.meanwhile("the other's green falls", fell).await;
    stage.forge.heal();
    stage.quiet().await;
    stage.sweep().await;
    for comment in typed {
        assert_eq!(answers(&crowded, comment).len(), 1, "{comment}");
    }
}
