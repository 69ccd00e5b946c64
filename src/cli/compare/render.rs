//! What the comparison found, for people and for programs.

use super::difference::{Difference, Kind, Theirs};
use jiff::Timestamp;
use serde_json::json;

/// What was compared.
#[derive(Clone, Debug)]
pub(super) struct Report {
    from: Timestamp,
    left_out: usize,
    commits: usize,
    /// Contexts of commits.
    pub(super) compared: usize,
    pub(super) differences: Vec<Difference>,
    /// What could not be read, as sentences.
    pub(super) troubles: Vec<String>,
}

impl Report {
    pub(super) const fn new(from: Timestamp, left_out: usize) -> Self {
        Self {
            from,
            left_out,
            commits: 0,
            compared: 0,
            differences: Vec::new(),
            troubles: Vec::new(),
        }
    }

    /// One more commit. What matters most stands first.
    pub(super) fn take(&mut self, compared: usize, found: Vec<Difference>) {
        self.commits += 1;
        self.compared += compared;
        self.differences.extend(found);
        self.differences.sort_by_key(|found| found.kind);
    }

    fn count(&self, kind: Kind) -> usize {
        let of_kind = self.differences.iter().filter(|found| found.kind == kind);
        of_kind.count()
    }

    pub(super) fn text(&self) -> String {
        let mut text: String = self.differences.iter().map(paragraph).collect();
        for trouble in &self.troubles {
            text.push_str(&format!("could not be found out: {}\n", plain(trouble)));
        }
        if self.left_out > 0 {
            text.push_str(&format!(
                "{} older commits were left out; name a repository or a shorter --since\n",
                self.left_out
            ));
        }
        text.push_str(&self.summary());
        text
    }

    fn summary(&self) -> String {
        if self.compared == 0 {
            return format!("nothing to compare since {}\n", seconds(self.from));
        }
        format!(
            "{} statuses on {} commits since {}: {} agree, {} opposite, {} where the others said nothing, {} held back by both in other words\n",
            self.compared,
            self.commits,
            seconds(self.from),
            self.compared.saturating_sub(self.differences.len()),
            self.count(Kind::Opposite),
            self.count(Kind::Silent),
            self.count(Kind::Word),
        )
    }

    pub(super) fn json(&self) -> String {
        let found: Vec<_> = self.differences.iter().map(object).collect();
        let told = json!({
            "since": self.from,
            "commits": self.commits,
            "compared": self.compared,
            "left_out": self.left_out,
            "troubles": self.troubles,
            "differences": found,
        });
        format!("{told:#}\n")
    }
}

fn object(found: &Difference) -> serde_json::Value {
    let theirs = found.theirs.as_ref().map(|theirs| {
        json!({ "state": theirs.state, "description": theirs.description, "by": theirs.by, "at": theirs.at })
    });
    json!({
        "kind": found.kind.name(),
        "pull": format!("{}#{}", found.repo, found.number),
        "sha": found.sha.to_string(),
        "context": found.context,
        "refire": {
            "state": found.ours.state,
            "description": found.ours.description,
            "why": found.ours.why,
            "at": found.ours.at,
        },
        "others": theirs,
    })
}

fn paragraph(found: &Difference) -> String {
    let ours = &found.ours;
    let place = format!("{}#{}", found.repo, found.number);
    let mut text = format!(
        "{}: {place} at {}, {}\n  refire {}: {}: {}\n",
        found.kind.name(),
        found.sha.short(),
        plain(&found.context),
        seconds(ours.at),
        ours.state,
        plain(&ours.description),
    );
    if !ours.why.is_empty() {
        text.push_str(&format!("    because: {}\n", plain(&ours.why)));
    }
    text.push_str(&format!("  others {}\n\n", others(found.theirs.as_ref())));
    text
}

fn others(theirs: Option<&Theirs>) -> String {
    let Some(theirs) = theirs else {
        return String::from("posted nothing under it");
    };
    let at = theirs
        .at
        .map_or_else(|| String::from("at some time"), seconds);
    let by = theirs
        .by
        .as_deref()
        .unwrap_or("a workflow or a deleted account");
    format!(
        "{at}: {}: {} (by {})",
        plain(&theirs.state),
        plain(&theirs.description),
        plain(by)
    )
}

fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// In one line without control characters: strangers have written it, and a terminal shows it.
fn plain(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}
