//! Reading a request's body within bounds of size and time.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use std::time::Duration;
use tokio::time::timeout;

/// How many times the permitted size is read and dropped before the connection is given up. A
/// sender that is still writing does not read our answer, and Gitea shows it to people.
const DRAINED: usize = 16;

/// What a body may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes that are kept.
    pub size: usize,
    /// How long a body may take to arrive.
    pub arrival: Duration,
}

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoBody {
    /// It is larger than permitted.
    TooLarge,
    /// It did not arrive in time.
    TooSlow,
    /// The connection broke.
    Broken,
}

/// The whole body, byte for byte as it was sent.
pub(super) async fn fetch_body(body: Body, bounds: Bounds) -> Result<Bytes, NoBody> {
    timeout(bounds.arrival, read(body, bounds.size))
        .await
        .unwrap_or(Err(NoBody::TooSlow))
}

async fn read(body: Body, size: usize) -> Result<Bytes, NoBody> {
    let mut chunks = body.into_data_stream();
    let (mut kept, mut seen) = (BytesMut::new(), 0_usize);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| NoBody::Broken)?;
        seen = seen.saturating_add(chunk.len());
        if seen <= size {
            kept.extend_from_slice(&chunk);
        } else if seen > size.saturating_mul(DRAINED) {
            break;
        } else {
            kept = BytesMut::new();
        }
    }
    if seen <= size {
        Ok(kept.freeze())
    } else {
        Err(NoBody::TooLarge)
    }
}
