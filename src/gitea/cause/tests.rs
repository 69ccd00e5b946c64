//! Every branch from facts to a cause, and the question that each leaves open.

use super::probe::{Probe, Told};
use super::step::{Facts, Step, step};
use crate::gitea::error::{CallError, ErrorKind};
use crate::gitea::places::Pages;
use crate::model::{
    Cause, Evidence, Login, Outcome, PullNumber, PullRef, RepoName, Subject, TeamId, TeamName,
};
use jiff::Timestamp;
use std::sync::Arc;

const UNIT: &str = "user should have specific read permission or be a repo admin or a site admin";
const ACCOUNT: &str = "This account is not activated.";

/// A call that failed, signed as Gitea signs all but what it says of an account's state.
fn error(method: &str, route: &'static str, kind: ErrorKind, message: &str) -> CallError {
    CallError {
        evidence: Box::new(Evidence {
            at: Timestamp::UNIX_EPOCH,
            asked_as: String::from("bot"),
            method: method.to_owned(),
            path: route.to_owned(),
            outcome: Outcome::Unreadable,
            message: Some(message.to_owned()).filter(|message| !message.is_empty()),
            headers: Vec::new(),
        }),
        kind,
        route,
        signed: true,
        pages: Pages::at("https://git.example.org"),
    }
}

fn unsigned(message: &str) -> CallError {
    CallError {
        signed: false,
        ..error("GET", PULL, ErrorKind::Refused, message)
    }
}

fn no(kind: ErrorKind, message: &str) -> Told {
    Told::No(Arc::new(error("GET", "/any", kind, message)))
}

fn absent() -> Told {
    no(ErrorKind::NotFound, "")
}

const TEAM: &str = "/teams/{id}";
const TEAM_LIST: &str = "/orgs/{org}/teams";
const REPOSITORY: &str = "/repos/{owner}/{repo}";
const PULL: &str = "/repos/{owner}/{repo}/pulls/{number}";
const STATUSES: &str = "/repos/{owner}/{repo}/statuses/{sha}";
const COMMENTS: &str = "/repos/{owner}/{repo}/issues/{number}/comments";

fn widget() -> RepoName {
    "Acme/Widget".parse().unwrap()
}

fn repository() -> Subject {
    Subject::Repository(widget())
}

fn team() -> Subject {
    Subject::Team(TeamName::new("Acme", "qa"))
}

fn conversation() -> Subject {
    Subject::Conversation(PullRef {
        repo: widget(),
        number: PullNumber::new(7),
    })
}

fn the_repository() -> Probe {
    Probe::Repository(widget())
}

fn listed() -> Probe {
    Probe::Listed(widget())
}

fn teams() -> Probe {
    Probe::Teams(String::from("acme"))
}

fn owner() -> Probe {
    Probe::User(String::from("acme"))
}

fn teams_named(names: &[&str]) -> Told {
    let team = |name: &&str| (TeamId::new(3), (*name).to_owned());
    Told::Teams(Arc::new(names.iter().map(team).collect()))
}

/// What comes next: a cause, or a question with what the cause is called without its answer.
#[track_caller]
fn check(error: &CallError, about: &Subject, told: &[(Probe, Told)], expected: Expected) {
    check_where(error, about, told, false, expected);
}

#[track_caller]
fn check_where(
    error: &CallError,
    about: &Subject,
    told: &[(Probe, Told)],
    owner_is_there: bool,
    expected: Expected,
) {
    let facts = Facts {
        error,
        about,
        told,
        owner_is_there,
    };
    let next = match step(&facts) {
        Step::Is(cause) => Is(cause),
        Step::Ask(probe, otherwise) => Ask(probe, otherwise),
    };
    assert_eq!(next, expected, "{error:?}");
}

#[derive(Debug, PartialEq)]
enum Expected {
    Is(Cause),
    Ask(Probe, Cause),
}
use Expected::{Ask, Is};

#[test]
fn what_the_kind_of_an_answer_tells_by_itself() {
    let server = Some(String::from("cloudflare"));
    let moved = || ErrorKind::Moved {
        status: 307,
        to: String::from("/elsewhere"),
    };
    for (route, kind, cause) in [
        (PULL, ErrorKind::Unauthorized, Cause::TokenInvalid),
        (COMMENTS, ErrorKind::Archived, Cause::CannotComment),
        (PULL, ErrorKind::Server(502), Cause::ForgeUnavailable),
        (PULL, ErrorKind::Timeout, Cause::ForgeUnavailable),
        (PULL, ErrorKind::Untrusted, Cause::ForgeUnavailable),
        (
            PULL,
            ErrorKind::Unreachable { sent: true },
            Cause::ForgeUnavailable,
        ),
        (
            PULL,
            ErrorKind::NotGitea {
                status: 403,
                server,
                content_type: None,
            },
            Cause::ProxyInBetween,
        ),
        (
            PULL,
            ErrorKind::TooMany { retry_after: None },
            Cause::ProxyInBetween,
        ),
        (PULL, ErrorKind::Unreadable, Cause::ProxyInBetween),
        (TEAM_LIST, moved(), Cause::TeamUnknown),
        ("/users/{user}", moved(), Cause::UserUnknown),
        (PULL, moved(), Cause::RepoNotVisible),
        ("/version", moved(), Cause::Unexplained),
        (PULL, ErrorKind::Rejected(409), Cause::Unexplained),
        (PULL, ErrorKind::TooLarge, Cause::Unexplained),
        (PULL, ErrorKind::Unexpected(202), Cause::Unexplained),
        (PULL, ErrorKind::Restless, Cause::Unexplained),
        (PULL, ErrorKind::Unaskable, Cause::Unexplained),
    ] {
        check(
            &error("GET", route, kind, ""),
            &repository(),
            &[],
            Is(cause),
        );
    }
}

