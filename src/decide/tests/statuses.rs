//! Which statuses a commit carries.

use super::read;
use crate::decide::reply::status::{MOST, declarations, description};
use crate::decide::statuses::{
    Left, Need, Rows, Standing, Wanted, need, still_open, wanted, withdrawn,
};
use crate::gate::policy::{ContextTemplate, Policy};
use crate::gate::tests::given::{HEAD, OTHER, World, gate_name, person, policy, second, sha};
use crate::gate::verdict::{Because, GateVerdict, Verdict};
use crate::model::{CommitState, Posted, PostedStatus, PullNumber, StatusRow};

const QA: &str = "qa-review / approved (pull_request)";
const SECURITY: &str = "security-review / approved (pull_request)";
const LIST: &str = "sop-checklist / na-declarations (pull_request)";

/// How the gates of a world stand, as pull request `number` into `main`.
fn standing(number: u64, world: &World) -> Standing {
    let gates = world.policy.gates.iter().map(|gate| gate.name.clone());
    Standing {
        number: PullNumber::new(number),
        base: String::from("main"),
        verdicts: gates.map(|gate| world.verdict(gate.as_str())).collect(),
    }
}

fn into(base: &str, standing: Standing) -> Standing {
    Standing {
        base: base.to_owned(),
        ..standing
    }
}

/// The statuses in their order, each in one line.
fn lines(wanted: &[Wanted]) -> Vec<String> {
    wanted
        .iter()
        .map(|w| {
            format!(
                "{} {}: {}",
                w.status.state, w.status.context, w.status.description
            )
        })
        .collect()
}

fn posts(policy: &Policy, standings: &[Standing]) -> Vec<String> {
    lines(&wanted(policy, &sha(HEAD), standings, true))
}

/// What stands on the first gate's context.
fn on_qa(standings: &[Standing]) -> String {
    let posts = posts(&policy(), standings);
    posts.into_iter().find(|line| line.contains(QA)).unwrap()
}

#[test]
fn a_new_head_shows_what_it_waits_for_before_anybody_types() {
    assert_eq!(
        posts(&policy(), &[standing(12, &World::new())]),
        [
            format!("pending {QA}: waits for an approval by someone of acme/qa"),
            format!("pending {SECURITY}: waits for an approval by someone of acme/security"),
            format!("success {LIST}: N/A: (none)"),
        ]
    );
}

#[test]
fn every_verdict_has_its_state_and_its_words() {
    for (world, expected) in [
        (
            World::new().approves("quinn"),
            "success {}: approved by quinn of acme/qa",
        ),
        (
            World::new().declares("quinn", "qa-review"),
            "success {}: declared not applicable by quinn of acme/qa",
        ),
        (
            World::new().requests_changes("quinn"),
            "failure {}: quinn of acme/qa requests changes",
        ),
        (
            World::new().approves("quinn").hides("acme/qa", "quinn"),
            "pending {}: cannot verify whether quinn counts: the bot is not in the team; type /refire qa-review for the repair",
        ),
        (
            World::new().head_moves(OTHER).approves("quinn"),
            "pending {}: Gitea has not recorded the last push yet; looking again",
        ),
        (
            World::new().head_moves(OTHER).read_after(61),
            "pending {}: Gitea never recorded the last push: push another commit, an empty one will do",
        ),
    ] {
        assert_eq!(on_qa(&[standing(12, &world)]), expected.replace("{}", QA));
    }
}

#[test]
fn what_is_not_success_is_posted_before_what_is_and_the_declarations_last() {
    let world = World::new().approves("quinn").answers(
        "acme/security",
        "quentin",
        crate::model::Membership::Member,
    );
    let world = world.declares("quentin", "qa-review");
    assert_eq!(
        posts(&policy(), &[standing(12, &world)]),
        [
            format!("pending {SECURITY}: waits for an approval by someone of acme/security"),
            format!("success {QA}: declared not applicable by quentin of acme/qa"),
            format!("success {LIST}: N/A: qa-review"),
        ]
    );
    let ranks: Vec<u8> = wanted(&policy(), &sha(HEAD), &[standing(12, &world)], true)
        .iter()
        .map(|w| w.rank)
        .collect();
    assert_eq!(ranks, [0, 1, 2]);
}

