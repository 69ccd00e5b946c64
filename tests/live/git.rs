//! What only Git itself can do to a branch.

use std::process::Command;
use tempfile::TempDir;

/// A clone without files, of somebody who may push.
pub(crate) struct Clone {
    place: TempDir,
    url: String,
    login: String,
    password: &'static str,
}

impl Clone {
    /// Fetches every branch.
    pub(crate) fn of(url: &str, login: &str, password: &'static str) -> Self {
        let place = tempfile::tempdir();
        let clone = Self {
            place: place.unwrap_or_else(|error| panic!("no directory for a clone: {error}")),
            url: url.to_owned(),
            login: login.to_owned(),
            password,
        };
        clone.git(&["init", "--quiet", "--bare"]);
        clone.git(&["fetch", "--quiet", url, "+refs/heads/*:refs/heads/*"]);
        clone
    }

    /// The branch is this commit from now on, whatever it was before.
    pub(crate) fn force(&self, branch: &str, sha: &str) {
        let to = format!("{sha}:refs/heads/{branch}");
        self.git(&["push", "--quiet", "--force", &self.url, &to]);
    }

    fn git(&self, words: &[&str]) {
        let helper = "!f() { echo username=$LIVE_LOGIN; echo password=$LIVE_PASSWORD; }; f";
        let variables = [
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "credential.helper"),
            ("GIT_CONFIG_VALUE_0", helper),
            ("LIVE_LOGIN", &self.login),
            ("LIVE_PASSWORD", self.password),
        ];
        let mut command = Command::new("git");
        command
            .args(words)
            .current_dir(self.place.path())
            .envs(variables);
        let ran = command.output();
        let ran = ran.unwrap_or_else(|error| panic!("this story needs Git: {error}"));
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "git {words:?}: {said}");
    }
}
