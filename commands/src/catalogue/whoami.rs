//! `/whoami-teams`: who the writer is to every gate's teams.

use super::Entry;
use super::arguments::Arguments;
use crate::command::Command;
use crate::gates::GateTable;
use crate::misuse::Misuse;

/// The entry.
pub(crate) const ENTRY: Entry = Entry {
    verb: "/whoami-teams",
    aliases: &[],
    usage: "/whoami-teams",
    who: "anybody",
    meaning: "shows who you are to every gate's teams, and what the bot itself can see",
    first_word: "/whoami-teams",
    second_word: None,
    parse,
};

/// It takes no arguments; what follows is ignored.
fn parse(_: Arguments<'_>, _: &GateTable) -> Result<Command, Misuse> {
    Ok(Command::WhoAmI)
}

#[cfg(test)]
mod tests {
    use crate::catalogue::spoken::check;

    #[test]
    fn whoami_takes_no_arguments() {
        check(&[
            ("/whoami-teams", "/whoami-teams"),
            ("/whoami-teams please", "/whoami-teams"),
            ("/whoami", ""),
        ]);
    }
}
