//! Reviews of a pull request (gitea-facts §4).

use serde_json::Value;

use super::answer::{Answer, Refusal, Reply};
use super::ask::Ask;
use super::route::{REPOSITORY, Route, delete, get, post};
use super::{guard, page};
use crate::wire::review as wire;
use crate::world::World;
use crate::world::access::Access;
use crate::world::ids::{IssueId, RepoId, ReviewId, UserId};
use crate::world::review::{ReviewState, Submission, Whom};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get(
            "/repos/{owner}/{repo}/pulls/{index}/reviews",
            REPOSITORY,
            list,
        ),
        post(
            "/repos/{owner}/{repo}/pulls/{index}/reviews",
            REPOSITORY,
            submit,
        ),
        post(
            "/repos/{owner}/{repo}/pulls/{index}/reviews/{id}",
            REPOSITORY,
            submit_draft,
        ),
        delete(
            "/repos/{owner}/{repo}/pulls/{index}/reviews/{id}",
            REPOSITORY,
            remove,
        ),
        post(
            "/repos/{owner}/{repo}/pulls/{index}/reviews/{id}/dismissals",
            REPOSITORY,
            dismiss,
        ),
        post(
            "/repos/{owner}/{repo}/pulls/{index}/requested_reviewers",
            REPOSITORY,
            request,
        ),
    ]
}

/// The count includes drafts that the caller does not see.
fn list(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let pull = guard::pull_told(world, ask, repo)?;
    let reviews = world.reviews_of(pull);
    let doer = ask.asker.user;
    let shown = page::cut_if_page_given(world, ask, &reviews).into_iter();
    let shown = shown
        .filter(|review| wire::is_visible(world, review, doer))
        .map(|review| wire::review(world, review, doer));
    Ok(page::counted(shown.collect(), reviews.len()))
}

fn rendered(world: &World, ask: &Ask, review: ReviewId) -> Value {
    world.reviews.get(&review).map_or(Value::Null, |review| {
        wire::review(world, review, ask.asker.user)
    })
}

fn submit(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let by = guard::signed_in(ask)?;
    guard::not_archived(world, repo)?;
    let body = ask.json(world)?;
    let issue = guard::pull_told(world, ask, repo)?;
    let lines = body["comments"].as_array().cloned().unwrap_or_default();
    let lines = lines
        .iter()
        .map(|line| line["body"].as_str().unwrap_or_default().to_owned())
        .collect();
    let new = Submission {
        issue,
        by,
        state: ReviewState::of_event(body["event"].as_str().unwrap_or_default()),
        body: body["body"].as_str().unwrap_or_default(),
        commit: body["commit_id"]
            .as_str()
            .filter(|commit| !commit.is_empty()),
        lines,
    };
    check(
        world,
        repo,
        &new,
        body["event"].as_str().unwrap_or_default(),
    )?;
    let review = world.submit_review(&new).ok_or(Refusal::Internal)?;
    Ok(Reply::ok(rendered(world, ask, review)))
}

/// Turns the caller's draft into a review.
fn submit_draft(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let by = guard::signed_in(ask)?;
    let id = of_path(world, ask, repo)?;
    let body = ask.json(world)?;
    let event = body["event"].as_str().unwrap_or_default();
    let draft = world.reviews.get(&id).ok_or_else(Refusal::not_found)?;
    if draft.state != ReviewState::Pending || draft.reviewer != Some(by) {
        return Err(Refusal::because(
            422,
            "only a pending review can be submitted",
        ));
    }
    let new = Submission {
        issue: draft.issue,
        by,
        state: ReviewState::of_event(event),
        body: body["body"].as_str().unwrap_or_default(),
        commit: None,
        lines: Vec::new(),
    };
    if new.state == ReviewState::Pending {
        return Err(Refusal::because(422, "review stay pending"));
    }
    check(world, repo, &new, event)?;
    let review = world.submit_review(&new).ok_or(Refusal::Internal)?;
    Ok(Reply::ok(rendered(world, ask, review)))
}

