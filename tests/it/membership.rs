//! Who is in a team, as Gitea proves it, and what is said where it cannot be proven.

use crate::identities::{THREE, asked_by};
use crate::stage::{Stage, holds};
use forge::{Fault, Kind};
use insta::assert_snapshot;

const WAITS: &str = "pending: waits for an approval by someone of acme/qa";
const LEFT: &str = "pending: waits for an approval: quinn approved but is not in acme/qa any more";
const BY_QUINN: &str = "success: approved by quinn of acme/qa";

/// What Gitea answers about a team that the asking account is not in.
fn refused(call: &str) -> Fault {
    let body = r#"{"message":"Must be a team member","url":"http://localhost/api/swagger"}"#;
    let kind = Kind::Status {
        status: 403,
        body: body.to_owned(),
        headers: Vec::new(),
    };
    Fault::on(call, kind).always()
}

#[tokio::test]
async fn i01_a_first_candidate_who_cannot_be_verified_does_not_hide_a_second_one_who_can() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.forge.fault(refused("GET /teams/*/members/quincy"));
    pull.approved_by("quincy");
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(
        &reply,
        &["**`qa-review` is satisfied**: `quinn` of `acme/qa`"],
    );
    assert_snapshot!(stage.as_read(&pull), @r#"
    **`qa-review` is satisfied**: `quinn` of `acme/qa` approved `3f2a9c1`.

    Still open on this pull request: `security-review` (`cannot verify whether quincy counts: the bot is not in the team; type /refire security-review for the repair`).

    ▸ How this was checked
    "#);
}

