//! Every row of the membership table, with what each costs.

use super::stub::{Asked, Reply, Stub, identity, moved, not_found, page, refuse, reply, total};
use crate::gitea::Gitea;
use crate::model::{Account, Cause, Diagnosis, Login, Membership, Outcome, Sight, TeamName};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

fn qa() -> TeamName {
    TeamName::new("acme", "qa")
}

fn teams(rows: &[(u64, &str)]) -> Reply {
    let row = |(id, name): &(u64, &str)| json!({"id": id, "name": name, "organization": null});
    total(
        reply(200, &rows.iter().map(row).collect::<Value>()),
        rows.len(),
    )
}

fn team(id: u64, name: &str) -> Reply {
    reply(
        200,
        &json!({"id": id, "name": name, "organization": {"id": 19, "name": "acme"}}),
    )
}

fn user(id: i64, login: &str) -> Reply {
    reply(200, &json!({"id": id, "login": login}))
}

/// Team `acme/qa` has id 3; `quinn` (5) and `tim` (13) are in it. Its askers:
/// `bot` sees it, `weak` is in the organisation only, `stranger` is nowhere, `dead` has a bad
/// token, `walled` meets a proxy.
fn world(asked: &Asked) -> Reply {
    match (asked.token.as_str(), asked.route()) {
        ("dead", _) => refuse(401, "token dead-token does not exist"),
        ("walled", _) => page(403),
        ("stranger", "/orgs/acme/teams") => refuse(403, "Must be an organization member"),
        (_, "/orgs/acme/teams") => teams(&[(1, "Owners"), (3, "QA"), (4, "security")]),
        (_, "/orgs/eve/teams") => refuse(404, "GetOrgByName"),
        ("stranger", _) => not_found(),
        ("weak", _) => refuse(403, "Must be a team member"),
        (_, "/teams/3") => team(3, "qa"),
        (_, "/teams/3/members/quinn") => user(5, "quinn"),
        (_, "/teams/3/members/tim") => moved(307, "/api/v1/teams/3/members/timothy"),
        _ => not_found(),
    }
}

fn quinn() -> Account {
    Account::new(5, "quinn")
}

fn alice() -> Account {
    Account::new(3, "alice")
}

async fn warm(gitea: &Gitea, stub: &Stub) {
    assert_eq!(
        gitea.session().prove(&qa(), &[quinn()]).await,
        [(quinn(), Membership::Member)]
    );
    stub.take();
}

fn unknown(membership: &Membership) -> Vec<(&str, Cause)> {
    let Membership::Unknown(attempts) = membership else {
        panic!("{membership:?}")
    };
    attempts
        .iter()
        .map(|attempt| (attempt.asked_as.as_str(), attempt.cause))
        .collect()
}

#[tokio::test]
async fn a_proven_member_costs_two_calls_cold_and_one_warm() {
    let stub = Stub::start(world).await;
    let gitea = stub.client(&["bot"]);
    let proven = gitea.session().prove(&qa(), &[quinn()]).await;
    assert_eq!(proven, [(quinn(), Membership::Member)]);
    assert_eq!(
        stub.take(),
        ["bot GET /orgs/acme/teams", "bot GET /teams/3/members/quinn"]
    );
    let proven = gitea.session().prove(&qa(), &[quinn(), alice()]).await;
    assert_eq!(proven, [(quinn(), Membership::Member)]);
    assert_eq!(stub.take(), ["bot GET /teams/3/members/quinn"]);
}

#[tokio::test]
async fn a_no_counts_only_after_a_look_at_the_team_and_each_candidate_costs_one_call() {
    let stub = Stub::start(world).await;
    let gitea = stub.client(&["bot"]);
    warm(&gitea, &stub).await;
    let bob = Account::new(4, "bob");
    let answers = gitea.session().prove(&qa(), &[alice(), bob.clone()]).await;
    assert_eq!(
        answers,
        [
            (alice(), Membership::NotMember),
            (bob, Membership::NotMember)
        ]
    );
    assert_eq!(
        stub.take(),
        [
            "bot GET /teams/3/members/alice",
            "bot GET /teams/3/members/bob",
            "bot GET /teams/3"
        ]
    );
}

#[tokio::test]
async fn a_further_candidate_costs_one_call() {
    let stub = Stub::start(world).await;
    let gitea = stub.client(&["bot"]);
    warm(&gitea, &stub).await;
    let answers = gitea.session().prove(&qa(), &[alice(), quinn()]).await;
    assert_eq!(answers, [(quinn(), Membership::Member)]);
    assert_eq!(stub.take().len(), 2);
}

