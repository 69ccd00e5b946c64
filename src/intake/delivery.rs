//! What a delivery is to us: nothing, something to remember, or a reason to look. Pure.
//!
//! **Invariant:** a payload never grants. It names a place to look at, and it can void: that an
//! edit was heard is remembered whatever else becomes of the delivery. Called by `webhook`.

mod place;
pub mod reason;

use super::Put;
use super::payload::{Comment, CommentChange, Delivery, Happening, PullChange, Target};
use crate::decide::directive::ours;
use crate::decide::reply::Addressee;
use crate::gate::policy::GateName;
use crate::gate::policy::Policy;
use crate::memo::{Created, Edited, Revoked};
use crate::model::{Account, CommitState, Digest, RepoName, Sha};
use commands::{Command, GateTable};
use place::Place;
use state::Memo;
use std::{fmt, sync::Arc};

pub use place::Head;

/// What becomes of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Nothing, because of this.
    Ignore(&'static str),
    /// Something is remembered, and there is nothing to do.
    Remember {
        /// What is remembered.
        memos: Vec<Memo>,
        /// Why there is nothing to do.
        reason: &'static str,
    },
    /// All of these, in this order; never empty.
    Put(Vec<Put>),
    /// A stranger's status under a context of ours: every open pull request with that head is to
    /// be looked at.
    Head(Head),
    /// A success of our own under this context: the same, unless it is what was posted last. A write that
    /// was given up may take effect behind a later one.
    Own(Head, String),
}

/// What deliveries are measured by.
#[derive(Clone)]
pub struct Scope {
    /// The names that commands may use.
    pub gates: Arc<GateTable>,
    /// What the deployment demands.
    pub policy: Arc<Policy>,
    /// Whether a repository is among the configured ones.
    pub repositories: Arc<dyn Fn(&RepoName) -> bool + Send + Sync>,
    /// Whether an account is one of the bot's identities.
    pub is_own: Arc<dyn Fn(&Account) -> bool + Send + Sync>,
}

impl Scope {
    /// Decides. `epoch` grows with every look that begins: two looks of one epoch are one.
    #[must_use]
    pub fn take(&self, delivery: Delivery, epoch: u64) -> Taken {
        if !(self.repositories)(&delivery.repo) {
            return Taken::Ignore(reason::REPOSITORY);
        }
        let Delivery {
            repository,
            repo,
            sender,
            happening,
        } = delivery;
        let place = Place {
            repository,
            repo,
            sender,
            epoch,
        };
        match happening {
            Happening::Comment(comment) => self.comment(&place, &comment),
            Happening::Review { on, content } => self.review(&place, &on, &content),
            Happening::Pull { on, change } => self.pull(&place, &on, &change),
            Happening::Status {
                sha,
                context,
                state,
            } => self.status(place, sha, (context.trim(), &state)),
        }
    }

    fn comment(&self, place: &Place, comment: &Comment) -> Taken {
        if let Some(restore) = self.touched(place, comment) {
            return Taken::Put(vec![restore]);
        }
        if let Some(reason) = self.deaf_to(comment.author.as_ref()) {
            return Taken::Ignore(reason);
        }
        match (&comment.change, comment.on_issue) {
            (CommentChange::Created, false) => self.created(place, comment),
            (CommentChange::Edited { from }, false) => self.edited(place, comment, from.as_deref()),
            (CommentChange::Deleted, false) => self.deleted(place, comment),
            (CommentChange::Deleted, true) => Taken::Ignore(reason::IRRELEVANT),
            (_, true) if self.holds_ours(&comment.body) => {
                Taken::Put(vec![place.commented(comment)])
            }
            (_, true) => Taken::Ignore(reason::NO_COMMAND),
        }
    }

    /// Our own reply, edited or deleted by somebody else: what it said before names what it answers.
    fn touched(&self, place: &Place, comment: &Comment) -> Option<Put> {
        let is_own =
            |account: &Option<Account>| account.as_ref().is_some_and(|it| (self.is_own)(it));
        let before = match &comment.change {
            CommentChange::Edited { from } => from.as_ref()?,
            CommentChange::Deleted => &comment.body,
            CommentChange::Created => return None,
        };
        let to = Addressee::named_in(before)?;
        let by_others = place.sender.is_some() && !is_own(&place.sender);
        let is_reply = is_own(&comment.author) && !comment.on_issue;
        let touched = is_reply && by_others && self.guards(&comment.on);
        touched.then(|| place.again(comment, &to))
    }

    /// Every comment is remembered as it was heard, because an edit may put a declaration there
    /// that its author never wrote; that costs no call (I13).
    fn created(&self, place: &Place, comment: &Comment) -> Taken {
        let mut memos = vec![place.memo(comment, &Created(Digest::of(&comment.body)))];
        memos.extend(self.revoked(place, comment));
        if self.holds_ours(&comment.body) {
            return Taken::Put(vec![place.commented(comment).with(memos)]);
        }
        Taken::Remember {
            memos,
            reason: reason::NO_COMMAND,
        }
    }

