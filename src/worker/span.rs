//! The span of a turn: every line that is logged in it names the pull request, the evaluation, the
//! deliveries and the comments.

use super::errand::Errand;
use state::PullKey;
use tracing::Span;
use tracing::field::{Empty, display};

/// The span of a turn that begins; what it is about is known once it is claimed.
pub(super) fn begin(key: PullKey) -> Span {
    tracing::info_span!(
        "pull_request",
        repo = Empty,
        number = key.number,
        evaluation = Empty,
        delivery = Empty,
        comment = Empty,
    )
}

/// Says in the span what the turn is about.
pub(super) fn tell(errand: &Errand) {
    let (span, trail) = (Span::current(), &errand.trail);
    span.record("repo", display(&errand.pull.repo));
    span.record("evaluation", trail.evaluation);
    span.record("delivery", trail.delivery().map(display));
    span.record("comment", trail.comment().map(display));
}
