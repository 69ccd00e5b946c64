//! Contexts against branches (I5).

use super::given::{policy, repo, trouble};
use super::{Check, Level, one, told};
use crate::doctor::Finding;
use crate::doctor::contexts::{Facts, Several, judge};
use crate::gitea::{Approvers, Beyond, Branches, GuardedBranch, RepoTeam, Rule};
use crate::model::Cause;

const QA: &str = "qa-review / approved (pull_request)";
const SECURITY: &str = "security-review / approved (pull_request)";
const DECLARED: &str = "sop-checklist / na-declarations (pull_request)";

fn branch(name: &str, required: &[&str]) -> GuardedBranch {
    GuardedBranch {
        name: name.to_owned(),
        protected: true,
        checks: true,
        required: required
            .iter()
            .map(|context| (*context).to_owned())
            .collect(),
    }
}

fn open(name: &str) -> GuardedBranch {
    GuardedBranch {
        name: name.to_owned(),
        ..GuardedBranch::default()
    }
}

fn team(name: &str, writes: bool) -> RepoTeam {
    RepoTeam {
        name: name.to_owned(),
        writes,
    }
}

fn facts(rows: Vec<GuardedBranch>) -> Facts {
    Facts {
        repo: repo("acme/widget"),
        default_branch: "main".to_owned(),
        has_actions: false,
        branches: Ok(Branches { rows, beyond: None }),
        rules: Some(Vec::new()),
        teams: Some(vec![team("qa", true), team("security", true)]),
    }
}

fn of(required: &[&str]) -> Vec<Finding> {
    on(&facts(vec![branch("main", required)]), "", Several::All)
}

fn on(facts: &Facts, extra: &str, several: Several) -> Vec<Finding> {
    judge(std::slice::from_ref(facts), &policy(extra), several)
}

#[test]
fn nothing_is_claimed_of_branches_that_were_not_read() {
    let mut facts = facts(Vec::new());
    // The one that is guarded, or that is in scope, may be among the others.
    facts.branches = Ok(Branches {
        rows: vec![open("work-1")],
        beyond: Some(Beyond { of: None }),
    });
    for extra in ["", "[pulls]\nbase_branches = [\"release\"]\n"] {
        let findings = on(&facts, extra, Several::All);
        let claims = |finding: &Finding| {
            finding.level == Level::Fail || finding.what.starts_with("no branch of")
        };
        assert!(!findings.iter().any(claims), "{findings:#?}");
    }
}

#[test]
fn what_is_required_and_posted_is_right() {
    for required in [
        &[QA, SECURITY][..],
        &[QA, SECURITY, DECLARED],
        &[QA, SECURITY, "ci / build (push)", "lint"],
        &["{qa,security}-review / approved (pull_request)"],
        &["*-review / *"],
        &[QA, SECURITY, "*"],
    ] {
        assert_eq!(told(&of(required)), Vec::<String>::new(), "{required:?}");
    }
}

#[test]
fn i05_a_required_context_that_nobody_posts_is_named_with_the_one_that_was_meant() {
    for required in [
        "qa-review / approved (pull_request_target)",
        "qa-reveiw / approved (pull_request)",
        "QA-review / approved (pull_request)",
        "qa-review / approve (pull_request)",
        "qa-review / approved",
        "qa-review/approved (pull_request)",
    ] {
        let findings = of(&[required, SECURITY]);
        let (what, repair) = one(&findings, Level::Fail, Check::Misspelt);
        assert!(
            what.contains(required) && what.contains("is never posted"),
            "{what}"
        );
        assert!(repair.contains(QA), "{repair}");
        // The gate that was meant is not required either.
        assert!(
            one(&findings, Level::Fail, Check::Required)
                .0
                .contains("`qa-review`")
        );
    }
}

#[test]
fn another_event_behind_a_name_without_parts_is_a_slip_too() {
    let extra = "[gates.qa]\nteam = \"qa\"\ncontexts = [\"qa of people (pull_request)\"]\n";
    let facts = facts(vec![branch(
        "main",
        &["qa of people (pull_request_target)"],
    )]);
    let (_, repair) = one(
        &on(&facts, extra, Several::All),
        Level::Fail,
        Check::Misspelt,
    );
    assert!(
        repair.contains("require `qa of people (pull_request)`"),
        "{repair}"
    );
}

#[test]
fn a_gate_whose_contexts_list_both_spellings_is_right_with_either() {
    let extra = format!(
        "[gates.qa-review]\nteam = \"qa\"\ncontexts = [\"{QA}\", \"qa-review / approved (pull_request_target)\"]\n"
    );
    for required in [QA, "qa-review / approved (pull_request_target)"] {
        let facts = facts(vec![branch("main", &[required])]);
        assert_eq!(
            told(&on(&facts, &extra, Several::All)),
            Vec::<String>::new()
        );
    }
}

