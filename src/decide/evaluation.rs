//! One evaluation as people and programs are told of it afterwards: on the page of a pull request, in
//! the audit trail, by `explain`.
//!
//! **Invariant:** nothing here decides anything; it repeats what was decided, in the words of the
//! replies ([`super::reply::shown`]). Every text is Markdown as a reply has it, and whatever strangers
//! wrote stands in it as code.

use crate::gate::policy::GateName;
use crate::model::{CommentId, Evidence, PostedStatus, Sha, TeamName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Earlier evaluations of a pull request that are shown with the newest.
const MOST_PAST: usize = 10;

/// What brought an evaluation about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Trigger {
    /// A command in a comment.
    Comment {
        /// The comment.
        comment: CommentId,
    },
    /// A command in the text of a review.
    Review {
        /// The login of whoever reviewed.
        by: String,
    },
    /// Somebody else edited or deleted the reply to this comment.
    Restore {
        /// The comment that the reply answers.
        comment: CommentId,
    },
    /// A delivery: a push, a review, an edit, a foreign status, a closing or the like.
    Delivery,
    /// The sweep.
    Sweep,
    /// The bot itself: it had something to look at again.
    Clock,
}

/// One evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    /// When it was decided, by our clock.
    pub at: Timestamp,
    /// What brought it about, the first first.
    pub triggers: Vec<Trigger>,
    /// The head commit. `None`: the head branch is gone.
    pub head: Option<Sha>,
    /// The base branch.
    pub base: String,
    /// The gates that were looked at.
    pub gates: Vec<GateShown>,
    /// The statuses that are posted because of it.
    pub statuses: Vec<PostedStatus>,
    /// What is answered because of it: comments by their numbers, reviews and notices by their keys.
    pub answers: Vec<String>,
    /// The calls that decided.
    pub calls: Vec<Evidence>,
    /// Whether the bot only observed: nothing was posted or answered, all that would have been is here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub observed: bool,
}

/// Whether something counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counts {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// Nobody knows, or nobody had to ask.
    Unknown,
}

impl Counts {
    /// As replies mark it.
    #[must_use]
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Yes => "✔",
            Self::No => "✘",
            Self::Unknown => "?",
        }
    }
}

/// One gate with all that led to its verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateShown {
    /// The gate.
    pub gate: GateName,
    /// Whose approval satisfies it.
    pub team: TeamName,
    /// `satisfied`, `rejected`, `missing` or `unknown`.
    pub verdict: String,
    /// The first sentence of a reply about it.
    pub outcome: String,
    /// What to do now. `None`: nothing.
    pub next: Option<String>,
    /// The logins of those who could, as far as somebody was told. For members of the team's
    /// organisation only.
    #[serde(default)]
    pub able: Vec<String>,
    /// Each review that approves or asks for changes.
    pub reviews: Vec<PersonShown>,
    /// Each declaration.
    pub declarations: Vec<PersonShown>,
    /// Why it could not be found out, per identity. `None`: it was found out.
    pub diagnosis: Option<String>,
}

/// What one person did about a gate, and whether it counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonShown {
    /// The login.
    pub login: String,
    /// What the person did, with the commit or the reason.
    pub did: String,
    /// Whether it counts.
    pub counts: Counts,
    /// Why, or why not.
    pub why: String,
    /// Where it was declared. `None`: it is a review.
    pub comment: Option<CommentId>,
}

/// What is shown of a pull request: how each gate stands, and what was decided before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Each gate as it was last looked at, with when that was, in the order of the configuration.
    pub gates: Vec<(Timestamp, GateShown)>,
    /// What Gitea was asked in the newest evaluation: its calls, those for the pages of one list together.
    pub calls: Vec<Evidence>,
    /// The newest evaluation and those before it, the newest first.
    pub past: Vec<Past>,
}

