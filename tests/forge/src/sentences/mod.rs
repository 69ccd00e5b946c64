//! What test authors say: state made and read directly, without HTTP.
//!
//! Every sentence that names somebody or something that is not there panics, since then the test
//! says something else than its author meant.
//! **Invariant:** sentences call the same methods of the world as the routes do, so hooks hear them.

mod looks;
mod new_pull;
mod people;
mod pull;
mod repo;
mod review;
mod thread;

pub use looks::{Comment, EntryRow, PullRow, ReviewRow, StatusRow};
pub use new_pull::NewPull;
pub use people::{OrgHandle, TeamHandle, UserHandle};
pub use pull::PullHandle;
pub use repo::{Posting, RepoHandle};
pub use review::Review;
pub use thread::Thread;

use crate::forge::Forge;
use crate::world::World;
use crate::world::ids::UserId;
use crate::world::people::PASSWORD;

impl Forge {
    /// Fills the empty forge with the world of the recordings: organisation `acme` (owner `olivia`)
    /// with teams `qa` (may write), `security` (may read), `engineers`, `managers` and `bots`; the
    /// bot `refire` in `qa`, `security` and `bots`; `weakbot` in `bots` only; `strangerbot` and
    /// `eve` outside; repositories `acme/widget`, `gadget`, private `vault`, and more.
    pub fn standard_world(&self) {
        self.with(World::fill_standard);
    }

    /// From now on the server demands a second factor, which no account but `root` has: every
    /// repository is hidden from all others (gitea-facts §1.6, seen on 1.26.3).
    ///
    /// # Panics
    /// Before 1.24, which has no such setting.
    pub fn demand_second_factor(&self) {
        assert!(self.version() >= crate::Version::V1_24, "too old for that");
        self.with(|world| world.second_factor = true);
    }

    /// The secret of a token of the standard world, e.g. `bot`, `bot-seed-scopes`, `olivia`.
    ///
    /// # Panics
    /// When there is no token of that name.
    #[must_use]
    pub fn token(&self, name: &str) -> String {
        let found = self.with(|world| {
            world
                .tokens
                .iter()
                .find(|token| token.name == name)
                .map(|t| t.secret.clone())
        });
        found.unwrap_or_else(|| panic!("there is no token {name}"))
    }

    /// A program that people sign in to, to which they come back at this address: its id and secret.
    #[must_use]
    pub fn application(&self, redirect: &str) -> (String, String) {
        let made = self.with(|world| world.add_application(redirect));
        (made.client_id, made.secret)
    }

    /// Who sits at the browser and says yes to whatever program asks.
    pub fn signs_in_as(&self, name: &str) {
        self.with(|world| world.oauth.signed_in = Some(named(world, name)));
    }

    /// Nobody is signed in to the forge any more.
    pub fn signs_out(&self) {
        self.with(|world| world.oauth.signed_in = None);
    }

    /// The password of every account.
    #[must_use]
    pub fn password(&self) -> &'static str {
        PASSWORD
    }

    /// The user of that name, who is made if there is none.
    #[must_use]
    pub fn user(&self, name: &str) -> UserHandle {
        let id = self.with(|world| {
            world
                .person(name)
                .map(|user| user.id)
                .unwrap_or_else(|| world.add_user(name))
        });
        UserHandle {
            forge: self.clone(),
            id,
        }
    }

    /// Another name for a user; the old one redirects.
    pub fn rename_user(&self, name: &str, new: &str) {
        self.with(|world| {
            let user = named(world, name);
            world.rename_user(user, new);
        });
    }

    /// The account goes; what it wrote becomes Ghost's.
    pub fn delete_user(&self, name: &str) {
        self.with(|world| {
            let user = named(world, name);
            world.delete_user(user);
        });
    }

    /// The organisation of that name, which is made (owned by `root`) if there is none.
    #[must_use]
    pub fn org(&self, name: &str) -> OrgHandle {
        let id = self.with(|world| {
            let found = world.org(name).map(|org| org.id);
            found.unwrap_or_else(|| {
                let root = named(world, "root");
                world.add_org(name, root, false)
            })
        });
        OrgHandle {
            forge: self.clone(),
            id,
        }
    }

    /// The repository `owner/name`, which is made if there is none; its owner must be there.
    #[must_use]
    pub fn repo(&self, full_name: &str) -> RepoHandle {
        let id = self.with(|world| {
            let found = world.repo_by_full_name(full_name).map(|repo| repo.id);
            found.unwrap_or_else(|| repo::make(world, full_name))
        });
        RepoHandle {
            forge: self.clone(),
            id,
        }
    }

    /// Opens a pull request in `acme/widget` from a new branch with one commit into `main`.
    #[must_use]
    pub fn pull(&self, author: &str) -> PullHandle {
        self.new_pull(author).open()
    }

    /// Describes a pull request that is not so ordinary; end with [`NewPull::open`].
    pub fn new_pull(&self, author: &str) -> NewPull {
        NewPull::by(self, author)
    }
}

/// The id of a person who must be there.
fn named(world: &World, name: &str) -> UserId {
    let Some(user) = world.person(name) else {
        panic!("there is no user {name}")
    };
    user.id
}
