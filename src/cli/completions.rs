//! `refire completions`: what a shell completes, written by clap out of the same arguments.

use super::{Cli, Exit, output};
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

/// What `completions` takes.
#[derive(Clone, Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Writes the script for this shell.
pub(super) fn run(args: &CompletionsArgs) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "refire", &mut script);
    output::answer(&String::from_utf8_lossy(&script))
}
