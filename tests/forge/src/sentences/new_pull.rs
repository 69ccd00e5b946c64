//! Describing a pull request before it is opened.

use super::named;
use super::pull::PullHandle;
use super::thread::Thread;
use crate::forge::Forge;
use crate::world::World;
use crate::world::commit::{NewFile, Sha};
use crate::world::ids::{RepoId, UserId};
use crate::world::pull::NewPull as Opening;

/// A pull request to be opened.
#[derive(Debug, Clone)]
#[must_use = "end it with `.open()`"]
pub struct NewPull {
    forge: Forge,
    author: String,
    repo: String,
    base: String,
    title: String,
    fork: bool,
    empty: bool,
    head: Option<(RepoId, String)>,
}

impl NewPull {
    pub(super) fn by(forge: &Forge, author: &str) -> Self {
        Self {
            forge: forge.clone(),
            author: author.to_owned(),
            repo: "acme/widget".to_owned(),
            base: "main".to_owned(),
            title: "A change".to_owned(),
            fork: false,
            empty: false,
            head: None,
        }
    }

    /// In another repository than `acme/widget`.
    pub fn in_repo(mut self, full_name: &str) -> Self {
        full_name.clone_into(&mut self.repo);
        self
    }

    /// Into another branch than `main`, which is made if there is none.
    pub fn to(mut self, base: &str) -> Self {
        base.clone_into(&mut self.base);
        self
    }

    /// With that title.
    pub fn titled(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    /// Not meant to be merged yet.
    pub fn draft(self) -> Self {
        self.titled("WIP: a change")
    }

    /// From a fork of the author's own.
    pub fn from_fork(mut self) -> Self {
        self.fork = true;
        self
    }

    /// Without a commit.
    pub fn empty(mut self) -> Self {
        self.empty = true;
        self
    }

    /// From the branch of another pull request.
    pub fn same_head_as(mut self, other: &PullHandle) -> Self {
        self.head = Some(other.head_place());
        self
    }

    /// Opens it.
    ///
    /// # Panics
    /// When the repository's owner or the author is not there.
    #[must_use]
    pub fn open(self) -> PullHandle {
        let repo = self.forge.repo(&self.repo).id;
        let issue = self.forge.tell(|world| {
            let by = named(world, &self.author);
            if world.branch_head(repo, &self.base).is_none() {
                world.add_branch(repo, &self.base, "main");
            }
            let (head_repo, head) = self
                .head
                .clone()
                .unwrap_or_else(|| self.make_head(world, repo, by));
            let (base, title) = (self.base.as_str(), self.title.as_str());
            world.open_pull(&Opening {
                repo,
                head_repo,
                head: &head,
                base,
                title,
                body: "",
                by,
            })
        });
        let Some(issue) = issue else {
            panic!("{} has no branch {}", self.repo, self.base)
        };
        PullHandle {
            thread: Thread {
                forge: self.forge,
                issue,
            },
        }
    }

    /// A branch of its own, with one commit unless it is to be empty.
    fn make_head(&self, world: &mut World, repo: RepoId, by: UserId) -> (RepoId, String) {
        let head_repo = if self.fork {
            fork_of(world, repo, by)
        } else {
            repo
        };
        let branch = format!("change-{}", world.commits.len());
        let start: Sha = world
            .branch_head(repo, &self.base)
            .cloned()
            .unwrap_or_default();
        let (path, message) = (format!("{branch}.txt"), format!("work on {branch}"));
        let head = match self.empty {
            true => start,
            false => world.commit_file(
                &start,
                &NewFile {
                    path: &path,
                    message: &message,
                    by,
                },
            ),
        };
        world.push((head_repo, &branch), &head, by);
        (head_repo, branch)
    }
}

fn fork_of(world: &mut World, repo: RepoId, by: UserId) -> RepoId {
    let own = world
        .repos
        .values()
        .find(|fork| fork.owner == by && fork.parent == Some(repo))
        .map(|fork| fork.id);
    let name = world
        .repos
        .get(&repo)
        .map(|repo| repo.name.clone())
        .unwrap_or_default();
    own.or_else(|| world.fork(repo, by, &name)).unwrap_or(repo)
}
