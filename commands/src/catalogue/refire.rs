//! `/refire`: evaluate and post again.

use std::fmt;

use super::arguments::Arguments;
use super::{Alias, Entry};
use crate::command::{Command, Selection};
use crate::gates::GateTable;
use crate::misuse::Misuse;

/// The entry.
pub(crate) const ENTRY: Entry = Entry {
    verb: "/refire",
    aliases: &[
        Alias {
            name: "/qa-recheck",
            argument: Some("qa"),
        },
        Alias {
            name: "/security-recheck",
            argument: Some("security"),
        },
    ],
    usage: "/refire [<gate> | all]",
    who: "anybody",
    meaning: "evaluates and posts again; without argument: all gates",
    first_word: "/refire",
    second_word: None,
    parse,
};

/// Words after the gate are ignored: people are polite.
fn parse(mut arguments: Arguments<'_>, gates: &GateTable) -> Result<Command, Misuse> {
    let gates = match arguments.take_word()? {
        None => Selection::All,
        Some(word) if is_all(word) => Selection::All,
        Some(word) => Selection::One(arguments.find_gate(word, gates)?),
    };
    Ok(Command::Refire { gates })
}

fn is_all(word: &str) -> bool {
    word.trim_end_matches(|c: char| c.is_ascii_punctuation())
        .eq_ignore_ascii_case("all")
}

/// Writes the canonical spelling.
pub(crate) fn print(f: &mut fmt::Formatter<'_>, gates: &Selection) -> fmt::Result {
    f.write_str(ENTRY.verb)?;
    match gates {
        Selection::All => Ok(()),
        Selection::One(gate) => write!(f, " {gate}"),
    }
}

#[cfg(test)]
mod tests {
    use crate::catalogue::spoken::check;
    use crate::{GateTable, Misuse, parse};

    #[test]
    fn without_argument_all_gates_are_meant() {
        check(&[
            ("/refire", "/refire"),
            ("/refire all", "/refire"),
            ("/refire ALL, please", "/refire"),
            ("/refire - the build is green now", "/refire"),
            ("/refire …", "/refire"),
        ]);
    }

    #[test]
    fn one_gate_is_named_by_its_name_or_an_alias() {
        check(&[
            ("/refire qa", "/refire qa-review"),
            ("/refire Security-Review", "/refire security-review"),
            ("/refire qa please", "/refire qa-review"),
            ("/refire qa.", "/refire qa-review"),
            ("/refire qa—again", "/refire qa-review"),
            ("/refire qa `please`", "/refire qa-review"),
        ]);
    }

    #[test]
    fn the_recheck_aliases_name_their_gate() {
        check(&[
            ("/qa-recheck", "/refire qa-review"),
            ("/security-recheck now", "/refire security-review"),
        ]);
        let gates = GateTable::new([("lint".to_owned(), Vec::new())]).unwrap();
        let unknown = Misuse::UnknownGate {
            command: "/refire",
            word: "qa".to_owned(),
            suggestion: None,
        };
        assert_eq!(parse("/qa-recheck", &gates).misuses, [unknown]);
    }

    #[test]
    fn an_unknown_gate_is_a_slip_and_not_all_gates() {
        check(&[
            (
                "/refire securty",
                "/refire: no gate securty, security-review?",
            ),
            ("/refire sec", "/refire: no gate sec, security-review?"),
            ("/refire please", "/refire: no gate please"),
        ]);
    }

    #[test]
    fn a_marked_up_argument_is_not_all_gates() {
        check(&[
            ("/refire `qa`", "/refire: marked up"),
            ("/refire **qa**", "/refire: marked up"),
            ("/refire [qa](x)", "/refire: marked up"),
            ("/refire <!-- qa -->", "/refire: marked up"),
            ("/refire`qa`", "/refire: marked up"),
            ("/refire qa`-review`", "/refire: marked up"),
        ]);
    }
}
