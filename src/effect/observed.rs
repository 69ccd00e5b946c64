//! Effects that are not performed, because the bot observes: what they would have written is logged,
//! and what they would have said is remembered in the place of the reply.
//!
//! **Invariant:** nothing here can reach Gitea.

use super::about::about;
use super::{Act, Effect};
use crate::decide::reply::{Addressee, joined_in};
use crate::memo::{self, Answered, Kind, WouldSay};
use state::Memo;

/// Logs what would have been written, and gives what is remembered of it.
pub(super) fn observe(effect: &Effect) -> Vec<Memo> {
    let (repo, number) = (&effect.repo, &effect.number);
    match &effect.act {
        Act::Status { status, .. } => {
            tracing::info!(%repo, %number, sha = %status.sha, context = status.context, state = %status.state,
                "would post a status: {}", status.description);
            Vec::new()
        }
        Act::Reply {
            to, body, outcome, ..
        } => {
            tracing::info!(%repo, %number, %to, "would post a reply: {}", first_line(body));
            said(effect, to, body, outcome)
        }
        Act::Fold { to } => {
            tracing::info!(%repo, %number, %to, "would fold a note in a reply");
            Vec::new()
        }
        Act::React { comment } => {
            tracing::info!(%repo, %number, %comment, "would give eyes");
            Vec::new()
        }
    }
}

fn first_line(body: &str) -> &str {
    let mut lines = body.lines().map(str::trim);
    let told = |line: &&str| !line.is_empty() && !line.starts_with("<!--");
    lines.find(told).unwrap_or_default()
}

/// The reply counts as given up, so that nobody waits for its address; what it says answers the
/// comment, and those that it answers besides.
fn said(effect: &Effect, to: &Addressee, body: &str, outcome: &str) -> Vec<Memo> {
    let pull = memo::pull_key(effect.repository, effect.number);
    let answered = Answered {
        reply: None,
        outcome: outcome.to_owned(),
    };
    let joined = joined_in(body).into_iter();
    let others = joined.map(|joined| Addressee::Comment(joined.comment));
    let would_say = WouldSay(body.to_owned());
    let places = std::iter::once(to.clone()).chain(others);
    places
        .map(|to| would_say.memo(about::<WouldSay>(pull, &to)))
        .chain([answered.memo(about::<Answered>(pull, to))])
        .collect()
}
