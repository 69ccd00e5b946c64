//! What real servers answered, held against the tables of causes: none of it stays unexplained.

use super::stub::{Asked, Reply, Stub, page, reply};
use crate::gitea::error::{CallError, ErrorKind};
use crate::gitea::{cause_of, refusal};
use crate::model::{Account, Cause, Evidence, Membership, Outcome, TeamName};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

pub(super) const VERSIONS: [&str; 4] = ["1.23.8", "1.24.7", "1.25.4", "1.26.3"];

fn folder(version: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/recordings")
        .join(version)
}

/// The requests of a scenario with their answers.
pub(super) fn load(version: &str, file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder(version).join(file)).unwrap();
    let read: Value = serde_json::from_str(&text).unwrap();
    let objects = read["objects"].as_array().cloned().unwrap_or_default();
    let steps = read["steps"].as_array().cloned().unwrap_or_default();
    let steps = steps.iter().map(|step| put_back(step, &objects));
    steps.filter(|step| step["response"].is_object()).collect()
}

fn put_back(value: &Value, objects: &[Value]) -> Value {
    match value {
        Value::Object(fields) => match fields.get("$").and_then(Value::as_u64) {
            Some(at) => put_back(&objects[usize::try_from(at).unwrap()], objects),
            None => fields
                .iter()
                .map(|(name, field)| (name.clone(), put_back(field, objects)))
                .collect(),
        },
        Value::Array(items) => items.iter().map(|item| put_back(item, objects)).collect(),
        other => other.clone(),
    }
}

/// The routes of the bot, by their first and last fixed parts. A team's 404 is told apart with further
/// questions, so those are asked for in the second test.
const ROUTES: [(&str, &str, &str, &str); 10] = [
    ("GET", "/user", "", "/user"),
    ("GET", "/users/", "", "/users/{user}"),
    ("GET", "/orgs/", "/teams", "/orgs/{org}/teams"),
    ("GET", "/teams/", "", "/teams/{id}"),
    (
        "GET",
        "/repos/",
        "/reviews",
        "/repos/{owner}/{repo}/pulls/{number}/reviews",
    ),
    (
        "GET",
        "/repos/",
        "/issues/comments/",
        "/repos/{owner}/{repo}/issues/comments/{id}",
    ),
    ("GET", "/repos/", "", "/repos/{owner}/{repo}"),
    (
        "POST",
        "/repos/",
        "/statuses/",
        "/repos/{owner}/{repo}/statuses/{sha}",
    ),
    (
        "POST",
        "/repos/",
        "/comments",
        "/repos/{owner}/{repo}/issues/{number}/comments",
    ),
    (
        "PATCH",
        "/repos/",
        "/comments/",
        "/repos/{owner}/{repo}/issues/comments/{id}",
    ),
];

fn route(method: &str, path: &str) -> Option<&'static str> {
    let fits = |row: &&(&str, &str, &str, &str)| {
        let (verb, begins, holds, _) = **row;
        let whole = begins == "/user" && path != "/user";
        verb == method && path.starts_with(begins) && path.contains(holds) && !whole
    };
    let others = [
        "/hooks",
        "/reactions",
        "/branch_protections",
        "/search",
        "/permissions",
        "/members?",
    ];
    if others.iter().any(|other| path.contains(other)) || path.ends_with("/user/teams") {
        return None;
    }
    ROUTES.iter().find(fits).map(|(_, _, _, route)| *route)
}

/// An answer as the client would have read it.
async fn failed(method: &str, path: &str, route: &'static str, response: &Value) -> CallError {
    let mut built = axum::http::Response::builder()
        .status(u16::try_from(response["status"].as_u64().unwrap()).unwrap());
    for (name, value) in response["headers"].as_object().into_iter().flatten() {
        built = built.header(name, value.as_str().unwrap_or_default());
    }
    let body = match response["body"] {
        Value::Null => String::new(),
        ref body => body.to_string(),
    };
    let response = reqwest::Response::from(built.body(body).unwrap());
    let read = refusal::read(response, route, path).await;
    let evidence = Evidence {
        at: Timestamp::UNIX_EPOCH,
        asked_as: String::from("bot"),
        method: method.to_owned(),
        path: path.to_owned(),
        outcome: Outcome::Unreadable,
        message: read.message,
        headers: read.headers,
    };
    CallError {
        evidence: Box::new(evidence),
        kind: read.kind,
        route,
        signed: read.signed,
        pages: crate::gitea::places::Pages::at("https://git.example.org"),
    }
}

