//! Webhooks, and what `--fix` makes of them.

use super::given::{refire, repo, trouble};
use super::{Check, Level, one, told};
use crate::doctor::repair::{Means, Step, plan};
use crate::doctor::webhook::{Covered, EVENTS, Facts, Listed, Secret, judge};
use crate::gitea::{Hook, Place};
use crate::model::Cause;
use jiff::{SignedDuration, Timestamp};
use std::path::Path;

const URL: &str = "http://127.0.0.1:8087/webhook";

fn now() -> Timestamp {
    "2026-11-22T07:00:00Z".parse().unwrap()
}

fn hook() -> Hook {
    let listed = EVENTS.map(|event| {
        if event == "pull_request_only" {
            "pull_request"
        } else {
            event
        }
    });
    Hook {
        id: 5,
        url: URL.to_owned(),
        json: true,
        events: listed.map(str::to_owned).into(),
        active: true,
        plain: true,
    }
}

fn without(event: &str) -> Hook {
    let mut hook = hook();
    hook.events.remove(event);
    hook
}

fn org() -> Place {
    Place::Organisation("acme".to_owned())
}

fn widget() -> Place {
    Place::Repository(repo("acme/widget"))
}

fn there(place: Place, hooks: Vec<Hook>) -> Listed {
    Listed {
        place,
        hooks: Ok((refire(), hooks)),
    }
}

fn refused(place: Place) -> Listed {
    Listed {
        place,
        hooks: Err(trouble(Cause::Unexplained, "GET", "/hooks")),
    }
}

fn facts(places: Vec<Listed>) -> Facts {
    Facts {
        listen: "127.0.0.1:8087".parse().unwrap(),
        address: Some(URL.to_owned()),
        secret: Secret::There,
        sweeps: true,
        without_status: false,
        places,
        repos: vec![Covered {
            repo: repo("acme/widget"),
            of_organisation: true,
            verified: Some(now() - SignedDuration::from_hours(2)),
        }],
        remembers: true,
        now: now(),
    }
}

fn unheard(places: Vec<Listed>) -> Facts {
    let mut facts = facts(places);
    facts.repos[0].verified = None;
    facts
}

fn means() -> Means<'static> {
    Means {
        runs: true,
        file: None,
    }
}

#[test]
fn a_webhook_of_the_organisation_that_delivers_is_right() {
    let findings = judge(&facts(vec![
        refused(Place::Server),
        there(org(), vec![hook()]),
        refused(widget()),
    ]));
    assert_eq!(told(&findings), Vec::<String>::new());
    assert!(
        one(&findings, Level::Ok, Check::Signed)
            .0
            .contains("2026-11-22 05:00 UTC")
    );
    let mut by_kind = without("pull_request_review");
    let kinds = ["approved", "rejected", "comment"];
    by_kind
        .events
        .extend(kinds.map(|kind| format!("pull_request_review_{kind}")));
    assert_eq!(
        told(&judge(&facts(vec![there(org(), vec![by_kind])]))),
        Vec::<String>::new()
    );
}

#[test]
fn what_is_wrong_with_a_webhook_is_said() {
    for (hook, expected) in [
        (
            Hook {
                active: false,
                ..hook()
            },
            "fail HookActive: the webhook of the organisation `acme` is not active and delivers nothing",
        ),
        (
            Hook {
                json: false,
                ..hook()
            },
            "fail HookJson: the webhook of the organisation `acme` sends forms, which the bot refuses",
        ),
        (
            without("issue_comment"),
            "fail HookEvents: the webhook of the organisation `acme` does not hear `issue_comment`",
        ),
        (
            without("pull_request"),
            "fail HookEvents: the webhook of the organisation `acme` does not hear `pull_request_only`",
        ),
        (
            Hook {
                url: "http://127.0.0.1:8087/".to_owned(),
                ..hook()
            },
            "fail HookTarget: a webhook of the organisation `acme` points to `http://127.0.0.1:8087/`, where the bot hears nothing",
        ),
    ] {
        assert_eq!(
            told(&judge(&facts(vec![there(org(), vec![hook])]))),
            [expected]
        );
    }
    let mut forgejo = facts(vec![there(org(), vec![without("status")])]);
    forgejo.without_status = true;
    assert_eq!(told(&judge(&forgejo)), Vec::<String>::new());
}

#[test]
fn two_webhooks_and_one_of_a_repository_are_warned_of() {
    let findings = judge(&facts(vec![
        there(org(), vec![hook()]),
        there(widget(), vec![hook()]),
    ]));
    assert!(
        one(&findings, Level::Warn, Check::HookTwice)
            .0
            .starts_with("2 webhooks")
    );
    assert!(
        one(&findings, Level::Warn, Check::HookPlace)
            .0
            .contains("can read the secret")
    );
}

#[test]
fn no_webhook_is_told_from_not_knowing_whether_there_is_one() {
    let bare = unheard(vec![
        refused(Place::Server),
        there(org(), vec![]),
        there(widget(), vec![]),
    ]);
    let (what, repair) = one(&judge(&bare), Level::Fail, Check::Hook);
    assert_eq!(
        what,
        "no webhook tells the bot what happens in `acme/widget`"
    );
    assert!(
        EVENTS.iter().all(|event| repair.contains(event)),
        "{repair}"
    );
    let unknown = unheard(vec![refused(org()), refused(widget())]);
    let findings = judge(&unknown);
    assert!(
        one(&findings, Level::Skip, Check::Hook)
            .0
            .contains("needs an owner")
    );
    // Deliveries that came in prove that there is one.
    assert_eq!(
        told(&judge(&facts(vec![refused(org()), refused(widget())]))),
        Vec::<String>::new()
    );
}

