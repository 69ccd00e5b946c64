//! Pages in a real browser: signing in, what outsiders see, what changes while somebody looks, and
//! whether everybody can read them. Pictures of the main states are left in `target/tmp/pictures`.
//!
//! Run by name only, `cargo test --test browser`; needs Debian's `chromium` and `npm`, and fails
//! without them.

#![expect(clippy::expect_used, reason = "a story that cannot go on must fail")]

mod axe;
mod chromium;
#[path = "../it/pages/browser.rs"]
#[expect(dead_code, reason = "the conversations without a browser do more")]
mod http;
#[path = "../it/stage/mod.rs"]
#[expect(
    dead_code,
    reason = "the conversations know more words than are needed here"
)]
mod stage;

use chromium::Chromium;
use forge::PullHandle;
use http::{address, path};
use stage::{Stage, tempo};
use std::path::PathBuf;

/// Widths of a small telephone and of a window.
const WIDTHS: [u32; 2] = [320, 1_000];

/// A bot that may not see who is in the team.
const BLIND: &str = "[[identity]]\nname = \"weakbot\"\ntoken_env = \"TOKEN_OF_WEAKBOT\"\n";

/// Somebody who is signed in and looks at a pull request.
fn looks(stage: &Stage, who: &str, pull: &PullHandle) -> Chromium {
    let mut chromium = Chromium::start();
    stage.forge.signs_in_as(who);
    chromium.goes_to(&address(stage, &path(pull)));
    chromium.follows("a.button");
    chromium
}

/// Every look of a page: what does not fit, what cannot be read, and a picture of it.
fn is_readable(chromium: &mut Chromium, name: &str) {
    for scheme in ["light", "dark"] {
        chromium.coloured(scheme);
        for width in WIDTHS {
            let state = format!("{name}-{scheme}-{width}");
            chromium.sized(width, 900);
            let wide = chromium.tells("document.documentElement.scrollWidth");
            assert!(wide.as_u64() <= Some(width.into()), "{state}: {wide} wide");
            axe::finds_nothing(chromium, &state);
            keep(&state, &chromium.picture());
        }
    }
    assert_eq!(chromium.complaints(), [""; 0], "{name}");
}

fn keep(name: &str, picture: &[u8]) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pictures");
    std::fs::create_dir_all(&folder).expect("a directory");
    std::fs::write(folder.join(format!("{name}.png")), picture).expect("a file");
}

/// A pull request about which there is much to tell.
async fn told(stage: &Stage) -> PullHandle {
    let pull = stage
        .forge
        .new_pull("alice")
        .titled("Sort the release notes by date")
        .open();
    pull.approved_by("bob");
    stage.quiet().await;
    let declares = "/sop-n/a qa-review only the release notes change";
    stage.says(&pull, "quinn", declares).await;
    stage.says(&pull, "alice", "/refire security").await;
    pull
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_signs_in_reads_and_signs_out() {
    let stage = http::stage().await;
    let pull = told(&stage).await;
    let mut chromium = Chromium::start();
    stage.forge.signs_in_as("bob");
    chromium.goes_to(&address(&stage, &path(&pull)));
    assert!(chromium.text().contains("Sign in to see this"));
    is_readable(&mut chromium, "signed-out");
    chromium.follows("a.button");
    let text = chromium.text();
    for words in [
        "signed in as bob",
        "Sort the release notes by date",
        "qa-review satisfied",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    is_readable(&mut chromium, "pull");
    chromium.tells("document.getElementById('calls').open = true");
    is_readable(&mut chromium, "evidence");
    chromium.goes_to(&address(&stage, "/"));
    assert!(
        chromium.text().contains("Waits for security-review"),
        "{}",
        chromium.text()
    );
    is_readable(&mut chromium, "index");
    chromium.follows("header button");
    assert!(chromium.text().contains("Sign in with Gitea"));
    chromium.goes_to(&address(&stage, &path(&pull)));
    assert!(chromium.text().contains("Sign in to see this"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outsider_is_refused_what_is_private() {
    let stage = http::stage().await;
    let pull = stage
        .forge
        .new_pull("alice")
        .in_repo("acme/vault")
        .titled("A secret")
        .open();
    stage.quiet().await;
    let mut chromium = looks(&stage, "eve", &pull);
    let text = chromium.text();
    assert!(text.contains("Nothing to see"), "{text}");
    assert!(!text.contains("A secret"), "{text}");
    is_readable(&mut chromium, "refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gate_turns_green_while_somebody_looks() {
    let stage = http::stage().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let mut chromium = looks(&stage, "bob", &pull);
    let qa = "document.querySelector('[data-gate=qa-review]').dataset.word";
    assert_eq!(chromium.tells(qa), "waits");
    chromium.tells("window.same = true; document.getElementById('calls').open = true");
    pull.approved_by("quinn");
    chromium.waits_for(&format!("{qa} === 'satisfied'"));
    assert_eq!(
        chromium.tells("window.same"),
        true,
        "the page was not loaded again"
    );
    assert_eq!(
        chromium.tells("document.getElementById('calls').open"),
        true
    );
    let live = chromium.tells("document.getElementById('live').textContent");
    assert_eq!(live, "qa-review: satisfied");
    is_readable(&mut chromium, "green");
    stage.quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_known_and_what_is_rejected_can_be_read() {
    let stage = http::stage_with(BLIND, tempo()).await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    let mut chromium = looks(&stage, "bob", &pull);
    assert!(
        chromium.text().contains("Why it is not known"),
        "{}",
        chromium.text()
    );
    is_readable(&mut chromium, "unknown");
    let unofficial = "[approvals]\nrequire_official = false\n";
    let stage = http::stage_with(unofficial, tempo()).await;
    let pull = stage.forge.pull("alice");
    pull.rejected_by("sam");
    stage.quiet().await;
    let mut chromium = looks(&stage, "bob", &pull);
    assert!(
        chromium.text().contains("security-review rejected"),
        "{}",
        chromium.text()
    );
    is_readable(&mut chromium, "rejected");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_bot_that_observes_would_post_can_be_read() {
    let mut stage = http::prepared("", tempo()).await;
    stage.mode = "observe";
    stage.enter().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    pull.comment("alice", "/refire");
    stage.quiet().await;
    let mut chromium = looks(&stage, "bob", &pull);
    let text = chromium.text();
    assert!(text.contains("Would be posted"), "{text}");
    is_readable(&mut chromium, "observing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_there_without_scripts() {
    let stage = http::stage().await;
    let pull = told(&stage).await;
    let mut chromium = looks(&stage, "bob", &pull);
    let with = chromium.text();
    chromium.scripted(false);
    chromium.goes_to(&address(&stage, &path(&pull)));
    assert_eq!(chromium.text(), with);
}
