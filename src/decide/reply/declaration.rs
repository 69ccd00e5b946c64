//! What became of a declaration or its withdrawal, in sentences.

use super::gate::{because, outcome};
use super::text::{code, listed, mention};
use super::{Declaration, Letter};
use crate::gate::declaration::{Declared, Refusal};
use crate::gate::policy::GateName;
use crate::gate::settled::Late;
use crate::gate::verdict::{GateVerdict, Ground, Verdict};
use crate::model::{Account, Diagnosis, Membership};

/// The outcome, then what it means for the gate.
pub(super) fn render(declaration: &Declaration, letter: &Letter) -> String {
    let Some(declared) = &declaration.declared else {
        return gone(declaration, letter);
    };
    match (&declared.standing, &declaration.membership) {
        (Err(refusal @ Refusal::Unsettled(_)), _) => waits(declaration, refusal, declared, letter),
        (Err(refusal), _) => not_accepted(declaration, &told_writer(refusal, &declared.by), letter),
        (Ok(()), Membership::Member) => accepted(declaration, declared),
        (Ok(()), Membership::Unknown(diagnoses)) => {
            unknown(declaration, declared, diagnoses, letter)
        }
        (Ok(()), Membership::AnotherUser) => not_accepted(
            declaration,
            "that login belongs to somebody else now",
            letter,
        ),
        (Ok(()), Membership::NotMember) => {
            let waivers = waivers(&declaration.gate, "or");
            not_accepted(declaration, &format!("you are not in {waivers}"), letter)
        }
    }
}

fn accepted(declaration: &Declaration, declared: &Declared) -> String {
    let gate = code(&declaration.gate.gate);
    let teams = match &declaration.gate.verdict {
        Verdict::Satisfied(Ground::Declaration { by, team, .. }) if *by == declared.by => {
            code(team)
        }
        _ => waivers(&declaration.gate, "or"),
    };
    let head = declaration
        .head
        .as_ref()
        .map(|head| code(head.short()))
        .unwrap_or_default();
    let holds = if declaration.until_push {
        format!("It holds for {head}; a push or a change of the base ends it.")
    } else {
        String::from("It holds for this pull request; a change of the base ends it.")
    };
    let back = code(format!("/sop-revoke {}", declaration.gate.gate));
    format!(
        "**{gate} is declared not applicable** by {} of {teams}{}. {holds} {back} takes it back.{}",
        code(&declared.by.login),
        because(declared.reason.as_deref()),
        unheard(declared)
    )
}

/// A declaration that was found and not heard may be forged, so its writer is really told.
fn unheard(declared: &Declared) -> String {
    if declared.heard {
        return String::new();
    }
    format!(
        "\n\n{}: no webhook announced this comment, so I tell you that it counts in your name.",
        mention(declared.by.login.as_str())
    )
}

fn not_accepted(declaration: &Declaration, why: &str, letter: &Letter) -> String {
    let gate = code(&declaration.gate.gate);
    let ended = declaration
        .declared
        .as_ref()
        .and_then(|said| said.standing.as_ref().err());
    let first = if ended.is_some_and(ends) {
        format!("**The declaration for {gate} does not hold any more**: {why}.")
    } else {
        format!("**The declaration for {gate} was not accepted**: {why}.")
    };
    let can = match ended {
        Some(Refusal::Empty) => String::from(" Declare it once there is one."),
        Some(Refusal::Superseded) => String::new(),
        _ => format!(
            " Someone of {} can declare it.",
            waivers(&declaration.gate, "or")
        ),
    };
    format!("{first}{can}\n\n{}", standing(&declaration.gate, letter))
}

/// Whether it may have counted before.
const fn ends(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::PushedAfter { .. } | Refusal::Retargeted | Refusal::Reopened | Refusal::Revoked
    )
}

fn waits(declaration: &Declaration, why: &Refusal, declared: &Declared, letter: &Letter) -> String {
    let gate = code(&declaration.gate.gate);
    let again = if letter.looks_again && why.may_heal() {
        " I look again within a minute, and this comment will change."
    } else {
        ""
    };
    format!(
        "**The declaration for {gate} cannot be verified yet**: {}.{}",
        refused(why, &declared.by),
        again
    )
}

