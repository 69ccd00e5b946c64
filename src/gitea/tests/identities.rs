//! Several identities: who is passed over, who is one account, and tokens that are replaced.

use super::stub::{Asked, Reply, Stub, client_of_waits, identity, refuse, reply, total};
use crate::gitea::{Renewal, Waits};
use crate::model::{Account, Cause, Login, Membership, TeamName};
use secrecy::SecretString;
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SCOPE: &str = "token does not have at least one of required scope(s), required=[read:organization], token scope=read:user";

fn qa() -> TeamName {
    TeamName::new("acme", "qa")
}

fn quinn() -> Account {
    Account::new(5, "quinn")
}

/// `dead` has a bad token, `poor` lacks a scope, `bot` sees the team.
fn world(asked: &Asked) -> Reply {
    match (asked.token.as_str(), asked.route()) {
        ("dead", _) => refuse(401, "no"),
        ("poor", "/orgs/acme/teams" | "/teams/3" | "/teams/3/members/quinn") => refuse(403, SCOPE),
        (_, "/orgs/acme/teams") => total(reply(200, &json!([{"id": 3, "name": "qa"}])), 1),
        (_, "/user") => reply(200, &json!({"id": 10, "login": "refire"})),
        (_, "/teams/3/members/quinn") => reply(200, &json!({"id": 5, "login": "quinn"})),
        _ => refuse(403, "Must be a team member"),
    }
}

#[tokio::test]
async fn who_is_refused_is_passed_over_while_another_can_be_asked() {
    let stub = Stub::start(world).await;
    let gitea = stub.client(&["dead", "poor", "bot"]);
    for _ in 0..2 {
        let answers = gitea.session().prove(&qa(), &[quinn()]).await;
        assert_eq!(answers, [(quinn(), Membership::Member)]);
    }
    let dead = stub.take();
    assert_eq!(
        dead.iter().filter(|call| call.starts_with("dead")).count(),
        1
    );
    assert_eq!(
        dead.iter().filter(|call| call.starts_with("poor")).count(),
        1
    );
    let passed: Vec<_> = gitea.passed_over();
    let told: Vec<_> = passed
        .iter()
        .map(|p| (p.identity.as_str(), p.why.cause))
        .collect();
    assert_eq!(
        told,
        [("dead", Cause::TokenInvalid), ("poor", Cause::ScopeMissing)]
    );
}

#[tokio::test]
async fn who_is_passed_over_is_told_with_what_it_was_told() {
    let stub = Stub::start(|asked: &Asked| match asked.token.as_str() {
        "weak" => match asked.route() {
            "/orgs/acme/teams" => total(reply(200, &json!([{"id": 3, "name": "qa"}])), 1),
            _ => refuse(403, "Must be a team member"),
        },
        _ => world(asked),
    })
    .await;
    let gitea = stub.client(&["dead", "weak"]);
    for _ in 0..2 {
        let answers = gitea.session().prove(&qa(), &[quinn()]).await;
        let Membership::Unknown(blind) = &answers[0].1 else {
            panic!("{answers:?}")
        };
        let told: Vec<_> = blind
            .iter()
            .map(|one| (one.cause, one.passed_over))
            .collect();
        assert_eq!(
            told,
            [(Cause::TokenInvalid, true), (Cause::BotNotInTeam, false)]
        );
    }
}

#[tokio::test]
async fn where_everybody_is_refused_everybody_is_asked_again() {
    let stub = Stub::start(world).await;
    let gitea = stub.client(&["dead"]);
    for _ in 0..2 {
        let answers = gitea.session().prove(&qa(), &[quinn()]).await;
        assert!(matches!(answers[0].1, Membership::Unknown(_)));
        assert_eq!(stub.take().len(), 1);
    }
}

#[tokio::test]
async fn after_some_minutes_everybody_is_asked_again() {
    let stub = Stub::start(world).await;
    let waits = Waits {
        skipped: Duration::ZERO,
        ..Waits::default()
    };
    let gitea = client_of_waits(&stub, vec![identity("dead"), identity("bot")], waits);
    for _ in 0..2 {
        gitea.session().prove(&qa(), &[quinn()]).await;
    }
    assert!(gitea.passed_over().is_empty());
    let asked = stub.take();
    assert!(
        asked.iter().filter(|call| call.starts_with("dead")).count() > 1,
        "{asked:?}"
    );
}

#[tokio::test]
async fn two_identities_with_one_account_are_noticed() {
    let stub = Stub::start(world).await;
    let gitea = stub.client(&["bot", "other"]);
    assert!(gitea.twins().is_empty());
    gitea.introduce(&[]).await;
    assert_eq!(gitea.twins(), [("bot".to_owned(), "other".to_owned())]);
}

#[tokio::test]
async fn two_identities_that_the_configuration_calls_one_account_are_noticed_unasked() {
    let stub = Stub::start(world).await;
    let named = |name: &str, login: &str| {
        let mut identity = identity(name);
        identity.login = Some(Login::new(login));
        identity
    };
    let gitea = stub.client_of(vec![named("bot", "refire"), named("other", "Refire")]);
    assert_eq!(gitea.twins(), [("bot".to_owned(), "other".to_owned())]);
}

#[tokio::test]
async fn a_refused_token_is_read_again_and_the_call_is_made_once_more() {
    let stub = Stub::start(world).await;
    let file = Arc::new(Mutex::new(SecretString::from("dead-token")));
    let read = file.clone();
    let mut rotating = identity("dead");
    rotating.renewal = Some(Renewal(Arc::new(move || {
        Some(read.lock().unwrap().clone())
    })));
    let gitea = stub.client_of(vec![rotating]);
    let answers = gitea.session().prove(&qa(), &[quinn()]).await;
    assert!(matches!(answers[0].1, Membership::Unknown(_)));
    *file.lock().unwrap() = SecretString::from("bot-token");
    stub.take();
    let answers = gitea.session().prove(&qa(), &[quinn()]).await;
    assert_eq!(answers, [(quinn(), Membership::Member)]);
    assert_eq!(
        stub.take(),
        [
            "dead GET /orgs/acme/teams",
            "bot GET /orgs/acme/teams",
            "bot GET /teams/3/members/quinn"
        ]
    );
    assert!(gitea.passed_over().is_empty());
    let shown = format!("{gitea:?}");
    assert!(!shown.contains("bot-token"), "{shown}");
}

#[tokio::test]
async fn a_token_whose_file_has_changed_is_taken_without_a_refusal() {
    let stub = Stub::start(world).await;
    let mut rotating = identity("dead");
    rotating.renewal = Some(Renewal(Arc::new(|| Some(SecretString::from("bot-token")))));
    let waits = Waits {
        renewed: Duration::ZERO,
        ..Waits::default()
    };
    let gitea = client_of_waits(&stub, vec![rotating], waits);
    let answers = gitea.session().prove(&qa(), &[quinn()]).await;
    assert_eq!(answers, [(quinn(), Membership::Member)]);
    assert!(stub.take().iter().all(|call| call.starts_with("bot ")));
}
