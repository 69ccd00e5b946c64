//! Numeric ids, one type a kind, so that a comment's id cannot stand where a user's is wanted.

use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $vis:vis $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name(pub(crate) i64);

        impl $name {
            /// The number as Gitea's JSON shows it.
            #[must_use]
            $vis fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }
    )*};
}

ids! {
    /// A user or an organisation (they share one table).
    pub UserId,
    /// A team; it keeps its id when it is renamed.
    pub TeamId,
    /// A repository.
    pub RepoId,
    /// An issue or a pull request; its number within the repository is another thing.
    pub(crate) IssueId,
    /// A comment or event: one sequence for comments, pushes, reviews and retargeting.
    pub CommentId,
    /// A review.
    pub ReviewId,
    /// A webhook.
    pub HookId,
}
