//! Who may import whom, read from the sources themselves.

#![expect(clippy::expect_used, reason = "a source that cannot be read must fail")]

use regex::Regex;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Each module below the shell with those it may know. Worker, app and command line may know all.
const MAY_KNOW: [(&str, &[&str]); 16] = [
    ("model", &[]),
    ("gate", &["model"]),
    ("decide", &["effect", "gate", "model"]),
    ("gitea", &["model", "numbers"]),
    ("memo", &["decide", "gate", "model"]),
    (
        "effect",
        &[
            "decide", "gitea", "memo", "model", "numbers", "spans", "worker",
        ],
    ),
    ("config", &["audit", "gate", "model"]),
    ("audit", &["decide", "model"]),
    ("telemetry", &["version", "config"]),
    (
        "web",
        &[
            "config", "decide", "gate", "gitea", "intake", "memo", "model", "numbers", "worker",
        ],
    ),
    ("numbers", &["version", "model"]),
    ("version", &[]),
    ("spans", &["model"]),
    (
        "doctor",
        &["config", "decide", "gate", "gitea", "memo", "model"],
    ),
    ("socket", &["doctor", "memo", "model"]),
    (
        "intake",
        &[
            "config", "decide", "gate", "gitea", "memo", "model", "numbers", "spans", "worker",
        ],
    ),
];

/// A source of the service without its tests and comments.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// `gate` for `src/gate.rs` and for everything below `src/gate/`.
    fn module(&self) -> &str {
        let end = self.path.find(['/', '.']).unwrap_or(self.path.len());
        &self.path[..end]
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    let sources: Vec<Source> = files.iter().filter_map(|path| read(&root, path)).collect();
    assert!(sources.len() > 100, "the sources are not where they were");
    sources
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

/// `None`: it is a test, or there for tests only.
fn read(root: &Path, path: &Path) -> Option<Source> {
    let short = path.strip_prefix(root).expect("below the root");
    let is_test = |part: &str| matches!(part, "tests" | "tests.rs" | "fixture.rs");
    if short.iter().any(|part| is_test(&part.to_string_lossy())) {
        return None;
    }
    let text = std::fs::read_to_string(path).expect("a source");
    let code = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let lines = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    Some(Source {
        path: short.to_string_lossy().into_owned(),
        text: lines.collect::<Vec<_>>().join("\n"),
    })
}

/// The paths that begin with `crate::`; a group gives each of its members.
fn paths(text: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for (at, opening) in text.match_indices("crate::") {
        let rest = &text[at + opening.len()..];
        let end = rest.find([';', '(', '<', ')']).unwrap_or(rest.len());
        let rest = &rest[..end];
        match rest.strip_prefix('{') {
            Some(group) => paths.extend(members(group)),
            None => paths.push(rest.to_owned()),
        }
    }
    paths
}

/// What stands between the commas of a group that has just been opened.
fn members(group: &str) -> Vec<String> {
    let (mut depth, mut members) = (0_usize, vec![String::new()]);
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => members.push(String::new()),
            c => {
                depth = depth + usize::from(c == '{') - usize::from(c == '}');
                members.last_mut().expect("one at least").push(c);
            }
        }
    }
    members
        .iter()
        .map(|member| member.trim().to_owned())
        .collect()
}

fn first(path: &str) -> String {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    path.chars().take_while(|c| is_name(*c)).collect()
}

/// The sources that match, by path.
fn matching(pattern: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).expect("a pattern");
    let found = sources();
    let found = found.iter().filter(|source| pattern.is_match(&source.text));
    found.map(|source| source.path.clone()).collect()
}