#[test]
fn an_unproven_signature_is_proven_by_the_next_comment() {
    let mut old = facts(vec![there(org(), vec![hook()])]);
    old.repos[0].verified = Some(now() - SignedDuration::from_hours(8 * 24));
    let (_, repair) = one(&judge(&old), Level::Warn, Check::Signed);
    assert!(repair.contains("the next comment proves"), "{repair}");
    old.remembers = false;
    one(&judge(&old), Level::Skip, Check::Signed);
}

#[test]
fn each_webhook_is_proven_by_its_own_deliveries() {
    let mut two = facts(vec![there(widget(), vec![hook()])]);
    let gadget = Place::Repository(repo("acme/gadget"));
    two.places.push(there(gadget, vec![hook()]));
    two.repos.push(Covered {
        repo: repo("acme/gadget"),
        of_organisation: true,
        verified: None,
    });
    let findings = judge(&two);
    assert!(
        one(&findings, Level::Ok, Check::Signed)
            .0
            .ends_with("(the repository `acme/widget`)")
    );
    let (what, _) = one(&findings, Level::Warn, Check::Signed);
    assert!(what.ends_with("(the repository `acme/gadget`)"), "{what}");
}

#[test]
fn without_a_secret_there_is_no_webhook() {
    let mut facts = unheard(vec![]);
    facts.secret = Secret::Unconfigured;
    one(&judge(&facts), Level::Warn, Check::Hook);
    facts.sweeps = false;
    one(&judge(&facts), Level::Fail, Check::Hook);
    facts.secret = Secret::Unreadable("the file \"x\" is not there".to_owned());
    assert!(
        one(&judge(&facts), Level::Fail, Check::HookSecret)
            .0
            .contains("\"x\"")
    );
}

#[test]
fn a_webhook_is_made_in_the_organisation_where_that_may_be() {
    let bare = unheard(vec![there(org(), vec![]), there(widget(), vec![])]);
    let create = |place| Step::Create {
        place,
        speaker: refire(),
        url: URL.to_owned(),
    };
    assert_eq!(plan(&bare, means()), [create(org())]);
    let mut of_person = unheard(vec![there(widget(), vec![])]);
    of_person.repos[0].of_organisation = false;
    assert_eq!(plan(&of_person, means()), [create(widget())]);
}

#[test]
fn without_the_rights_or_the_address_somebody_is_asked() {
    let ask = |steps: Vec<Step>| match steps.as_slice() {
        [Step::Ask(request)] => request.clone(),
        other => panic!("{other:?}"),
    };
    let unknown = unheard(vec![refused(org()), refused(widget())]);
    assert!(ask(plan(&unknown, means())).contains("an owner of `acme` adds"));
    // The organisation may have one that we cannot see: a second one is not made.
    let half = unheard(vec![refused(org()), there(widget(), vec![])]);
    assert!(ask(plan(&half, means())).contains("an owner of `acme` adds"));
    let bare = unheard(vec![there(org(), vec![]), there(widget(), vec![])]);
    let mut nowhere = bare.clone();
    nowhere.address = None;
    assert!(ask(plan(&nowhere, means())).contains("--webhook-url"));
    let mut unsealed = bare.clone();
    unsealed.secret = Secret::Unconfigured;
    assert!(ask(plan(&unsealed, means())).contains("secret_file"));
}

#[test]
fn a_file_without_a_secret_gets_one_first() {
    let mut bare = unheard(vec![there(org(), vec![]), there(widget(), vec![])]);
    bare.secret = Secret::Unreadable("x".to_owned());
    let file = Path::new("secret");
    let steps = plan(
        &bare,
        Means {
            file: Some(file),
            ..means()
        },
    );
    assert_eq!(steps.len(), 2);
    assert_eq!(steps[0], Step::Secret(file.to_owned()));
    assert!(matches!(steps[1], Step::Create { .. }));
}

#[test]
fn missing_events_are_added_by_making_it_anew_if_nothing_can_be_lost() {
    let lame = || without("status");
    let remake = Step::Remake {
        place: org(),
        speaker: refire(),
        hook: lame(),
    };
    assert_eq!(
        plan(&facts(vec![there(org(), vec![lame()])]), means()),
        [remake]
    );
    for hook in [
        Hook {
            plain: false,
            ..lame()
        },
        Hook {
            active: false,
            ..lame()
        },
    ] {
        let steps = plan(&facts(vec![there(org(), vec![hook])]), means());
        assert!(matches!(steps.as_slice(), [Step::Ask(_)]), "{steps:?}");
    }
    // A name may be anybody's: without a delivery nothing says that it is ours.
    let strange = Hook {
        url: "https://ci.example.org/webhook".to_owned(),
        ..lame()
    };
    let steps = plan(&unheard(vec![there(org(), vec![strange])]), means());
    assert!(matches!(steps.as_slice(), [Step::Ask(_)]), "{steps:?}");
}

#[test]
fn a_test_delivery_is_asked_for_only_where_there_is_one() {
    let mut pushed = hook();
    pushed.events.insert("push".to_owned());
    let steps = |place: Place, hook: Hook, runs| {
        plan(
            &unheard(vec![there(place, vec![hook])]),
            Means { runs, ..means() },
        )
    };
    let try_out = Step::Try {
        repo: repo("acme/widget"),
        speaker: refire(),
        hook: 5,
    };
    assert_eq!(steps(widget(), pushed.clone(), true), [try_out]);
    assert_eq!(steps(widget(), pushed.clone(), false), []);
    assert_eq!(steps(widget(), hook(), true), []);
    assert_eq!(steps(org(), pushed.clone(), true), []);
    assert_eq!(
        plan(&facts(vec![there(widget(), vec![pushed])]), means()),
        []
    );
}