/// Where the gate itself is unknown, its own sentences tell all; where it stands for another reason,
/// the declaration still wants its answer.
fn unknown(
    declaration: &Declaration,
    declared: &Declared,
    diagnoses: &[Diagnosis],
    letter: &Letter,
) -> String {
    if matches!(declaration.gate.verdict, Verdict::Unknown(_)) {
        return super::gate::render(&declaration.gate, letter);
    }
    let first = format!(
        "**The declaration for {} cannot be verified**: whether {} is in {} is not known: {}.",
        code(&declaration.gate.gate),
        code(&declared.by.login),
        waivers(&declaration.gate, "or"),
        super::gate::cannot_see(diagnoses),
    );
    let diagnoses: Vec<&Diagnosis> = diagnoses.iter().collect();
    let repair = super::cause::what_to_do(&diagnoses);
    let now = standing(&declaration.gate, letter);
    let told = [Some(first), repair, Some(now)];
    told.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

fn gone(declaration: &Declaration, letter: &Letter) -> String {
    let gate = code(&declaration.gate.gate);
    let first = format!(
        "**The declaration for {gate} is withdrawn**: it does not stand in the comment any more."
    );
    format!("{first}\n\n{}", standing(&declaration.gate, letter))
}

/// How the gate stands now, in one sentence.
fn standing(verdict: &GateVerdict, letter: &Letter) -> String {
    outcome(verdict, letter).replace("**", "")
}

fn waivers(verdict: &GateVerdict, last: &str) -> String {
    let teams: Vec<String> = verdict.waivers.iter().map(code).collect();
    listed(&teams, last)
}

/// The same, said to the writer.
fn told_writer(refusal: &Refusal, by: &Account) -> String {
    match refusal {
        Refusal::Author => String::from("you are the author of this pull request"),
        Refusal::OpenedAnother => {
            String::from("you opened another pull request with the same head")
        }
        Refusal::TooSoon { seconds, head } => format!(
            "the head moved {seconds} s before your comment; say it again if you mean {}",
            code(head.short())
        ),
        Refusal::Unconfirmed => format!(
            "no webhook announced the comment, so {} has to confirm it: with a 👍 on this reply, and nobody \
             else's counts. I look for it with every sweep, and at once when somebody types {}",
            mention(by.login.as_str()),
            code("/refire")
        ),
        other => refused(other, by),
    }
}

/// Each condition of the declaration rule in its own words, for any reader.
pub(super) fn refused(refusal: &Refusal, by: &Account) -> String {
    let who = code(&by.login);
    match refusal {
        Refusal::Author => format!("{who} is the author of this pull request"),
        Refusal::OpenedAnother => format!("{who} opened another pull request with the same head"),
        Refusal::Bot => String::from("it is the bot's own comment"),
        Refusal::ServiceAccount => format!("{who} is a service account"),
        Refusal::NobodyReal => String::from("the account was deleted"),
        Refusal::Migrated => {
            String::from("the comment is older than this repository and may carry a wrong name")
        }
        Refusal::Edited(editor) => edited(editor.as_deref(), &who),
        Refusal::Unheard => String::from(
            "no webhook announced the comment, and this bot is configured to believe only what it heard. Say it \
             again; if that is not heard either, the repository's webhook needs repair",
        ),
        Refusal::Unconfirmed => {
            format!("no webhook announced the comment, and {who} has not confirmed it yet")
        }
        Refusal::NoReason => {
            String::from("a reason is required here: write it after the gate's name")
        }
        Refusal::Revoked => format!("{who} took it back"),
        Refusal::Superseded => format!("{who} said it again later"),
        Refusal::Pusher => format!("{who} pushed to this pull request"),
        Refusal::Reopened => String::from(
            "the pull request was closed and opened again after this comment, and what was said about it \
             before that is not remembered. A new comment declares again",
        ),
        Refusal::Retargeted => String::from(
            "the base branch was changed afterwards. If it still does not apply, say so again",
        ),
        Refusal::OtherCommit { named, head } => {
            let head = code(head.short());
            format!(
                "it names {}, the head is {head}. Say it again if {head} is meant",
                code(named)
            )
        }
        Refusal::PushedAfter { head } => format!(
            "{} was pushed after {who} had declared it not applicable. If it still does not apply, say so again",
            code(head.short())
        ),
        Refusal::TooSoon { seconds, head } => format!(
            "the head moved {seconds} s before the comment; {who} says it again if {} is meant",
            code(head.short())
        ),
        Refusal::Empty => String::from("this pull request has no commits yet"),
        Refusal::Unsettled(late) => String::from(unsettled(*late)),
    }
}

fn edited(editor: Option<&str>, who: &str) -> String {
    let by = editor.map(|editor| format!(" by {}", code(editor)));
    format!(
        "this comment of {who}'s was edited{}. If {who} means it, a new comment says so",
        by.unwrap_or_default()
    )
}

const fn unsettled(late: Late) -> &'static str {
    match late {
        Late::Soon => "Gitea moved the head but has not recorded the push yet",
        Late::Never => {
            "Gitea never recorded the last push. Push another commit (an empty one will do), then declare again"
        }
        Late::NoHead => "the head branch is gone",
    }
}

/// What a withdrawal did.
pub(super) fn render_revocation(
    gate: &GateName,
    had: bool,
    edited_by: Option<&str>,
    now: &GateVerdict,
    letter: &Letter,
) -> String {
    let name = code(gate);
    let first = if had {
        format!("**Your declaration for {name} is withdrawn.**")
    } else {
        format!(
            "**There was nothing to withdraw**: no declaration of yours for {name} stands on this pull request."
        )
    };
    let editor = edited_by.map(|editor| {
        let editor = code(editor);
        format!(
            " {editor} edited this comment. If you did not mean it, a new comment declares again."
        )
    });
    let editor = editor.unwrap_or_default();
    format!("{first}{editor}\n\n{}", standing(now, letter))
}