#[test]
fn a_403_is_told_by_its_message_and_never_by_its_number() {
    for (method, route, message, cause) in [
        ("GET", TEAM, "Must be a team member", Cause::BotNotInTeam),
        (
            "GET",
            TEAM_LIST,
            "Must be an organization member",
            Cause::BotNotInOrg,
        ),
        (
            "GET",
            TEAM,
            "token scope is limited to public orgs",
            Cause::PublicOnlyToken,
        ),
        (
            "GET",
            PULL,
            "Only signed in user is allowed to call APIs.",
            Cause::SignInRequired,
        ),
        ("GET", PULL, ACCOUNT, Cause::AccountBlocked),
        (
            "GET",
            PULL,
            "This account is prohibited from signing in, please contact your site administrator.",
            Cause::AccountBlocked,
        ),
        (
            "GET",
            PULL,
            "You must change your password. Change it at: https://git.example.org",
            Cause::AccountBlocked,
        ),
        (
            "GET",
            PULL,
            "token does not have at least one of required scope(s): [read:issue]",
            Cause::ScopeMissing,
        ),
        // Whatever it says, a status that is refused is not written.
        (
            "POST",
            STATUSES,
            "token does not have at least one of required scope(s): [write:repository]",
            Cause::CannotWriteStatus,
        ),
        (
            "POST",
            STATUSES,
            "user should have a permission to write to a repo",
            Cause::CannotWriteStatus,
        ),
        ("POST", STATUSES, "", Cause::CannotWriteStatus),
        ("GET", PULL, UNIT, Cause::RepoNotVisible),
        ("GET", PULL, "", Cause::Unexplained),
        ("GET", PULL, "something new", Cause::Unexplained),
        (
            "POST",
            COMMENTS,
            "You cannot comment on a locked issue.",
            Cause::CannotComment,
        ),
        ("POST", COMMENTS, "user is blocked", Cause::CannotComment),
        ("PATCH", COMMENTS, "", Cause::CannotComment),
        ("POST", COMMENTS, UNIT, Cause::CannotComment),
    ] {
        let error = error(method, route, ErrorKind::Refused, message);
        check(&error, &repository(), &[], Is(cause));
    }
}

#[test]
fn a_message_that_is_not_signed_is_about_the_account_unless_it_can_ask_other_things() {
    let error = unsigned("Sign-in is not possible today.");
    let next = Ask(Probe::Own, Cause::AccountBlocked);
    check(&error, &repository(), &[], next);
    for (told, cause) in [
        (no(ErrorKind::Refused, ""), Cause::AccountBlocked),
        (Told::There, Cause::ProxyInBetween),
    ] {
        check(&error, &repository(), &[(Probe::Own, told)], Is(cause));
    }
    // An answer without a message says nothing of the account.
    check(&unsigned(""), &repository(), &[], Is(Cause::Unexplained));
}

#[test]
fn a_status_without_a_commit_waits_for_it_unless_the_repository_is_out_of_sight() {
    for kind in [ErrorKind::NotFound, ErrorKind::Server(500)] {
        let error = error("POST", STATUSES, kind, "");
        let next = Ask(the_repository(), Cause::HeadNotInBase);
        check(&error, &repository(), &[], next);
        check(&error, &Subject::Forge, &[], Is(Cause::HeadNotInBase));
        for (told, expected) in [
            (Told::There, Is(Cause::HeadNotInBase)),
            (absent(), Ask(Probe::Own, Cause::RepoNotVisible)),
            (no(ErrorKind::Unauthorized, ""), Is(Cause::TokenInvalid)),
        ] {
            check(&error, &repository(), &[(the_repository(), told)], expected);
        }
    }
    let reading = error("GET", STATUSES, ErrorKind::Server(500), "");
    check(&reading, &repository(), &[], Is(Cause::ForgeUnavailable));
}

#[test]
fn a_404_of_a_team_is_told_by_the_list_of_its_organisation() {
    let error = error("GET", TEAM, ErrorKind::NotFound, "");
    check(&error, &team(), &[], Ask(teams(), Cause::Unexplained));
    for (told, expected) in [
        (teams_named(&["security"]), Is(Cause::TeamUnknown)),
        // It is there, and was not: nothing explains that.
        (teams_named(&["security", "qa"]), Is(Cause::Unexplained)),
        (
            no(ErrorKind::Refused, "Must be an organization member"),
            Is(Cause::BotNotInOrg),
        ),
        (absent(), Ask(owner(), Cause::TeamUnknown)),
        (Told::There, Is(Cause::Unexplained)),
    ] {
        check(&error, &team(), &[(teams(), told)], expected);
    }
}

