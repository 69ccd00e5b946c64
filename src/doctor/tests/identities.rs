//! Tokens and accounts.

use super::given::{ALL, refire, speakers, trouble};
use super::{Check, Level, one, told};
use crate::doctor::identities::{Facts, judge, needed};
use crate::gitea::{Scopes, Standing, Uses};
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
