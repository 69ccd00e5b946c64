//! The bot's tokens and accounts: valid, in good standing, with the scopes they need and no others.

pub mod running;

use super::{Area, Check, Finding, Trouble};
use crate::decide::reply::text::{code, listed};
use crate::gitea::{self, Category, Scope, Scopes, Session, Speaker, Standing, Version};
use crate::model::{Cause, Login};

const AREA: Area = Area::Identities;

/// What is known of one identity.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The identity.
    pub speaker: Speaker,
    /// Whether the configuration says its login.
    pub login_given: bool,
    /// Its account. The trouble is a missing `read:user`, or everything is in vain.
    pub standing: Result<Standing, Trouble>,
    /// What its token may do.
    pub scopes: Result<Scopes, Trouble>,
    /// A public repository that it cannot read although its token is good (gitea-facts §1.6).
    pub hidden: Option<Trouble>,
}

impl Facts {
    /// Whether nothing that this identity is asked for can work.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        let dead = |trouble: &Trouble| trouble.cause() != Cause::ScopeMissing;
        self.standing.as_ref().is_err_and(dead) || self.scopes.is_err()
    }
}

/// Asks each identity for itself. Without a version nothing is taken for granted of the server.
/// `logins_given` says of which the configuration names the login.
pub async fn fetch(
    session: &Session,
    version: Option<&Version>,
    logins_given: &[bool],
) -> Vec<Facts> {
    let mut all = Vec::new();
    let speakers = session.gitea().speakers();
    for (speaker, login_given) in speakers.into_iter().zip(logins_given) {
        let standing = session.fetch_standing(&speaker).await;
        let scopes = session.fetch_scopes(&speaker, version).await;
        let hidden = match standing {
            Ok(_) if has_second_factor(version) => fetch_hidden(session, &speaker).await,
            _ => None,
        };
        let explain = |error| Trouble::of(&error, Some(&speaker));
        all.push(Facts {
            login_given: *login_given,
            standing: standing.map_err(explain),
            scopes: scopes.map_err(explain),
            hidden,
            speaker,
        });
    }
    all
}

/// From 1.24 on a server can demand a second factor (gitea-facts §1.6).
fn has_second_factor(version: Option<&Version>) -> bool {
    version
        .and_then(|version| version.minor)
        .is_none_or(|minor| minor >= 24)
}

/// A public repository that the search shows to everybody and this identity cannot read.
async fn fetch_hidden(session: &Session, speaker: &Speaker) -> Option<Trouble> {
    let public = session.fetch_public_repository(speaker).await.ok()??;
    let error = session.fetch_rights(speaker, &public).await.err()?;
    Some(Trouble::of(&error, Some(speaker))).filter(|t| t.cause() == Cause::RepoNotVisible)
}

/// What is to be said of them.
#[must_use]
pub fn judge(all: &[Facts]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = all.iter().flat_map(judge_one).collect();
    findings.extend(shared(all));
    findings
}

fn judge_one(facts: &Facts) -> Vec<Finding> {
    let name = code(&facts.speaker.name);
    if let Some(trouble) = dead(facts) {
        let what = format!("identity {name}: {}", trouble.meaning());
        return vec![Finding::fail(AREA, Check::Token, what).because(trouble)];
    }
    let mut findings = Vec::new();
    if let Ok(standing) = &facts.standing {
        let login = code(&standing.account.login);
        findings.push(Finding::ok(
            AREA,
            Check::Token,
            format!("identity {name} is the account {login}"),
        ));
        if standing.is_admin {
            findings.push(administrator(&login));
        }
    }
    if let Ok(scopes) = &facts.scopes {
        findings.extend(judge_scopes(facts, scopes));
    }
    findings.extend(
        facts
            .hidden
            .as_ref()
            .map(|trouble| second_factor(&name, trouble)),
    );
    findings
}

fn dead(facts: &Facts) -> Option<&Trouble> {
    let standing = facts.standing.as_ref().err();
    standing
        .filter(|trouble| trouble.cause() != Cause::ScopeMissing)
        .or_else(|| facts.scopes.as_ref().err())
}

fn administrator(login: &str) -> Finding {
    let what = format!("{login} administers the whole server, which the bot never needs");
    let repair = format!("take the rights of an administrator from {login}");
    Finding::warn(AREA, Check::Administrator, what).repaired_by(repair)
}

fn second_factor(name: &str, trouble: &Trouble) -> Finding {
    let what = format!(
        "identity {name} signs in and cannot read even a public repository: the server demands a second factor that the account does not have, or the account is restricted"
    );
    let repair =
        "enrol the account for a second factor (TOTP) in its settings, or lift its restriction";
    let mut finding = Finding::fail(AREA, Check::SecondFactor, what)
        .repaired_by(repair)
        .because(trouble);
    finding.cause = Some(Cause::AccountBlocked);
    finding
}

