//! Cause × place × version: whatever is wrong is called by its name wherever the bot speaks.
//!
//! [`row`] has an arm for every cause, so that a new one does not compile without somebody who
//! produces it here. A place that cannot meet a cause says why.

use crate::identities::{WRITTEN_WITHOUT_SCOPE, asked_by, read_by};
use crate::stage::{Log, Stage};
use forge::{Fault, Forge, Kind, PullHandle, Version};
use refire::app::{self, Parts};
use refire::decide::reply::cause::short;
use refire::doctor::examine::Examination;
use refire::doctor::store::{Facts, Seen};
use refire::doctor::webhook::Secret;
use refire::model::{Cause, PullNumber, PullRef};
use refire::worker::once::Once;
use std::time::Duration;

/// Where the bot speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The reply to `/refire qa`, and the statuses where no reply can be posted.
    Reply,
    /// The reply to `/whoami-teams`.
    Whoami,
    /// `refire check`.
    Check,
    /// `refire doctor`.
    Doctor,
    /// The log.
    Log,
}

/// The longest that the bot may take to speak.
const PATIENCE: Duration = Duration::from_secs(10);

const EVERYWHERE: &[Place] = &[
    Place::Reply,
    Place::Whoami,
    Place::Check,
    Place::Doctor,
    Place::Log,
];

/// How a cause is produced, and where it cannot be met.
struct Row {
    /// Further configuration.
    extra: &'static str,
    /// Where the pull request is.
    repo: &'static str,
    /// What goes wrong once the bot is there and the pull request is approved.
    harm: fn(&Forge, &PullHandle),
    /// What quinn types besides `/refire qa`.
    whoami: &'static str,
    /// The places that never meet it, each with the reason.
    never: &'static [(Place, &'static str)],
    /// How it is called where it is no refusal, and so has no row in a table of causes.
    words: Option<&'static str>,
}

const WELL: Row = Row {
    extra: "",
    repo: "acme/widget",
    harm: |_, _| (),
    whoami: "/whoami-teams",
    never: &[],
    words: None,
};

const HIDDEN_TEAM: &str = asked_by!(
    "TOKEN_PUBLIC_ONLY",
    "[gates.qa-review]\nteam = \"hidden/hidden-qa\"\naliases = [\"qa\"]\n"
);

/// What all routes about teams answer.
fn teams_answer(forge: &Forge, kind: &Kind) {
    for route in ["GET /teams/*", "GET /orgs/*/teams"] {
        forge.fault(Fault::on(route, kind.clone()).always());
    }
}

fn answer(status: u16, body: &str) -> Kind {
    Kind::Status {
        status,
        body: body.to_owned(),
        headers: Vec::new(),
    }
}

const ONE_ANSWER: &str = "the doctor asks who is in a team, not about one person";
const NOTHING_POSTED: &str = "without --post it writes nothing";
const ASKS_ABOUT_PEOPLE: &str = "it is about people and teams, not about what may be written";