fn check(world: &World, repo: RepoId, new: &Submission<'_>, event: &str) -> Result<(), Refusal> {
    let issue = world
        .issues
        .get(&new.issue)
        .ok_or_else(Refusal::not_found)?;
    let own = issue.poster == new.by;
    match new.state {
        ReviewState::Approved if own => {
            return Err(Refusal::because(
                422,
                "approve your own pull is not allowed",
            ));
        }
        ReviewState::RequestChanges if own => {
            return Err(Refusal::because(422, "reject your own pull is not allowed"));
        }
        _ => {}
    }
    if new.state != ReviewState::Approved && new.lines.is_empty() && new.body.trim().is_empty() {
        return Err(Refusal::because(
            422,
            format!("review event {event} requires a body"),
        ));
    }
    if !issue.open && new.state != ReviewState::Comment {
        return Err(Refusal::because(
            422,
            "can't submit review for a closed or merged PR",
        ));
    }
    let known = new.commit.is_none_or(|commit| {
        world
            .repos
            .get(&repo)
            .is_some_and(|row| row.objects.contains(commit))
    });
    if known {
        Ok(())
    } else {
        Err(Refusal::Internal)
    }
}

/// The review of the path, with the pull request it belongs to.
fn of_path(world: &World, ask: &Ask, repo: RepoId) -> Result<ReviewId, Refusal> {
    let issue = guard::pull_told(world, ask, repo)?;
    let id = ReviewId(ask.number("id"));
    let review = world
        .reviews
        .get(&id)
        .filter(|review| review.issue == issue);
    review
        .map(|review| review.id)
        .ok_or_else(Refusal::not_found)
}

fn remove(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let by = guard::signed_in(ask)?;
    let review = of_path(world, ask, repo)?;
    let own = world
        .reviews
        .get(&review)
        .is_some_and(|review| review.reviewer == Some(by));
    if !own && !world.is_admin(Some(by)) {
        return Err(Refusal::Empty(403));
    }
    world.delete_review(review);
    Ok(Reply::empty(204))
}

fn dismiss(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let by = guard::signed_in(ask)?;
    if world.access(Some(by), repo) < Access::Admin {
        return Err(Refusal::because(403, "Must be repo admin"));
    }
    let review = of_path(world, ask, repo)?;
    let state = world.reviews.get(&review).map(|review| review.state);
    if !matches!(
        state,
        Some(ReviewState::Approved | ReviewState::RequestChanges)
    ) {
        let message =
            "not need to dismiss this review because it's type is not Approve or change request";
        return Err(Refusal::because(403, message));
    }
    let body = ask.json(world)?;
    world.dismiss(review, by, body["message"].as_str().unwrap_or_default());
    Ok(Reply::ok(rendered(world, ask, review)))
}

fn request(world: &mut World, ask: &Ask) -> Answer {
    let repo = guard::repo(world, ask)?;
    let by = guard::signed_in(ask)?;
    let issue = guard::pull_told(world, ask, repo)?;
    let body = ask.json(world)?;
    let made: Vec<ReviewId> = requested_users(world, &body)?
        .into_iter()
        .map(|user| world.request_review(issue, by, Whom::User(user)))
        .collect();
    let teams = request_teams(world, issue, by, &body);
    Ok(Reply::created(
        made.into_iter()
            .chain(teams)
            .map(|review| rendered(world, ask, review))
            .collect(),
    ))
}

fn requested_users(world: &World, body: &Value) -> Result<Vec<UserId>, Refusal> {
    let names = body["reviewers"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let users = names
        .iter()
        .filter_map(Value::as_str)
        .map(|name| world.person(name).map(|user| user.id));
    users
        .collect::<Option<Vec<_>>>()
        .ok_or_else(Refusal::not_found)
}

fn request_teams(world: &mut World, issue: IssueId, by: UserId, body: &Value) -> Vec<ReviewId> {
    let owner = world
        .issues
        .get(&issue)
        .and_then(|issue| world.repos.get(&issue.repo))
        .map(|repo| repo.owner);
    let names = body["team_reviewers"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let names = names.iter().filter_map(Value::as_str);
    let teams: Vec<_> = names
        .filter_map(|name| world.team_named(owner?, name))
        .map(|team| team.id)
        .collect();
    teams
        .into_iter()
        .map(|team| world.request_review(issue, by, Whom::Team(team)))
        .collect()
}
