//! A diagnosis that stands once: pointed to, counted, and folded when its cause is gone.

use super::cause::{meaning, repairs, table, what_to_do};
use super::evidence::FOLDED;
use super::text::{code, listed};
use super::{Addressee, Letter, MOST};
use crate::gate::verdict::GateVerdict;
use crate::model::{CommentId, Diagnosis};
use jiff::Timestamp;

/// Begins with a character that is left out of all that strangers write ([`quoted`](super::text::quoted)),
/// so that nobody else can write such an address.
const OPENS: &str = "\u{2060}refire:answer-to/";

/// The address that stands for our answer to a comment until that has an address of its own: whoever
/// posts the letter knows it.
fn address(comment: CommentId) -> String {
    format!("{OPENS}{comment}")
}

/// The first comment whose answer a body points to without an address, with what stands there.
#[must_use]
pub fn link_to(body: &str) -> Option<(CommentId, String)> {
    let (_, after) = body.split_once(&format!("({OPENS}"))?;
    let (id, _) = after.split_once(')')?;
    let comment = CommentId::new(id.parse().ok()?);
    let whole = address(comment);
    // Whoever puts the address in its place looks for the next one then: it has to be the very text.
    whole
        .ends_with(&format!("/{id}"))
        .then_some((comment, whole))
}

/// One line in place of a diagnosis that stands in another answer. `None`: it does not.
pub(super) fn elsewhere(verdict: &GateVerdict, letter: &Letter) -> Option<String> {
    let mut elsewhere = letter.bearing.elsewhere.iter();
    let (_, holder) = elsewhere.find(|(gate, _)| *gate == verdict.gate)?;
    let mut causes: Vec<String> = Vec::new();
    for cause in verdict.diagnoses().iter().map(|one| code(one.cause)) {
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    Some(format!(
        "**{} cannot be verified**, still for the same reason ({}): [the diagnosis and its repair]({}).",
        code(&verdict.gate),
        listed(&causes, "and"),
        address(*holder)
    ))
}

/// One line in place of why nothing could be read, which stands in another answer. `None`: it does
/// not.
pub(super) fn unread(letter: &Letter) -> Option<String> {
    let holder = letter.bearing.unread?;
    Some(format!(
        "**I could not look yet**, for a reason that I told before: [the diagnosis]({}). This comment will change.",
        address(holder)
    ))
}

/// How often these causes were met, where that was more than once.
pub(super) fn seen(diagnoses: &[&Diagnosis], letter: &Letter) -> Option<String> {
    let keys: Vec<_> = diagnoses.iter().map(|one| one.key()).collect();
    let held = letter.bearing.held.iter();
    let most = held
        .filter(|cause| cause.resolved.is_none() && keys.contains(&cause.diagnosis.key()))
        .max_by_key(|cause| cause.times)
        .filter(|cause| cause.times > 1)?;
    Some(format!(
        "Seen {} times, last at {} UTC.",
        most.times,
        most.last.strftime("%H:%M:%S")
    ))
}

/// The diagnoses whose causes are gone, folded.
pub(super) fn resolved(letter: &Letter) -> Vec<String> {
    let held = letter.bearing.held.iter();
    let gone = held.filter_map(|cause| Some((cause, cause.resolved?)));
    gone.map(|(cause, at)| {
        let diagnosis = &[&cause.diagnosis];
        let times = match cause.times {
            1 => String::new(),
            times => format!(", seen {times} times"),
        };
        let head = format!(
            "<details><summary><i>Resolved at {} UTC: {}{times}</i></summary>",
            at.strftime("%H:%M:%S"),
            cause.diagnosis.cause
        );
        let mut folded = vec![head];
        folded.extend(table(diagnosis));
        folded.extend(
            repairs(diagnosis)
                .first()
                .map(|repair| format!("{repair}.")),
        );
        folded.push(String::from("</details>"));
        folded.join("\n\n")
    })
    .collect()
}

/// How the note begins that a status was refused.
const NOTE: &str = "**The status could not be posted**: ";
/// What it promises.
const AGAIN: &str = " I try again by myself.";

/// The reply with that note folded, because the status got through; without it where there is no
/// room for it. `None`: there is no note, or it is folded.
#[must_use]
pub fn posted_after_all(body: &str, now: Timestamp) -> Option<String> {
    let (told, _) = body.rsplit_once(&format!("\n\n{NOTE}"))?;
    if told.ends_with("</summary>") {
        return None;
    }
    let rest = body.get(told.len()..)?;
    let marker = rest.rfind("\n\n<!-- ").unwrap_or(rest.len());
    let end = rest.find(FOLDED).filter(|at| *at < marker);
    let (note, rest) = rest.split_at_checked(end.unwrap_or(marker))?;
    let at = now.strftime("%H:%M:%S");
    let head =
        format!("<details><summary><i>Resolved at {at} UTC: the status is posted</i></summary>");
    let note = note.replacen(AGAIN, "", 1);
    let folded = format!("{told}\n\n{head}{note}\n\n</details>{rest}");
    Some(if folded.len() <= MOST {
        folded
    } else {
        format!("{told}{rest}")
    })
}

/// A reply whose commit's statuses were refused: it says so after what it tells, before the folded
/// evidence, which gives way where there is too little room.
#[must_use]
pub fn unposted(body: &str, why: &Diagnosis) -> String {
    let at = why.refused().map(|refused| refused.at.strftime("%H:%M:%S"));
    let first = format!(
        "{NOTE}{} ({}){}.{AGAIN}",
        meaning(why),
        code(why.cause),
        at.map(|at| format!(" at {at} UTC")).unwrap_or_default(),
    );
    let mut note = vec![first];
    note.extend(what_to_do(&[why]));
    note.extend(table(&[why]));
    let note = note.join("\n\n");
    let marker = body.rfind("\n\n<!-- ").unwrap_or(body.len());
    let folded = body.find(FOLDED).filter(|at| *at < marker);
    let told = body.get(..folded.unwrap_or(marker)).unwrap_or_default();
    let rest = body.get(told.len()..).unwrap_or_default();
    let whole = format!("{told}\n\n{note}{rest}");
    if whole.len() <= MOST {
        return whole;
    }
    let marker = body.get(marker..).unwrap_or_default();
    format!("{told}\n\n{note}{marker}")
}

impl Addressee {
    /// The comment, where it is one.
    #[must_use]
    pub const fn comment(&self) -> Option<CommentId> {
        match self {
            Self::Comment(id) => Some(*id),
            Self::Review(_) | Self::All(_) => None,
        }
    }
}
