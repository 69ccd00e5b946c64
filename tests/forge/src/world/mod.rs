//! The state of the stand-in, and everything that changes it.
//!
//! Here are the tables that Gitea keeps, as maps by id. What lives elsewhere: JSON (`wire`), routes
//! and permissions of callers (`http`), sending webhooks (`webhook`).
//! **Invariant:** no I/O and no waiting; what is to be sent is left in [`World::outbox`].
//! Called by: `http` and `sentences`, always under the forge's lock.

pub(crate) mod access;
pub(crate) mod branch;
pub(crate) mod comment;
pub(crate) mod commit;
pub(crate) mod event;
pub(crate) mod hook;
pub(crate) mod ids;
pub(crate) mod issue;
pub(crate) mod merge;
pub(crate) mod notification;
pub(crate) mod oauth;
pub(crate) mod people;
pub(crate) mod protection;
pub(crate) mod pull;
pub(crate) mod push;
pub(crate) mod reaction;
pub(crate) mod repo;
pub(crate) mod request;
pub(crate) mod review;
pub(crate) mod standard;
pub(crate) mod status;
pub(crate) mod team;
pub(crate) mod telling;
pub(crate) mod token;

use std::collections::{BTreeMap, HashMap, VecDeque};

use jiff::Timestamp;

use crate::clock::Clock;
use crate::version::{Habits, Version};
use branch::Gone;
use commit::{Commit, Sha};
use event::Event;
use hook::{Happening, Hook};
use ids::{CommentId, HookId, IssueId, RepoId, ReviewId, TeamId, UserId};
use issue::Issue;
use notification::Notification;
use oauth::OAuth;
use people::User;
use push::Unsettled;
use repo::Repo;
use review::Review;
use status::Status;
use team::Team;
use token::Token;

/// All tables, the clock, and what waits to be sent or settled.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) version: Version,
    pub(crate) habits: Habits,
    pub(crate) clock: Clock,
    /// Where it is served, without a slash at the end.
    pub(crate) base: String,
    pub(crate) users: BTreeMap<UserId, User>,
    /// Old names of renamed users, in lower case.
    pub(crate) old_names: HashMap<String, UserId>,
    pub(crate) teams: BTreeMap<TeamId, Team>,
    pub(crate) tokens: Vec<Token>,
    pub(crate) repos: BTreeMap<RepoId, Repo>,
    /// Old names of renamed repositories, by owner.
    pub(crate) old_repos: HashMap<(UserId, String), RepoId>,
    pub(crate) commits: HashMap<Sha, Commit>,
    pub(crate) issues: BTreeMap<IssueId, Issue>,
    pub(crate) events: BTreeMap<CommentId, Event>,
    pub(crate) reviews: BTreeMap<ReviewId, Review>,
    pub(crate) statuses: HashMap<(RepoId, Sha), Vec<Status>>,
    pub(crate) hooks: BTreeMap<HookId, Hook>,
    pub(crate) notifications: HashMap<(UserId, IssueId), Notification>,
    /// Happenings that hooks are to hear of; whoever holds the lock drains it.
    pub(crate) outbox: VecDeque<Happening>,
    /// Pushes whose timeline events and stale flags are still to come.
    pub(crate) unsettled: VecDeque<Unsettled>,
    /// Branches that are gone and whose pull requests do not know it yet.
    pub(crate) gone: VecDeque<Gone>,
    /// Programs that people sign in to.
    pub(crate) oauth: OAuth,
    /// Whether pushes wait in `unsettled` until a test lets them settle.
    pub(crate) timeline_held: bool,
    /// Whether accounts without a second factor, which are all but `root`, see no repository.
    pub(crate) second_factor: bool,
    last: Last,
}

/// The last id given out, by kind.
#[derive(Debug, Default)]
struct Last {
    user: i64,
    team: i64,
    repo: i64,
    issue: i64,
    pull: i64,
    comment: i64,
    review: i64,
    hook: i64,
    status: i64,
    token: i64,
    notification: i64,
    commit: u64,
}

macro_rules! next_ids {
    ($($name:ident: $field:ident -> $id:path),* $(,)?) => {$(
        pub(in crate::world) fn $name(&mut self) -> $id {
            self.last.$field += 1;
            $id(self.last.$field)
        }
    )*};
}

impl World {
    /// An empty forge with its site administrator, `root`.
    pub(crate) fn new(version: Version, base: String) -> Self {
        let mut world = Self {
            version,
            habits: version.habits(),
            clock: Clock::default(),
            base,
            users: BTreeMap::new(),
            old_names: HashMap::new(),
            teams: BTreeMap::new(),
            tokens: Vec::new(),
            repos: BTreeMap::new(),
            old_repos: HashMap::new(),
            commits: HashMap::new(),
            issues: BTreeMap::new(),
            events: BTreeMap::new(),
            reviews: BTreeMap::new(),
            statuses: HashMap::new(),
            hooks: BTreeMap::new(),
            notifications: HashMap::new(),
            outbox: VecDeque::new(),
            unsettled: VecDeque::new(),
            gone: VecDeque::new(),
            oauth: OAuth::default(),
            timeline_held: false,
            second_factor: false,
            last: Last::default(),
        };
        let root = world.add_user("root");
        if let Some(root) = world.users.get_mut(&root) {
            root.admin = true;
        }
        world
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    next_ids! {
        next_user: user -> UserId,
        next_team: team -> TeamId,
        next_repo: repo -> RepoId,
        next_issue: issue -> IssueId,
        next_comment: comment -> CommentId,
        next_review: review -> ReviewId,
        next_hook: hook -> HookId,
    }

    pub(in crate::world) fn next_pull(&mut self) -> i64 {
        self.last.pull += 1;
        self.last.pull
    }

    pub(in crate::world) fn next_status(&mut self) -> i64 {
        self.last.status += 1;
        self.last.status
    }

    pub(in crate::world) fn next_token(&mut self) -> i64 {
        self.last.token += 1;
        self.last.token
    }

    pub(in crate::world) fn next_notification(&mut self) -> i64 {
        self.last.notification += 1;
        self.last.notification
    }

    pub(in crate::world) fn next_commit(&mut self) -> u64 {
        self.last.commit += 1;
        self.last.commit
    }
}