#[test]
fn a_gate_that_is_not_required_guards_nothing() {
    let findings = of(&[QA]);
    let (what, repair) = one(&findings, Level::Fail, Check::Required);
    assert_eq!(
        what,
        "`main` of `acme/widget` does not require `security-review`: posted, and guarding nothing"
    );
    assert!(repair.contains(SECURITY), "{repair}");
    let side = facts(vec![branch("main", &[QA, SECURITY]), branch("dev", &[QA])]);
    one(&on(&side, "", Several::All), Level::Warn, Check::Required);
}

#[test]
fn a_branch_that_requires_nothing_guards_nothing() {
    let bare = facts(vec![open("main")]);
    let (what, repair) = one(&on(&bare, "", Several::All), Level::Fail, Check::Unguarded);
    assert!(what.contains("everything merges"), "{what}");
    assert!(repair.contains(QA) && repair.contains(SECURITY), "{repair}");
}

#[test]
fn what_ci_requires_of_its_own_is_nobodys_slip() {
    for foreign in [
        "ci",
        "lint",
        "preview / deploy (push)",
        "build / approved (push)",
        "qa*x",
    ] {
        assert_eq!(
            told(&of(&[QA, SECURITY, foreign])),
            Vec::<String>::new(),
            "{foreign}"
        );
    }
    let short = "[gates.qa]\nteam = \"qa\"\ncontexts = [\"qa\"]\n";
    let facts = facts(vec![branch("main", &["qa", "ci", "qb"])]);
    assert_eq!(told(&on(&facts, short, Several::All)), Vec::<String>::new());
}

#[test]
fn where_only_side_branches_are_in_scope_one_of_them_has_to_require_the_gates() {
    let releases = "[pulls]\nbase_branches = [\"release/*\"]\n";
    let bare = facts(vec![open("main"), open("release/1")]);
    let (what, _) = one(
        &on(&bare, releases, Several::All),
        Level::Fail,
        Check::Unguarded,
    );
    assert!(what.starts_with("`release/1` of"), "{what}");
    let none = facts(vec![branch("main", &[QA, SECURITY])]);
    let (what, _) = one(
        &on(&none, releases, Several::All),
        Level::Warn,
        Check::Unguarded,
    );
    assert!(
        what.contains("no branch of `acme/widget` is within"),
        "{what}"
    );
    assert_eq!(
        told(&on(&facts(Vec::new()), "", Several::All)),
        Vec::<String>::new()
    );
}

#[test]
fn branches_that_were_not_looked_at_are_said_with_their_number() {
    for (of, expected) in [
        (
            Some(612),
            "of the 612 branches of `acme/widget` only the first 1 was looked at",
        ),
        (
            None,
            "`acme/widget` has more branches than the first 1, which alone was looked at",
        ),
    ] {
        let mut facts = facts(vec![branch("main", &[QA, SECURITY])]);
        if let Ok(branches) = &mut facts.branches {
            branches.beyond = Some(Beyond { of });
        }
        let findings = on(&facts, "", Several::All);
        let (what, repair) = one(&findings, Level::Warn, Check::Branches);
        assert_eq!(what, expected);
        assert!(repair.contains("branch rule"), "{repair}");
    }
}

#[test]
fn branches_beside_the_guarded_one_let_an_author_collect_a_green() {
    let rows = vec![
        branch("main", &[QA, SECURITY]),
        open("a"),
        open("b"),
        open("c"),
        open("d"),
    ];
    let facts = facts(rows);
    let (what, repair) = one(&on(&facts, "", Several::All), Level::Warn, Check::Unguarded);
    assert!(what.starts_with("4 branches of `acme/widget`"), "{what}");
    assert!(what.contains("`a`, `b`, `c` and 1 more"), "{what}");
    assert!(repair.contains("base_branches = [\"main\"]"), "{repair}");
    let narrow = "[pulls]\nbase_branches = [\"main\"]\n";
    assert_eq!(
        told(&on(&facts, narrow, Several::All)),
        Vec::<String>::new()
    );
}

#[test]
fn a_base_in_the_context_makes_the_other_branches_harmless() {
    let extra = "[gates.qa]\nteam = \"qa\"\ncontexts = [\"refire/qa/{base}\"]\n";
    let facts = facts(vec![branch("main", &["refire/qa/main"]), open("dev")]);
    assert_eq!(told(&on(&facts, extra, Several::All)), Vec::<String>::new());
}

#[test]
fn a_pattern_that_the_informative_context_meets_asks_for_too_little() {
    let facts = facts(vec![branch("main", &["*"])]);
    let (what, _) = one(&on(&facts, "", Several::All), Level::Warn, Check::Broad);
    assert!(
        what.contains("before the gates are posted it is enough"),
        "{what}"
    );
    let (what, _) = one(&on(&facts, "", Several::First), Level::Fail, Check::Broad);
    assert!(
        what.contains("the first status that matches decides"),
        "{what}"
    );
    let all = self::facts(vec![branch("main", &[])]);
    let (what, _) = one(&on(&all, "", Several::All), Level::Warn, Check::Broad);
    assert!(
        what.contains("requires all statuses and none by name"),
        "{what}"
    );
}