#[tokio::test]
async fn i02_all_403_is_cannot_verify_and_turns_green_by_itself_once_the_bot_is_added() {
    let stage = Stage::set().await;
    let team = stage.forge.org("acme").team("qa");
    team.remove("refire");
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    let reply = stage.says(&pull, "quinn", "/refire qa").await;
    holds(
        &reply,
        &[
            "**`qa-review` cannot be verified**: `quinn` approved, but I am not allowed to see who is \
             in `acme/qa`. Nobody's approval was rejected.",
            "**Repair:** Add `refire` to the team `acme/qa`; an owner of `acme` can: `http",
            "/org/acme/teams/qa`. Then type `/refire qa-review`.",
            "I look again at every event; `/refire qa-review` asks at once.",
            "403 `Must be a team member`",
            "`refire` is in the organisation `acme`, not in the team `acme/qa`",
        ],
    );
    assert!(!reply.contains("waits for"), "{reply}");
    assert_snapshot!(stage.as_read(&pull), @r#"
    **`qa-review` cannot be verified**: `quinn` approved, but I am not allowed to see who is in `acme/qa`. Nobody's approval was rejected.

    **Repair:** Add `refire` to the team `acme/qa`; an owner of `acme` can: `https://git.example.org/org/acme/teams/qa`. Then type `/refire qa-review`.

    | review | counts | why |
    |---|---|---|
    | `quinn` approved `3f2a9c1` | ? | not known whether in `acme/qa`: `refire` is in the organisation `acme`, not in the team `acme/qa` |

    | asked as | what came back | meaning | cause |
    |---|---|---|---|
    | `refire` | 403 `Must be a team member` | `refire` is in the organisation `acme`, not in the team `acme/qa` | `bot-not-in-team` |

    I look again at every event; `/refire qa-review` asks at once.

    ▸ How this was checked
    "#);
    assert_eq!(
        stage.qa(&pull),
        "pending: cannot verify whether quinn counts: the bot is not in the team; type /refire \
         qa-review for the repair"
    );
    team.add("refire");
    let green = || stage.qa(&pull) == BY_QUINN;
    stage.until("the retry turns green", green).await;
    let replies = pull.comments_by("refire");
    let [reply] = replies.as_slice() else {
        panic!("one comment, one reply: {replies:#?}")
    };
    holds(
        &reply.body,
        &["**`qa-review` is satisfied**: `quinn` of `acme/qa` approved"],
    );
    assert!(!reply.body.contains("cannot be verified"), "{}", reply.body);
    assert_snapshot!(stage.as_read(&pull), @r#"
    **`qa-review` is satisfied**: `quinn` of `acme/qa` approved `3f2a9c1`.

    Still open on this pull request: `security-review` (`waits for an approval by someone of acme/security`).

    ▸ Resolved at 10:15:00 UTC: bot-not-in-team

    ▸ How this was checked
    "#);
}

#[tokio::test]
async fn i02_a_rejection_that_cannot_be_verified_is_not_called_missing() {
    let stage = Stage::set().await;
    stage.forge.org("acme").team("qa").remove("refire");
    let pull = stage.forge.pull("alice");
    pull.rejected_by("quinn");
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(
        &reply,
        &["**`qa-review` cannot be verified**: `quinn` requested changes, but"],
    );
    assert_snapshot!(stage.as_read(&pull), @r#"
    **`qa-review` cannot be verified**: `quinn` requested changes, but I am not allowed to see who is in `acme/qa`. The request was not set aside.

    **Repair:** Add `refire` to the team `acme/qa`; an owner of `acme` can: `https://git.example.org/org/acme/teams/qa`. Then type `/refire qa-review`.

    | review | counts | why |
    |---|---|---|
    | `quinn` requested changes on `3f2a9c1` | ? | not known whether in `acme/qa`: `refire` is in the organisation `acme`, not in the team `acme/qa` |

    | asked as | what came back | meaning | cause |
    |---|---|---|---|
    | `refire` | 403 `Must be a team member` | `refire` is in the organisation `acme`, not in the team `acme/qa` | `bot-not-in-team` |

    I look again at every event; `/refire qa-review` asks at once.

    ▸ How this was checked
    "#);
    stage.forge.org("acme").team("qa").add("refire");
    let red = || stage.qa(&pull) == "failure: quinn of acme/qa requests changes";
    stage.until("the rejection is verified", red).await;
}

#[tokio::test]
async fn a_404_with_sight_of_the_team_is_a_no() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("bob");
    stage.quiet().await;
    let _looks = stage.forge.take_calls();
    stage.says(&pull, "alice", "/refire qa").await;
    assert_eq!(stage.qa(&pull), WAITS);
    let calls = stage.forge.take_calls();
    let names: Vec<(String, u16)> = calls
        .iter()
        .map(|call| (call.name(), call.status))
        .filter(|(name, _)| name.contains("/teams"))
        .collect();
    let probe = "GET /teams/{id}/members/{username}".to_owned();
    assert_eq!(names, [(probe, 404), ("GET /teams/{id}".to_owned(), 200)]);
}

#[tokio::test]
async fn a_404_without_sight_of_the_team_is_no_answer() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.says(&pull, "alice", "/whoami-teams").await;
    // Outside the organisation every question is answered with 404, about members too.
    for team in ["qa", "security", "bots"] {
        stage.forge.org("acme").team(team).remove("refire");
    }
    stage.forge.repo("acme/widget").add_writer("refire");
    pull.approved_by("quinn");
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(
        &reply,
        &[
            "**`qa-review` cannot be verified**: `quinn` approved",
            "`refire` is in no team of the organisation `acme`",
            "**Repair:** Add `refire` to the team `acme/qa`; an owner of `acme` can: `",
        ],
    );
    stage.forge.org("acme").team("qa").add("refire");
    let green = || stage.qa(&pull) == BY_QUINN;
    stage.until("the retry turns green", green).await;
}

#[tokio::test]
async fn a_team_that_was_deleted_is_named_and_grants_nothing() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
    stage.forge.org("acme").team("qa").delete();
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(
        &reply,
        &[
            "**`qa-review` cannot be verified**",
            "there is no team `acme/qa`",
        ],
    );
    holds(&stage.qa(&pull), &["pending: cannot verify"]);
    let team = stage.forge.org("acme").team("qa");
    team.may_write().add("refire").add("quinn");
    pull.approved_by("quinn");
    let green = || stage.qa(&pull) == BY_QUINN;
    stage.until("the new team is found", green).await;
}

