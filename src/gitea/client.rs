//! The client: who we are, how many calls are under way, and what outlives one evaluation.
//!
//! What outlives it is little: the ids of teams and of our own accounts, counters, and when the
//! forge last answered. **Invariant:** no answer about membership is among it.

use super::{
    cause::Recollection,
    credential::Credential,
    directory::Directory,
    journal::{Tally, open},
    own::OwnAccounts,
    places::Pages,
    roster::{PassedOver, Purpose, Roster},
    session::Session,
    settings::{BuildError, Identity, Settings, Uses},
    traffic::Traffic,
};
use crate::model::{Account, CommentId, Diagnosis, Login, PullRef, StatusRow};
use jiff::Timestamp;
use reqwest::{
    Certificate, Client, Url,
    header::{self, HeaderMap, HeaderValue},
    redirect::Policy,
};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{
    fmt,
    fs::File,
    io::Read as _,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

/// Bytes that a file of certificates may have: a whole system's bundle is a quarter of it.
const LARGEST_BUNDLE: u64 = 1024 * 1024;

/// Gitea as seen with all our identities. Cheap to clone.
#[derive(Clone)]
pub struct Gitea(Arc<Inner>);

/// An identity with its header made.
pub(super) struct Known {
    pub(super) name: String,
    pub(super) login: Option<Login>,
    pub(super) uses: Uses,
    pub(super) credential: Credential,
}

pub(super) struct Inner {
    pub(super) http: Client,
    /// Where Gitea is asked, without a slash at its end.
    pub(super) address: String,
    /// The address of the API, likewise.
    pub(super) api: String,
    pub(super) timeout: Duration,
    pub(super) identities: Vec<Known>,
    pub(super) traffic: Traffic,
    pub(super) tally: Tally,
    pub(super) own: OwnAccounts,
    pub(super) teams: Directory,
    /// What was asked lately only to explain.
    pub(super) recollection: Recollection,
    /// Who is passed over, and who saw which team last.
    pub(super) roster: Roster,
    /// How long a token is not looked at again.
    pub(super) renewed: Duration,
    /// Where people find things.
    pub(super) pages: Pages,
    last_answer: Mutex<Option<Timestamp>>,
    page_size: AtomicU64,
}

/// Connections that are kept though nothing is asked, and for how long: each holds the buffer of the
/// longest answer that it has read, up to 400 KiB.
const IDLE: usize = 2;
const IDLE_FOR: Duration = Duration::from_secs(15);

/// Rows that we ask for on a page.
const PAGE: u64 = 50;

impl Gitea {
    /// A client that has not called anything yet.
    ///
    /// # Errors
    /// When the address, a token or the User-Agent cannot be used, or when nobody reads, asks
    /// about teams, or writes.
    pub fn new(settings: &Settings, identities: Vec<Identity>) -> Result<Self, BuildError> {
        let known = identities
            .into_iter()
            .map(Known::new)
            .collect::<Result<Vec<_>, _>>()?;
        for (name, is_used) in USES {
            known
                .iter()
                .find(|k| is_used(k.uses))
                .ok_or(BuildError::Unused(name))?;
        }
        let base = address(&settings.base)?;
        let asked_at = address(&settings.api)?;
        Ok(Self(Arc::new(Inner {
            http: http_client(settings)?,
            api: format!("{asked_at}/api/v1"),
            address: asked_at,
            pages: Pages::at(&base),
            recollection: Recollection::new(settings.waits.remembered),
            roster: Roster::new(settings.waits.skipped),
            renewed: settings.waits.renewed,
            timeout: settings.timeout,
            traffic: Traffic::new(settings.waits.calls_a_minute),
            tally: Tally::default(),
            own: OwnAccounts::new(known.len()),
            teams: Directory::default(),
            last_answer: Mutex::default(),
            page_size: AtomicU64::new(0),
            identities: known,
        })))
    }

    /// The same, with statuses that lead to pages of the bot's own below this address, which ends
    /// without a slash. Nobody else may have the client yet.
    #[must_use]
    pub fn explaining_at(mut self, base: &str) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            inner.pages.with_own(base);
        }
        self
    }

    /// One evaluation's view of Gitea.
    #[must_use]
    pub fn session(&self) -> Session {
        Session::new(self.clone())
    }

    /// The most that one call may take, its answer included.
    pub(crate) fn timeout(&self) -> Duration {
        self.0.timeout
    }

    /// How often each route was called since the start, as `GET /teams/{id}`; retries count.
    #[must_use]
    pub fn calls(&self) -> Vec<(String, u64)> {
        self.0.tally.copy()
    }

    /// When Gitea itself last answered anything. `None`: not yet.
    #[must_use]
    pub fn last_answer(&self) -> Option<Timestamp> {
        *open(&self.0.last_answer)
    }

    /// How many rows a full page of 50 has on this server, which may allow fewer (gitea-facts §5).
    /// `None`: not known yet, so that only an empty page is surely the last.
    pub(super) fn page_size(&self) -> Option<u64> {
        Some(self.0.page_size.load(Ordering::Relaxed)).filter(|size| *size > 0)
    }

    pub(super) fn learn_page_size(&self, most: u64) {
        self.0.page_size.store(most.min(PAGE), Ordering::Relaxed);
    }

    /// Our own accounts. One whose id is not known yet has the id 0 and its configured login.
    #[must_use]
    pub fn own_accounts(&self) -> Vec<Account> {
        let known = |by| self.0.own.of(by);
        let configured = |by: usize| {
            let login = self.0.identities.get(by)?.login.as_ref()?;
            Some(Account::new(0, login.as_str()))
        };
        let identities = 0..self.0.identities.len();
        identities
            .filter_map(|by| known(by).or_else(|| configured(by)))
            .collect()
    }

    /// Whether one of our accounts has posted this row.
    #[must_use]
    pub fn has_posted(&self, row: &StatusRow) -> bool {
        row.creator.as_ref().is_some_and(|by| self.is_own(by))
    }

    /// Whether this account is one of ours: by id where ours is known, by login otherwise.
    #[must_use]
    pub fn is_own(&self, account: &Account) -> bool {
        let logins = self.0.identities.iter().map(|known| known.login.as_ref());
        logins
            .enumerate()
            .any(|(by, login)| match self.0.own.of(by) {
                Some(own) => own.id == account.id,
                None => login == Some(&account.login),
            })
    }

    /// Identities that are not asked for now for something that they are used for, in their order,
    /// each once.
    #[must_use]
    pub fn passed_over(&self) -> Vec<PassedOver> {
        let identities = self.0.identities.iter().enumerate();
        identities
            .filter_map(|(by, known)| self.0.refusal_of(by, known))
            .collect()
    }

    /// Pairs of identities behind which the same account is, as Gitea or the configuration says it:
    /// each later one with the first.
    #[must_use]
    pub fn twins(&self) -> Vec<(String, String)> {
        let logins: Vec<Option<Login>> = (0..self.0.identities.len())
            .map(|by| self.0.login_of(by))
            .collect();
        twins(&logins)
            .map(|(first, second)| (self.0.name_of(first), self.0.name_of(second)))
            .collect()
    }

    /// The page of a pull request, for people.
    #[must_use]
    pub fn pull_page(&self, pull: &PullRef) -> String {
        self.0.pages.pull(pull)
    }

    /// Where a status of a pull request leads: to the bot's own page where there are such, to Gitea's
    /// otherwise.
    #[must_use]
    pub fn explanation_page(&self, pull: &PullRef) -> String {
        self.0.pages.explanation(pull)
    }

    /// The place of a comment on the page of its pull request.
    #[must_use]
    pub fn comment_page(&self, pull: &PullRef, comment: CommentId) -> String {
        self.0.pages.comment(pull, comment)
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.0
    }
}

