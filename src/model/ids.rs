//! Numbers that Gitea gives to things. Each has a type of its own, so that none is mistaken for another.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name($inner);

        impl $name {
            /// The id as Gitea writes it.
            #[must_use]
            pub const fn new(value: $inner) -> Self {
                Self(value)
            }

            /// The number itself, for paths and keys.
            #[must_use]
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

id!(
    /// An account. Deleted and system users have ids of 0 or less (gitea-facts §3.4).
    UserId(i64)
);
id!(
    /// A repository; it keeps its id when it is renamed or moved.
    RepositoryId(u64)
);
id!(
    /// A team; it keeps its id when it is renamed while another may take its name (gitea-facts §13.2).
    TeamId(u64)
);
id!(
    /// A pull request's number within its repository.
    PullNumber(u64)
);
id!(
    /// A comment. Comments and all other timeline entries share one sequence of ids.
    CommentId(u64)
);
id!(
    /// A review in the review list; not the id of its timeline entry.
    ReviewId(u64)
);
id!(
    /// An entry of the timeline. A greater id was written later, which needs no clock (gitea-facts §13.2).
    TimelineId(u64)
);

impl UserId {
    /// Whether this is an account that a person or a bot can own: not `Ghost`, not Actions (gitea-facts §3.4).
    #[must_use]
    pub const fn is_real(self) -> bool {
        self.0 > 0
    }
}

impl From<CommentId> for TimelineId {
    /// A comment's place in the timeline is its id.
    fn from(id: CommentId) -> Self {
        Self(id.get())
    }
}
