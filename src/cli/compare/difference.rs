//! PURE: what refire came to, held against what others posted.

use super::ours::{Ours, Seen};
use crate::gate::policy::Policy;
use crate::model::{CommitState, PastStatus, PullNumber, RepoName, Sha};
use jiff::Timestamp;

/// How two statuses differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// One lets through what the other holds back; of declarations: they list others.
    Opposite,
    /// The others posted nothing.
    Silent,
    /// Both hold back, in other words.
    Word,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Opposite => "opposite",
            Self::Silent => "silent",
            Self::Word => "word",
        }
    }
}

/// A context of a commit where the last statuses differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) kind: Kind,
    pub(super) repo: RepoName,
    pub(super) number: PullNumber,
    pub(super) sha: Sha,
    pub(super) context: String,
    pub(super) ours: Ours,
    /// `None`: they posted nothing.
    pub(super) theirs: Option<Theirs>,
}

/// A status of theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Theirs {
    pub(super) state: String,
    pub(super) description: String,
    /// The login. `None`: a workflow, or a deleted account.
    pub(super) by: Option<String>,
    pub(super) at: Option<Timestamp>,
}

/// What the others call our contexts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a> {
    policy: &'a Policy,
    renamed: &'a [(String, String)],
}

impl<'a> Names<'a> {
    pub(super) const fn new(policy: &'a Policy, renamed: &'a [(String, String)]) -> Self {
        Self { policy, renamed }
    }

    fn theirs<'n>(&'n self, ours: &'n str) -> &'n str {
        let renamed = self.renamed.iter().find(|(name, _)| name == ours);
        renamed.map_or(ours, |(_, theirs)| theirs)
    }

    fn lists_declarations(&self, ours: &str) -> bool {
        self.policy.declarations.context.covers(ours)
    }
}

/// How many contexts were compared on a commit, and where the last states differ, given what others
/// posted on it.
pub(super) fn differences(
    commit: &Seen,
    rows: &[PastStatus],
    names: &Names<'_>,
) -> (usize, Vec<Difference>) {
    let found = commit.last.iter().filter_map(|(context, ours)| {
        let theirs = last(commit, rows, names.theirs(context));
        let kind = kind(ours, theirs.as_ref(), names.lists_declarations(context))?;
        Some(Difference {
            kind,
            repo: commit.repo.clone(),
            number: commit.number,
            sha: commit.sha.clone(),
            context: context.clone(),
            ours: ours.clone(),
            theirs,
        })
    });
    (commit.last.len(), found.collect())
}

/// The newest of their rows while the commit was the head of an open pull request.
fn last(commit: &Seen, rows: &[PastStatus], context: &str) -> Option<Theirs> {
    let in_time = |at: Timestamp| commit.end.is_none_or(|end| at <= end);
    let of_context = rows.iter().filter(|past| past.row.context == context);
    let in_time = of_context.filter(|past| past.at.is_none_or(in_time));
    let newest = in_time.max_by_key(|past| past.row.id)?;
    let by = newest.row.creator.as_ref();
    Some(Theirs {
        state: newest.row.state.clone(),
        description: newest.row.description.clone(),
        by: by.map(|by| by.login.to_string()),
        at: newest.at,
    })
}

/// `None`: they say the same.
fn kind(ours: &Ours, theirs: Option<&Theirs>, lists: bool) -> Option<Kind> {
    let Some(theirs) = theirs else {
        return Some(Kind::Silent);
    };
    let passes = theirs.state == CommitState::Success.as_str();
    if passes != (ours.state == CommitState::Success) {
        return Some(Kind::Opposite);
    }
    if lists && theirs.description.trim() != ours.description.trim() {
        return Some(Kind::Opposite);
    }
    (theirs.state != ours.state.as_str()).then_some(Kind::Word)
}
