//! From the loose shape to a [`Payload`]: which event it is, and what it must name.

use super::wire::{self, Body, is_object, need, number, part};
use super::{Comment, CommentChange, Delivery, Happening, NotAnEvent, Payload, PullChange, Target};
use crate::model::{CommentId, PullNumber, RepoName, RepositoryId, Sha};

pub(super) fn payload(bytes: &[u8]) -> Result<Payload, NotAnEvent> {
    let body: Body<'_> =
        serde_json::from_str(text(bytes)?).map_err(|error| NotAnEvent::NotJson {
            line: error.line(),
            column: error.column(),
        })?;
    let happening =
        if is_object(body.comment) && (is_object(body.issue) || is_object(body.pull_request)) {
            comment(&body)?.map(Happening::Comment)
        } else if is_object(body.pull_request) {
            pull_event(&body)?
        } else if body.sha.is_some() && body.context.is_some() && body.state.is_some() {
            Some(status(&body)?)
        } else {
            need(body.repository.or(body.sender), "repository")?;
            None
        };
    match happening {
        Some(happening) => Ok(Payload::Relevant(Box::new(delivery(&body, happening)?))),
        None => Ok(Payload::Irrelevant {
            repository: repository(&body),
        }),
    }
}

/// All of it, also what nobody reads: Gitea writes UTF-8, and about other bytes two readers may differ.
fn text(bytes: &[u8]) -> Result<&str, NotAnEvent> {
    std::str::from_utf8(bytes).map_err(|error| {
        let (before, _) = bytes.split_at(error.valid_up_to());
        let mut lines = before.rsplit(|byte| *byte == b'\n');
        NotAnEvent::NotJson {
            column: lines.next().map_or(0, <[u8]>::len) + 1,
            line: lines.count() + 1,
        }
    })
}

/// Where something happened that no gate depends on: what is wrong there matters to nobody.
fn repository(body: &Body<'_>) -> Option<RepositoryId> {
    let repository: Option<wire::Repository> = part(body.repository, "repository").ok()?;
    repository?.id.map(RepositoryId::new)
}

fn delivery(body: &Body<'_>, happening: Happening) -> Result<Delivery, NotAnEvent> {
    let repository: wire::Repository = need(part(body.repository, "repository")?, "repository")?;
    let name = need(repository.full_name, "repository.full_name")?;
    let repo: RepoName = name
        .parse()
        .map_err(|_| NotAnEvent::Wrong("repository.full_name"))?;
    let repository = RepositoryId::new(number(repository.id, "repository.id")?);
    let sender = part(body.sender, "sender")?.map(wire::User::account);
    Ok(Delivery {
        repository,
        repo,
        sender,
        happening,
    })
}

/// `None`: something happened to the comment that gates do not know of.
fn comment(body: &Body<'_>) -> Result<Option<Comment>, NotAnEvent> {
    let change = match action(body)?.as_str() {
        "created" => CommentChange::Created,
        "edited" => CommentChange::Edited {
            from: changes(body)?.body.and_then(|change| change.from),
        },
        "deleted" => CommentChange::Deleted,
        _ => return Ok(None),
    };
    let comment: wire::Comment = need(part(body.comment, "comment")?, "comment")?;
    let is_pull = part(body.is_pull, "is_pull")?.unwrap_or_else(|| is_object(body.pull_request));
    Ok(Some(Comment {
        id: CommentId::new(number(comment.id, "comment.id")?),
        on: target(body)?,
        on_issue: !is_pull,
        author: comment.user.map(wire::User::account),
        body: need(comment.body, "comment.body")?,
        created_at: need(comment.created_at, "comment.created_at")?,
        updated_at: need(comment.updated_at, "comment.updated_at")?,
        change,
    }))
}

/// `None`: something happened to the pull request that no gate depends on.
fn pull_event(body: &Body<'_>) -> Result<Option<Happening>, NotAnEvent> {
    if let Some(review) = part::<wire::Review>(body.review, "review")? {
        return Ok(Some(Happening::Review {
            on: target(body)?,
            content: review.content.unwrap_or_default(),
        }));
    }
    let change = match action(body)?.as_str() {
        "opened" | "reopened" | "synchronized" | "closed" => PullChange::Moved,
        "edited" => {
            let changes = changes(body)?;
            match (changes.base, changes.title) {
                (Some(base), _) => PullChange::Retargeted {
                    from: need(base.from, "changes.ref.from")?,
                },
                // A title makes a draft, or none of it.
                (None, Some(_)) => PullChange::Moved,
                (None, None) => return Ok(None),
            }
        }
        _ => return Ok(None),
    };
    Ok(Some(Happening::Pull {
        on: target(body)?,
        change,
    }))
}

fn status(body: &Body<'_>) -> Result<Happening, NotAnEvent> {
    let sha: String = need(part(body.sha, "sha")?, "sha")?;
    let sha: Sha = sha.parse().map_err(|_| NotAnEvent::Wrong("sha"))?;
    Ok(Happening::Status {
        sha,
        context: need(part(body.context, "context")?, "context")?,
        state: part(body.state, "state")?.unwrap_or_default(),
    })
}

/// Where it happened: the number stands in up to three places, and all agree.
fn target(body: &Body<'_>) -> Result<Target, NotAnEvent> {
    let pull: Option<wire::Pull> = part(body.pull_request, "pull_request")?;
    let issue: Option<wire::Issue> = part(body.issue, "issue")?;
    let outer: Option<u64> = part(body.number, "number")?;
    let within = pull
        .as_ref()
        .and_then(|pull| pull.number)
        .or_else(|| issue.and_then(|issue| issue.number));
    let number = number(within.or(outer), "number")?;
    let base = pull.and_then(|pull| pull.base).and_then(|base| base.name);
    Ok(Target {
        number: PullNumber::new(number),
        base,
    })
}

fn action(body: &Body<'_>) -> Result<String, NotAnEvent> {
    need(part(body.action, "action")?, "action")
}

fn changes(body: &Body<'_>) -> Result<wire::Changes, NotAnEvent> {
    Ok(part(body.changes, "changes")?.unwrap_or_default())
}
