//! The doctor against the stand-in in all its versions: what is broken is what is found.

use crate::identities::WEAK_FIRST;
use crate::stage::{Stage, holds};
use forge::{Fault, Forge, Kind, Protection, Version};
use insta::assert_snapshot;
use refire::app;
use refire::config::{Config, Environment};
use refire::doctor::examine::Examination;
use refire::doctor::identities::running::Running;
use refire::doctor::store::{Facts, Seen};
use refire::doctor::webhook::Secret;
use refire::doctor::{Check, Finding, Level, Report, Verdict};
use refire::gitea::Gitea;
use refire::model::Cause;
use refire::socket;
use std::sync::Arc;

const QA: &str = "qa-review / approved (pull_request)";
const TARGET: &str = "qa-review / approved (pull_request_target)";

/// A forge of the recordings in which nothing fails.
async fn sound(version: Version) -> Forge {
    let forge = Forge::start(version).await;
    forge.standard_world();
    forge.org("acme").team("security").may_write();
    for name in ["widget", "gadget", "vault", "oldname", "attic"] {
        forge
            .repo(&format!("acme/{name}"))
            .protect("main", &requires(&["*-review / *"]));
    }
    forge
}

fn requires(contexts: &[&str]) -> Protection {
    Protection {
        contexts: contexts
            .iter()
            .map(|context| (*context).to_owned())
            .collect(),
        ..Protection::default()
    }
}

/// What the doctor finds with this token, or with the identities of `extra`.
async fn examined(forge: &Forge, token: &str, repositories: &str, extra: &str) -> Report {
    let asked = Asked {
        token,
        repositories,
        extra,
    };
    examined_beside(forge, asked, Seen::Absent).await
}

/// What the doctor is asked for.
struct Asked<'a> {
    token: &'a str,
    repositories: &'a str,
    extra: &'a str,
}

/// The same where this is seen of the store.
async fn examined_beside(forge: &Forge, asked: Asked<'_>, seen: Seen) -> Report {
    let Asked {
        token,
        repositories,
        extra,
    } = asked;
    let text = format!(
        "[forge]\nurl = \"{}\"\nrepositories = [{repositories}]\n{extra}",
        forge.url()
    );
    // A revoked token is not there to be asked for.
    let second = if extra.contains("OTHER_TOKEN") {
        forge.token("weakbot")
    } else {
        String::new()
    };
    let variables = [("REFIRE_TOKEN", token), ("OTHER_TOKEN", second.as_str())];
    let (config, gitea) = prepared(&text, &variables);
    let examination = Examination {
        gitea: &gitea,
        config: &config,
        only: None,
        secret: Secret::Unconfigured,
        address: None,
        tell: &|_| {},
    };
    let absent = |_: Vec<u64>| async {
        Facts {
            path: config.store.clone(),
            seen,
            free: None,
            every: config.sweep.every,
            now: forge.now(),
        }
    };
    examination.run(absent).await.report
}

/// A configuration and its client, as the program makes them.
fn prepared(text: &str, variables: &[(&str, &str)]) -> (Config, Gitea) {
    let environment = Environment::of(variables.iter().copied());
    let config =
        Config::from_toml(Some("refire.toml"), text, &environment).expect("a configuration");
    let tokens = config.resolve_tokens(&environment).expect("tokens");
    let gitea = app::client(&config, &tokens).expect("a client");
    (config, gitea)
}

/// What the quick part finds with this token of the bot's.
async fn examined_quickly(forge: &Forge, token: &str, repositories: &str) -> Report {
    let text = format!(
        "[forge]\nurl = \"{}\"\nrepositories = [{repositories}]\n\
         [[identity]]\nname = \"refire\"\ntoken_env = \"REFIRE_TOKEN\"\nlogin = \"refire\"\n",
        forge.url()
    );
    let token = forge.token(token);
    let (config, gitea) = prepared(&text, &[("REFIRE_TOKEN", token.as_str())]);
    let examination = Examination {
        gitea: &gitea,
        config: &config,
        only: None,
        secret: Secret::There,
        address: None,
        tell: &|_| {},
    };
    examination.run_quickly().await
}