#[test]
fn brackets_have_to_be_escaped() {
    let extra = "[gates.qa]\nteam = \"qa\"\ncontexts = [\"qa [x86]\"]\n";
    let raw = facts(vec![branch("main", &["qa [x86]"])]);
    let (what, repair) = one(&on(&raw, extra, Several::All), Level::Fail, Check::Escapes);
    assert!(what.contains("does not match that very text"), "{what}");
    assert!(repair.contains(r"qa \[x86\]"), "{repair}");
    let escaped = facts(vec![branch("main", &[r"qa \[x86\]"])]);
    assert_eq!(
        told(&on(&escaped, extra, Several::All)),
        Vec::<String>::new()
    );
}

#[test]
fn approvals_have_to_be_official() {
    let main = || vec![branch("main", &[QA, SECURITY])];
    let reads = Some(vec![team("qa", true), team("security", false)]);
    let listed = |teams: &[&str], users: &[&str]| {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Some(vec![Rule {
            name: "main".to_owned(),
            approvers: Some(Approvers {
                teams: texts(teams),
                users: texts(users),
            }),
        }])
    };
    let weak = Facts {
        teams: reads.clone(),
        ..facts(main())
    };
    let (what, repair) = one(&on(&weak, "", Several::All), Level::Fail, Check::Official);
    assert!(
        what.contains("`acme/security` not official") && what.contains("may not write"),
        "{what}"
    );
    assert!(repair.contains("require_official = false"), "{repair}");
    let off = "[approvals]\nrequire_official = false\n";
    assert_eq!(told(&on(&weak, off, Several::All)), Vec::<String>::new());
    let helped = Facts {
        rules: listed(&["qa", "Security"], &[]),
        ..weak.clone()
    };
    assert_eq!(told(&on(&helped, "", Several::All)), Vec::<String>::new());
    let left_out = Facts {
        rules: listed(&["security"], &[]),
        ..weak.clone()
    };
    assert!(
        one(
            &on(&left_out, "", Several::All),
            Level::Fail,
            Check::Official
        )
        .0
        .contains("`acme/qa`")
    );
    let people = Facts {
        rules: listed(&["security"], &["quinn"]),
        ..weak.clone()
    };
    one(&on(&people, "", Several::All), Level::Warn, Check::Official);
    let unread = Facts {
        rules: None,
        ..weak
    };
    let findings = on(&unread, "", Several::All);
    assert!(
        one(&findings, Level::Warn, Check::Official)
            .0
            .contains("unless it is on")
    );
    assert!(
        one(&findings, Level::Skip, Check::Official)
            .0
            .contains("needs an administrator")
    );
}

#[test]
fn a_rule_is_found_as_gitea_finds_it() {
    let rule = |name: &str, teams: &[&str]| Rule {
        name: name.to_owned(),
        approvers: Some(Approvers {
            teams: teams.iter().map(|team| (*team).to_owned()).collect(),
            users: Vec::new(),
        }),
    };
    let facts = Facts {
        rules: Some(vec![rule("*", &[]), rule("main", &["qa", "security"])]),
        ..facts(vec![branch("main", &[QA, SECURITY])])
    };
    assert_eq!(told(&on(&facts, "", Several::All)), Vec::<String>::new());
}

#[test]
fn a_context_that_a_workflow_can_post_is_warned_of_where_actions_is_on() {
    let facts = Facts {
        has_actions: true,
        ..facts(vec![branch("main", &[QA, SECURITY])])
    };
    let (what, repair) = one(
        &on(&facts, "", Several::All),
        Level::Warn,
        Check::ActionsShape,
    );
    assert!(what.contains("Actions is on in `acme/widget`"), "{what}");
    assert!(
        repair.contains("refire: qa-review") && repair.contains("refire: security-review"),
        "{repair}"
    );
    let other = "[gates.qa]\nteam = \"qa\"\ncontexts = [\"refire/qa\"]\n";
    let facts = Facts {
        branches: Ok(Branches {
            rows: vec![branch("main", &["refire/qa"])],
            beyond: None,
        }),
        ..facts
    };
    assert_eq!(told(&on(&facts, other, Several::All)), Vec::<String>::new());
}

#[test]
fn branches_that_cannot_be_read_are_no_verdict() {
    let facts = Facts {
        branches: Err(trouble(
            Cause::ForgeUnavailable,
            "GET",
            "/repos/acme/widget/branches",
        )),
        ..facts(Vec::new())
    };
    let findings = on(&facts, "", Several::All);
    let (what, _) = one(&findings, Level::Fail, Check::Required);
    assert!(what.contains("cannot be read"), "{what}");
}
