//! What is logged names what it is about.

use crate::stage::{Log, Stage};
use forge::Fault;

#[tokio::test]
async fn every_line_of_a_turn_and_of_an_effect_names_delivery_comment_pull_request_and_evaluation()
{
    let log = Log::begin();
    let stage = Stage::set().await;
    stage.forge.org("acme").team("qa").remove("refire");
    let pull = stage.approved().await;
    let status = "POST /repos/*/statuses/*";
    stage.forge.fault(Fault::status(status, 502).times(9));
    pull.push("alice");
    stage
        .meanwhile("a write fails", || log.text().contains("a write failed"))
        .await;
    stage.forge.heal();
    stage.quiet().await;
    pull.approved_by("quinn");
    stage.says(&pull, "quinn", "/refire qa").await;
    let comment = pull
        .comments()
        .iter()
        .rev()
        .find(|it| it.author == "quinn")
        .expect("it")
        .id;
    let colours = regex::Regex::new("\u{1b}\\[[0-9;]*m").expect("a pattern");
    let text = log.text();
    let text = colours.replace_all(&text, "");
    let mine = format!("comment={comment}");
    for words in ["pull_request{repo=acme/widget number=", "effect{kind="] {
        let lines: Vec<_> = text.lines().filter(|line| line.contains(words)).collect();
        assert!(!lines.is_empty(), "nothing is logged in {words}");
        let named = |line: &&&str| {
            ["number=", "evaluation=", "repo=acme/widget"]
                .iter()
                .all(|it| line.contains(it))
        };
        assert_eq!(
            lines.iter().filter(named).count(),
            lines.len(),
            "{lines:#?}"
        );
        let delivered = lines
            .iter()
            .filter(|line| line.contains("delivery="))
            .count();
        assert!(delivered > 0, "{lines:#?}");
    }
    let answering = text
        .lines()
        .find(|line| line.contains(&mine) && line.contains("delivery="));
    assert!(answering.is_some(), "{mine} is not in:\n{text}");
}
