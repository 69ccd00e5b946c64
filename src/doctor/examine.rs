//! Everything in order: what one area finds out, the next ones build on.
//!
//! A server that does not answer ends it: nothing behind it can be known. Called by `cli`.

use super::repositories::Owner;
use super::{
    Area, Check, Finding, Report, contexts, forge, identities, repositories, store, teams, webhook,
};
use crate::config::{Config, RepoPattern};
use crate::gitea::{Gitea, Greeting, Kind};
use crate::model::{Cause, RepoName};
use jiff::Timestamp;
use std::future::Future;

/// What is to be looked at.
pub struct Examination<'a> {
    /// The client with all identities.
    pub gitea: &'a Gitea,
    /// The configuration.
    pub config: &'a Config,
    /// This repository alone.
    pub only: Option<&'a RepoName>,
    /// What there is to verify deliveries with.
    pub secret: webhook::Secret,
    /// Where Gitea reaches the bot, as somebody says. `None`: where it listens, if that can be.
    pub address: Option<&'a str>,
    /// Hears what is looked at now.
    pub tell: &'a (dyn Fn(Area) + Sync),
}

/// What was found, with what a repair needs to know.
#[derive(Debug)]
pub struct Examined {
    /// The findings.
    pub report: Report,
    /// What is known of the hooks. `None`: it did not come that far.
    pub webhook: Option<webhook::Facts>,
}

/// What is found before anything else can be looked at.
struct Front {
    findings: Vec<Finding>,
    identities: Vec<identities::Facts>,
    /// Which server it is. `None`: nothing behind it can be known.
    greeting: Option<Greeting>,
}

impl Examination<'_> {
    /// Looks at everything. `ask_store` is asked once, with the numbers of the repositories.
    pub async fn run<F: Future<Output = store::Facts>>(
        &self,
        ask_store: impl FnOnce(Vec<u64>) -> F,
    ) -> Examined {
        let Front {
            mut findings,
            identities,
            greeting,
        } = self.front().await;
        let Some(greeting) = greeting else {
            let stored = ask_store(Vec::new()).await;
            findings.extend(running(&stored, &identities));
            findings.extend(store::judge(&stored));
            // What the bot says of its identities comes after what lies behind them.
            findings.sort_by_key(|finding| finding.area);
            return Examined {
                report: Report { findings },
                webhook: None,
            };
        };
        (self.tell)(Area::Repositories);
        let session = self.gitea.session();
        let patterns = &self.config.forge.repositories;
        let repos = repositories::fetch(&session, patterns, self.only).await;
        let ids = repos
            .looked_at
            .iter()
            .map(|looked| looked.repository.id.get());
        (self.tell)(Area::Store);
        let stored = ask_store(ids.collect()).await;
        findings.extend(running(&stored, &identities));
        (self.tell)(Area::Teams);
        findings.extend(self.teams(&greeting, &repos).await);
        findings.extend(repositories::judge(&repos));
        (self.tell)(Area::Webhook);
        let webhook = self.webhook(&greeting, &repos, &stored).await;
        findings.extend(webhook::judge(&webhook));
        (self.tell)(Area::Contexts);
        findings.extend(self.contexts(&greeting, &repos).await);
        findings.extend(store::judge(&stored));
        Examined {
            report: Report { findings },
            webhook: Some(webhook),
        }
    }

    /// The quick part: the server, the identities, and the teams whose organisation is known
    /// without listing repositories.
    pub async fn run_quickly(&self) -> Report {
        let Front {
            mut findings,
            greeting,
            ..
        } = self.front().await;
        if let Some(greeting) = greeting {
            let repos = supposed(self.config);
            let named = teams::named(&self.config.policy, &repos);
            let exact = self.config.forge.repositories.iter();
            let exact: Vec<RepoName> = exact.filter_map(RepoPattern::exact).collect();
            let facts = teams::fetch(self.gitea, named, &exact).await;
            let around = teams::fetch_around(&self.gitea.session(), &greeting.version, &[]).await;
            findings.extend(teams::judge(&facts, &around, &self.config.policy));
        }
        Report { findings }
    }

    /// The server and the identities.
    async fn front(&self) -> Front {
        (self.tell)(Area::Forge);
        let session = self.gitea.session();
        let url = self.config.forge.api_url.to_string();
        let server = forge::fetch(&session, url).await;
        let mut findings = forge::judge(&server);
        let greeting = match server.greeting {
            Ok(greeting) => Some(greeting),
            Err(trouble) if trouble.is_about_us() => None,
            Err(_) => {
                findings.push(behind());
                return Front {
                    findings,
                    identities: Vec::new(),
                    greeting: None,
                };
            }
        };
        let given: Vec<bool> = self
            .config
            .identities
            .iter()
            .map(|i| i.login.is_some())
            .collect();
        let version = greeting.as_ref().map(|g| &g.version);
        (self.tell)(Area::Identities);
        let identities = identities::fetch(&session, version, &given).await;
        findings.extend(identities::judge(&identities));
        let alive = identities.iter().any(|facts| !facts.is_dead());
        if !alive {
            findings.push(nobody());
        }
        Front {
            findings,
            identities,
            greeting: greeting.filter(|_| alive),
        }
    }

    async fn teams(&self, greeting: &Greeting, repos: &repositories::Facts) -> Vec<Finding> {
        let policy = &self.config.policy;
        let names = names(repos);
        let facts = teams::fetch(self.gitea, teams::named(policy, &names), &names).await;
        let session = self.gitea.session();
        let around = teams::fetch_around(&session, &greeting.version, &names).await;
        teams::judge(&facts, &around, policy)
    }

    async fn webhook(
        &self,
        greeting: &Greeting,
        repos: &repositories::Facts,
        stored: &store::Facts,
    ) -> webhook::Facts {
        let session = self.gitea.session();
        let live: Vec<&repositories::Looked> = repos
            .looked_at
            .iter()
            .filter(|looked| !looked.repository.archived)
            .collect();
        let places = match self.secret {
            webhook::Secret::Unconfigured => Vec::new(),
            _ => webhook::fetch(&session, &live, &owners(&live)).await,
        };
        let memory = stored.seen.memory();
        let repos = live.iter().map(|looked| covered(looked, memory));
        webhook::Facts {
            listen: self.config.webhook.listen,
            address: self.address(),
            secret: self.secret.clone(),
            sweeps: self.config.sweep.every.is_some(),
            without_status: greeting.version.kind == Kind::Forgejo,
            repos: repos.collect(),
            places,
            remembers: memory.is_some(),
            now: Timestamp::now(),
        }
    }

    fn address(&self) -> Option<String> {
        let told = self.address.map(str::to_owned);
        let Config { webhook, forge, .. } = self.config;
        told.or_else(|| webhook::target::own(webhook.listen, forge.api_url.as_url()))
    }

    async fn contexts(&self, greeting: &Greeting, repos: &repositories::Facts) -> Vec<Finding> {
        let session = self.gitea.session();
        let mut all = Vec::new();
        let live = repos
            .looked_at
            .iter()
            .filter(|looked| !looked.repository.archived);
        for looked in live {
            if let Some(rights) = looked.seen() {
                all.push(contexts::fetch(&session, rights, looked).await);
            }
        }
        let several = contexts::Several::of(&greeting.version);
        contexts::judge(&all, &self.config.policy, several)
    }
}

