//! The tests of the store: one contract for both backends, and what is true of
//! the one on disk alone.

mod contract;
mod failing;
mod flipped;
mod given;
mod killed;
mod model;
mod opening;
