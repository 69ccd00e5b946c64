//! What a configuration says, and what it refuses.

mod mistakes;
mod secrets;
mod variables;

use super::*;
use crate::gate::policy::{Bind, Unheard};

/// The least that a file must say; what a test adds begins on line 4.
const LEAST: &str = "[forge]\nurl = \"https://git.example.org\"\nrepositories = [\"acme/*\"]\n";

fn nothing_set() -> Environment {
    Environment::of::<&str, &str>([])
}

impl Environment {
    /// The same with one variable more.
    fn also(&self, name: &str, value: &str) -> Self {
        let mut all = self.0.clone();
        all.insert(name.into(), value.into());
        Self(all)
    }
}

fn read(text: &str) -> Result<Config, Mistakes> {
    Config::from_toml(Some("refire.toml"), text, &nothing_set())
}

fn least_and(more: &str) -> Config {
    read(&format!("{LEAST}{more}")).unwrap()
}

fn in_force(config: &Config) -> Vec<(String, String)> {
    let environment = nothing_set();
    let shown = |setting: &Setting| (setting.key().to_owned(), setting.value(&environment));
    config.settings().iter().map(shown).collect()
}

fn repo(name: &str) -> crate::model::RepoName {
    name.parse().unwrap()
}

#[test]
fn the_example_says_nothing_but_defaults() {
    let mut example = in_force(&read(include_str!("../../deploy/refire.toml")).unwrap());
    let mut least = in_force(&least_and(""));
    example.sort();
    least.sort();
    assert_eq!(example, least);
}

#[test]
fn the_example_names_every_key() {
    let example = include_str!("../../deploy/refire.toml");
    let identity = ["name", "token_env", "token_file", "login", "uses"];
    let gate = ["team", "waivers", "contexts", "aliases"];
    for key in env::keys().map(|(_, key)| key).chain(identity).chain(gate) {
        let written = |line: &str| {
            line.trim_start_matches("# ")
                .starts_with(&format!("{key} = "))
        };
        assert!(example.lines().any(written), "{key}");
    }
}

#[test]
fn the_defaults_are_the_documented_ones() {
    let config = least_and("");
    assert_eq!(config.forge.timeout, Duration::from_secs(10));
    assert!(
        config.forge.user_agent.starts_with("refire/0."),
        "{}",
        config.forge.user_agent
    );
    assert_eq!(config.webhook.listen.to_string(), "127.0.0.1:8087");
    assert_eq!(config.webhook.max_body, 1024 * 1024);
    assert_eq!(config.metrics, None);
    assert_eq!(config.store.to_str(), Some("refire.db"));
    assert_eq!(config.sweep.every, Some(Duration::from_secs(120)));
    assert_eq!(
        config.sweep.reconcile.as_ref().map(CronLine::as_str),
        Some("0 23 3 * * *")
    );
    assert_eq!(config.sweep.lookback, Duration::from_secs(24 * 3600));
    let [identity] = config.identities.as_slice() else {
        panic!("one identity")
    };
    assert_eq!((identity.name.as_str(), &identity.login), ("refire", &None));
    assert!(
        [Use::Read, Use::Teams, Use::Write]
            .iter()
            .all(|purpose| identity.is_for(*purpose))
    );
}

#[test]
fn the_default_policy_is_the_documented_one() {
    let policy = least_and("").policy;
    let gates: Vec<_> = policy
        .gates
        .iter()
        .map(|gate| (gate.name.as_str(), gate.aliases.join(",")))
        .collect();
    assert_eq!(
        gates,
        [
            ("qa-review", "qa".to_owned()),
            ("security-review", "security".to_owned())
        ]
    );
    let declarations = &policy.declarations;
    assert_eq!(
        (declarations.bind, declarations.unheard),
        (Bind::Head, Unheard::Mention)
    );
    assert_eq!(
        (declarations.grace, declarations.require_reason),
        (Duration::from_secs(10), false)
    );
    assert!(policy.approvals.require_official && policy.approvals.exclude_pushers);
    assert!(!policy.is_service_account("ci-runner"));
    assert!(policy.guards("main") && policy.guards("release/2.0"));
}

#[test]
fn a_configured_gate_has_no_alias_that_nobody_gave() {
    let policy = least_and("[gates.qa-review]\nteam = \"org/qa\"\n").policy;
    let [gate] = policy.gates.as_slice() else {
        panic!("one gate")
    };
    assert!(gate.aliases.is_empty());
    assert_eq!(gate.waivers, std::slice::from_ref(&gate.team));
    assert_eq!(
        gate.team.resolve(&repo("acme/widget")).to_string(),
        "org/qa"
    );
    assert_eq!(
        gate.contexts[0].as_str(),
        "qa-review / approved (pull_request)"
    );
}

