//! `/whoami-teams [login]`: a table with two sides, whoever asks about whom.

use crate::identities::{WEAK_FIRST, asked_by};
use crate::stage::{Stage, holds};

#[tokio::test]
async fn each_identity_has_its_own_sight_of_each_team() {
    let stage = Stage::with(WEAK_FIRST).await;
    let pull = stage.forge.pull("alice");
    let reply = stage.says(&pull, "quinn", "/whoami-teams").await;
    holds(
        &reply,
        &[
            "**`quinn`** can approve `qa-review`.",
            "| `acme/qa` | approve and waive `qa-review` | ✔ member, may approve and waive | \
             `weak`: ✘ `weakbot` is in the organisation `acme`, not in the team `acme/qa` (`bot-not-in-team`); `refire`: ✔ sees it |",
        ],
    );
}

#[tokio::test]
async fn the_author_may_do_neither() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("quinn");
    let reply = stage.says(&pull, "quinn", "/whoami-teams").await;
    holds(
        &reply,
        &["✔ member, but may neither approve nor waive: opened this pull request"],
    );
}

#[tokio::test]
async fn where_outsiders_read_along_it_is_about_its_writer_alone() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let reply = stage.says(&pull, "bob", "/whoami-teams @quinn").await;
    holds(
        &reply,
        &[
            "**`bob`** is in none of the teams",
            "I tell here only who you are, not who `quinn` is.",
            "| team | for | you | the bot |",
        ],
    );
}

#[tokio::test]
async fn where_outsiders_cannot_read_it_is_about_whoever_is_named() {
    let stage = Stage::set().await;
    let pull = stage.forge.new_pull("alice").in_repo("acme/vault").open();
    let reply = stage.says(&pull, "alice", "/whoami-teams quinn").await;
    holds(
        &reply,
        &[
            "**`quinn`** can approve `qa-review`.",
            "| team | for | `quinn` | the bot |",
            "✔ member, may approve and waive",
        ],
    );
    let reply = stage
        .says(&pull, "alice", "/whoami-teams no-such-user")
        .await;
    holds(
        &reply,
        &[
            "**It is not known whether `no-such-user` is in",
            "? not known: there is no account `no-such-user`",
            "✔ sees it",
        ],
    );
}

#[tokio::test]
async fn without_any_permission_it_is_still_a_table() {
    let stage = Stage::with(asked_by!("TOKEN_WITHOUT_ORGANIZATION", "")).await;
    let pull = stage.forge.pull("alice");
    let reply = stage.says(&pull, "quinn", "/whoami-teams").await;
    holds(
        &reply,
        &[
            "**It is not known whether `quinn` is in `acme/qa` or `acme/security`.**",
            "| team | for | you | the bot |",
            "✘ the token of `refire` lacks the scope `read:organization` (`scope-missing`) |",
            "- Issue a new token for `refire` with the scope `read:organization` added",
        ],
    );
}
