//! What is counted and measured: every name once, who keeps the counts, and what cannot be counted
//! because it is an age.
//!
//! Whoever sees something happen counts it with the macros of `metrics` under a name from here; the
//! page `/metrics` is `web::metrics`. **Invariant:** no label holds the name of a repository, a pull
//! request or a person, so that the number of series does not grow with what is looked after.

mod pulse;
mod recorder;
mod table;

pub use pulse::{Pulse, Reading};
pub use recorder::Recorder;
pub use table::*;
