//! axe-core, which finds what people cannot use. Fetched from npm when it is first needed.

use crate::chromium::Chromium;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

static AXE: OnceLock<String> = OnceLock::new();

/// Fails if axe finds anything on the page.
pub(crate) fn finds_nothing(chromium: &mut Chromium, state: &str) {
    chromium.tells(AXE.get_or_init(read));
    let found = chromium.tells(
        "axe.run(document).then((result) => result.violations.map((rule) =>
            rule.id + ': ' + rule.nodes.map((node) => node.html).join(' | ')))",
    );
    assert_eq!(found, serde_json::json!([]), "{state}");
}

fn read() -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("axe");
    let script = folder.join("package/axe.min.js");
    if !script.exists() {
        fetch(&folder);
    }
    std::fs::read_to_string(script).expect("axe-core")
}

fn fetch(folder: &Path) {
    std::fs::create_dir_all(folder).expect("a directory");
    let fetched = Command::new("sh")
        .args(["-c", "tar xzf \"$(npm pack --silent axe-core@4)\""])
        .current_dir(folder)
        .status();
    let fetched = fetched.is_ok_and(|status| status.success());
    assert!(
        fetched,
        "axe-core could not be fetched: it needs `npm` (Debian's package) and npm's registry"
    );
}
