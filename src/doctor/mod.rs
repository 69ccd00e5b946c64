//! `refire doctor`: is everything right that has to be, in the order in which it breaks.
//!
//! Each area has a file of its own with three parts: its facts, `fetch`, which asks for them, and
//! `judge`, which is pure and makes [`Finding`]s of them; what an area says stands in its `judge`.
//! `examine` runs them in order, `repair` is what `--fix` does. **Invariant:** `fetch` only reads,
//! no finding holds a secret, and what could not be found out is called that. Called by `cli`.

pub mod contexts;
mod diagnosis;
pub mod examine;
mod finding;
pub mod forge;
pub mod glob;
pub mod identities;
pub mod repair;
pub mod repositories;
pub mod store;
pub mod teams;
pub mod webhook;

#[cfg(test)]
mod tests;

pub use diagnosis::Trouble;
pub use finding::{Area, Check, Finding, Level, Report, Verdict};
