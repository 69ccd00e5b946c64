//! The forge's world in plain values: ids, names, pull requests, reviews, timelines, teams.
//!
//! Every type here is checked when it is made and cannot be wrong afterwards, so nothing
//! downstream validates again. **Invariant:** no I/O, no clock, and nothing of ours is imported;
//! everybody else may import this module.

mod account;
mod cause;
mod diagnosis;
mod digest;
mod evidence;
mod ids;
mod mode;
mod names;
mod probe;
mod pull;
mod review;
mod sha;
mod status;
mod timeline;
mod trail;

pub use account::{Account, Login};
pub use cause::Cause;
pub use diagnosis::{Block, CauseKey, Closed, Diagnosis, Repair, Subject, ToldCause, Unread};
pub use digest::Digest;
pub use evidence::{Evidence, Outcome};
pub use ids::{CommentId, PullNumber, RepositoryId, ReviewId, TeamId, TimelineId, UserId};
pub use mode::Mode;
pub use names::{NameError, RepoName, TeamName};
pub use probe::{Membership, Sight};
pub use pull::{Branch, Pull, PullRef, PullState, Repository};
pub use review::{Review, ReviewState, Reviews};
pub use sha::{Sha, ShaError};
pub use status::{CommitState, PastStatus, Posted, PostedStatus, StatusRow};
pub use timeline::{Comment, Entry, EntryKind};
pub use trail::{DeliveryId, Trail};
