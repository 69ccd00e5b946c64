//! What a turn ends in.

use super::{Conversation, writes};
use crate::decide::conclude::{Decision, Findings, Told, conclude};
use crate::decide::record::PullRecord;
use crate::decide::reply::Addressee;
use crate::decide::scope::Scope;
use crate::decide::statuses::{Standing, wanted};
use crate::effect::Act;
use crate::gate::Answers;
use crate::gate::tests::given::{HEAD, OTHER, World, gate_name, second, sha};
use crate::gate::verdict::GateVerdict;
use crate::model::{CommentId, PullState};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// A turn that answers one comment, with what it found.
struct Turn {
    spoken: Conversation,
    record: PullRecord,
    scope: Scope,
    replies: HashMap<Addressee, (CommentId, jiff::Timestamp)>,
}

impl Turn {
    fn of(spoken: Conversation) -> Self {
        let record = PullRecord::new(spoken.world.facts.pull.clone(), second(0));
        let scope = Scope::everything(&spoken.world.policy);
        Self {
            spoken,
            record,
            scope,
            replies: HashMap::new(),
        }
    }

    /// The same comment again, with what was remembered of the turn before.
    fn again(&self, before: &Decision) -> Self {
        let mut turn = Self::of(self.spoken.clone());
        turn.spoken.asked.fresh = false;
        turn.record = before.record.clone();
        turn
    }

    fn verdicts(&self) -> Vec<GateVerdict> {
        let mut answers = Answers::default();
        let gates = self.scope.gates.iter();
        gates
            .map(|gate| super::judge(&self.spoken.world, gate.as_str(), &mut answers))
            .collect()
    }

    fn ends(&self) -> Decision {
        let facts = &self.spoken.world.facts;
        let policy = &self.spoken.world.policy;
        let verdicts = self.verdicts();
        let standing = Standing {
            number: facts.pull.number,
            base: facts.pull.base.clone(),
            verdicts: verdicts.clone(),
        };
        let post = wanted(policy, &sha(HEAD), &[standing], self.scope.declarations);
        let parts = self.spoken.parts();
        let findings = Findings {
            policy,
            facts_at: facts.read_at,
            now: second(900),
            pull: &facts.pull,
            scope: &self.scope,
            verdicts: &verdicts,
            told: vec![Told {
                asked: self.spoken.asked.clone(),
                parts,
            }],
            post,
            forged: Vec::new(),
            anew: &BTreeSet::new(),
            shares: Vec::new(),
            able: Vec::new(),
            open: Vec::new(),
            hidden_drafts: 0,
            calls: Vec::new(),
            replies: &self.replies,
            promise: crate::decide::reply::Promise::default(),
            wait: &|tries| Duration::from_secs(u64::from(tries) + 1),
        };
        conclude(findings, self.record.clone())
    }
}

fn replies(decision: &Decision) -> Vec<&Act> {
    decision
        .effects
        .iter()
        .map(|effect| &effect.act)
        .filter(|act| matches!(act, Act::Reply { .. }))
        .collect()
}

fn turn(world: World, who: &str, body: &str) -> Turn {
    Turn::of(writes(world, who, body))
}

#[test]
fn statuses_go_out_before_the_reply_and_are_remembered() {
    let decision = turn(World::new().approves("quinn"), "alice", "/refire qa").ends();
    let kinds: Vec<&str> = decision
        .effects
        .iter()
        .map(|effect| match &effect.act {
            Act::Status { status, .. } => status.state.as_str(),
            Act::Reply { .. } => "reply",
            Act::Fold { .. } => "fold",
            Act::React { .. } => "eyes",
        })
        .collect();
    assert_eq!(kinds, ["pending", "success", "success", "reply"]);
    assert_eq!(decision.posted.len(), 3);
    assert!(
        decision
            .posted
            .iter()
            .all(|(commit, posted)| *commit == sha(HEAD) && posted.at == second(900))
    );
    let [Act::Reply { after, .. }] = replies(&decision)[..] else {
        panic!()
    };
    assert_eq!(after.as_deref(), Some(sha(HEAD).as_str()));
}

#[test]
fn a_status_carries_the_time_of_its_facts() {
    let turn = turn(World::new(), "alice", "/refire qa");
    let read_at = turn.spoken.world.facts.read_at;
    let times = turn
        .ends()
        .effects
        .into_iter()
        .filter_map(|effect| match effect.act {
            Act::Status { facts_at, .. } => Some(facts_at),
            _ => None,
        });
    assert!(times.into_iter().all(|at| at == read_at));
}