#[tokio::test]
async fn i04_each_purpose_has_its_own_identity_and_no_token_is_asked_to_do_everything() {
    let stage = Stage::with(THREE).await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(&reply, &["**`qa-review` is satisfied**"]);
    assert_snapshot!(stage.as_read(&pull), @r#"
    **`qa-review` is satisfied**: `quinn` of `acme/qa` approved `3f2a9c1`.

    Still open on this pull request: `security-review` (`waits for an approval by someone of acme/security`).

    ▸ How this was checked
    "#);
    assert_eq!(stage.qa(&pull), BY_QUINN);
    for call in stage.forge.calls() {
        let by = call.login.as_deref().unwrap_or_default();
        let expected: &[&str] = match (call.is_write(), call.route.contains("/teams")) {
            (true, _) => &["refire"],
            (false, true) => &["weakbot", "refire"],
            (false, false) => &["strangerbot"],
        };
        assert!(expected.contains(&by), "{} as {by}", call.name());
    }
}

#[tokio::test]
async fn several_identities_are_asked_in_file_order_until_one_can_tell_and_then_that_one_first() {
    let stage = Stage::with(THREE).await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let _looks = stage.forge.take_calls();
    pull.approved_by("quinn");
    stage.quiet().await;
    let probes = || -> Vec<(Option<String>, u16)> {
        let calls = stage.forge.take_calls().into_iter();
        calls
            .filter(|call| call.path.ends_with("/members/quinn") && call.path.contains("/teams/3/"))
            .map(|call| (call.login, call.status))
            .collect()
    };
    let by = |login: &str, status| (Some(login.to_owned()), status);
    assert_eq!(probes(), [by("weakbot", 403), by("refire", 200)]);
    stage.says(&pull, "alice", "/refire qa").await;
    assert_eq!(probes(), [by("refire", 200)]);
}

#[tokio::test]
async fn i02_what_each_identity_was_told_is_shown_and_either_repair_would_do() {
    let stage = Stage::with(THREE).await;
    stage.forge.org("acme").team("qa").remove("refire");
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(
        &reply,
        &[
            "**Repair**, either of these:",
            "- Add `weakbot` to the team `acme/qa`; an owner of `acme` can: `",
            "- Add `refire` to the team `acme/qa`; an owner of `acme` can: `",
            "| `weakbot` | 403 `Must be a team member` |",
            "| `refire` | 403 `Must be a team member` |",
        ],
    );
    assert_snapshot!(stage.as_read(&pull), @r#"
    **`qa-review` cannot be verified**: `quinn` approved, but I am not allowed to see who is in `acme/qa`. Nobody's approval was rejected.

    **Repair**, either of these:
    - Add `weakbot` to the team `acme/qa`; an owner of `acme` can: `https://git.example.org/org/acme/teams/qa`
    - Add `refire` to the team `acme/qa`; an owner of `acme` can: `https://git.example.org/org/acme/teams/qa`

    Then type `/refire qa-review`.

    | review | counts | why |
    |---|---|---|
    | `quinn` approved `3f2a9c1` | ? | not known whether in `acme/qa`: `weakbot` is in the organisation `acme`, not in the team `acme/qa` |

    | asked as | what came back | meaning | cause |
    |---|---|---|---|
    | `weakbot` | 403 `Must be a team member` | `weakbot` is in the organisation `acme`, not in the team `acme/qa` | `bot-not-in-team` |
    | `refire` | 403 `Must be a team member` | `refire` is in the organisation `acme`, not in the team `acme/qa` | `bot-not-in-team` |

    I look again at every event; `/refire qa-review` asks at once.

    ▸ How this was checked
    "#);
    stage.forge.org("acme").team("qa").add("weakbot");
    let green = || stage.qa(&pull) == BY_QUINN;
    stage.until("one of them is enough", green).await;
}

#[tokio::test]
async fn i04_a_token_without_its_scope_is_told_from_an_account_without_its_team() {
    let stage = Stage::with(asked_by!("TOKEN_WITHOUT_ORGANIZATION", "")).await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(
        &reply,
        &[
            "**`qa-review` cannot be verified**",
            "lacks the scope `read:organization`",
            "with the scope `read:organization` added",
        ],
    );
    assert_snapshot!(stage.as_read(&pull), @r#"
    **`qa-review` cannot be verified**: `quinn` approved, but I could not find out who is in `acme/qa`: the token of `refire` lacks the scope `read:organization`. Nobody's approval was rejected.

    **Repair:** Issue a new token for `refire` with the scope `read:organization` added; whoever runs the bot can: `https://git.example.org/user/settings/applications`. Then type `/refire qa-review`.

    | review | counts | why |
    |---|---|---|
    | `quinn` approved `3f2a9c1` | ? | not known whether in `acme/qa`: the token of `refire` lacks the scope `read:organization` |

    | asked as | what came back | meaning | cause |
    |---|---|---|---|
    | `refire` | 403 `token does not have at least one of required scope(s), required=[read:organization], token scope=write:issue,write:repository,read:user` | the token of `refire` lacks the scope `read:organization` | `scope-missing` |

    I look again at every event; `/refire qa-review` asks at once.

    ▸ How this was checked
    "#);
}

#[tokio::test]
async fn a_renamed_team_whose_name_was_taken_does_not_lend_its_members() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
    let acme = stage.forge.org("acme");
    acme.team("qa").rename("quality");
    acme.team("qa").may_write().add("refire").add("bob");
    // The old id denies bob, but it has another name by now: its word is worth nothing here.
    let other = stage.forge.pull("alice");
    other.approved_by("bob");
    stage.quiet().await;
    assert_eq!(stage.qa(&other), "success: approved by bob of acme/qa");
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(&reply, &["| `quinn` approved", "| ✘ | not in `acme/qa` |"]);
    assert_eq!(stage.qa(&pull), LEFT);
}

#[tokio::test]
async fn a_renamed_user_is_followed_by_id_and_the_old_login_is_nobody() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
    stage.forge.rename_user("quinn", "quentin");
    stage.says(&pull, "alice", "/refire qa").await;
    assert_eq!(stage.qa(&pull), "success: approved by quentin of acme/qa");
    // Somebody else takes the login that was left.
    let impostor = stage.forge.user("quinn").id();
    let other = stage.forge.pull("alice");
    stage.forge.repo("acme/widget").add_writer("quinn");
    other.approved_by("quinn");
    let reply = stage.says(&other, "alice", "/refire qa").await;
    holds(&reply, &["| `quinn` approved", "not in `acme/qa`"]);
    assert_eq!(stage.qa(&other), WAITS, "user {impostor}");
}

#[tokio::test]
async fn a_login_that_changes_hands_between_the_review_and_the_probe_grants_nothing() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let swap = |forge: &forge::Forge| {
        forge.rename_user("bob", "bobby");
        forge.rename_user("quinn", "bob");
    };
    stage.forge.before("GET /teams/*/members/bob", 1, swap);
    pull.approved_by("bob");
    stage.quiet().await;
    let calls = stage.forge.calls();
    let probe = calls
        .iter()
        .find(|call| call.path.ends_with("/members/bob"));
    assert_eq!(
        probe.map(|call| call.status),
        Some(200),
        "a member, but not this user"
    );
    assert_eq!(stage.qa(&pull), WAITS);
}