#[tokio::test]
async fn i1_a_refused_probe_costs_one_call_and_ends_nothing() {
    let stub = Stub::start(world).await;
    let gitea = stub.client(&["weak", "bot"]);
    let answers = gitea.session().prove(&qa(), &[quinn()]).await;
    assert_eq!(answers, [(quinn(), Membership::Member)]);
    assert_eq!(
        stub.take(),
        [
            "weak GET /orgs/acme/teams",
            "weak GET /teams/3/members/quinn",
            "bot GET /teams/3/members/quinn"
        ]
    );
    // Whoever saw the team last is asked first.
    let answers = gitea.session().prove(&qa(), &[quinn()]).await;
    assert_eq!(answers, [(quinn(), Membership::Member)]);
    assert_eq!(stub.take(), ["bot GET /teams/3/members/quinn"]);
}

#[tokio::test]
async fn i1_a_first_candidate_who_cannot_be_checked_does_not_hide_the_second() {
    let stub = Stub::start(|asked: &Asked| match asked.route() {
        "/teams/3/members/alice" => refuse(403, "Must be a team member"),
        _ => world(asked),
    })
    .await;
    let answers = stub
        .client(&["bot"])
        .session()
        .prove(&qa(), &[alice(), quinn()])
        .await;
    assert_eq!(unknown(&answers[0].1), [("bot", Cause::BotNotInTeam)]);
    assert_eq!(answers[1], (quinn(), Membership::Member));
}

#[tokio::test]
async fn i2_refused_by_all_is_unknown_and_names_each_with_its_cause() {
    let stub = Stub::start(world).await;
    let gitea = stub.client(&["weak", "stranger", "dead", "walled"]);
    let answers = gitea.session().prove(&qa(), &[quinn()]).await;
    let expected = [
        ("weak", Cause::BotNotInTeam),
        ("dead", Cause::TokenInvalid),
        ("walled", Cause::ProxyInBetween),
        ("stranger", Cause::BotNotInOrg),
    ];
    let mut causes = unknown(&answers[0].1);
    causes.sort_by_key(|(name, _)| expected.iter().position(|(other, _)| name == other));
    assert_eq!(causes, expected);
    let Membership::Unknown(attempts) = &answers[0].1 else {
        panic!("known")
    };
    let refused = &attempts[0].evidence[0];
    assert_eq!(refused.outcome, Outcome::Status(403));
    assert_eq!(refused.path, "/teams/3/members/quinn");
    assert_eq!(refused.message.as_deref(), Some("Must be a team member"));
}

#[tokio::test]
async fn i3_membership_of_the_organisation_is_never_asked_for() {
    let stub = Stub::start(world).await;
    stub.client(&["weak", "stranger"])
        .session()
        .prove(&qa(), &[quinn()])
        .await;
    assert!(
        stub.take()
            .iter()
            .all(|call| !call.contains("/orgs/acme/members"))
    );
}

#[tokio::test]
async fn a_404_of_somebody_outside_is_inconclusive_and_the_next_identity_decides() {
    let stub = Stub::start(world).await;
    let gitea = stub.client(&["stranger", "bot"]);
    let answers = gitea.session().prove(&qa(), &[quinn(), alice()]).await;
    assert_eq!(answers, [(quinn(), Membership::Member)]);
    assert_eq!(
        stub.take(),
        [
            "stranger GET /orgs/acme/teams",
            "bot GET /orgs/acme/teams",
            "stranger GET /teams/3/members/quinn",
            "stranger GET /teams/3/members/alice",
            "stranger GET /teams/3",
            "bot GET /teams/3/members/quinn",
        ]
    );
    let answers = gitea.session().prove(&qa(), &[alice()]).await;
    assert_eq!(answers, [(alice(), Membership::NotMember)]);
}

#[tokio::test]
async fn a_proxy_s_404_is_not_a_no() {
    let stub = Stub::start(|asked: &Asked| match asked.route() {
        "/teams/3/members/alice" => page(404),
        "/teams/3/members/bob" => reply(404, &json!({"message": "no Route matched"})),
        "/teams/3/members/eve" => page(200),
        _ => world(asked),
    })
    .await;
    let gitea = stub.client(&["bot"]);
    for login in ["alice", "bob", "eve"] {
        let answers = gitea
            .session()
            .prove(&qa(), &[Account::new(9, login)])
            .await;
        assert_eq!(
            unknown(&answers[0].1),
            [("bot", Cause::ProxyInBetween)],
            "{login}"
        );
    }
}

#[tokio::test]
async fn a_renamed_user_is_another_user() {
    let stub = Stub::start(world).await;
    let gitea = stub.client(&["bot"]);
    let tim = Account::new(13, "tim");
    let reused = Account::new(99, "quinn");
    let answers = gitea
        .session()
        .prove(&qa(), &[tim.clone(), reused.clone()])
        .await;
    assert_eq!(
        answers,
        [
            (tim, Membership::AnotherUser),
            (reused, Membership::AnotherUser)
        ]
    );
    assert!(!stub.take().iter().any(|call| call.contains("timothy")));
}

