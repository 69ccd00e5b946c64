//! Repositories and their branches.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use super::World;
use super::access::Access;
use super::commit::{NewCommit, Sha};
use super::ids::{IssueId, RepoId, UserId};
use super::issue::Issue;
use super::protection::Rule;

/// A repository.
#[derive(Debug, Clone)]
pub(crate) struct Repo {
    pub(crate) id: RepoId,
    pub(crate) owner: UserId,
    pub(crate) name: String,
    pub(crate) private: bool,
    pub(crate) archived: Option<Timestamp>,
    /// Workflows run, and can post statuses.
    pub(crate) actions: bool,
    /// The repository it is a fork of.
    pub(crate) parent: Option<RepoId>,
    pub(crate) default_branch: String,
    /// Branch to its head.
    pub(crate) branches: BTreeMap<String, Sha>,
    /// Branches that were deleted and can be restored, with the head that they had.
    pub(crate) deleted: BTreeMap<String, Sha>,
    /// Every commit that ever arrived, reachable or not.
    pub(crate) objects: HashSet<Sha>,
    pub(crate) collaborators: HashMap<UserId, Access>,
    pub(crate) watchers: BTreeSet<UserId>,
    pub(crate) rules: Vec<Rule>,
    /// Number to issue or pull request.
    pub(crate) numbers: BTreeMap<i64, IssueId>,
    /// Shown instead of the number of open pull requests while that is being changed.
    pub(crate) old_open_pulls: Option<usize>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
}

/// What a new repository is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewRepo<'a> {
    pub(crate) owner: UserId,
    pub(crate) name: &'a str,
    pub(crate) private: bool,
    /// Who made the first commit.
    pub(crate) by: UserId,
}

impl World {
    /// A repository with one commit on `main`.
    pub(crate) fn add_repo(&mut self, new: &NewRepo<'_>) -> RepoId {
        let tree = BTreeMap::from([("README.md".to_owned(), 0)]);
        let first = self.commit(NewCommit {
            parents: vec![],
            tree,
            message: "Initial commit",
            by: new.by,
        });
        let repo = self.insert_repo(new.owner, new.name, new.private);
        if let Some(row) = self.repos.get_mut(&repo) {
            row.branches.insert("main".to_owned(), first.clone());
            row.objects.insert(first);
        }
        repo
    }

    fn insert_repo(&mut self, owner: UserId, name: &str, private: bool) -> RepoId {
        let id = self.next_repo();
        let now = self.now();
        let repo = Repo {
            id,
            owner,
            name: name.to_owned(),
            private,
            archived: None,
            actions: false,
            parent: None,
            default_branch: "main".to_owned(),
            branches: BTreeMap::new(),
            deleted: BTreeMap::new(),
            objects: HashSet::new(),
            collaborators: HashMap::new(),
            watchers: self.first_watchers(owner),
            rules: Vec::new(),
            numbers: BTreeMap::new(),
            old_open_pulls: None,
            created: now,
            updated: now,
        };
        self.old_repos.remove(&(owner, name.to_lowercase()));
        self.repos.insert(id, repo);
        id
    }

    /// Everybody in a team watches a new repository of the organisation.
    fn first_watchers(&self, owner: UserId) -> BTreeSet<UserId> {
        let teams = self.teams.values().filter(|team| team.org == owner);
        let members: BTreeSet<UserId> = teams
            .flat_map(|team| team.members.iter().copied())
            .collect();
        if members.is_empty() {
            BTreeSet::from([owner])
        } else {
            members
        }
    }

    /// A copy of all branches under another owner; it shares the commits.
    pub(crate) fn fork(&mut self, parent: RepoId, owner: UserId, name: &str) -> Option<RepoId> {
        let from = self.repos.get(&parent)?.clone();
        let fork = self.insert_repo(owner, name, from.private);
        let row = self.repos.get_mut(&fork)?;
        row.parent = Some(parent);
        row.branches = from.branches;
        row.objects = from.objects;
        Some(fork)
    }

    /// Pull requests from it are closed and lose their head repository; its forks are forks no more
    /// (1.26.3 services/pull/pull.go `CloseRepoBranchesPulls`, services/repository/delete.go).
    pub(crate) fn delete_repo(&mut self, repo: RepoId, by: UserId) {
        let from_it = |issue: &&Issue| issue.repo != repo && issue.comes_from(repo);
        let orphans: Vec<IssueId> = self
            .issues
            .values()
            .filter(from_it)
            .map(|issue| issue.id)
            .collect();
        for issue in orphans {
            self.set_open(issue, by, false);
            if let Some(pull) = self.pull_mut(issue) {
                pull.head_repo = None;
            }
        }
        self.tell_of_deleted_repo(repo, by);
        self.repos.remove(&repo);
        self.issues.retain(|_, issue| issue.repo != repo);
        for fork in self.repos.values_mut() {
            fork.parent = fork.parent.filter(|parent| *parent != repo);
        }
    }

