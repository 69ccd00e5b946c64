//! The callers of the membership recordings, each seen through the bot's own eyes: what Gitea lets
//! them know of a team is what the bot says of them.

use super::causes::{ASKER, asker, asks_as, cannot_verify};
use crate::stage::Stage;

/// A token that nobody ever had.
const GARBAGE: &str = "0123456789abcdef0123456789abcdef01234567";

/// Somebody asks about `acme/qa`.
struct Caller {
    login: &'static str,
    token: String,
    /// The cause that keeps the answer from it. `None`: it may know who is in the team.
    cause: Option<&'static str>,
}

/// Eight of the nine. The ninth is nobody, who sends no token at all: no configuration makes one of
/// an identity, because a token that is missing or empty is a mistake there.
async fn callers(stage: &mut Stage) -> Vec<Caller> {
    let weak = asker(stage, "weakbot", &["bots"], &ASKER).await;
    let stranger = asker(stage, "strangerbot", &[], &ASKER).await;
    let without = ["write:repository", "write:issue", "read:user"];
    let without = stage.forge.new_token("refire", &without).await;
    let mut callers = vec![
        ("weakbot", weak, Some("bot-not-in-team")),
        ("strangerbot", stranger, Some("bot-not-in-org")),
        ("refire", without, Some("scope-missing")),
        ("refire", GARBAGE.to_owned(), Some("token-invalid")),
    ];
    let people = [
        ("refire", None),
        ("olivia", None),
        ("root", None),
        ("alice", Some("bot-not-in-team")),
    ];
    for (login, cause) in people {
        callers.push((login, stage.forge.new_token(login, &ASKER).await, cause));
    }
    let callers = callers.into_iter();
    callers
        .map(|(login, token, cause)| Caller {
            login,
            token,
            cause,
        })
        .collect()
}

pub(super) async fn all(stage: &mut Stage) {
    let well = stage.cast();
    for caller in callers(stage).await {
        let Caller {
            login,
            token,
            cause,
        } = caller;
        asks_as(stage, login, token).await;
        match cause {
            Some(cause) => {
                let who = format!("| `{login}` | ");
                cannot_verify(stage, cause, &[&who]).await;
            }
            None => sees(stage).await,
        }
        stage.recast(well.clone()).await;
    }
}

/// The one who asks may know who is in the team: the approval counts.
async fn sees(stage: &mut Stage) {
    let pull = stage.pull("alice").await;
    stage.approve(&pull, "quinn").await;
    let satisfied = "`qa-review` is satisfied**: `quinn` of `acme/qa` approved";
    stage.says(&pull, "alice", "/refire qa", satisfied).await;
    stage.gate(&pull, "qa-review", "success", "quinn").await;
}
