//! A token that is replaced in its file while the bot runs.

use crate::stage::{Stage, holds, tempo, told, watch};
use forge::{Forge, Version};
use std::path::Path;

const SCOPES: [&str; 4] = [
    "write:repository",
    "write:issue",
    "read:organization",
    "read:user",
];

/// The bot with a token of this file.
async fn with_token_in(file: &Path) -> Stage {
    let extra = format!(
        "[[identity]]\nname = \"refire\"\ntoken_file = {:?}\n",
        file.display().to_string()
    );
    let mut stage = Stage::bare(Forge::start(Version::V1_26).await, &extra, tempo());
    issue(&stage, file);
    stage.enter().await;
    stage
}

/// Somebody issues a token and puts it into the file, as editors and `echo` do: with a line end.
fn issue(stage: &Stage, file: &Path) -> String {
    let token = stage.forge.user("refire").token(&SCOPES);
    watch::also(&token);
    std::fs::write(file, format!("{token}\n")).expect("a file");
    token
}

#[tokio::test]
async fn a_token_is_replaced_in_its_file_and_the_next_command_works_without_a_restart() {
    let folder = tempfile::tempdir().expect("a directory");
    let file = folder.path().join("token");
    let stage = with_token_in(&file).await;
    let pull = stage.forge.pull("alice");
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(&reply, &["**`qa-review` waits for an approval"]);
    stage.forge.user("refire").revoke_tokens();
    stage.calls();
    pull.approved_by("quinn");
    pull.comment("quinn", "/refire qa");
    let refused = || stage.forge.calls().iter().any(|call| call.status == 401);
    stage.meanwhile("the old token is refused", refused).await;
    assert_eq!(pull.comments_by("refire").len(), 1);
    let token = issue(&stage, &file);
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(&reply, &["**`qa-review` is satisfied**"]);
    assert_eq!(stage.qa(&pull), "success: approved by quinn of acme/qa");
    let replies = pull.comments_by("refire");
    assert_eq!(replies.len(), 3, "whoever asked in between is answered too");
    for reply in &replies[1..] {
        holds(&told(&reply.body), &["**`qa-review` is satisfied**"]);
    }
    assert!(!replies.iter().any(|reply| reply.body.contains(&token)));
}

#[tokio::test]
async fn whom_the_bot_passes_over_is_asked_again_with_the_token_that_is_new_in_its_file() {
    let folder = tempfile::tempdir().expect("a directory");
    let file = folder.path().join("token");
    let extra = format!(
        "[[identity]]\nname = \"asker\"\ntoken_file = {:?}\nuses = [\"teams\"]\n\
         [[identity]]\nname = \"writer\"\ntoken_env = \"TOKEN_WITHOUT_ORGANIZATION\"\nuses = [\"read\", \"write\"]\n",
        file.display().to_string()
    );
    let mut stage = Stage::bare(Forge::start(Version::V1_26).await, &extra, tempo());
    // A slip: what is in the file is no token of this server.
    std::fs::write(&file, "no-token\n").expect("a file");
    stage.enter().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(
        &reply,
        &[
            "**`qa-review` cannot be verified**: `quinn` approved, but",
            "`token-invalid`",
            "**Repair:** Issue a new token for `asker` and put it where identity `asker` reads it",
        ],
    );
    issue(&stage, &file);
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(&reply, &["**`qa-review` is satisfied**"]);
    let gitea = &stage.bot.as_ref().expect("the bot").shared.gitea;
    assert!(gitea.passed_over().is_empty());
}
