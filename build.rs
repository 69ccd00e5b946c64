//! Tells the program from which commit it is built, where whoever builds it has not said so in
//! `REFIRE_COMMIT` and the sources lie in a Git repository.
//!
//! Only programs that are built to be kept know it: all others would be built again after each commit.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=REFIRE_COMMIT");
    let is_kept = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if !is_kept || env::var_os("REFIRE_COMMIT").is_some() {
        return;
    }
    // Every commit and every checkout is written down there.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={log}");
    }
    if let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) {
        println!("cargo::rustc-env=REFIRE_COMMIT={commit}");
    }
}

/// A line that Git says. `None`: there is no Git, or no repository.
fn git(arguments: &[&str]) -> Option<String> {
    let said = Command::new("git").args(arguments).output().ok()?;
    let line = String::from_utf8(said.stdout).ok()?;
    let line = line.trim();
    (said.status.success() && !line.is_empty()).then(|| line.to_owned())
}
