//! `refire rebuild`: a new store out of what Gitea knows.

use super::process::{PROGRAM, SECOND};
use crate::theatre::{Theatre, command, contents, replies, said, until};
use forge::Fault;
use serde_json::Value;
use state::{DiskStore, PullKey, Settings, Store as _};
use std::process::Output;

impl Theatre {
    async fn rebuilds(&self, arguments: &[&str]) -> Output {
        let mut command = command(PROGRAM.as_ref(), &self.forge, &self.store(), "127.0.0.1:0");
        let child = command.arg("rebuild").args(arguments).spawn();
        let child = child.expect("the binary starts");
        let output = tokio::task::spawn_blocking(|| child.wait_with_output());
        output.await.expect("it ends").expect("it ends")
    }

    /// What lies beside the store, by the end of its name.
    fn beside(&self, ending: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.directory.path()).expect("a directory");
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let begins = format!("refire.db.{ending}-");
        names.filter(|name| name.starts_with(&begins)).collect()
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuilt_store_answers_what_waits_and_nothing_twice() {
    let theatre = Theatre::of(PROGRAM.as_ref()).await;
    let bot = theatre.start().await;
    let pull = theatre.approved().await;
    let other = theatre.approved().await;
    pull.comment("bob", "/refire qa");
    until("it is answered", || replies(&pull) == 1).await;
    bot.kill();
    pull.comment("bob", "/refire security");
    theatre.forge.deliveries_idle().await;
    let before = contents(&theatre.store());
    let output = theatre.rebuilds(&["--json"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(told["commands"], 2);
    assert_eq!(told["answered"], 1);
    assert_eq!(told["open_pulls"], 2);
    assert_eq!(told["repositories"][0]["repository"], "acme/widget");
    assert!(
        said(&output).contains("1/1 acme/widget\n"),
        "{}",
        said(&output)
    );
    let aside = told["moved_aside"].as_str().expect("a place");
    let moved: Vec<_> = contents(aside.as_ref()).into_values().collect();
    assert!(moved == before.into_values().collect::<Vec<_>>());
    assert!(theatre.beside("new").is_empty());
    let rows = (pull.status_rows().len(), other.status_rows().len());
    let _bot = theatre.start().await;
    until("what waited is answered", || replies(&pull) == 2).await;
    other.comment("bob", "/refire qa");
    until("the next is answered", || replies(&other) == 1).await;
    assert_eq!(replies(&pull), 2, "{:#?}", pull.comments());
    // Each command posts its own status anew, and nothing else is posted.
    let after = (pull.status_rows().len(), other.status_rows().len());
    assert!(
        after.0 <= rows.0 + 1 && after.1 <= rows.1 + 1,
        "{rows:?} {after:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuilt_store_knows_the_open_pull_requests_by_their_heads() {
    let theatre = Theatre::of(PROGRAM.as_ref()).await;
    let pull = theatre.forge.pull("alice");
    let output = theatre.rebuilds(&[]).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let sentences = text(&output);
    assert!(
        sentences.contains("1 repository: 1 open pull request, and 0 commands"),
        "{sentences}"
    );
    assert!(sentences.contains("younger than 24h"), "{sentences}");
    assert!(
        sentences.contains("There was no store before."),
        "{sentences}"
    );
    let opened = DiskStore::open(Settings::new(theatre.store()), "stamp").await;
    let store = opened.expect("a store").store;
    let repository = pull.repo().id().get().unsigned_abs();
    let head = pull.head().to_string();
    let known = store.pulls_with_head(repository, head.as_bytes()).await;
    let known: Vec<PullKey> = known
        .expect("it answers")
        .into_iter()
        .map(|(key, _)| key)
        .collect();
    let number = pull.number().unsigned_abs();
    assert_eq!(known, [PullKey { repository, number }]);
    assert_eq!(store.waiting().await.expect("it answers"), known);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_bot_runs_its_store_is_not_rebuilt() {
    let theatre = Theatre::of(PROGRAM.as_ref()).await;
    let bot = theatre.start().await;
    let output = theatre.rebuilds(&[]).await;
    assert_eq!(output.status.code(), Some(SECOND));
    let words = said(&output);
    assert!(words.contains("is in use by process "), "{words}");
    assert!(words.contains("; stop the bot first"), "{words}");
    assert!(theatre.beside("replaced").is_empty());
    let pull = theatre.approved().await;
    pull.comment("bob", "/refire qa");
    until("it is answered", || replies(&pull) == 1).await;
    drop(bot);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_leaves_the_old_store_where_it_is() {
    let theatre = Theatre::of(PROGRAM.as_ref()).await;
    drop(theatre.start().await);
    let before = contents(&theatre.store());
    for call in ["GET /user", "GET /repos/acme/widget", "GET /repos/*/pulls"] {
        theatre.forge.fault(Fault::status(call, 502).always());
        let output = theatre.rebuilds(&[]).await;
        assert_eq!(output.status.code(), Some(2), "{call}: {}", said(&output));
        assert!(
            said(&output).contains("nothing was changed"),
            "{}",
            said(&output)
        );
        theatre.forge.heal();
        assert!(text(&output).is_empty());
        assert!(
            before == contents(&theatre.store()),
            "{call}: it was changed"
        );
        assert!(theatre.beside("new").is_empty());
        assert!(theatre.beside("replaced").is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_cannot_be_opened_is_rebuilt_too() {
    let theatre = Theatre::of(PROGRAM.as_ref()).await;
    for (file, content) in [("db", "no database"), ("schema", "2\n")] {
        drop(theatre.start().await);
        std::fs::write(theatre.store().join(file), content).expect("a file");
        let output = theatre.rebuilds(&[]).await;
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    }
    assert_eq!(theatre.beside("replaced").len(), 2);
    let bot = theatre.start().await;
    let pull = theatre.approved().await;
    pull.comment("bob", "/refire qa");
    until("it is answered", || replies(&pull) == 1).await;
    let words = bot.kill();
    assert!(!words.contains("damaged"), "{words}");
}