#[tokio::test]
async fn i10_a_redirect_to_the_same_path_is_a_proxy_s_and_nobody_s_rename() {
    let stub = Stub::start(|asked: &Asked| match asked.route() {
        "/teams/3/members/alice" => moved(307, "https://x/sub/api/v1/teams/3/members/alice"),
        _ => world(asked),
    })
    .await;
    let answers = stub
        .client(&["bot"])
        .session()
        .prove(&qa(), &[alice()])
        .await;
    assert_eq!(unknown(&answers[0].1), [("bot", Cause::ProxyInBetween)]);
}

#[tokio::test]
async fn i18_accounts_that_nobody_owns_are_never_asked_about() {
    let stub = Stub::start(world).await;
    let ghosts = [
        Account::new(-1, "Ghost"),
        Account::new(-2, "gitea-actions"),
        Account::new(0, ""),
    ];
    assert_eq!(
        stub.client(&["bot"]).session().prove(&qa(), &ghosts).await,
        []
    );
    assert_eq!(stub.take(), Vec::<String>::new());
}

#[tokio::test]
async fn an_answer_is_never_used_in_a_later_evaluation() {
    let member = Arc::new(AtomicBool::new(true));
    let seen = member.clone();
    let stub = Stub::start(move |asked: &Asked| match asked.route() {
        "/teams/3/members/quinn" if !seen.load(Ordering::SeqCst) => not_found(),
        _ => world(asked),
    })
    .await;
    let gitea = stub.client(&["bot"]);
    warm(&gitea, &stub).await;
    member.store(false, Ordering::SeqCst);
    let answers = gitea.session().prove(&qa(), &[quinn()]).await;
    assert_eq!(answers, [(quinn(), Membership::NotMember)]);
}

/// A world in which `qa` was renamed to `old-qa`, and the team 9 took the name.
fn renamed(asked: &Asked) -> Reply {
    match asked.route() {
        "/orgs/acme/teams" => teams(&[(3, "old-qa"), (9, "qa")]),
        "/teams/3" => team(3, "old-qa"),
        "/teams/9" => team(9, "qa"),
        "/teams/9/members/eve" => user(8, "eve"),
        _ => world(asked),
    }
}

async fn after_the_rename() -> (Stub, Gitea) {
    let done = Arc::new(AtomicBool::new(false));
    let is_done = done.clone();
    let stub = Stub::start(move |asked: &Asked| {
        if is_done.load(Ordering::SeqCst) {
            renamed(asked)
        } else {
            world(asked)
        }
    })
    .await;
    let gitea = stub.client(&["bot"]);
    warm(&gitea, &stub).await;
    done.store(true, Ordering::SeqCst);
    (stub, gitea)
}

#[tokio::test]
async fn a_taken_name_is_noticed_after_ten_minutes() {
    let (stub, gitea) = after_the_rename().await;
    gitea.inner().teams.age();
    let answers = gitea.session().prove(&qa(), &[quinn()]).await;
    assert_eq!(answers, [(quinn(), Membership::NotMember)]);
    assert_eq!(
        stub.take(),
        [
            "bot GET /orgs/acme/teams",
            "bot GET /teams/9/members/quinn",
            "bot GET /teams/9"
        ]
    );
}

#[tokio::test]
async fn a_taken_name_is_noticed_by_the_look_that_settles_a_no() {
    let (_stub, gitea) = after_the_rename().await;
    let eve = Account::new(8, "eve");
    let answers = gitea
        .session()
        .prove(&qa(), std::slice::from_ref(&eve))
        .await;
    assert_eq!(answers, [(eve, Membership::Member)]);
}

#[tokio::test]
async fn an_id_that_no_list_names_is_checked_by_itself() {
    let hidden = Arc::new(AtomicBool::new(false));
    let is_hidden = hidden.clone();
    let stub = Stub::start(move |asked: &Asked| match asked.route() {
        "/orgs/acme/teams" if is_hidden.load(Ordering::SeqCst) => teams(&[(4, "security")]),
        _ => world(asked),
    })
    .await;
    let gitea = stub.client(&["bot"]);
    warm(&gitea, &stub).await;
    hidden.store(true, Ordering::SeqCst);
    gitea.inner().teams.age();
    let answers = gitea.session().prove(&qa(), &[quinn()]).await;
    assert_eq!(answers, [(quinn(), Membership::Member)]);
    assert_eq!(
        stub.take(),
        [
            "bot GET /orgs/acme/teams",
            "bot GET /teams/3",
            "bot GET /teams/3/members/quinn"
        ]
    );
}