impl fmt::Debug for Gitea {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let identities: Vec<_> = self.0.identities.iter().map(|known| &known.name).collect();
        f.debug_struct("Gitea")
            .field("api", &self.0.api)
            .field("identities", &identities)
            .finish()
    }
}

/// Whether an identity is for something.
type IsUsed = fn(Uses) -> bool;

/// What somebody has to be there for, and how the configuration calls it.
const USES: [(&str, IsUsed); 3] = [
    ("read", |uses| uses.reads),
    ("teams", |uses| uses.teams),
    ("write", |uses| uses.writes),
];

impl Known {
    fn new(identity: Identity) -> Result<Self, BuildError> {
        let Identity {
            name,
            token,
            login,
            uses,
            renewal,
        } = identity;
        Ok(Self {
            credential: Credential::new(&name, token, renewal)?,
            name,
            login,
            uses,
        })
    }
}

impl Inner {
    /// Remembers that Gitea answered just now.
    pub(super) fn answered(&self) {
        *open(&self.last_answer) = Some(Timestamp::now());
    }

    pub(super) fn name_of(&self, by: usize) -> String {
        self.identities
            .get(by)
            .map(|known| known.name.clone())
            .unwrap_or_default()
    }

    /// The login behind an identity's name.
    pub(super) fn login_named(&self, name: &str) -> Option<Login> {
        self.login_of(self.place_of(name)?)
    }

