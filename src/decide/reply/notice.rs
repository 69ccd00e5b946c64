//! What is told although nobody asked.

use super::gate;
use super::text::{code, listed, quoted};
use super::{Letter, cause};
use crate::decide::notice::{Fell, Forged, Notice};

pub(super) fn render(notice: &Notice, letter: &Letter) -> String {
    match notice {
        Notice::Forged(told) => forged(told),
        Notice::Fell(told) => fell(told, letter),
    }
}

fn forged(told: &Forged) -> String {
    let by = match &told.by {
        Some(by) => code(&by.login),
        None => String::from("A workflow or a deleted account"),
    };
    let rows: Vec<String> = told
        .rows
        .iter()
        .map(|(context, state)| format!("{} as {}", code(context), quoted(state, 20)))
        .collect();
    let then = if told.merged {
        "this pull request was merged while it stood. Look at what was merged as at code that nobody has \
         approved."
    } else {
        "I have posted over it. I do so again whenever it happens, at most every five seconds, and do not \
         tell it again here."
    };
    format!(
        "**{by} posted a status that only I may post**: {} on {}. It said nothing true of the gate, and \
         {then}\n\nWhoever may write statuses can win the moment between. {} shows whose \
         status stands on the commit, and the doctor names contexts that others cannot produce by \
         accident.",
        listed(&rows, "and"),
        code(told.sha.short()),
        code("/refire"),
    )
}

fn fell(told: &Fell, letter: &Letter) -> String {
    let Fell { held, now } = told;
    let did = if held.declared.is_some() {
        "declared it not applicable"
    } else {
        "approved"
    };
    let teams: Vec<String> = if held.declared.is_some() {
        now.waivers.iter().map(code).collect()
    } else {
        vec![code(&now.team)]
    };
    let lead = format!(
        "**{} is not satisfied any more**: {} {did} {}, but is not in {} any more.",
        code(&now.gate),
        code(&held.by.login),
        code(held.head.short()),
        listed(&teams, "or")
    );
    let mut told = vec![lead];
    told.extend(gate::next(now, letter));
    told.extend(cause::table(&now.diagnoses()));
    told.join("\n\n")
}
