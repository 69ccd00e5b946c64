//! `refire import-sop`: the configuration of the scripts that refire replaces, as one of ours.
//!
//! `yaml` reads the file within bounds, `old` understands it, `ours` writes. **Invariant:** nothing of
//! the file is dropped silently: what has no counterpart is a line on standard error and in what is
//! written.

mod old;
mod ours;
mod yaml;

#[cfg(test)]
mod tests;

use super::{Exit, input, output};
use crate::config::{Config, Environment};
use clap::Args;
use old::{Note, Weight};
use serde_json::json;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The largest file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// What `import-sop` takes.
#[derive(Clone, Debug, Args)]
pub struct ImportSopArgs {
    /// The scripts' configuration, such as .gitea/sop-checklist-config.yaml; `-`: standard input
    #[arg(value_name = "CONFIG.yaml")]
    pub file: PathBuf,
    /// Print one JSON object: the configuration and the notes
    #[arg(long)]
    pub json: bool,
}

/// Reads theirs and writes ours.
pub(super) fn run(args: &ImportSopArgs) -> Exit {
    let imported = read(&args.file)
        .map_err(|error| format!("{}: {error}", args.file.display()))
        .and_then(|text| import(&text).map_err(|why| format!("{}: {why}", args.file.display())));
    let imported = match imported {
        Ok(imported) => imported,
        Err(why) => {
            return output::fail(why, Exit::Usage);
        }
    };
    let answered = if args.json {
        output::answer(&imported.json())
    } else {
        for note in &imported.notes {
            output::complain(&note.to_string());
        }
        output::answer(&imported.toml)
    };
    match answered {
        Exit::Done if imported.loses() => Exit::NotSatisfied,
        answered => answered,
    }
}

fn read(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    let more_than_enough = LARGEST + 1;
    let length = input::open(file)?
        .take(more_than_enough)
        .read_to_string(&mut text)?;
    if length as u64 > LARGEST {
        return Err(io::Error::other("is larger than 1 MiB"));
    }
    Ok(text)
}

/// What became of a file.
#[derive(Debug)]
struct Imported {
    toml: String,
    notes: Vec<Note>,
}

impl Imported {
    fn loses(&self) -> bool {
        self.notes.iter().any(|note| note.weight == Weight::Lost)
    }

    fn json(&self) -> String {
        let notes = self.notes.iter();
        let notes = notes.map(|note| {
            json!({ "line": note.line, "lost": note.weight == Weight::Lost, "says": note.says })
        });
        let notes: Vec<_> = notes.collect();
        format!("{:#}\n", json!({ "toml": self.toml, "notes": notes }))
    }
}

/// Turns the text of their file into ours.
///
/// # Errors
/// Why it cannot be read, as a sentence.
fn import(text: &str) -> Result<Imported, String> {
    let (gates, mut notes) = old::understand(yaml::parse(text)?)?;
    notes.extend(ours::to_be_checked(&gates));
    let toml = ours::render(&gates, &notes);
    // What is written is read again, so that nobody is given a file that refire refuses.
    let alone = Environment::of(std::iter::empty::<(&str, &str)>());
    Config::from_toml(Some("what was written"), &toml, &alone)
        .map_err(|mistakes| format!("cannot be taken over:\n{mistakes}"))?;
    Ok(Imported { toml, notes })
}