#[tokio::test]
async fn a_repository_of_a_person_has_no_teams_and_the_reply_says_so() {
    let stage = Stage::set().await;
    let repo = stage.forge.repo("alice/tool");
    repo.add_writer("refire").add_writer("quinn");
    let _hook = repo.hook(stage.url.as_deref().expect("a hook"), crate::stage::SECRET);
    let pull = stage.forge.new_pull("bob").in_repo("alice/tool").open();
    pull.approved_by("quinn");
    let reply = stage.says(&pull, "bob", "/refire qa").await;
    holds(
        &reply,
        &[
            "**`qa-review` cannot be verified**",
            "`alice` is a person, and persons have no teams",
            "Name the gate's team as `organisation/team`",
        ],
    );
}

#[tokio::test]
async fn a_team_of_another_organisation_guards_a_repository_of_a_person() {
    let gates = "[gates.qa-review]\nteam = \"acme/qa\"\naliases = [\"qa\"]\n";
    let stage = Stage::with(gates).await;
    let repo = stage.forge.repo("alice/tool");
    repo.add_writer("refire").add_writer("quinn");
    let _hook = repo.hook(stage.url.as_deref().expect("a hook"), crate::stage::SECRET);
    let pull = stage.forge.new_pull("bob").in_repo("alice/tool").open();
    pull.approved_by("quinn");
    let reply = stage.says(&pull, "bob", "/refire qa").await;
    holds(
        &reply,
        &["**`qa-review` is satisfied**: `quinn` of `acme/qa`"],
    );
    assert_eq!(stage.qa(&pull), BY_QUINN);
}

