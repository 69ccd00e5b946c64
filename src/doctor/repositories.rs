//! The repositories that are looked after: found, visible, writable, open for comments.

use super::{Area, Check, Finding, Trouble};
use crate::config::RepoPattern;
use crate::decide::reply::text::{code, counted};
use crate::gitea::{RepoTeam, Rights, Session, Speaker};
use crate::model::{RepoName, Repository};

const AREA: Area = Area::Repositories;
/// More repositories than these are not looked at in one go; `--repo` looks at any.
pub const MOST: usize = 100;

/// What is known of all of them.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Each pattern with what it matches.
    pub patterns: Vec<(String, Result<Vec<Repository>, Trouble>)>,
    /// Those that are looked at, each once.
    pub looked_at: Vec<Looked>,
    /// How many are left out because there are more than [`MOST`].
    pub left_out: usize,
    /// A repository that was asked for and that no pattern covers.
    pub uncovered: Option<RepoName>,
}

/// One repository as our identities see it.
#[derive(Clone, Debug)]
pub struct Looked {
    /// The repository.
    pub repository: Repository,
    /// Each identity that reads or writes, with what it may do.
    pub rights: Vec<(Speaker, Result<Rights, Trouble>)>,
    /// Whose it is.
    pub owner: Owner,
}

/// Whose a repository is, and which teams have access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A person, who has no teams.
    Person,
    /// An organisation, with these.
    Organisation(Vec<RepoTeam>),
    /// It could not be found out.
    Unknown,
}

impl Looked {
    /// What the reading identity sees of it.
    #[must_use]
    pub fn seen(&self) -> Option<&Rights> {
        let reads = self.rights.iter().filter(|(speaker, _)| speaker.uses.reads);
        reads.filter_map(|(_, rights)| rights.as_ref().ok()).next()
    }

    /// An identity that administers it, whatever it is there for.
    #[must_use]
    pub fn administrator(&self) -> Option<&Speaker> {
        let admin = |rights: &Result<Rights, Trouble>| rights.as_ref().is_ok_and(|r| r.admin);
        let found = self.rights.iter().find(|(_, rights)| admin(rights));
        found.map(|(speaker, _)| speaker)
    }
}

/// Finds the repositories and asks what may be done in each. With `only`, that one alone.
pub async fn fetch(session: &Session, patterns: &[RepoPattern], only: Option<&RepoName>) -> Facts {
    let mut facts = Facts::default();
    let mut found: Vec<Repository> = Vec::new();
    if let Some(repo) = only {
        let covered = patterns.iter().any(|pattern| pattern.matches(repo));
        facts.uncovered = (!covered).then(|| repo.clone());
        let fetched = session.fetch_repository(repo).await;
        note(
            &mut facts,
            &mut found,
            repo.to_string(),
            fetched.map(|repo| vec![repo]),
        );
    } else {
        for pattern in patterns {
            let fetched = fetch_matching(session, pattern).await;
            note(&mut facts, &mut found, pattern.to_string(), fetched);
        }
    }
    facts.left_out = found.len().saturating_sub(MOST);
    for repository in found.into_iter().take(MOST) {
        facts.looked_at.push(look(session, repository).await);
    }
    facts
}

fn note(
    facts: &mut Facts,
    found: &mut Vec<Repository>,
    pattern: String,
    fetched: Result<Vec<Repository>, crate::gitea::CallError>,
) {
    let fetched = fetched.map_err(|error| Trouble::of(&error, None));
    for repository in fetched.iter().flatten() {
        if !found.iter().any(|known| known.id == repository.id) {
            found.push(repository.clone());
        }
    }
    facts.patterns.push((pattern, fetched));
}

async fn fetch_matching(
    session: &Session,
    pattern: &RepoPattern,
) -> Result<Vec<Repository>, crate::gitea::CallError> {
    if let Some(name) = pattern.exact() {
        return session.fetch_repository(&name).await.map(|repo| vec![repo]);
    }
    let all = match pattern.owner_literal() {
        Some(owner) => session.fetch_repositories(owner).await?,
        None => session.fetch_all_repositories().await?,
    };
    let matching = all.into_iter().filter(|repo| pattern.matches(&repo.name));
    Ok(matching.collect())
}

async fn look(session: &Session, repository: Repository) -> Looked {
    let mut rights = Vec::new();
    for speaker in session.gitea().speakers() {
        let seen = session.fetch_rights(&speaker, &repository.name).await;
        let seen = seen.map_err(|error| Trouble::of(&error, Some(&speaker)));
        rights.push((speaker, seen));
    }
    let owner = match session.fetch_repo_teams(&repository.name).await {
        Ok(Some(teams)) => Owner::Organisation(teams),
        Ok(None) => Owner::Person,
        Err(_) => Owner::Unknown,
    };
    Looked {
        repository,
        rights,
        owner,
    }
}