fn row(cause: Cause) -> Option<Row> {
    Some(match cause {
        Cause::TokenInvalid => Row {
            extra: asked_by!("TOKEN_OF_WEAKBOT", ""),
            harm: |forge, _| forge.user("weakbot").revoke_tokens(),
            ..WELL
        },
        Cause::ScopeMissing => Row {
            extra: asked_by!("TOKEN_WITHOUT_ORGANIZATION", ""),
            ..WELL
        },
        Cause::BotNotInTeam => Row {
            extra: asked_by!("TOKEN_OF_WEAKBOT", ""),
            ..WELL
        },
        Cause::BotNotInOrg => Row {
            extra: asked_by!("TOKEN_OF_STRANGERBOT", ""),
            ..WELL
        },
        Cause::TeamUnknown => Row {
            extra: "[gates.qa-review]\nteam = \"ghosts\"\naliases = [\"qa\"]\n",
            ..WELL
        },
        Cause::PublicOnlyToken => Row {
            extra: HIDDEN_TEAM,
            ..WELL
        },
        Cause::AccountBlocked => Row {
            extra: asked_by!("TOKEN_OF_WEAKBOT", ""),
            harm: |forge, _| forge.user("weakbot").prohibit_login(),
            ..WELL
        },
        Cause::SignInRequired => Row {
            harm: |forge, _| {
                let says = r#"{"message":"Only signed in user is allowed to call APIs."}"#;
                teams_answer(forge, &answer(403, says));
            },
            ..WELL
        },
        Cause::RepoNotVisible => Row {
            extra: read_by!("TOKEN_OF_STRANGERBOT"),
            harm: |_, pull| {
                pull.repo().make_private();
            },
            never: &[(
                Place::Doctor,
                "a pattern with a star lists what is visible; one that names it is looked at",
            )],
            ..WELL
        },
        Cause::CannotWriteStatus => Row {
            extra: WRITTEN_WITHOUT_SCOPE,
            never: &[
                (Place::Whoami, ASKS_ABOUT_PEOPLE),
                (Place::Check, NOTHING_POSTED),
                (
                    Place::Doctor,
                    "the doctor calls it the scope that is missing",
                ),
            ],
            ..WELL
        },
        Cause::CannotComment => Row {
            harm: |forge, _| {
                let says = r#"{"message":"You cannot comment on a locked issue.","url":"x"}"#;
                let refused = answer(403, says);
                forge.fault(Fault::on("POST /repos/*/issues/*/comments", refused).always());
            },
            never: &[
                (Place::Whoami, "the reply itself is what cannot be posted"),
                (Place::Check, NOTHING_POSTED),
                (Place::Doctor, "a lock is of one pull request"),
            ],
            ..WELL
        },
        Cause::HeadNotInBase => Row {
            harm: |forge, pull| {
                let refused = answer(
                    500,
                    r#"{"message":"","url":"http://localhost/api/swagger"}"#,
                );
                forge.fault(Fault::on("POST /repos/*/statuses/*", refused).always());
                pull.push("alice");
            },
            never: &[
                (Place::Whoami, ASKS_ABOUT_PEOPLE),
                (Place::Check, NOTHING_POSTED),
                (Place::Doctor, "a head is of one pull request"),
            ],
            ..WELL
        },
        Cause::ProxyInBetween => Row {
            harm: |forge, _| teams_answer(forge, &Kind::Html403),
            ..WELL
        },
        Cause::ForgeUnavailable => Row {
            harm: |forge, _| teams_answer(forge, &answer(500, "{\"message\":\"\",\"url\":\"x\"}")),
            ..WELL
        },
        Cause::UserUnknown => Row {
            repo: "acme/vault",
            whoami: "/whoami-teams nobody-here",
            never: &[
                (
                    Place::Reply,
                    "who reviewed is an account, or counts as deleted",
                ),
                (Place::Check, "nobody is named there"),
                (Place::Doctor, ONE_ANSWER),
                (Place::Log, "nothing is wrong with the set-up"),
            ],
            ..WELL
        },
        Cause::NotAMember => Row {
            extra: "[gates.qa-review]\nteam = \"security\"\naliases = [\"qa\"]\n",
            never: &[
                (Place::Doctor, ONE_ANSWER),
                (Place::Log, "nothing is wrong with the set-up"),
            ],
            words: Some("not "),
            ..WELL
        },
        Cause::PushNotRecorded => Row {
            harm: |forge, pull| {
                forge.hold_timeline();
                pull.push("alice");
            },
            never: &[
                (
                    Place::Whoami,
                    "it is about people and teams, not about pushes",
                ),
                (Place::Check, "without a memory no push is ever late enough"),
                (Place::Doctor, "a push is of one pull request"),
                (Place::Log, "nothing is wrong with the set-up"),
            ],
            words: Some("never recorded the last push"),
            ..WELL
        },
        Cause::OwnerNotAnOrganisation => Row {
            extra: "[approvals]\nrequire_official = false\n",
            repo: "alice/tool",
            ..WELL
        },
        Cause::Unexplained => return None,
    })
}

/// The stage with the harm done, and what the bot was made of before.
async fn produced(version: Version, row: &Row) -> (Stage, PullHandle, Parts) {
    let mut tempo = crate::stage::tempo();
    tempo.recorded_within = Duration::ZERO;
    let stage = Stage::paced(Forge::start(version).await, row.extra, tempo).await;
    if row.repo.starts_with("alice/") {
        let repo = stage.forge.repo(row.repo);
        repo.add_writer("refire");
        let _hook = repo.hook(&stage.url.clone().unwrap_or_default(), crate::stage::SECRET);
    }
    let pull = stage.forge.new_pull("alice").in_repo(row.repo).open();
    stage.quiet().await;
    pull.approved_by("quinn");
    stage.quiet().await;
    let parts = stage.parts();
    (row.harm)(&stage.forge, &pull);
    (stage, pull, parts)
}

