//! Pages: who may see what, and what they say. Without a browser; `tests/browser` has one.

pub(crate) mod browser;
mod live;
mod shown;
mod signing_in;
