//! Reading a request's body within bounds of size and time.
//!
//! What people write has no limit in Gitea, and a delivery carries the description of its pull request up
//! to twice: whoever may edit that could keep the bot from hearing what is said there. So a body that is
//! larger than what is kept is read all the same, and long texts in it are cut.

use super::signature::Signing;
use crate::gitea::Cut;
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

/// Bytes that are kept of a body that is cut. A text of 64 KiB takes up to six times as much in JSON, and
/// a payload has less than ten that people write.
const CUT: usize = 4 * 1024 * 1024;

/// How many times the permitted size is read at most.
const READ: usize = 256;

/// What a body may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes that are kept as they are; of a larger body long texts are cut.
    pub size: usize,
    /// How long a body may take to arrive.
    pub arrival: Duration,
}

impl Bounds {
    /// Bytes that are kept of a body that is cut, at most.
    pub(super) fn cut(self) -> usize {
        self.size.max(CUT)
    }

    /// Bytes that are read at most.
    pub(super) const fn read(self) -> usize {
        self.size.saturating_mul(READ)
    }
}

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoBody {
    /// It is larger than what is read.
    TooLarge,
    /// There is no room for one so large just now.
    NoRoom,
    /// It did not arrive in time.
    TooSlow,
    /// The connection broke.
    Broken,
}

/// The whole body, byte for byte as it was sent unless it had to be cut; `signing` has taken all of it.
/// Of what is too large and no JSON object, nothing is left. `more` is asked once, where it has to be cut.
pub(super) async fn fetch_body(
    body: Body,
    bounds: Bounds,
    signing: &mut Signing,
    more: impl Fn() -> Option<OwnedSemaphorePermit>,
) -> Result<(Bytes, Option<OwnedSemaphorePermit>), NoBody> {
    timeout(bounds.arrival, read(body, bounds, signing, more))
        .await
        .unwrap_or(Err(NoBody::TooSlow))
}

/// What is kept of a body.
enum Kept {
    Whole(BytesMut),
    Cut(Cut),
    Nothing,
}

async fn read(
    body: Body,
    bounds: Bounds,
    signing: &mut Signing,
    more: impl Fn() -> Option<OwnedSemaphorePermit>,
) -> Result<(Bytes, Option<OwnedSemaphorePermit>), NoBody> {
    let mut chunks = body.into_data_stream();
    let (mut kept, mut seen, mut room) = (Kept::Whole(BytesMut::new()), 0_usize, None);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| NoBody::Broken)?;
        signing.take(&chunk);
        seen = seen.saturating_add(chunk.len());
        if seen > bounds.read() {
            return Err(NoBody::TooLarge);
        }
        if let Kept::Whole(bytes) = &mut kept {
            if seen <= bounds.size {
                bytes.extend_from_slice(&chunk);
                continue;
            }
            room = more();
            // Without room it is read to its end: a sender that is still writing hears no answer.
            kept = begin(bytes, bounds.cut(), room.is_some());
        }
        if let Kept::Cut(cut) = &mut kept
            && cut.take(&chunk).is_err()
        {
            kept = Kept::Nothing;
        }
    }
    match kept {
        Kept::Whole(bytes) => Ok((bytes.freeze(), room)),
        Kept::Cut(cut) => Ok((cut.finish().unwrap_or_default().into(), room)),
        Kept::Nothing if room.is_some() => Ok((Bytes::new(), room)),
        Kept::Nothing => Err(NoBody::NoRoom),
    }
}

/// Cuts what was kept so far.
fn begin(whole: &[u8], limit: usize, has_room: bool) -> Kept {
    let mut cut = Cut::within(limit);
    match has_room && cut.take(whole).is_ok() {
        true => Kept::Cut(cut),
        false => Kept::Nothing,
    }
}
