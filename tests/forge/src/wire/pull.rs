//! Pull requests.

use serde_json::{Value, json};

use super::{people, repo, time};
use crate::world::World;
use crate::world::event::What;
use crate::world::ids::{RepoId, UserId};
use crate::world::issue::Issue;
use crate::world::pull::{Check, Pull};
use crate::world::review::ReviewState;

/// One pull request, with what only the single answer shows.
pub(crate) fn single(world: &World, issue: &Issue, doer: Option<UserId>) -> Value {
    let Some(pull) = &issue.pull else {
        return Value::Null;
    };
    let mut value = common(world, issue, pull, doer);
    if pull.head_repo.is_some() {
        add_size(world, pull, &mut value);
    }
    value["assignees"] = json!([]);
    let (users, teams) = requested(world, issue);
    value["requested_reviewers"] = json!(users);
    value["requested_reviewers_teams"] = json!(teams);
    value["head"]["sha"] = json!(world.live_head(pull));
    value
}

/// How much it changes, as long as its branch can be read.
fn add_size(world: &World, pull: &Pull, value: &mut Value) {
    let changes = world.changes(pull);
    let removed = changes.values().filter(|version| version.is_none()).count();
    value["additions"] = json!(changes.len() - removed);
    value["deletions"] = json!(removed);
    value["changed_files"] = json!(changes.len());
}

/// One entry of the list: empty lists are `null`, and the head may be another (gitea-facts §5).
pub(crate) fn entry(world: &World, issue: &Issue, doer: Option<UserId>) -> Value {
    let Some(pull) = &issue.pull else {
        return Value::Null;
    };
    let mut value = common(world, issue, pull, doer);
    let users = world.requested_in_list(issue.id).into_iter();
    let users: Vec<Value> = users.map(|user| people::user(world, user, None)).collect();
    value["requested_reviewers"] = if users.is_empty() {
        Value::Null
    } else {
        json!(users)
    };
    value["requested_reviewers_teams"] = Value::Null;
    let live = world.habits.list_reads_head_live;
    value["head"]["sha"] = json!(if live {
        world.live_head(pull)
    } else {
        pull.ref_head.clone()
    });
    value
}

fn common(world: &World, issue: &Issue, pull: &Pull, doer: Option<UserId>) -> Value {
    let page = repo::page(world, issue);
    let mut value = json!({
        "id": pull.id,
        "url": page,
        "number": issue.number,
        "user": people::user(world, issue.poster, doer),
        "title": issue.title,
        "body": issue.body,
        "labels": [],
        "milestone": null,
        "assignee": null,
        "assignees": null,
        "state": if issue.open { "open" } else { "closed" },
        "draft": World::is_draft(&issue.title),
        "is_locked": issue.locked,
        "comments": issue.comments,
        "html_url": page,
        "diff_url": format!("{page}.diff"),
        "patch_url": format!("{page}.patch"),
        "mergeable": issue_is_mergeable(issue, pull),
        "allow_maintainer_edit": world.habits.fields.maintainer_edit,
        "base": base(world, issue, pull, doer),
        "head": head(world, issue, pull, doer),
        "merge_base": pull.merge_base,
        "due_date": null,
        "created_at": time(issue.created),
        "updated_at": time(issue.updated),
        "closed_at": issue.closed.map(time),
        "pin_order": 0,
    });
    repo::merge(&mut value, merged(world, pull));
    add_versioned(world, issue, &mut value);
    value
}

fn issue_is_mergeable(issue: &Issue, pull: &Pull) -> bool {
    pull.check == Check::Done && !World::is_draft(&issue.title)
}

fn merged(world: &World, pull: &Pull) -> Value {
    let merged = pull.merged.as_ref();
    json!({
        "merged": merged.is_some(),
        "merged_at": merged.map(|merged| time(merged.at)),
        "merge_commit_sha": merged.map(|merged| &merged.sha),
        "merged_by": merged.map(|merged| people::user(world, merged.by, None)),
    })
}

fn add_versioned(world: &World, issue: &Issue, value: &mut Value) {
    let fields = world.habits.fields;
    let reviews = world
        .events_of(issue.id)
        .into_iter()
        .filter(|event| matches!(event.what, What::Review(_)))
        .count();
    if reviews > 0 || fields.review_comments_always {
        value["review_comments"] = json!(reviews);
    }
    if fields.content_version {
        value["content_version"] = json!(issue.content_version);
    }
}

fn base(world: &World, issue: &Issue, pull: &Pull, doer: Option<UserId>) -> Value {
    json!({
        "label": pull.base_branch,
        "ref": pull.base_branch,
        "sha": world.branch_head(issue.repo, &pull.base_branch),
        "repo_id": issue.repo.get(),
        "repo": repo::repo(world, issue.repo, world.access(doer, issue.repo)),
    })
}

/// Without its repository it is `refs/pull/N/head` of the base repository.
fn head(world: &World, issue: &Issue, pull: &Pull, doer: Option<UserId>) -> Value {
    let branch_lives = pull
        .head_repo
        .is_some_and(|repo| world.branch_head(repo, &pull.head_branch).is_some());
    let kept = format!("refs/pull/{}/head", issue.number);
    json!({
        "label": pull.head_branch,
        "ref": if branch_lives { &pull.head_branch } else { &kept },
        "sha": pull.ref_head,
        "repo_id": pull.head_repo.map_or(-1, RepoId::get),
        "repo": pull.head_repo.map(|repo| repo::repo(world, repo, world.access(doer, repo))),
    })
}

/// Whoever was asked, and whoever spoke: the latest review of each that still stands.
fn requested(world: &World, issue: &Issue) -> (Vec<Value>, Vec<Value>) {
    let users = world.requested_of_one(issue.id).into_iter();
    let users = users.map(|user| people::user(world, user, None));
    let asked = world.reviews_of(issue.id).into_iter();
    let asked = asked.filter(|review| review.state == ReviewState::RequestReview);
    let teams = asked.filter_map(|review| world.teams.get(&review.team?));
    (
        users.collect(),
        teams.map(|team| people::team(world, team, true)).collect(),
    )
}
