//! The stand-in is held against recordings of real servers.
//!
//! For each version every scenario is replayed in the order in which it was recorded, set-ups and
//! requests, against a fresh stand-in; status, emptiness, headers, bodies and webhook deliveries
//! must be the same. What is compared how is in `compare`; what is left out, and why, in `left_out`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod compare;
mod fixture;
mod hear;
mod left_out;
mod names;
mod oauth;
mod play;
mod setup;
mod sink;

use forge::Version;
use play::Player;

/// In the order of the recording: later scenarios see what earlier ones left.
const SCENARIOS: [&str; 23] = [
    "server",
    "tokens",
    "membership",
    "membership-changes",
    "pulls",
    "pushes",
    "fork",
    "statuses",
    "comments",
    "reactions",
    "reviews",
    "protection",
    "redirects",
    "archived",
    "deleted-user",
    "retarget",
    "shared-head",
    "reopened",
    "empty-pull",
    "team-renamed",
    "hooks",
    "deliveries",
    "notifications",
];

async fn replay(version: Version) {
    let mut player = Player::start(version).await;
    for scenario in SCENARIOS {
        player.play(scenario).await;
    }
    let report = player.report();
    println!(
        "Gitea {}: {} steps and {} deliveries compared, {} steps left out",
        version.name(),
        report.compared,
        report.deliveries,
        report.left_out
    );
    assert!(report.compared > 500, "most steps are compared");
    let differences = report.differences.join("\n");
    assert!(
        differences.is_empty(),
        "Gitea {} answered otherwise:\n{differences}",
        version.name()
    );
}

#[tokio::test]
async fn gitea_1_23() {
    replay(Version::V1_23).await;
}

#[tokio::test]
async fn gitea_1_24() {
    replay(Version::V1_24).await;
}

#[tokio::test]
async fn gitea_1_25() {
    replay(Version::V1_25).await;
}

#[tokio::test]
async fn gitea_1_26() {
    replay(Version::V1_26).await;
}