/// What is to be said of them.
#[must_use]
pub fn judge(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(repo) = &facts.uncovered {
        let what = format!("no pattern of `forge.repositories` covers {}", code(repo));
        let repair = format!("add \"{repo}\" to `forge.repositories`");
        findings.push(Finding::fail(AREA, Check::Pattern, what).repaired_by(repair));
    }
    findings.extend(
        facts
            .patterns
            .iter()
            .map(|(pattern, found)| judge_pattern(pattern, found)),
    );
    findings.extend(facts.looked_at.iter().flat_map(judge_one));
    if facts.left_out > 0 {
        let what = format!(
            "{} were not looked at",
            counted(
                facts.left_out as u64,
                "more repository",
                "more repositories"
            )
        );
        let repair = "look at any of them with `refire doctor --repo owner/name`";
        findings.push(Finding::warn(AREA, Check::Pattern, what).repaired_by(repair));
    }
    findings
}

fn judge_pattern(pattern: &str, found: &Result<Vec<Repository>, Trouble>) -> Finding {
    let pattern = code(pattern);
    match found {
        Err(trouble) => {
            let what = format!("{pattern} cannot be looked for: {}", trouble.meaning());
            Finding::fail(AREA, Check::Pattern, what).because(trouble)
        }
        Ok(found) if found.is_empty() => {
            let what = format!("{pattern} matches no repository that the bot can see");
            let repair = format!(
                "correct {pattern} in `forge.repositories`, or give the bot's account access to what it means"
            );
            Finding::fail(AREA, Check::Pattern, what).repaired_by(repair)
        }
        Ok(found) => {
            let n = counted(found.len() as u64, "repository", "repositories");
            Finding::ok(AREA, Check::Pattern, format!("{pattern} matches {n}"))
        }
    }
}

fn judge_one(looked: &Looked) -> Vec<Finding> {
    let repo = code(&looked.repository.name);
    if looked.repository.archived {
        let what = format!("{repo} is archived: statuses are posted there, comments are refused");
        let repair = format!("unarchive {repo}, or leave it out of `forge.repositories`");
        return vec![Finding::warn(AREA, Check::Comments, what).repaired_by(repair)];
    }
    let rights = looked.rights.iter();
    let concerned = rights.filter(|(speaker, _)| speaker.uses.reads || speaker.uses.writes);
    let mut findings: Vec<Finding> = concerned
        .filter_map(|(speaker, rights)| judge_rights(looked, speaker, rights))
        .collect();
    if findings.is_empty() {
        findings.push(Finding::ok(
            AREA,
            Check::Writable,
            format!("{repo} can be read, and statuses and comments posted"),
        ));
    }
    findings
}

/// `None`: all is well.
fn judge_rights(
    looked: &Looked,
    speaker: &Speaker,
    rights: &Result<Rights, Trouble>,
) -> Option<Finding> {
    let repo = &code(&looked.repository.name);
    let who = code(
        speaker
            .login
            .as_ref()
            .map_or(speaker.name.as_str(), |l| l.as_str()),
    );
    let rights = match rights {
        Ok(rights) => rights,
        Err(trouble) => {
            let what = format!("{repo} cannot be read by {who}: {}", trouble.meaning());
            return Some(Finding::fail(AREA, Check::Visible, what).because(trouble));
        }
    };
    if !rights.has_pulls {
        let what = format!("pull requests of {repo} are switched off, or {who} may not read them");
        let repair = format!("switch on pull requests in the settings of {repo}");
        return Some(Finding::warn(AREA, Check::Comments, what).repaired_by(repair));
    }
    if !rights.pull {
        let what = format!("{who} may not read the code of {repo}, and so not its reviews");
        let repair = format!("give {who} read access to the code of {repo}");
        return Some(Finding::fail(AREA, Check::Visible, what).repaired_by(repair));
    }
    if speaker.uses.writes && !rights.push {
        let what = format!("{who} may not write to {repo}, and so not post statuses");
        let repair = format!(
            "give {who} write access to the code of {repo}, through a team or as a collaborator{}",
            unblocked(looked, &who)
        );
        let mut finding = Finding::fail(AREA, Check::Writable, what).repaired_by(repair);
        finding.cause = Some(crate::model::Cause::CannotWriteStatus);
        return Some(finding);
    }
    None
}

/// Gitea shows nobody who blocked them. But the block of whoever owns a repository leaves an account
/// behind that may not write, which is what can be seen: it ends every collaboration, and an
/// organisation cannot block its members. A block by whoever opens a pull request shows nowhere; the
/// comment that it refuses is explained when it is.
fn unblocked(looked: &Looked, who: &str) -> String {
    match looked.owner {
        Owner::Person => format!(
            "; if {} has blocked {who}, lift the block first",
            code(looked.repository.name.owner())
        ),
        Owner::Organisation(_) | Owner::Unknown => String::new(),
    }
}
