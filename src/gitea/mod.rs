//! Gitea: the only module that knows its API.
//!
//! [`Gitea`] is the client with all our identities; a [`Session`] is one evaluation's view of it
//! and keeps the evidence of every call. What failed is a [`CallError`], and [`cause_of`] says
//! why, as far as that answer tells; [`Session::diagnose`] asks further. **Invariant:** redirects are never followed, every answer and every walk is bounded, a
//! status code is looked at before a message, and tokens appear nowhere but in requests.
//! Called by whoever fetches facts and by the dispatcher of effects; imports `model` only.
//!
//! In reading order: `settings`, `client`, `session`; then one file per subject (`reads`,
//! `statuses`, `conversation`, `owners`, `writes`, `membership` with `proof`, `inquiry` and
//! `directory`, `introduce`, `cause`), and what only a check of the set-up asks (`survey`, `scopes`,
//! `guards`, `hooks`), and what is asked with the tokens of people who look at pages (`oauth`, `visitor`);
//! then what they rest on (`exchange`, `traffic`, `refusal`, `pages`, `body`, `splitter`, `text`, `wire`).

#[cfg(any(test, fuzzing))]
pub mod answers;
mod body;
mod cause;
mod client;
mod conversation;
mod credential;
mod cut;
mod directory;
mod error;
mod exchange;
mod guards;
mod hooks;
mod inquiry;
mod introduce;
mod journal;
mod membership;
mod oauth;
mod own;
mod owners;
mod pages;
mod path;
mod places;
mod proof;
mod reads;
mod refusal;
mod roster;
mod scope;
mod scopes;
mod session;
mod settings;
mod splitter;
mod statuses;
mod survey;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod traffic;
mod version;
mod visitor;
mod wire;
mod writes;

pub use body::BodyError;
pub use cause::{cause_of, diagnosis_of};
pub use client::Gitea;
pub(crate) use client::twins;
pub use conversation::{Consent, Lookup};
pub use cut::Cut;
pub use error::{CallError, ErrorKind};
pub use guards::{Approvers, Beyond, Branches, GuardedBranch, RepoTeam, Rule};
pub use hooks::{Hook, NewHook, Place};
pub use introduce::{Found, Introduction};
pub use oauth::{Application, Verifier};
pub use reads::{Listing, Which};
pub use roster::PassedOver;
pub use scope::{Category, Scope, Scopes};
pub use session::Session;
pub use settings::{BuildError, Identity, Renewal, Settings, Uses, Waits};
pub use survey::{Greeting, Rights, Speaker, Standing};
pub use version::{Kind, Version};
pub use visitor::{PullSeen, Unheard, Visitor};
pub use wire::RepoComment;
