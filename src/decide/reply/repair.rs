//! Each repair as one imperative sentence with real names: what to do, and who can, where.

use super::cause::{asked_as, lacking};
use super::text::{code, quoted};
use crate::model::{Block, Closed, Diagnosis, Repair, RepoName};

const BOT: &str = "whoever runs the bot";
const SITE: &str = "a site administrator";

/// The one action, without its full stop. `None`: there is nothing to do but wait.
#[must_use]
pub fn repair(diagnosis: &Diagnosis) -> Option<String> {
    let (action, who, page) = parts(diagnosis)?;
    let at = page.map(|page| format!(": {}", quoted(page, 300)));
    Some(match who {
        Some(who) => format!("{action}; {who} can{}", at.unwrap_or_default()),
        None => action,
    })
}

/// What to do in a few words, for the description of a status. `None`: nothing but waiting.
#[must_use]
pub const fn brief(repair: &Repair) -> Option<&'static str> {
    Some(match repair {
        Repair::IssueToken { .. } | Repair::IssueUnlimitedToken { .. } => "issue it a new token",
        Repair::ConfigureToken => "configure its token",
        Repair::JoinTeam { .. } => "add it to the team",
        Repair::NameTeam { .. } | Repair::UseOrganisation { .. } => "correct the gate's team",
        Repair::OpenAccount { .. } => "let its account in again",
        Repair::GrantRead { .. } => "give it access",
        Repair::GrantWrite { .. } => "give it write access",
        Repair::OpenConversation { closed, .. } => match closed {
            Closed::Locked => "unlock the conversation",
            Closed::Blocked => "unblock it",
            Closed::Archived => "unarchive the repository",
            Closed::Other => "let it comment",
        },
        Repair::PassProxy => "let it through the proxy",
        Repair::TrustAuthority => "trust the server's certificate",
        Repair::PushCommit => "push another commit",
        Repair::AskMember { .. } => "ask a member to review",
        Repair::AskOperator => "ask whoever runs this Gitea",
        Repair::Wait => return None,
    })
}

/// What to do, who can, and on which page. Nobody is named where anybody can.
type Parts<'a> = (String, Option<String>, Option<&'a str>);

fn parts(diagnosis: &Diagnosis) -> Option<Parts<'_>> {
    let who = asked_as(diagnosis);
    Some(match &diagnosis.repair {
        Repair::IssueToken { .. } | Repair::IssueUnlimitedToken { .. } | Repair::ConfigureToken => {
            return of_token(diagnosis, &who);
        }
        Repair::OpenAccount { block, page } => account(*block, &who, diagnosis, page),
        Repair::PassProxy => (
            String::from(
                "Let the bot's User-Agent and address through the proxy (whoever runs the proxy can), or set \
                 `forge.api_url` to an address of Gitea itself (whoever runs the bot can)",
            ),
            None,
            None,
        ),
        Repair::TrustAuthority => (
            String::from(
                "Name a file with the certificate of the authority that signed Gitea's in `forge.ca_file`, or renew Gitea's certificate if it has expired",
            ),
            bot(),
            None,
        ),
        Repair::PushCommit => (
            String::from(
                "Push another commit to the branch (an empty one will do), then approve again",
            ),
            None,
            None,
        ),
        Repair::AskOperator => (
            String::from(
                "Send the calls below to whoever runs this Gitea: they say what was asked and what it answered",
            ),
            None,
            None,
        ),
        Repair::Wait => return None,
        _ => return of_place(diagnosis, &who),
    })
}

