//! Each cause in words: what it means, and the one action that repairs it.

use super::text::{code, listed};
use crate::model::{Attempt, Cause, Evidence, Outcome};

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

/// What an identity's failed probe means.
#[must_use]
pub fn meaning(attempt: &Attempt) -> String {
    let who = asked_as(attempt);
    let team = code(&attempt.team);
    let org = code(attempt.team.org());
    match attempt.cause {
        Cause::TokenInvalid => format!("the token of {who} is missing, revoked or mistyped"),
        Cause::ScopeMissing => format!("the token of {who} lacks {}", scopes(&attempt.evidence)),
        Cause::BotNotInTeam => {
            format!("{who} is in the organisation {org}, not in the team {team}")
        }
        Cause::BotNotInOrg => format!("{who} is in no team of the organisation {org}"),
        Cause::TeamUnknown => format!("there is no team {team}"),
        Cause::PublicOnlyToken => format!("the token of {who} is limited to public things"),
        Cause::AccountBlocked => format!("the account {who} is blocked"),
        Cause::SignInRequired => String::from("the server answers nobody who sends no token"),
        Cause::OwnerNotAnOrganisation => format!("{org} is a person, and persons have no teams"),
        Cause::ProxyInBetween => String::from("a proxy in front of Gitea answered, not Gitea"),
        Cause::ForgeUnavailable => String::from("Gitea did not answer in time"),
        other => String::from(short(other)),
    }
}

/// The one action that repairs it, as an imperative sentence without its full stop. `None`: there is
/// nothing to do but wait, the bot looks again.
#[must_use]
pub fn repair(attempt: &Attempt) -> Option<String> {
    let who = asked_as(attempt);
    let team = code(&attempt.team);
    let org = code(attempt.team.org());
    let bot = code(&attempt.asked_as);
    Some(match attempt.cause {
        Cause::TokenInvalid => {
            format!("issue a new token for {who} and put it where identity {bot} reads it")
        }
        Cause::ScopeMissing => {
            format!(
                "issue a new token for {who} with {} added",
                scopes(&attempt.evidence)
            )
        }
        Cause::BotNotInTeam | Cause::BotNotInOrg => {
            format!("an owner of {org} adds {who} to the team {team}")
        }
        Cause::TeamUnknown => {
            format!("correct the gate's `team` in the bot's configuration: {team} does not exist")
        }
        Cause::PublicOnlyToken => format!("issue a new token for {who} without “public only”"),
        Cause::AccountBlocked => {
            format!(
                "a site administrator unblocks the account {who}{}",
                said(&attempt.evidence)
            )
        }
        Cause::SignInRequired => format!("configure a token for identity {bot}"),
        Cause::OwnerNotAnOrganisation => String::from(
            "name the gate's team as `organisation/team`, or move the repository into an organisation",
        ),
        Cause::ProxyInBetween => String::from(
            "let the bot's User-Agent and address through the proxy, or give the bot Gitea's own address",
        ),
        Cause::Unexplained => String::from(
            "send the calls below to whoever runs this Gitea; they say what it answered",
        ),
        _ => return None,
    })
}

/// Every repair that would do, each once.
#[must_use]
pub fn repairs(attempts: &[&Attempt]) -> Vec<String> {
    let mut repairs: Vec<String> = Vec::new();
    for repair in attempts.iter().filter_map(|attempt| repair(attempt)) {
        if !repairs.contains(&repair) {
            repairs.push(repair);
        }
    }
    repairs
}

/// The account behind an identity, or the identity where the account is not known.
#[must_use]
pub fn asked_as(attempt: &Attempt) -> String {
    attempt
        .login
        .as_ref()
        .map_or_else(|| code(&attempt.asked_as), code)
}

/// The scopes that Gitea's own message asks for (gitea-facts §1.6).
fn scopes(evidence: &Evidence) -> String {
    let message = evidence.message.as_deref().unwrap_or_default();
    let inside = message
        .split_once("required=[")
        .or_else(|| message.split_once("scope(s): ["));
    let names = inside
        .and_then(|(_, rest)| rest.split_once(']'))
        .map(|(names, _)| names);
    match names {
        Some(names) => {
            let names: Vec<String> = names
                .split([',', ' '])
                .filter(|n| !n.is_empty())
                .map(code)
                .collect();
            format!("the scope {}", listed(&names, "and"))
        }
        None => String::from("the scope that the message names"),
    }
}

fn said(evidence: &Evidence) -> String {
    let message = evidence
        .message
        .as_deref()
        .map(|message| super::text::quoted(message, 200));
    message
        .map(|message| format!(" (Gitea says {message})"))
        .unwrap_or_default()
}

/// What came back, for a table.
#[must_use]
pub fn came_back(evidence: &Evidence) -> String {
    let outcome = match &evidence.outcome {
        Outcome::Status(status) => status.to_string(),
        Outcome::Timeout => String::from("no answer in time"),
        Outcome::Unreachable => String::from("no connection"),
        Outcome::Unreadable => String::from("an answer that cannot be read"),
    };
    match &evidence.message {
        Some(message) => format!("{outcome} {}", super::text::quoted(message, 200)),
        None => outcome,
    }
}
