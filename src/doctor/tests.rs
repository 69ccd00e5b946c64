//! What each area says, from facts that no server has to be asked for.

mod contexts;
mod forge;
mod given;
mod identities;
mod repositories;
mod store;
mod teams;
mod webhook;

use super::{Area, Check, Finding, Level, Report, Verdict};
use crate::model::Cause;
use given::trouble;

#[test]
fn not_knowing_wins_over_failing_and_failing_over_warning() {
    let ok = || Finding::ok(Area::Forge, Check::Reachable, "it is there");
    let warn = || Finding::warn(Area::Forge, Check::Speed, "it is slow");
    let fail = || Finding::fail(Area::Teams, Check::Sight, "nobody sees it");
    let unknown = || fail().because(&trouble(Cause::ForgeUnavailable, "GET", "/teams/3"));
    let skip = || Finding::skip(Area::Webhook, Check::Hook, "hooks", "an administrator");
    for (findings, verdict) in [
        (vec![ok(), warn(), skip()], Verdict::Sound),
        (vec![ok(), fail(), warn()], Verdict::Failing),
        (vec![fail(), unknown()], Verdict::Unknown),
        (vec![], Verdict::Sound),
    ] {
        assert_eq!(Report { findings }.verdict(), verdict);
    }
}

#[test]
fn a_finding_carries_cause_evidence_and_repair() {
    let told = trouble(Cause::TokenInvalid, "GET", "/user");
    let finding = Finding::fail(Area::Identities, Check::Token, "x").because(&told);
    assert_eq!(finding.cause, Some(Cause::TokenInvalid));
    let evidence = finding.evidence.as_deref().unwrap_or_default();
    assert_eq!(evidence, "GET /user as `refire` at 07:00:00 UTC: 403");
    assert!(
        finding
            .repair
            .as_deref()
            .unwrap_or_default()
            .starts_with("Issue a new token")
    );
    let own = Finding::fail(Area::Identities, Check::Token, "x")
        .repaired_by("do this")
        .because(&told);
    assert_eq!(own.repair.as_deref(), Some("do this"));
}

/// The findings that are not as they have to be, as `level check: what`.
fn told(findings: &[Finding]) -> Vec<String> {
    let line = |finding: &Finding| {
        let level = format!("{:?}", finding.level).to_lowercase();
        format!("{level} {:?}: {}", finding.check, finding.what)
    };
    let wrong = findings.iter().filter(|finding| finding.level != Level::Ok);
    wrong.map(line).collect()
}

/// Fails unless there is exactly one finding of this check and level; gives its texts.
#[track_caller]
fn one(findings: &[Finding], level: Level, check: Check) -> (String, String) {
    let found: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.check == check && finding.level == level)
        .collect();
    let [only] = found.as_slice() else {
        panic!("not one {check:?} at {level:?} in {findings:#?}");
    };
    (only.what.clone(), only.repair.clone().unwrap_or_default())
}
