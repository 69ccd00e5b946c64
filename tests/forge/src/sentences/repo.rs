//! Sentences about repositories.

use super::thread::Thread;
use super::{StatusRow, looks, named};
use crate::forge::Forge;
use crate::world::World;
use crate::world::access::Access;
use crate::world::commit::NewFile;
use crate::world::hook::{Hook, Place, subscriptions};
use crate::world::ids::{HookId, RepoId};
use crate::world::issue::NewIssue;
use crate::world::protection::{Protection, Rule, Whitelist};
use crate::world::repo::{NewRepo, Repo};
use crate::world::status::NewStatus;

/// A status that somebody posts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Posting<'a> {
    /// E.g. `qa-review / approved (pull_request)`.
    pub context: &'a str,
    /// E.g. `success`; Gitea takes any word.
    pub state: &'a str,
    /// Shown beside it.
    pub description: &'a str,
}

/// A repository.
#[derive(Debug, Clone)]
pub struct RepoHandle {
    pub(super) forge: Forge,
    pub(super) id: RepoId,
}

impl RepoHandle {
    /// The numeric id, which a rename does not change.
    #[must_use]
    pub fn id(&self) -> RepoId {
        self.id
    }

    /// A new branch at the head of `main`.
    pub fn branch(&self, name: &str) -> &Self {
        self.forge
            .with(|world| world.add_branch(self.id, name, "main"));
        self
    }

    /// One more commit on a branch; its id.
    ///
    /// # Panics
    /// When there is no such branch.
    pub fn push(&self, branch: &str, by: &str) -> String {
        self.forge.tell(|world| {
            let by = named(world, by);
            let path = format!("file-{}.txt", world.commits.len());
            let pushed = world.push_file(
                (self.id, branch),
                &NewFile {
                    path: &path,
                    message: "one more commit",
                    by,
                },
            );
            pushed.unwrap_or_else(|| panic!("there is no branch {branch}"))
        })
    }

    /// A commit on top of another that no branch has yet; its id.
    #[must_use]
    pub fn commit_on(&self, parent: &str, by: &str) -> String {
        self.forge.with(|world| {
            let by = named(world, by);
            let path = format!("file-{}.txt", world.commits.len());
            world.commit_file(
                parent,
                &NewFile {
                    path: &path,
                    message: "one more commit",
                    by,
                },
            )
        })
    }

    /// Pushes a commit to a branch, by force if it has to be.
    pub fn move_branch(&self, branch: &str, sha: &str, by: &str) {
        self.forge.tell(|world| {
            let by = named(world, by);
            world.push((self.id, branch), sha, by);
        });
    }

    /// The head of a branch.
    ///
    /// # Panics
    /// When there is no such branch.
    #[must_use]
    pub fn head(&self, branch: &str) -> String {
        let head = self
            .forge
            .with(|world| world.branch_head(self.id, branch).cloned());
        head.unwrap_or_else(|| panic!("there is no branch {branch}"))
    }

    /// Protects a branch.
    ///
    /// # Panics
    /// When a team of approvers is not there.
    pub fn protect(&self, branch: &str, protection: &Protection) -> &Self {
        self.forge.with(|world| {
            let rule = rule(world, self.id, branch, protection);
            world.protect(self.id, rule);
        });
        self
    }

    /// Nothing can be commented any more; statuses can.
    pub fn archive(&self) -> &Self {
        self.with(|repo, now| repo.archived = Some(now))
    }

    /// Takes changes again.
    pub fn unarchive(&self) -> &Self {
        self.with(|repo, _| repo.archived = None)
    }

    /// Workflows run from now on.
    pub fn switch_on_actions(&self) -> &Self {
        self.with(|repo, _| repo.actions = true)
    }

    /// Seen by its readers only.
    pub fn make_private(&self) -> &Self {
        self.with(|repo, _| repo.private = true)
    }

    /// Seen by everybody.
    pub fn make_public(&self) -> &Self {
        self.with(|repo, _| repo.private = false)
    }

    fn with(&self, work: impl FnOnce(&mut Repo, jiff::Timestamp)) -> &Self {
        self.forge.with(|world| {
            let now = world.now();
            let Some(repo) = world.repos.get_mut(&self.id) else {
                panic!("repository {} was deleted", self.id)
            };
            work(repo, now);
        });
        self
    }

    /// Another name; the old one redirects.
    pub fn rename(&self, new: &str) -> &Self {
        self.forge.with(|world| world.rename_repo(self.id, new));
        self
    }

    /// Another owner, a person or an organisation; the old name redirects.
    ///
    /// # Panics
    /// When there is nobody of that name, or the new owner has a repository of that name.
    pub fn transfer(&self, owner: &str) -> &Self {
        self.forge.with(|world| {
            let Some(owner) = world.account(owner).map(|owner| owner.id) else {
                panic!("there is no owner {owner}")
            };
            let name = world.repos.get(&self.id).map(|repo| repo.name.clone());
            let taken = name.and_then(|name| world.repo_named(owner, &name));
            assert!(taken.is_none(), "the new owner has one of that name");
            world.transfer_repo(self.id, owner);
        });
        self
    }

