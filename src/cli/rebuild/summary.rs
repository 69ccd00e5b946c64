//! What was built, in words and as JSON.

use crate::intake::sweep::Found;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// A store that was built anew.
#[derive(Debug)]
pub(super) struct Summary {
    pub(super) store: PathBuf,
    /// Where the old one is. `None`: there was none.
    pub(super) aside: Option<PathBuf>,
    pub(super) found: Vec<Found>,
    /// How old a command may be.
    pub(super) lookback: Duration,
}

impl Summary {
    /// Some lines for people.
    pub(super) fn text(&self) -> String {
        let repositories = count(self.found.len(), "repository", "repositories");
        let pulls = count(
            self.sum(|found| found.pulls),
            "open pull request",
            "open pull requests",
        );
        let commands = count(self.sum(|found| found.commands), "command", "commands");
        let lookback = jiff::SignedDuration::try_from(self.lookback).unwrap_or_default();
        let answered = self.sum(|found| found.answered);
        let old = self.aside.as_ref().map_or_else(
            || "There was no store before.".to_owned(),
            |aside| {
                format!(
                    "The old one is {}; delete it when you like.",
                    aside.display()
                )
            },
        );
        format!(
            "{store} was built anew from {repositories}: {pulls}, and {commands} younger than \
             {lookback:#}, {answered} of which have an answer already.\n{old}\nWhen the bot starts \
             it looks at each of them and answers what has no answer. Declarations made before count \
             as not heard by webhook.\n",
            store = self.store.display(),
        )
    }

    /// The same for programs.
    pub(super) fn json(&self) -> Value {
        let repositories = self.found.iter().map(|found| {
            json!({
                "repository": found.repo.to_string(),
                "open_pulls": found.pulls,
                "commands": found.commands,
                "answered": found.answered,
            })
        });
        json!({
            "store": self.store.display().to_string(),
            "moved_aside": self.aside.as_ref().map(|aside| aside.display().to_string()),
            "open_pulls": self.sum(|found| found.pulls),
            "commands": self.sum(|found| found.commands),
            "answered": self.sum(|found| found.answered),
            "repositories": repositories.collect::<Vec<_>>(),
        })
    }

    fn sum(&self, of: impl Fn(&Found) -> usize) -> usize {
        self.found.iter().map(of).sum()
    }
}

fn count(many: usize, one: &str, more: &str) -> String {
    let noun = if many == 1 { one } else { more };
    format!("{many} {noun}")
}