/// An evaluation in a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// When it was decided, by our clock.
    pub at: Timestamp,
    /// What brought it about.
    pub triggers: Vec<Trigger>,
    /// The head commit then.
    pub head: Option<Sha>,
    /// The gates that were looked at, with their verdicts.
    pub verdicts: Vec<(GateName, String)>,
}

impl Shown {
    /// As it is after one more evaluation, given all gates in the order of the configuration.
    #[must_use]
    pub fn after(mut self, newest: &Evaluation, order: &[GateName]) -> Self {
        for gate in &newest.gates {
            self.gates.retain(|(_, known)| known.gate != gate.gate);
            self.gates.push((newest.at, gate.clone()));
        }
        let place = |gate: &GateName| order.iter().position(|known| known == gate);
        self.gates.retain(|(_, shown)| place(&shown.gate).is_some());
        self.gates.sort_by_key(|(_, shown)| place(&shown.gate));
        self.calls = questions(&newest.calls);
        let verdicts = newest.gates.iter();
        let verdicts = verdicts.map(|gate| (gate.gate.clone(), gate.verdict.clone()));
        let past = Past {
            at: newest.at,
            triggers: newest.triggers.clone(),
            head: newest.head.clone(),
            verdicts: verdicts.collect(),
        };
        self.past.insert(0, past);
        self.past.truncate(MOST_PAST);
        self
    }
}

/// A conversation of a thousand comments is read in twenty calls, which are one question as long as they
/// were answered alike. The audit trail has them all.
fn questions(calls: &[Evidence]) -> Vec<Evidence> {
    let mut questions: Vec<(Evidence, usize)> = Vec::new();
    for call in calls {
        let alike = |(known, _): &&mut (Evidence, usize)| {
            let pages = list(&call.path).is_some() && list(&call.path) == list(&known.path);
            pages && *call == at_the_place_of(known, call)
        };
        match questions.iter_mut().find(alike) {
            Some((_, pages)) => *pages += 1,
            None => questions.push((call.clone(), 1)),
        }
    }
    let told = questions
        .into_iter()
        .map(|(call, pages)| match list(&call.path) {
            Some(list) if pages > 1 => Evidence {
                path: format!("{list} ({pages} pages)"),
                ..call
            },
            _ => call,
        });
    told.collect()
}

/// The list of which a path asks for a page. `None`: it asks for none.
fn list(path: &str) -> Option<&str> {
    let (list, query) = path.split_once('?')?;
    let mut fields = query.split('&');
    fields
        .any(|field| field.starts_with("page="))
        .then_some(list)
}

/// A call with the time and the path of another one.
fn at_the_place_of(call: &Evidence, other: &Evidence) -> Evidence {
    Evidence {
        at: other.at,
        path: other.path.clone(),
        ..call.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Outcome;

    fn call(path: &str, status: u16) -> Evidence {
        Evidence {
            at: Timestamp::UNIX_EPOCH,
            asked_as: String::from("refire"),
            method: String::from("GET"),
            path: path.to_owned(),
            outcome: Outcome::Status(status),
            message: None,
            headers: Vec::new(),
        }
    }

    #[test]
    fn pages_of_one_list_that_were_answered_alike_are_one_question() {
        let timeline = "/repos/acme/widget/issues/1/timeline";
        let calls = [
            call("/repos/acme/widget/pulls/1", 200),
            call(&format!("{timeline}?page=1&limit=50"), 200),
            call(&format!("{timeline}?page=2&limit=50"), 200),
            call(&format!("{timeline}?page=3&limit=50"), 502),
            call("/repos/acme/widget/statuses/abc?page=1", 200),
        ];
        let paths: Vec<String> = questions(&calls).into_iter().map(|it| it.path).collect();
        assert_eq!(
            paths,
            [
                "/repos/acme/widget/pulls/1",
                "/repos/acme/widget/issues/1/timeline (2 pages)",
                "/repos/acme/widget/issues/1/timeline?page=3&limit=50",
                "/repos/acme/widget/statuses/abc?page=1",
            ]
        );
    }
}