/// The finding of this check that fails.
#[track_caller]
fn failing(report: &Report, check: Check) -> &Finding {
    let found = report.failing().find(|finding| finding.check == check);
    found.unwrap_or_else(|| panic!("{check:?} does not fail in {:#?}", report.findings))
}

/// Something that can be wrong, and how the doctor is to call it.
struct Ill {
    name: &'static str,
    token: &'static str,
    repositories: &'static str,
    harm: fn(&Forge),
    check: Check,
    cause: Cause,
    repair: &'static str,
}

const WELL: Ill = Ill {
    name: "nothing",
    token: "bot",
    repositories: "\"acme/*\"",
    harm: |_| (),
    check: Check::Reachable,
    cause: Cause::Unexplained,
    repair: "",
};

/// Gitea's answer where nobody may ask without signing in, whoever asks (gitea-facts §1.6).
fn only_signed_in(forge: &Forge) {
    let body = r#"{"message":"Only signed in user is allowed to call APIs."}"#;
    let kind = Kind::Status {
        status: 403,
        body: body.to_owned(),
        headers: Vec::new(),
    };
    forge.fault(Fault::on("GET /version", kind.clone()).always());
    forge.fault(Fault::on("GET /user", kind).always());
}

const ILLS: &[Ill] = &[
    Ill {
        name: "the token was revoked",
        harm: |forge| forge.user("refire").revoke_tokens(),
        check: Check::Token,
        cause: Cause::TokenInvalid,
        repair: "Issue a new token",
        ..WELL
    },
    Ill {
        name: "the account is prohibited",
        harm: |forge| forge.user("refire").prohibit_login(),
        check: Check::Token,
        cause: Cause::AccountBlocked,
        repair: "; a site administrator can: `http",
        ..WELL
    },
    Ill {
        name: "the account must change its password",
        token: "max",
        check: Check::Token,
        cause: Cause::AccountBlocked,
        repair: "Change the password of the account",
        ..WELL
    },
    Ill {
        name: "nobody is answered without a token",
        harm: only_signed_in,
        check: Check::Token,
        cause: Cause::SignInRequired,
        repair: "Configure a token",
        ..WELL
    },
    Ill {
        name: "no read:organization",
        token: "bot-no-organization",
        check: Check::Scopes,
        cause: Cause::ScopeMissing,
        repair: "`read:organization`",
        ..WELL
    },
    Ill {
        name: "no write:issue",
        token: "bot-no-issue",
        check: Check::Scopes,
        cause: Cause::ScopeMissing,
        repair: "`write:issue`",
        ..WELL
    },
    Ill {
        name: "no write:repository",
        token: "bot-no-repository",
        check: Check::Scopes,
        cause: Cause::ScopeMissing,
        repair: "`write:repository`",
        ..WELL
    },
    Ill {
        name: "public only",
        token: "bot-public-only",
        check: Check::PublicOnly,
        cause: Cause::PublicOnlyToken,
        repair: "without “public only”",
        ..WELL
    },
    Ill {
        name: "not in the team",
        harm: |forge| {
            forge.org("acme").team("qa").remove("refire");
        },
        check: Check::Sight,
        cause: Cause::BotNotInTeam,
        repair: "Add `refire` to the team `acme/qa`",
        ..WELL
    },
    Ill {
        name: "not in the organisation",
        token: "strangerbot",
        check: Check::Sight,
        cause: Cause::BotNotInOrg,
        repair: "Add `strangerbot` to the team `acme/qa`",
        ..WELL
    },
    Ill {
        name: "the team was renamed",
        harm: |forge| {
            forge.org("acme").team("qa").rename("quality");
        },
        check: Check::Sight,
        cause: Cause::TeamUnknown,
        repair: "Correct the gate's `team`",
        ..WELL
    },
    Ill {
        name: "the repository is not visible",
        token: "strangerbot",
        repositories: "\"acme/vault\"",
        check: Check::Pattern,
        cause: Cause::RepoNotVisible,
        repair: " access to `acme/",
        ..WELL
    },
    Ill {
        name: "no right to write",
        token: "strangerbot",
        check: Check::Writable,
        cause: Cause::CannotWriteStatus,
        repair: "write access to the code",
        ..WELL
    },
    Ill {
        name: "the owner is a person",
        repositories: "\"alice/tool\"",
        harm: |forge| {
            let _tool = forge.repo("alice/tool");
        },
        check: Check::Sight,
        cause: Cause::OwnerNotAnOrganisation,
        repair: "`organisation/team`",
        ..WELL
    },
    Ill {
        name: "a proxy answers",
        harm: |forge| forge.fault(Fault::on("GET /version", Kind::Html403).always()),
        check: Check::Reachable,
        cause: Cause::ProxyInBetween,
        repair: "User-Agent",
        ..WELL
    },
    Ill {
        name: "the server is down",
        harm: Forge::stop,
        check: Check::Reachable,
        cause: Cause::ForgeUnavailable,
        repair: "`forge.url`",
        ..WELL
    },
];

