use super::import;
use crate::config::{Config, Environment};
use proptest::prelude::*;

/// As it was last, in its shape.
const LAST: &str = r#"# Long comments at the top.
version: 1

n/a_gates:
  qa-review:
    required_teams: [qa, security, engineers]
    description: >-
      No surface that QA would
      look at.
  security-review:
    required_teams: [security, managers, ceo]
    description: >-
      Nothing that security would look at.

high_risk_labels:
  - "risk:high"

tier_failure_mode:
  "tier:high": hard
  "tier:low": soft
default_mode: hard         # no tier label

items:
  - slug: comprehensive-testing
    numeric_alias: 1
    pr_section_marker: "Comprehensive testing performed"
    required_teams: [qa, engineers]
    required_teams_high_risk: [ceo]
    ai_ack_eligible: yes
    description: >-
      Tests.
  - slug: root-cause
    numeric_alias: 4
"#;

fn config(toml: &str) -> Config {
    let nothing = Environment::of(std::iter::empty::<(&str, &str)>());
    Config::from_toml(Some("refire.toml"), toml, &nothing).unwrap()
}

/// The lines about what is not taken over.
fn lost(text: &str) -> Vec<String> {
    let told = import(text).unwrap().notes;
    let told = told.iter().map(ToString::to_string);
    told.filter(|line| line.contains("not taken over"))
        .collect()
}

#[test]
fn the_file_as_it_was_last_becomes_ours() {
    let imported = import(LAST).unwrap();
    insta::assert_snapshot!(imported.toml);
    let policy = config(&imported.toml).policy;
    let names: Vec<&str> = policy.gates.iter().map(|gate| gate.name.as_str()).collect();
    assert_eq!(names, ["qa-review", "security-review"]);
}

#[test]
fn each_thing_without_a_counterpart_has_its_line() {
    let told = import(LAST).unwrap().notes;
    let lost = told
        .iter()
        .filter(|note| note.weight == super::Weight::Lost);
    let at: Vec<u64> = lost.filter_map(|note| note.line).collect();
    let named = told.iter().map(ToString::to_string).collect::<String>();
    for word in [
        "risk:high",
        "tier:low",
        "root-cause",
        "required_teams_high_risk",
        "ai_ack_eligible",
    ] {
        assert!(named.contains(word), "{word}: {named}");
    }
    assert_eq!(at, [15, 19, 20, 21, 24, 32]);
    let toml = import(LAST).unwrap().toml.replace("\n# ", " ");
    for note in &told {
        assert!(toml.contains(&note.to_string()), "{note}");
    }
}

#[test]
fn what_is_not_known_is_named_with_its_line() {
    assert_eq!(
        lost("colour: red\nn/a_gates:\n  qa-review:\n    required_teams: [qa]\n    mood: good\n"),
        [
            "line 1: not taken over: the key \"colour\" is not known",
            "line 5: not taken over: the key \"mood\" of the gate \"qa-review\" is not known",
        ]
    );
    let near = lost("na_gates:\n  qa-review:\n    required_teams: [qa]\n").join("\n");
    assert!(near.contains("the scripts read n/a_gates only"), "{near}");
}

#[test]
fn a_gate_that_nobody_could_declare_is_not_opened() {
    for gate in [
        "",
        "\n    required_teams: []",
        "\n    required_teams:",
        "\n    required_teams: qa",
    ] {
        let text = format!("n/a_gates:\n  qa-review:{gate}\n  other:\n    required_teams: [x]\n");
        let imported = import(&text).unwrap();
        let names: Vec<String> = config(&imported.toml)
            .policy
            .gates
            .iter()
            .map(|it| it.name.to_string())
            .collect();
        assert_eq!(names, ["other"], "{gate}");
        assert!(
            lost(&text)
                .iter()
                .any(|line| line.contains("nobody could declare the gate qa-review"))
        );
        assert!(imported.toml.contains("# [gates.qa-review]"));
    }
}

#[test]
fn names_are_compared_as_the_scripts_did() {
    let imported = import("n/a_gates:\n  QA_Review:\n    required_teams: [QA, QA]\n  qa-review:\n    required_teams: [qa]\n  all:\n    required_teams: [qa]\n  '!!':\n    required_teams: [qa]\n").unwrap();
    let told = imported
        .notes
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n");
    for part in [
        "\"QA_Review\" could never be declared",
        "is there already",
        "the gate \"all\"",
        "the gate \"!!\"",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(
        imported.toml.contains("waivers = [\"QA\"]"),
        "{}",
        imported.toml
    );
}

#[test]
fn what_cannot_be_read_is_refused_and_bounded() {
    let bomb = format!(
        "a: &a [x,x,x,x,x,x,x,x,x]\n{}",
        (b'b'..=b'j')
            .map(|c| {
                let (c, before) = (char::from(c), char::from(c - 1));
                format!("{c}: &{c} [{}]\n", vec![format!("*{before}"); 9].join(","))
            })
            .collect::<String>()
    );
    let deep = "[".repeat(10_000);
    for hostile in [
        "",
        "just words",
        "- a\n- b",
        "a: b\n\tc: d\n",
        "a: [",
        "a: 1\na: 2\n",
        "a: *nobody\n",
        "--- a: 1\n--- b\n",
        &bomb,
        &deep,
    ] {
        let why = import(hostile).expect_err(&hostile.chars().take(40).collect::<String>());
        assert!(!why.is_empty() && why.len() < 2_000, "{why}");
    }
}

proptest! {
    #[test]
    fn whatever_stands_there_is_refused_or_becomes_a_configuration(
        name in "\\PC{0,12}", team in "\\PC{0,12}", words in "\\PC{0,40}", key in "\\PC{0,8}"
    ) {
        let quoted = |text: &str| serde_json::to_string(text).unwrap();
        let text = format!(
            "n/a_gates:\n  {}:\n    required_teams: [{}, qa]\n    description: {}\n    {}: 1\n",
            quoted(&name), quoted(&team), quoted(&words), quoted(&key)
        );
        if let Ok(imported) = import(&text) {
            let _valid = config(&imported.toml);
        }
    }
}
