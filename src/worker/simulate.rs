//! What a delivery would do: its events go through a turn on a store that remembers nothing, and what
//! would be written is looked at instead of performed.

use super::{Shared, Trouble, turn};
use crate::effect::Effect;
use crate::intake::Put;
use jiff::Timestamp;
use state::{Millis, PullKey, StoreError};
use std::collections::HashSet;
use tracing::Span;

/// Effects that are looked at; far more than one delivery ever has.
const MOST: usize = 1_000;

/// What would be written, in the order in which it would be.
///
/// # Errors
/// Gitea, as a turn has met it.
pub async fn simulate(shared: &Shared, puts: Vec<Put>) -> Result<Vec<Effect>, Trouble> {
    let mut pulls: Vec<PullKey> = Vec::new();
    for put in puts {
        let pull = put.pull();
        if !pulls.contains(&pull) {
            pulls.push(pull);
        }
        let arrival = put.arrival(Timestamp::now());
        let arrival = arrival.map_err(|error| StoreError::Failed(error.to_string()))?;
        shared.store.accept(arrival).await?;
    }
    for pull in pulls {
        turn::turn(shared, pull, false, &mut Span::none()).await?;
    }
    Ok(queued(shared).await?)
}

async fn queued(shared: &Shared) -> Result<Vec<Effect>, StoreError> {
    let mut effects = Vec::new();
    while effects.len() < MOST {
        let now = Millis::new(Timestamp::MAX.as_millisecond());
        let due = shared.store.due(now, MOST, &HashSet::new()).await?;
        if due.effects.is_empty() {
            break;
        }
        for queued in due.effects {
            effects.extend(serde_json::from_slice::<Effect>(&queued.payload));
            shared.store.finish(queued.id, Vec::new(), now).await?;
        }
    }
    Ok(effects)
}
