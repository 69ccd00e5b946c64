//! Tokens and accounts.

use super::given::{ALL, attempt, refire, speakers, trouble};
use super::{Check, Level, one, told};
use crate::doctor::identities::running::{self, Running};
use crate::doctor::identities::{Facts, judge, needed};
use crate::gitea::{PassedOver, Scopes, Standing, Uses};
use crate::model::{Account, Cause};

fn scopes(words: &str) -> Scopes {
    Scopes {
        held: words
            .split(' ')
            .filter_map(|word| word.parse().ok())
            .collect(),
        all: words == "all",
        public_only: Some(words.contains("public-only")),
    }
}

const ENOUGH: &str = "write:repository write:issue read:organization read:user";

fn facts(words: &str) -> Facts {
    Facts {
        speaker: refire(),
        login_given: false,
        standing: Ok(Standing {
            account: Account::new(7, "refire"),
            is_admin: false,
        }),
        scopes: Ok(scopes(words)),
        hidden: None,
    }
}

#[test]
fn exactly_the_missing_scopes_and_those_to_spare_are_named() {
    for (words, expected) in [
        (ENOUGH, vec![]),
        (
            "write:repository write:issue read:user",
            vec!["fail Scopes: the token of `refire` lacks `read:organization`"],
        ),
        (
            "read:repository read:issue read:organization read:user",
            vec!["fail Scopes: the token of `refire` lacks `write:repository` and `write:issue`"],
        ),
        (
            "write:repository write:issue write:organization read:user read:notification",
            vec![
                "warn SparesScopes: the token of `refire` has `read:notification` and `write:organization`, which it does not need",
            ],
        ),
        (
            "all",
            vec!["warn SparesScopes: the token of `refire` has `all`, which it does not need"],
        ),
        (
            "write:repository write:issue read:organization read:user public-only",
            vec!["fail PublicOnly: the token of `refire` is limited to public things"],
        ),
    ] {
        assert_eq!(told(&judge(&[facts(words)])), expected, "{words}");
    }
}

#[test]
fn what_a_token_needs_follows_from_its_uses() {
    let reads = Uses {
        reads: true,
        ..Uses::default()
    };
    let teams = Uses {
        teams: true,
        ..Uses::default()
    };
    let writes = Uses {
        writes: true,
        ..Uses::default()
    };
    for (uses, login_given, scopes) in [
        (
            ALL,
            false,
            "write:repository write:issue read:organization read:user",
        ),
        (ALL, true, "write:repository write:issue read:organization"),
        (reads, true, "read:repository read:issue"),
        (teams, false, "read:organization read:user"),
        (writes, true, "write:repository write:issue"),
    ] {
        let facts = Facts {
            speaker: speakers(&[("x", uses)]).remove(0),
            login_given,
            ..facts(ENOUGH)
        };
        let needed: Vec<String> = needed(&facts).iter().map(ToString::to_string).collect();
        assert_eq!(needed.join(" "), scopes);
    }
}

#[test]
fn reading_its_own_account_is_needed_only_where_nobody_says_whose_it_is() {
    let without = "write:repository write:issue read:organization";
    let denied = || Err(trouble(Cause::ScopeMissing, "GET", "/user"));
    let unsaid = Facts {
        standing: denied(),
        ..facts(without)
    };
    let (what, repair) = one(&judge(&[unsaid]), Level::Fail, Check::Scopes);
    assert_eq!(what, "the token of `refire` lacks `read:user`");
    assert!(repair.contains("with exactly"), "{repair}");
    let said = Facts {
        standing: denied(),
        login_given: true,
        ..facts(without)
    };
    assert_eq!(told(&judge(&[said])), Vec::<String>::new());
}

#[test]
fn a_dead_token_says_nothing_but_that() {
    for (cause, part) in [
        (Cause::TokenInvalid, "missing, revoked or mistyped"),
        (Cause::AccountBlocked, "is blocked"),
        (Cause::SignInRequired, "sends no token"),
    ] {
        let dead = Facts {
            standing: Err(trouble(cause, "GET", "/user")),
            scopes: Err(trouble(cause, "GET", "/admin/hooks")),
            ..facts("")
        };
        assert!(dead.is_dead());
        let findings = judge(&[dead]);
        assert_eq!(findings.len(), 1);
        assert!(one(&findings, Level::Fail, Check::Token).0.contains(part));
    }
}