#[test]
fn everybody_imports_only_whom_they_may() {
    let mut wrong = Vec::new();
    for source in sources() {
        let module = source.module();
        let Some((_, known)) = MAY_KNOW.iter().find(|(name, _)| *name == module) else {
            continue;
        };
        for path in paths(&source.text) {
            let other = first(&path);
            if other != module && !other.is_empty() && !known.contains(&other.as_str()) {
                wrong.push(format!("{} imports {other}", source.path));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_module_has_its_rule() {
    let free = ["app", "cli", "lib", "main", "worker"];
    let ruled = |module: &str| MAY_KNOW.iter().any(|(name, _)| *name == module);
    let modules: BTreeSet<String> = sources().iter().map(|s| s.module().to_owned()).collect();
    let without: Vec<_> = modules
        .iter()
        .filter(|module| !ruled(module) && !free.contains(&module.as_str()))
        .collect();
    assert_eq!(without, Vec::<&String>::new());
}

#[test]
fn decisions_know_of_effects_only_what_they_are() {
    for source in sources()
        .iter()
        .filter(|source| source.module() == "decide")
    {
        for path in paths(&source.text) {
            let Some(names) = path.strip_prefix("effect::") else {
                continue;
            };
            let names = names.trim_matches(['{', '}']).split(',');
            let wrong: Vec<_> = names
                .map(|name| first(name.trim()))
                .filter(|n| n != "Act" && n != "Effect")
                .collect();
            assert_eq!(wrong, Vec::<String>::new(), "{}", source.path);
        }
    }
}

#[test]
fn effects_know_of_the_worker_only_its_waits() {
    for source in sources()
        .iter()
        .filter(|source| source.module() == "effect")
    {
        let of_worker = paths(&source.text)
            .into_iter()
            .filter(|path| first(path) == "worker");
        let wrong: Vec<_> = of_worker
            .filter(|path| !path.starts_with("worker::tempo::"))
            .collect();
        assert_eq!(wrong, Vec::<String>::new(), "{}", source.path);
    }
}

#[test]
fn the_core_has_no_clock_and_waits_for_nothing() {
    let impure = matching(r"async fn|\.await|Timestamp::now|SystemTime|Instant::now|std::fs|tokio");
    let core = ["model/", "gate/", "decide/"];
    let wrong: Vec<_> = impure
        .iter()
        .filter(|path| core.iter().any(|c| path.starts_with(c)))
        .collect();
    assert_eq!(wrong, Vec::<&String>::new());
}

#[test]
fn only_gitea_speaks_http_to_gitea() {
    let speaks = matching(r"\breqwest\b");
    assert!(!speaks.is_empty());
    let wrong: Vec<_> = speaks
        .iter()
        .filter(|path| !path.starts_with("gitea/"))
        .collect();
    assert_eq!(wrong, Vec::<&String>::new());
}

#[test]
fn only_effect_writes_to_gitea() {
    let writes = matching(r"\.\s*(post_status|post_comment|post_reaction|edit_comment)\(");
    let wrong: Vec<_> = writes
        .iter()
        .filter(|path| !path.starts_with("effect/"))
        .collect();
    assert_eq!(wrong, Vec::<&String>::new());
    assert!(!writes.is_empty());
    let methods = matching(r"pub async fn (post|edit|delete|put|patch)_\w+");
    assert_eq!(
        methods,
        BTreeSet::from(["effect/mod.rs".into(), "gitea/writes.rs".into()])
    );
}

/// The running bot writes by `effect` alone. `refire doctor --fix` makes webhooks, which the bot
/// never does, and the search for scopes sends writes that name nothing that could be there.
#[test]
fn beside_effect_only_the_doctor_writes_and_only_webhooks() {
    let writes = matching(r"Method::(POST|PUT|PATCH|DELETE)");
    let known = ["gitea/hooks.rs", "gitea/scopes.rs", "gitea/writes.rs"];
    assert_eq!(writes, known.map(String::from).into());
    let hooks = matching(r"\.\s*(create_hook|remove_hook|try_hook)\(");
    assert_eq!(hooks, BTreeSet::from(["doctor/repair.rs".into()]));
    let repairs = matching(r"doctor::repair::[^;]*\bperform\b");
    assert_eq!(repairs, BTreeSet::from(["cli/doctor.rs".into()]));
}

#[test]
fn only_config_reads_the_environment() {
    let reads = matching(r"\benv::(vars?|args)(_os)?\(");
    assert_eq!(
        reads,
        BTreeSet::from(["config/env.rs".into(), "main.rs".into()])
    );
    assert!(matching(r"use std::env|use std::\{[^;]*\benv\b").is_empty());
}

/// What is counted has its name, its labels and its words in one table.
#[test]
fn everything_is_counted_under_a_name_of_the_table() {
    let macros =
        Regex::new(r"metrics::(counter|gauge|histogram)!\(\s*([^,)\s]+)").expect("a pattern");
    let (mut used, mut wrong) = (BTreeSet::new(), Vec::new());
    let sources = sources();
    let others = sources.iter().filter(|it| it.module() != "numbers");
    for source in others {
        for made in macros.captures_iter(&source.text) {
            match made[2].strip_prefix("numbers::") {
                Some(constant) => drop(used.insert(constant.to_owned())),
                // The page sets several under names of the table.
                None if source.path == "web/metrics.rs" && &made[2] == "name" => {}
                None => wrong.push(format!("{}: {}", source.path, &made[2])),
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(used.len() > 10, "{used:?}");
    let quoted = matching(r#""refire_[a-z_]+""#);
    assert_eq!(quoted, BTreeSet::from(["numbers/table.rs".into()]));
}

/// Every line of the threat model names the test that shows it.
#[test]
fn every_test_that_the_threat_model_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let model = std::fs::read_to_string(root.join("SECURITY.md")).expect("the threat model");
    let named = Regex::new(r"`([a-z_/]+\.rs)::([a-z0-9_]+)`").expect("a pattern");
    let mut missing = Vec::new();
    for test in named.captures_iter(&model) {
        let source = std::fs::read_to_string(root.join(&test[1])).unwrap_or_default();
        if !source.contains(&format!("fn {}(", &test[2])) {
            missing.push(test[0].to_owned());
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    let rows = model.lines().filter(|line| line.starts_with("| "));
    let heads = rows.clone().filter(|row| row.ends_with("| shown by |"));
    let told = rows.filter(|row| named.is_match(row)).count();
    let lines = model.lines().filter(|line| line.starts_with('|')).count();
    assert_eq!(lines, told + 2 * heads.count(), "a line names no test");
    assert!(told > 80, "the threat model is not what it was");
}
