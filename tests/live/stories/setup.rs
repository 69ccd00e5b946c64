//! The doctor as the way to set the bot up: nothing is prepared, and nothing is done but what it
//! says.

use crate::folder::{Folder, Found};
use crate::forge::{all, number, text};
use crate::running::Running;
use crate::stage::Stage;
use crate::{told, world};
use serde_json::{Value, json};
use std::collections::HashMap;

/// More steps than these lead nowhere.
const STEPS: usize = 12;

/// An organisation of olivia's that has never heard of the bot: two teams, and a repository that
/// outsiders do not see.
struct Ground {
    org: &'static str,
    repo: String,
    teams: HashMap<String, u64>,
}

impl Ground {
    async fn lay(stage: &Stage, org: &'static str) -> Self {
        let new = json!({"username": org, "visibility": "public"});
        stage.forge.post("olivia", "/orgs", new).await;
        let mut teams = HashMap::new();
        let people = [("qa", "quinn"), ("security", "sam"), ("engineers", "alice")];
        for (team, member) in people {
            let id = world::add_team_of(&stage.forge, org, team, "write").await;
            world::put_member(&stage.forge, id, member).await;
            teams.insert(team.to_owned(), id);
        }
        let new = json!({"name": "widget", "auto_init": true, "default_branch": "main",
            "private": true});
        let path = format!("/orgs/{org}/repos");
        stage.forge.post("olivia", &path, new).await;
        Self {
            org,
            repo: format!("{org}/widget"),
            teams,
        }
    }

    /// The id of a team that Gitea made.
    async fn team(&self, stage: &Stage, name: &str) -> u64 {
        let path = format!("/orgs/{}/teams", self.org);
        let teams = stage.forge.get("olivia", &path).await;
        match all(&teams).find(|team| text(&team["name"]) == name) {
            Some(team) => number(&team["id"]),
            None => panic!("no team {name}: {teams}"),
        }
    }

    fn folder(&self, stage: &Stage) -> Folder {
        Folder::new(&stage.forge.url, &format!("{}/*", self.org))
    }
}

/// Whoever follows the repairs, step by step.
struct Walk<'a> {
    stage: &'a Stage,
    ground: Ground,
    folder: Folder,
    steps: Vec<String>,
}

impl Walk<'_> {
    /// Does what the first failure says and asks again, until nothing fails.
    async fn on(&mut self) {
        loop {
            let told = self.folder.doctor(&["--json"]).await;
            let Some(first) = told.at("fail").into_iter().next() else {
                assert_eq!(told.code, Some(0), "{}", told.out);
                return;
            };
            let Found {
                what,
                cause,
                evidence,
                repair,
            } = first;
            told::line(&format!(
                "  fail  {what}\n        cause: {cause}\n        evidence: {evidence}\n        repair: {repair}"
            ));
            let again = self.steps.contains(&repair);
            assert!(!again, "{repair} did not help: {:#?}", self.steps);
            assert!(self.steps.len() < STEPS, "{:#?}", self.steps);
            self.obey(&repair).await;
            self.steps.push(repair);
        }
    }

    /// Does what one repair says, as the person would who is named in it.
    ///
    /// # Panics
    /// Where it says too little to be done.
    async fn obey(&self, repair: &str) {
        let names: Vec<&str> = repair.split('`').skip(1).step_by(2).collect();
        if repair.starts_with("Issue a new token for `refire` and put it where") {
            // It does not say more, and so the token has what somebody thinks of first.
            self.new_token(&["read:repository"]).await;
        } else if repair.starts_with("issue a new token for `refire` with exactly ") {
            self.new_token(&names[1..]).await;
        } else if repair.contains("give the bot's account access to what it means") {
            self.grant("read").await;
        } else if repair.starts_with("Add `refire` to the team ") {
            let owner = format!("; an owner of `{}` can: `http", self.ground.org);
            assert!(repair.contains(&owner), "{repair}");
            let prefix = format!("{}/", self.ground.org);
            let team = self.ground.teams[names[1].trim_start_matches(&prefix)];
            world::put_member(&self.stage.forge, team, names[0]).await;
        } else if repair.starts_with("give `refire` write access to the code of ") {
            self.grant("write").await;
        } else if repair.contains("let `refire doctor --fix` write one")
            || repair.ends_with("; `refire doctor --fix` does it where the bot may")
        {
            self.folder.doctor(&["--fix"]).await;
        } else if repair.contains("adds a branch rule for `main`") {
            // The repository, the branch, and then the contexts.
            self.protect(names[1], &names[2..]).await;
        } else {
            panic!("nobody could follow this: {repair}");
        }
    }

    async fn new_token(&self, scopes: &[&str]) {
        let token = self.stage.forge.new_token("refire", scopes).await;
        self.folder.has_token(&token);
    }

    async fn grant(&self, permission: &str) {
        let path = format!("/repos/{}/collaborators/refire", self.ground.repo);
        let body = json!({"permission": permission});
        self.stage.forge.put("olivia", &path, body).await;
    }

    async fn protect(&self, branch: &str, contexts: &[&str]) {
        let rule = json!({"rule_name": branch, "enable_status_check": true,
            "status_check_contexts": contexts});
        let path = format!("/repos/{}/branch_protections", self.ground.repo);
        self.stage.forge.post("olivia", &path, rule).await;
    }

    /// The owner of the organisation makes the webhook that the doctor asks for and may not make.
    async fn make_hook(&self) {
        let told = self.folder.doctor(&["--json"]).await;
        let skipped = told.at("skip").into_iter().map(|found| found.repair);
        let mut asks = skipped.filter(|repair| repair.contains("adds a Gitea webhook"));
        let Some(request) = asks.next() else {
            panic!("nobody is asked for a webhook: {}", told.out)
        };
        told::line(&format!("  skip  {request}"));
        let asked = "`, POST, `application/json`, the secret that the bot has, active, with exactly the events `";
        let Some((before, events)) = request.split_once(asked) else {
            panic!("nobody could follow this: {request}")
        };
        let url = before.rsplit('`').next().unwrap_or_default();
        let events = events.split("; ").next().unwrap_or_default();
        let events: Vec<&str> = events.split('`').step_by(2).collect();
        let secret = self.folder.hook_secret();
        let config = json!({"url": url, "content_type": "json", "secret": secret});
        let hook = json!({"type": "gitea", "config": config, "events": events, "active": true});
        let path = format!("/orgs/{}/hooks", self.ground.org);
        self.stage.forge.post("olivia", &path, hook).await;
    }
}

