//! Each cause in words: what happened and why. The words of the repairs are in [`super::repair`].

use super::repair::{self, repair};
use super::text::{code, listed, quoted};
use crate::model::{Block, Cause, Diagnosis, Evidence, Outcome, Repair, Subject};

/// A few words for a status.
#[must_use]
pub const fn short(cause: Cause) -> &'static str {
    match cause {
        Cause::TokenInvalid => "the bot's token is not valid",
        Cause::ScopeMissing => "the bot's token lacks a scope",
        Cause::BotNotInTeam => "the bot is not in the team",
        Cause::BotNotInOrg => "the bot is not in the organisation",
        Cause::TeamUnknown => "the team does not exist",
        Cause::PublicOnlyToken => "the bot's token is limited to public things",
        Cause::AccountBlocked => "the bot's account is blocked",
        Cause::SignInRequired => "the server wants a token",
        Cause::RepoNotVisible => "the bot cannot see the repository",
        Cause::CannotWriteStatus => "the bot may not write statuses",
        Cause::CannotComment => "the bot may not comment",
        Cause::HeadNotInBase => "the head is not in the repository yet",
        Cause::ProxyInBetween => "a proxy in front of Gitea answered",
        Cause::ForgeUnavailable => "Gitea did not answer",
        Cause::UserUnknown => "the user is not known",
        Cause::NotAMember => "not a member",
        Cause::PushNotRecorded => "Gitea never recorded the push",
        Cause::OwnerNotAnOrganisation => "the owner is a person and has no teams",
        Cause::Unexplained => "Gitea's answer is not understood",
    }
}

/// What an identity's refused question means.
#[must_use]
pub fn meaning(diagnosis: &Diagnosis) -> String {
    let who = asked_as(diagnosis);
    let about = about(diagnosis);
    match diagnosis.cause {
        Cause::TokenInvalid => format!("the token of {who} is missing, revoked or mistyped"),
        Cause::ScopeMissing => format!("the token of {who} lacks {}", lacking(&diagnosis.repair)),
        Cause::BotNotInTeam => {
            format!(
                "{who} is in the organisation {}, not in the {about}",
                org(diagnosis)
            )
        }
        Cause::BotNotInOrg => format!("{who} is in no team of the organisation {}", org(diagnosis)),
        Cause::TeamUnknown => format!("there is no {about}"),
        Cause::PublicOnlyToken => format!("the token of {who} is limited to public things"),
        Cause::AccountBlocked => format!("the account {who} {}", blocked(diagnosis)),
        Cause::SignInRequired => String::from("the server answers nobody who sends no token"),
        Cause::RepoNotVisible => format!("{who} does not get to see {about}"),
        Cause::CannotWriteStatus => format!("{who} may not write statuses in {about}"),
        Cause::CannotComment => format!("{who} may not comment in {about}"),
        Cause::HeadNotInBase => format!("the head commit has not reached {about} yet, or is gone"),
        Cause::ProxyInBetween => String::from("a proxy in front of Gitea answered, not Gitea"),
        Cause::ForgeUnavailable if diagnosis.repair == Repair::TrustAuthority => {
            String::from("Gitea's certificate is not one that I trust")
        }
        Cause::ForgeUnavailable => String::from("Gitea did not answer in time"),
        Cause::UserUnknown => format!("there is no {about}"),
        Cause::NotAMember => format!("not in the {about}"),
        Cause::OwnerNotAnOrganisation => {
            format!("{} is a person, and persons have no teams", org(diagnosis))
        }
        Cause::PushNotRecorded | Cause::Unexplained => String::from(short(diagnosis.cause)),
    }
}

/// Everything about a diagnosis on one line, for logs and terminals: the same words as in a reply.
#[must_use]
pub fn line(diagnosis: &Diagnosis) -> String {
    let told: Vec<String> = diagnosis.evidence.iter().map(call).collect();
    let fix = repair(diagnosis)
        .map(|fix| format!(" Repair: {fix}."))
        .unwrap_or_default();
    let line = format!(
        "{}: {} ({}).{fix}",
        diagnosis.cause,
        meaning(diagnosis),
        told.join("; ")
    );
    line.replace('`', "")
}

fn call(evidence: &Evidence) -> String {
    format!(
        "{} {} as {} at {}: {}",
        evidence.method,
        evidence.path,
        evidence.asked_as,
        evidence.at.strftime("%H:%M:%S"),
        came_back(evidence)
    )
}

/// What it is about, with its kind before its name.
fn about(diagnosis: &Diagnosis) -> String {
    match &diagnosis.about {
        Subject::Team(team) => format!("team {}", code(team)),
        Subject::Repository(repo) => code(repo),
        Subject::Conversation(pull) => format!("the conversation of {}", code(pull)),
        Subject::User(login) => format!("account {}", code(login)),
        Subject::Forge => String::from("this Gitea"),
    }
}

