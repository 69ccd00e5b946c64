//! From the outside world to events in the inbox: signed deliveries and the sweep.
//!
//! The way of one delivery, in reading order: [`webhook`] reads its raw bytes within bounds,
//! [`signature`] proves who sent them, [`payload`] turns them into a [`payload::Delivery`],
//! [`delivery`] decides what is put into the inbox or remembered, and [`Put`] becomes an arrival.
//!
//! Payloads never grant anything: an [`Event`] says where to look, and it can void. What grants is
//! read from Gitea in the cycle of that pull request. **Invariant:** nothing here decides about a gate.

pub(crate) mod answer;
mod body;
pub mod delivery;
pub mod event;
#[cfg(test)]
mod fixture;
mod passed;
pub mod payload;
mod put;
pub mod signature;
pub mod sweep;
pub mod verify;
pub mod watch;
pub mod webhook;

pub use delivery::{Scope, Taken};
pub use event::{Event, Told, Topic, version};
pub use put::Put;
pub use signature::Secrets;
pub use sweep::{Sweep, matches};
pub use webhook::Webhook;
