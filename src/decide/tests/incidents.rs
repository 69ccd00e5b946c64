//! The incidents that decisions must survive, by their numbers. The others stand with the gates.

use super::{read, shown, writes};
use crate::decide::directive::directives;
use crate::decide::reply::Letter;
use crate::decide::reply::status::description;
use crate::decide::statuses::{Standing, wanted};
use crate::gate::facts::Says;
use crate::gate::tests::given::{HEAD, World, attempt, policy, sha, team};
use crate::model::{Cause, CommitState, Membership, PullNumber};

fn refire(world: World) -> String {
    writes(world, "alice", "/refire qa").reply()
}

#[test]
fn i01_the_first_candidates_403_is_skipped_and_the_second_is_told() {
    let world = World::new()
        .approves("quinn")
        .hides("acme/qa", "quinn")
        .approves("quentin");
    assert!(
        refire(world).starts_with("**`qa-review` is satisfied**: `quentin` of `acme/qa` approved")
    );
}

#[test]
fn i02_cannot_verify_has_its_own_wording_in_the_reply_and_in_the_status() {
    let world = World::new().approves("quinn").hides("acme/qa", "quinn");
    let status = description(&world.verdict("qa-review"), None);
    let reply = refire(world);
    assert!(
        reply.starts_with("**`qa-review` cannot be verified**")
            && reply.contains("Nobody's approval was rejected.")
    );
    assert!(status.starts_with("cannot verify whether quinn counts"));
    for text in [reply, status] {
        assert!(
            !text.contains("waits for an approval") && !text.contains("not approved"),
            "{text}"
        );
    }
}

#[test]
fn i03_membership_of_the_organisation_waives_nothing() {
    let reply = writes(World::new(), "sam", "/sop-n/a qa docs").reply();
    assert!(reply.contains("you are not in `acme/qa`"), "{reply}");
}

#[test]
fn i06_hidden_drafts_are_told_with_how_to_submit_one() {
    for (drafts, words) in [
        (1, "1 review on this pull request is still a draft"),
        (3, "3 reviews on this pull request are still drafts"),
    ] {
        let letter = Letter {
            hidden_drafts: drafts,
            ..writes(World::new(), "alice", "/refire qa").letter()
        };
        let reply = shown(&letter);
        assert!(
            reply.contains(words) && reply.contains("*Finish review*"),
            "{reply}"
        );
    }
}

#[test]
fn i08_lgtm_is_no_command_and_no_approval() {
    for body in [
        "LGTM",
        "lgtm, approved",
        "APPROVED",
        "refire: approved",
        "+1",
    ] {
        let spoken = writes(World::new(), "quinn", body);
        assert!(spoken.parts().is_empty());
        assert_eq!(spoken.world.outcome("qa-review"), "missing", "{body}");
    }
}

#[test]
fn i11_an_empty_list_of_declarations_is_success() {
    let world = World::new();
    let verdicts = vec![world.verdict("qa-review"), world.verdict("security-review")];
    let standing = Standing {
        number: PullNumber::new(12),
        base: "main".into(),
        verdicts,
    };
    let list = wanted(&policy(), &sha(HEAD), &[standing], true)
        .pop()
        .unwrap();
    assert_eq!((list.gate, list.status.state), (None, CommitState::Success));
    assert_eq!(list.status.description, "N/A: (none)");
}

#[test]
fn i16_the_author_who_waives_the_own_gate_is_told_so() {
    let world = World::new().answers("acme/qa", "alice", Membership::Member);
    let spoken = writes(world, "alice", "/sop-n/a qa docs");
    assert!(
        spoken
            .reply()
            .contains("was not accepted**: you are the author of this pull request.")
    );
    assert_eq!(spoken.world.outcome("qa-review"), "missing");
}

#[test]
fn i17_a_declaration_for_an_unknown_gate_is_answered_with_the_known_names() {
    let spoken = writes(World::new(), "quinn", "/sop-n/a sop-checklist docs");
    let reply = spoken.reply();
    assert!(
        reply.starts_with("**There is no gate `sop-checklist`.** Known here: `qa-review` (`qa`), "),
        "{reply}"
    );
}

#[test]
fn i18_a_deleted_users_review_is_told_and_crashes_nothing() {
    let world = World::new()
        .approves("Ghost")
        .approves("quinn")
        .but(|review| review.reviewer = None);
    assert!(refire(world).contains("| `Ghost` approved `3f2a9c1` | ✘ | the account was deleted |"));
}

#[test]
fn i19_a_dash_between_name_and_note_is_a_separator() {
    for body in [
        "/sop-n/a qa — docs only",
        "/sop-n/a qa—docs only",
        "/sop-n/a qa - docs only",
        "/sop-n/a qa: docs only",
    ] {
        let [said] = &directives(&read(&policy(), body))[..] else {
            panic!("{body}")
        };
        assert_eq!(said.gate.as_str(), "qa-review", "{body}");
        assert_eq!(
            said.says,
            Says::Declare {
                commit: None,
                reason: Some("docs only".into())
            },
            "{body}"
        );
    }
}

#[test]
fn i22_a_gate_answers_for_its_own_context_only() {
    let world = World::new().approves("quinn").requests_changes("sam");
    let verdicts = vec![world.verdict("qa-review"), world.verdict("security-review")];
    let standing = Standing {
        number: PullNumber::new(12),
        base: "main".into(),
        verdicts,
    };
    let posts = wanted(&policy(), &sha(HEAD), &[standing], true);
    let states: Vec<CommitState> = posts.iter().map(|wanted| wanted.status.state).collect();
    assert_eq!(
        states,
        [
            CommitState::Failure,
            CommitState::Success,
            CommitState::Success
        ]
    );
}

#[test]
fn i23_what_could_not_be_evaluated_is_pending_with_its_cause() {
    let tried = vec![attempt("refire", &team("acme/qa"), Cause::ForgeUnavailable)];
    let world =
        World::new()
            .approves("quinn")
            .answers("acme/qa", "quinn", Membership::Unknown(tried));
    let verdict = world.verdict("qa-review");
    assert_eq!(verdict.verdict.state(), CommitState::Pending);
    assert!(description(&verdict, None).contains("Gitea did not answer"));
}