#[tokio::test]
async fn i10_the_bot_asks_past_a_proxy_and_sends_people_to_it() {
    let stage = Stage::prepared(|stage| {
        let asked_at = stage.forge.url();
        let public = "https://git.example.invalid/forge";
        stage.variables = vec![
            ("REFIRE_FORGE__URL", String::from(public)),
            ("REFIRE_FORGE__API_URL", asked_at),
        ];
    })
    .await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
    let page = format!(
        "https://git.example.invalid/forge/acme/widget/pulls/{}",
        pull.number()
    );
    let row = pull.status("qa-review / approved (pull_request)");
    assert_eq!(row.expect("a status").target_url, page);
}

#[tokio::test]
async fn i10_a_proxy_that_answers_instead_of_gitea_is_called_one() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage
        .forge
        .fault(Fault::on("GET /teams/*/members/quinn", Kind::Html403).always());
    pull.approved_by("quinn");
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(
        &reply,
        &[
            "**`qa-review` cannot be verified**",
            "a proxy in front of Gitea answered, not Gitea",
            "through the proxy",
        ],
    );
    assert_snapshot!(stage.as_read(&pull), @r#"
    **`qa-review` cannot be verified**: `quinn` approved, but I could not find out who is in `acme/qa`: a proxy in front of Gitea answered, not Gitea. Nobody's approval was rejected.

    **Repair:** Let the bot's User-Agent and address through the proxy (whoever runs the proxy can), or set `forge.api_url` to an address of Gitea itself (whoever runs the bot can). Then type `/refire qa-review`.

    | review | counts | why |
    |---|---|---|
    | `quinn` approved `3f2a9c1` | ? | not known whether in `acme/qa`: a proxy in front of Gitea answered, not Gitea |

    | asked as | what came back | meaning | cause |
    |---|---|---|---|
    | `refire` | 403 `server: cloudflare`, `cf-ray: 8c0ffee00000dead-FRA` | a proxy in front of Gitea answered, not Gitea | `proxy-in-between` |

    I look again at every event; `/refire qa-review` asks at once.

    ▸ How this was checked
    "#);
    stage.forge.heal();
    let green = || stage.qa(&pull) == BY_QUINN;
    stage.until("the retry turns green", green).await;
}

#[tokio::test]
async fn i20_what_gitea_does_not_say_is_not_taken_for_a_yes() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let empty = Fault::status("GET /teams/*/members/quinn", 200).always();
    stage.forge.fault(empty);
    pull.approved_by("quinn");
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(&reply, &["**`qa-review` cannot be verified**"]);
    holds(
        &stage.qa(&pull),
        &["pending: cannot verify whether quinn counts"],
    );
    stage.forge.heal();
    let green = || stage.qa(&pull) == BY_QUINN;
    stage.until("the retry turns green", green).await;
}

#[tokio::test]
async fn an_answer_of_an_earlier_evaluation_is_never_used_again() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    assert_eq!(stage.qa(&pull), BY_QUINN);
    stage.forge.org("acme").team("qa").remove("quinn");
    stage.says(&pull, "alice", "/refire qa").await;
    assert_eq!(stage.qa(&pull), LEFT);
}

#[tokio::test]
async fn those_who_could_approve_are_named_where_outsiders_cannot_read_along() {
    let stage = Stage::set().await;
    let pull = stage.forge.new_pull("alice").in_repo("acme/vault").open();
    stage.quiet().await;
    let _before = stage.forge.take_calls();
    let reply = stage.says(&pull, "alice", "/refire qa").await;
    holds(
        &reply,
        &[
            "Someone of `acme/qa` (`gus`, `ina`, `quincy`, `quinn` or `svc`) approves the newest commit",
        ],
    );
    let listings = stage.forge.take_calls();
    let listings = listings
        .iter()
        .filter(|call| call.route.ends_with("/members"));
    assert_eq!(listings.count(), 1, "one list of the team's members");
    let open = stage.forge.pull("alice");
    let reply = stage.says(&open, "alice", "/refire qa").await;
    holds(&reply, &["Someone of `acme/qa` approves the newest commit"]);
}