#[tokio::test]
async fn what_is_broken_is_what_is_found_in_every_version() {
    for version in Version::ALL {
        for ill in ILLS {
            let forge = sound(version).await;
            let token = forge.token(ill.token);
            (ill.harm)(&forge);
            let report = examined(&forge, &token, ill.repositories, "").await;
            let finding = failing(&report, ill.check);
            let name = ill.name;
            assert_eq!(
                finding.cause,
                Some(ill.cause),
                "{version:?} {name}: {finding:#?}"
            );
            let repair = finding.repair.as_deref().unwrap_or_default();
            assert!(repair.contains(ill.repair), "{version:?} {name}: {repair}");
            let unknown = matches!(ill.cause, Cause::ProxyInBetween | Cause::ForgeUnavailable);
            let verdict = if unknown {
                Verdict::Unknown
            } else {
                Verdict::Failing
            };
            assert_eq!(report.verdict(), verdict, "{version:?} {name}");
        }
    }
}

#[tokio::test]
async fn where_nothing_is_broken_nothing_fails_in_any_version() {
    for version in Version::ALL {
        let forge = sound(version).await;
        let report = examined(&forge, &forge.token("bot"), "\"acme/*\"", "").await;
        let failing: Vec<&Finding> = report.failing().collect();
        assert!(failing.is_empty(), "{version:?} {failing:#?}");
        assert_eq!(report.verdict(), Verdict::Sound);
    }
}

#[tokio::test]
async fn a_second_factor_that_the_server_demands_is_named() {
    for version in [Version::V1_24, Version::V1_25, Version::V1_26] {
        let forge = sound(version).await;
        forge.demand_second_factor();
        let report = examined(&forge, &forge.token("bot"), "\"acme/*\"", "").await;
        let finding = failing(&report, Check::SecondFactor);
        assert_eq!(finding.cause, Some(Cause::AccountBlocked), "{version:?}");
        holds(&finding.what, &["demands a second factor"]);
    }
}

#[tokio::test]
async fn scopes_are_found_by_harmless_calls_where_the_server_lists_none() {
    let forge = sound(Version::V1_26).await;
    // As Forgejo words it, and Gitea did up to 1.22 (gitea-facts §1.6).
    let body = r#"{"message":"token does not have at least one of required scope(s): [read:admin]","url":"http://localhost/api/swagger"}"#;
    let kind = Kind::Status {
        status: 403,
        body: body.to_owned(),
        headers: Vec::new(),
    };
    forge.fault(Fault::on("GET /admin/hooks", kind).always());
    let before = forge.repo("acme/widget").head("main");
    for (token, lacks, spare) in [
        ("bot", None, Some("`read:notification`")),
        ("bot-no-issue", Some("lacks `write:issue`"), None),
        (
            "bot-no-organization",
            Some("lacks `read:organization`"),
            None,
        ),
        (
            "bot-seed-scopes",
            Some("lacks `read:user`"),
            Some("`read:notification`"),
        ),
        ("quinn", None, Some("`write:user`")),
    ] {
        let report = examined(&forge, &forge.token(token), "\"acme/widget\"", "").await;
        let find = |check, level| {
            report
                .findings
                .iter()
                .find(|f| f.check == check && f.level == level)
        };
        let missing = find(Check::Scopes, Level::Fail).map(|finding| finding.what.as_str());
        assert_eq!(missing.is_some(), lacks.is_some(), "{token}: {missing:?}");
        assert!(
            lacks.is_none_or(|lacks| missing.is_some_and(|m| m.contains(lacks))),
            "{missing:?}"
        );
        let spared = find(Check::SparesScopes, Level::Warn).map(|finding| finding.what.as_str());
        assert_eq!(spared.is_some(), spare.is_some(), "{token}: {spared:?}");
        assert!(
            spare.is_none_or(|spare| spared.is_some_and(|s| s.contains(spare))),
            "{spared:?}"
        );
    }
    let took_effect = forge
        .calls()
        .into_iter()
        .filter(|call| call.is_write() && call.status < 400);
    let took_effect: Vec<String> = took_effect.map(|call| call.name()).collect();
    assert_eq!(took_effect, Vec::<String>::new());
    assert_eq!(forge.repo("acme/widget").head("main"), before);
}