#[test]
fn a_head_whose_gates_were_all_posted_is_evaluated() {
    let mut turn = turn(World::new(), "alice", "/refire qa");
    assert_eq!(turn.ends().record.evaluated, Some(sha(HEAD)));
    turn.scope = Scope {
        gates: vec![gate_name("qa-review")],
        all: false,
        declarations: false,
    };
    assert_eq!(turn.ends().record.evaluated, None);
    turn.scope = Scope {
        declarations: false,
        ..Scope::everything(&turn.spoken.world.policy)
    };
    assert_eq!(turn.ends().record.evaluated, None);
}

#[test]
fn what_is_known_is_not_looked_at_again() {
    for world in [
        World::new(),
        World::new().approves("quinn"),
        World::new().requests_changes("quinn"),
    ] {
        let decision = turn(world, "alice", "/refire qa").ends();
        assert_eq!((decision.again, decision.record.tries), (None, 0));
    }
}

#[test]
fn an_unknown_verdict_is_tried_again_and_every_try_is_counted() {
    let unknown = || World::new().approves("quinn").hides("acme/qa", "quinn");
    let turn = turn(unknown(), "alice", "/refire qa");
    let first = turn.ends();
    assert_eq!(
        (first.again, first.record.tries),
        (Some(Duration::from_secs(1)), 1)
    );
    assert_eq!(first.record.unknown, [gate_name("qa-review")]);
    let second = turn.again(&first).ends();
    assert_eq!(
        (second.again, second.record.tries),
        (Some(Duration::from_secs(2)), 2)
    );
}

#[test]
fn a_gate_that_stayed_unknown_is_tried_again_although_another_was_asked_about() {
    let mut turn = turn(World::new(), "alice", "/refire security");
    turn.record.unknown = vec![gate_name("qa-review")];
    turn.scope = Scope {
        gates: vec![gate_name("security-review")],
        all: false,
        declarations: false,
    };
    let decision = turn.ends();
    assert!(decision.again.is_some());
    assert_eq!(decision.record.unknown, [gate_name("qa-review")]);
}

#[test]
fn since_when_a_gate_is_unknown_is_kept_until_it_is_known() {
    let unknown = || World::new().approves("quinn").hides("acme/qa", "quinn");
    let since = |decision: &Decision| decision.record.unknown_gates();
    let mut later = turn(unknown(), "alice", "/refire qa");
    later
        .record
        .unknown_since
        .insert(gate_name("qa-review"), second(7));
    later
        .record
        .unknown_since
        .insert(gate_name("was-removed"), second(1));
    assert_eq!(since(&later.ends()), Some((1, second(7))));
    let mut known = turn(World::new().approves("quinn"), "alice", "/refire qa");
    known
        .record
        .unknown_since
        .insert(gate_name("qa-review"), second(7));
    assert_eq!(since(&known.ends()), None);
    let mut other = turn(World::new(), "alice", "/refire security");
    other
        .record
        .unknown_since
        .insert(gate_name("qa-review"), second(7));
    other.scope = Scope {
        gates: vec![gate_name("security-review")],
        all: false,
        declarations: false,
    };
    assert_eq!(
        since(&other.ends()),
        Some((1, second(7))),
        "nobody looked at it"
    );
}

#[test]
fn what_does_not_heal_by_waiting_is_not_tried_again_by_the_clock() {
    let never = || World::new().head_moves(OTHER).read_after(61);
    assert_eq!(turn(never(), "alice", "/refire").ends().again, None);
    assert_eq!(
        turn(never(), "quinn", "/sop-n/a qa docs").ends().again,
        None
    );
    let soon = World::new().head_moves(OTHER);
    assert!(
        turn(soon, "quinn", "/sop-n/a qa docs")
            .ends()
            .again
            .is_some()
    );
}

#[test]
fn a_slip_beside_an_accepted_declaration_keeps_nobody_awake() {
    for body in [
        "/sop-n/a qa docs\n/refire securty",
        "/sop-n/a qa docs\n/refire help",
        "/sop-n/a qa docs\n/refire security",
    ] {
        let decision = turn(World::new(), "quinn", body).ends();
        assert_eq!(decision.again, None, "{body}");
        assert_eq!(
            decision.record.open_answers.len(),
            1,
            "a push has to be told"
        );
    }
}

#[test]
fn a_closed_pull_request_is_not_looked_at_again() {
    let world = World::new().approves("quinn").hides("acme/qa", "quinn");
    let decision = turn(
        world.facts(|facts| facts.pull.state = PullState::Closed),
        "alice",
        "/refire qa",
    )
    .ends();
    assert_eq!(decision.again, None);
}

#[test]
fn a_comment_gets_one_reply_and_one_without_commands_none() {
    let decision = turn(World::new(), "bob", "/refire qa\n/whoami-teams").ends();
    assert_eq!(replies(&decision).len(), 1);
    let decision = turn(World::new(), "bob", "LGTM").ends();
    assert!(replies(&decision).is_empty());
}