/// What the running bot says of its identities, where it could be asked.
fn running(stored: &store::Facts, own: &[identities::Facts]) -> Vec<Finding> {
    let told = stored.seen.memory().and_then(|it| it.identities.as_ref());
    told.map(|told| identities::running::judge(told, own))
        .unwrap_or_default()
}

fn names(repos: &repositories::Facts) -> Vec<RepoName> {
    let looked = repos.looked_at.iter();
    looked
        .map(|looked| looked.repository.name.clone())
        .collect()
}

/// The organisations among the owners; a person has no hooks that cover repositories of others.
fn owners(live: &[&repositories::Looked]) -> Vec<String> {
    let mut owners: Vec<String> = Vec::new();
    for looked in live.iter().filter(|looked| looked.owner != Owner::Person) {
        let owner = looked.repository.name.owner();
        if !owners.iter().any(|known| known.eq_ignore_ascii_case(owner)) {
            owners.push(owner.to_owned());
        }
    }
    owners
}

fn covered(looked: &repositories::Looked, memory: Option<&store::Memory>) -> webhook::Covered {
    let id = looked.repository.id.get();
    let told = memory.iter().flat_map(|memory| &memory.verified);
    webhook::Covered {
        repo: looked.repository.name.clone(),
        of_organisation: matches!(looked.owner, Owner::Organisation(_)),
        verified: told
            .filter(|(known, _)| *known == id)
            .map(|(_, at)| *at)
            .next(),
    }
}

/// One repository for each owner that a pattern names, to resolve teams by.
fn supposed(config: &Config) -> Vec<RepoName> {
    let owners = config
        .forge
        .repositories
        .iter()
        .filter_map(|p| p.owner_literal());
    let names = owners.filter_map(|owner| format!("{owner}/any").parse().ok());
    names.collect()
}

fn behind() -> Finding {
    let mut finding = Finding::skip(
        Area::Identities,
        Check::Token,
        "everything that only the server knows",
        "a server that answers",
    );
    finding.cause = Some(Cause::ForgeUnavailable);
    finding
}

fn nobody() -> Finding {
    Finding::skip(
        Area::Teams,
        Check::Sight,
        "teams, repositories, webhook and contexts",
        "an identity that the server accepts",
    )
}
