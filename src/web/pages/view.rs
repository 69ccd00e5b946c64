//! What the page of a pull request shows: what was stored, cut to what its visitor may be told.
//!
//! **Invariant:** whoever is outside a team's organisation is not told who is in it: neither who could
//! approve, nor whose approval counts and why, nor what was asked about members. What people did is told:
//! Gitea shows it beside the pull request.

use super::able::{Able, asks};
use super::markdown::{Html, blocks, inline};
use super::words::{self, When};
use crate::decide::evaluation::{Counts, GateShown, Past, PersonShown, Shown, Trigger};
use crate::gate::policy::Bind;
use crate::gitea::Gitea;
use crate::model::{Evidence, PullRef};
use jiff::Timestamp;

/// A gate.
pub(super) struct GateView {
    pub(super) name: String,
    pub(super) mark: &'static str,
    pub(super) word: &'static str,
    pub(super) colour: &'static str,
    pub(super) outcome: Html,
    pub(super) next: Option<Html>,
    /// Who could unblock it.
    pub(super) able: Vec<String>,
    pub(super) reviews: Vec<PersonView>,
    pub(super) declarations: Vec<PersonView>,
    pub(super) diagnosis: Option<Html>,
    pub(super) seen: When,
}

/// What somebody did.
pub(super) struct PersonView {
    pub(super) login: String,
    pub(super) did: Html,
    /// Whether it counts and why, for those who may know.
    pub(super) judged: Option<JudgedView>,
    /// Where it was said.
    pub(super) comment: Option<String>,
    /// What would void it.
    pub(super) ends: Option<String>,
}

/// Whether something counts.
pub(super) struct JudgedView {
    pub(super) mark: &'static str,
    pub(super) word: &'static str,
    pub(super) why: Html,
}

/// An evaluation in a line.
pub(super) struct PastView {
    pub(super) at: When,
    pub(super) triggers: Vec<TriggerView>,
    pub(super) head: Option<String>,
    pub(super) verdicts: Vec<(String, &'static str)>,
}

/// What brought it about.
pub(super) struct TriggerView {
    pub(super) words: String,
    pub(super) comment: Option<String>,
}

/// A call.
pub(super) struct CallView {
    pub(super) at: String,
    pub(super) asked_as: String,
    pub(super) what: String,
    pub(super) outcome: String,
    pub(super) message: Option<String>,
}

/// Turns what was stored into what is shown.
pub(super) struct Viewer<'a> {
    pub(super) gitea: &'a Gitea,
    pub(super) pull: &'a PullRef,
    pub(super) head: String,
    pub(super) bind: Bind,
    /// Who could unblock a gate of which no answer has said it.
    pub(super) able: Able,
    /// Whether the visitor belongs to an organisation.
    pub(super) is_member_of: &'a dyn Fn(&str) -> bool,
}

impl Viewer<'_> {
    pub(super) fn gates(&self, shown: &Shown) -> Vec<GateView> {
        let gates = shown.gates.iter();
        gates.map(|(at, gate)| self.gate(*at, gate)).collect()
    }

    fn gate(&self, at: Timestamp, gate: &GateShown) -> GateView {
        let inside = (self.is_member_of)(gate.team.org());
        let (mark, word, colour) = words::verdict(&gate.verdict);
        let next = gate.next.as_deref();
        let next = next.filter(|_| inside || !names_a_member(gate));
        let person = |who: &PersonShown| self.person(who, inside);
        GateView {
            name: gate.gate.to_string(),
            mark,
            word,
            colour,
            outcome: blocks(outcome(gate, inside)),
            next: next.map(blocks),
            able: self.able(gate, inside),
            reviews: gate.reviews.iter().map(person).collect(),
            declarations: gate.declarations.iter().map(person).collect(),
            diagnosis: gate.diagnosis.as_deref().filter(|_| inside).map(blocks),
            seen: at.into(),
        }
    }

    fn able(&self, gate: &GateShown, inside: bool) -> Vec<String> {
        if !inside {
            return Vec::new();
        }
        let found = self.able.get(&gate.team).filter(|_| asks(gate));
        found.unwrap_or(&gate.able).clone()
    }

    fn person(&self, who: &PersonShown, inside: bool) -> PersonView {
        let stands = who.comment.is_some() && who.counts == Counts::Yes;
        PersonView {
            login: who.login.clone(),
            did: inline(&who.did),
            judged: inside.then(|| JudgedView {
                mark: who.counts.mark(),
                word: words::counts(who.counts),
                why: inline(&who.why),
            }),
            comment: who
                .comment
                .map(|comment| self.gitea.comment_page(self.pull, comment)),
            ends: (stands && inside).then(|| words::ends(self.bind, &self.head)),
        }
    }

    pub(super) fn past(&self, shown: &Shown) -> Vec<PastView> {
        shown
            .past
            .iter()
            .map(|past| self.evaluation(past))
            .collect()
    }

    fn evaluation(&self, past: &Past) -> PastView {
        let word = |verdict: &str| words::verdict(verdict).1;
        let verdicts = past.verdicts.iter();
        PastView {
            at: past.at.into(),
            triggers: past.triggers.iter().map(|it| self.trigger(it)).collect(),
            head: past.head.as_ref().map(|sha| sha.short().to_owned()),
            verdicts: verdicts
                .map(|(gate, verdict)| (gate.to_string(), word(verdict)))
                .collect(),
        }
    }

    fn trigger(&self, trigger: &Trigger) -> TriggerView {
        let comment = match trigger {
            Trigger::Comment { comment } | Trigger::Restore { comment } => Some(*comment),
            _ => None,
        };
        TriggerView {
            words: words::trigger(trigger),
            comment: comment.map(|comment| self.gitea.comment_page(self.pull, comment)),
        }
    }

    /// Whether the visitor belongs to the organisations of all gates. Before any was looked at nobody does.
    pub(super) fn is_inside(&self, shown: &Shown) -> bool {
        let mut gates = shown.gates.iter();
        !shown.gates.is_empty() && gates.all(|(_, gate)| (self.is_member_of)(gate.team.org()))
    }

    /// The calls that decided; for outsiders those that are not about members.
    pub(super) fn calls(&self, shown: &Shown) -> Vec<CallView> {
        let inside = self.is_inside(shown);
        let calls = shown.calls.iter();
        let told = calls.filter(|call| inside || !is_about_people(call));
        told.map(call).collect()
    }
}

/// How a gate stands. To outsiders only that, where the sentence goes on with members.
fn outcome(gate: &GateShown, inside: bool) -> &str {
    let text = gate.outcome.as_str();
    if inside || !names_a_member(gate) {
        return text;
    }
    let bold = text
        .strip_prefix("**")
        .and_then(|rest| rest.split_once("**"));
    bold.map_or("", |(said, _)| said)
}

/// Whether its sentences say of somebody to be in the team.
fn names_a_member(gate: &GateShown) -> bool {
    matches!(gate.verdict.as_str(), "satisfied" | "rejected")
}

fn is_about_people(call: &Evidence) -> bool {
    ["/teams", "/orgs", "/user"]
        .iter()
        .any(|route| call.path.starts_with(route))
}

fn call(call: &Evidence) -> CallView {
    CallView {
        at: call.at.strftime("%H:%M:%S").to_string(),
        asked_as: call.asked_as.clone(),
        what: format!("{} {}", call.method, call.path),
        outcome: words::outcome(&call.outcome),
        message: call.message.clone(),
    }
}
