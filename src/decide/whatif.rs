//! What would be if: assumptions about people, and the facts as they would be then.
//!
//! **Invariant:** the rules are the real ones. An assumption changes facts or what was answered about
//! people, never a rule, and nobody acts upon it.

use crate::gate::Answers;
use crate::gate::facts::{Directive, Facts, Hearing, Push, Says, Spoken};
use crate::gate::policy::{GateName, Policy};
use crate::model::{
    Account, CommentId, Login, Membership, Review, ReviewId, ReviewState, Sha, TeamName, TimelineId,
};
use std::fmt;

/// Something that might happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assumption {
    /// Somebody does something about the pull request.
    Acts(Login, Deed),
    /// The head moves. `None`: the author pushes.
    Pushes(Option<Login>),
    /// Somebody comes into a team.
    Joins(Login, TeamName),
    /// Somebody leaves a team.
    Leaves(Login, TeamName),
    /// The bot may ask about a team.
    BotJoins(TeamName),
}

/// What somebody might do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Approve the head.
    Approve,
    /// Request changes on the head.
    Reject,
    /// Declare a gate not applicable.
    Declare(GateName),
}

/// Who is spoken of as the bot.
const BOT: &str = "bot";

/// How assumptions are written.
pub const FORMS: &str = "write for example 'quinn approves', 'quinn requests changes', 'quinn declares qa-review', \
     'quinn joins qa', 'quinn leaves qa', 'push', 'quinn pushes', or 'bot joins security'";

impl Assumption {
    /// Understands a few words. A team without an organisation is one of the repository's owner; a gate
    /// may be named by its alias.
    ///
    /// # Errors
    /// What would be right.
    pub fn parse(
        text: &str,
        policy: &Policy,
        team: impl Fn(&str) -> Option<TeamName>,
    ) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let wrong = || format!("{text:?} is no assumption; {FORMS}");
        let team = |word: &str| team(word).ok_or_else(wrong);
        Ok(match words.as_slice() {
            ["push"] => Self::Pushes(None),
            [who, "pushes"] => Self::Pushes(Some(Login::new(*who))),
            [who, "approves"] => Self::Acts(Login::new(*who), Deed::Approve),
            [who, "requests", "changes"] => Self::Acts(Login::new(*who), Deed::Reject),
            [who, "declares", gate] => {
                Self::Acts(Login::new(*who), Deed::Declare(named(policy, gate)?))
            }
            [BOT, "joins", name] => Self::BotJoins(team(name)?),
            [who, "joins", name] => Self::Joins(Login::new(*who), team(name)?),
            [who, "leaves", name] => Self::Leaves(Login::new(*who), team(name)?),
            _ => return Err(wrong()),
        })
    }

    /// Whose account has to be known.
    #[must_use]
    pub const fn login(&self) -> Option<&Login> {
        match self {
            Self::Acts(login, _) | Self::Joins(login, _) | Self::Leaves(login, _) => Some(login),
            Self::Pushes(login) => login.as_ref(),
            Self::BotJoins(_) => None,
        }
    }
}

fn named(policy: &Policy, word: &str) -> Result<GateName, String> {
    let table = super::directive::gate_table(policy);
    let found = table.find(word).and_then(super::directive::ours);
    found.ok_or_else(|| format!("there is no gate {word:?}"))
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Acts(who, Deed::Approve) => write!(f, "{who} approves"),
            Self::Acts(who, Deed::Reject) => write!(f, "{who} requests changes"),
            Self::Acts(who, Deed::Declare(gate)) => write!(f, "{who} declares {gate}"),
            Self::Pushes(None) => write!(f, "the author pushes"),
            Self::Pushes(Some(who)) => write!(f, "{who} pushes"),
            Self::Joins(who, team) => write!(f, "{who} joins {team}"),
            Self::Leaves(who, team) => write!(f, "{who} leaves {team}"),
            Self::BotJoins(team) => write!(f, "the bot joins {team}"),
        }
    }
}

