//! What people read. Each snapshot was read as the person concerned: would I know what to do?

use super::{letter, shown, writes};
use crate::decide::reply::{Addressee, Letter, Part, render};
use crate::decide::statuses::Share;
use crate::gate::declaration::Refusal;
use crate::gate::facts::{Hearing, Says};
use crate::gate::policy::{Bind, TeamRef, Unheard};
use crate::gate::settled::Late;
use crate::gate::tests::given::{
    HEAD, OTHER, World, attempt, diagnosis, evidence, gate_name, person, pull, sha, team,
};
use crate::gate::verdict::{Because, Verdict};
use crate::model::{
    Cause, CommentId, Diagnosis, Evidence, Membership, PullNumber, PullState, ReviewState, Subject,
};
use insta::assert_snapshot;

/// What `alice` reads when she asks about `qa-review`.
fn refire(world: World) -> String {
    writes(world, "alice", "/refire qa").reply()
}

fn refire_letter(world: World) -> Letter {
    writes(world, "alice", "/refire qa").letter()
}

/// What `quinn` reads about the declaration.
fn declares(world: World) -> String {
    writes(world, "quinn", "/sop-n/a qa docs only").reply()
}

fn share(number: u64, open: &[&str]) -> Share {
    Share {
        number: PullNumber::new(number),
        open: open.iter().map(|gate| gate_name(gate)).collect(),
    }
}

fn alone(part: Part) -> String {
    shown(&letter(Addressee::Comment(CommentId::new(500)), vec![part]))
}

/// Gitea did not answer.
fn away(evidence: Evidence) -> Box<Diagnosis> {
    Box::new(diagnosis(evidence, Subject::Forge, Cause::ForgeUnavailable))
}

fn unknown(name: &str, tried: &[(&str, Cause)]) -> Membership {
    Membership::Unknown(
        tried
            .iter()
            .map(|(asked_as, cause)| attempt(asked_as, &team(name), *cause))
            .collect(),
    )
}

#[test]
fn satisfied_by_an_approval() {
    assert_snapshot!(refire(World::new().approves("quinn")), @"**`qa-review` is satisfied**: `quinn` of `acme/qa` approved `3f2a9c1`.");
}

#[test]
fn satisfied_by_a_declaration() {
    assert_snapshot!(refire(World::new().declares("quinn", "qa-review")), @"**`qa-review` is satisfied**: `quinn` of `acme/qa` declared it not applicable: `docs only`.");
}

