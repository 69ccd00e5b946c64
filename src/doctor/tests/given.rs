//! Facts to begin with.

use crate::config::{Config, Environment};
use crate::doctor::Trouble;
use crate::gate::policy::Policy;
use crate::gitea::{Gitea, Identity, Rights, Settings, Speaker, Uses, Version};
use crate::model::{
    Cause, Diagnosis, Evidence, Login, Outcome, RepoName, Repository, RepositoryId, Subject,
    TeamName,
};
use jiff::Timestamp;
use std::time::Duration;

pub(super) const ALL: Uses = Uses {
    reads: true,
    teams: true,
    writes: true,
};

/// A call of `refire` that was refused.
pub(super) fn trouble(cause: Cause, method: &str, path: &str) -> Trouble {
    Trouble::from(attempt(cause, method, path))
}

pub(super) fn attempt(cause: Cause, method: &str, path: &str) -> Diagnosis {
    let evidence = Evidence {
        at: "2026-11-22T07:00:00Z".parse().unwrap(),
        asked_as: "refire".to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        outcome: Outcome::Status(403),
        message: None,
        headers: Vec::new(),
    };
    let about = Subject::Team(TeamName::new("acme", "qa"));
    crate::gate::tests::given::diagnosis(evidence, about, cause)
}

/// Identities with these names and uses, as the client knows them.
pub(super) fn speakers(names: &[(&str, Uses)]) -> Vec<Speaker> {
    let settings = Settings {
        base: "http://forge.invalid/".parse().unwrap(),
        api: "http://forge.invalid/".parse().unwrap(),
        timeout: Duration::from_secs(1),
        user_agent: "refire/test".to_owned(),
        authorities: None,
        waits: crate::gitea::Waits::default(),
    };
    let identity = |(name, uses): &(&str, Uses)| Identity {
        name: (*name).to_owned(),
        token: "t".to_owned().into(),
        login: Some(Login::new(*name)),
        uses: *uses,
        renewal: None,
    };
    let all = names.iter().chain([&("rest", ALL)]).map(identity);
    let gitea = Gitea::new(&settings, all.collect()).unwrap();
    gitea.speakers().into_iter().take(names.len()).collect()
}

pub(super) fn refire() -> Speaker {
    speakers(&[("refire", ALL)]).remove(0)
}

pub(super) fn version(text: &str) -> Version {
    serde_json::from_str(&format!(r#"{{"version":"{text}"}}"#)).unwrap()
}

pub(super) fn repo(name: &str) -> RepoName {
    name.parse().unwrap()
}

pub(super) fn repository(name: &str) -> Repository {
    Repository {
        id: RepositoryId::new(1),
        name: repo(name),
        created_at: Timestamp::UNIX_EPOCH,
        hidden: false,
        archived: false,
    }
}

pub(super) fn rights(name: &str) -> Rights {
    Rights {
        name: repo(name),
        admin: false,
        push: true,
        pull: true,
        archived: false,
        has_pulls: true,
        has_actions: false,
        default_branch: "main".to_owned(),
    }
}

/// The usual policy, with more configuration.
pub(super) fn policy(extra: &str) -> Policy {
    let text =
        format!("[forge]\nurl = \"http://forge.invalid\"\nrepositories = [\"acme/*\"]\n{extra}");
    let nothing = Environment::of(Vec::<(String, String)>::new());
    Config::from_toml(Some("refire.toml"), &text, &nothing)
        .unwrap()
        .policy
}
