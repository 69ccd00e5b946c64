//! PURE: what must hold before a pull request may merge, and whether it does.
//!
//! Facts and policy in, verdict out, read in this order: [`policy`] what a deployment demands,
//! [`facts`] what one look at a pull request found, [`approval`] and [`declaration`] what counts and
//! exactly why something does not, [`evaluate`](evaluate()) how that becomes a [`verdict`].
//! **Invariant:** no clock, no I/O, no `async`, no `Result` for what is merely unknown; `model` is
//! the only thing of ours that is imported. What is not proven does not count.

pub mod approval;
pub mod declaration;
mod evaluate;
pub mod facts;
pub mod policy;
pub mod settled;
pub mod verdict;

#[cfg(test)]
pub(crate) mod tests;

pub use evaluate::{Answers, Case, Step, evaluate};
