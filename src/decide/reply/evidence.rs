//! The calls that decided, folded.

use super::cause::came_back;
use super::text::quoted;
use super::{Letter, Part};
use crate::model::Evidence;

/// How the folded evidence begins.
pub(super) const FOLDED: &str = "\n\n<details><summary><i>How this was checked</i></summary>";
/// Bytes that are kept free for the evidence when a reply is long.
pub(super) const LEAST: usize = 2048;

/// The calls of the evaluation, and what an earlier one had found out for the diagnoses in it.
pub(super) fn of(letter: &Letter) -> Vec<Evidence> {
    let mut calls = letter.calls.clone();
    for part in &letter.parts {
        let (Part::Gate(verdict) | Part::Revocation { now: verdict, .. }) = part else {
            continue;
        };
        for evidence in verdict.diagnoses().iter().flat_map(|one| &one.evidence) {
            if !calls.contains(evidence) {
                calls.push(evidence.clone());
            }
        }
    }
    calls.sort_by_key(|call| call.at);
    calls
}

/// The folded table of calls, in at most `room` bytes; empty where no call was made or none fits.
pub(super) fn render(calls: &[Evidence], room: usize) -> String {
    let head = "\n\n<details><summary><i>How this was checked</i></summary>\n\n\
                | time (UTC) | asked as | call | what came back |\n|---|---|---|---|\n";
    let foot = "\n</details>";
    let mut table = String::new();
    for row in calls.iter().map(row) {
        if head.len() + table.len() + row.len() + foot.len() > room {
            break;
        }
        table.push_str(&row);
    }
    if table.is_empty() {
        table
    } else {
        format!("{head}{table}{foot}")
    }
}

fn row(call: &Evidence) -> String {
    let at = call.at.strftime("%H:%M:%S");
    let asked = quoted(&format!("{} {}", call.method, call.path), 160);
    format!(
        "| {at} | {} | {asked} | {} |\n",
        quoted(&call.asked_as, 60),
        came_back(call)
    )
}