#[tokio::test]
async fn a_team_that_is_not_there_is_unknown_and_costs_one_call() {
    let stub = Stub::start(world).await;
    let team = TeamName::new("acme", "nope");
    let answers = stub
        .client(&["bot"])
        .session()
        .prove(&team, &[quinn()])
        .await;
    assert_eq!(unknown(&answers[0].1), [("bot", Cause::TeamUnknown)]);
    assert_eq!(stub.take(), ["bot GET /orgs/acme/teams"]);
}

#[tokio::test]
async fn a_team_that_was_deleted_is_unknown_and_its_loss_is_explained_by_the_list() {
    let gone = Arc::new(AtomicBool::new(false));
    let is_gone = gone.clone();
    let stub = Stub::start(move |asked: &Asked| match asked.route() {
        _ if !is_gone.load(Ordering::SeqCst) => world(asked),
        "/orgs/acme/teams" => teams(&[(4, "security")]),
        _ => not_found(),
    })
    .await;
    let gitea = stub.client(&["bot"]);
    warm(&gitea, &stub).await;
    gone.store(true, Ordering::SeqCst);
    let answers = gitea.session().prove(&qa(), &[quinn()]).await;
    assert_eq!(unknown(&answers[0].1), [("bot", Cause::TeamUnknown)]);
    assert_eq!(
        stub.take(),
        [
            "bot GET /teams/3/members/quinn",
            "bot GET /teams/3",
            "bot GET /orgs/acme/teams"
        ]
    );
}

#[tokio::test]
async fn a_person_has_no_teams() {
    let stub = Stub::start(|asked: &Asked| match asked.route() {
        "/repos/eve/toy" => reply(
            200,
            &json!({"id": 2, "full_name": "eve/toy", "created_at": "2026-11-22T06:58:30Z"}),
        ),
        _ => world(asked),
    })
    .await;
    let gitea = stub.client(&["bot"]);
    let team = TeamName::new("eve", "qa");
    let answers = gitea.session().prove(&team, &[quinn()]).await;
    assert_eq!(unknown(&answers[0].1), [("bot", Cause::TeamUnknown)]);
    let session = gitea.session();
    session
        .fetch_repository(&"eve/toy".parse().unwrap())
        .await
        .unwrap();
    let answers = session.prove(&team, &[quinn()]).await;
    assert_eq!(
        unknown(&answers[0].1),
        [("bot", Cause::OwnerNotAnOrganisation)]
    );
}

#[tokio::test]
async fn explanations_are_bounded() {
    let stub = Stub::start(
        |asked: &Asked| match (asked.token.as_str(), asked.route()) {
            ("bot", "/orgs/acme/teams") => teams(&[(3, "qa")]),
            (_, "/orgs/acme/teams") => refuse(403, "Must be an organization member"),
            _ => not_found(),
        },
    )
    .await;
    let gitea = stub.client(&["bot", "a", "b", "c", "d", "e"]);
    gitea
        .inner()
        .teams
        .checked(&qa(), crate::model::TeamId::new(3));
    let answers = gitea.session().prove(&qa(), &[quinn()]).await;
    let lists = stub
        .take()
        .iter()
        .filter(|call| call.ends_with("/orgs/acme/teams"))
        .count();
    assert_eq!(lists, 4);
    let causes = unknown(&answers[0].1);
    assert_eq!(causes.len(), 6);
    assert_eq!(causes[5], ("e", Cause::Unexplained));
}

#[tokio::test]
async fn what_each_identity_sees_of_a_team() {
    let stub = Stub::start(world).await;
    let sights = stub
        .client(&["bot", "weak", "stranger"])
        .session()
        .fetch_sight(&qa())
        .await;
    let cause = |sight: &Sight| match sight {
        Sight::Sees => None,
        Sight::Blind(attempt) => Some(attempt.cause),
    };
    let seen: Vec<_> = sights
        .iter()
        .map(|(name, sight)| (name.as_str(), cause(sight)))
        .collect();
    let expected = [
        ("bot", None),
        ("weak", Some(Cause::BotNotInTeam)),
        ("stranger", Some(Cause::BotNotInOrg)),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn an_attempt_names_the_login_it_asked_as() {
    let stub = Stub::start(world).await;
    let mut weak = identity("weak");
    weak.login = Some(Login::new("weakbot"));
    let answers = stub
        .client_of(vec![weak])
        .session()
        .prove(&qa(), &[quinn()])
        .await;
    let Membership::Unknown(attempts) = &answers[0].1 else {
        panic!("known")
    };
    let Diagnosis { login, .. } = &attempts[0];
    let team = attempts[0].team().unwrap();
    assert_eq!(
        (login.as_ref().map(Login::as_str), team),
        (Some("weakbot"), &qa())
    );
}