/// A comment is answered, the gate turns green, and the doctor has seen a signed delivery.
async fn works(stage: &mut Stage, repo: &str, folder: &Folder, running: Running) {
    let pull = stage.pull_in(repo, "alice").await;
    stage.gate(&pull, "qa-review", "pending", "waits").await;
    let waits = "waits for an approval";
    stage.says(&pull, "alice", "/refire qa", waits).await;
    stage.approve(&pull, "quinn").await;
    let green = "approved by quinn";
    stage.gate(&pull, "qa-review", "success", green).await;
    let satisfied = "`qa-review` is satisfied";
    stage.says(&pull, "alice", "/refire qa", satisfied).await;
    let told = folder.doctor(&[]).await;
    assert_eq!(told.code, Some(0), "{}", told.out);
    assert!(told.out.contains("a delivery was verified at"), "{told:?}");
    running.end().await;
}

pub(super) async fn from_nothing(stage: &mut Stage) {
    let ground = Ground::lay(stage, "mill").await;
    let folder = ground.folder(stage);
    folder.has_token("what-somebody-typed-by-hand");
    folder.doctor(&[]).await;
    let repo = ground.repo.clone();
    let mut walk = Walk {
        stage,
        ground,
        folder,
        steps: Vec::new(),
    };
    walk.on().await;
    walk.make_hook().await;
    let Walk { folder, steps, .. } = walk;
    told::line(&format!("\n{} steps:\n{}", steps.len(), steps.join("\n")));
    assert!(steps.len() >= 6, "{steps:#?}");
    let running = folder.serve().await;
    works(stage, &repo, &folder, running).await;
}

/// Where the bot owns the organisation, the doctor makes secret and webhook itself. The rights of an
/// owner are taken from it again, and it goes on working.
pub(super) async fn by_itself(stage: &mut Stage) {
    let ground = Ground::lay(stage, "forgework").await;
    let folder = ground.folder(stage);
    let owners = ground.team(stage, "Owners").await;
    for team in [owners, ground.teams["qa"], ground.teams["security"]] {
        world::put_member(&stage.forge, team, "refire").await;
    }
    let (repo, hooks) = (ground.repo.clone(), format!("/orgs/{}/hooks", ground.org));
    let mut walk = Walk {
        stage,
        ground,
        folder,
        steps: Vec::new(),
    };
    let exactly = [
        "write:repository",
        "write:issue",
        "read:organization",
        "read:user",
    ];
    let with_hooks = exactly.map(|scope| match scope {
        "read:organization" => "write:organization",
        other => other,
    });
    walk.new_token(&with_hooks).await;
    walk.on().await;
    walk.new_token(&exactly).await;
    let Walk { folder, .. } = walk;
    let path = format!("/teams/{owners}/members/refire");
    stage.forge.delete("olivia", &path).await;
    let made = stage.forge.get("olivia", &hooks).await;
    let made: Vec<&Value> = all(&made).collect();
    assert!(
        matches!(made.as_slice(), [hook] if hook["active"] == true),
        "one webhook: {made:#?}"
    );
    let running = folder.serve().await;
    works(stage, &repo, &folder, running).await;
}
