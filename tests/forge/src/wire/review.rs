//! Reviews.

use serde_json::{Value, json};

use super::{people, repo, time};
use crate::world::World;
use crate::world::event::{Event, What};
use crate::world::ids::UserId;
use crate::world::review::{Review, ReviewState};

/// A review; a request for one has no page of its own.
pub(crate) fn review(world: &World, review: &Review, doer: Option<UserId>) -> Value {
    let Some(issue) = world.issues.get(&review.issue) else {
        return Value::Null;
    };
    let page = repo::page(world, issue);
    let events: Vec<&Event> = world.events_of(review.issue);
    let own = |what: What| {
        events
            .iter()
            .find(|event| event.what == what)
            .map(|event| event.id)
    };
    let anchor =
        own(What::Review(review.id)).filter(|_| review.state != ReviewState::RequestReview);
    let lines = events
        .iter()
        .filter(|event| event.what == What::Code(review.id))
        .count();
    json!({
        "id": review.id.get(),
        "user": review.reviewer.map(|user| people::user(world, user, doer)),
        "team": review.team.and_then(|team| world.teams.get(&team)).map(|team| people::team(world, team, false)),
        "state": review.state.name(),
        "body": review.body,
        "commit_id": review.commit,
        "stale": review.stale,
        "official": review.official,
        "dismissed": review.dismissed,
        "comments_count": lines,
        "submitted_at": time(review.created),
        "updated_at": time(review.updated),
        "html_url": anchor.map_or_else(String::new, |id| format!("{page}#issuecomment-{id}")),
        "pull_request_url": page,
    })
}

/// Drafts are shown to their author and to site administrators only.
pub(crate) fn is_visible(world: &World, review: &Review, doer: Option<UserId>) -> bool {
    review.state != ReviewState::Pending
        || (doer.is_some() && doer == review.reviewer)
        || world.is_admin(doer)
}