#[test]
fn what_is_posted_is_the_worst_over_all_open_pull_requests_with_that_head() {
    let green = || World::new().approves("quinn");
    let missing = World::new;
    let unknown = || green().hides("acme/qa", "quinn");
    let red = || World::new().requests_changes("quinn");
    for (own, other, expected) in [
        (green(), green(), "success {}: approved by quinn of acme/qa"),
        (
            green(),
            missing(),
            "pending {}: #13 has the same head: waits for an approval by someone of acme/qa",
        ),
        (
            missing(),
            green(),
            "pending {}: waits for an approval by someone of acme/qa",
        ),
        (
            missing(),
            red(),
            "failure {}: #13 has the same head: quinn of acme/qa requests changes",
        ),
        (
            unknown(),
            red(),
            "failure {}: #13 has the same head: quinn of acme/qa requests changes",
        ),
        (
            red(),
            missing(),
            "failure {}: quinn of acme/qa requests changes",
        ),
        (
            missing(),
            unknown(),
            "pending {}: #13 has the same head: cannot verify whether quinn counts: the bot is not in the team; type /refire qa-review for the repair",
        ),
    ] {
        let standings = [standing(12, &own), standing(13, &other)];
        assert_eq!(on_qa(&standings), expected.replace("{}", QA));
    }
}

#[test]
fn a_pull_request_with_this_head_that_could_not_be_looked_at_keeps_the_commit_pending() {
    let unseen = Standing {
        number: PullNumber::new(13),
        base: "main".into(),
        verdicts: Vec::new(),
    };
    let posts = posts(
        &policy(),
        &[standing(12, &World::new().approves("quinn")), unseen],
    );
    assert_eq!(
        posts.first().unwrap(),
        &format!("pending {QA}: not looked at yet")
    );
    assert!(
        posts
            .iter()
            .all(|line| !line.starts_with(&format!("success {QA}")))
    );
}

#[test]
fn a_gate_is_declared_on_a_commit_only_where_it_is_on_every_pull_request_with_that_head() {
    let declared = World::new().declares("quinn", "qa-review");
    let list = |other: &World| {
        posts(&policy(), &[standing(12, &declared), standing(13, other)])
            .pop()
            .unwrap()
    };
    assert_eq!(list(&declared), format!("success {LIST}: N/A: qa-review"));
    assert_eq!(
        list(&World::new().approves("quinn")),
        format!("success {LIST}: N/A: (none)")
    );
}

#[test]
fn a_context_with_the_base_is_shared_only_by_pull_requests_into_that_base() {
    let mut policy = policy();
    policy.gates[0].contexts = vec![ContextTemplate::new("qa / {base}")];
    policy.declarations.context = ContextTemplate::new("n/a {base}");
    let green = standing(12, &World::new().declares("quinn", "qa-review"));
    let other = into("release/1", standing(13, &World::new()));
    let posts = posts(&policy, &[green, other]);
    assert!(posts.contains(&String::from(
        "success qa / main: declared not applicable by quinn of acme/qa"
    )));
    assert!(posts.contains(&String::from("success n/a main: N/A: qa-review")));
    assert!(posts.iter().all(|line| !line.contains("release/1")));
}

#[test]
fn a_gate_may_have_several_contexts_and_each_is_posted() {
    let mut policy = policy();
    policy.gates[0].contexts = vec![
        ContextTemplate::new(QA),
        ContextTemplate::new(" qa-review / approved (pull_request_target) "),
    ];
    let posts = posts(&policy, &[standing(12, &World::new().approves("quinn"))]);
    let green: Vec<&String> = posts
        .iter()
        .filter(|line| line.contains("approved by quinn"))
        .collect();
    assert_eq!(green.len(), 2);
    assert!(green[1].starts_with("success qa-review / approved (pull_request_target):"));
}

#[test]
fn only_gates_that_were_looked_at_are_posted_and_the_list_only_where_it_is_asked_for() {
    let mut own = standing(12, &World::new());
    own.verdicts.truncate(1);
    assert_eq!(wanted(&policy(), &sha(HEAD), &[own], false).len(), 1);
    assert!(wanted(&policy(), &sha(HEAD), &[], true).is_empty());
}

#[test]
fn the_list_of_declarations_is_in_configured_order() {
    let both = World::new()
        .answers("acme/security", "quinn", crate::model::Membership::Member)
        .declares("quinn", "security-review")
        .declares("quinn", "qa-review");
    let list = posts(&policy(), &[standing(12, &both)]).pop().unwrap();
    assert_eq!(
        list,
        format!("success {LIST}: N/A: qa-review, security-review")
    );
}

#[test]
fn a_description_has_at_most_140_characters_and_is_cut_at_a_word() {
    let gates: Vec<_> = (0..30)
        .map(|n| gate_name(&format!("gate-number-{n}")))
        .collect();
    let text = declarations(gates.iter());
    assert!(text.chars().count() <= MOST);
    assert_eq!(
        text,
        "N/A: gate-number-0, gate-number-1, gate-number-2, gate-number-3, gate-number-4, \
         gate-number-5, gate-number-6, gate-number-7…"
    );
    let long = gate_name(&"g".repeat(64));
    assert!(
        declarations([&long, &long, &long].into_iter())
            .chars()
            .count()
            <= MOST
    );
}

