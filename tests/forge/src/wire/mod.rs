//! The state as Gitea's JSON: one function an object.
//!
//! **Invariant:** reads the world, changes nothing. Who may see an object was decided before.
//! Called by: `http` (answers) and `world::hook` (payloads).

pub(crate) mod branch;
pub(crate) mod hook;
pub(crate) mod issue;
pub(crate) mod notification;
pub(crate) mod payload;
pub(crate) mod people;
pub(crate) mod pull;
pub(crate) mod repo;
pub(crate) mod review;
pub(crate) mod status;
pub(crate) mod timeline;

use jiff::Timestamp;

/// RFC 3339 in whole seconds.
pub(crate) fn time(at: Timestamp) -> String {
    at.to_string()
}

/// The instant that Go prints for a time that is not set.
pub(crate) const ZERO_TIME: &str = "0001-01-01T00:00:00Z";
/// The instant of a database field that is 0.
pub(crate) const EPOCH: &str = "1970-01-01T00:00:00Z";