    /// A revocation once heard is final, even when its comment is gone before anybody reads it.
    fn revoked(&self, place: &Place, comment: &Comment) -> Option<Memo> {
        let reading = commands::parse(&comment.body, &self.gates);
        let gate = |command: &Command| match command {
            Command::Revoke { gate, .. } => ours(gate),
            _ => None,
        };
        let gates: Vec<GateName> = reading.commands.iter().filter_map(gate).collect();
        let by = comment.author.as_ref()?.id;
        (!gates.is_empty()).then(|| place.memo(comment, &Revoked { by, gates }))
    }

    /// Whoever edited it, even the bot: what it declares is void. Text that is not told may have
    /// been anything. The look has an identity of its own: it must not join one that may have begun
    /// without the memo, and the text may be known from a sweep that counted it.
    fn edited(&self, place: &Place, comment: &Comment, from: Option<&str>) -> Taken {
        if from.is_some_and(|from| is_same_text(from, &comment.body)) {
            return Taken::Ignore(reason::UNCHANGED);
        }
        let is_ours = self.holds_ours(&comment.body);
        let memos = vec![place.memo(comment, &Edited { by: place.by() })];
        if !is_ours && !from.is_none_or(|from| self.holds_ours(from)) {
            // A later edit may go unheard and leave no trace; this one voids whatever it puts there.
            return Taken::Remember {
                memos,
                reason: reason::NO_COMMAND,
            };
        }
        if !self.guards(&comment.on) {
            return Taken::Remember {
                memos,
                reason: reason::UNGUARDED,
            };
        }
        let command = is_ours.then(|| place.commented(comment));
        let look = place.edited(comment).with(memos);
        Taken::Put([look].into_iter().chain(command).collect())
    }

    /// Deleting a declaration withdraws it.
    fn deleted(&self, place: &Place, comment: &Comment) -> Taken {
        let reading = commands::parse(&comment.body, &self.gates);
        let is_directive =
            |command: &Command| matches!(command, Command::Declare { .. } | Command::Revoke { .. });
        match reading.commands.iter().any(is_directive) {
            true => self.look_if_guarded(place, &comment.on),
            false => Taken::Ignore(reason::IRRELEVANT),
        }
    }

    /// A review by nobody may still be a sign of something; its text is not searched. The look does
    /// not depend on the command: who approves twice with the same words approves twice.
    fn review(&self, place: &Place, on: &Target, content: &str) -> Taken {
        let deaf = self.deaf_to(place.sender.as_ref());
        if let Some(why @ (reason::OWN | reason::SERVICE)) = deaf {
            return Taken::Ignore(why);
        }
        if !self.guards(on) {
            return Taken::Ignore(reason::UNGUARDED);
        }
        let reviewer = place.sender.as_ref();
        let commander = reviewer.filter(|_| deaf.is_none() && self.holds_ours(content));
        let command = commander.map(|reviewer| place.reviewed(on.number, reviewer, content));
        Taken::Put([place.look(on.number)].into_iter().chain(command).collect())
    }

    /// Leaving the guarded branches withdraws what was posted, so the base before matters too.
    fn pull(&self, place: &Place, on: &Target, change: &PullChange) -> Taken {
        match change {
            PullChange::Retargeted { from } if self.policy.guards(from) => {
                Taken::Put(vec![place.look(on.number)])
            }
            _ => self.look_if_guarded(place, on),
        }
    }

    fn status(&self, place: Place, sha: Sha, (context, state): (&str, &str)) -> Taken {
        let sender = place.sender.as_ref();
        let is_own = sender.is_some_and(|account| (self.is_own)(account));
        match (self.posts(context), is_own) {
            (true, false) => Taken::Head(Head { place, sha }),
            (true, true) if state == CommitState::Success.as_str() => {
                Taken::Own(Head { place, sha }, context.to_owned())
            }
            (_, true) => Taken::Ignore(reason::OWN_STATUS),
            (false, false) => Taken::Ignore(reason::CONTEXT),
        }
    }

    /// Whether the bot posts under this context for any base branch: a status names none.
    fn posts(&self, context: &str) -> bool {
        let mut templates = self.policy.contexts();
        templates.any(|template| template.covers(context))
    }

    fn look_if_guarded(&self, place: &Place, on: &Target) -> Taken {
        if self.guards(on) {
            Taken::Put(vec![place.look(on.number)])
        } else {
            Taken::Ignore(reason::UNGUARDED)
        }
    }

    /// A base that is not told may be guarded.
    fn guards(&self, on: &Target) -> bool {
        on.base.as_ref().is_none_or(|base| self.policy.guards(base))
    }

    fn holds_ours(&self, body: &str) -> bool {
        !commands::parse(body, &self.gates).is_empty()
    }

    /// Why what somebody writes is not searched. `None`: it is.
    fn deaf_to(&self, author: Option<&Account>) -> Option<&'static str> {
        match author {
            Some(account) if (self.is_own)(account) => Some(reason::OWN),
            Some(account) if !account.id.is_real() => Some(reason::NOBODY),
            Some(account) if self.policy.is_service_account(account.login.as_str()) => {
                Some(reason::SERVICE)
            }
            Some(_) => None,
            None => Some(reason::NOBODY),
        }
    }
}

/// All of it: what follows the part that is searched may have cut its last line.
fn is_same_text(one: &str, other: &str) -> bool {
    one.replace("\r\n", "\n") == other.replace("\r\n", "\n")
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("gates", &self.gates)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
