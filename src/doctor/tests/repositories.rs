//! Repositories.

use super::given::{ALL, refire, repo, repository, rights, speakers, trouble};
use super::{Check, Level, one, told};
use crate::doctor::repositories::{Facts, Looked, Owner, judge};
use crate::gitea::{Rights, Uses};
use crate::model::Cause;

fn looked(rights: Rights) -> Looked {
    Looked {
        repository: repository("acme/widget"),
        rights: vec![(refire(), Ok(rights))],
        owner: Owner::Organisation(Vec::new()),
    }
}

fn facts(looked: Looked) -> Facts {
    Facts {
        patterns: vec![("acme/*".to_owned(), Ok(vec![looked.repository.clone()]))],
        looked_at: vec![looked],
        ..Facts::default()
    }
}

#[test]
fn a_repository_is_readable_writable_and_open_or_says_why_not() {
    for (rights, expected) in [
        (rights("acme/widget"), vec![]),
        (
            Rights {
                push: false,
                ..rights("acme/widget")
            },
            vec![
                "fail Writable: `refire` may not write to `acme/widget`, and so not post statuses",
            ],
        ),
        (
            Rights {
                pull: false,
                push: false,
                ..rights("acme/widget")
            },
            vec![
                "fail Visible: `refire` may not read the code of `acme/widget`, and so not its reviews",
            ],
        ),
        (
            Rights {
                has_pulls: false,
                ..rights("acme/widget")
            },
            vec![
                "warn Comments: pull requests of `acme/widget` are switched off, or `refire` may not read them",
            ],
        ),
    ] {
        assert_eq!(told(&judge(&facts(looked(rights)))), expected);
    }
}

#[test]
fn who_may_not_write_to_a_persons_repository_may_have_been_blocked() {
    let deaf = Rights {
        push: false,
        ..rights("acme/widget")
    };
    let of_person = Looked {
        owner: Owner::Person,
        ..looked(deaf.clone())
    };
    let (_, repair) = one(&judge(&facts(of_person)), Level::Fail, Check::Writable);
    let block = "if `acme` has blocked `refire`, lift the block first";
    assert!(repair.ends_with(block), "{repair}");
    let (_, repair) = one(&judge(&facts(looked(deaf))), Level::Fail, Check::Writable);
    assert!(!repair.contains("block"), "{repair}");
}

#[test]
fn an_archived_repository_takes_no_comments() {
    let mut looked = looked(rights("acme/widget"));
    looked.repository.archived = true;
    let (what, repair) = one(&judge(&facts(looked)), Level::Warn, Check::Comments);
    assert!(what.contains("is archived"), "{what}");
    assert!(repair.contains("unarchive"), "{repair}");
}

#[test]
fn only_who_has_to_write_has_to_be_allowed_to() {
    let reads = Uses {
        reads: true,
        ..Uses::default()
    };
    let mut both = speakers(&[("reader", reads), ("writer", ALL)]);
    let (writer, reader) = (both.remove(1), both.remove(0));
    let weak = Rights {
        push: false,
        ..rights("acme/widget")
    };
    let looked = Looked {
        rights: vec![(reader, Ok(weak)), (writer, Ok(rights("acme/widget")))],
        ..looked(rights("acme/widget"))
    };
    assert_eq!(told(&judge(&facts(looked))), Vec::<String>::new());
}

#[test]
fn what_cannot_be_seen_or_matches_nothing_fails() {
    let hidden = Looked {
        rights: vec![(
            refire(),
            Err(trouble(Cause::RepoNotVisible, "GET", "/repos/acme/widget")),
        )],
        ..looked(rights("acme/widget"))
    };
    let (what, repair) = one(&judge(&facts(hidden)), Level::Fail, Check::Visible);
    assert!(what.contains("cannot be read by `refire`"), "{what}");
    assert!(
        repair.contains("by a team or as a collaborator"),
        "{repair}"
    );
    let nothing = Facts {
        patterns: vec![("acmee/*".to_owned(), Ok(Vec::new()))],
        uncovered: Some(repo("other/thing")),
        left_out: 3,
        ..Facts::default()
    };
    assert_eq!(
        told(&judge(&nothing)),
        [
            "fail Pattern: no pattern of `forge.repositories` covers `other/thing`",
            "fail Pattern: `acmee/*` matches no repository that the bot can see",
            "warn Pattern: 3 more repositories were not looked at",
        ]
    );
}
