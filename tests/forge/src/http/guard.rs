//! Who may ask what: scopes, sign-in, and finding what the path names.
//!
//! **Invariant:** a route calls these in the order in which Gitea checks, since the order decides
//! which of several refusals is given.

use super::answer::Refusal;
use super::ask::Ask;
use crate::world::World;
use crate::world::access::Access;
use crate::world::ids::{IssueId, RepoId, TeamId, UserId};
use crate::world::token::Category;

/// The token must have all of the categories, for writing if the call writes.
pub(crate) fn scopes(ask: &Ask, required: &[Category]) -> Result<(), Refusal> {
    let Some(scopes) = &ask.asker.scopes else {
        return Ok(());
    };
    let write = ask.is_write();
    if required
        .iter()
        .all(|category| scopes.allow(*category, write))
    {
        return Ok(());
    }
    let verb = if write { "write" } else { "read" };
    let names: Vec<String> = required
        .iter()
        .map(|category| format!("{verb}:{}", category.name()))
        .collect();
    let message = format!(
        "token does not have at least one of required scope(s), required=[{}], token scope={}",
        names.join(" "),
        scopes.spell()
    );
    Err(Refusal::because(403, message))
}

/// Somebody must be signed in.
pub(crate) fn signed_in(ask: &Ask) -> Result<UserId, Refusal> {
    ask.asker
        .user
        .ok_or_else(|| Refusal::because(401, "token is required"))
}

fn public_only(ask: &Ask) -> bool {
    ask.asker
        .scopes
        .as_ref()
        .is_some_and(|scopes| scopes.is_public_only())
}

/// The repository of the path, visible to the caller, by its present name.
pub(crate) fn repo(world: &World, ask: &Ask) -> Result<RepoId, Refusal> {
    let owner = repo_owner(world, ask)?;
    let name = ask.param("repo");
    let Some(repo) = world.repo_named(owner, name).map(|repo| repo.id) else {
        let moved = world
            .old_repos
            .get(&(owner, name.to_lowercase()))
            .and_then(|id| world.repos.get(id));
        let old = format!("{}/{name}", ask.param("owner"));
        return Err(moved.map_or_else(Refusal::not_found, |repo| {
            renamed(ask, 301, &old, &world.full_name(repo))
        }));
    };
    let unproven = world.second_factor && ask.asker.user.is_some();
    let hidden = unproven && !world.is_admin(ask.asker.user);
    if hidden || world.access(ask.asker.user, repo) == Access::None {
        return Err(Refusal::not_found());
    }
    if public_only(ask) && world.is_private(repo) {
        let refused = Refusal::because(403, "token scope is limited to public repos");
        return Err(if world.habits.public_only_hides_repos {
            Refusal::not_found()
        } else {
            refused
        });
    }
    Ok(repo)
}

/// The repository whose number is in the path, by whatever name it has (1.26.3
/// routers/api/v1/repo/repo.go `GetByID`).
pub(crate) fn repo_by_id(world: &World, ask: &Ask) -> Result<RepoId, Refusal> {
    let user = signed_in(ask)?;
    let repo = RepoId(ask.number("id"));
    let hides = world.habits.public_only_hides_repos && public_only(ask) && world.is_private(repo);
    if hides || world.access(Some(user), repo) == Access::None {
        return Err(Refusal::not_found());
    }
    Ok(repo)
}

fn repo_owner(world: &World, ask: &Ask) -> Result<UserId, Refusal> {
    let name = ask.param("owner");
    if let Some(owner) = world.account(name) {
        return Ok(owner.id);
    }
    let moved = world
        .old_names
        .get(&name.to_lowercase())
        .and_then(|id| world.users.get(id));
    match moved {
        Some(user) => Err(renamed(ask, 307, name, &user.name)),
        None => Err(Refusal::NotFoundIn(
            "GetUserByName",
            format!("user redirect does not exist [name: {name}]"),
        )),
    }
}

/// The same path with the new name in it.
fn renamed(ask: &Ask, status: u16, old: &str, new: &str) -> Refusal {
    Refusal::Moved(
        status,
        ask.path.replacen(&format!("/{old}"), &format!("/{new}"), 1),
    )
}

/// A user of the path, or where the renamed one is now.
pub(crate) fn user(world: &World, ask: &Ask, param: &str) -> Result<UserId, Refusal> {
    let name = ask.param(param);
    if let Some(user) = world.account(name) {
        return Ok(user.id);
    }
    let moved = world
        .old_names
        .get(&name.to_lowercase())
        .and_then(|id| world.users.get(id));
    Err(match moved {
        Some(user) => renamed(ask, 307, name, &user.name),
        None => Refusal::NotFoundIn(
            "GetUserByName",
            format!("user does not exist [uid: 0, name: {name}]"),
        ),
    })
}

