//! refire: a chat-ops bot for Gitea that proves team approvals and explains every refusal.
//!
//! This page is the map. The way of one comment:
//!
//! ```text
//!  webhook ──┐
//!            ├─▶ Event ─▶ inbox (durable, then 202) ─▶ the one turn of that pull request
//!  sweep ────┘                                             │
//!       claim ─▶ parse ─▶ needs ─▶ look ─▶ judge ─▶ conclude ─▶ commit {record, effects, inbox done}
//!                pure     pure     reads   pure core            one transaction
//!                                                               │
//!                                      outbox (durable) ─▶ dispatcher ─▶ Gitea: statuses, replies
//! ```
//!
//! In reading order:
//!
//! | module | what it is |
//! |---|---|
//! | [`model`] | ids and values of the forge's world; imports nothing of ours |
//! | [`gate`] | PURE: what must hold, and the verdict |
//! | [`decide`] | PURE: what to do about it, and every sentence that is said |
//! | [`effect`] | what is written to Gitea, as data, and the only one who writes |
//! | [`gitea`] | the only module that knows Gitea's API |
//! | [`intake`] | deliveries and sweep: the outside world becomes events in the inbox |
//! | [`worker`] | the turn of one pull request, on one screen |
//! | [`memo`] | what is remembered beside records |
//! | [`audit`] | every decision, a line each, each bound to the one before |
//! | [`web`] | pages for people, health and metrics |
//! | [`numbers`], [`spans`] | what is counted and measured, and what logs name |
//! | [`doctor`] | is the set-up right: facts, and what follows from them |
//! | [`socket`] | the running bot's door for other subcommands |
//! | [`config`], [`cli`], [`telemetry`], [`app`] | the shell: configuration, subcommands, logs, composition |
//! | [`version`] | which build this is |
//!
//! The crates beside it: `commands`, the grammar, and `state`, the durable inbox and outbox; neither
//! knows anything of the service.
//!
//! Invariants that hold everywhere:
//! 1. **What is not proven does not count.** Not knowing is a value of its own and never grants.
//! 2. **Nothing is a riddle.** Every refusal names its cause and its repair.
//! 3. **Nothing is lost.** What was acknowledged is on disk; what a turn has not committed has not
//!    happened; a comment is answered once.
//! 4. Gitea is the truth. The store may be deleted; it is built anew.

pub mod app;
pub mod audit;
pub mod cli;
pub mod config;
pub mod decide;
pub mod doctor;
pub mod effect;
pub mod gate;
pub mod gitea;
pub mod intake;
pub mod memo;
pub mod model;
pub mod numbers;
pub mod socket;
pub mod spans;
pub mod telemetry;
pub mod version;
pub mod web;
pub mod worker;
