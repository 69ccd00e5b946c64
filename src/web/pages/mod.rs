//! Pages for people: how the gates of a pull request stand and why, and all that waits.
//!
//! In reading order: `place` (the paths), `sign_in` with `session` and `seal` (who somebody is), `access`
//! (what they may see), `pull` with `view`, `able`, `would`, `words` and `markdown` (the page of a pull
//! request), `index`, `live` (what tells a page that something changed), `frame` (what all pages share).
//! **Invariant:** nothing here decides anything or writes to Gitea; looking causes no evaluation; nothing
//! but health is shown to whoever is not signed in, and to others only what Gitea shows them.
//! Mounted by `app`.

mod able;
mod access;
mod budget;
mod frame;
mod index;
mod kept;
mod live;
mod markdown;
mod place;
mod pull;
mod seal;
mod session;
mod sign_in;
mod view;
mod words;
mod would;

use super::health::Ready;
use crate::config::{OAuth, Web};
use crate::gitea::Application;
use crate::model::{Account, Login};
use crate::worker::Shared;
use axum::Router;
use axum::http::HeaderMap;
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::{get, post};
use budget::Budget;
use kept::Kept;
use seal::Seal;
use secrecy::SecretString;
use session::{MOST, Session, UnderWay};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Pages that may wait for changes at the same time: fewer than there are connections, so that
/// deliveries find theirs.
const LISTENERS: usize = 256;
/// Sign-ins that are finished in a minute. Whoever begins them is not known yet.
const SIGN_INS: u32 = 120;
/// Questions of visitors to Gitea at the same time: half of all.
const QUESTIONS: usize = 4;

/// Teams whose members are remembered at the most.
const TEAMS: usize = 64;

/// What the pages are made of.
#[derive(Debug)]
pub struct Pages {
    /// What the turns share.
    pub shared: Arc<Shared>,
    /// How they are configured.
    pub web: Web,
    /// The secret of the application with which people sign in.
    pub secret: Option<SecretString>,
    /// How the bot is.
    pub ready: Ready,
    /// What the doctor found.
    pub notices: Arc<Notices>,
    /// Ends those who wait for changes.
    pub stop: CancellationToken,
}

/// What the doctor found last, for operators: a line each.
#[derive(Debug, Default)]
pub struct Notices(Mutex<Option<Vec<String>>>);

impl Notices {
    /// Remembers what was found now.
    pub fn set(&self, found: Vec<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
    }

    /// What was found last. `None`: nobody has looked yet.
    #[must_use]
    pub fn get(&self) -> Option<Vec<String>> {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        found.clone()
    }
}

/// What all pages share while they are served.
struct Site {
    shared: Arc<Shared>,
    ready: Ready,
    notices: Arc<Notices>,
    stop: CancellationToken,
    operators: Vec<Login>,
    /// What stands before every path.
    base: String,
    /// How people sign in. `None`: nobody can.
    door: Option<Door>,
    sessions: Kept<Arc<Session>>,
    listeners: Arc<Semaphore>,
    questions: Semaphore,
    /// Teams' members, for those who may know.
    members: Kept<Vec<Account>>,
}

/// How people sign in.
struct Door {
    application: Application,
    seal: Seal,
    under_way: Kept<UnderWay>,
    admitted: Budget,
}

impl Door {
    /// `None`: it is not configured, or the system has no random bytes.
    fn new(web: &Web, secret: Option<SecretString>) -> Option<Self> {
        let (OAuth { client_id, .. }, public) = (web.oauth.as_ref()?, web.public_url.as_ref()?);
        let application = Application {
            client_id: client_id.clone(),
            secret: secret?,
            redirect: format!("{public}{}", sign_in::CALLBACK),
        };
        Some(Self {
            application,
            seal: Seal::new(public.is_secure(), public.below())?,
            under_way: Kept::new(MOST),
            admitted: Budget::new(SIGN_INS),
        })
    }
}

impl Pages {
    /// All routes.
    pub fn router(self) -> Router {
        let public = self.web.public_url.as_ref();
        let site = Arc::new(Site {
            base: public.map(|url| url.below().to_owned()).unwrap_or_default(),
            door: Door::new(&self.web, self.secret),
            shared: self.shared,
            ready: self.ready,
            notices: self.notices,
            stop: self.stop,
            operators: self.web.operators,
            sessions: Kept::new(MOST),
            listeners: Arc::new(Semaphore::new(LISTENERS)),
            questions: Semaphore::new(QUESTIONS),
            members: Kept::new(TEAMS),
        });
        let headers = frame::Headers::for_forge(&site.shared.gitea.sign_in_origin());
        Router::new()
            .route("/", get(index::page))
            .route("/{owner}/{repo}/pulls/{number}", get(pull::page))
            .route("/{owner}/{repo}/pulls/{number}/events", get(live::events))
            .route(sign_in::SIGN_IN, get(sign_in::begin))
            .route(sign_in::CALLBACK, get(sign_in::end))
            .route(sign_in::SIGN_OUT, post(sign_in::out))
            .layer(map_response(frame::is_not_kept))
            .route(frame::STYLE, get(frame::style))
            .route(frame::SCRIPT, get(frame::script))
            .layer(from_fn_with_state(headers, frame::with_headers))
            .with_state(site)
    }
}

impl Site {
    /// Who asks.
    fn visitor(&self, headers: &HeaderMap) -> Option<Arc<Session>> {
        let id = self.door.as_ref()?.seal.read(headers, sign_in::SESSION)?;
        self.sessions.get(&id)
    }
}
