//! Accounts that are gone.

use crate::stage::Stage;
use forge::Version;

/// Up to 1.25 Gitea answers 500 where the comment of a deleted account is asked for by itself.
#[tokio::test]
async fn i18_a_command_of_a_deleted_user_holds_nothing_up() {
    for version in [Version::V1_24, Version::V1_26] {
        let stage = Stage::on(version, "").await;
        let pull = stage.forge.pull("alice");
        stage.quiet().await;
        stage.forge.drop_deliveries(true);
        pull.comment("gus", "/sop-n/a qa docs");
        stage.forge.deliveries_idle().await;
        let told = stage.forge.deliveries().len() - 1;
        stage.forge.drop_deliveries(false);
        stage.forge.delete_user("gus");
        stage.forge.redeliver(told);
        stage.quiet().await;
        assert!(
            pull.comments_by("refire").is_empty(),
            "nobody to be answered"
        );
        let reply = stage.says(&pull, "alice", "/refire qa").await;
        assert!(reply.contains("waits for an approval"), "{reply}");
    }
}