#[test]
fn a_reply_that_stands_is_brought_up_to_date_in_place() {
    let mut turn = turn(World::new(), "bob", "/refire qa");
    let reply = |decision: &Decision| match replies(decision)[..] {
        [
            Act::Reply {
                to,
                since,
                reply,
                search,
                ..
            },
        ] => (to.clone(), *since, *reply, *search),
        _ => panic!(),
    };
    let to = Addressee::Comment(CommentId::new(500));
    assert_eq!(reply(&turn.ends()), (to.clone(), second(800), None, false));
    turn.replies
        .insert(to.clone(), (CommentId::new(777), second(801)));
    assert_eq!(
        reply(&turn.ends()),
        (to, second(800), Some(CommentId::new(777)), false)
    );
}

#[test]
fn an_open_answer_is_told_again_only_when_its_outcome_changes() {
    let turn = turn(World::new(), "quinn", "/sop-n/a qa docs");
    let first = turn.ends();
    assert_eq!(first.record.open_answers.len(), 1);
    let second = turn.again(&first);
    let unchanged = second.ends();
    assert!(replies(&unchanged).is_empty());
    assert_eq!(unchanged.record.open_answers, first.record.open_answers);
    let spoken = second
        .spoken
        .clone()
        .then(|world| world.pushes("alice", OTHER));
    let pushed = Turn { spoken, ..second }.ends();
    let [Act::Reply { body, .. }] = replies(&pushed)[..] else {
        panic!()
    };
    assert!(
        body.starts_with("**The declaration for `qa-review` does not hold any more**"),
        "{body}"
    );
    assert!(pushed.record.open_answers.is_empty());
}

#[test]
fn who_asks_anew_is_answered_although_the_outcome_is_the_same() {
    let turn = turn(World::new(), "quinn", "/sop-n/a qa docs");
    let mut second = turn.again(&turn.ends());
    second.spoken.asked.fresh = true;
    assert_eq!(replies(&second.ends()).len(), 1);
}

#[test]
fn an_unknown_answer_is_not_told_again_for_every_try() {
    let turn = turn(
        World::new().approves("quinn").hides("acme/qa", "quinn"),
        "alice",
        "/refire qa",
    );
    let first = turn.ends();
    let second = turn.again(&first).ends();
    assert_ne!(first.again, second.again);
    assert!(replies(&second).is_empty());
}

#[test]
fn a_long_open_answer_is_kept_by_its_commands_alone() {
    let body = format!("/sop-n/a qa docs\n\n{}", "x".repeat(5000));
    let decision = turn(World::new(), "quinn", &body).ends();
    assert_eq!(
        decision.record.open_answers[0].body,
        "/sop-n/a qa-review docs"
    );
    let decision = turn(World::new(), "quinn", "/sop-n/a qa docs\nthanks").ends();
    assert_eq!(
        decision.record.open_answers[0].body,
        "/sop-n/a qa docs\nthanks"
    );
}

#[test]
fn no_more_than_twenty_answers_are_kept_open_and_the_newest_stay() {
    let mut turn = turn(World::new(), "quinn", "/sop-n/a qa docs");
    let first = turn.ends().record.open_answers[0].clone();
    turn.record.open_answers = (0..20)
        .map(|n| crate::decide::record::OpenAnswer {
            comment: CommentId::new(1000 + n),
            ..first.clone()
        })
        .collect();
    let open = turn.ends().record.open_answers;
    assert_eq!(open.len(), 20);
    assert_eq!(open.last().map(|open| open.comment), Some(first.comment));
    assert_eq!(
        open.first().map(|open| open.comment),
        Some(CommentId::new(1001))
    );
}

#[test]
fn a_recheck_is_remembered_so_that_a_storm_of_them_posts_nothing() {
    let turn = turn(World::new(), "alice", "/refire qa");
    let decision = turn.ends();
    assert_eq!(
        decision.record.refired.get(&gate_name("qa-review")),
        Some(&second(900))
    );
    assert_eq!(decision.record.refired.len(), 1);
    let mut asked_before = turn;
    asked_before.spoken.asked.fresh = false;
    assert!(asked_before.ends().record.refired.is_empty());
}

#[test]
fn a_record_survives_being_written_down() {
    let mut record = turn(World::new(), "quinn", "/sop-n/a qa docs")
        .ends()
        .record;
    record.revocations.insert(
        (crate::model::UserId::new(3), gate_name("qa-review")),
        crate::model::TimelineId::new(9),
    );
    let json = serde_json::to_string(&record).unwrap();
    let back: PullRecord = serde_json::from_str(&json).unwrap();
    assert_eq!(back.revocations, record.revocations);
    assert_eq!(back.open_answers, record.open_answers);
    assert_eq!(serde_json::to_string(&back).unwrap(), json);
}
