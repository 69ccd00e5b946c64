//! Teams.

use super::given::{policy, repo, trouble};
use super::{Check, Level, one, told};
use crate::doctor::Trouble;
use crate::doctor::teams::{Around, Facts, judge, named};
use crate::model::{Account, Cause, PullNumber, PullRef, TeamName};

fn facts(members: &[(i64, &str)]) -> Facts {
    let member = |(id, login): &(i64, &str)| Account::new(*id, *login);
    Facts {
        team: TeamName::new("acme", "qa"),
        roles: vec!["approves qa-review".to_owned()],
        sights: vec![("refire".to_owned(), Ok(()))],
        members: Some(members.iter().map(member).collect()),
    }
}

fn around() -> Around {
    let pull = PullRef {
        repo: repo("acme/widget"),
        number: PullNumber::new(3),
    };
    Around {
        bots: vec![Account::new(9, "refire")],
        open: vec![(pull, Account::new(1, "alice"))],
        hides_private: false,
    }
}

fn said(facts: Facts) -> Vec<String> {
    let policy = policy("[people]\nservice_accounts = [\"^svc\"]\n");
    told(&judge(&[facts], &around(), &policy))
}

fn blind(cause: Cause) -> Result<(), Trouble> {
    Err(trouble(cause, "GET", "/teams/3"))
}

#[test]
fn a_team_needs_somebody_who_counts() {
    for (members, expected) in [
        (&[(2, "quinn"), (9, "refire")][..], vec![]),
        (&[(1, "alice"), (2, "quinn")], vec![]),
        (
            &[],
            vec!["warn Members: `acme/qa` is empty: nobody can approve or waive"],
        ),
        (
            &[(9, "refire"), (4, "svc-build")],
            vec![
                "warn Members: in `acme/qa` are only the bot and service accounts, which never count",
            ],
        ),
        (
            &[(9, "refire"), (1, "alice")],
            vec![
                "warn Members: in `acme/qa` is nobody but `alice`, who opened `acme/widget#3` and never counts there",
            ],
        ),
    ] {
        assert_eq!(said(facts(members)), expected, "{members:?}");
    }
}

#[test]
fn one_identity_that_sees_the_team_is_enough_and_the_others_are_named() {
    let sights = vec![
        ("reader".to_owned(), blind(Cause::ScopeMissing)),
        ("refire".to_owned(), Ok(())),
    ];
    let findings = judge(
        &[Facts {
            sights,
            ..facts(&[(2, "quinn")])
        }],
        &around(),
        &policy(""),
    );
    assert!(
        one(&findings, Level::Warn, Check::Sight)
            .0
            .contains("lacks")
    );
    assert!(
        one(&findings, Level::Ok, Check::Sight)
            .0
            .starts_with("`refire` can ask")
    );
}

#[test]
fn a_team_that_nobody_sees_fails_with_each_reason() {
    for (cause, part) in [
        (Cause::BotNotInTeam, "Add `refire` to the team `acme/qa`"),
        (Cause::BotNotInOrg, "Add `refire` to the team `acme/qa`"),
        (Cause::TeamUnknown, "Correct the gate's `team`"),
        (Cause::OwnerNotAnOrganisation, "organisation/team"),
        (Cause::PublicOnlyToken, "public only"),
    ] {
        let sights = vec![("refire".to_owned(), blind(cause))];
        let facts = Facts {
            sights,
            members: None,
            ..facts(&[])
        };
        let findings = judge(&[facts], &around(), &policy(""));
        let (_, repair) = one(&findings, Level::Fail, Check::Sight);
        assert!(repair.contains(part), "{cause:?}: {repair}");
        assert_eq!(findings[0].cause, Some(cause));
    }
}

#[test]
fn from_1_27_on_an_unknown_team_may_be_a_private_one() {
    let sights = vec![("refire".to_owned(), blind(Cause::TeamUnknown))];
    let around = Around {
        hides_private: true,
        ..around()
    };
    let facts = Facts {
        sights,
        members: None,
        ..facts(&[])
    };
    let (_, repair) = one(
        &judge(&[facts], &around, &policy("")),
        Level::Fail,
        Check::Sight,
    );
    assert!(repair.contains("or it is private"), "{repair}");
}

#[test]
fn every_team_is_looked_at_once_with_all_that_it_is_for() {
    let policy = policy(
        "[gates.qa]\nteam = \"qa\"\nwaivers = [\"qa\", \"other/leads\"]\n[gates.docs]\nteam = \"qa\"\n",
    );
    let repos = [repo("acme/widget"), repo("acme/gadget")];
    let named: Vec<String> = named(&policy, &repos)
        .into_iter()
        .map(|(team, roles)| format!("{team}: {}", roles.join(", ")))
        .collect();
    assert_eq!(
        named,
        [
            "acme/qa: approves qa, waives qa, approves docs, waives docs",
            "other/leads: waives qa",
        ]
    );
}