#[tokio::test]
async fn every_recorded_refusal_has_its_cause() {
    let mut causes: BTreeMap<Cause, BTreeSet<String>> = BTreeMap::new();
    for version in VERSIONS {
        for entry in std::fs::read_dir(folder(version)).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            for step in load(version, &file) {
                let status = step["response"]["status"].as_u64().unwrap();
                let request = &step["request"];
                let (method, path) = (
                    request["method"].as_str().unwrap(),
                    request["path"].as_str().unwrap(),
                );
                // Malformed requests are none of the bot's.
                let ours = status >= 400 && status != 422 && request.get("raw").is_none();
                let Some(route) = route(method, path).filter(|_| ours) else {
                    continue;
                };
                let error = failed(method, path, route, &step["response"]).await;
                let team = route.starts_with("/teams") && error.kind == ErrorKind::NotFound;
                if team {
                    continue;
                }
                let message = error.evidence.message.as_deref().unwrap_or("(nothing)");
                let said: String = message.split([',', '[', '<', '/']).next().unwrap().into();
                let line = format!("{method} {route} {status} {said}");
                causes.entry(cause_of(&error)).or_default().insert(line);
            }
        }
    }
    assert!(!causes.contains_key(&Cause::Unexplained), "{causes:#?}");
    let told: Vec<String> = causes
        .iter()
        .map(|(cause, lines)| {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            format!("{cause}\n  {}", lines.join("\n  "))
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    token-invalid
      GET /orgs/{org}/teams 401 (nothing)
      GET /repos/{owner}/{repo} 401 (nothing)
      GET /repos/{owner}/{repo}/pulls/{number}/reviews 401 (nothing)
      GET /teams/{id} 401 (nothing)
      GET /user 401 (nothing)
      POST /repos/{owner}/{repo}/issues/{number}/comments 401 (nothing)
      POST /repos/{owner}/{repo}/statuses/{sha} 401 (nothing)
    scope-missing
      GET /orgs/{org}/teams 403 token does not have at least one of required scope(s)
      GET /repos/{owner}/{repo} 403 token does not have at least one of required scope(s)
      GET /repos/{owner}/{repo}/pulls/{number}/reviews 403 token does not have at least one of required scope(s)
      GET /teams/{id} 403 token does not have at least one of required scope(s)
      GET /user 403 token does not have at least one of required scope(s)
      POST /repos/{owner}/{repo}/issues/{number}/comments 403 token does not have at least one of required scope(s)
    bot-not-in-team
      GET /teams/{id} 403 Must be a team member
    bot-not-in-org
      GET /orgs/{org}/teams 403 Must be an organization member
    team-unknown
      GET /orgs/{org}/teams 404 GetOrgByName
    public-only-token
      GET /orgs/{org}/teams 403 token scope is limited to public orgs
      GET /repos/{owner}/{repo} 403 token scope is limited to public repos
    account-blocked
      GET /orgs/{org}/teams 403 This account is prohibited from signing in
      GET /orgs/{org}/teams 403 You must change your password. Change it at: {base}
      GET /repos/{owner}/{repo} 403 This account is prohibited from signing in
      GET /repos/{owner}/{repo} 403 You must change your password. Change it at: {base}
      GET /teams/{id} 403 This account is prohibited from signing in
      GET /teams/{id} 403 You must change your password. Change it at: {base}
      GET /user 403 This account is prohibited from signing in
      GET /user 403 You must change your password. Change it at: {base}
    repo-not-visible
      GET /repos/{owner}/{repo} 404 The target couldn't be found.
      GET /repos/{owner}/{repo} 404 not found
      GET /repos/{owner}/{repo}/issues/comments/{id} 404 (nothing)
      GET /repos/{owner}/{repo}/issues/comments/{id} 404 The target couldn't be found.
      GET /repos/{owner}/{repo}/issues/comments/{id} 404 not found
      GET /repos/{owner}/{repo}/pulls/{number}/reviews 404 GetPullRequestByIndex
      PATCH /repos/{owner}/{repo}/issues/comments/{id} 404 The target couldn't be found.
      PATCH /repos/{owner}/{repo}/issues/comments/{id} 404 not found
    cannot-write-status
      POST /repos/{owner}/{repo}/statuses/{sha} 403 token does not have at least one of required scope(s)
      POST /repos/{owner}/{repo}/statuses/{sha} 403 user should have a permission to write to a repo
    cannot-comment
      PATCH /repos/{owner}/{repo}/issues/comments/{id} 403 (nothing)
      POST /repos/{owner}/{repo}/issues/{number}/comments 403 You cannot comment on a locked issue.
      POST /repos/{owner}/{repo}/issues/{number}/comments 423 
      POST /repos/{owner}/{repo}/issues/{number}/comments 423 acme
    head-not-in-base
      POST /repos/{owner}/{repo}/statuses/{sha} 500 (nothing)
    forge-unavailable
      GET /repos/{owner}/{repo} 500 (nothing)
      GET /repos/{owner}/{repo}/issues/comments/{id} 500 (nothing)
      POST /repos/{owner}/{repo}/issues/{number}/comments 500 (nothing)
    user-unknown
      GET /users/{user} 404 user redirect does not exist
    ");
}

/// What each caller was answered, by path without its query; teams by their numbers.
fn answers(version: &str) -> HashMap<(String, String), (u16, Value)> {
    let mut answers = HashMap::new();
    let mut ids: Vec<(String, String)> = Vec::new();
    let steps = load(version, "membership.json");
    for step in &steps {
        let path = step["request"]["path"].as_str().unwrap();
        if path.starts_with("/orgs/acme/teams?") {
            for team in step["response"]["body"].as_array().into_iter().flatten() {
                let name = format!("{{team:{}}}", team["name"].as_str().unwrap());
                ids.push((name, team["id"].to_string()));
            }
        }
    }
    for step in steps {
        let path = step["request"]["path"].as_str().unwrap();
        let mut path = path.split('?').next().unwrap().to_owned();
        for (name, id) in &ids {
            path = path.replace(name, id);
        }
        let by = step["as"].as_str().unwrap_or_default().to_owned();
        let status = u16::try_from(step["response"]["status"].as_u64().unwrap()).unwrap();
        answers
            .entry((by, path))
            .or_insert((status, step["response"]["body"].clone()));
    }
    answers
}

#[tokio::test]
async fn every_recorded_caller_is_told_why_it_cannot_see_a_team() {
    for version in VERSIONS {
        let answers = answers(version);
        let stub = Stub::start(move |asked: &Asked| -> Reply {
            let key = (asked.token.clone(), asked.route().to_owned());
            match answers.get(&key) {
                Some((status, body)) => reply(*status, body),
                None => page(500),
            }
        })
        .await;
        for (caller, cause) in [
            ("weakbot", Cause::BotNotInTeam),
            ("strangerbot", Cause::BotNotInOrg),
            ("bot-no-organization", Cause::ScopeMissing),
            ("garbage", Cause::TokenInvalid),
        ] {
            // The bot knows the team's number; the caller is asked about it.
            let gitea = stub.client(&["bot"]);
            let id = gitea
                .session()
                .resolve(&TeamName::new("acme", "qa"))
                .await
                .unwrap();
            let gitea = stub.client(&[caller]);
            let team = TeamName::new("acme", "qa");
            gitea.inner().teams.checked(&team, id);
            let found = gitea
                .session()
                .prove(&team, &[Account::new(5, "quinn")])
                .await;
            let Membership::Unknown(diagnoses) = &found[0].1 else {
                panic!("{version} {caller}: {found:?}")
            };
            assert_eq!(
                diagnoses[0].cause, cause,
                "{version} {caller}: {diagnoses:#?}"
            );
        }
    }
}
