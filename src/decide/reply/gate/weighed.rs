//! Why each review and each declaration counts for a gate or does not.

use crate::decide::evaluation::Counts;
use crate::decide::reply::cause::meaning;
use crate::decide::reply::declaration::refused;
use crate::decide::reply::text::code;
use crate::gate::approval::{self, Discount, Judged, Voice};
use crate::gate::declaration::{Declared, Refusal};
use crate::gate::settled::Late;
use crate::gate::verdict::{GateVerdict, Verdict};
use crate::model::Membership;

/// Why each review counts or does not. Nothing is said where there is none.
pub(super) fn reviews(verdict: &GateVerdict) -> Option<String> {
    let rows: Vec<String> = verdict
        .reviews
        .iter()
        .map(|row| review(row, verdict))
        .collect();
    (!rows.is_empty() && !matches!(verdict.verdict, Verdict::Satisfied(_))).then(|| {
        format!(
            "| review | counts | why |\n|---|---|---|\n{}",
            rows.join("\n")
        )
    })
}

fn review(row: &Judged, verdict: &GateVerdict) -> String {
    let (counts, why) = standing(row, verdict);
    let (who, says, mark) = (code(&row.reviewer.login), says(row), counts.mark());
    format!("| {who} {says} | {mark} | {why} |")
}

/// What a review says, and on which commit.
pub(in crate::decide::reply) fn says(row: &Judged) -> String {
    let verb = match row.voice {
        Voice::Approves => "approved",
        Voice::Rejects => "requested changes on",
    };
    let commit = row.commit.as_ref().map(|sha| code(sha.short()));
    let commit = commit.unwrap_or_else(|| String::from("no commit"));
    format!("{verb} {commit}")
}

/// Whether a review counts, and why or why not.
pub(in crate::decide::reply) fn standing(row: &Judged, verdict: &GateVerdict) -> (Counts, String) {
    match &row.standing {
        Err(discount @ Discount::Unsettled(_)) => {
            (Counts::Unknown, discounted(discount, row, verdict))
        }
        Err(discount) => (Counts::No, discounted(discount, row, verdict)),
        Ok(()) if !approval::latest(&verdict.reviews).contains(&row) => (
            Counts::No,
            String::from("a later review of the same person counts instead"),
        ),
        Ok(()) => member(verdict.membership(&verdict.team, &row.reviewer), verdict),
    }
}

fn member(membership: Option<&Membership>, verdict: &GateVerdict) -> (Counts, String) {
    let team = code(&verdict.team);
    match membership {
        Some(Membership::Member) => (Counts::Yes, format!("in {team}")),
        Some(Membership::NotMember) => (Counts::No, format!("not in {team}")),
        Some(Membership::AnotherUser) => (
            Counts::No,
            String::from("that login belongs to somebody else now"),
        ),
        Some(Membership::Unknown(diagnoses)) => {
            let why = diagnoses
                .first()
                .map_or_else(|| String::from("no identity may ask"), meaning);
            (
                Counts::Unknown,
                format!("not known whether in {team}: {why}"),
            )
        }
        None => (
            Counts::Unknown,
            String::from("nobody had to ask, another review decides"),
        ),
    }
}

/// Each condition of the approval rule in its own words, with its repair where there is one.
fn discounted(discount: &Discount, row: &Judged, verdict: &GateVerdict) -> String {
    let again = match row.voice {
        Voice::Approves => "approve once more",
        Voice::Rejects => "review once more",
    };
    let team = code(&verdict.team);
    match discount {
        Discount::Author => String::from("the author of this pull request"),
        Discount::OpenedAnother => {
            String::from("opened another pull request with the same head, so counts for neither")
        }
        Discount::Bot => String::from("the bot itself"),
        Discount::ServiceAccount => String::from("a service account"),
        Discount::NobodyReal => String::from("the account was deleted"),
        Discount::Migrated => format!(
            "older than this repository: it was migrated, and perhaps under a wrong name; {again}"
        ),
        Discount::Dismissed => {
            String::from("dismissed, or replaced by a later review of the same person")
        }
        Discount::OtherCommit(Some(_)) => format!("an older commit, not the head; {again}"),
        Discount::OtherCommit(None) => {
            format!("Gitea names no commit for it; {again}")
        }
        Discount::Stale => format!("the code changed since; {again}"),
        Discount::BeforeRetarget => {
            format!("given before the base branch was changed; {again}")
        }
        Discount::Unplaced => format!(
            "the conversation does not show when it was given, so perhaps for another base branch; {again}"
        ),
        Discount::Unofficial => format!(
            "Gitea calls it *not official*: {team} may not write to this repository, or the branch rule's \
             approvals whitelist does not name it. A repository administrator can change either; then \
             {again}"
        ),
        Discount::Pusher => {
            String::from("pushed to this pull request; somebody else has to approve")
        }
        Discount::Empty => String::from("there are no commits to review yet"),
        Discount::Unsettled(Late::Soon) => String::from("who pushed the head is not recorded yet"),
        Discount::Unsettled(Late::Never) => String::from("who pushed the head was never recorded"),
        Discount::Unsettled(Late::NoHead) => String::from("the head branch is gone"),
    }
}

/// Declarations that were looked at and do not count, where the gate is not satisfied.
pub(super) fn declarations(verdict: &GateVerdict) -> Option<String> {
    let told = |said: &&Declared| !matches!(said.standing, Ok(()) | Err(Refusal::Superseded));
    let satisfied = matches!(verdict.verdict, Verdict::Satisfied(_));
    let rows: Vec<String> = verdict
        .declarations
        .iter()
        .filter(told)
        .map(declared)
        .collect();
    (!rows.is_empty() && !satisfied).then(|| rows.join("\n"))
}

fn declared(said: &Declared) -> String {
    let why = match &said.standing {
        Err(refusal) => refused(refusal, &said.by),
        Ok(()) => String::new(),
    };
    format!(
        "- The declaration of {} does not count: {why}.",
        code(&said.by.login)
    )
}
