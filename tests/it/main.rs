//! Conversations: the whole bot against the stand-in over HTTP, told as stories.

#![expect(clippy::expect_used, reason = "a story that cannot go on must fail")]

mod approvals;
mod big;
mod clock;
mod costs;
mod crash;
mod declarations;
mod deleted;
mod departed;
mod diagnosis;
mod doctor;
mod doors;
mod forged;
mod identities;
mod intake;
mod logs;
mod matrix;
mod membership;
mod mishaps;
mod moved;
mod numbers;
mod observe;
mod pages;
mod panics;
mod pushes;
mod replays;
mod rotation;
mod secrets;
mod shared_heads;
mod stage;
mod store;
mod storms;
mod theatre;
mod threats;
mod touched;
mod trail;
mod unread;
mod whoami;
mod writes;
