//! Everything in which the four versions differ, in one table.
//!
//! **Invariant:** no other module compares versions; they read a field of `Habits`.
//! Called by: `http` (errors, routes), `wire` (fields), `world` (what a push rewrites).

/// A version of Gitea that was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// Gitea 1.23.8.
    V1_23,
    /// Gitea 1.24.7.
    V1_24,
    /// Gitea 1.25.4.
    V1_25,
    /// Gitea 1.26.3.
    V1_26,
}

impl Version {
    /// All of them, oldest first.
    pub const ALL: [Self; 4] = [Self::V1_23, Self::V1_24, Self::V1_25, Self::V1_26];

    /// What `GET /version` says, e.g. `1.26.3`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::V1_23 => "1.23.8",
            Self::V1_24 => "1.24.7",
            Self::V1_25 => "1.25.4",
            Self::V1_26 => "1.26.3",
        }
    }

    /// How this version behaves where it differs from others.
    pub(crate) fn habits(self) -> Habits {
        let (from_24, from_25, from_26) = since(self);
        Habits {
            not_found: if from_25 {
                "not found"
            } else {
                "The target couldn't be found."
            },
            bad_token: if from_25 {
                "invalid username, password or token"
            } else {
                "user does not exist [uid: 0, name: ]"
            },
            token_word_any_case: from_25,
            public_only_hides_repos: from_26,
            archived_names_id: !from_25,
            merge_refusal_wrapped: !from_24,
            reaction_delete_status: if from_26 { 204 } else { 200 },
            ghost_comment_fails: !from_26,
            foreign_comment_is_empty: !from_26,
            always_pages: from_26,
            caches_missing_routes: !from_26,
            team_rights_show_owner: !from_24,
            team_permission_by_units: !from_24,
            numbered_placeholders: from_26,
            remarks_request_reviewers: from_24,
            unchanged_edit_is_silent: from_24,
            can_lock: from_24,
            statuses_resolve: !from_24,
            list_reads_head_live: !from_24,
            empty_pull_has_event: self == Self::V1_24,
            marks_force_pushes: self != Self::V1_24,
            force_push_rewrites: from_26,
            retarget_rewrites: from_24,
            base_push_checks_on_view: from_24,
            branch_deletion_adjusts: from_24,
            stale_comment_count: !from_24,
            hook_edit_keeps_status: !from_24,
            hook_lists_reviews_by_kind: !from_24,
            hook_target_headers: from_24,
            bad_json_expects: if from_26 {
                "looking for beginning of object key string"
            } else {
                "looking for beginning of value"
            },
            edit_lists_labels: from_25,
            combined: Combined::of(self),
            fields: Fields::of(self),
        }
    }
}

