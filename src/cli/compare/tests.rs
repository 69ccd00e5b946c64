use super::difference::{Kind, Names, differences};
use super::ours::{Seen, seen};
use crate::audit::{Entry, Hash, What};
use crate::config::{Config, Environment};
use crate::decide::evaluation::{Evaluation, GateShown, Trigger};
use crate::gate::policy::Policy;
use crate::model::{
    Account, CommitState, Login, PastStatus, PostedStatus, PullNumber, Sha, StatusRow, UserId,
};
use jiff::{SignedDuration, Timestamp};

const QA: &str = "qa-review / approved (pull_request)";
const LIST: &str = "sop-checklist / na-declarations (pull_request)";

fn policy() -> Policy {
    let least = "[forge]\nurl = \"https://git.example.org\"\nrepositories = [\"acme/*\"]\n";
    let nothing = Environment::of(std::iter::empty::<(&str, &str)>());
    let config = Config::from_toml(Some("refire.toml"), least, &nothing);
    config.unwrap().policy
}

fn at(minute: i64) -> Timestamp {
    let begin: Timestamp = "2026-11-01T10:00:00Z".parse().unwrap();
    begin + SignedDuration::from_mins(minute)
}

fn sha(digit: char) -> Sha {
    digit.to_string().repeat(40).parse().unwrap()
}

/// A turn at that minute with this head; without gates it takes back.
fn turn(minute: i64, head: char, gates: bool, posts: &[(&str, CommitState, &str)]) -> Entry {
    let gate = GateShown {
        gate: "qa-review".to_owned().try_into().unwrap(),
        team: "acme/qa".parse().unwrap(),
        verdict: "missing".to_owned(),
        outcome: "**qa-review** waits.".to_owned(),
        able: Vec::new(),
        next: None,
        reviews: Vec::new(),
        declarations: Vec::new(),
        diagnosis: None,
    };
    let statuses = posts.iter().map(|(context, state, words)| PostedStatus {
        sha: sha(head),
        context: (*context).to_owned(),
        state: *state,
        description: (*words).to_owned(),
    });
    let evaluation = Evaluation {
        at: at(minute),
        triggers: vec![Trigger::Clock],
        head: Some(sha(head)),
        base: "main".to_owned(),
        gates: if gates { vec![gate] } else { Vec::new() },
        statuses: statuses.collect(),
        answers: Vec::new(),
        calls: Vec::new(),
        observed: true,
    };
    Entry {
        seq: 1,
        prev: Hash::none(),
        at: at(minute),
        what: What::Evaluated {
            repo: "acme/widget".parse().unwrap(),
            number: PullNumber::new(3),
            evaluation: Box::new(evaluation),
        },
    }
}

fn commits(turns: Vec<Entry>) -> Vec<Seen> {
    seen(&policy(), turns.into_iter(), |_, _| true)
}

fn row(id: u64, minute: i64, context: &str, state: &str, words: &str) -> PastStatus {
    PastStatus {
        row: StatusRow {
            id,
            context: context.to_owned(),
            state: state.to_owned(),
            description: words.to_owned(),
            creator: Some(Account {
                id: UserId::new(9),
                login: Login::new("svc"),
            }),
        },
        at: Some(at(minute)),
    }
}

/// The kinds of differences on the newest commit.
fn kinds(turns: Vec<Entry>, rows: &[PastStatus]) -> Vec<Kind> {
    let commits = commits(turns);
    let policy = policy();
    let (_, found) = differences(&commits[0], rows, &Names::new(&policy, &[]));
    found.iter().map(|found| found.kind).collect()
}

fn waits(minute: i64) -> Entry {
    turn(minute, 'a', true, &[(QA, CommitState::Pending, "waits")])
}

#[test]
fn the_last_states_are_held_against_each_other() {
    for (rows, found) in [
        (vec![row(1, 0, QA, "pending", "")], vec![]),
        (vec![row(1, 0, QA, "failure", "")], vec![Kind::Word]),
        (vec![row(1, 0, QA, "success", "")], vec![Kind::Opposite]),
        (vec![], vec![Kind::Silent]),
        (vec![row(1, 0, "other", "success", "")], vec![Kind::Silent]),
        (
            vec![row(2, 9, QA, "pending", ""), row(1, 0, QA, "success", "")],
            vec![],
        ),
    ] {
        assert_eq!(kinds(vec![waits(1)], &rows), found, "{rows:?}");
    }
    let then_green = turn(5, 'a', true, &[(QA, CommitState::Success, "by quinn")]);
    let rows = [row(1, 0, QA, "success", "")];
    assert_eq!(kinds(vec![waits(1), then_green], &rows), []);
}

#[test]
fn of_declarations_what_they_list_is_compared() {
    let lists = || {
        turn(
            1,
            'a',
            true,
            &[(LIST, CommitState::Success, "N/A: qa-review")],
        )
    };
    let theirs = |words| [row(1, 0, LIST, "success", words)];
    assert_eq!(kinds(vec![lists()], &theirs("N/A: qa-review")), []);
    assert_eq!(
        kinds(vec![lists()], &theirs("N/A: (none)")),
        [Kind::Opposite]
    );
}

#[test]
fn after_its_end_a_commit_is_not_compared_any_more() {
    let pushed = turn(10, 'b', true, &[(QA, CommitState::Pending, "waits")]);
    let closed = turn(10, 'a', false, &[(QA, CommitState::Pending, "taken back")]);
    let rows = [
        row(1, 5, QA, "pending", "in time"),
        row(2, 11, QA, "success", "late"),
    ];
    for end in [pushed, closed] {
        let commits = commits(vec![waits(1), end]);
        let left = commits.iter().find(|seen| seen.sha == sha('a')).unwrap();
        assert_eq!((left.end, left.last.len()), (Some(at(10)), 1));
        let policy = policy();
        let (compared, found) = differences(left, &rows, &Names::new(&policy, &[]));
        assert_eq!((compared, found), (1, Vec::new()));
    }
}

#[test]
fn the_gate_says_why_and_the_others_may_call_it_otherwise() {
    let commits = commits(vec![waits(1)]);
    let renamed = [(QA.to_owned(), "old / qa".to_owned())];
    let policy = policy();
    let rows = [row(1, 0, "old / qa", "success", "by a script")];
    let (_, found) = differences(&commits[0], &rows, &Names::new(&policy, &renamed));
    assert_eq!(found[0].ours.why, "**qa-review** waits.");
    assert_eq!(found[0].theirs.as_ref().unwrap().by.as_deref(), Some("svc"));
}

#[test]
fn scopes_are_understood() {
    assert_eq!(super::scope("acme/widget").unwrap().number, None);
    let one = super::scope("acme/widget#3").unwrap();
    assert_eq!(one.number, Some(PullNumber::new(3)));
    assert!(super::scope("acme").is_err() && super::renamed("a").is_err());
}
