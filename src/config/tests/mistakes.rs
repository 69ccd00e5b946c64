//! Each kind of mistake with its exact sentence.

use super::*;

/// What is added to the least configuration, and everything that is said about it.
const CASES: &[(&str, &str)] = &[
    (
        "timout = \"10s\"",
        "refire.toml:4:1: forge.timout: is no key of refire; did you mean timeout?",
    ),
    (
        "every = \"2m\"",
        "refire.toml:4:1: forge.every: is no key here; it belongs into [sweep]",
    ),
    (
        "colour = 3",
        "refire.toml:4:1: forge.colour: is no key of refire; here it knows url, api_url, repositories, timeout, user_agent, ca_file or mode",
    ),
    (
        "timeout = 10",
        "refire.toml:4:11: forge.timeout: must be a text in quotes, not a number; write for example \"10s\"",
    ),
    (
        "timeout = \"0s\"",
        "refire.toml:4:11: forge.timeout: \"0s\" is no time at all; write for example \"10s\"",
    ),
    (
        "timeout = \"-5s\"",
        "refire.toml:4:11: forge.timeout: \"-5s\" is negative; write for example \"2m\"",
    ),
    (
        "timeout = \"9000h\"",
        "refire.toml:4:11: forge.timeout: \"9000h\" is longer than a year; write for example \"24h\"",
    ),
    (
        "user_agent = \"a\\nb\"",
        "refire.toml:4:14: forge.user_agent: must be visible ASCII, for example \"refire/0.1\"",
    ),
    (
        "[webhok]",
        "refire.toml:4:2: webhok: is no table of refire; did you mean [webhook]?",
    ),
    (
        "[tenants]",
        "refire.toml:4:2: tenants: is no table of refire; it knows forge, identity, webhook, web, metrics, store, audit, sweep, gates, declarations, approvals, people or pulls",
    ),
    (
        "[[sweep]]",
        "refire.toml:4:1: sweep: must be a table, not a list; write [sweep] on a line of its own",
    ),
    (
        "[sweep]\n  every = \"2 minuts\"",
        "refire.toml:5:11: sweep.every: \"2 minuts\" is not a duration; write for example \"2m\"",
    ),
    (
        "[sweep]\nevery = \"500ms\"",
        "refire.toml:5:9: sweep.every: \"500ms\" is shorter than a second; write for example \"2m\", or \"off\"",
    ),
    (
        "[sweep]\nevery = 2m",
        "refire.toml:5:9: sweep.every: is not TOML: string values must be quoted, expected literal string",
    ),
    (
        "[sweep]\nevery = \"1m\"\nevery = \"2m\"",
        "refire.toml:6:1: sweep.every: is written twice; keep one",
    ),
    (
        "[sweep]\nreconcile = \"0 0 0 30 2 *\"",
        "refire.toml:5:13: sweep.reconcile: \"0 0 0 30 2 *\" never fires; write for example \"0 23 3 * * *\", or \"off\"",
    ),
    (
        "[sweep]\nreconcile = \"0 0 0 30 2 MON\"",
        "refire.toml:5:13: sweep.reconcile: \"0 0 0 30 2 MON\" never fires; write for example \"0 23 3 * * *\", or \"off\"",
    ),
    (
        "[sweep]\nreconcile = \"23 3 * * *\"",
        "refire.toml:5:13: sweep.reconcile: \"23 3 * * *\" has 5 fields instead of six; write the seconds first, for example \"0 23 3 * * *\", or \"off\"",
    ),
    (
        "[sweep]\nreconcile = \"0 61 3 * * *\"",
        "refire.toml:5:13: sweep.reconcile: \"0 61 3 * * *\" is not a cron line; write for example \"0 23 3 * * *\", or \"off\"",
    ),
    (
        "[sweep]\nlookback = 1.5",
        "refire.toml:5:12: sweep.lookback: must be a text in quotes, not a date or a number of another kind; write for example \"24h\"",
    ),
    (
        "[webhook]\nlisten = \"localhost\"",
        "refire.toml:5:10: webhook.listen: \"localhost\" is not an address with a port; write for example \"127.0.0.1:8087\" or \"[::]:8087\"",
    ),
    (
        "[metrics]\nlisten = 9187",
        "refire.toml:5:10: metrics.listen: must be a text in quotes, not a number; write for example \"127.0.0.1:9187\"",
    ),
    (
        "[metrics]\nlisten = \"9187\"",
        "refire.toml:5:10: metrics.listen: \"9187\" is not an address with a port; write for example \"127.0.0.1:9187\" or \"[::]:9187\"",
    ),
    (
        "[metrics]\nlisten = \"127.0.0.1:8087\"",
        "refire.toml:5:10: metrics.listen: is webhook.listen, where they are without this key; write another address, for example \"127.0.0.1:9187\", or leave it out",
    ),
    (
        "[webhook]\nmax_body = \"1 MB\"",
        "refire.toml:5:12: webhook.max_body: \"1 MB\" is not a size; write for example \"1 MiB\"",
    ),
    (
        "[webhook]\nmax_body = 0",
        "refire.toml:5:12: webhook.max_body: \"0\" is out of bounds; write a size from \"1 KiB\" to \"64 MiB\"",
    ),
    (
        "[webhook]\nsecret_env = []",
        "refire.toml:5:14: webhook.secret_env: is empty; write for example \"REFIRE_WEBHOOK_SECRET\"",
    ),
    (
        "[web]\npublic_url = \"refire.example.org\"",
        "refire.toml:5:14: web.public_url: \"refire.example.org\" is not an http or https address; write for example \"https://refire.example.org\"",
    ),
    (
        "[web]\npublic_url = \"https://refire.example.org\"\noauth_client_id = \"4a6e\"",
        "refire.toml:6:19: web.oauth_client_id: needs its secret; name the variable that holds it with oauth_client_secret_env, or its file with oauth_client_secret_file",
    ),
    (
        "[web]\noauth_client_id = \"4a6e\"\noauth_client_secret_env = \"S\"",
        "refire.toml:5:19: web.oauth_client_id: needs web.public_url, to which Gitea sends people back; write for example public_url = \"https://refire.example.org\"",
    ),
    (
        "[web]\noauth_client_secret_env = \"S\"",
        "refire.toml:5:27: web.oauth_client_secret_env: is of no use without oauth_client_id",
    ),
    (
        "[store]\npath = \"\"",
        "refire.toml:5:8: store.path: is empty; write a path, for example \"refire.db\"",
    ),
    (
        "[declarations]\nunheard = \"ask\"",
        "refire.toml:5:11: declarations.unheard: \"ask\" is not known; write \"mention\", \"confirm\" or \"refuse\"",
    ),
    (
        "[declarations]\nbind = \"pull\"",
        "refire.toml:5:8: declarations.bind: \"pull\" is not known; write \"head\" or \"pull_request\"",
    ),
    (
        "[declarations]\nrequire_reason = \"yes\"",
        "refire.toml:5:18: declarations.require_reason: must be true or false without quotes, not a text; write for example false",
    ),
    (
        "[people]\nservice_accounts = [\"(\", \"\"]",
        "refire.toml:5:21: people.service_accounts: \"(\" is not a regular expression; write for example \"^ci-\"\nrefire.toml:5:26: people.service_accounts: \"\" is found in every login, so nobody's review would count; write for example \"^ci-\"",
    ),
    (
        "[people]\nservice_accounts = \"^ci-\"",
        "refire.toml:5:20: people.service_accounts: must be a list of texts, not a text; write for example [\"^ci-\"]",
    ),
    (
        "[pulls]\nbase_branches = [\"rel[\"]",
        "refire.toml:5:18: pulls.base_branches: \"rel[\" is not a pattern of branches; write for example \"release/*\"",
    ),
    (
        "[pulls]\nbase_branches = []",
        "refire.toml:5:17: pulls.base_branches: is empty; write for example [\"main\"]",
    ),
    (
        "[identity]\nname = \"x\"",
        "refire.toml:4:1: identity: must be a list of tables, not a table; begin each with [[identity]]",
    ),
    (
        "[[identity]]\nname = \"x\"",
        "refire.toml:4:1: identity.x.token_env: is missing; write for example token_env = \"REFIRE_TOKEN\", or token_file",
    ),
    (
        "[[identity]]\ntoken_env = \"T\"",
        "refire.toml:4:1: identity.1.name: is missing; write for example name = \"refire\"",
    ),
    (
        "[[identity]]\nname = \"x\"\ntoken_env = \"T\"\ntoken_file = \"t\"",
        "refire.toml:7:14: identity.x.token_file: stands beside token_env; keep one of the two",
    ),
    (
        "[[identity]]\nname = \"x\"\ntoken_env = \"T\"\nuses = [\"read\", \"wirte\"]",
        "refire.toml:7:17: identity.x.uses: \"wirte\" is not known; write \"read\", \"teams\" or \"write\"",
    ),
    (
        "[[identity]]\nname = \"x\"\ntoken_env = \"T\"\nuses = [\"read\"]",
        "refire.toml:4:1: identity.uses: no identity is used for teams; add \"teams\" to one\nrefire.toml:4:1: identity.uses: no identity is used for write; add \"write\" to one",
    ),
    (
        "[[identity]]\nname = \"x\"\ntoken_env = \"T\"\n[[identity]]\nname = \"X\"\ntoken_env = \"U\"",
        "refire.toml:8:8: identity.name: \"X\" is already the name of an identity (refire.toml:5); give each its own",
    ),
    (
        "[gates]\nqa = \"qa\"",
        "refire.toml:5:6: gates.qa: must be a table, not a text; write [gates.qa] on a line of its own\nrefire.toml:5:6: gates.qa.team: is missing; write for example team = \"qa\"",
    ),
    (
        "[gates.qa]",
        "refire.toml:4:1: gates.qa.team: is missing; write for example team = \"qa\"",
    ),
    (
        "[gates.qa]\nteam = \"a/b/c\"",
        "refire.toml:5:8: gates.qa.team: \"a/b/c\" is not a team; write \"qa\" for a team of the repository's owner, or \"org/qa\"",
    ),
    (
        "[gates.qa]\nteam = \"qa\"\nwaivers = []",
        "refire.toml:6:11: gates.qa.waivers: is empty; write for example [\"qa\"]",
    ),
    (
        "[gates.all]\nteam = \"qa\"",
        "refire.toml:4:8: gates.all: \"all\" cannot name a gate: commands use that word for something else; write another",
    ),
    (
        "[gates.\"q a\"]\nteam = \"qa\"",
        "refire.toml:4:8: gates.\"q a\": \"q a\" cannot name a gate: a gate's name is 1 to 64 letters, digits, `.`, `_` or `-`, beginning with a letter or digit",
    ),
    (
        "[gates.a]\nteam = \"qa\"\naliases = [\"Help\"]",
        "refire.toml:6:12: gates.a.aliases: \"Help\" cannot name a gate: commands use that word for something else; write another",
    ),
    (
        "[gates.a]\nteam = \"qa\"\naliases = [\"q\"]\n[gates.b]\nteam = \"qa\"\naliases = [\"Q\", \"A\"]",
        "refire.toml:9:12: gates.b.aliases: \"Q\" already stands for gates.a; names and aliases must differ, whatever their case\nrefire.toml:9:17: gates.b.aliases: \"A\" already stands for gates.a; names and aliases must differ, whatever their case",
    ),
    (
        "[gates.a]\nteam = \"qa\"\ncontexts = [\"x\", \" x \"]",
        "refire.toml:6:18: gates.a.contexts: \"x\" is a context of gates.a.contexts already; every context must be another",
    ),
    (
        "[gates.a]\nteam = \"qa\"\ncontexts = [\"x / main\"]\n[gates.b]\nteam = \"qa\"\ncontexts = [\"x / {base}\"]",
        "refire.toml:9:13: gates.b.contexts: \"x / {base}\" is a context of gates.a.contexts already; every context must be another",
    ),
    (
        "[gates.a]\nteam = \"qa\"\ncontexts = [\" \"]",
        "refire.toml:6:13: gates.a.contexts: \" \" is not a context; write for example \"qa-review / approved (pull_request)\"",
    ),
    (
        "[declarations]\ncontext = \" qa-review / approved (pull_request) \"",
        "refire.toml:5:11: declarations.context: \"qa-review / approved (pull_request)\" is a context of gates.qa-review.contexts already; every context must be another",
    ),
];