#[test]
fn an_organisation_that_is_not_there_may_be_a_person() {
    let error = error("GET", TEAM_LIST, ErrorKind::NotFound, "GetOrgByName");
    check(&error, &team(), &[], Ask(owner(), Cause::TeamUnknown));
    for (told, cause) in [
        (Told::There, Cause::OwnerNotAnOrganisation),
        (absent(), Cause::TeamUnknown),
    ] {
        check(&error, &team(), &[(owner(), told)], Is(cause));
    }
    // Whose repository was read is there: nobody has to be asked.
    let person = Is(Cause::OwnerNotAnOrganisation);
    check_where(&error, &team(), &[], true, person);
    check(&error, &Subject::Forge, &[], Is(Cause::TeamUnknown));
}

#[test]
fn other_things_that_are_not_there() {
    let user = Subject::User(Login::new("nobody"));
    let error_at = |route| error("GET", route, ErrorKind::NotFound, "");
    check(
        &error_at("/users/{user}"),
        &user,
        &[],
        Is(Cause::UserUnknown),
    );
    let nothing = Is(Cause::Unexplained);
    check(&error_at("/version"), &Subject::Forge, &[], nothing);
}

#[test]
fn what_is_not_in_a_repository_is_told_by_the_repository_itself() {
    for about in [repository(), conversation()] {
        let error = error("POST", COMMENTS, ErrorKind::NotFound, "");
        let next = Ask(the_repository(), Cause::RepoNotVisible);
        check(&error, &about, &[], next);
        for (told, expected) in [
            (absent(), Ask(Probe::Own, Cause::RepoNotVisible)),
            (no(ErrorKind::Unauthorized, ""), Is(Cause::TokenInvalid)),
            (Told::There, Is(Cause::RepoNotVisible)),
        ] {
            check(&error, &about, &[(the_repository(), told)], expected);
        }
    }
}

#[test]
fn a_repository_out_of_sight_is_asked_about_as_who_with_what_token_and_in_the_search() {
    let error = error("GET", REPOSITORY, ErrorKind::NotFound, "");
    let check = |told: &[(Probe, Told)], expected| check(&error, &repository(), told, expected);
    check(&[], Ask(Probe::Own, Cause::RepoNotVisible));
    let own = |told| (Probe::Own, told);
    let refused = || no(ErrorKind::Unauthorized, "");
    check(&[own(refused())], Is(Cause::TokenInvalid));
    let blocked = no(ErrorKind::Refused, ACCOUNT);
    check(&[own(blocked)], Is(Cause::AccountBlocked));
    // A token that may not read its own account says nothing of the repository, but the refusal may
    // list what it may do; otherwise a question is asked that ordinary tokens are refused.
    let lacks = |scopes: &str| {
        let scope = "token does not have at least one of required scope(s), required=[read:user]";
        no(ErrorKind::Refused, &format!("{scope}{scopes}"))
    };
    let limited = ", token scope=public-only,read:repository";
    let unlimited = ", token scope=read:repository";
    let next = || Ask(Probe::Scopes, Cause::RepoNotVisible);
    check(&[own(lacks(""))], next());
    check(&[own(Told::There)], next());
    check(&[own(lacks(limited))], Is(Cause::PublicOnlyToken));
    check(
        &[own(lacks(unlimited))],
        Ask(listed(), Cause::RepoNotVisible),
    );
    let scopes = |told| vec![own(Told::There), (Probe::Scopes, told)];
    check(&scopes(lacks(limited)), Is(Cause::PublicOnlyToken));
    check(
        &scopes(lacks(unlimited)),
        Ask(listed(), Cause::RepoNotVisible),
    );
    // Where nothing lists them, a private organisation tells.
    check(&scopes(Told::There), Ask(teams(), Cause::RepoNotVisible));
    let known = |told| [scopes(Told::There), vec![(teams(), told)]].concat();
    let public = no(ErrorKind::Refused, "token scope is limited to public orgs");
    check(&known(public), Is(Cause::PublicOnlyToken));
    for told in [absent(), teams_named(&["qa"])] {
        check(&known(told), Ask(listed(), Cause::RepoNotVisible));
    }
    let searched = |told| [known(absent()), vec![(listed(), told)]].concat();
    check(&searched(Told::Absent), Is(Cause::RepoNotVisible));
    check(&searched(refused()), Is(Cause::RepoNotVisible));
}

#[test]
fn a_repository_that_is_found_and_cannot_be_opened_wants_a_second_factor() {
    let error = error("GET", REPOSITORY, ErrorKind::NotFound, "");
    let told = [
        (Probe::Own, Told::There),
        (Probe::Scopes, Told::There),
        (teams(), absent()),
        (listed(), Told::There),
    ];
    check(&error, &repository(), &told, Is(Cause::AccountBlocked));
}
