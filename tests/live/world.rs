//! Who and what is on the server before the first story.

use crate::forge::{Forge, all, number};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Everything that the bot's token may do, and nothing else.
pub(crate) const SCOPES: [&str; 4] = [
    "write:repository",
    "write:issue",
    "read:organization",
    "read:notification",
];

/// What the bot hears of (gitea-facts §6.5).
pub(crate) const EVENTS: [&str; 6] = [
    "pull_request_comment",
    "issue_comment",
    "pull_request_only",
    "pull_request_sync",
    "pull_request_review",
    "status",
];

const PEOPLE: [&str; 13] = [
    "olivia", "alice", "bob", "quinn", "quincy", "tim", "gus", "sam", "tess", "nina", "eve",
    "paul", "refire",
];

/// Team, what it may do, and who is in it.
const TEAMS: [(&str, &str, &[&str]); 4] = [
    (
        "qa",
        "write",
        &["quinn", "quincy", "tim", "gus", "tess", "refire"],
    ),
    ("security", "read", &["sam", "tess", "refire"]),
    ("engineers", "write", &["alice", "bob"]),
    ("bots", "write", &["refire"]),
];

/// Users, the organisation `acme` of `olivia`, and its teams, by name.
pub(crate) async fn fill(forge: &mut Forge) -> HashMap<String, u64> {
    for name in PEOPLE {
        forge.add_user(name).await;
    }
    let acme = json!({"username": "acme", "visibility": "public"});
    forge.post("olivia", "/orgs", acme).await;
    let mut teams = HashMap::new();
    for (name, may, members) in TEAMS {
        let id = add_team(forge, name, may).await;
        for member in members {
            put_member(forge, id, member).await;
        }
        teams.insert(name.to_owned(), id);
    }
    teams
}

/// A new team of `acme`, for all its repositories.
pub(crate) async fn add_team(forge: &Forge, name: &str, may: &str) -> u64 {
    add_team_of(forge, "acme", name, may).await
}

/// The same of another organisation of `olivia`'s.
pub(crate) async fn add_team_of(forge: &Forge, org: &str, name: &str, may: &str) -> u64 {
    let units = ["repo.code", "repo.issues", "repo.pulls"];
    let units: HashMap<&str, &str> = units.into_iter().map(|unit| (unit, may)).collect();
    let team = json!({"name": name, "permission": may, "includes_all_repositories": true,
        "units_map": units});
    let path = format!("/orgs/{org}/teams");
    number(&forge.post("olivia", &path, team).await["id"])
}

/// `olivia` adds somebody to a team.
pub(crate) async fn put_member(forge: &Forge, team: u64, member: &str) {
    let path = format!("/teams/{team}/members/{member}");
    forge.put("olivia", &path, Value::Null).await;
}

/// A hook for the bot; whatever hook stood there before is gone.
pub(crate) async fn hook(forge: &Forge, who: &str, of: &str, url: &str, secret: &str) {
    let path = format!("{of}/hooks");
    for old in all(&forge.get(who, &path).await) {
        forge.delete(who, &format!("{path}/{}", old["id"])).await;
    }
    let config = json!({"url": url, "content_type": "json", "secret": secret});
    let hook = json!({"type": "gitea", "config": config, "events": EVENTS, "active": true});
    forge.post(who, &path, hook).await;
}