#[test]
fn nobody_has_approved_yet() {
    assert_snapshot!(refire(World::new()), @r"
    **`qa-review` waits for an approval by someone of `acme/qa`.**

    Someone of `acme/qa` approves the newest commit, or declares the gate not applicable with `/sop-n/a qa-review reason`.
    ");
}

#[test]
fn each_condition_of_the_approval_rule_has_its_own_words_and_its_repair() {
    let world = World::new()
        .approves("bob")
        .approves("alice")
        .approves("refire")
        .approves("ci-runner")
        .approves("Ghost")
        .approves("quentin")
        .but(|r| r.official = Some(false))
        .approves("quinn")
        .but(|r| r.commit = Some(sha(OTHER)))
        .approves("quinn")
        .but(|r| r.commit = None)
        .approves("quinn")
        .but(|r| r.stale = Some(true))
        .approves("quinn")
        .but(|r| r.dismissed = Some(true))
        .approves("quinn")
        .but(|r| r.submitted_at = None)
        .requests_changes("quinn")
        .but(|r| r.official = Some(false))
        .approves("carol")
        .approves("dave")
        .answers("acme/qa", "dave", Membership::AnotherUser)
        .facts(|f| f.openers.push(crate::gate::tests::given::person("carol")));
    assert_snapshot!(refire(world), @r"
    **`qa-review` waits for an approval by someone of `acme/qa`.**

    Someone of `acme/qa` approves the newest commit, or declares the gate not applicable with `/sop-n/a qa-review reason`.

    | review | counts | why |
    |---|---|---|
    | `bob` approved `3f2a9c1` | ✘ | not in `acme/qa` |
    | `alice` approved `3f2a9c1` | ✘ | the author of this pull request |
    | `refire` approved `3f2a9c1` | ✘ | the bot itself |
    | `ci-runner` approved `3f2a9c1` | ✘ | a service account |
    | `Ghost` approved `3f2a9c1` | ✘ | the account was deleted |
    | `quentin` approved `3f2a9c1` | ✘ | Gitea calls it *not official*: `acme/qa` may not write to this repository, or the branch rule's approvals whitelist does not name it. A repository administrator can change either; then approve once more |
    | `quinn` approved `91bc0d2` | ✘ | an older commit, not the head; approve once more |
    | `quinn` approved no commit | ✘ | Gitea names no commit for it; approve once more |
    | `quinn` approved `3f2a9c1` | ✘ | the code changed since; approve once more |
    | `quinn` approved `3f2a9c1` | ✘ | dismissed, or replaced by a later review of the same person |
    | `quinn` approved `3f2a9c1` | ✘ | older than this repository: it was migrated, and perhaps under a wrong name; approve once more |
    | `quinn` requested changes on `3f2a9c1` | ✘ | Gitea calls it *not official*: `acme/qa` may not write to this repository, or the branch rule's approvals whitelist does not name it. A repository administrator can change either; then review once more |
    | `carol` approved `3f2a9c1` | ✘ | opened another pull request with the same head, so counts for neither |
    | `dave` approved `3f2a9c1` | ✘ | that login belongs to somebody else now |
    ");
}

#[test]
fn approvals_before_a_change_of_the_base_and_by_pushers() {
    let world = World::new().pushes("quentin", OTHER).pushes("alice", HEAD);
    let world = world
        .approves("quinn")
        .approves("quentin")
        .retargeted()
        .approves("quentin");
    assert_snapshot!(refire(world), @r"
    **`qa-review` waits for an approval by someone of `acme/qa`.**

    Someone of `acme/qa` approves the newest commit, or declares the gate not applicable with `/sop-n/a qa-review reason`.

    | review | counts | why |
    |---|---|---|
    | `quinn` approved `3f2a9c1` | ✘ | given before the base branch was changed; approve once more |
    | `quentin` approved `3f2a9c1` | ✘ | given before the base branch was changed; approve once more |
    | `quentin` approved `3f2a9c1` | ✘ | pushed to this pull request; somebody else has to approve |
    ");
}

#[test]
fn a_request_for_changes_stands() {
    assert_snapshot!(refire(World::new().approves("quinn").requests_changes("quinn")), @r"
    **`qa-review` is rejected**: `quinn` of `acme/qa` requests changes.

    `quinn` can approve instead, or dismiss that review; an approval by another member of `acme/qa` counts too.

    | review | counts | why |
    |---|---|---|
    | `quinn` approved `3f2a9c1` | ✘ | a later review of the same person counts instead |
    | `quinn` requested changes on `3f2a9c1` | ✔ | in `acme/qa` |
    ");
}

#[test]
fn cannot_be_verified_is_never_dressed_as_not_approved() {
    let world = World::new().approves("quinn").hides("acme/qa", "quinn");
    let letter = Letter {
        looks_again: true,
        ..refire_letter(world)
    };
    assert_snapshot!(shown(&letter), @r"
    **`qa-review` cannot be verified**: `quinn` approved, but I am not allowed to see who is in `acme/qa`. Nobody's approval was rejected.

    **Repair:** Add `refire` to the team `acme/qa`; an owner of `acme` can: `https://git.example.org/org/acme/teams/qa`. Then type `/refire qa-review`.

    | review | counts | why |
    |---|---|---|
    | `quinn` approved `3f2a9c1` | ? | not known whether in `acme/qa`: `refire` is in the organisation `acme`, not in the team `acme/qa` |

    | asked as | what came back | meaning | cause |
    |---|---|---|---|
    | `refire` | 403 `Must be a team member` | `refire` is in the organisation `acme`, not in the team `acme/qa` | `bot-not-in-team` |

    <details><summary><i>How this was checked</i></summary>

    | time (UTC) | asked as | call | what came back |
    |---|---|---|---|
    | 10:15:00 | `refire` | `GET /teams/3/members/quinn` | 403 `Must be a team member` |

    </details>
    ");
}

#[test]
fn two_identities_and_either_repair_will_do() {
    let tried = [
        ("refire", Cause::BotNotInTeam),
        ("reader", Cause::ScopeMissing),
    ];
    let world = World::new().approves("quinn").approves("quentin");
    let world = world.answers("acme/qa", "quinn", unknown("acme/qa", &tried));
    let world = world.answers("acme/qa", "quentin", unknown("acme/qa", &tried));
    assert_snapshot!(refire(world), @r"
    **`qa-review` cannot be verified**: `quinn` and `quentin` approved, but I am not allowed to see who is in `acme/qa`. Nobody's approval was rejected.

    **Repair**, either of these:
    - Add `refire` to the team `acme/qa`; an owner of `acme` can: `https://git.example.org/org/acme/teams/qa`
    - Issue a new token for `reader` with the scope `read:organization` added; whoever runs the bot can: `https://git.example.org/user/settings/applications`

    Then type `/refire qa-review`.

    | review | counts | why |
    |---|---|---|
    | `quinn` approved `3f2a9c1` | ? | not known whether in `acme/qa`: `refire` is in the organisation `acme`, not in the team `acme/qa` |
    | `quentin` approved `3f2a9c1` | ? | not known whether in `acme/qa`: `refire` is in the organisation `acme`, not in the team `acme/qa` |

    | asked as | what came back | meaning | cause |
    |---|---|---|---|
    | `refire` | 403 `Must be a team member` | `refire` is in the organisation `acme`, not in the team `acme/qa` | `bot-not-in-team` |
    | `reader` | 403 `token does not have at least one of required scope(s), required=[read:organization], token scope=read:user` | the token of `reader` lacks the scope `read:organization` | `scope-missing` |

    <details><summary><i>How this was checked</i></summary>

    | time (UTC) | asked as | call | what came back |
    |---|---|---|---|
    | 10:15:00 | `refire` | `GET /teams/3/members/quinn` | 403 `Must be a team member` |
    | 10:15:00 | `reader` | `GET /teams/3/members/quinn` | 403 `token does not have at least one of required scope(s), required=[read:organization], token scope=read:user` |

    </details>
    ");
}

#[test]
fn every_cause_has_its_meaning_and_its_one_repair() {
    let causes = [
        Cause::TokenInvalid,
        Cause::ScopeMissing,
        Cause::BotNotInTeam,
        Cause::BotNotInOrg,
        Cause::TeamUnknown,
        Cause::PublicOnlyToken,
        Cause::AccountBlocked,
        Cause::SignInRequired,
        Cause::ProxyInBetween,
        Cause::OwnerNotAnOrganisation,
        Cause::Unexplained,
    ];
    let told: Vec<String> = causes
        .iter()
        .map(|cause| {
            let tried = attempt("refire", &team("acme/qa"), *cause);
            let words = crate::decide::reply::cause::meaning(&tried);
            let repair = crate::decide::reply::repair::repair(&tried).unwrap();
            format!("{cause:?}: {words}\n    {repair}")
        })
        .collect();
    assert_snapshot!(told.join("\n"), @r"
    TokenInvalid: the token of `refire` is missing, revoked or mistyped
        Issue a new token for `refire` and put it where identity `refire` reads it; whoever runs the bot can: `https://git.example.org/user/settings/applications`
    ScopeMissing: the token of `refire` lacks the scope `read:organization`
        Issue a new token for `refire` with the scope `read:organization` added; whoever runs the bot can: `https://git.example.org/user/settings/applications`
    BotNotInTeam: `refire` is in the organisation `acme`, not in the team `acme/qa`
        Add `refire` to the team `acme/qa`; an owner of `acme` can: `https://git.example.org/org/acme/teams/qa`
    BotNotInOrg: `refire` is in no team of the organisation `acme`
        Add `refire` to the team `acme/qa`; an owner of `acme` can: `https://git.example.org/org/acme/teams/qa`
    TeamUnknown: there is no team `acme/qa`
        Correct the gate's `team` in the bot's configuration: `acme/qa` is not among the teams that `refire` is shown (from Gitea 1.27 on a private team is shown to its members only); whoever runs the bot can
    PublicOnlyToken: the token of `refire` is limited to public things
        Issue a new token for `refire` without “public only”; whoever runs the bot can: `https://git.example.org/user/settings/applications`
    AccountBlocked: the account `refire` is blocked
        Unblock the account `refire`; a site administrator can: `https://git.example.org/-/admin/users`
    SignInRequired: the server answers nobody who sends no token
        Configure a token for identity `refire`; whoever runs the bot can
    ProxyInBetween: a proxy in front of Gitea answered, not Gitea
        Let the bot's User-Agent and address through the proxy (whoever runs the proxy can), or set `forge.api_url` to an address of Gitea itself (whoever runs the bot can)
    OwnerNotAnOrganisation: `acme` is a person, and persons have no teams
        Name the gate's team as `organisation/team`, or move the repository into an organisation; whoever runs the bot, or `acme`, can
    Unexplained: Gitea's answer is not understood
        Send the calls below to whoever runs this Gitea: they say what was asked and what it answered
    ");
}

#[test]
fn where_nothing_can_be_repaired_the_reader_is_told_to_wait() {
    let tried = [("refire", Cause::ForgeUnavailable)];
    let world = World::new().approves("quinn");
    let world = world.answers("acme/qa", "quinn", unknown("acme/qa", &tried));
    let letter = Letter {
        looks_again: true,
        ..refire_letter(world)
    };
    assert_snapshot!(shown(&letter), @r"
    **`qa-review` cannot be verified**: `quinn` approved, but I could not find out who is in `acme/qa`: Gitea did not answer in time. Nobody's approval was rejected.

    Nothing has to be done but to wait.

    | review | counts | why |
    |---|---|---|
    | `quinn` approved `3f2a9c1` | ? | not known whether in `acme/qa`: Gitea did not answer in time |

    | asked as | what came back | meaning | cause |
    |---|---|---|---|
    | `refire` | 502 | Gitea did not answer in time | `forge-unavailable` |

    <details><summary><i>How this was checked</i></summary>

    | time (UTC) | asked as | call | what came back |
    |---|---|---|---|
    | 10:15:00 | `refire` | `GET /teams/3/members/quinn` | 502 |

    </details>
    ");
}

#[test]
fn no_identity_may_ask_about_teams() {
    let world =
        World::new()
            .approves("quinn")
            .answers("acme/qa", "quinn", Membership::Unknown(Vec::new()));
    assert_snapshot!(refire(world), @r"
    **`qa-review` cannot be verified**: `quinn` approved, but no identity of mine may ask about teams. Nobody's approval was rejected.

    **Repair:** Give an identity `teams` among its `uses` in the bot's configuration. Then type `/refire qa-review`.

    | review | counts | why |
    |---|---|---|
    | `quinn` approved `3f2a9c1` | ? | not known whether in `acme/qa`: no identity may ask |
    ");
}

#[test]
fn a_rejection_that_cannot_be_verified() {
    let world = World::new()
        .requests_changes("quinn")
        .hides("acme/qa", "quinn");
    assert_snapshot!(refire(world), @r"
    **`qa-review` cannot be verified**: `quinn` requested changes, but I am not allowed to see who is in `acme/qa`. The request was not set aside.

    **Repair:** Add `refire` to the team `acme/qa`; an owner of `acme` can: `https://git.example.org/org/acme/teams/qa`. Then type `/refire qa-review`.

    | review | counts | why |
    |---|---|---|
    | `quinn` requested changes on `3f2a9c1` | ? | not known whether in `acme/qa`: `refire` is in the organisation `acme`, not in the team `acme/qa` |

    | asked as | what came back | meaning | cause |
    |---|---|---|---|
    | `refire` | 403 `Must be a team member` | `refire` is in the organisation `acme`, not in the team `acme/qa` | `bot-not-in-team` |

    <details><summary><i>How this was checked</i></summary>

    | time (UTC) | asked as | call | what came back |
    |---|---|---|---|
    | 10:15:00 | `refire` | `GET /teams/3/members/quinn` | 403 `Must be a team member` |

    </details>
    ");
}

#[test]
fn the_push_is_not_recorded_yet() {
    let letter = Letter {
        looks_again: true,
        ..refire_letter(World::new().head_moves(OTHER).approves("quinn"))
    };
    assert_snapshot!(shown(&letter), @r"
    **`qa-review` cannot be verified yet**: Gitea moved the head but has not recorded the push yet. Nobody's approval was rejected.

    Nothing has to be done but to wait.

    | review | counts | why |
    |---|---|---|
    | `quinn` approved `91bc0d2` | ? | who pushed the head is not recorded yet |
    ");
}

#[test]
fn the_push_was_never_recorded() {
    let world = World::new().head_moves(OTHER).read_after(61);
    let world = world.approves("quinn").but(|r| r.commit = Some(sha(HEAD)));
    assert_snapshot!(refire(world), @r"
    **`qa-review` cannot be verified**: Gitea never recorded the last push (it does not while a pull request is closed).

    **Repair:** Push another commit to the branch (an empty one will do), then approve again (`push-not-recorded`). Then type `/refire qa-review`.

    | review | counts | why |
    |---|---|---|
    | `quinn` approved `3f2a9c1` | ✘ | an older commit, not the head; approve once more |
    ");
}

#[test]
fn the_head_branch_is_gone() {
    assert_snapshot!(refire(World::new().facts(|facts| facts.pull.head = None)), @r"
    **`qa-review` cannot be verified**: the head branch is gone.

    **Repair:** Push the head branch again, or close this pull request. Then type `/refire qa-review`.
    ");
}

#[test]
fn an_approval_of_an_empty_pull_request() {
    let empty = World::new().facts(|facts| {
        facts.history.pushes.clear();
        facts.pull.empty = true;
    });
    assert_snapshot!(refire(empty.approves("quinn")), @r"
    **`qa-review` waits for an approval by someone of `acme/qa`.**

    Someone of `acme/qa` approves the newest commit, or declares the gate not applicable with `/sop-n/a qa-review reason`.

    | review | counts | why |
    |---|---|---|
    | `quinn` approved `3f2a9c1` | ✘ | there are no commits to review yet |
    ");
}

#[test]
fn the_facts_could_not_be_read() {
    let mut world = refire_letter(World::new());
    let Some(Part::Gate(verdict)) = world.parts.first_mut() else {
        panic!()
    };
    verdict.verdict = Verdict::Unknown(vec![Because::Unread(away(evidence("refire", 502, None)))]);
    assert_snapshot!(shown(&world), @r"
    **`qa-review` cannot be verified yet**: Gitea did not answer (502). Nobody's approval was rejected.

    Nothing has to be done but to wait.

    | asked as | what came back | meaning | cause |
    |---|---|---|---|
    | `refire` | 502 | Gitea did not answer in time | `forge-unavailable` |

    <details><summary><i>How this was checked</i></summary>

    | time (UTC) | asked as | call | what came back |
    |---|---|---|---|
    | 10:15:00 | `refire` | `GET /teams/3/members/quinn` | 502 |

    </details>
    ");
    verdict_too_many(&mut world);
    assert_snapshot!(shown(&world), @r"
    **`qa-review` cannot be verified yet**: too many open pull requests have this head to look at all of them. Nobody's approval was rejected.

    Nothing has to be done but to wait.
    ");
}

fn verdict_too_many(letter: &mut Letter) {
    let Some(Part::Gate(verdict)) = letter.parts.first_mut() else {
        panic!()
    };
    verdict.verdict = Verdict::Unknown(vec![Because::TooManyShare]);
}

#[test]
fn the_forge_was_away() {
    let part = Part::CannotLook(away(evidence("refire", 502, None)));
    let letter = letter(Addressee::Comment(CommentId::new(500)), vec![part.clone()]);
    assert_snapshot!(shown(&Letter { looks_again: true, ..letter }), @"**I could not look yet**: Gitea did not answer (502 at 10:15:00 UTC). Nothing is lost; I try again within a minute, and this comment will change.");
    assert_snapshot!(alone(part), @"**This could not be looked at**: Gitea did not answer (502 at 10:15:00 UTC).");
}

#[test]
fn both_gates_with_what_concerns_all_of_them_said_once() {
    let letter = writes(World::new().approves("quinn"), "alice", "/refire").letter();
    let letter = Letter {
        hidden_drafts: 2,
        shares: [share(13, &["security-review"]), share(14, &[])].to_vec(),
        ..letter
    };
    assert_snapshot!(shown(&letter), @r"
    **`qa-review` is satisfied**: `quinn` of `acme/qa` approved `3f2a9c1`.

    ---

    **`security-review` waits for an approval by someone of `acme/security`.**

    Someone of `acme/security` approves the newest commit, or declares the gate not applicable with `/sop-n/a security-review reason`.

    | review | counts | why |
    |---|---|---|
    | `quinn` approved `3f2a9c1` | ✘ | not in `acme/security` |

    2 reviews on this pull request are still drafts that only their authors can see. To submit one: open *Files changed*, *Finish review*, and choose *Approve*. (Scripts: the event is `APPROVED`, not `APPROVE`.)

    The same commit is the head of #13 and #14 too: its statuses show the worst of them all, and whoever opened one of them counts for none.
    ");
}

#[test]
fn what_is_satisfied_here_and_open_elsewhere_begins_with_both() {
    let letter = refire_letter(World::new().approves("quinn"));
    let letter = Letter {
        shares: [share(13, &["qa-review"]), share(14, &[])].to_vec(),
        ..letter
    };
    assert_snapshot!(shown(&letter), @r"
    **`qa-review` is satisfied on this pull request, but its commit still waits for #13**: `quinn` of `acme/qa` approved `3f2a9c1`.

    The same commit is the head of #13 and #14 too: its statuses show the worst of them all, and whoever opened one of them counts for none.
    ");
}

#[test]
fn those_who_could_approve_are_named_where_outsiders_do_not_read_along() {
    let letter = refire_letter(World::new());
    let people = ["quinn", "quentin"].map(person).to_vec();
    let letter = Letter {
        able: vec![(team("acme/qa"), people)],
        ..letter
    };
    assert_snapshot!(shown(&letter), @r"
    **`qa-review` waits for an approval by someone of `acme/qa`.**

    Someone of `acme/qa` (`quinn` or `quentin`) approves the newest commit, or declares the gate not applicable with `/sop-n/a qa-review reason`.
    ");
}

#[test]
fn what_else_is_open_is_said_where_something_is_satisfied() {
    let open = vec![(
        gate_name("security-review"),
        String::from("waits for an approval by someone of acme/security"),
    )];
    let satisfied = Letter {
        open: open.clone(),
        ..refire_letter(World::new().approves("quinn"))
    };
    assert_snapshot!(shown(&satisfied), @r"
    **`qa-review` is satisfied**: `quinn` of `acme/qa` approved `3f2a9c1`.

    Still open on this pull request: `security-review` (`waits for an approval by someone of acme/security`).
    ");
    let missing = Letter {
        open,
        ..refire_letter(World::new())
    };
    assert!(!shown(&missing).contains("Still open"));
}

#[test]
fn drafts_are_not_spoken_of_where_nothing_is_open() {
    let letter = refire_letter(World::new().approves("quinn"));
    assert!(
        !shown(&Letter {
            hidden_drafts: 1,
            ..letter
        })
        .contains("draft")
    );
}

#[test]
fn the_evidence_is_folded() {
    let calls = vec![
        evidence("refire", 403, Some("Must be a team member")),
        evidence("reader", 200, None),
    ];
    let letter = Letter {
        calls,
        ..refire_letter(World::new().approves("quinn"))
    };
    assert_snapshot!(render(&letter).body, @r"
    **`qa-review` is satisfied**: `quinn` of `acme/qa` approved `3f2a9c1`.

    <details><summary><i>How this was checked</i></summary>

    | time (UTC) | asked as | call | what came back |
    |---|---|---|---|
    | 10:15:00 | `refire` | `GET /teams/3/members/quinn` | 403 `Must be a team member` |
    | 10:15:00 | `reader` | `GET /teams/3/members/quinn` | 200 |

    </details>

    <!-- refire: answers comment 500 -->
    ");
}

#[test]
fn a_declaration_is_accepted() {
    assert_snapshot!(declares(World::new()), @"**`qa-review` is declared not applicable** by `quinn` of `acme/qa`: `docs only`. It holds for `3f2a9c1`; a push or a change of the base ends it. `/sop-revoke qa-review` takes it back.");
}

#[test]
fn a_declaration_bound_to_the_pull_request_is_accepted() {
    let bound = World::new().policy(|policy| policy.declarations.bind = Bind::PullRequest);
    assert_snapshot!(writes(bound, "quinn", "/sop-n/a qa").reply(), @"**`qa-review` is declared not applicable** by `quinn` of `acme/qa`. It holds for this pull request; a change of the base ends it. `/sop-revoke qa-review` takes it back.");
}

#[test]
fn a_declaration_that_was_never_heard_mentions_its_writer() {
    let found = writes(World::new(), "quinn", "/sop-n/a qa docs only");
    let found = found.then(|world| world.but_said(|said| said.hearing = Hearing::Unheard));
    assert_snapshot!(found.reply(), @r"
    **`qa-review` is declared not applicable** by `quinn` of `acme/qa`: `docs only`. It holds for `3f2a9c1`; a push or a change of the base ends it. `/sop-revoke qa-review` takes it back.

    @quinn: no webhook announced this comment, so I tell you that it counts in your name.
    ");
}

#[test]
fn a_second_declaration_names_the_team_of_its_own_writer() {
    let world = World::new().policy(|policy| {
        policy.gates[0].waivers = ["qa", "engineers"]
            .map(|team| TeamRef::OfOwner(team.into()))
            .to_vec();
    });
    assert_snapshot!(writes(world.declares("quinn", "qa-review"), "erin", "/sop-n/a qa docs").reply(), @"**`qa-review` is declared not applicable** by `erin` of `acme/qa` or `acme/engineers`: `docs`. It holds for `3f2a9c1`; a push or a change of the base ends it. `/sop-revoke qa-review` takes it back.");
}

#[test]
fn a_declaration_by_somebody_of_no_team() {
    assert_snapshot!(writes(World::new(), "bob", "/sop-n/a qa docs").reply(), @r"
    **The declaration for `qa-review` was not accepted**: you are not in `acme/qa`. Someone of `acme/qa` can declare it.

    `qa-review` waits for an approval by someone of `acme/qa`.
    ");
}

#[test]
fn a_declaration_of_whom_nothing_is_known_is_answered_though_the_gate_is_satisfied() {
    let world = World::new().approves("quentin").hides("acme/qa", "quinn");
    assert_snapshot!(declares(world), @r"
    **The declaration for `qa-review` cannot be verified**: whether `quinn` is in `acme/qa` is not known: I am not allowed to see who is in `acme/qa`.

    **Repair:** Add `refire` to the team `acme/qa`; an owner of `acme` can: `https://git.example.org/org/acme/teams/qa`.

    `qa-review` is satisfied: `quentin` of `acme/qa` approved `3f2a9c1`.
    ");
}

#[test]
fn a_declaration_that_cannot_be_verified() {
    assert_snapshot!(declares(World::new().hides("acme/qa", "quinn")), @r"
    **`qa-review` cannot be verified**: `quinn` declared it not applicable, but I am not allowed to see who is in `acme/qa`. Nobody's approval was rejected.

    **Repair:** Add `refire` to the team `acme/qa`; an owner of `acme` can: `https://git.example.org/org/acme/teams/qa`. Then type `/refire qa-review`.

    | asked as | what came back | meaning | cause |
    |---|---|---|---|
    | `refire` | 403 `Must be a team member` | `refire` is in the organisation `acme`, not in the team `acme/qa` | `bot-not-in-team` |
    ");
}

#[test]
fn each_condition_of_the_declaration_rule_has_its_own_words() {
    let who = crate::gate::tests::given::person("quinn");
    let head = sha(HEAD);
    let refusals = [
        Refusal::Author,
        Refusal::OpenedAnother,
        Refusal::Bot,
        Refusal::ServiceAccount,
        Refusal::NobodyReal,
        Refusal::Migrated,
        Refusal::Edited(Some("bob".into())),
        Refusal::Edited(None),
        Refusal::Unheard,
        Refusal::NoReason,
        Refusal::Revoked,
        Refusal::Superseded,
        Refusal::Pusher,
        Refusal::Retargeted,
        Refusal::Reopened,
        Refusal::OtherCommit {
            named: OTHER.into(),
            head: head.clone(),
        },
        Refusal::PushedAfter { head: head.clone() },
        Refusal::TooSoon { seconds: 4, head },
        Refusal::Empty,
        Refusal::Unsettled(Late::Soon),
        Refusal::Unsettled(Late::Never),
        Refusal::Unsettled(Late::NoHead),
    ];
    let spoken = writes(World::new(), "quinn", "/sop-n/a qa docs");
    let mut told = Vec::new();
    for refusal in refusals {
        let mut letter = Letter {
            looks_again: true,
            ..spoken.letter()
        };
        let Some(Part::Declaration(said)) = letter.parts.first_mut() else {
            panic!()
        };
        said.gate.verdict = Verdict::Missing;
        let declared = said.declared.as_mut().unwrap();
        assert_eq!(declared.by, who);
        declared.standing = Err(refusal);
        told.push(shown(&letter).lines().next().unwrap().to_owned());
    }
    assert_snapshot!(told.join("\n"), @r"
    **The declaration for `qa-review` was not accepted**: you are the author of this pull request. Someone of `acme/qa` can declare it.
    **The declaration for `qa-review` was not accepted**: you opened another pull request with the same head. Someone of `acme/qa` can declare it.
    **The declaration for `qa-review` was not accepted**: it is the bot's own comment. Someone of `acme/qa` can declare it.
    **The declaration for `qa-review` was not accepted**: `quinn` is a service account. Someone of `acme/qa` can declare it.
    **The declaration for `qa-review` was not accepted**: the account was deleted. Someone of `acme/qa` can declare it.
    **The declaration for `qa-review` was not accepted**: the comment is older than this repository and may carry a wrong name. Someone of `acme/qa` can declare it.
    **The declaration for `qa-review` was not accepted**: this comment of `quinn`'s was edited by `bob`. If `quinn` means it, a new comment says so. Someone of `acme/qa` can declare it.
    **The declaration for `qa-review` was not accepted**: this comment of `quinn`'s was edited. If `quinn` means it, a new comment says so. Someone of `acme/qa` can declare it.
    **The declaration for `qa-review` was not accepted**: no webhook announced the comment, and this bot is configured to believe only what it heard. Say it again; if that is not heard either, the repository's webhook needs repair. Someone of `acme/qa` can declare it.
    **The declaration for `qa-review` was not accepted**: a reason is required here: write it after the gate's name. Someone of `acme/qa` can declare it.
    **The declaration for `qa-review` does not hold any more**: `quinn` took it back. Someone of `acme/qa` can declare it.
    **The declaration for `qa-review` was not accepted**: `quinn` said it again later.
    **The declaration for `qa-review` was not accepted**: `quinn` pushed to this pull request. Someone of `acme/qa` can declare it.
    **The declaration for `qa-review` does not hold any more**: the base branch was changed afterwards. If it still does not apply, say so again. Someone of `acme/qa` can declare it.
    **The declaration for `qa-review` does not hold any more**: the pull request was closed and opened again after this comment, and what was said about it before that is not remembered. A new comment declares again. Someone of `acme/qa` can declare it.
    **The declaration for `qa-review` was not accepted**: it names `91bc0d2`, the head is `3f2a9c1`. Say it again if `3f2a9c1` is meant. Someone of `acme/qa` can declare it.
    **The declaration for `qa-review` does not hold any more**: `3f2a9c1` was pushed after `quinn` had declared it not applicable. If it still does not apply, say so again. Someone of `acme/qa` can declare it.
    **The declaration for `qa-review` was not accepted**: the head moved 4 s before your comment; say it again if you mean `3f2a9c1`. Someone of `acme/qa` can declare it.
    **The declaration for `qa-review` was not accepted**: this pull request has no commits yet. Declare it once there is one.
    **The declaration for `qa-review` cannot be verified yet**: Gitea moved the head but has not recorded the push yet. I look again within a minute, and this comment will change.
    **The declaration for `qa-review` cannot be verified yet**: Gitea never recorded the last push. Push another commit (an empty one will do), then declare again.
    **The declaration for `qa-review` cannot be verified yet**: the head branch is gone.
    ");
}

#[test]
fn the_author_declares_the_own_pull_request() {
    assert_snapshot!(writes(World::new(), "alice", "/sop-n/a qa docs only").reply(), @r"
    **The declaration for `qa-review` was not accepted**: you are the author of this pull request. Someone of `acme/qa` can declare it.

    `qa-review` waits for an approval by someone of `acme/qa`.
    ");
}

#[test]
fn others_read_of_a_declaration_that_does_not_count_in_the_third_person() {
    let world = World::new()
        .declares("alice", "qa-review")
        .pushes("alice", OTHER)
        .within(4)
        .declares("quinn", "qa-review");
    assert_snapshot!(refire(world), @r"
    **`qa-review` waits for an approval by someone of `acme/qa`.**

    Someone of `acme/qa` approves the newest commit, or declares the gate not applicable with `/sop-n/a qa-review reason`.

    - The declaration of `alice` does not count: `alice` is the author of this pull request.
    - The declaration of `quinn` does not count: the head moved 4 s before the comment; `quinn` says it again if `91bc0d2` is meant.
    ");
}

#[test]
fn a_push_ended_a_declaration() {
    let spoken = writes(World::new(), "quinn", "/sop-n/a qa docs only");
    assert_snapshot!(spoken.then(|world| world.pushes("alice", OTHER)).reply(), @r"
    **The declaration for `qa-review` does not hold any more**: `91bc0d2` was pushed after `quinn` had declared it not applicable. If it still does not apply, say so again. Someone of `acme/qa` can declare it.

    `qa-review` waits for an approval by someone of `acme/qa`.
    ");
}

#[test]
fn a_change_of_the_base_ended_a_declaration() {
    let spoken = writes(World::new(), "quinn", "/sop-n/a qa docs only");
    assert_snapshot!(spoken.then(World::retargeted).reply(), @r"
    **The declaration for `qa-review` does not hold any more**: the base branch was changed afterwards. If it still does not apply, say so again. Someone of `acme/qa` can declare it.

    `qa-review` waits for an approval by someone of `acme/qa`.
    ");
}

#[test]
fn a_declaration_waits_for_the_push_to_be_recorded() {
    let letter = writes(World::new().head_moves(OTHER), "quinn", "/sop-n/a qa docs").letter();
    assert_snapshot!(shown(&Letter { looks_again: true, ..letter }), @"**The declaration for `qa-review` cannot be verified yet**: Gitea moved the head but has not recorded the push yet. I look again within a minute, and this comment will change.");
}

#[test]
fn a_declaration_that_was_deleted() {
    let spoken = writes(World::new(), "quinn", "/sop-n/a qa docs only");
    assert_snapshot!(spoken.then(World::and_is_deleted).reply(), @r"
    **The declaration for `qa-review` is withdrawn**: it does not stand in the comment any more.

    `qa-review` waits for an approval by someone of `acme/qa`.
    ");
}

#[test]
fn a_declaration_that_nobody_heard_where_only_heard_ones_count() {
    let strict = World::new().policy(|policy| policy.declarations.unheard = Unheard::Refuse);
    let spoken = writes(strict, "quinn", "/sop-n/a qa docs only");
    assert_snapshot!(spoken.then(|w| w.but_said(|said| said.hearing = Hearing::Unheard)).reply(), @r"
    **The declaration for `qa-review` was not accepted**: no webhook announced the comment, and this bot is configured to believe only what it heard. Say it again; if that is not heard either, the repository's webhook needs repair. Someone of `acme/qa` can declare it.

    `qa-review` waits for an approval by someone of `acme/qa`.
    ");
}

#[test]
fn a_revocation() {
    let world = World::new().declares("quinn", "qa-review");
    assert_snapshot!(writes(world, "quinn", "/sop-revoke qa not only docs").reply(), @r"
    **Your declaration for `qa-review` is withdrawn.**

    `qa-review` waits for an approval by someone of `acme/qa`.
    ");
    assert_snapshot!(writes(World::new(), "quinn", "/sop-revoke qa").reply(), @r"
    **There was nothing to withdraw**: no declaration of yours for `qa-review` stands on this pull request.

    `qa-review` waits for an approval by someone of `acme/qa`.
    ");
}

#[test]
fn declared_and_revoked_in_one_comment_is_told_once() {
    assert_snapshot!(writes(World::new(), "quinn", "/sop-n/a qa docs\n/sop-revoke qa").reply(), @r"
    **There was nothing to withdraw**: no declaration of yours for `qa-review` stands on this pull request.

    `qa-review` waits for an approval by someone of `acme/qa`.
    ");
}

#[test]
fn slips_of_the_pen() {
    let body =
        "/refire securty\n/sop-n/a\n/sop-an qa\n/sop-n/a qa @12x\n/sop-n/a `qa`\n/refire xyz";
    assert_snapshot!(writes(World::new(), "alice", body).reply(), @r"
    **There is no gate `securty`.** Known here: `qa-review` (`qa`), `security-review` (`security`). Did you mean `/refire security-review`?

    ---

    **`/sop-n/a` needs to know which gate.** Known here: `qa-review` (`qa`), `security-review` (`security`).

    ---

    **There is no command `/sop-an`.** Did you mean `/sop-na`? `/refire help` lists them all.

    ---

    **`@12x` names no commit.** After `@` stand 7 to 64 hexadecimal digits, for example `@91bc0d2`.

    ---

    **`/sop-n/a` was not run**: a gate or commit stands in a code span, a link or other markup. Write it as plain text. Known here: `qa-review` (`qa`), `security-review` (`security`).

    ---

    **There is no gate `xyz`.** Known here: `qa-review` (`qa`), `security-review` (`security`).
    ");
}

#[test]
fn the_catalogue() {
    assert_snapshot!(writes(World::new(), "alice", "/refire help").reply(), @r"
    **What I understand**

    | command | who | what it does |
    |---|---|---|
    | `/sop-n/a <gate> [@commit] [reason]` | members of a team that may waive the gate, on somebody else's pull request | declares the gate not applicable |
    | `/sop-revoke <gate> [reason]` | whoever declared it | withdraws your own declaration |
    | `/refire [<gate> ¦ all]` | anybody | evaluates and posts again; without argument: all gates |
    | `/whoami-teams [<login>]` | anybody; about others only where outsiders cannot read along | shows who you are to every gate's teams, and what the bot itself can see |
    | `/refire help` | anybody | lists the commands and who may use them |
    ");
}

#[test]
fn who_am_i() {
    let mut told = Vec::new();
    let waivers = |world: World| {
        world.policy(|policy| {
            policy.gates[0].waivers = ["qa", "engineers"]
                .map(|team| TeamRef::OfOwner(team.into()))
                .to_vec();
        })
    };
    for (who, world) in [
        ("quinn", waivers(World::new())),
        (
            "quinn",
            waivers(World::new().hides("acme/security", "quinn")),
        ),
        ("erin", waivers(World::new())),
        ("bob", World::new()),
        ("bob", World::new().hides("acme/security", "bob")),
        (
            "bob",
            World::new()
                .hides("acme/qa", "bob")
                .hides("acme/security", "bob"),
        ),
        (
            "bob",
            World::new().answers("acme/qa", "bob", Membership::AnotherUser),
        ),
        ("alice", World::new()),
        (
            "bob",
            World::new().answers("acme/qa", "bob", Membership::Unknown(Vec::new())),
        ),
    ] {
        told.push(writes(world, who, "/whoami-teams").reply());
    }
    assert_snapshot!(told.join("\n\n=====\n\n"), @r"
    **`quinn`** can approve `qa-review`.

    | team | for | you | the bot |
    |---|---|---|---|
    | `acme/qa` | approve and waive `qa-review` | ✔ member, may approve and waive | ✔ sees it |
    | `acme/engineers` | waive `qa-review` | ✘ not a member | ✔ sees it |
    | `acme/security` | approve and waive `security-review` | ✘ not a member | ✔ sees it |

    =====

    **`quinn`** can approve `qa-review`; whether `quinn` is in `acme/security` is not known.

    | team | for | you | the bot |
    |---|---|---|---|
    | `acme/qa` | approve and waive `qa-review` | ✔ member, may approve and waive | ✔ sees it |
    | `acme/engineers` | waive `qa-review` | ✘ not a member | ✔ sees it |
    | `acme/security` | approve and waive `security-review` | ? not known: `refire` is in the organisation `acme`, not in the team `acme/security` | ✘ `refire` is in the organisation `acme`, not in the team `acme/security` (`bot-not-in-team`) |

    **Repair**, for what is not known:
    - Add `refire` to the team `acme/security`; an owner of `acme` can: `https://git.example.org/org/acme/teams/security`

    =====

    **`erin`** can waive `qa-review`.

    | team | for | you | the bot |
    |---|---|---|---|
    | `acme/qa` | approve and waive `qa-review` | ✘ not a member | ✔ sees it |
    | `acme/engineers` | waive `qa-review` | ✔ member, may waive | ✔ sees it |
    | `acme/security` | approve and waive `security-review` | ✘ not a member | ✔ sees it |

    =====

    **`bob`** is in none of the teams that gates ask for here.

    | team | for | you | the bot |
    |---|---|---|---|
    | `acme/qa` | approve and waive `qa-review` | ✘ not a member | ✔ sees it |
    | `acme/security` | approve and waive `security-review` | ✘ not a member | ✔ sees it |

    =====

    **`bob`** is in none of the teams that I can see; whether `bob` is in `acme/security` is not known.

    | team | for | you | the bot |
    |---|---|---|---|
    | `acme/qa` | approve and waive `qa-review` | ✘ not a member | ✔ sees it |
    | `acme/security` | approve and waive `security-review` | ? not known: `refire` is in the organisation `acme`, not in the team `acme/security` | ✘ `refire` is in the organisation `acme`, not in the team `acme/security` (`bot-not-in-team`) |

    **Repair**, for what is not known:
    - Add `refire` to the team `acme/security`; an owner of `acme` can: `https://git.example.org/org/acme/teams/security`

    =====

    **It is not known whether `bob` is in `acme/qa` or `acme/security`.**

    | team | for | you | the bot |
    |---|---|---|---|
    | `acme/qa` | approve and waive `qa-review` | ? not known: `refire` is in the organisation `acme`, not in the team `acme/qa` | ✘ `refire` is in the organisation `acme`, not in the team `acme/qa` (`bot-not-in-team`) |
    | `acme/security` | approve and waive `security-review` | ? not known: `refire` is in the organisation `acme`, not in the team `acme/security` | ✘ `refire` is in the organisation `acme`, not in the team `acme/security` (`bot-not-in-team`) |

    **Repair**, for what is not known:
    - Add `refire` to the team `acme/qa`; an owner of `acme` can: `https://git.example.org/org/acme/teams/qa`
    - Add `refire` to the team `acme/security`; an owner of `acme` can: `https://git.example.org/org/acme/teams/security`

    =====

    **`bob`** is in none of the teams that gates ask for here.

    | team | for | you | the bot |
    |---|---|---|---|
    | `acme/qa` | approve and waive `qa-review` | ✘ that login belongs to somebody else now | ✔ sees it |
    | `acme/security` | approve and waive `security-review` | ✘ not a member | ✔ sees it |

    =====

    **`alice`** opened this pull request, so neither approves nor waives anything on it.

    | team | for | you | the bot |
    |---|---|---|---|
    | `acme/qa` | approve and waive `qa-review` | ✘ not a member | ✔ sees it |
    | `acme/security` | approve and waive `security-review` | ✘ not a member | ✔ sees it |

    =====

    **`bob`** is in none of the teams that I can see; whether `bob` is in `acme/qa` is not known.

    | team | for | you | the bot |
    |---|---|---|---|
    | `acme/qa` | approve and waive `qa-review` | ? not known | ✘ no identity may ask about teams |
    | `acme/security` | approve and waive `security-review` | ✘ not a member | ✔ sees it |
    ");
}

#[test]
fn commands_in_the_wrong_place() {
    let told: Vec<String> = [
        Part::TooMany(3),
        Part::Truncated,
        Part::NotOpen(PullState::Merged),
        Part::NotOpen(PullState::Closed),
        Part::NotAPull,
        Part::NotAComment,
        Part::NotGuarded("feature/x".into()),
        Part::Gone,
    ]
    .map(alone)
    .to_vec();
    assert_snapshot!(told.join("\n"), @r"
    **3 more commands were not run**: at most 16 of one comment are.
    **This comment was searched up to 64 KiB only**; what follows was not read.
    **This pull request is merged**, so there is nothing left to check.
    **This pull request is closed.** Reopen it, and its gates are checked again at once.
    **This works on pull requests**; here is an issue.
    **Commands in a review are not run**: write it as a plain comment of the conversation.
    **No gate guards pull requests into `feature/x`**, so there is nothing to check here.
    **The comment that was answered here is gone**, and with it what it said.
    ");
}

#[test]
fn what_a_stranger_wrote_is_shown_and_harmless() {
    let reason = "**bold** `code` <img src=x> @quinn | [link](http://x) /refire qa";
    let world = World::new().says(
        "quinn",
        &[(
            "qa-review",
            Says::Declare {
                commit: None,
                reason: Some(reason.into()),
            },
        )],
    );
    assert_snapshot!(refire(world), @"**`qa-review` is satisfied**: `quinn` of `acme/qa` declared it not applicable: `**bold** 'code' <img src=x> @quinn ¦ [link](http://x) /refire qa`.");
}

#[test]
fn a_reply_names_what_it_answers_in_an_invisible_line() {
    let letter = refire_letter(World::new());
    let body = render(&letter).body;
    assert!(
        body.ends_with("\n\n<!-- refire: answers comment 500 -->"),
        "{body}"
    );
    assert_eq!(
        Addressee::named_in(&body),
        Some(Addressee::Comment(CommentId::new(500)))
    );
    let review = Addressee::Review(String::from("abc123"));
    assert_eq!(Addressee::named_in(&review.marker()), Some(review));
    for other in [
        "",
        "LGTM",
        "<!-- refire: answers -->",
        "<!-- refire: answers comment x -->",
        "<!-- refire: answers issue 3 -->",
    ] {
        assert_eq!(Addressee::named_in(other), None, "{other}");
    }
}

#[test]
fn the_last_marker_is_ours_whatever_a_stranger_wrote_before_it() {
    let body = format!(
        "`<!-- refire: answers comment 1 -->`\n\n{}",
        Addressee::Comment(CommentId::new(2)).marker()
    );
    assert_eq!(
        Addressee::named_in(&body),
        Some(Addressee::Comment(CommentId::new(2)))
    );
}

#[test]
fn an_outcome_is_new_only_when_it_tells_something_new() {
    let told = |second| {
        let mut evidence = evidence("refire", 502, None);
        evidence.at = crate::gate::tests::given::second(second);
        let part = Part::CannotLook(away(evidence.clone()));
        let letter = letter(Addressee::Comment(CommentId::new(500)), vec![part]);
        let calls = vec![evidence];
        render(&Letter { calls, ..letter }).outcome
    };
    assert_eq!(told(1), told(99));
    let unknown = refire_letter(World::new().approves("quinn").hides("acme/qa", "quinn"));
    let known = refire_letter(World::new().approves("quinn"));
    assert_ne!(render(&unknown).outcome, render(&known).outcome);
}

#[test]
fn programs_are_told_the_same_sentences() {
    let letter = refire_letter(World::new().reviews("quinn", ReviewState::Other("COMMENT".into())));
    let told = crate::decide::reply::tell(&letter);
    assert!(
        told.starts_with("`qa-review` waits for an approval by someone of `acme/qa`."),
        "{told}"
    );
    let Some(Part::Gate(verdict)) = letter.parts.first() else {
        panic!()
    };
    assert_eq!(
        crate::decide::reply::reasons(verdict, &letter).join("\n\n"),
        told
    );
    assert_eq!(pull().reference().to_string(), "acme/widget#12");
}
