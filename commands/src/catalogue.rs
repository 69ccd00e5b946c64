//! The one table of commands: parsing, help and the documentation are all made from it.
//!
//! Each command is a file below: its entry, how its arguments are read, how it is printed, and the
//! table of its tests. A new one is such a file, a line in `ENTRIES` and a variant of
//! [`Command`], which the compiler then asks for.

mod arguments;
pub(crate) mod declare;
pub(crate) mod help;
pub(crate) mod refire;
pub(crate) mod revoke;
pub(crate) mod whoami;

use crate::command::Command;
use crate::gates::GateTable;
use crate::grammar;
use crate::letters::bounded;
use crate::live::Line;
use crate::misuse::{Misuse, WORD_LIMIT};
use crate::slips::{self, Name};
use arguments::Arguments;

static ENTRIES: [Entry; 5] = [
    declare::ENTRY,
    revoke::ENTRY,
    refire::ENTRY,
    whoami::ENTRY,
    help::ENTRY,
];

/// All commands, in the order in which help lists them; a spelling that begins with another one's
/// stands after it.
pub fn entries() -> &'static [Entry] {
    &ENTRIES
}

/// One command as people meet it.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The canonical spelling, with its slash; a second word is part of it (`/refire help`).
    pub verb: &'static str,
    /// Other spellings.
    pub aliases: &'static [Alias],
    /// The verb with its arguments: `<needed>`, `[may be left out]`.
    pub usage: &'static str,
    /// Whose command counts, in a few words.
    pub who: &'static str,
    /// What it does, in a few words.
    pub meaning: &'static str,
    first_word: &'static str,
    second_word: Option<&'static str>,
    parse: fn(Arguments<'_>, &GateTable) -> Result<Command, Misuse>,
}

/// Another spelling of a command.
#[derive(Debug, Clone, Copy)]
pub struct Alias {
    /// The spelling, with its slash.
    pub name: &'static str,
    /// The argument that it brings along: `/qa-recheck` is `/refire` with `qa`.
    pub argument: Option<&'static str>,
}

/// How many words of a comment are still compared with ours to find slips. A comment of thousands
/// of foreign commands must not cost thousands of comparisons.
#[derive(Debug)]
pub(crate) struct Slips(usize);

impl Default for Slips {
    fn default() -> Self {
        Self(128)
    }
}

/// Whether [`hear`] may make anything of a line that begins with `verb`. Once no slips are looked
/// for any more, only a spelling is worth a look.
#[inline]
pub(crate) fn may_hear(verb: &str, slips: &Slips) -> bool {
    slips.0 > 0 || is_spelling(verb)
}

/// Whether a spelling is as long as `verb` and ends in the same letter.
fn looks_like_ours(verb: &str) -> bool {
    let last = verb.bytes().next_back().unwrap_or_default();
    verb.len() < 32 && SHAPES[usize::from(last % 32)] & (1 << verb.len()) != 0
}

/// First words that call a command whatever follows them. One of two words shares its first with
/// one of these.
static SPELLINGS: [Name<'static>; count_spellings()] = {
    let mut spellings = [Name::new(""); count_spellings()];
    let mut count = 0;
    let mut entry = 0;
    while entry < ENTRIES.len() {
        let Entry {
            first_word,
            aliases,
            second_word,
            ..
        } = ENTRIES[entry];
        if second_word.is_none() {
            spellings[count] = Name::new(first_word);
            count += 1;
            let mut alias = 0;
            while alias < aliases.len() {
                spellings[count] = Name::new(aliases[alias].name);
                count += 1;
                alias += 1;
            }
        }
        entry += 1;
    }
    spellings
};

const fn count_spellings() -> usize {
    let mut count = 0;
    let mut entry = 0;
    while entry < ENTRIES.len() {
        if ENTRIES[entry].second_word.is_none() {
            count += 1 + ENTRIES[entry].aliases.len();
        }
        entry += 1;
    }
    count
}