#[test]
fn every_kind_of_mistake_has_its_sentence() {
    for (added, said) in CASES {
        let mistakes = read(&format!("{LEAST}{added}\n")).expect_err(added);
        assert_eq!(mistakes.to_string(), *said, "for:\n{added}");
    }
}

#[test]
fn the_forge_is_required_and_checked() {
    for (text, said) in [
        (
            "",
            "refire.toml:1:1: forge.repositories: is missing; write for example repositories = [\"acme/*\"], or set REFIRE_FORGE__REPOSITORIES\n\
              refire.toml:1:1: forge.url: is missing; write for example url = \"https://git.example.org\", or set REFIRE_FORGE__URL",
        ),
        (
            "url = \"x\"\nforge = {url = \"https://h\", repositories = [\"a/b\"]}",
            "refire.toml:1:1: url: belongs into a table; write it below [forge]",
        ),
        (
            "[forge]\nurl = \"git.example.org\"\nrepositories = [\"a/b\"]",
            "refire.toml:2:7: forge.url: \"git.example.org\" is not an http or https address; write for example \"https://git.example.org\"",
        ),
        (
            "[forge]\nurl = \"ssh://host\"\nrepositories = [\"a/b\"]",
            "refire.toml:2:7: forge.url: \"ssh://host\" is not an http or https address; write for example \"https://git.example.org\"",
        ),
        (
            "[forge]\nurl = \"https://host/api/v1\"\nrepositories = [\"a/b\"]",
            "refire.toml:2:7: forge.url: must be the address without /api/v1",
        ),
        (
            "[forge]\nurl = \"https://host/?a=b\"\nrepositories = [\"a/b\"]",
            "refire.toml:2:7: forge.url: must not hold a query or a fragment; write for example \"https://git.example.org\"",
        ),
        (
            "[forge]\nurl = \"https://host\"\nrepositories = [\"acme\", \"a/b/c\", \"a/{b}\", 5]",
            "refire.toml:3:17: forge.repositories: \"acme\" is not a pattern of repositories; write owner/name with * and ? within a part, for example \"acme/*\"\n\
          refire.toml:3:25: forge.repositories: \"a/b/c\" is not a pattern of repositories; write owner/name with * and ? within a part, for example \"acme/*\"\n\
          refire.toml:3:34: forge.repositories: \"a/{b}\" is not a pattern of repositories; write owner/name with * and ? within a part, for example \"acme/*\"\n\
          refire.toml:3:43: forge.repositories: must be a text in quotes, not a number; write for example [\"acme/*\"]",
        ),
    ] {
        assert_eq!(read(text).unwrap_err().to_string(), said, "for:\n{text}");
    }
}

