//! A stateful stand-in for Gitea, spoken to over HTTP like the real one.
//!
//! Tests, benchmarks and the demo start a [`Forge`], put it into a state with short sentences and
//! let the program under test talk to it:
//!
//! ```no_run
//! # async fn conversation() {
//! use forge::{Forge, Version};
//! let forge = Forge::start(Version::V1_26).await;
//! forge.standard_world();
//! let pull = forge.pull("alice");
//! pull.approved_by("quinn");
//! let asked = pull.comment("quinn", "/refire qa");
//! assert_eq!(pull.comments()[0].id, asked);
//! # }
//! ```
//!
//! Modules, in reading order:
//! - [`version`]: everything in which the four versions differ, in one table
//! - `world`: the state and what changes it; knows no HTTP
//! - `wire`: the state as Gitea's JSON
//! - `http`: routes, who asks, scopes, errors, paging; one file an area
//! - `webhook`, `post`: signing and sending what the world had to say
//! - `fault`, `mishap`, `around`, `calls`: what a test can break or interrupt, and what it can count
//! - `sentences`: what test authors say
//! - `port`: where a program beside it can listen
//!
//! **Invariant:** a sentence and the matching HTTP call go through the same method of the world, so
//! that both have the same consequences (timeline, webhooks, notifications).
//! **Invariant:** how it answers is held against recordings of real servers by `tests/recordings.rs`.

mod around;
mod calls;
mod clock;
mod fault;
mod forge;
mod http;
mod mishap;
mod odds;
mod port;
mod post;
mod sentences;
pub mod version;
mod webhook;
mod wire;
mod world;

pub use calls::Call;
pub use fault::{Fault, Kind};
pub use forge::Forge;
pub use mishap::Mishaps;
pub use port::free_address;
pub use sentences::{
    Comment, EntryRow, NewPull, OrgHandle, Posting, PullHandle, PullRow, RepoHandle, Review,
    ReviewRow, StatusRow, TeamHandle, Thread, UserHandle,
};
pub use version::Version;
pub use webhook::Delivery;
pub use world::ids::{CommentId, HookId, RepoId, ReviewId, TeamId, UserId};
pub use world::protection::Protection;
pub use world::review::ReviewState;
