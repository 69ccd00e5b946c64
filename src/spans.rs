//! The spans that what is logged stands in, from the delivery to the effect: each line names the pull
//! request, the evaluation, the deliveries and the comments.
//!
//! The inbox and the outbox lie between them, and perhaps a restart, so that each is a span of its own
//! with the same ids; where they are exported, those of one delivery are one trace.

use crate::model::{DeliveryId, PullNumber, RepoName, Trail};
use tracing::Span;

/// A delivery that is taken in.
#[must_use]
pub fn delivery(id: Option<&DeliveryId>) -> Span {
    let span = tracing::info_span!("delivery", delivery = id.map(display));
    follow(span, id)
}

/// A turn of a pull request.
#[must_use]
pub fn pull_request(repo: &RepoName, number: PullNumber, trail: &Trail) -> Span {
    let span = tracing::info_span!(
        "pull_request",
        %repo,
        %number,
        evaluation = trail.evaluation,
        delivery = trail.delivery().map(display),
        comment = trail.comment().map(display),
    );
    follow(span, trail.deliveries.first())
}

/// A write to the forge, of a kind.
#[must_use]
pub fn effect(kind: &str, repo: &RepoName, number: PullNumber, trail: &Trail) -> Span {
    let span = tracing::info_span!(
        "effect",
        kind,
        %repo,
        %number,
        evaluation = trail.evaluation,
        delivery = trail.delivery().map(display),
        comment = trail.comment().map(display),
    );
    follow(span, trail.deliveries.first())
}

#[cfg(not(feature = "otel"))]
fn follow(span: Span, _: Option<&DeliveryId>) -> Span {
    span
}

/// Puts the span into the trace of its delivery, whose id is the trace's: nothing else has to be kept.
#[cfg(feature = "otel")]
fn follow(span: Span, id: Option<&DeliveryId>) -> Span {
    use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceFlags, TraceState};
    use tracing_opentelemetry::OpenTelemetrySpanExt as _;

    if let Some(uuid) = id.and_then(uuid) {
        let [.., a, b, c, d, e, f, g, h] = uuid.to_be_bytes();
        let parent = SpanContext::new(
            uuid.into(),
            opentelemetry::SpanId::from_bytes([a, b, c, d, e, f, g, h]),
            TraceFlags::SAMPLED,
            true,
            TraceState::default(),
        );
        let parent = opentelemetry::Context::new().with_remote_span_context(parent);
        // Where nothing is exported, there is no trace to be in.
        let _ = span.set_parent(parent);
    }
    span
}

#[cfg(feature = "otel")]
fn uuid(id: &DeliveryId) -> Option<u128> {
    let digits = id.as_str().replace('-', "");
    let is_whole = digits.len() == 32;
    u128::from_str_radix(&digits, 16).ok().filter(|_| is_whole)
}