#[test]
fn a_description_never_says_that_nobody_approved_when_that_is_not_known() {
    for because in [Vec::new(), vec![Because::TooManyShare]] {
        let mut verdict = World::new().verdict("qa-review");
        verdict.verdict = Verdict::Unknown(because);
        let text = description(&verdict, None);
        assert!(!text.contains("waits for"), "{text}");
    }
}

fn posted(context: &str, state: CommitState, description: &str) -> Posted {
    Posted {
        context: context.into(),
        state,
        description: description.into(),
        at: second(0),
        restored: None,
    }
}

fn row(id: u64, who: &str, state: &str, description: &str) -> StatusRow {
    let (context, state) = (QA.to_owned(), state.to_owned());
    StatusRow {
        id,
        context,
        state,
        description: description.into(),
        creator: Some(person(who)),
    }
}

fn green() -> PostedStatus {
    PostedStatus {
        sha: sha(HEAD),
        context: QA.into(),
        state: CommitState::Success,
        description: "approved by quinn of acme/qa".into(),
    }
}

fn is_own(row: &StatusRow) -> bool {
    row.creator.as_ref() == Some(&person("refire"))
}

#[test]
fn nothing_is_posted_while_the_newest_row_is_ours_and_equal() {
    let ours = || row(3, "refire", "success", "approved by quinn of acme/qa");
    for (shows, rows, expected) in [
        ("ours and equal", vec![ours()], Need::Nothing),
        ("none", vec![], Need::Post),
        (
            "a forgery on top, equal to the letter",
            vec![
                ours(),
                row(4, "bob", "success", "approved by quinn of acme/qa"),
            ],
            Need::Post,
        ),
        (
            "a forgery below",
            vec![row(2, "bob", "failure", "no"), ours()],
            Need::Nothing,
        ),
        (
            "in any order",
            vec![row(9, "bob", "failure", "no"), ours()],
            Need::Post,
        ),
        (
            "another state",
            vec![row(3, "refire", "pending", "approved by quinn of acme/qa")],
            Need::Post,
        ),
        (
            "another description",
            vec![row(3, "refire", "success", "x")],
            Need::Post,
        ),
        (
            "another case of the state",
            vec![row(3, "refire", "SUCCESS", "approved by quinn of acme/qa")],
            Need::Post,
        ),
        (
            "nobody's",
            vec![StatusRow {
                creator: None,
                ..ours()
            }],
            Need::Post,
        ),
        (
            "another context",
            vec![StatusRow {
                context: SECURITY.into(),
                ..ours()
            }],
            Need::Post,
        ),
    ] {
        assert_eq!(
            need(&green(), Rows::Read(&rows), &is_own),
            expected,
            "{shows}"
        );
    }
}

#[test]
fn what_we_remember_posting_is_looked_at_because_others_may_have_posted_since() {
    let equal = posted(QA, CommitState::Success, "approved by quinn of acme/qa");
    let differs = posted(QA, CommitState::Pending, "waits");
    for (remembered, expected) in [
        (vec![equal], Need::Look),
        (vec![differs], Need::Post),
        (vec![], Need::Look),
    ] {
        assert_eq!(
            need(&green(), Rows::Remembered(&remembered), &is_own),
            expected
        );
    }
}

#[test]
fn closing_retargeting_and_moving_the_head_withdraw_our_successes() {
    for (left, words) in [
        (Left::Closed, "withdrawn: the pull request was closed"),
        (Left::Moved, "withdrawn: the head moved on"),
        (Left::Retargeted, "withdrawn: the base branch was changed"),
    ] {
        let standing = [
            posted(QA, CommitState::Success, "approved by quinn of acme/qa"),
            posted(SECURITY, CommitState::Pending, "waits"),
            posted(LIST, CommitState::Success, "N/A: qa-review"),
            posted("build", CommitState::Success, "of somebody else"),
        ];
        let withdrawn = withdrawn(&policy(), &sha(OTHER), &standing, left);
        assert_eq!(
            lines(&withdrawn),
            [
                format!("pending {QA}: {words}"),
                format!("success {LIST}: N/A: (none)")
            ]
        );
        assert!(
            withdrawn
                .iter()
                .all(|wanted| wanted.status.sha == sha(OTHER))
        );
    }
}

#[test]
fn what_blocks_already_and_an_empty_list_are_not_withdrawn() {
    let standing = [
        posted(
            QA,
            CommitState::Failure,
            "quinn of acme/qa requests changes",
        ),
        posted(SECURITY, CommitState::Pending, "waits"),
        posted(LIST, CommitState::Success, "N/A: (none)"),
    ];
    assert!(withdrawn(&policy(), &sha(HEAD), &standing, Left::Closed).is_empty());
}

