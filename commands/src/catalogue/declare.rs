//! `/sop-n/a`: a gate does not apply.

use std::fmt;

use super::arguments::Arguments;
use super::{Alias, Entry};
use crate::command::Command;
use crate::commit::CommitPrefix;
use crate::gates::{GateName, GateTable};
use crate::misuse::Misuse;
use crate::reason::Reason;

/// The entry.
pub(crate) const ENTRY: Entry = Entry {
    verb: "/sop-n/a",
    aliases: &[Alias {
        name: "/sop-na",
        argument: None,
    }],
    usage: "/sop-n/a <gate> [@commit] [reason]",
    who: "members of a team that may waive the gate, on somebody else's pull request",
    meaning: "declares the gate not applicable",
    first_word: "/sop-n/a",
    second_word: None,
    parse,
};

fn parse(mut arguments: Arguments<'_>, gates: &GateTable) -> Result<Command, Misuse> {
    Ok(Command::Declare {
        gate: arguments.take_gate(gates)?,
        commit: arguments.take_commit()?,
        reason: arguments.reason(),
    })
}

/// Writes the canonical spelling. A reason that begins with an `@` and could be taken for a commit
/// stands behind a hyphen.
pub(crate) fn print(
    f: &mut fmt::Formatter<'_>,
    gate: &GateName,
    commit: Option<&CommitPrefix>,
    reason: Option<&Reason>,
) -> fmt::Result {
    write!(f, "{} {gate}", ENTRY.verb)?;
    if let Some(commit) = commit {
        write!(f, " @{commit}")?;
    }
    let Some(reason) = reason else { return Ok(()) };
    let ambiguous = commit.is_none() && reason.as_str().starts_with('@');
    f.write_str(if ambiguous { " - " } else { " " })?;
    reason.write_escaped(f)
}

#[cfg(test)]
mod tests {
    use crate::catalogue::spoken::check;

    #[test]
    fn a_declaration_names_a_gate() {
        check(&[
            ("/sop-n/a qa-review", "/sop-n/a qa-review"),
            ("/sop-na qa", "/sop-n/a qa-review"),
            ("/sop-n/a", "/sop-n/a: which gate?"),
            ("/sop-n/a - docs only", "/sop-n/a: which gate?"),
            ("/sop-n/a @91bc0d2", "/sop-n/a: which gate?"),
            ("/sop-n/a all", "/sop-n/a: no gate all"),
            (
                "/sop-n/a securty docs",
                "/sop-n/a: no gate securty, security-review?",
            ),
            ("/sop-n/a lint docs", "/sop-n/a: no gate lint"),
        ]);
    }

    #[test]
    fn a_leading_hyphen_dash_or_colon_of_the_reason_is_dropped() {
        check(&[
            ("/sop-n/a qa docs only", "/sop-n/a qa-review docs only"),
            ("/sop-n/a qa - docs only", "/sop-n/a qa-review docs only"),
            ("/sop-n/a qa – docs only", "/sop-n/a qa-review docs only"),
            ("/sop-n/a qa: docs only", "/sop-n/a qa-review docs only"),
            ("/sop-n/a qa-review, docs", "/sop-n/a qa-review docs"),
            ("/sop-n/a qa —", "/sop-n/a qa-review"),
        ]);
    }

    #[test]
    fn i19_an_em_dash_between_name_and_note_is_a_separator() {
        check(&[
            (
                "/sop-n/a qa-review—docs only",
                "/sop-n/a qa-review docs only",
            ),
            (
                "/sop-n/a qa-review — docs only",
                "/sop-n/a qa-review docs only",
            ),
            (
                "/sop-n/a qa-review @91bc0d2—docs",
                "/sop-n/a qa-review @91bc0d2 docs",
            ),
        ]);
    }

    #[test]
    fn i17_a_declaration_for_an_unknown_gate_is_told() {
        check(&[(
            "/sop-n/a comprehensive-testing — x",
            "/sop-n/a: no gate comprehensive-testing",
        )]);
    }

    #[test]
    fn a_declaration_may_name_the_commit() {
        check(&[
            (
                "/sop-n/a qa @91BC0D2 docs",
                "/sop-n/a qa-review @91bc0d2 docs",
            ),
            (
                "/sop-n/a qa @91bc0d2: docs",
                "/sop-n/a qa-review @91bc0d2 docs",
            ),
            (
                "/sop-n/a qa@91bc0d2, docs",
                "/sop-n/a qa-review @91bc0d2 docs",
            ),
            (
                "/sop-n/a qa - @91bc0d2 docs",
                "/sop-n/a qa-review @91bc0d2 docs",
            ),
            ("/sop-n/a qa @91bc0d2.", "/sop-n/a qa-review @91bc0d2"),
            ("/sop-n/a qa @head docs", "no commit @head"),
            ("/sop-n/a qa @91bc0d", "no commit @91bc0d"),
            ("/sop-n/a qa @ 91bc0d2", "no commit @"),
            (
                "/sop-n/a qa - @bob said so",
                "/sop-n/a qa-review - @bob said so",
            ),
            ("/sop-n/a qa 91bc0d2", "/sop-n/a qa-review 91bc0d2"),
        ]);
    }

    #[test]
    fn gate_and_commit_must_be_plain_text_and_the_reason_need_not() {
        check(&[
            ("/sop-n/a `qa` docs", "/sop-n/a: marked up"),
            ("/sop-n/a q**a** docs", "/sop-n/a: marked up"),
            ("/sop-n/a qa @`91bc0d2`", "/sop-n/a: marked up"),
            ("/sop-n/a qa `@91bc0d2`", "/sop-n/a: marked up"),
            ("/sop-n/a qa @91bc0d2`f`", "/sop-n/a: marked up"),
            ("/sop-n/a qa [@91bc0d2](x) docs", "/sop-n/a: marked up"),
            (
                "/sop-n/a qa `docs` *and* [so](x) on",
                "/sop-n/a qa-review docs and so on",
            ),
            ("/sop-n/a qa-review<br>—docs", "/sop-n/a qa-review docs"),
        ]);
    }
}
