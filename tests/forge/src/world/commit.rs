//! Commits: an id, parents, and which version of which file they hold. No contents.
//!
//! A file is one line long and known by a number, so that the diff of a pull is a set of paths, and
//! "was the diff changed by this push" is a comparison of two sets.

use std::collections::{BTreeMap, HashSet, VecDeque};

use jiff::Timestamp;
use sha1::{Digest, Sha1};

use super::World;
use super::ids::UserId;

/// 40 hex characters.
pub(crate) type Sha = String;

/// Path to the number of the file's version.
pub(crate) type Tree = BTreeMap<String, u64>;

/// A commit; the same one may be in several repositories.
#[derive(Debug, Clone)]
pub(crate) struct Commit {
    pub(crate) sha: Sha,
    pub(crate) parents: Vec<Sha>,
    pub(crate) tree: Tree,
    pub(crate) message: String,
    /// Name and address at the time of committing.
    pub(crate) author: (String, String),
    pub(crate) at: Timestamp,
}

/// What a new commit is made of.
pub(crate) struct NewCommit<'a> {
    pub(crate) parents: Vec<Sha>,
    pub(crate) tree: Tree,
    pub(crate) message: &'a str,
    pub(crate) by: UserId,
}

/// A file that is new or changed, and what is said of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewFile<'a> {
    pub(crate) path: &'a str,
    pub(crate) message: &'a str,
    pub(crate) by: UserId,
}

impl World {
    pub(crate) fn commit(&mut self, new: NewCommit<'_>) -> Sha {
        let number = self.next_commit();
        let sha = hex::encode(Sha1::digest(format!("commit {number}")));
        let author = self.users.get(&new.by);
        let author = author.map_or_else(Default::default, |user| {
            (user.name.clone(), user.email.clone())
        });
        let commit = Commit {
            sha: sha.clone(),
            parents: new.parents,
            tree: new.tree,
            message: format!("{}\n", new.message),
            author,
            at: self.now(),
        };
        self.commits.insert(sha.clone(), commit);
        sha
    }

    /// One commit on top of another that adds (or changes) one file.
    pub(crate) fn commit_file(&mut self, parent: &str, file: &NewFile<'_>) -> Sha {
        let mut tree = self.tree(parent);
        let version = self.next_commit();
        tree.insert(file.path.to_owned(), version);
        let (parents, message, by) = (vec![parent.to_owned()], file.message, file.by);
        self.commit(NewCommit {
            parents,
            tree,
            message,
            by,
        })
    }

    pub(crate) fn tree(&self, sha: &str) -> Tree {
        self.commits
            .get(sha)
            .map(|commit| commit.tree.clone())
            .unwrap_or_default()
    }

    /// The commit and all that it is built on, nearest first.
    pub(crate) fn ancestry(&self, sha: &str) -> Vec<Sha> {
        let mut seen = HashSet::new();
        let mut queue = VecDeque::from([sha.to_owned()]);
        let mut found = Vec::new();
        while let Some(next) = queue.pop_front() {
            if !seen.insert(next.clone()) {
                continue;
            }
            if let Some(commit) = self.commits.get(&next) {
                queue.extend(commit.parents.iter().cloned());
                found.push(next);
            }
        }
        found
    }

    /// The nearest common ancestor.
    pub(crate) fn merge_base(&self, base: &str, head: &str) -> Sha {
        let on_base: HashSet<Sha> = self.ancestry(base).into_iter().collect();
        let shared = self
            .ancestry(head)
            .into_iter()
            .find(|sha| on_base.contains(sha));
        shared.unwrap_or_else(|| base.to_owned())
    }

    /// Commits of `head` that none of `excluded` has, oldest first.
    pub(crate) fn commits_between(&self, excluded: &[&str], head: &str) -> Vec<Sha> {
        let old: HashSet<Sha> = excluded.iter().flat_map(|sha| self.ancestry(sha)).collect();
        let mut new: Vec<Sha> = self
            .ancestry(head)
            .into_iter()
            .filter(|sha| !old.contains(sha))
            .collect();
        new.reverse();
        new
    }

    /// Paths that differ between two commits, with the newer version (`None`: removed).
    pub(crate) fn diff(&self, from: &str, to: &str) -> BTreeMap<String, Option<u64>> {
        let (from, to) = (self.tree(from), self.tree(to));
        let changed = to
            .iter()
            .filter(|(path, version)| from.get(*path) != Some(version));
        let changed = changed.map(|(path, version)| (path.clone(), Some(*version)));
        let removed = from
            .keys()
            .filter(|path| !to.contains_key(*path))
            .map(|path| (path.clone(), None));
        changed.chain(removed).collect()
    }
}