#[test]
fn gates_keep_the_order_of_the_file() {
    let policy = least_and(
        "[gates.zebra]\nteam = \"z\"\n[gates.ant]\nteam = \"a\"\n[gates.\"m.x\"]\nteam = \"m\"\n",
    )
    .policy;
    let names: Vec<_> = policy.gates.iter().map(|gate| gate.name.as_str()).collect();
    assert_eq!(names, ["zebra", "ant", "m.x"]);
}

#[test]
fn empty_lists_of_gates_and_identities_are_none_given() {
    let config = read(&format!("identity = []\ngates = {{}}\n{LEAST}")).unwrap();
    assert_eq!((config.identities.len(), config.policy.gates.len()), (1, 2));
}

#[test]
fn values_are_understood_in_all_their_spellings() {
    let config = least_and(
        "timeout = \"1m 30s\"\n[webhook]\nmax_body = 2048\nlisten = \"[::]:80\"\n\
         [sweep]\nevery = \"1s\"\nreconcile = \"off\"\nlookback = \"0s\"\n\
         [people]\nservice_accounts = [\"^CI-\"]\n[pulls]\nbase_branches = [\"main\", \"release/*\"]\n",
    );
    assert_eq!(config.forge.timeout, Duration::from_secs(90));
    assert_eq!(config.webhook.max_body, 2048);
    assert_eq!(
        (config.sweep.every, config.sweep.reconcile),
        (Some(Duration::from_secs(1)), None)
    );
    assert_eq!(config.sweep.lookback, Duration::ZERO);
    assert!(config.policy.is_service_account("ci-1") && !config.policy.is_service_account("alice"));
    assert!(config.policy.guards("release/2/x") && !config.policy.guards("mainline"));
    let sizes = [
        ("512 KiB", 512 * 1024),
        ("2mib", 2 * 1024 * 1024),
        (" 4096 B ", 4096),
    ];
    for (text, bytes) in sizes {
        assert_eq!(values::size(text), Ok(bytes), "{text}");
    }
}

#[test]
fn the_address_may_have_a_path_and_loses_only_its_last_slash() {
    let config =
        read("[forge]\nurl = \"http://host:3000/git/\"\nrepositories = [\"a/b\"]\n").unwrap();
    assert_eq!(config.forge.url.to_string(), "http://host:3000/git");
    assert_eq!(
        config
            .forge
            .url
            .as_url()
            .join("api/v1/version")
            .unwrap()
            .path(),
        "/git/api/v1/version"
    );
}

#[test]
fn patterns_of_repositories_stay_within_a_part_and_ignore_case() {
    for (pattern, name, matches) in [
        ("acme/*", "Acme/widget", true),
        ("acme/*", "acme2/widget", false),
        ("acme/wid?et", "acme/Widget", true),
        ("acme/wid?et", "acme/widgets", false),
        ("*/widget", "anybody/widget", true),
        ("acme/web.*", "acme/web-site", false),
    ] {
        assert_eq!(
            RepoPattern::parse(pattern).unwrap().matches(&repo(name)),
            matches,
            "{pattern} {name}"
        );
    }
}

#[test]
fn a_pattern_without_wildcards_names_one_repository() {
    let exact = RepoPattern::parse("acme/widget").unwrap();
    assert_eq!(exact.exact(), Some(repo("acme/widget")));
    let half = RepoPattern::parse("acme/*").unwrap();
    assert_eq!((half.exact(), half.owner_literal()), (None, Some("acme")));
    assert_eq!(
        RepoPattern::parse("ac?e/widget").unwrap().owner_literal(),
        None
    );
}

#[test]
fn cron_lines_that_fire_once_in_years_do_fire() {
    for line in [
        "0 0 0 29 2 *",
        "*/10 * * * * MON-FRI",
        "0 23 3 * * *",
        "0 0 0 31 12 1",
    ] {
        assert!(CronLine::parse(line).is_ok(), "{line}");
    }
}

#[test]
fn every_value_in_force_has_its_origin() {
    let environment = Environment::of([("REFIRE_SWEEP__EVERY", "5m")]);
    let text = format!("{LEAST}[sweep]\nevery = \"9m\"\nlookback = \"1h\"\n");
    let config = Config::from_toml(Some("refire.toml"), &text, &environment).unwrap();
    let origin = |key: &str| {
        config
            .settings()
            .iter()
            .find(|setting| setting.key() == key)
            .unwrap()
            .origin()
            .to_string()
    };
    assert_eq!(origin("sweep.every"), "REFIRE_SWEEP__EVERY");
    assert_eq!(origin("sweep.lookback"), "refire.toml:6");
    assert_eq!(origin("sweep.reconcile"), "default");
    assert_eq!(config.sweep.every, Some(Duration::from_secs(300)));
}
