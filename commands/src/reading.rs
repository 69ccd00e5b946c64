//! What a whole comment says: the only way in.

use serde::Serialize;

use crate::body::Searched;
use crate::catalogue::{self, Heard, Slips};
use crate::command::Command;
use crate::gates::GateTable;
use crate::live::{self, Line};
use crate::misuse::Misuse;

/// Commands of one comment that are run.
pub const MAX_COMMANDS: usize = 16;

/// Misuses of one comment that are told.
pub const MAX_MISUSES: usize = 16;

/// What a comment says to the bot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// The distinct commands in the order of their first lines, at most [`MAX_COMMANDS`].
    pub commands: Vec<Command>,
    /// What is meant for us but wrong: distinct, in order, at most [`MAX_MISUSES`].
    pub misuses: Vec<Misuse>,
    /// Lines with a further command that were refused because [`MAX_COMMANDS`] were reached, at
    /// least: a comment is not read further after 128 lines that are meant for us.
    pub refused: usize,
    /// The body is longer than [`MAX_BODY`](crate::MAX_BODY) bytes; what follows was not searched.
    pub truncated: bool,
}

impl Reading {
    /// Nothing of ours at all: the comment gets no reply, however long it is.
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty() && self.misuses.is_empty() && self.refused == 0
    }

    fn call(&mut self, line: &Line<'_>, gates: &GateTable) {
        match catalogue::read(line, gates) {
            Some(Ok(command)) => self.add(command),
            Some(Err(misuse)) => self.complain(misuse),
            None => {}
        }
    }

    fn add(&mut self, command: Command) {
        if self.commands.contains(&command) {
            return;
        }
        if self.commands.len() < MAX_COMMANDS {
            self.commands.push(command);
        } else {
            self.refused += 1;
        }
    }

    fn complain(&mut self, misuse: Misuse) {
        if self.misuses.len() < MAX_MISUSES && !self.misuses.contains(&misuse) {
            self.misuses.push(misuse);
        }
    }

    /// Suggestions are looked up last, because only few misuses are left by then.
    fn suggest(&mut self, gates: &GateTable) {
        for misuse in &mut self.misuses {
            if let Misuse::UnknownGate {
                word, suggestion, ..
            } = misuse
            {
                *suggestion = gates.nearest(word).cloned();
            }
        }
    }
}

/// Reads a comment's body. The same command twice is one command, however it is spelt.
pub fn parse(body: &str, gates: &GateTable) -> Reading {
    let searched = Searched::of(body);
    let mut reading = Reading {
        truncated: searched.truncated,
        ..Reading::default()
    };
    // Without a line that begins with a slash no Markdown has to be read.
    if !searched.slash_line {
        return reading;
    }
    let found = live::collect(&searched.text, Listener::to(&searched));
    reading.refused = usize::from(found.stopped);
    for line in found.lines {
        match line {
            Heard::Call(line) => reading.call(&line, gates),
            Heard::Slip(misuse) => reading.complain(misuse),
        }
    }
    reading.suggest(gates);
    reading
}

/// Hears the live lines that are ours.
struct Listener<'p> {
    searched: &'p Searched<'p>,
    slips: Slips,
}

impl<'p> Listener<'p> {
    fn to(searched: &'p Searched<'p>) -> Self {
        Self {
            searched,
            slips: Slips::default(),
        }
    }
}

impl<'p> live::Reader<'p> for Listener<'p> {
    type Finding = Heard<'p>;

    fn wants(&self, verb: &str) -> bool {
        catalogue::may_hear(verb, &self.slips)
    }

    fn read(&mut self, line: &mut Line<'p>, start: usize) -> Option<Heard<'p>> {
        self.searched
            .is_finished(start)
            .then(|| catalogue::hear(line, &mut self.slips))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MAX_BODY;
    use crate::catalogue::spoken::{check, gates};

    fn declarations(count: usize) -> String {
        let line = |n| format!("/sop-n/a qa reason {n}\n");
        (0..count).map(line).collect()
    }

    #[test]
    fn one_comment_may_hold_many_commands() {
        check(&[(
            "/sop-n/a qa docs\n/refire security\ntext\n\n/whoami-teams",
            "/sop-n/a qa-review docs · /refire security-review · /whoami-teams",
        )]);
    }

    #[test]
    fn the_same_command_twice_is_run_once() {
        check(&[
            (
                "/refire qa\n/refire QA-review\n/qa-recheck",
                "/refire qa-review",
            ),
            ("/refire\n/refire all", "/refire"),
            ("/sop-n/a qa a\n/sop-na qa - a", "/sop-n/a qa-review a"),
            ("/sop-an\n/sop-an", "/sop-an: /sop-na?"),
        ]);
    }

    #[test]
    fn sixteen_commands_are_run_and_more_are_refused() {
        let reading = parse(&declarations(16), &gates());
        assert_eq!((reading.commands.len(), reading.refused), (16, 0));
        let body = declarations(19) + "/sop-n/a qa reason 0";
        let reading = parse(&body, &gates());
        assert_eq!((reading.commands.len(), reading.refused), (16, 3));
    }

    #[test]
    fn sixteen_misuses_are_told() {
        let body: String = (0..99).map(|n| format!("/refire gate{n}\n")).collect();
        let reading = parse(&body, &gates());
        assert_eq!(reading.misuses.len(), MAX_MISUSES);
        assert!(reading.commands.is_empty() && !reading.is_empty());
    }

    #[test]
    fn bodies_are_not_searched_beyond_64_kib() {
        let filler = "x".repeat(MAX_BODY);
        let reading = parse(
            &format!("/refire qa\n{filler}\n\n/refire security"),
            &gates(),
        );
        assert_eq!(reading.commands.len(), 1);
        assert!(reading.truncated);
        let reading = parse(&format!("{filler}\n\n/refire qa"), &gates());
        assert!(reading.is_empty() && reading.truncated);
        assert!(!parse(&filler, &gates()).truncated);
    }

    #[test]
    fn a_command_that_the_limit_cuts_is_not_run_half() {
        for (end, runs) in [("/refire qa", 0), ("/refire\n", 1), ("/refire\r\nqa", 1)] {
            let kept = end.find(['q', '\r', '\n']).unwrap();
            let body = "x\n".repeat(MAX_BODY / 2 - 8) + &" \n".repeat(8);
            let body = format!("{}{end}", &body[kept..]);
            let reading = parse(&body, &gates());
            assert_eq!(
                (reading.commands.len(), reading.truncated),
                (runs, true),
                "{end:?}"
            );
        }
    }

    #[test]
    fn words_of_strangers_are_bounded() {
        let reading = parse(&format!("/refire {}", "ä".repeat(9999)), &gates());
        let [Misuse::UnknownGate { word, .. }] = &reading.misuses[..] else {
            panic!("{reading:?}");
        };
        assert_eq!(word.chars().count(), 64);
    }

    #[test]
    fn a_comment_without_anything_of_ours_is_empty() {
        for body in ["", "LGTM", "/lgtm", "> /refire", "a/b"] {
            assert_eq!(parse(body, &gates()), Reading::default(), "{body}");
        }
    }
}