#[test]
fn a_context_that_names_a_base_is_withdrawn_whatever_the_base_was() {
    let mut policy = policy();
    policy.gates[0].contexts = vec![ContextTemplate::new("qa / {base} / approved")];
    let standing = [posted(
        "qa / release/1 / approved",
        CommitState::Success,
        "approved",
    )];
    assert_eq!(
        withdrawn(&policy, &sha(HEAD), &standing, Left::Retargeted).len(),
        1
    );
    assert!(
        ContextTemplate::new("{base}").covers("main")
            && !ContextTemplate::new("a{base}b").covers("ab")
    );
}

#[test]
fn who_opened_a_pull_request_with_this_head_counts_for_none_of_them() {
    let shared = |author: &str, other: &str| {
        World::new().facts(|facts| {
            facts.pull.author = person(author);
            facts.openers = vec![person(other)];
        })
    };
    let first = shared("alice", "quinn")
        .approves("quinn")
        .declares("quinn", "qa-review");
    let second = shared("quinn", "alice").approves("quinn");
    assert_eq!(
        on_qa(&[standing(12, &first), standing(13, &second)]),
        format!("pending {QA}: waits for an approval by someone of acme/qa")
    );
    let both = |world: World| world.approves("quentin");
    assert_eq!(
        on_qa(&[standing(12, &both(first)), standing(13, &both(second))]),
        format!("success {QA}: approved by quentin of acme/qa")
    );
}

#[test]
fn commands_name_the_gates_of_the_policy() {
    let reading = read(&policy(), "/refire QA");
    assert_eq!(reading.commands.len(), 1);
}

proptest::proptest! {
    #[test]
    fn a_description_is_never_longer_than_140_characters(login in "\\PC{0,200}", team in "[^/]{1,200}", gate in "[a-z]{1,64}") {
        let mut verdict = World::new().approves("quinn").verdict("qa-review");
        verdict.team = crate::model::TeamName::new("acme", team);
        verdict.gate = gate_name(&gate);
        let who = crate::model::Account::new(70, login);
        let because = Because::Probe { who: who.id, login: who.login.to_string(), diagnoses: Vec::new() };
        let ground = crate::gate::verdict::Ground::Approval { by: who.clone(), team: verdict.team.clone(), head: sha(HEAD) };
        for outcome in [Verdict::Rejected(who), Verdict::Missing, Verdict::Unknown(vec![because]), Verdict::Satisfied(ground)] {
            verdict.verdict = outcome;
            for elsewhere in [None, Some(PullNumber::new(u64::MAX))] {
                proptest::prop_assert!(description(&verdict, elsewhere).chars().count() <= MOST);
            }
        }
    }

    #[test]
    fn a_commit_is_never_better_than_the_worst_pull_request(kinds in proptest::collection::vec(0..5u8, 1..5)) {
        let world = |kind: &u8| match kind {
            0 => World::new().approves("quinn"),
            1 => World::new(),
            2 => World::new().requests_changes("quinn"),
            3 => World::new().approves("quinn").hides("acme/qa", "quinn"),
            _ => World::new().declares("quinn", "qa-review"),
        };
        let standings: Vec<Standing> =
            kinds.iter().zip(12u64..).map(|(kind, number)| standing(number, &world(kind))).collect();
        let states = standings.iter().map(|standing| standing.verdicts[0].verdict.state());
        let line = on_qa(&standings);
        proptest::prop_assert!(line.starts_with(states.min().unwrap().as_str()), "{line}");
    }
}

#[test]
fn what_is_not_green_is_still_open_as_it_was_found_or_is_remembered() {
    let policy = policy();
    let row = |context: &str, state, description: &str| Posted {
        context: context.into(),
        state,
        description: description.into(),
        at: second(0),
        restored: None,
    };
    let qa = row(QA, CommitState::Pending, "waits");
    let green = row(SECURITY, CommitState::Success, "approved");
    let open = |verdicts: &[GateVerdict]| {
        still_open(&policy, "main", &[qa.clone(), green.clone()], verdicts)
    };
    assert_eq!(open(&[]), [(gate_name("qa-review"), "waits".to_owned())]);
    let approved = World::new().approves("quinn");
    assert_eq!(open(&[approved.verdict("qa-review")]), []);
    let found = "waits for an approval by someone of acme/security".to_owned();
    let waits = World::new().verdict("security-review");
    assert_eq!(
        open(&[approved.verdict("qa-review"), waits]),
        [(gate_name("security-review"), found)],
        "what is remembered is overtaken"
    );
}
