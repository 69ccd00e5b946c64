//! `/whoami-teams`: who somebody is to every gate's teams.

use std::fmt;

use super::Entry;
use super::arguments::Arguments;
use crate::command::Command;
use crate::gates::GateTable;
use crate::misuse::Misuse;
use crate::person::Person;

/// The entry.
pub(crate) const ENTRY: Entry = Entry {
    verb: "/whoami-teams",
    aliases: &[],
    usage: "/whoami-teams [<login>]",
    who: "anybody; about others only where outsiders cannot read along",
    meaning: "shows who you are to every gate's teams, and what the bot itself can see",
    first_word: "/whoami-teams",
    second_word: None,
    parse,
};

/// What follows the login is ignored, and so is a word that no login can be.
fn parse(mut arguments: Arguments<'_>, _: &GateTable) -> Result<Command, Misuse> {
    let person = arguments.take_person()?;
    Ok(Command::WhoAmI { person })
}

/// Writes the canonical spelling.
pub(crate) fn print(f: &mut fmt::Formatter<'_>, person: Option<&Person>) -> fmt::Result {
    f.write_str(ENTRY.verb)?;
    match person {
        None => Ok(()),
        Some(person) => write!(f, " {person}"),
    }
}

#[cfg(test)]
mod tests {
    use crate::catalogue::spoken::check;

    #[test]
    fn whoami_is_about_the_writer_or_about_one_login() {
        check(&[
            ("/whoami-teams", "/whoami-teams"),
            ("/whoami-teams quinn", "/whoami-teams quinn"),
            ("/whoami-teams @quinn", "/whoami-teams quinn"),
            (
                "/whoami-teams @Quinn-2.x, please",
                "/whoami-teams Quinn-2.x",
            ),
            ("/whoami-teams quinn.", "/whoami-teams quinn"),
            ("/whoami-teams @@quinn", "/whoami-teams"),
            ("/whoami-teams …", "/whoami-teams"),
            ("/whoami", ""),
        ]);
    }

    #[test]
    fn a_login_in_a_code_span_is_answered_and_not_guessed_at() {
        check(&[
            ("/whoami-teams `quinn`", "/whoami-teams: marked up"),
            ("/whoami-teams **quinn**", "/whoami-teams: marked up"),
        ]);
    }
}
