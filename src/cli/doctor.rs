//! `refire doctor`: is everything right that has to be, and what repairs what is not.

mod render;
mod stored;

use super::progress::Progress;
use super::{ConfigFile, Exit, output};
use crate::app;
use crate::config::{Config, Environment};
use crate::doctor::examine::{Examination, Examined};
use crate::doctor::repair::{Means, Seal, Step, perform, plan};
use crate::doctor::webhook::{Secret, target};
use crate::doctor::{Area, Report, Verdict};
use crate::gitea::Gitea;
use crate::model::RepoName;
use crate::telemetry;
use clap::Args;
use secrecy::SecretString;
use std::io::{IsTerminal as _, stdout};
use stored::Stored;
use url::Url;

/// What `doctor` takes.
#[derive(Clone, Debug, Args)]
pub struct DoctorArgs {
    /// Look at this repository only, such as acme/widget
    #[arg(long, value_name = "OWNER/NAME", value_parser = repo)]
    pub repo: Option<RepoName>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Make the webhook and its secret, or add the events that it lacks; says so first
    #[arg(long)]
    pub fix: bool,
    /// With --fix: where Gitea reaches the bot [default: where it listens, if that can be]
    #[arg(long, value_name = "URL", requires = "fix", value_parser = address)]
    pub webhook_url: Option<String>,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigFile,
}

fn repo(text: &str) -> Result<RepoName, String> {
    let wrong = |_| "write the repository's owner and name, for example acme/widget".to_owned();
    text.parse().map_err(wrong)
}

/// It becomes a hook's target: http or https, our path, and nobody's password.
fn address(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    let web = matches!(url.scheme(), "http" | "https") && url.has_host();
    if web && plain && url.path().ends_with(target::PATH) {
        Ok(url.into())
    } else {
        Err(format!(
            "write the address with the path {0}, for example https://refire.example.org{0}",
            target::PATH
        ))
    }
}

/// A step of `--fix` and what became of it.
struct Fix {
    step: Step,
    done: Result<String, String>,
}

/// Examines, and repairs what may be repaired.
pub(super) fn run(args: &DoctorArgs, environment: &Environment) -> Exit {
    let (config, tokens) = match args.config.load_with_tokens(environment) {
        Ok(read) => read,
        Err(mistakes) => return super::refuse(&mistakes),
    };
    let _telemetry = telemetry::start(environment, "warn");
    let gitea = match app::client(&config, &tokens) {
        Ok(gitea) => gitea,
        Err(error) => {
            return output::fail(error, Exit::Usage);
        }
    };
    let doctor = Doctor {
        args,
        config: &config,
        environment,
        gitea: &gitea,
        stored: Stored::new(&config),
    };
    match super::runtime() {
        Ok(runtime) => runtime.block_on(doctor.run()),
        Err(exit) => exit,
    }
}

struct Doctor<'a> {
    args: &'a DoctorArgs,
    config: &'a Config,
    environment: &'a Environment,
    gitea: &'a Gitea,
    stored: Stored,
}

impl Doctor<'_> {
    async fn run(&self) -> Exit {
        let mut examined = self.examine().await;
        let mut fixes = Vec::new();
        if self.args.fix {
            fixes = self.fix(&examined).await;
            if fixes.iter().any(|fix| fix.done.is_ok()) {
                examined = self.examine().await;
            }
        }
        let report = &examined.report;
        let text = if self.args.json {
            render::json(report, &fixes)
        } else {
            render::lines(report, stdout().is_terminal())
        };
        match output::answer(&text) {
            Exit::Done => exit(report),
            failed => failed,
        }
    }

    async fn examine(&self) -> Examined {
        let progress = Progress::begin();
        let tell = |area: Area| progress.look(area.words());
        let examination = Examination {
            gitea: self.gitea,
            config: self.config,
            only: self.args.repo.as_ref(),
            secret: self.secret().0,
            address: self.args.webhook_url.as_deref(),
            tell: &tell,
        };
        let examined = examination
            .run(|repositories| self.stored.look(repositories))
            .await;
        progress.end();
        examined
    }

    /// Whether deliveries can be verified, and with what: the first secret is the newest.
    fn secret(&self) -> (Secret, Option<SecretString>) {
        match self.config.resolve_webhook_secrets(self.environment) {
            Ok(secrets) => match secrets.into_iter().next() {
                Some(newest) => (Secret::There, Some(newest)),
                None => (Secret::Unconfigured, None),
            },
            Err(mistakes) => (
                Secret::Unreadable(mistakes.to_string().trim_end().to_owned()),
                None,
            ),
        }
    }

    /// Shows each step, and does it.
    async fn fix(&self, examined: &Examined) -> Vec<Fix> {
        let Some(webhook) = &examined.webhook else {
            return Vec::new();
        };
        let file = self.config.webhook_secret_file();
        let means = Means {
            runs: self.stored.runs().await,
            file: file.as_deref(),
        };
        let seal = Seal::new(self.secret().1, file.clone());
        let session = self.gitea.session();
        let mut fixes = Vec::new();
        for step in plan(webhook, means) {
            self.say(&format!("fix   {step}\n"));
            let mut done = perform(&session, &step, &seal).await;
            if let (Step::Try { repo, .. }, Ok(_)) = (&step, &done) {
                done = self.await_delivery(&session, repo).await;
            }
            let told = match &done {
                Ok(told) => format!("      done: {told}\n"),
                Err(why) => format!("      not done: {why}\n"),
            };
            self.say(&told);
            fixes.push(Fix { step, done });
        }
        fixes
    }

    /// A test delivery comes within seconds, or not at all.
    async fn await_delivery(
        &self,
        session: &crate::gitea::Session,
        repo: &RepoName,
    ) -> Result<String, String> {
        let repository = session.fetch_repository(repo).await;
        let id = repository.map_err(|error| error.to_string())?.id.get();
        if self.stored.hears_of(id).await {
            Ok(String::from("the test delivery arrived and was verified"))
        } else {
            Err(String::from(
                "no test delivery arrived that could be verified; Gitea's page of the webhook shows what became of it",
            ))
        }
    }

    fn say(&self, text: &str) {
        if !self.args.json {
            // The report that follows tells of a failed output.
            let _ = output::answer(text);
        }
    }
}

/// Not knowing wins over failing.
fn exit(report: &Report) -> Exit {
    match report.verdict() {
        Verdict::Sound => Exit::Done,
        Verdict::Failing => Exit::NotSatisfied,
        Verdict::Unknown => Exit::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_webhook_has_our_path_and_no_secret() {
        assert!(address("https://refire.example.org/webhook").is_ok());
        for wrong in [
            "https://refire.example.org/",
            "https://me:secret@refire.example.org/webhook",
            "https://refire.example.org/webhook?key=1",
            "ftp://refire.example.org/webhook",
            "refire",
        ] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
