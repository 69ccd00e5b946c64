//! The stand-in stays usable when a repository is large.

use forge::{Forge, Version};

/// Counts, not times: what a long list costs is decided by pages, and all of it is there.
#[tokio::test]
async fn ten_thousand_comments_and_a_thousand_pulls() {
    let forge = Forge::start(Version::V1_26).await;
    forge.standard_world();
    let pull = forge.pull("alice");
    for number in 0..10_000 {
        pull.comment("quinn", &format!("comment {number}"));
    }
    for _ in 0..999 {
        let _ = forge.pull("bob");
    }
    let client = reqwest::Client::new();
    let get = |path: String| {
        let request = client.get(format!("{}/api/v1{path}", forge.url()));
        request
            .header("authorization", format!("token {}", forge.token("bot")))
            .send()
    };
    let pulls = get("/repos/acme/widget/pulls?state=open&page=1&limit=50".to_owned())
        .await
        .expect("pulls");
    assert_eq!(pulls.headers()["x-total-count"], "1000");
    let last = get("/repos/acme/widget/issues/comments?page=200&limit=50".to_owned())
        .await
        .expect("comments");
    assert_eq!(last.headers()["x-total-count"], "10000");
    let last: serde_json::Value = last.json().await.expect("a list");
    assert_eq!(last[49]["body"], "comment 9999");
    let whole = get(format!(
        "/repos/acme/widget/issues/{}/comments",
        pull.number()
    ))
    .await
    .expect("all");
    let whole: Vec<serde_json::Value> = whole.json().await.expect("a list");
    assert_eq!(whole.len(), 10_000);
}