#[test]
fn a_missing_second_factor_is_told_from_missing_rights() {
    let hidden = Some(trouble(Cause::RepoNotVisible, "GET", "/repos/acme/widget"));
    let findings = judge(&[Facts {
        hidden,
        ..facts(ENOUGH)
    }]);
    let (what, repair) = one(&findings, Level::Fail, Check::SecondFactor);
    assert!(what.contains("a second factor"), "{what}");
    assert!(repair.contains("TOTP"), "{repair}");
    let cause = findings.iter().find_map(|finding| finding.cause);
    assert_eq!(cause, Some(Cause::AccountBlocked));
}

#[test]
fn administrators_and_shared_accounts_are_noticed() {
    let standing = || {
        Ok(Standing {
            account: Account::new(7, "refire"),
            is_admin: true,
        })
    };
    let two = speakers(&[("one", ALL), ("two", ALL)]);
    let all: Vec<Facts> = two
        .into_iter()
        .map(|speaker| Facts {
            speaker,
            standing: standing(),
            ..facts(ENOUGH)
        })
        .collect();
    let findings = judge(&all);
    let (what, repair) = one(&findings, Level::Warn, Check::SharedAccount);
    assert!(what.starts_with("the identities `one` and `two` are one account, `refire`"));
    assert!(repair.contains("`two`"), "{repair}");
    let admins = findings.iter().filter(|f| f.check == Check::Administrator);
    assert_eq!(admins.count(), 2);
}

#[test]
fn one_account_is_noticed_by_the_configured_login_where_its_own_may_not_be_read() {
    let two = speakers(&[("one", ALL), ("two", ALL)]);
    let login = two.first().and_then(|speaker| speaker.login.clone());
    let all: Vec<Facts> = two
        .into_iter()
        .map(|mut speaker| {
            speaker.login.clone_from(&login);
            Facts {
                speaker,
                standing: Err(trouble(Cause::ScopeMissing, "GET", "/user")),
                ..facts("write:repository write:issue read:organization")
            }
        })
        .collect();
    let (what, _) = one(&judge(&all), Level::Warn, Check::SharedAccount);
    assert!(what.starts_with("the identities `one` and `two` are one account, `one`"));
}

/// The running bot does not ask `refire`, whose token it calls bad.
fn passes_over_refire() -> Running {
    let passed = PassedOver {
        identity: "refire".to_owned(),
        until: "2026-11-22T07:05:00Z".parse().unwrap(),
        why: attempt(Cause::TokenInvalid, "GET", "/teams/3"),
    };
    Running {
        passed_over: vec![passed],
        twins: Vec::new(),
    }
}

#[test]
fn whom_the_running_bot_passes_over_is_said_with_cause_and_repair() {
    let dead = Facts {
        standing: Err(trouble(Cause::TokenInvalid, "GET", "/user")),
        ..facts(ENOUGH)
    };
    let findings = running::judge(&passes_over_refire(), &[dead]);
    let (what, repair) = one(&findings, Level::Warn, Check::PassedOver);
    assert!(
        what.starts_with("the running bot does not ask identity `refire` until 07:05:00 UTC: "),
        "{what}"
    );
    assert!(repair.starts_with("Issue a new token"), "{repair}");
    let finding = findings.first().unwrap();
    assert_eq!(finding.cause, Some(Cause::TokenInvalid));
    let evidence = finding.evidence.as_deref().unwrap_or_default();
    assert!(
        evidence.starts_with("GET /teams/3 as `refire`"),
        "{evidence}"
    );
}

#[test]
fn whoever_is_mended_since_has_only_to_be_waited_for() {
    let findings = running::judge(&passes_over_refire(), &[facts(ENOUGH)]);
    let (_, repair) = one(&findings, Level::Warn, Check::PassedOver);
    assert!(repair.starts_with("wait until 07:05:00 UTC"), "{repair}");
    let poor = facts("read:user");
    let findings = running::judge(&passes_over_refire(), &[poor]);
    let (_, repair) = one(&findings, Level::Warn, Check::PassedOver);
    assert!(repair.starts_with("Issue a new token"), "{repair}");
}

#[test]
fn twins_of_the_running_bot_are_said_once() {
    let running = Running {
        passed_over: Vec::new(),
        twins: vec![("one".to_owned(), "two".to_owned())],
    };
    let (what, repair) = one(
        &running::judge(&running, &[]),
        Level::Warn,
        Check::SharedAccount,
    );
    assert!(
        what.starts_with("the identities `one` and `two` of the running bot"),
        "{what}"
    );
    assert!(repair.contains("`two`"), "{repair}");
    let own: Vec<Facts> = speakers(&[("one", ALL), ("two", ALL)])
        .into_iter()
        .map(|speaker| Facts {
            speaker,
            ..facts(ENOUGH)
        })
        .collect();
    assert!(running::judge(&running, &own).is_empty());
}