#[test]
fn all_mistakes_are_found_at_once_in_the_order_of_the_file() {
    let text = "[forge]\nurl = \"nowhere\"\nrepositories = \"acme/*\"\n[sweep]\nevery = \"soon\"\n[gates.a]\nteam = 1\naliases = [\"b\"]\n\
                [gates.b]\nteam = \"b\"\n[declarations]\ncontext = \"a / approved (pull_request)\"\nbind = \"x\"\n";
    let environment = Environment::of([
        ("REFIRE_STORE__PTH", "x"),
        ("REFIRE_APPROVALS__REQUIRE_OFFICIAL", "nope"),
    ]);
    let mistakes = Config::from_toml(Some("refire.toml"), text, &environment).unwrap_err();
    let places: Vec<_> = mistakes
        .iter()
        .map(|mistake| {
            mistake
                .to_string()
                .split(": ")
                .take(2)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    assert_eq!(
        places,
        [
            "refire.toml:2:7 forge.url",
            "refire.toml:3:16 forge.repositories",
            "refire.toml:5:9 sweep.every",
            "refire.toml:7:8 gates.a.team",
            "refire.toml:9:8 gates.b",
            "refire.toml:12:11 declarations.context",
            "refire.toml:13:8 declarations.bind",
            "REFIRE_APPROVALS__REQUIRE_OFFICIAL approvals.require_official",
            "REFIRE_STORE__PTH is no variable of refire; did you mean REFIRE_STORE__PATH?",
        ]
    );
}

#[test]
fn columns_count_characters_and_lines_may_end_in_cr_lf() {
    let text = format!(
        "{}[sweep]\r\n# grün\r\n\"every\" = \"ü\"\r\n",
        LEAST.replace('\n', "\r\n")
    );
    let said = read(&text).unwrap_err().to_string();
    assert_eq!(
        said,
        "refire.toml:6:11: sweep.every: \"ü\" is not a duration; write for example \"2m\""
    );
}

#[test]
fn contexts_with_the_base_branch_may_differ_by_what_stands_around_it() {
    let config = least_and(
        "[gates.a]\nteam = \"qa\"\ncontexts = [\"a / {base}\", \"a / {base} / {base}\", \"a / x y\"]\n",
    );
    assert_eq!(config.policy.gates[0].contexts.len(), 3);
}

#[test]
fn a_file_that_cannot_be_read_is_one_sentence() {
    let missing = std::path::Path::new("/nonexistent/refire.toml");
    let said = Config::load(Some(missing), &nothing_set())
        .unwrap_err()
        .to_string();
    assert!(
        said.starts_with("/nonexistent/refire.toml: this configuration file cannot be read: "),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1);
}

proptest::proptest! {
    /// A file that was cut or typed over anywhere is understood or refused with sentences; it never
    /// panics, and a refusal is never empty.
    #[test]
    fn a_damaged_file_is_understood_or_refused(cut in 0usize..3000, length in 0usize..40, typed in "[\\PC\n]{0,8}") {
        let example: Vec<char> = include_str!("../../../deploy/refire.toml").chars().collect();
        let head = example.iter().take(cut);
        let tail = example.iter().skip(cut + length);
        let text: String = head.copied().chain(typed.chars()).chain(tail.copied()).collect();
        if let Err(mistakes) = read(&text) {
            proptest::prop_assert!(mistakes.to_string().starts_with("refire.toml:"), "{mistakes}");
        }
    }

    /// The same where every key is given, and variables are laid over it.
    #[test]
    fn a_damaged_file_of_every_key_is_understood_or_refused(
        cut in 0usize..9000,
        length in 0usize..40,
        typed in "[\\PC\n]{0,8}",
        (name, value) in ("REFIRE_[A-Z_]{0,24}", "\\PC{0,12}"),
    ) {
        let example: Vec<char> = every_key().chars().collect();
        let head = example.iter().take(cut);
        let tail = example.iter().skip(cut + length);
        let text: String = head.copied().chain(typed.chars()).chain(tail.copied()).collect();
        let environment = Environment::of([(name, value)]);
        if let Err(mistakes) = Config::from_toml(Some("refire.toml"), &text, &environment) {
            proptest::prop_assert!(mistakes.iter().count() > 0);
        }
    }
}

/// The example with its keys given in place of left out.
fn every_key() -> String {
    let given = |line: &str| match line.strip_prefix("# ") {
        Some(key) if key.contains(" = ") || key.starts_with('[') => key.to_owned(),
        _ => line.to_owned(),
    };
    let example = include_str!("../../../deploy/refire.toml").lines();
    example.map(given).collect::<Vec<_>>().join("\n")
}