    /// The old name goes on redirecting, and no hook hears of it.
    pub(crate) fn rename_repo(&mut self, repo: RepoId, new: &str) {
        let Some(row) = self.repos.get_mut(&repo) else {
            return;
        };
        let old = std::mem::replace(&mut row.name, new.to_owned());
        let owner = row.owner;
        self.redirect(repo, (owner, &old), (owner, new));
    }

    /// Another owner: the old address goes on redirecting, rights by teams of the old owner end, as do
    /// those by hand of whoever is in the new one, and no hook hears of it (1.26.3
    /// services/repository/transfer.go `transferOwnership`, services/webhook/notifier.go).
    pub(crate) fn transfer_repo(&mut self, repo: RepoId, owner: UserId) {
        let Some(row) = self.repos.get_mut(&repo) else {
            return;
        };
        let name = row.name.clone();
        let old = std::mem::replace(&mut row.owner, owner);
        let by_hand: Vec<UserId> = row.collaborators.keys().copied().collect();
        let inside = by_hand
            .into_iter()
            .filter(|user| *user == owner || self.in_org(owner, *user));
        let inside: Vec<UserId> = inside.collect();
        if let Some(row) = self.repos.get_mut(&repo) {
            row.collaborators.retain(|user, _| !inside.contains(user));
        }
        self.redirect(repo, (old, &name), (owner, &name));
    }

    /// Whoever asks under the old address is led on, and nobody is who asks under the new one (1.26.3
    /// models/repo/redirect.go `NewRedirect`).
    fn redirect(&mut self, repo: RepoId, old: (UserId, &str), new: (UserId, &str)) {
        self.old_repos.remove(&(new.0, new.1.to_lowercase()));
        self.old_repos.insert((old.0, old.1.to_lowercase()), repo);
    }

    pub(crate) fn repo_named(&self, owner: UserId, name: &str) -> Option<&Repo> {
        self.repos
            .values()
            .find(|repo| repo.owner == owner && repo.name.eq_ignore_ascii_case(name))
    }

    /// Open pull requests, as the repository shows them.
    pub(crate) fn open_pulls(&self, repo: &Repo) -> usize {
        let here = self
            .issues
            .values()
            .filter(|issue| issue.repo == repo.id && issue.open);
        let counted = || here.filter(|issue| issue.pull.is_some()).count();
        repo.old_open_pulls.unwrap_or_else(counted)
    }

    /// Meanwhile the repository shows the number of open pull requests from before.
    pub(crate) fn with_old_count<T>(
        &mut self,
        repo: RepoId,
        work: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let Some(row) = self.repos.get(&repo) else {
            return work(self);
        };
        let (outer, before) = (row.old_open_pulls, self.open_pulls(row));
        let set = |world: &mut Self, count| {
            if let Some(row) = world.repos.get_mut(&repo) {
                row.old_open_pulls = count;
            }
        };
        set(self, Some(before));
        let result = work(self);
        set(self, outer);
        result
    }

    /// `owner/name`.
    pub(crate) fn repo_by_full_name(&self, full: &str) -> Option<&Repo> {
        let (owner, name) = full.split_once('/')?;
        self.repo_named(self.account(owner)?.id, name)
    }

    pub(crate) fn full_name(&self, repo: &Repo) -> String {
        format!("{}/{}", self.name_of(repo.owner), repo.name)
    }

    /// The login, or `Ghost` for somebody who is gone.
    pub(crate) fn name_of(&self, user: UserId) -> &str {
        self.users
            .get(&user)
            .map_or("Ghost", |user| user.name.as_str())
    }

    pub(crate) fn branch_head(&self, repo: RepoId, branch: &str) -> Option<&Sha> {
        self.repos.get(&repo)?.branches.get(branch)
    }

    /// Makes a commit and all that it is built on known to the repository.
    pub(in crate::world) fn receive(&mut self, repo: RepoId, sha: &str) {
        let arriving = self.ancestry(sha);
        if let Some(row) = self.repos.get_mut(&repo) {
            row.objects.extend(arriving);
        }
    }

    /// Full id, branch, or a unique beginning of at least four characters.
    pub(crate) fn resolve(&self, repo: RepoId, name: &str) -> Option<Sha> {
        let row = self.repos.get(&repo)?;
        if let Some(head) = row.branches.get(name) {
            return Some(head.clone());
        }
        let short = name.len() >= 4;
        row.objects
            .iter()
            .find(|sha| short && sha.starts_with(name))
            .cloned()
    }
}
