//! All that there is: how the bot is, and for whoever is signed in the open pull requests by what they
//! wait for.

use super::Site;
use super::access::Barred;
use super::frame::{Frame, page as rendered};
use super::place::Place;
use super::session::Session;
use super::words;
use crate::decide::evaluation::Shown;
use crate::decide::record::PullRecord;
use crate::memo;
use crate::model::RepoName;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use futures::{StreamExt as _, stream};
use state::{PullKey, Record, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Repositories about which Gitea is asked for one visitor.
const REPOSITORIES: usize = 40;
/// Pull requests that a page has, so that it stays a small one.
const PULLS: usize = 120;
/// Questions for one page at the same time.
const AT_ONCE: usize = 4;

/// The page.
#[derive(Template)]
#[template(path = "index.html", config = ".config/askama.toml")]
struct IndexPage {
    frame: Frame,
    /// Why the bot cannot do its work.
    reasons: Vec<String>,
    repositories: Vec<RepositoryView>,
    /// Whether there is more than is shown.
    more: bool,
    /// What only operators are told. `None`: it is somebody else.
    operator: Option<OperatorView>,
}

/// A repository with its open pull requests by what they wait for.
struct RepositoryView {
    name: String,
    groups: Vec<GroupView>,
}

struct GroupView {
    waits_for: String,
    pulls: Vec<PullLink>,
}

struct PullLink {
    address: String,
    name: String,
    author: String,
}

struct OperatorView {
    notes: Vec<String>,
    /// `None`: nobody has looked yet.
    findings: Option<Vec<String>>,
}

/// Shows all that there is to whoever may see it.
pub(super) async fn page(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let session = site.visitor(&headers);
    let shown = match &session {
        Some(session) => site.repositories(session).await,
        None => Ok((Vec::new(), false)),
    };
    let (session, (repositories, more)) = match shown {
        Ok(shown) => (session, shown),
        Err(Barred::SignedOut) => (None, (Vec::new(), false)),
        Err(why) => return site.bar(&Place::Index, session.as_deref(), &why),
    };
    let page = IndexPage {
        frame: site.frame(&Place::Index, session.as_deref()),
        reasons: site.ready.reasons().await,
        repositories,
        more,
        operator: session.and_then(|session| site.operator(&session)),
    };
    rendered(StatusCode::OK, &page)
}

impl Site {
    fn operator(&self, session: &Session) -> Option<OperatorView> {
        self.operators
            .contains(&session.login)
            .then(|| OperatorView {
                notes: self.ready.notes(),
                findings: self.notices.get(),
            })
    }

    /// What the visitor may see, and whether there is more. Gitea is asked about those repositories
    /// only in which something is open.
    async fn repositories(&self, session: &Session) -> Result<(Vec<RepositoryView>, bool), Barred> {
        let mut open = Vec::new();
        for (id, repo) in self.shared.changes.repositories() {
            let pulls = self.shared.store.open_pulls(id.get()).await;
            let pulls = pulls.map_err(|_| Barred::Away)?;
            if !pulls.is_empty() {
                open.push((id, repo, pulls));
            }
        }
        let many = open.len() > REPOSITORIES;
        open.truncate(REPOSITORIES);
        let asked = stream::iter(open).map(|(id, repo, pulls)| async move {
            let seen = self.may_see(session, id, &repo).await?;
            Ok::<_, Barred>(seen.then_some((repo, pulls)))
        });
        let mut room = PULLS;
        let (mut views, mut cut) = (Vec::new(), many);
        let mut asked = Box::pin(asked.buffered(AT_ONCE));
        while let Some(seen) = asked.next().await {
            let Some((repo, mut pulls)) = seen? else {
                continue;
            };
            cut |= pulls.len() > room;
            pulls.truncate(room);
            room -= pulls.len();
            let view = self.repository(&repo, &pulls).await;
            views.push(view.map_err(|_| Barred::Away)?);
        }
        Ok((views, cut))
    }

    async fn repository(
        &self,
        repo: &RepoName,
        pulls: &[(PullKey, Record)],
    ) -> Result<RepositoryView, StoreError> {
        let mut groups: BTreeMap<String, Vec<PullLink>> = BTreeMap::new();
        for (key, record) in pulls {
            let Some(record) = PullRecord::read(&record.bytes) else {
                continue;
            };
            let shown = memo::all_of_pull::<Shown>(*key);
            let shown = memo::recall::<Shown>(&*self.shared.store, &shown).await?;
            let mut pull = record.pull.reference();
            pull.repo = repo.clone();
            let link = PullLink {
                name: format!("#{}", pull.number),
                address: self.address(&Place::Pull(pull)),
                author: record.pull.author.login.to_string(),
            };
            groups
                .entry(waits_for(shown.as_ref()))
                .or_default()
                .push(link);
        }
        let groups = groups.into_iter();
        Ok(RepositoryView {
            name: repo.to_string(),
            groups: groups
                .map(|(waits_for, pulls)| GroupView { waits_for, pulls })
                .collect(),
        })
    }
}

/// What a pull request waits for, in words.
fn waits_for(shown: Option<&Shown>) -> String {
    let Some(shown) = shown else {
        return String::from("Not looked at yet");
    };
    let open: Vec<String> = shown
        .gates
        .iter()
        .filter(|(_, gate)| gate.verdict != "satisfied")
        .map(|(_, gate)| match gate.verdict.as_str() {
            "missing" => gate.gate.to_string(),
            other => format!("{} ({})", gate.gate, words::verdict(other).1),
        })
        .collect();
    if open.is_empty() {
        String::from("Waits for nothing: every gate is satisfied")
    } else {
        format!("Waits for {}", open.join(" and "))
    }
}