fn org(diagnosis: &Diagnosis) -> String {
    diagnosis
        .team()
        .map_or_else(|| String::from("of the team"), |team| code(team.org()))
}

fn blocked(diagnosis: &Diagnosis) -> &'static str {
    let Repair::OpenAccount { block, .. } = &diagnosis.repair else {
        return "is blocked";
    };
    match block {
        Block::NotActivated => "is not activated",
        Block::Prohibited => "is prohibited from signing in",
        Block::PasswordDue => "must change its password",
        Block::SecondFactor => "lacks the second factor that this server demands",
        Block::Other => "is blocked",
    }
}

/// The scopes that a new token has to have besides.
pub(super) fn lacking(repair: &Repair) -> String {
    match repair {
        Repair::IssueToken { scopes, .. } | Repair::GrantWrite { scopes, .. }
            if !scopes.is_empty() =>
        {
            let names: Vec<String> = scopes.iter().map(code).collect();
            format!("the scope {}", listed(&names, "and"))
        }
        _ => String::from("the scope that the message names"),
    }
}

/// Every repair that would do, each once, in the order of the identities.
#[must_use]
pub fn repairs(diagnoses: &[&Diagnosis]) -> Vec<String> {
    let mut repairs: Vec<String> = Vec::new();
    for repair in diagnoses.iter().filter_map(|one| repair::repair(one)) {
        if !repairs.contains(&repair) {
            repairs.push(repair);
        }
    }
    repairs
}

/// What has to be done, as a paragraph. `None`: nothing but waiting.
#[must_use]
pub fn what_to_do(diagnoses: &[&Diagnosis]) -> Option<String> {
    let repairs = repairs(diagnoses);
    let suffices = match repairs.as_slice() {
        [] => return None,
        [one] => return Some(format!("**Repair:** {one}.")),
        [_, _] => "either of these",
        _ => "any one of these",
    };
    let rows: Vec<String> = repairs.iter().map(|repair| format!("- {repair}")).collect();
    Some(format!("**Repair**, {suffices}:\n{}", rows.join("\n")))
}

/// Who was told what, and what that means: a table in the order of the identities.
#[must_use]
pub fn table(diagnoses: &[&Diagnosis]) -> Option<String> {
    let mut rows: Vec<String> = Vec::new();
    for diagnosis in diagnoses {
        let row = format!(
            "| {} | {} | {} | {} |",
            asked_as(diagnosis),
            told(diagnosis),
            meaning(diagnosis),
            code(diagnosis.cause)
        );
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    let head = "| asked as | what came back | meaning | cause |\n|---|---|---|---|\n";
    (!rows.is_empty()).then(|| format!("{head}{}", rows.join("\n")))
}

/// What came back on the question itself, and then on those that told the cause apart.
fn told(diagnosis: &Diagnosis) -> String {
    let Some((refused, further)) = diagnosis.evidence.split_first() else {
        return String::from("nothing");
    };
    let further = further.iter().map(|evidence| {
        let path = evidence.path.split('?').next().unwrap_or_default();
        let asked = quoted(&format!("{} {path}", evidence.method), 80);
        format!("{asked}: {}", came_back(evidence))
    });
    let before = diagnosis
        .passed_over
        .then(|| String::from("not asked again for some minutes"));
    let all = std::iter::once(came_back(refused)).chain(further);
    let all: Vec<String> = all.chain(before).collect();
    all.join("; ")
}

/// The account behind an identity, or the identity where the account is not known.
#[must_use]
pub fn asked_as(diagnosis: &Diagnosis) -> String {
    let login = diagnosis.login.as_ref();
    login.map_or_else(|| code(&diagnosis.asked_as), code)
}

/// What came back, for a table.
#[must_use]
pub fn came_back(evidence: &Evidence) -> String {
    let outcome = match &evidence.outcome {
        Outcome::Status(status) => status.to_string(),
        Outcome::Timeout => String::from("no answer in time"),
        Outcome::Unreachable => String::from("no connection"),
        Outcome::Untrusted => String::from("a certificate that is not trusted"),
        Outcome::Unreadable => String::from("an answer that cannot be read"),
    };
    let message = evidence.message.iter();
    let message = message.map(|message| quoted(message, 200));
    let headers = evidence
        .headers
        .iter()
        .map(|(name, value)| quoted(&format!("{name}: {value}"), 80));
    let more: Vec<String> = message.chain(headers).collect();
    if more.is_empty() {
        outcome
    } else {
        format!("{outcome} {}", more.join(", "))
    }
}
