//! The stories, in the order in which they are played.

mod approvals;
mod callers;
mod causes;
mod declarations;
mod heads;
mod mission;
mod nights;
mod people;
mod places;
mod replays;
mod rights;
mod seconds;
mod setup;
mod sight;
mod tampering;
mod truths;

use crate::Story;
use futures::FutureExt as _;

/// Each with the sentence that it proves.
pub(crate) const ALL: &[(&str, Story)] = &[
    ("the mission", |stage| mission::mission(stage).boxed_local()),
    (
        "a new pull request gets all its statuses at once",
        |stage| heads::opened(stage).boxed_local(),
    ),
    ("an approval by a member counts", |stage| {
        approvals::member(stage).boxed_local()
    }),
    (
        "an approval by a stranger to the team does not count",
        |stage| approvals::stranger(stage).boxed_local(),
    ),
    ("nobody approves or waives the own pull request", |stage| {
        approvals::author(stage).boxed_local()
    }),
    ("whoever pushed does not approve", |stage| {
        approvals::pusher(stage).boxed_local()
    }),
    ("an approval ends with a push", |stage| {
        approvals::older_commit(stage).boxed_local()
    }),
    ("a dismissed approval does not count", |stage| {
        approvals::dismissed(stage).boxed_local()
    }),
    ("an unofficial approval does not count", |stage| {
        approvals::unofficial(stage).boxed_local()
    }),
    ("changes are requested, and then no more", |stage| {
        approvals::changes(stage).boxed_local()
    }),
    ("an approval ends with another base", |stage| {
        approvals::retargeted(stage).boxed_local()
    }),
    ("a misfiled approval is noticed", |stage| {
        approvals::misfiled(stage).boxed_local()
    }),
    ("a declaration ends with a push", |stage| {
        declarations::then_push(stage).boxed_local()
    }),
    ("a declaration right after a push was not meant", |stage| {
        declarations::after_push(stage).boxed_local()
    }),
    ("a revocation is final, even when it is deleted", |stage| {
        declarations::revoked(stage).boxed_local()
    }),
    ("a declaration ends when it is deleted", |stage| {
        declarations::deleted(stage).boxed_local()
    }),
    ("an edited comment never declares", |stage| {
        declarations::edited(stage).boxed_local()
    }),
    ("one comment declares two gates", |stage| {
        declarations::two_gates(stage).boxed_local()
    }),
    ("a slip of the pen is answered", |stage| {
        declarations::slips(stage).boxed_local()
    }),
    ("a declaration is found behind seventy comments", |stage| {
        declarations::far_back(stage).boxed_local()
    }),
    ("a pull request without commits", |stage| {
        heads::empty(stage).boxed_local()
    }),
    ("two pull requests with one head", |stage| {
        heads::shared(stage).boxed_local()
    }),
    (
        "a second pull request takes the green of their head back",
        |stage| heads::shared_later(stage).boxed_local(),
    ),
    (
        "a green head is withdrawn when its pull request is closed",
        |stage| heads::closed(stage).boxed_local(),
    ),
    ("pushed while closed, then reopened", |stage| {
        heads::reopened(stage).boxed_local()
    }),
    ("a pull request of a fork", |stage| {
        heads::fork(stage).boxed_local()
    }),
    ("branch protection waits for the gates", |stage| {
        places::protection(stage).boxed_local()
    }),
    ("a locked pull request", |stage| {
        places::locked(stage).boxed_local()
    }),
    ("an archived repository", |stage| {
        places::archived(stage).boxed_local()
    }),
    ("a command on a plain issue", |stage| {
        places::issue(stage).boxed_local()
    }),
    ("a repository of a person has no teams", |stage| {
        places::person(stage).boxed_local()
    }),
    ("one waiver team of several is enough", |stage| {
        sight::two_teams(stage).boxed_local()
    }),
    ("a team that the bot cannot see at all", |stage| {
        sight::elsewhere(stage).boxed_local()
    }),
    ("the bot does not count", |stage| {
        sight::itself(stage).boxed_local()
    }),
    (
        "a comment that two hooks announce is answered once",
        |stage| sight::twice(stage).boxed_local(),
    ),
    ("`refire check` without store and webhook", |stage| {
        sight::check(stage).boxed_local()
    }),
    ("a renamed user stays the same person", |stage| {
        people::renamed(stage).boxed_local()
    }),
    ("a deleted user counts for nothing", |stage| {
        people::deleted(stage).boxed_local()
    }),
    ("a renamed team, whose name another one takes", |stage| {
        people::team_renamed(stage).boxed_local()
    }),
    ("names that nobody has any more", |stage| {
        people::nobody(stage).boxed_local()
    }),
    ("a token that was revoked", |stage| {
        causes::revoked(stage).boxed_local()
    }),
    ("a token without the scope", |stage| {
        causes::without_scope(stage).boxed_local()
    }),
    ("an account that is not in the team, and then is", |stage| {
        causes::not_in_the_team(stage).boxed_local()
    }),
    ("an account that is not in the organisation", |stage| {
        causes::not_in_the_organisation(stage).boxed_local()
    }),
    ("a token that is limited to public things", |stage| {
        causes::public_only(stage).boxed_local()
    }),
    ("an account that is blocked", |stage| {
        causes::blocked(stage).boxed_local()
    }),
    ("a team that was deleted", |stage| {
        causes::team_deleted(stage).boxed_local()
    }),
    ("a proxy that answers instead of Gitea", |stage| {
        causes::proxied(stage).boxed_local()
    }),
    ("a server that is away", |stage| {
        causes::away(stage).boxed_local()
    }),
    ("everybody who can ask about a team, one by one", |stage| {
        callers::all(stage).boxed_local()
    }),
    ("a reading token without a scope", |stage| {
        rights::reading_without_scope(stage).boxed_local()
    }),
    ("a writing token that cannot post statuses", |stage| {
        rights::writing_without_repository(stage).boxed_local()
    }),
    ("a writing token that cannot reply", |stage| {
        rights::writing_without_issue(stage).boxed_local()
    }),
    ("a token that may not read its own account", |stage| {
        rights::without_own_account(stage).boxed_local()
    }),
    ("a private repository that the bot does not see", |stage| {
        rights::private(stage).boxed_local()
    }),
    (
        "a private repository and a token for public things",
        |stage| rights::private_and_public_only(stage).boxed_local(),
    ),
    ("an account that may not write to the repository", |stage| {
        rights::without_write_access(stage).boxed_local()
    }),
    (
        "a locked conversation that the bot is kept out of",
        |stage| rights::locked_out(stage).boxed_local(),
    ),
    ("an author who has blocked the bot", |stage| {
        rights::blocked_by_the_author(stage).boxed_local()
    }),
    ("archived between a command and its answer", |stage| {
        rights::archived(stage).boxed_local()
    }),
    (
        "nothing is prepared, and only the doctor is followed",
        |stage| setup::from_nothing(stage).boxed_local(),
    ),
    (
        "the doctor makes the webhook itself where it may",
        |stage| setup::by_itself(stage).boxed_local(),
    ),
    ("a forged status is posted over and told once", |stage| {
        tampering::forged(stage).boxed_local()
    }),
    ("a merge that waits for forged statuses", |stage| {
        tampering::auto_merge(stage).boxed_local()
    }),
    ("a member who leaves takes the approval along", |stage| {
        tampering::departed(stage).boxed_local()
    }),
    ("a reply that others edit or delete", |stage| {
        tampering::touched(stage).boxed_local()
    }),
    (
        "a reply that others edit while nobody hears of it",
        |stage| tampering::touched_unheard(stage).boxed_local(),
    ),
    ("an unheard declaration is confirmed", |stage| {
        tampering::confirmed(stage).boxed_local()
    }),
    ("a forged status that nobody tells of", |stage| {
        tampering::forged_unheard(stage).boxed_local()
    }),
    ("commands that an edit has added", |stage| {
        tampering::added(stage).boxed_local()
    }),
    ("a declaration that is edited while nobody hears", |stage| {
        tampering::edited_unheard(stage).boxed_local()
    }),
    (
        "an edit within the second, which no time shows, is void",
        |stage| seconds::heard(stage).boxed_local(),
    ),
    (
        "an edit within the second that nobody hears is void",
        |stage| seconds::edit_unheard(stage).boxed_local(),
    ),
    (
        "a forgery of which nothing was heard is told to whose name it bears",
        |stage| seconds::unheard(stage).boxed_local(),
    ),
    (
        "a forgery of which nothing was heard, where that is refused",
        |stage| seconds::refused(stage).boxed_local(),
    ),
    ("a revocation that somebody else edits", |stage| {
        tampering::revocation_edited(stage).boxed_local()
    }),
    ("a hook's secret that the insider knows", |stage| {
        tampering::secret(stage).boxed_local()
    }),
    ("Gitea's deliveries, delivered again", |stage| {
        replays::replayed(stage).boxed_local()
    }),
    ("the base is merged into the branch", |stage| {
        truths::base_merged(stage).boxed_local()
    }),
    ("the branch is pushed by force, forth and back", |stage| {
        truths::forced(stage).boxed_local()
    }),
    ("the branch is rebased", |stage| {
        truths::rebased(stage).boxed_local()
    }),
    ("a branch that is deleted and comes back", |stage| {
        truths::branch_restored(stage).boxed_local()
    }),
    ("a fork that is deleted", |stage| {
        truths::fork_deleted(stage).boxed_local()
    }),
    ("a repository that is renamed", |stage| {
        truths::renamed(stage).boxed_local()
    }),
    ("a repository that is renamed while it is read", |stage| {
        truths::renamed_meanwhile(stage).boxed_local()
    }),
    (
        "a repository that is transferred while it is read",
        |stage| truths::transferred_meanwhile(stage).boxed_local(),
    ),
    ("a title that is edited", |stage| {
        truths::retitled(stage).boxed_local()
    }),
    ("what nobody tells, the sweep finds", |stage| {
        truths::swept(stage).boxed_local()
    }),
    ("what no sweep finds, the night does", |stage| {
        nights::found(stage).boxed_local()
    }),
    ("a green left behind, and the next pull request", |stage| {
        truths::next_one(stage).boxed_local()
    }),
    ("a comment that only the sweep finds", |stage| {
        places::sweep(stage).boxed_local()
    }),
];