/// Repairs of tokens.
fn of_token<'a>(diagnosis: &'a Diagnosis, who: &str) -> Option<Parts<'a>> {
    let identity = code(&diagnosis.asked_as);
    Some(match &diagnosis.repair {
        Repair::IssueToken { scopes, page } if scopes.is_empty() => {
            let action = format!(
                "Issue a new token for {who} and put it where identity {identity} reads it"
            );
            (action, bot(), Some(page))
        }
        repair @ Repair::IssueToken { page, .. } => {
            let action = format!("Issue a new token for {who} with {} added", lacking(repair));
            (action, bot(), Some(page))
        }
        Repair::IssueUnlimitedToken { page } => {
            let action = format!("Issue a new token for {who} without “public only”");
            (action, bot(), Some(page))
        }
        Repair::ConfigureToken => {
            let action = format!("Configure a token for identity {identity}");
            (action, bot(), None)
        }
        _ => return None,
    })
}

/// Repairs of teams and repositories.
fn of_place<'a>(diagnosis: &'a Diagnosis, who: &str) -> Option<Parts<'a>> {
    Some(match &diagnosis.repair {
        Repair::JoinTeam { team, page } => (
            format!("Add {who} to the team {}", code(team)),
            Some(format!("an owner of {}", code(team.org()))),
            Some(page),
        ),
        Repair::NameTeam { team } => (
            format!(
                "Correct the gate's `team` in the bot's configuration: {} is not among the teams that {who} is \
                 shown (from Gitea 1.27 on a private team is shown to its members only)",
                code(team)
            ),
            bot(),
            None,
        ),
        Repair::UseOrganisation { owner } => (
            String::from(
                "Name the gate's team as `organisation/team`, or move the repository into an organisation",
            ),
            Some(format!("{BOT}, or {},", code(owner))),
            None,
        ),
        Repair::AskMember { team } => (
            format!("Ask a member of {} to review", code(team)),
            None,
            None,
        ),
        Repair::GrantRead { repo, page } => (
            format!(
                "Give {who} access to {}, by a team or as a collaborator",
                code(repo)
            ),
            administrator(repo),
            Some(page),
        ),
        Repair::GrantWrite { repo, scopes, page } if scopes.is_empty() => (
            format!("Give {who} write access to the code of {}", code(repo)),
            administrator(repo),
            Some(page),
        ),
        repair @ Repair::GrantWrite { .. } => (
            format!("Issue a new token for {who} with {} added", lacking(repair)),
            bot(),
            None,
        ),
        Repair::OpenConversation { repo, closed, page } => {
            (opened(*closed, who, repo), administrator(repo), Some(page))
        }
        _ => return None,
    })
}

fn opened(closed: Closed, who: &str, repo: &RepoName) -> String {
    match closed {
        Closed::Locked => format!("Unlock the conversation, or give {who} write access"),
        Closed::Blocked => format!("Unblock {who}"),
        Closed::Archived => format!("Unarchive {}", code(repo)),
        Closed::Other => format!("Let {who} comment in {}", code(repo)),
    }
}

fn account<'a>(block: Block, who: &str, diagnosis: &Diagnosis, page: &'a str) -> Parts<'a> {
    let login = diagnosis
        .login
        .as_ref()
        .map_or(diagnosis.asked_as.as_str(), |login| login.as_str());
    let action = match block {
        Block::NotActivated => format!("Activate the account {who}"),
        Block::Prohibited => format!("Let the account {who} sign in again"),
        Block::PasswordDue => format!(
            "Change the password of the account {who}, or lift the demand with {}",
            code(format!(
                "gitea admin user must-change-password --unset {login}"
            ))
        ),
        Block::SecondFactor => {
            let action = format!("Enrol a second factor for the account {who}");
            return (action, bot(), Some(page));
        }
        Block::Other => format!("Unblock the account {who}{}", said(diagnosis)),
    };
    (action, Some(String::from(SITE)), Some(page))
}

fn bot() -> Option<String> {
    Some(String::from(BOT))
}

fn administrator(repo: &RepoName) -> Option<String> {
    Some(format!("an administrator of {}", code(repo)))
}

fn said(diagnosis: &Diagnosis) -> String {
    let mut messages = diagnosis
        .evidence
        .iter()
        .filter_map(|e| e.message.as_deref());
    messages
        .next_back()
        .map(|message| format!(" (Gitea says {})", quoted(message, 200)))
        .unwrap_or_default()
}
