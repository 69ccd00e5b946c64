//! Who we are: asked once at start, as far as the tokens allow.

use super::{
    cause::cause_of,
    client::Gitea,
    session::{Ask, Session},
    wire::WireUser,
};
use crate::model::{Account, Cause, Diagnosis, Login, TeamName};
use serde::Deserialize;

const OWN: &str = "/user";
const LIMITS: &str = "/settings/api";
const MEMBER: &str = "/teams/{id}/members/{login}";

/// What the server allows; needs no scope (gitea-facts §7.4).
#[derive(Deserialize)]
struct WireLimits {
    max_response_items: u64,
}

/// What was found out about one identity.
#[derive(Clone, Debug)]
pub struct Introduction {
    /// The identity's name in the configuration.
    pub identity: String,
    /// The account behind it, as far as it is known.
    pub found: Found,
}

/// The account behind an identity.
#[derive(Clone, Debug)]
pub enum Found {
    /// Gitea named it.
    Account(Account),
    /// The token may not read its own account, and the id is not known yet; this is the
    /// configured login.
    LoginOnly(Login),
    /// The token may not read its own account, and no login is configured: the bot could not
    /// know its own comments.
    NeedsLogin,
    /// Something else is wrong with it, now; it may pass.
    Failed(Box<Diagnosis>),
}

impl Gitea {
    /// Asks for the account behind each identity. Where a token may not say (gitea-facts §13.2),
    /// the account's id comes from one of `teams` that it is in.
    pub async fn introduce(&self, teams: &[TeamName]) -> Vec<Introduction> {
        let session = self.session();
        session.learn_page_size().await;
        let mut introductions = Vec::new();
        for by in 0..self.inner().identities.len() {
            let found = session.introduce_one(by, teams).await;
            introductions.push(Introduction {
                identity: self.inner().name_of(by),
                found,
            });
        }
        introductions
    }
}

impl Session {
    /// Asks how large a page may be, once; where Gitea does not say, walks go on to an empty page.
    async fn learn_page_size(&self) {
        if self.gitea().page_size().is_some() {
            return;
        }
        let limits = self
            .get::<WireLimits>(self.reader(), Ask::of(LIMITS, &[]))
            .await;
        if let Ok(WireLimits { max_response_items }) = limits {
            self.gitea().learn_page_size(max_response_items);
        }
    }

    async fn introduce_one(&self, by: usize, teams: &[TeamName]) -> Found {
        let error = match self.get::<WireUser>(by, Ask::of(OWN, &[])).await {
            Ok(user) => return self.learn(by, user.account()),
            Err(error) => error,
        };
        if cause_of(&error) != Cause::ScopeMissing {
            return Found::Failed(Box::new(self.diagnose(&error).await));
        }
        let Some(login) = self.gitea().inner().login_of(by) else {
            return Found::NeedsLogin;
        };
        for team in teams {
            if let Some(account) = self.fetch_own_id(by, team, &login).await {
                return self.learn(by, account);
            }
        }
        Found::LoginOnly(login)
    }

    /// The account of our own login, if it is in this team.
    async fn fetch_own_id(&self, by: usize, team: &TeamName, login: &Login) -> Option<Account> {
        let id = self.resolve(team).await.ok()?.to_string();
        let values = [id.as_str(), login.as_str()];
        let user: WireUser = self.get(by, Ask::of(MEMBER, &values)).await.ok()?;
        Some(user.account()).filter(|account| account.login == *login)
    }

    fn learn(&self, by: usize, account: Account) -> Found {
        self.gitea().inner().own.learn(by, &account);
        Found::Account(account)
    }
}
