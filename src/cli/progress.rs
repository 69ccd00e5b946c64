//! How far long work has come: a bar or a line that changes on a terminal, lines elsewhere.

use crate::model::RepoName;
use std::io::{self, IsTerminal as _, Write as _};

/// How many characters the bar takes.
const WIDTH: usize = 30;

/// What has been done.
pub(super) struct Progress {
    done: usize,
    bar: bool,
}

impl Progress {
    pub(super) fn begin() -> Self {
        Self {
            done: 0,
            bar: io::stderr().is_terminal(),
        }
    }

    /// One more of so many.
    pub(super) fn step(&mut self, repo: &RepoName, of: usize) {
        self.done += 1;
        let text = if self.bar {
            // The rest of the line is what stood there before.
            format!("\r{} {repo}\x1b[K", bar(self.done, of))
        } else {
            format!("{}/{of} {repo}\n", self.done)
        };
        show(&text);
    }

    /// What is looked at now, where nobody knows how much there is.
    pub(super) fn look(&self, what: &str) {
        show(&if self.bar {
            format!("\r{what} …\x1b[K")
        } else {
            format!("{what}\n")
        });
    }

    /// All is done: the bar makes way for the answer.
    pub(super) fn end(self) {
        if self.bar {
            show("\r\x1b[K");
        }
    }
}

fn bar(done: usize, of: usize) -> String {
    let filled = (WIDTH * done).checked_div(of).unwrap_or(WIDTH).min(WIDTH);
    let (full, empty) = ("█".repeat(filled), "░".repeat(WIDTH - filled));
    format!("{full}{empty} {done}/{of}")
}

/// Nothing can be done about a closed terminal.
fn show(text: &str) {
    let mut out = io::stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_as_full_as_the_work_is_done() {
        assert_eq!(bar(0, 3), format!("{} 0/3", "░".repeat(30)));
        let third = format!("{}{} 1/3", "█".repeat(10), "░".repeat(20));
        assert_eq!(bar(1, 3), third);
        assert_eq!(bar(3, 3), format!("{} 3/3", "█".repeat(30)));
        assert_eq!(bar(0, 0), format!("{} 0/0", "█".repeat(30)));
    }
}