/// By the last five bits of a spelling's last letter, which are the same in either case: the set
/// of lengths that the spellings have which end in it.
static SHAPES: [u32; 32] = {
    let mut shapes = [0; 32];
    let mut spelling = 0;
    while spelling < SPELLINGS.len() {
        let name = SPELLINGS[spelling].text;
        let last = name.as_bytes()[name.len() - 1];
        shapes[(last % 32) as usize] |= 1 << name.len();
        spelling += 1;
    }
    shapes
};

/// A live line that is meant for us.
pub(crate) enum Heard<'t> {
    /// It calls a command. What it says is read later: it may still turn out to stand in HTML.
    Call(Line<'t>),
    /// Its word is almost a command.
    Slip(Misuse),
}

/// Whom a live line is meant for: `line` is taken if it calls a command. `None`: somebody else.
pub(crate) fn hear<'t>(line: &mut Line<'t>, slips: &mut Slips) -> Option<Heard<'t>> {
    let (_, verb) = split(line)?;
    if is_spelling(verb) {
        return Some(Heard::Call(std::mem::take(line)));
    }
    slip(verb, slips).map(Heard::Slip)
}

/// What follows the word in front of a line, and that word.
fn split<'l>(line: &'l Line<'_>) -> Option<(&'l str, &'l str)> {
    let text = line.plain();
    match line.verb() {
        Some(verb) => text
            .split_at_checked(verb.len())
            .map(|(verb, rest)| (rest, verb)),
        None => grammar::verb(text).ok(),
    }
}

fn is_spelling(verb: &str) -> bool {
    looks_like_ours(verb)
        && SPELLINGS
            .iter()
            .any(|name| verb.eq_ignore_ascii_case(name.text))
}

/// What a line that calls a command says.
pub(crate) fn read(line: &Line<'_>, gates: &GateTable) -> Option<Result<Command, Misuse>> {
    let (rest, verb) = split(line)?;
    // From the end, because there a longer spelling is met before its beginning.
    let (entry, call) = ENTRIES
        .iter()
        .rev()
        .find_map(|entry| Some((entry, entry.called(verb, rest)?)))?;
    let arguments = Arguments::new(entry.verb, call.preset, call.rest, line.marked());
    Some((entry.parse)(arguments, gates))
}

struct Call<'l> {
    preset: Option<&'static str>,
    rest: &'l str,
}

impl Entry {
    /// How `verb`, followed by `rest`, calls this command, if it does.
    fn called<'l>(&self, verb: &str, rest: &'l str) -> Option<Call<'l>> {
        let preset = self.preset(verb)?;
        let Some(second) = self.second_word else {
            return Some(Call { preset, rest });
        };
        let (rest, word) = grammar::word(rest).ok()?;
        word.eq_ignore_ascii_case(second)
            .then_some(Call { preset, rest })
    }

    /// The argument that `verb` brings along, if it is a first word of this command.
    fn preset(&self, verb: &str) -> Option<Option<&'static str>> {
        if verb.eq_ignore_ascii_case(self.first_word) {
            return Some(None);
        }
        let mut aliases = self.aliases.iter();
        let alias = aliases.find(|alias| verb.eq_ignore_ascii_case(alias.name))?;
        Some(alias.argument)
    }
}

fn slip(verb: &str, slips: &mut Slips) -> Option<Misuse> {
    slips.0 = slips.0.checked_sub(1)?;
    let spellings = SPELLINGS.iter().map(|name| (*name, name.text));
    let suggestion = slips::nearest(verb, spellings)?;
    Some(Misuse::UnknownCommand {
        word: bounded(verb, WORD_LIMIT),
        suggestion,
    })
}

/// What the tables of tests beside the commands are written with.
#[cfg(test)]
pub(crate) mod spoken {
    use crate::{GateTable, Misuse, Reading, parse};

    pub(crate) fn gates() -> GateTable {
        let gate = |name: &str, alias: &str| (name.to_owned(), vec![alias.to_owned()]);
        let gates = [gate("qa-review", "qa"), gate("security-review", "security")];
        GateTable::new(gates).unwrap()
    }

