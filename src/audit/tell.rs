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
            let head = evaluation.head.as_ref().map(|head| head.short().to_owned());
            let head = head.unwrap_or_else(|| String::from("no head"));
            let by = triggers(&evaluation.triggers);
            let mut told = format!("{at}  {repo}#{number} at {head}, because of {by}\n");
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
        tell_gate(told, gate);
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

fn tell_gate(told: &mut String, gate: &GateShown) {
    line(
        told,
        1,
        &format!("{}: {}", gate.verdict, plain(&gate.outcome)),
    );
    for person in gate.reviews.iter().chain(&gate.declarations) {
        line(told, 2, &tell_person(person));
    }
    for row in gate.diagnosis.iter().flat_map(|table| table.lines()) {
        line(told, 2, &plain(row));
    }
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

/// Our Markdown without its marks.
fn plain(markdown: &str) -> String {
    markdown.replace("**", "").replace('`', "")
}