/// Everything that is said about a pull request when this is typed.
async fn said(stage: &Stage, pull: &PullHandle, what: &str) -> String {
    let before = pull.comments_by("refire").len();
    pull.comment("quinn", what);
    let spoke = || pull.comments_by("refire").len() > before || gave_up(pull);
    // Whoever says nothing at all is a hole, and the others are still to be looked at.
    let wait = stage.meanwhile("the bot has spoken", spoke);
    let _spoke = tokio::time::timeout(PATIENCE, wait).await;
    let mut all: Vec<String> = pull
        .comments_by("refire")
        .into_iter()
        .map(|c| c.body)
        .collect();
    all.extend(pull.status_rows().into_iter().map(|row| row.description));
    all.join("\n")
}

/// Whether the statuses say that no comment can be written.
fn gave_up(pull: &PullHandle) -> bool {
    let rows = pull.status_rows();
    rows.iter()
        .any(|row| row.description.contains(short(Cause::CannotComment)))
}

async fn checked(stage: &Stage, pull: &PullHandle) -> String {
    let bot = stage.bot.as_ref().expect("the bot is on stage");
    let (repo, number) = pull
        .name()
        .split_once('#')
        .map(|(repo, number)| (repo.parse(), number.parse().map(PullNumber::new)))
        .expect("a name");
    let once = Once {
        gitea: bot.shared.gitea.clone(),
        policy: bot.shared.policy.clone(),
        pull: PullRef {
            repo: repo.expect("a repository"),
            number: number.expect("a number"),
        },
    };
    let gates: Vec<_> = bot
        .shared
        .policy
        .gates
        .iter()
        .map(|gate| gate.name.clone())
        .collect();
    once.evaluate(&gates, false).await.told
}

async fn examined(stage: &Stage, parts: &Parts) -> String {
    let gitea = app::client(&parts.config, &parts.secrets.tokens).expect("a client");
    let examination = Examination {
        gitea: &gitea,
        config: &parts.config,
        only: None,
        secret: Secret::Unconfigured,
        address: None,
        tell: &|_| {},
    };
    let absent = |_: Vec<u64>| async {
        Facts {
            path: parts.config.store.clone(),
            seen: Seen::Absent,
            free: None,
            every: parts.config.sweep.every,
            now: stage.forge.now(),
        }
    };
    let report = examination.run(absent).await.report;
    let causes = report.findings.iter().filter_map(|finding| finding.cause);
    let causes = causes.map(|cause| cause.to_string());
    let told = report.findings.iter().map(|finding| format!("{finding:?}"));
    causes.chain(told).collect::<Vec<_>>().join("\n")
}

/// What is said at a place, the harm done.
async fn heard(version: Version, row: &Row, place: Place) -> String {
    let log = Log::begin();
    let (stage, pull, parts) = produced(version, row).await;
    let text = match place {
        Place::Reply => said(&stage, &pull, "/refire qa").await,
        Place::Whoami => said(&stage, &pull, row.whoami).await,
        Place::Check => checked(&stage, &pull).await,
        Place::Doctor => examined(&stage, &parts).await,
        Place::Log => {
            said(&stage, &pull, "/refire qa").await;
            log.text()
        }
    };
    // Afterwards everything ends: the stage fails where anything is left.
    stage.forge.heal();
    stage.forge.release_timeline();
    pull.repo().add_writer("strangerbot");
    stage.quiet().await;
    text
}

/// What is not called by its name in a version.
async fn holes(version: Version) -> Vec<String> {
    let mut holes = Vec::new();
    for cause in Cause::ALL {
        let Some(row) = row(*cause) else { continue };
        for place in EVERYWHERE {
            if row.never.iter().any(|(never, _)| never == place) {
                continue;
            }
            let text = heard(version, &row, *place).await;
            let named = text.contains(cause.id())
                || row.words.is_some_and(|words| text.contains(words))
                || (*place == Place::Reply && text.contains(short(*cause)));
            if !named || text.contains(Cause::Unexplained.id()) {
                holes.push(format!("{version:?} {cause} at {place:?}: {text}"));
            }
        }
    }
    holes
}

#[tokio::test]
async fn every_cause_is_named_everywhere_on_1_23() {
    assert_eq!(holes(Version::V1_23).await, Vec::<String>::new());
}

#[tokio::test]
async fn every_cause_is_named_everywhere_on_1_24() {
    assert_eq!(holes(Version::V1_24).await, Vec::<String>::new());
}

#[tokio::test]
async fn every_cause_is_named_everywhere_on_1_25() {
    assert_eq!(holes(Version::V1_25).await, Vec::<String>::new());
}

#[tokio::test]
async fn every_cause_is_named_everywhere_on_1_26() {
    assert_eq!(holes(Version::V1_26).await, Vec::<String>::new());
}