/// A pull request as it would be.
#[derive(Clone, Debug)]
pub struct World {
    /// Its facts.
    pub facts: Facts,
    /// What is assumed of people.
    pub answers: Answers,
}

impl World {
    /// As it would be if that happened too. `who` is the account behind the login of the assumption.
    #[must_use]
    pub fn with(mut self, assumption: &Assumption, who: Option<&Account>) -> Self {
        match (assumption, who) {
            (Assumption::Acts(_, deed), Some(who)) => self.act(who, deed),
            (Assumption::Pushes(_), who) => {
                let by = who.unwrap_or(&self.facts.pull.author).clone();
                self.push(&by);
            }
            (Assumption::Joins(_, team), Some(who)) => {
                self.answers.assume(team, who, Membership::Member);
            }
            (Assumption::Leaves(_, team), Some(who)) => {
                self.answers.assume(team, who, Membership::NotMember);
            }
            (Assumption::BotJoins(_), _) | (_, None) => {}
        }
        self
    }

    fn act(&mut self, who: &Account, deed: &Deed) {
        match deed {
            Deed::Approve => self.review(who, ReviewState::Approved),
            Deed::Reject => self.review(who, ReviewState::RequestChanges),
            Deed::Declare(gate) => self.declare(who, gate),
        }
    }

    /// Gitea is assumed to call it official: whether it does depends on the branch's rule.
    fn review(&mut self, who: &Account, state: ReviewState) {
        let rows = self.facts.reviews.rows.iter();
        let id = rows.map(|row| row.id.get()).max().unwrap_or_default();
        let id = ReviewId::new(id.saturating_add(1));
        let place = self.end();
        self.facts.history.reviews.insert(id, place);
        self.facts.reviews.rows.push(Review {
            id,
            reviewer: Some(who.clone()),
            state,
            official: Some(true),
            dismissed: Some(false),
            stale: Some(false),
            commit: self.facts.pull.head.clone(),
            submitted_at: Some(self.facts.read_at),
            inline_comments: 0,
        });
    }

    /// A declaration that was heard, and names the head, so that no time of grace is asked for.
    fn declare(&mut self, who: &Account, gate: &GateName) {
        let commit = self.facts.pull.head.as_ref();
        let says = Says::Declare {
            commit: commit.map(|head| head.short().to_owned()),
            reason: Some(String::from("assumed")),
        };
        let place = self.end();
        let now = self.facts.read_at;
        self.facts.spoken.push(Spoken {
            comment: CommentId::new(place.get()),
            author: who.clone(),
            created_at: now,
            updated_at: now,
            directives: vec![Directive {
                gate: gate.clone(),
                says,
            }],
            hearing: Hearing::Heard,
        });
    }

    fn push(&mut self, by: &Account) {
        let before = self.facts.pull.head.as_ref().map_or("", Sha::as_str);
        let digits = if before.starts_with('f') { "0" } else { "f" };
        let next: Option<Sha> = digits.repeat(before.len().max(40)).parse().ok();
        let id = self.end();
        self.facts.history.pushes.push(Push {
            id,
            at: self.facts.read_at,
            pusher: Some(by.id),
            last: next.clone(),
        });
        self.facts.pull.head = next;
        self.facts.pull.empty = false;
        self.facts.head_seen_at = self.facts.read_at;
    }

    /// A place behind everything that was read.
    fn end(&self) -> TimelineId {
        let history = &self.facts.history;
        let pushes = history.pushes.iter().map(|push| push.id);
        let reviews = history.reviews.values().copied();
        let spoken = self.facts.spoken.iter().map(|said| said.comment.into());
        let places = pushes.chain(reviews).chain(spoken).chain(history.retarget);
        let last = places.map(TimelineId::get).max().unwrap_or_default();
        TimelineId::new(last.saturating_add(1))
    }
}
