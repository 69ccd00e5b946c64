//! What a turn leaves in the record of its pull request, beside the answers that it keeps up to date.

use super::Findings;
use crate::decide::answer::refired;
use crate::decide::notice;
use crate::decide::record::PullRecord;
use crate::gate::declaration::Refusal;
use crate::gate::policy::GateName;
use crate::gate::verdict::GateVerdict;
use crate::model::Membership;
use jiff::Timestamp;
use std::collections::BTreeMap;

pub(super) fn remember_verdicts(findings: &Findings<'_>, record: &mut PullRecord) {
    let looked_at = |gate: &GateName| findings.scope.gates.contains(gate);
    record.unknown.retain(|gate| !looked_at(gate));
    let unknown = findings
        .verdicts
        .iter()
        .filter(|verdict| verdict.verdict.may_heal());
    record
        .unknown
        .extend(unknown.map(|verdict| verdict.gate.clone()));
    remember_unknowns(findings, &mut record.unknown_since);
    let mut declared = findings.verdicts.iter().flat_map(|it| &it.declarations);
    let waits = declared.any(|said| said.standing == Err(Refusal::Unconfirmed));
    record.unconfirmed = waits || (record.unconfirmed && !findings.scope.all);
    remember_members(findings.verdicts, record);
    notice::remember(
        &mut record.held,
        findings.pull.head.as_ref(),
        findings.verdicts,
    );
    if findings.scope.all && findings.scope.declarations {
        record.evaluated.clone_from(&findings.pull.head);
    }
    for told in findings.told.iter().filter(|told| told.asked.fresh) {
        for gate in refired(&told.asked.reading, findings.policy) {
            record.refired.insert(gate, findings.now);
        }
    }
}

/// Since when which gate is unknown: that of the first look that could not find out.
fn remember_unknowns(findings: &Findings<'_>, since: &mut BTreeMap<GateName, Timestamp>) {
    let verdict = |gate: &GateName| findings.verdicts.iter().find(|it| it.gate == *gate);
    since.retain(|gate, _| {
        let exists = findings.policy.gates.iter().any(|it| it.name == *gate);
        exists && verdict(gate).is_none_or(|it| it.verdict.is_unknown())
    });
    let unknown = findings.verdicts.iter();
    for it in unknown.filter(|it| it.verdict.is_unknown()) {
        since.entry(it.gate.clone()).or_insert(findings.now);
    }
}

/// One member of each team, so that the next look asks about that one first.
fn remember_members(verdicts: &[GateVerdict], record: &mut PullRecord) {
    for (team, who, membership) in verdicts.iter().flat_map(|verdict| &verdict.answers) {
        if *membership == Membership::Member {
            record.proven.retain(|(known, _)| known != team);
            record.proven.push((team.clone(), who.id));
        }
    }
}
