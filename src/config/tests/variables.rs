//! Variables: over the file, and instead of it.

use super::*;

fn from_variables(pairs: &[(&str, &str)]) -> Result<Config, Mistakes> {
    let least = [
        ("REFIRE_FORGE__URL", "http://gitea:3000"),
        ("REFIRE_FORGE__REPOSITORIES", r#"["acme/*"]"#),
    ];
    Config::from_toml(
        None,
        "",
        &Environment::of(least.into_iter().chain(pairs.iter().copied())),
    )
}

#[test]
fn a_container_needs_no_file() {
    let config = from_variables(&[
        ("REFIRE_GATES", r#"{ qa = { team = "qa" } }"#),
        (
            "REFIRE_IDENTITY",
            r#"[{ name = "bot", token_env = "REFIRE_BOT_TOKEN" }]"#,
        ),
        ("REFIRE_BOT_TOKEN", "t"),
        ("REFIRE_DECLARATIONS__GRACE", "3s"),
        ("REFIRE_DECLARATIONS__REQUIRE_REASON", "true"),
        ("REFIRE_WEBHOOK__MAX_BODY", "2048"),
        ("REFIRE_PEOPLE__SERVICE_ACCOUNTS", r#"["^ci-"]"#),
    ])
    .unwrap();
    assert_eq!(config.forge.url.to_string(), "http://gitea:3000");
    assert_eq!(
        (
            config.policy.gates[0].name.as_str(),
            config.identities[0].name.as_str()
        ),
        ("qa", "bot")
    );
    assert_eq!(config.policy.declarations.grace, Duration::from_secs(3));
    assert!(config.policy.declarations.require_reason && config.policy.is_service_account("ci-7"));
    assert_eq!(config.webhook.max_body, 2048);
}

#[test]
fn whole_lists_replace_those_of_the_file() {
    let environment = Environment::of([("REFIRE_GATES", r#"{ a = { team = "a" } }"#)]);
    let config = Config::from_toml(
        Some("refire.toml"),
        &format!("{LEAST}[gates.b]\nteam = \"b\"\n"),
        &environment,
    )
    .unwrap();
    let names: Vec<_> = config
        .policy
        .gates
        .iter()
        .map(|gate| gate.name.as_str())
        .collect();
    assert_eq!(names, ["a"]);
}

#[test]
fn every_key_has_a_variable_that_overrides_it() {
    let config = from_variables(&[]).unwrap();
    let settings = config.settings().iter().map(Setting::key);
    for key in settings.filter(|key| !key.starts_with("identity.") && !key.starts_with("gates.")) {
        let (table, name) = key.split_once('.').unwrap();
        let variable = format!("REFIRE_{}__{}", table.to_uppercase(), name.to_uppercase());
        assert_eq!(env::variable_for(key), Some(variable.as_str()));
    }
}

#[test]
fn mistakes_name_the_variable() {
    for (variable, text, said) in [
        (
            "REFIRE_SWEEP__EVERY",
            "2 minuts",
            "sweep.every: \"2 minuts\" is not a duration; write for example \"2m\"",
        ),
        (
            "REFIRE_SWEEP_EVERY",
            "2m",
            "is no variable of refire; did you mean REFIRE_SWEEP__EVERY?",
        ),
        (
            "REFIRE_GATES__QA__TEAM",
            "qa",
            "is no variable of refire; the whole value goes into REFIRE_GATES, for example { qa = { team = \"qa\" } }",
        ),
        (
            "REFIRE_LOG_FORMAT",
            "yaml",
            "\"yaml\" is not known; write \"text\" or \"json\"",
        ),
        (
            "REFIRE_X",
            "1",
            "is no variable of refire; keys are written like REFIRE_SWEEP__EVERY, with two underscores",
        ),
        (
            "REFIRE_APPROVALS__EXCLUDE_PUSHERS",
            "yes",
            "approvals.exclude_pushers: must be true or false",
        ),
        (
            "REFIRE_PULLS__BASE_BRANCHES",
            "main",
            "pulls.base_branches: is not TOML: string values must be quoted, expected literal string; write a value as in the file, for example [\"main\"]",
        ),
        (
            "REFIRE_PULLS__BASE_BRANCHES",
            "\"main\"",
            "pulls.base_branches: must be a list of texts, not a text; write for example [\"main\"]",
        ),
        (
            "REFIRE_GATES",
            "{ qa = { taem = \"qa\", team = \"qa\" } }",
            "gates.qa.taem: is no key of refire; did you mean team?",
        ),
        (
            "REFIRE_IDENTITY",
            "{}",
            "identity: must be a list of tables, not a table; begin each with [[identity]]",
        ),
    ] {
        let mistakes = from_variables(&[(variable, text)]).unwrap_err();
        assert_eq!(mistakes.to_string(), format!("{variable}: {said}"));
    }
}

#[test]
fn other_variables_are_left_alone() {
    let others = [
        "REFIRE_TOKEN",
        "REFIRE_WEBHOOK_SECRET",
        "REFIRE_CONFIG",
        "REFIRE_LIVE_URL",
        "REFIRE_LOG",
        "PATH",
        "refire_x",
    ];
    for name in others {
        assert!(from_variables(&[(name, "x")]).is_ok(), "{name}");
    }
}

#[test]
fn a_variable_named_by_a_broken_configuration_is_no_stray() {
    let environment = Environment::of([("REFIRE_QA_TOKEN", "x")]);
    let text = format!("{LEAST}[[identity]]\ntoken_env = \"REFIRE_QA_TOKEN\"\n");
    let said = Config::from_toml(Some("refire.toml"), &text, &environment)
        .unwrap_err()
        .to_string();
    assert_eq!(
        said,
        "refire.toml:4:1: identity.1.name: is missing; write for example name = \"refire\""
    );
}

#[test]
fn without_anything_what_is_required_is_said() {
    let said = Config::from_toml(None, "", &nothing_set())
        .unwrap_err()
        .to_string();
    assert_eq!(said.lines().count(), 2);
    assert!(
        said.contains("forge.url: is missing") && said.contains("or set REFIRE_FORGE__URL"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_a_mistake() {
    use std::os::unix::ffi::OsStringExt;
    let broken = std::ffi::OsString::from_vec(vec![0xff]);
    let environment = Environment::of([(std::ffi::OsString::from("REFIRE_STORE__PATH"), broken)]);
    let said = Config::from_toml(Some("refire.toml"), LEAST, &environment)
        .unwrap_err()
        .to_string();
    assert_eq!(
        said,
        "REFIRE_STORE__PATH: store.path: is not a text in UTF-8"
    );
}

#[test]
fn the_configuration_file_may_be_named_by_a_variable_and_by_the_option_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (
        folder.path().join("one.toml"),
        folder.path().join("other.toml"),
    );
    std::fs::write(&one, format!("{LEAST}timeout = \"1s\"\n")).unwrap();
    std::fs::write(&other, format!("{LEAST}timeout = \"2s\"\n")).unwrap();
    let environment = Environment::of([("REFIRE_CONFIG", &one)]);
    let timeout = |file| {
        Config::load(file, &environment)
            .unwrap()
            .forge
            .timeout
            .as_secs()
    };
    assert_eq!((timeout(None), timeout(Some(other.as_path()))), (1, 2));
}