/// One version's answers to the questions on which versions disagree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habits {
    /// Message of an ordinary 404.
    pub(crate) not_found: &'static str,
    /// Message of the 401 for a wrong token.
    pub(crate) bad_token: &'static str,
    /// Whether `Token x` is as good as `token x`.
    pub(crate) token_word_any_case: bool,
    /// A public-only token gets 404 instead of 403 for a private repository.
    pub(crate) public_only_hides_repos: bool,
    /// The 423 of an archived repository names its id.
    pub(crate) archived_names_id: bool,
    /// The 405 of a refused merge is wrapped in `not allowed to merge [reason: …]`.
    pub(crate) merge_refusal_wrapped: bool,
    /// Status of a successful `DELETE` of a reaction.
    pub(crate) reaction_delete_status: u16,
    /// Fetching one comment of a deleted user is a 500.
    pub(crate) ghost_comment_fails: bool,
    /// The 404 for a comment of another repository has no body.
    pub(crate) foreign_comment_is_empty: bool,
    /// Lists that were given as a whole without `page` are paged always.
    pub(crate) always_pages: bool,
    /// A path that is no route is answered with `cache-control`.
    pub(crate) caches_missing_routes: bool,
    /// Rights by team alone show a private repository's owner with an address.
    pub(crate) team_rights_show_owner: bool,
    /// A team's `permission` is the greatest of its units', not `none`.
    pub(crate) team_permission_by_units: bool,
    /// The placeholder of a hidden address begins with the user's id.
    pub(crate) numbered_placeholders: bool,
    /// Who reviewed without deciding is among the `requested_reviewers` too.
    pub(crate) remarks_request_reviewers: bool,
    /// A `PATCH` that leaves a comment's body as it was saves nothing and sends nothing.
    pub(crate) unchanged_edit_is_silent: bool,
    /// The API has a route to lock.
    pub(crate) can_lock: bool,
    /// `/statuses/{sha}` takes a branch or a short id too.
    pub(crate) statuses_resolve: bool,
    /// The list of pulls reads the head from the branch, not from `refs/pull/N/head`.
    pub(crate) list_reads_head_live: bool,
    /// A pull without commits is opened with a `pull_push` event that lists none.
    pub(crate) empty_pull_has_event: bool,
    /// `is_force_push` is true for a force push.
    pub(crate) marks_force_pushes: bool,
    /// A force push removes ids that are gone from earlier events.
    pub(crate) force_push_rewrites: bool,
    /// Another base branch writes the `pull_push` events anew.
    pub(crate) retarget_rewrites: bool,
    /// After a push to the base branch a pull is checked only when somebody looks at it.
    pub(crate) base_push_checks_on_view: bool,
    /// When a branch is deleted, pulls from it tell so in their timeline and those into it go to the
    /// default branch; without it both are closed, and that is all.
    pub(crate) branch_deletion_adjusts: bool,
    /// A comment's payload shows the number of comments from before.
    pub(crate) stale_comment_count: bool,
    /// A `PATCH` of a hook that names no events resets all but `status`.
    pub(crate) hook_edit_keeps_status: bool,
    /// `pull_request_review` is listed as its three kinds.
    pub(crate) hook_lists_reviews_by_kind: bool,
    /// Deliveries say what the hook is installed on.
    pub(crate) hook_target_headers: bool,
    /// What the parser of bodies says it looked for.
    pub(crate) bad_json_expects: &'static str,
    /// The `changes` of an edit name labels too.
    pub(crate) edit_lists_labels: bool,
    /// The combined status of a commit that has none.
    pub(crate) combined: Combined,
    /// Fields that came or went.
    pub(crate) fields: Fields,
}

/// What the combined status of a commit without statuses looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Combined {
    /// All fields empty, no count.
    Blank,
    /// The commit is named, the state is empty.
    Named,
    /// The commit is named, the state is `pending`; pages are linked.
    Pending,
}

/// Fields that are not there in every version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    /// Repository: `has_code`, `allow_manual_merge`, `autodetect_manual_merge`.
    pub(crate) has_code: bool,
    /// Repository: `branch_count`.
    pub(crate) branch_count: bool,
    /// Repository: `repo_transfer`.
    pub(crate) repo_transfer: bool,
    /// Issue and pull: `content_version`.
    pub(crate) content_version: bool,
    /// Issue: `time_estimate`.
    pub(crate) time_estimate: bool,
    /// Pull: `review_comments` even when it is 0.
    pub(crate) review_comments_always: bool,
    /// Hook: `name`.
    pub(crate) hook_name: bool,
    /// Repository: `parent` even of what is no fork.
    pub(crate) parent_always: bool,
    /// Repository: `licenses` is a list, not `null`.
    pub(crate) licenses: bool,
    /// Repository and pull: maintainers may edit unless told otherwise.
    pub(crate) maintainer_edit: bool,
    /// Settings: `default_max_response_size`.
    pub(crate) max_response_size: bool,
}

impl Fields {
    fn of(version: Version) -> Self {
        let (from_24, from_25, from_26) = since(version);
        Self {
            has_code: from_25,
            branch_count: from_26,
            repo_transfer: !from_24,
            content_version: from_26,
            time_estimate: from_25,
            review_comments_always: !from_24,
            hook_name: from_26,
            max_response_size: from_24,
            parent_always: !from_24,
            licenses: from_24,
            maintainer_edit: from_26,
        }
    }
}

impl Combined {
    fn of(version: Version) -> Self {
        match version {
            Version::V1_23 | Version::V1_24 => Self::Blank,
            Version::V1_25 => Self::Named,
            Version::V1_26 => Self::Pending,
        }
    }
}

/// Whether it is at least 1.24, 1.25, 1.26.
fn since(version: Version) -> (bool, bool, bool) {
    (
        version >= Version::V1_24,
        version >= Version::V1_25,
        version >= Version::V1_26,
    )
}
