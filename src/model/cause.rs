//! The causes that are told apart. The words for people are in `decide::reply`.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! causes {
    ($($(#[doc = $doc:literal])* $name:ident = $id:literal,)*) => {
        /// Why something could not be found out, or was refused. The ids are stable and appear in
        /// replies, logs and JSON.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(rename_all = "kebab-case")]
        pub enum Cause {
            $($(#[doc = $doc])* $name,)*
        }

        impl Cause {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable id: `bot-not-in-team`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)*
                }
            }
        }
    };
}

causes! {
    /// The token is missing, revoked or mistyped.
    TokenInvalid = "token-invalid",
    /// The token lacks a scope.
    ScopeMissing = "scope-missing",
    /// The asking account is in the organisation, not in this team.
    BotNotInTeam = "bot-not-in-team",
    /// The asking account is in no team of the organisation.
    BotNotInOrg = "bot-not-in-org",
    /// No team of that name or id exists (any more).
    TeamUnknown = "team-unknown",
    /// The token is limited to public things.
    PublicOnlyToken = "public-only-token",
    /// The asking account is inactive, prohibited, must change its password or lacks a second factor.
    AccountBlocked = "account-blocked",
    /// The server answers nobody who is not signed in.
    SignInRequired = "sign-in-required",
    /// The repository cannot be read by the asking account, or is not there.
    RepoNotVisible = "repo-not-visible",
    /// Statuses may not be written.
    CannotWriteStatus = "cannot-write-status",
    /// Comments may not be written: locked, blocked or archived.
    CannotComment = "cannot-comment",
    /// The head commit is not in the base repository (yet).
    HeadNotInBase = "head-not-in-base",
    /// Something in front of Gitea answered.
    ProxyInBetween = "proxy-in-between",
    /// Gitea is down, slow or broken.
    ForgeUnavailable = "forge-unavailable",
    /// The named user does not exist, was renamed or deleted.
    UserUnknown = "user-unknown",
    /// The answer is really no.
    NotAMember = "not-a-member",
    /// The timeline never names the head.
    PushNotRecorded = "push-not-recorded",
    /// The repository belongs to a person: there are no teams.
    OwnerNotAnOrganisation = "owner-not-an-organisation",
    /// None of the above could be told apart from what came back.
    Unexplained = "unexplained",
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_are_those_of_the_json() {
        for cause in Cause::ALL {
            let json = serde_json::to_string(cause).unwrap();
            assert_eq!(json, format!("\"{cause}\""));
        }
        assert_eq!(Cause::ALL.len(), 19, "eighteen causes, and none of them");
    }
}
