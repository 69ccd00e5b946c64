//! From a cause to its one repair, with the real names and the page where it is done.

use super::wording;
use crate::gitea::places::Pages;
use crate::model::{Block, Cause, Evidence, Outcome, Repair, RepoName, Subject};

/// The repair of a cause.
pub(super) fn repair(
    pages: &Pages,
    cause: Cause,
    about: &Subject,
    evidence: &[Evidence],
) -> Repair {
    let message = message(evidence);
    match cause {
        Cause::TokenInvalid => Repair::IssueToken {
            scopes: Vec::new(),
            page: pages.tokens(),
        },
        Cause::ScopeMissing => Repair::IssueToken {
            scopes: wording::scopes(message),
            page: pages.tokens(),
        },
        Cause::PublicOnlyToken => Repair::IssueUnlimitedToken {
            page: pages.tokens(),
        },
        Cause::SignInRequired => Repair::ConfigureToken,
        Cause::AccountBlocked => account(pages, message),
        Cause::ProxyInBetween => Repair::PassProxy,
        Cause::PushNotRecorded => Repair::PushCommit,
        Cause::Unexplained => Repair::AskOperator,
        Cause::ForgeUnavailable if untrusted(evidence) => Repair::TrustAuthority,
        Cause::ForgeUnavailable | Cause::HeadNotInBase | Cause::UserUnknown => Repair::Wait,
        Cause::BotNotInTeam | Cause::BotNotInOrg | Cause::TeamUnknown | Cause::NotAMember => {
            of_team(pages, cause, about)
        }
        Cause::OwnerNotAnOrganisation => match about {
            Subject::Team(team) => Repair::UseOrganisation {
                owner: team.org().to_owned(),
            },
            _ => Repair::AskOperator,
        },
        Cause::RepoNotVisible | Cause::CannotWriteStatus | Cause::CannotComment => {
            of_repository(pages, cause, about, message)
        }
    }
}

fn untrusted(evidence: &[Evidence]) -> bool {
    let mut outcomes = evidence.iter().map(|evidence| &evidence.outcome);
    outcomes.any(|outcome| *outcome == Outcome::Untrusted)
}

/// The message that told the most: the last one, since further questions narrow the cause down.
fn message(evidence: &[Evidence]) -> &str {
    let mut messages = evidence.iter().rev().filter_map(|e| e.message.as_deref());
    messages.next().unwrap_or_default()
}

/// Where nothing was said, the account may be known and yet be shown no repository: the server wants
/// a second factor (gitea-facts §1.6).
fn account(pages: &Pages, message: &str) -> Repair {
    let known = wording::block(message);
    let told = wording::refusal(message) == Some(Cause::AccountBlocked);
    let block = match known {
        Block::Other if !told && (message.is_empty() || is_absence(message)) => Block::SecondFactor,
        known => known,
    };
    let page = match block {
        Block::SecondFactor => pages.security(),
        _ => pages.accounts(),
    };
    Repair::OpenAccount { block, page }
}

/// What a 404 says up to 1.24, and from 1.25 on (gitea-facts §0.1).
fn is_absence(message: &str) -> bool {
    message == "not found" || message.contains("couldn't be found")
}

fn of_team(pages: &Pages, cause: Cause, about: &Subject) -> Repair {
    let Subject::Team(team) = about else {
        return Repair::AskOperator;
    };
    let team = team.clone();
    match cause {
        Cause::TeamUnknown => Repair::NameTeam { team },
        Cause::NotAMember => Repair::AskMember { team },
        _ => Repair::JoinTeam {
            page: pages.team(&team),
            team,
        },
    }
}

fn of_repository(pages: &Pages, cause: Cause, about: &Subject, message: &str) -> Repair {
    let repo: RepoName = match about {
        Subject::Repository(repo) => repo.clone(),
        Subject::Conversation(pull) => pull.repo.clone(),
        _ => return Repair::AskOperator,
    };
    let page = pages.access(&repo);
    match cause {
        Cause::RepoNotVisible => Repair::GrantRead { repo, page },
        Cause::CannotWriteStatus => Repair::GrantWrite {
            repo,
            scopes: wording::scopes(message),
            page,
        },
        _ => Repair::OpenConversation {
            closed: wording::closed(message),
            page: match about {
                Subject::Conversation(pull) => pages.pull(pull),
                _ => pages.repository(&repo),
            },
            repo,
        },
    }
}