#[tokio::test]
async fn branches_beyond_the_first_500_are_not_passed_over_in_silence() {
    let forge = sound(Version::V1_26).await;
    let repo = forge.repo("acme/widget");
    for number in 0..510 {
        repo.branch(&format!("topic-{number:03}"));
    }
    let report = examined(&forge, &forge.token("bot"), "\"acme/widget\"", "").await;
    let mut findings = report.findings.iter();
    let told = findings.find(|finding| finding.check == Check::Branches);
    let told = told.expect("a finding");
    assert_eq!(told.level, Level::Warn);
    holds(
        &told.what,
        &["branches of `acme/widget` only the first 500 were looked at"],
    );
}

#[tokio::test]
async fn the_quick_part_tells_a_person_from_a_team_that_is_not_there() {
    for version in Version::ALL {
        let forge = sound(version).await;
        let _tool = forge.repo("alice/tool");
        // Who people are may be asked with the one token and not with the other.
        for token in ["bot", "bot-seed-scopes"] {
            for repositories in ["\"acme/*\", \"alice/*\"", "\"alice/tool\""] {
                let report = examined_quickly(&forge, token, repositories).await;
                let failing: Vec<&Finding> = report.failing().collect();
                assert!(!failing.is_empty(), "{version:?} {token}");
                for finding in failing {
                    let cause = Some(Cause::OwnerNotAnOrganisation);
                    assert_eq!(finding.cause, cause, "{version:?} {token}: {finding:#?}");
                    holds(&finding.what, &["`alice/"]);
                }
            }
        }
    }
}

#[tokio::test]
async fn two_identities_are_each_looked_at_and_one_that_sees_is_enough() {
    let forge = sound(Version::V1_26).await;
    let two = "[[identity]]\nname = \"weak\"\ntoken_env = \"OTHER_TOKEN\"\nuses = [\"teams\"]\n\
               [[identity]]\nname = \"refire\"\ntoken_env = \"REFIRE_TOKEN\"\n";
    let report = examined(&forge, &forge.token("bot"), "\"acme/widget\"", two).await;
    assert_eq!(report.verdict(), Verdict::Sound, "{:#?}", report.findings);
    let blind = report
        .findings
        .iter()
        .find(|f| f.check == Check::Sight && f.level == Level::Warn);
    holds(
        &blind.expect("a warning").what,
        &["`weakbot` is in the organisation `acme`, not in the team"],
    );
    let one = "[[identity]]\nname = \"one\"\ntoken_env = \"REFIRE_TOKEN\"\nuses = [\"read\", \"teams\"]\n\
               [[identity]]\nname = \"two\"\ntoken_env = \"REFIRE_TOKEN\"\nuses = [\"write\"]\n";
    let report = examined(&forge, &forge.token("bot"), "\"acme/widget\"", one).await;
    let shared = report
        .findings
        .iter()
        .find(|f| f.check == Check::SharedAccount);
    holds(
        &shared.expect("a warning").what,
        &["`one` and `two` are one account, `refire`"],
    );
}

