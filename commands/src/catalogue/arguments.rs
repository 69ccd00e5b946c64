//! What follows a command's verb, and how the parts that several commands share are read.
//!
//! **Invariant:** gates and commits are read from plain text only. Text in a code span or a link
//! is not live, so a line that puts its argument there is answered, never guessed at.

use crate::commit::CommitPrefix;
use crate::gates::{GateName, GateTable};
use crate::grammar;
use crate::letters::{bounded, is_blank, is_separator};
use crate::misuse::{Misuse, WORD_LIMIT};
use crate::person::Person;
use crate::reason::Reason;

/// The rest of a command's line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arguments<'l> {
    command: &'static str,
    preset: Option<&'static str>,
    plain: &'l str,
    marked: Option<&'l str>,
}

impl<'l> Arguments<'l> {
    /// `plain` and `marked` follow the verb of `command`; `preset` is the argument of its alias.
    pub(crate) fn new(
        command: &'static str,
        preset: Option<&'static str>,
        plain: &'l str,
        marked: Option<&'l str>,
    ) -> Self {
        Self {
            command,
            preset,
            plain,
            marked,
        }
    }

    /// Takes the word in the gate's place; `None`: there is none.
    ///
    /// # Errors
    /// It is marked up.
    pub(crate) fn take_word(&mut self) -> Result<Option<&'l str>, Misuse> {
        if let Some(word) = self.preset.take() {
            return Ok(Some(word));
        }
        let Ok((rest, word)) = grammar::gate(self.plain) else {
            return match self.marked {
                Some(_) if self.says_nothing_plain() => Err(self.marked_up()),
                _ => Ok(None),
            };
        };
        self.plain = rest;
        if self.is_glued(grammar::ends_gate) {
            return Err(self.marked_up());
        }
        Ok(Some(word))
    }

    /// Takes the gate that the command needs.
    ///
    /// # Errors
    /// It is missing, unknown or marked up.
    pub(crate) fn take_gate(&mut self, gates: &GateTable) -> Result<GateName, Misuse> {
        let command = self.command;
        let word = self.take_word()?;
        let word = word.ok_or(Misuse::MissingGate { command })?;
        self.find_gate(word, gates)
    }

    /// The gate that `word` names, alone or with punctuation after it.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn find_gate(&self, word: &str, gates: &GateTable) -> Result<GateName, Misuse> {
        let bare = || word.trim_end_matches(|c: char| c.is_ascii_punctuation());
        let gate = gates.find(word).or_else(|| gates.find(bare()));
        gate.cloned().ok_or_else(|| Misuse::UnknownGate {
            command: self.command,
            word: bounded(word, WORD_LIMIT),
            suggestion: None,
        })
    }

    /// Takes the commit, if there is one. After a dash or colon, a word with an `@` may also be
    /// the reason's first; directly after the gate it has to be a commit.
    ///
    /// # Errors
    /// It is none, or it is marked up.
    pub(crate) fn take_commit(&mut self) -> Result<Option<CommitPrefix>, Misuse> {
        let rest = self.plain.trim_start_matches(may_precede_reason);
        let direct = self.plain.trim_start_matches(is_blank).len() == rest.len();
        let Ok((after, word)) = grammar::commit(rest) else {
            return if rest.is_empty() && self.is_marked_commit() {
                Err(self.marked_up())
            } else {
                Ok(None)
            };
        };
        let digits = word[1..].trim_end_matches(['.', '!', '?']);
        let commit = CommitPrefix::new(digits).ok();
        if commit.is_none() && !direct {
            return Ok(None);
        }
        self.plain = after;
        if self.is_glued(grammar::ends_commit) {
            return Err(self.marked_up());
        }
        let word = || bounded(word, WORD_LIMIT);
        commit
            .map(Some)
            .ok_or_else(|| Misuse::BadCommit { word: word() })
    }

    /// Takes the login, if there is one; a leading `@` does not belong to it.
    ///
    /// # Errors
    /// It is marked up.
    pub(crate) fn take_person(&mut self) -> Result<Option<Person>, Misuse> {
        let rest = self.plain.trim_start_matches(is_blank);
        let word = rest.split(is_blank).next().unwrap_or_default();
        if word.is_empty() {
            return match self.marked {
                Some(_) => Err(self.marked_up()),
                None => Ok(None),
            };
        }
        let bare = word.strip_prefix('@').unwrap_or(word);
        Ok(Person::new(bare).ok())
    }

    /// Whatever is left says why.
    pub(crate) fn reason(&self) -> Option<Reason> {
        let marked = self.marked.unwrap_or_default();
        Reason::of(self.plain.chars().chain(marked.chars()))
    }

    fn marked_up(&self) -> Misuse {
        Misuse::MarkedUp {
            command: self.command,
        }
    }

    fn says_nothing_plain(&self) -> bool {
        self.plain.chars().all(may_precede_reason)
    }

    /// Whether markup follows the last word without a character that ends it.
    fn is_glued(&self, ends: fn(char) -> bool) -> bool {
        let next = self.marked.and_then(|text| text.chars().next());
        self.plain.is_empty() && next.is_some_and(|c| !ends(c))
    }

    fn is_marked_commit(&self) -> bool {
        let text = self.marked.unwrap_or_default();
        text.trim_start_matches(may_precede_reason).starts_with('@')
    }
}

fn may_precede_reason(c: char) -> bool {
    is_blank(c) || is_separator(c)
}