    /// A branch goes; open pull requests from it are closed.
    ///
    /// # Panics
    /// When there is no such branch.
    pub fn delete_branch(&self, branch: &str, by: &str) {
        let deleted = self.forge.tell(|world| {
            let by = named(world, by);
            world.delete_branch((self.id, branch), by)
        });
        assert!(deleted, "there is no branch {branch}");
    }

    /// A deleted branch comes back as it was; what was closed stays closed.
    ///
    /// # Panics
    /// When it was not deleted.
    pub fn restore_branch(&self, branch: &str, by: &str) {
        let restored = self.forge.tell(|world| {
            let by = named(world, by);
            world.restore_branch((self.id, branch), by)
        });
        assert!(restored, "{branch} was not deleted");
    }

    /// The repository goes, with its issues and pull requests.
    pub fn delete(&self) {
        self.forge.tell(|world| {
            let root = named(world, "root");
            world.delete_repo(self.id, root);
        });
    }

    /// Somebody outside the teams may write too.
    pub fn add_writer(&self, name: &str) -> &Self {
        self.forge.with(|world| {
            let user = named(world, name);
            if let Some(repo) = world.repos.get_mut(&self.id) {
                repo.collaborators.insert(user, Access::Write);
            }
        });
        self
    }

    /// Posts a status as anybody, for instance a forged one.
    pub fn status(&self, sha: &str, by: &str, posting: &Posting<'_>) {
        let new = NewStatus {
            state: posting.state.to_owned(),
            context: posting.context.to_owned(),
            description: posting.description.to_owned(),
            target_url: String::new(),
        };
        self.forge.tell(|world| {
            let by = named(world, by);
            world.post_status((self.id, sha), by, &new);
        });
    }

    /// All status rows of a commit, oldest first.
    #[must_use]
    pub fn status_rows(&self, sha: &str) -> Vec<StatusRow> {
        self.forge.with(|world| {
            world
                .statuses_of(self.id, sha)
                .iter()
                .map(|row| looks::status(world, row))
                .collect()
        })
    }

    /// A plain issue.
    #[must_use]
    pub fn issue(&self, by: &str, title: &str) -> Thread {
        let issue = self.forge.tell(|world| {
            let by = named(world, by);
            world.open_issue(&NewIssue {
                repo: self.id,
                by,
                title,
                body: "",
            })
        });
        Thread {
            forge: self.forge.clone(),
            issue,
        }
    }

    /// A hook of the repository for every event there is.
    #[must_use]
    pub fn hook(&self, url: &str, secret: &str) -> HookId {
        self.forge
            .with(|world| add_hook(world, Place::Repo(self.id), url, secret))
    }
}

/// An active JSON hook for all events.
pub(super) fn add_hook(world: &mut World, place: Place, url: &str, secret: &str) -> HookId {
    let all = ["issues", "pull_request", "push", "status"].map(str::to_owned);
    world.add_hook(Hook {
        id: HookId(0),
        place,
        url: url.to_owned(),
        content_type: "json".to_owned(),
        secret: secret.to_owned(),
        authorization: String::new(),
        branch_filter: String::new(),
        events: subscriptions(&all),
        active: true,
        created: world.now(),
    })
}

/// A new repository whose owner is there.
pub(super) fn make(world: &mut World, full_name: &str) -> RepoId {
    let Some((owner, name)) = full_name.split_once('/') else {
        panic!("not owner/name: {full_name}")
    };
    let Some(owner) = world.account(owner).map(|owner| owner.id) else {
        panic!("there is no owner {owner}")
    };
    let by = named(world, "root");
    world.add_repo(&NewRepo {
        owner,
        name,
        private: false,
        by,
    })
}

fn rule(world: &World, repo: RepoId, branch: &str, wanted: &Protection) -> Rule {
    let owner = world.repos.get(&repo).map(|repo| repo.owner);
    let team = |name: &String| {
        let found = owner.and_then(|owner| world.team_named(owner, name));
        found
            .unwrap_or_else(|| panic!("there is no team {name}"))
            .id
    };
    let teams: Vec<_> = wanted.approvers.iter().map(team).collect();
    Rule {
        name: branch.to_owned(),
        enable_status_check: !wanted.contexts.is_empty(),
        contexts: wanted.contexts.clone(),
        required_approvals: wanted.approvals,
        approvals_whitelist: (!teams.is_empty()).then(|| Whitelist {
            users: Vec::new(),
            teams,
        }),
        dismiss_stale_approvals: wanted.dismiss_stale,
        created: world.now(),
    }
}
