//! The real binary on a store that is locked, of another version, damaged, or without room.

use crate::stage::answers;
use crate::theatre::{Theatre, command, contents, replies, said, until};
use forge::{Fault, Forge};
use rustix::process::{Resource, Rlimit, prlimit};
use state::{DiskStore, Settings};
use std::path::Path;
use std::process::Child;

/// The program itself.
pub(super) const PROGRAM: &str = env!("CARGO_BIN_EXE_refire");

/// What a process exits with that may not have the store.
pub(super) const SECOND: i32 = 70;

/// A second process on the store, beside whoever has it.
pub(super) fn second(forge: &Forge, store: &Path) -> Child {
    command(PROGRAM.as_ref(), forge, store, "127.0.0.1:0")
        .arg("serve")
        .spawn()
        .expect("the binary starts")
}

/// What was moved aside because it was damaged.
pub(super) fn aside(store: &Path) -> Vec<String> {
    let name = store.file_name().expect("a name").to_string_lossy();
    let damaged = format!("{name}.damaged-");
    let beside = std::fs::read_dir(store.parent().expect("a directory")).expect("a directory");
    let names = beside.map(|entry| entry.expect("an entry").file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(&damaged)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_of_two_processes_says_who_has_the_store_and_exits() {
    let theatre = Theatre::of(PROGRAM.as_ref()).await;
    let first = theatre.start().await;
    let pull = theatre.approved().await;
    let output = second(&theatre.forge, &theatre.store()).wait_with_output();
    let output = output.expect("it ends");
    assert_eq!(output.status.code(), Some(SECOND));
    let host = rustix::system::uname();
    let holder = format!(
        "is in use by process {} on {}",
        first.id(),
        host.nodename().to_string_lossy()
    );
    assert!(said(&output).contains(&holder), "{}", said(&output));
    assert!(output.stdout.is_empty());
    pull.comment("bob", "/refire qa");
    until("the first one answers", || replies(&pull) == 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_of_a_newer_schema_is_said_and_nothing_of_it_is_changed() {
    let theatre = Theatre::of(PROGRAM.as_ref()).await;
    drop(theatre.start().await);
    let db = sled::open(theatre.store()).expect("a database");
    let meta = db.open_tree("meta").expect("a tree");
    let newer = 2_u32.to_be_bytes();
    meta.insert("schema", &newer).expect("a row");
    db.flush().expect("a disk");
    drop((meta, db));
    std::fs::write(theatre.store().join("schema"), "2\n").expect("a file");
    let before = contents(&theatre.store());
    let output = second(&theatre.forge, &theatre.store()).wait_with_output();
    let output = output.expect("it ends");
    assert_eq!(output.status.code(), Some(SECOND));
    let words = "has the schema version 2, this program knows 1; it was left as it is";
    assert!(said(&output).contains(words), "{}", said(&output));
    assert!(
        before == contents(&theatre.store()),
        "something was changed"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_store_is_moved_aside_reported_once_and_rebuilt_from_gitea() {
    let theatre = Theatre::of(PROGRAM.as_ref()).await;
    let first = theatre.start().await;
    let pull = theatre.approved().await;
    let before = pull.comment("bob", "/refire qa");
    until("it is answered", || replies(&pull) == 1).await;
    let away = Fault::status("GET /repos/acme/widget/pulls/*", 502);
    theatre.forge.fault(away.always());
    let accepted = pull.comment("bob", "/refire security");
    theatre.forge.deliveries_idle().await;
    drop(first);
    theatre.forge.heal();
    std::fs::write(theatre.store().join("db"), "no database").expect("a file");
    let second = theatre.start().await;
    until("what was accepted is answered", || replies(&pull) == 2).await;
    let text = second.kill();
    let told = text.matches("the store was damaged").count();
    assert_eq!(told, 1, "{text}");
    for comment in [before, accepted] {
        assert_eq!(answers(&pull, comment), 1, "{:#?}", pull.comments());
    }
    assert_eq!(aside(&theatre.store()).len(), 1);
    let settings = Settings::new(theatre.store());
    let opened = DiskStore::open(settings, "stamp").await.expect("a store");
    assert_eq!(opened.moved_aside, None);
}

/// The system refuses to let any file grow, or be written at all: what a full disk, or a quota, does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_room_nothing_is_taken_in_and_with_room_again_all_goes_on() {
    let theatre = Theatre::of(PROGRAM.as_ref()).await;
    let running = theatre.start().await;
    let pull = theatre.approved().await;
    let allow = |current| {
        let limit = Rlimit {
            current,
            maximum: None,
        };
        prlimit(Some(running.id()), Resource::Fsize, limit).expect("a limit");
    };
    for round in 1..=3 {
        allow(Some(0));
        let refused = pull.comment("bob", "/refire qa");
        theatre.forge.deliveries_idle().await;
        let heard = theatre.forge.deliveries();
        let of = heard
            .iter()
            .find(|delivery| delivery.payload["comment"]["id"] == refused.get());
        assert_eq!(of.and_then(|delivery| delivery.status), Some(503));
        allow(None);
        until("it is found and answered", || {
            replies(&pull) == 2 * round - 1
        })
        .await;
        pull.comment("bob", "/refire security");
        until("the next is answered", || replies(&pull) == 2 * round).await;
    }
    let text = running.kill();
    assert!(text.contains("the store was opened again"), "{text}");
    assert!(!text.contains("the store was damaged"), "{text}");
}