/// The organisation of the path; a person is none.
pub(crate) fn org(world: &World, ask: &Ask) -> Result<UserId, Refusal> {
    let name = ask.param("org");
    let Some(org) = world.org(name).map(|org| org.id) else {
        let moved = world
            .old_names
            .get(&name.to_lowercase())
            .and_then(|id| world.users.get(id));
        return Err(match moved {
            Some(user) => renamed(ask, 307, name, &user.name),
            None => Refusal::NotFoundIn(
                "GetOrgByName",
                format!("user redirect does not exist [name: {name}]"),
            ),
        });
    };
    if public_only(ask) && world.is_private_org(org) {
        return Err(Refusal::because(
            403,
            "token scope is limited to public orgs",
        ));
    }
    Ok(org)
}

/// A member of the organisation asks, or a site administrator.
pub(crate) fn org_member(world: &World, ask: &Ask, org: UserId) -> Result<UserId, Refusal> {
    let user = signed_in(ask)?;
    if world.in_org(org, user) || world.is_admin(Some(user)) {
        return Ok(user);
    }
    Err(Refusal::because(403, "Must be an organization member"))
}

/// An owner of the organisation asks, or a site administrator.
pub(crate) fn org_owner(world: &World, ask: &Ask, org: UserId) -> Result<UserId, Refusal> {
    let user = signed_in(ask)?;
    if world.owns_org(org, user) || world.is_admin(Some(user)) {
        return Ok(user);
    }
    if world.in_org(org, user) {
        return Err(Refusal::because(403, "Must be an organization owner"));
    }
    Err(Refusal::not_found())
}

/// The team of the path, for a member, an owner or a site administrator (gitea-facts §1.2).
pub(crate) fn team(world: &World, ask: &Ask) -> Result<TeamId, Refusal> {
    let id = TeamId(ask.number("id"));
    let org = world
        .teams
        .get(&id)
        .map(|team| team.org)
        .ok_or_else(Refusal::not_found)?;
    let user = signed_in(ask)?;
    if world.is_admin(Some(user)) || world.owns_org(org, user) || world.in_team(id, user) {
        return Ok(id);
    }
    Err(if world.in_org(org, user) {
        Refusal::because(403, "Must be a team member")
    } else {
        Refusal::not_found()
    })
}

/// The caller may write code.
pub(crate) fn writer(world: &World, ask: &Ask, repo: RepoId) -> Result<UserId, Refusal> {
    let user = signed_in(ask)?;
    if world.access(Some(user), repo) >= Access::Write {
        return Ok(user);
    }
    Err(Refusal::because(
        403,
        "user should have a permission to write to a repo",
    ))
}

/// The caller administers the repository.
pub(crate) fn repo_admin(world: &World, ask: &Ask, repo: RepoId) -> Result<UserId, Refusal> {
    let user = signed_in(ask)?;
    if world.access(Some(user), repo) >= Access::Admin {
        return Ok(user);
    }
    let message = "user should be an owner or a collaborator with admin write of a repository";
    Err(Refusal::because(403, message))
}

/// The repository takes changes.
pub(crate) fn not_archived(world: &World, repo: RepoId) -> Result<(), Refusal> {
    let Some(row) = world.repos.get(&repo).filter(|row| row.archived.is_some()) else {
        return Ok(());
    };
    let name = world.full_name(row);
    let name = if world.habits.archived_names_id {
        format!("<Repository {}:{name}>", row.id)
    } else {
        name
    };
    Err(Refusal::because(423, format!("{name} is archived")))
}

/// The pull request whose number is in the path.
pub(crate) fn pull(world: &World, ask: &Ask, repo: RepoId) -> Result<IssueId, Refusal> {
    let issue = world.issue_numbered(repo, ask.number("index"));
    issue
        .filter(|issue| issue.pull.is_some())
        .map(|issue| issue.id)
        .ok_or_else(Refusal::not_found)
}

/// The same for routes that say what they looked for.
pub(crate) fn pull_told(world: &World, ask: &Ask, repo: RepoId) -> Result<IssueId, Refusal> {
    pull(world, ask, repo).map_err(|_| {
        let what = format!(
            "pull request does not exist [id: 0, issue_id: 0, head_repo_id: 0, base_repo_id: {repo}, head_branch: , base_branch: ]"
        );
        Refusal::NotFoundIn("GetPullRequestByIndex", what)
    })
}