    /// The identity of a name; the first one where nobody has it.
    pub(super) fn named(&self, name: &str) -> usize {
        self.place_of(name).unwrap_or_default()
    }

    fn place_of(&self, name: &str) -> Option<usize> {
        self.identities.iter().position(|known| known.name == name)
    }

    /// The login of an identity: as Gitea said it, or as the configuration does.
    pub(super) fn login_of(&self, by: usize) -> Option<Login> {
        let seen = self.own.of(by).map(|account| account.login);
        seen.or_else(|| self.identities.get(by)?.login.clone())
    }

    /// For how long and why an identity is not asked. `None`: it is.
    fn refusal_of(&self, by: usize, known: &Known) -> Option<PassedOver> {
        let purposes = Purpose::ALL.into_iter();
        let (left, why) = purposes
            .filter(|purpose| purpose.is_in(known.uses))
            .find_map(|purpose| self.roster.refusal(by, purpose))?;
        Some(PassedOver {
            identity: known.name.clone(),
            until: Timestamp::now()
                .saturating_add(left)
                .unwrap_or(Timestamp::MAX),
            why: Diagnosis {
                login: self.login_of(by),
                ..why
            },
        })
    }

    /// Whether a text contains one of our tokens and may not be shown.
    pub(super) fn holds_secret(&self, text: &str) -> bool {
        let mut identities = self.identities.iter();
        identities.any(|known| known.credential.is_in(text))
    }
}

/// Each later one of equal logins with the first of them, by their places.
pub(crate) fn twins(logins: &[Option<Login>]) -> impl Iterator<Item = (usize, usize)> {
    let twin = |(second, login): (usize, &Option<Login>)| {
        let login = login.as_ref()?;
        let mut earlier = logins.iter().take(second);
        let first = earlier.position(|other| other.as_ref() == Some(login))?;
        Some((first, second))
    };
    logins.iter().enumerate().filter_map(twin)
}

/// The certificates of authorities that are trusted beside the system's.
fn authorities(path: &Path) -> Result<Vec<Certificate>, BuildError> {
    let mut text = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST_BUNDLE).read_to_end(&mut text));
    read.map_err(|why| BuildError::AuthoritiesFile {
        path: path.to_owned(),
        why,
    })?;
    let certificates = Certificate::from_pem_bundle(&text).unwrap_or_default();
    if certificates.is_empty() {
        return Err(BuildError::Authorities {
            path: path.to_owned(),
        });
    }
    Ok(certificates)
}

fn http_client(settings: &Settings) -> Result<Client, BuildError> {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    // Up to 1.24 Gitea words its 404 in the reader's language (gitea-facts §0.1).
    headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("en"));
    let own = settings.authorities.as_deref().map(authorities);
    Client::builder()
        .tls_certs_merge(own.transpose()?.unwrap_or_default())
        .user_agent(&settings.user_agent)
        .default_headers(headers)
        .redirect(Policy::none())
        .http1_only()
        .connect_timeout(settings.timeout)
        .pool_max_idle_per_host(IDLE)
        .pool_idle_timeout(IDLE_FOR)
        .build()
        .map_err(BuildError::Client)
}

/// The address without a slash at its end.
fn address(base: &Url) -> Result<String, BuildError> {
    let usable = matches!(base.scheme(), "http" | "https") && base.has_host();
    if !usable {
        return Err(BuildError::Address);
    }
    if !base.username().is_empty() || base.password().is_some() {
        return Err(BuildError::AddressSecret);
    }
    let mut plain = base.clone();
    plain.set_query(None);
    plain.set_fragment(None);
    Ok(plain.as_str().trim_end_matches('/').to_owned())
}