    /// What a comment of this text says, in a form that fits into a table: commands in their
    /// canonical spelling, then misuses in a few words.
    pub(crate) fn said(body: &str) -> String {
        let Reading {
            commands, misuses, ..
        } = parse(body, &gates());
        let commands = commands.iter().map(ToString::to_string);
        let all: Vec<_> = commands.chain(misuses.iter().map(short)).collect();
        all.join(" · ")
    }

    fn short(misuse: &Misuse) -> String {
        match misuse {
            Misuse::UnknownGate {
                command,
                word,
                suggestion: None,
            } => format!("{command}: no gate {word}"),
            Misuse::UnknownGate {
                command,
                word,
                suggestion: Some(gate),
            } => format!("{command}: no gate {word}, {gate}?"),
            Misuse::MissingGate { command } => format!("{command}: which gate?"),
            Misuse::UnknownCommand { word, suggestion } => format!("{word}: {suggestion}?"),
            Misuse::BadCommit { word } => format!("no commit {word}"),
            Misuse::MarkedUp { command } => format!("{command}: marked up"),
        }
    }

    /// Checks a table of comments and what they say.
    pub(crate) fn check(table: &[(&str, &str)]) {
        for (body, expected) in table {
            assert_eq!(said(body), *expected, "{body:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::spoken::check;
    use super::*;

    #[test]
    fn every_usage_begins_with_its_verb_and_every_spelling_is_distinct() {
        let mut seen = std::collections::HashSet::new();
        for entry in entries() {
            assert!(entry.usage.starts_with(entry.verb), "{}", entry.verb);
            assert!(!entry.who.is_empty() && !entry.meaning.is_empty());
            let words = std::iter::once(entry.first_word).chain(entry.second_word);
            assert_eq!(entry.verb, words.collect::<Vec<_>>().join(" "));
            let aliases = entry.aliases.iter().map(|alias| alias.name);
            for name in aliases.chain([entry.first_word]) {
                let spelling = (name, entry.second_word);
                assert!(name.starts_with('/') && seen.insert(spelling), "{name}");
            }
        }
    }

    #[test]
    fn names_are_case_insensitive() {
        check(&[
            ("/REFIRE QA", "/refire qa-review"),
            ("/Sop-N/A Qa-Review", "/sop-n/a qa-review"),
            ("/WhoAmI-Teams", "/whoami-teams"),
            ("/Refire Help", "/refire help"),
        ]);
    }

    #[test]
    fn a_name_within_edit_distance_two_is_a_slip() {
        check(&[
            ("/sop-an qa", "/sop-an: /sop-na?"),
            ("/sop/n/a qa", "/sop/n/a: /sop-n/a?"),
            ("/refrie", "/refrie: /refire?"),
            ("/REFIRE! qa", "/REFIRE!: /refire?"),
            ("/whoami-team", "/whoami-team: /whoami-teams?"),
            ("/qa-recheck.", "/qa-recheck.: /qa-recheck?"),
            ("/sop-revok qa", "/sop-revok: /sop-revoke?"),
            ("/refine", "/refine: /refire?"),
            ("/retire", "/retire: /refire?"),
        ]);
    }

    #[test]
    fn any_other_word_belongs_to_somebody_else() {
        check(&[
            ("/retest", ""),
            ("/recheck", ""),
            ("/refresh", ""),
            ("/rebase", ""),
            ("/review", ""),
            ("/lgtm", ""),
            ("/help", ""),
            ("/refire/foo", ""),
            ("/usr/bin/refire", ""),
            ("/ refire", ""),
            ("/", ""),
            ("refire", ""),
            ("please /refire", ""),
        ]);
    }

    #[test]
    fn after_many_foreign_words_slips_are_not_looked_for_but_commands_are_found() {
        let body = format!("{}/refrie\n/refire", "/other\n".repeat(128));
        check(&[(&body, "/refire")]);
        check(&[(&body[7..], "/refire · /refrie: /refire?")]);
    }
}
