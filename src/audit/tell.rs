//! An entry in lines for people.

use super::line::{Entry, What};
use crate::decide::evaluation::{Evaluation, GateShown, PersonShown, Trigger};
use crate::decide::reply::cause::came_back;
use std::fmt::Write as _;

/// What happened, with why and by whom: the first line says when and where, the others are indented.
#[must_use]
pub fn tell(entry: &Entry) -> String {
    let at = entry.at.strftime("%Y-%m-%d %H:%M:%S UTC");
    match &entry.what {
        What::Forgotten { through } => {
            format!(
                "{at}  entries up to number {through} were older than what is kept, and are gone\n"
            )
        }
        What::Evaluated {
            repo,
            number,
            evaluation,
        } => {
            let head = match &evaluation.head {
                Some(head) => format!(" at {}", head.short()),
                None if evaluation.gates.is_empty() => String::new(),
                None => String::from(" at no head"),
            };
            let by = triggers(&evaluation.triggers);
            let mut told = format!("{at}  {repo}#{number}{head}, because of {by}\n");
            body(&mut told, evaluation);
            told
        }
    }
}

/// What brought an evaluation about, in words.
#[must_use]
pub fn triggers(triggers: &[Trigger]) -> String {
    let words: Vec<String> = triggers.iter().map(trigger).collect();
    words.join(", ")
}

fn trigger(trigger: &Trigger) -> String {
    match trigger {
        Trigger::Comment { comment } => format!("comment {comment}"),
        Trigger::Review { by } => format!("a review by {by}"),
        Trigger::Restore { comment } => {
            format!("somebody who touched the answer to comment {comment}")
        }
        Trigger::Delivery => String::from("a webhook"),
        Trigger::Sweep => String::from("the sweep"),
        Trigger::Clock => String::from("the clock"),
    }
}

fn body(told: &mut String, evaluation: &Evaluation) {
    for gate in &evaluation.gates {
        told.push_str(&tell_gate(gate));
    }
    for status in &evaluation.statuses {
        line(
            told,
            1,
            &format!(
                "posts {} on {}: {} ({})",
                status.state,
                status.sha.short(),
                status.context,
                status.description
            ),
        );
    }
    for answer in &evaluation.answers {
        line(told, 1, &format!("answers {answer}"));
    }
    for call in &evaluation.calls {
        let at = call.at.strftime("%H:%M:%S");
        line(
            told,
            1,
            &format!(
                "asked as {} at {at}: {} {} gave {}",
                call.asked_as,
                call.method,
                call.path,
                plain(&came_back(call))
            ),
        );
    }
}

/// One gate with everybody who did something about it, indented.
#[must_use]
pub fn tell_gate(gate: &GateShown) -> String {
    let mut told = indented(1, &plain(&gate.outcome));
    for person in gate.reviews.iter().chain(&gate.declarations) {
        line(&mut told, 2, &tell_person(person));
    }
    for row in gate.diagnosis.iter().flat_map(|table| table.lines()) {
        line(&mut told, 2, &plain(row));
    }
    for next in gate.next.iter().flat_map(|next| next.lines()) {
        line(&mut told, 2, &plain(next));
    }
    told
}

fn tell_person(person: &PersonShown) -> String {
    format!(
        "{} {} {}: {}",
        person.counts.mark(),
        person.login,
        plain(&person.did),
        plain(&person.why)
    )
}

fn line(told: &mut String, depth: usize, text: &str) {
    // Writing into a text cannot fail.
    let _ = writeln!(told, "{}{text}", "  ".repeat(depth));
}

/// A line, so deep.
#[must_use]
pub fn indented(depth: usize, text: &str) -> String {
    let mut told = String::new();
    line(&mut told, depth, text);
    told
}

/// Our Markdown without its marks.
#[must_use]
pub fn plain(markdown: &str) -> String {
    markdown.replace("**", "").replace('`', "")
}
