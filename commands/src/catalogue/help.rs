//! `/refire help`: the catalogue.

use super::Entry;
use super::arguments::Arguments;
use crate::command::Command;
use crate::gates::GateTable;
use crate::misuse::Misuse;

/// The entry.
pub(crate) const ENTRY: Entry = Entry {
    verb: "/refire help",
    aliases: &[],
    usage: "/refire help",
    who: "anybody",
    meaning: "lists the commands and who may use them",
    first_word: "/refire",
    second_word: Some("help"),
    parse,
};

/// It takes no arguments; what follows is ignored.
fn parse(_: Arguments<'_>, _: &GateTable) -> Result<Command, Misuse> {
    Ok(Command::Help)
}

#[cfg(test)]
mod tests {
    use crate::catalogue::spoken::check;

    #[test]
    fn help_is_a_word_of_refire() {
        check(&[
            ("/refire help", "/refire help"),
            ("/refire  HELP me", "/refire help"),
            ("/refire helpme", "/refire: no gate helpme"),
            ("/qa-recheck help", "/refire qa-review"),
        ]);
    }
}