#[tokio::test]
async fn the_running_bot_is_asked_whom_it_passes_over() {
    let stage = Stage::with(WEAK_FIRST).await;
    stage.forge.user("weakbot").revoke_tokens();
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), "success: approved by quinn of acme/qa");
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("refire.db");
    let door = socket::open(&path, Arc::clone(&stage.store) as _).expect("a socket");
    let gitea = stage.bot.as_ref().expect("the bot").shared.gitea.clone();
    door.tell_of_identities(move || Running::of(&gitea));
    let memory = socket::ask(&path, &[]).await.expect("an answer");
    let token = stage.forge.token("bot");
    let asked = Asked {
        token: &token,
        repositories: "\"acme/widget\"",
        extra: "",
    };
    let report = examined_beside(&stage.forge, asked, Seen::Running(memory)).await;
    let told = report
        .findings
        .iter()
        .find(|finding| finding.check == Check::PassedOver)
        .expect("a finding");
    assert_eq!(
        (told.level, told.cause),
        (Level::Warn, Some(Cause::TokenInvalid))
    );
    holds(
        &told.what,
        &["the running bot does not ask identity `weak` until "],
    );
    holds(
        told.repair.as_deref().unwrap_or_default(),
        &["Issue a new token for `weakbot`"],
    );
    let areas: Vec<_> = report.findings.iter().map(|finding| finding.area).collect();
    assert!(areas.is_sorted(), "{areas:?}");
}

#[tokio::test]
async fn i05_a_pull_request_that_is_pending_for_ever_is_explained_before_and_freed_after() {
    let stage = Stage::set().await;
    let repo = stage.forge.repo("acme/widget");
    repo.protect("main", &requires(&[TARGET]));
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.says(&pull, "alice", "/refire qa").await;
    assert_eq!(stage.qa(&pull), "success: approved by quinn of acme/qa");
    assert!(
        pull.merge("olivia").is_err(),
        "what is required is never posted"
    );
    let report = examined(
        &stage.forge,
        &stage.forge.token("bot"),
        "\"acme/widget\"",
        "",
    )
    .await;
    let finding = failing(&report, Check::Misspelt);
    let pending = "which is never posted, and every pull request there stays pending";
    holds(&finding.what, &[TARGET, pending, QA]);
    let repair = finding.repair.as_deref().unwrap_or_default();
    assert_snapshot!(stage.as_read(&pull), @r#"
    **`qa-review` is satisfied**: `quinn` of `acme/qa` approved `3f2a9c1`.

    Still open on this pull request: `security-review` (`waits for an approval by someone of acme/security`).

    ▸ How this was checked
    "#);
    assert_snapshot!(format!("fail {}\nrepair: {repair}", finding.what), @r#"
    fail `main` of `acme/widget` requires `qa-review / approved (pull_request_target)`, which is never posted, and every pull request there stays pending; the bot posts `qa-review / approved (pull_request)`
    repair: in the branch rule of `main` of `acme/widget`, require `qa-review / approved (pull_request)` instead of `qa-review / approved (pull_request_target)`; or configure `qa-review / approved (pull_request_target)` among the gate's `contexts`
    "#);
    repo.protect("main", &requires(&[QA]));
    pull.merge("olivia").expect("the repair frees it");
    stage.quiet().await;
}

#[tokio::test]
async fn contexts_are_held_against_what_the_server_itself_would_let_merge() {
    for version in Version::ALL {
        for (required, misspelt) in [(QA, false), ("qa-review / *", false), (TARGET, true)] {
            let forge = sound(version).await;
            let repo = forge.repo("acme/widget");
            repo.protect("main", &requires(&[required]));
            let pull = forge.pull("alice");
            let posting = forge::Posting {
                context: QA,
                state: "success",
                description: "",
            };
            repo.status(&pull.head(), "refire", &posting);
            let report = examined(&forge, &forge.token("bot"), "\"acme/widget\"", "").await;
            let found = report
                .failing()
                .any(|finding| finding.check == Check::Misspelt);
            assert_eq!(found, misspelt, "{version:?} {required}");
            assert_eq!(
                pull.merge("olivia").is_err(),
                misspelt,
                "{version:?} {required}"
            );
        }
    }
}
