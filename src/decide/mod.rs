//! PURE: what to do about what was found.
//!
//! **Invariant:** plain values in, plain values out: no clock, no I/O, no `async`. `gate`, `model`,
//! `commands` and the enum of effects are all that is imported, and [`reply`] says every sentence.

pub mod alike;
pub mod answer;
pub mod conclude;
pub mod directive;
pub mod evaluation;
pub mod needs;
pub mod notice;
pub mod pace;
pub mod record;
pub mod reply;
pub mod scope;
pub mod statuses;
pub mod timeline;
pub mod told;
pub mod whatif;
mod whoami;

#[cfg(test)]
mod tests;