/// The scopes that an identity's uses need, in the order of the documentation.
#[must_use]
pub fn needed(facts: &Facts) -> Vec<Scope> {
    let uses = facts.speaker.uses;
    let strongest = |category| match (uses.writes, uses.reads) {
        (true, _) => Some(Scope::write(category)),
        (false, true) => Some(Scope::read(category)),
        _ => None,
    };
    let teams = uses.teams.then_some(Scope::read(Category::Organization));
    let own = (!facts.login_given).then_some(Scope::read(Category::User));
    [
        strongest(Category::Repository),
        strongest(Category::Issue),
        teams,
        own,
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn judge_scopes(facts: &Facts, scopes: &Scopes) -> Vec<Finding> {
    let name = code(&facts.speaker.name);
    let needed = needed(facts);
    let missing: Vec<String> = needed
        .iter()
        .filter(|scope| !scopes.allow(**scope))
        .map(code)
        .collect();
    let mut findings = vec![if missing.is_empty() {
        let all: Vec<String> = needed.iter().map(code).collect();
        let what = format!("the token of {name} has {}", listed(&all, "and"));
        Finding::ok(AREA, Check::Scopes, what)
    } else {
        lacking(&name, &missing, &needed)
    }];
    findings.extend(spare(&name, scopes, &needed));
    if scopes.public_only == Some(true) {
        let what = format!("the token of {name} is limited to public things");
        let repair = format!("issue a new token for {name} without “public only”");
        let mut finding = Finding::fail(AREA, Check::PublicOnly, what).repaired_by(repair);
        finding.cause = Some(Cause::PublicOnlyToken);
        findings.push(finding);
    }
    findings
}

fn lacking(name: &str, missing: &[String], needed: &[Scope]) -> Finding {
    let all: Vec<String> = needed.iter().map(code).collect();
    let what = format!("the token of {name} lacks {}", listed(missing, "and"));
    let repair = format!(
        "issue a new token for {name} with exactly {}",
        listed(&all, "and")
    );
    let mut finding = Finding::fail(AREA, Check::Scopes, what).repaired_by(repair);
    finding.cause = Some(Cause::ScopeMissing);
    finding
}

/// What nobody needs is what somebody may steal. Reading its own account never hurts.
fn spare(name: &str, scopes: &Scopes, needed: &[Scope]) -> Option<Finding> {
    let harmless = |scope: &Scope| *scope == Scope::read(Category::User);
    let covers = |scope: &Scope| needed.contains(scope) || harmless(scope);
    let implied = |scope: &Scope| !scope.write && needed.contains(&Scope::write(scope.category));
    let spare: Vec<String> = if scopes.all {
        vec![code("all")]
    } else {
        let held = scopes.held.iter();
        held.filter(|scope| !covers(scope) && !implied(scope))
            .map(code)
            .collect()
    };
    if spare.is_empty() {
        return None;
    }
    let all: Vec<String> = needed.iter().map(code).collect();
    let what = format!(
        "the token of {name} has {}, which it does not need",
        listed(&spare, "and")
    );
    let repair = format!("issue a new token with {} only", listed(&all, "and"));
    Some(Finding::warn(AREA, Check::SparesScopes, what).repaired_by(repair))
}

/// Two identities behind which the same account is.
struct Twins {
    first: String,
    second: String,
    login: Login,
}

/// Each later identity of an account with the first. An account that may not be read is known by
/// the login that the configuration gives it.
fn twins(all: &[Facts]) -> Vec<Twins> {
    let login = |facts: &Facts| match &facts.standing {
        Ok(standing) => Some(standing.account.login.clone()),
        Err(_) => facts.speaker.login.clone(),
    };
    let logins: Vec<Option<Login>> = all.iter().map(login).collect();
    let name = |at: usize| Some(all.get(at)?.speaker.name.clone());
    let named = |(first, second): (usize, usize)| {
        Some(Twins {
            first: name(first)?,
            second: name(second)?,
            login: logins.get(second)?.clone()?,
        })
    };
    gitea::twins(&logins).filter_map(named).collect()
}

/// Two identities with one account see the same: the second never helps where the first fails.
fn shared(all: &[Facts]) -> Vec<Finding> {
    let told = twins(all).into_iter().map(|twins| {
        let what = format!(
            "the identities {} and {} are one account, {}: where one may not see a team, neither may",
            code(&twins.first),
            code(&twins.second),
            code(&twins.login)
        );
        Finding::warn(AREA, Check::SharedAccount, what).repaired_by(part(&twins.second))
    });
    told.collect()
}

/// What makes two of one account.
fn part(second: &str) -> String {
    format!("give {} an account of its own, or remove it", code(second))
}
