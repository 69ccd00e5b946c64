//! The durable inbox, outbox and memory of the bot.
//!
//! What arrives waits in the **inbox** until a [`Commit`] names it done. One
//! commit writes, in one transaction, what is remembered of a pull request and
//! the **effects** that follow; they wait in the **outbox** until they are
//! performed. **Memos** are small values beside all that.
//!
//! ```text
//!  accept ─▶ items ─▶ claim … commit {record, wake, effects, memos, items done}
//!                                        │
//!                              outbox ─▶ due … finish | postpone
//! ```
//!
//! Read [`Store`] first: it is the whole contract. [`DiskStore`] keeps it on
//! disk; [`MemoryStore`] is the reference that says what every answer must be,
//! and one suite of tests holds both to it.
//!
//! **Invariant:** this crate knows nothing of the service. Payloads, values,
//! identities, lanes and heads are bytes; there is no clock in here, so every
//! call that needs to know the time is told.

mod disk;
mod error;
mod inbox;
mod key;
mod memory;
mod outbox;
mod record;
mod store;

pub use disk::{DiskStore, Fault, Faults, Hold, Opened, Settings};
pub use error::{OpenError, StoreError};
pub use inbox::{Acceptance, Arrival, Claim, Item};
pub use key::{EffectId, ItemId, MemoKey, Millis, PullKey};
pub use memory::MemoryStore;
pub use outbox::{Due, Effect, NewEffect};
pub use record::{Commit, Memo, Record, Wake, Write};
pub use store::{KEPT, LEAST_SHARE, Limits, MOST_WITH_ONE_HEAD, Purged, Stats, Store};
