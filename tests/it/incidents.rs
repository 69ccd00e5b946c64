//! The incidents about refusals, read by the person concerned: each ends in the sentence that tells
//! that person what to do. What is asserted besides stands in the tests of the same numbers.

use crate::doctor::examined;
use crate::stage::Stage;
use forge::{Fault, Kind, Posting, Protection, PullHandle};
use regex::Regex;

/// A reply as its reader has it, without what differs from run to run.
fn read(stage: &Stage, reply: &str) -> String {
    let commit = Regex::new("`[0-9a-f]{7}`").expect("a pattern");
    let text = reply.replace(&stage.forge.url(), "{FORGE}");
    commit.replace_all(&text, "`{commit}`").into_owned()
}

async fn asks(stage: &Stage, pull: &PullHandle, who: &str) -> String {
    let reply = stage.says(pull, who, "/refire qa").await;
    read(stage, &reply)
}

#[tokio::test]
async fn i01_who_asks_reads_that_the_second_approver_is_enough() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let body = r#"{"message":"Must be a team member","url":"http://localhost/api/swagger"}"#;
    let kind = Kind::Status {
        status: 403,
        body: body.to_owned(),
        headers: Vec::new(),
    };
    let refused = Fault::on("GET /teams/*/members/quincy", kind).always();
    stage.forge.fault(refused);
    pull.approved_by("quincy");
    pull.approved_by("quinn");
    insta::assert_snapshot!(asks(&stage, &pull, "alice").await, @r"**`qa-review` is satisfied**: `quinn` of `acme/qa` approved `{commit}`.");
}

#[tokio::test]
async fn i02_the_approver_reads_that_nobody_was_rejected_and_who_can_add_the_bot() {
    let stage = Stage::set().await;
    stage.forge.org("acme").team("qa").remove("refire");
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    insta::assert_snapshot!(asks(&stage, &pull, "quinn").await, @r"
    **`qa-review` cannot be verified**: `quinn` approved, but I am not allowed to see who is in `acme/qa`. Nobody's approval was rejected.

    **Repair:** Add `refire` to the team `acme/qa`; an owner of `acme` can: `{FORGE}/org/acme/teams/qa`. Then type `/refire qa-review`.

    | review | counts | why |
    |---|---|---|
    | `quinn` approved `{commit}` | ? | not known whether in `acme/qa`: `refire` is in the organisation `acme`, not in the team `acme/qa` |

    | asked as | what came back | meaning | cause |
    |---|---|---|---|
    | `refire` | 403 `Must be a team member` | `refire` is in the organisation `acme`, not in the team `acme/qa` | `bot-not-in-team` |

    I look again at every event; `/refire qa-review` asks at once.
    ");
}

#[tokio::test]
async fn i03_an_owner_of_the_organisation_reads_why_the_own_approval_does_not_count() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("olivia");
    insta::assert_snapshot!(asks(&stage, &pull, "olivia").await, @r"
    **`qa-review` waits for an approval by someone of `acme/qa`.**

    Someone of `acme/qa` approves the newest commit, or declares the gate not applicable with `/sop-n/a qa-review reason`.

    | review | counts | why |
    |---|---|---|
    | `olivia` approved `{commit}` | ✘ | not in `acme/qa` |
    ");
}

#[tokio::test]
async fn i04_the_maintainer_reads_which_token_lacks_which_scope() {
    let one = "[[identity]]\nname = \"refire\"\ntoken_env = \"TOKEN_WITHOUT_ORGANIZATION\"\n";
    let stage = Stage::with(one).await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    insta::assert_snapshot!(asks(&stage, &pull, "alice").await, @r"
    **`qa-review` cannot be verified**: `quinn` approved, but I could not find out who is in `acme/qa`: the token of `refire` lacks the scope `read:organization`. Nobody's approval was rejected.

    **Repair:** Issue a new token for `refire` with the scope `read:organization` added; whoever runs the bot can: `{FORGE}/user/settings/applications`. Then type `/refire qa-review`.

    | review | counts | why |
    |---|---|---|
    | `quinn` approved `{commit}` | ? | not known whether in `acme/qa`: the token of `refire` lacks the scope `read:organization` |

    | asked as | what came back | meaning | cause |
    |---|---|---|---|
    | `refire` | 403 `token does not have at least one of required scope(s), required=[read:organization], token scope=write:issue,write:repository,read:user` | the token of `refire` lacks the scope `read:organization` | `scope-missing` |

    I look again at every event; `/refire qa-review` asks at once.
    ");
}

#[tokio::test]
async fn i05_the_maintainer_reads_which_context_is_misspelt() {
    let stage = Stage::set().await;
    let wrong = "qa-review / approved (pull_request_target)";
    let protection = Protection {
        contexts: vec![wrong.to_owned()],
        ..Protection::default()
    };
    stage.forge.repo("acme/widget").protect("main", &protection);
    let token = stage.forge.token("bot");
    let report = examined(&stage.forge, &token, "\"acme/widget\"", "").await;
    let told: Vec<String> = report
        .failing()
        .filter(|finding| finding.what.contains(wrong))
        .map(|finding| {
            format!(
                "{}\nrepair: {}",
                finding.what,
                finding.repair.clone().unwrap_or_default()
            )
        })
        .collect();
    insta::assert_snapshot!(read(&stage, &told.join("\n")), @r"
    `main` of `acme/widget` requires `qa-review / approved (pull_request_target)`, which is never posted, and every pull request there stays pending; the bot posts `qa-review / approved (pull_request)`
    repair: in the branch rule of `main` of `acme/widget`, require `qa-review / approved (pull_request)` instead of `qa-review / approved (pull_request_target)`; or configure `qa-review / approved (pull_request_target)` among the gate's `contexts`
    ");
}

#[tokio::test]
async fn i06_whoever_waits_reads_that_a_review_is_still_a_draft() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.draft_review_by("quinn");
    insta::assert_snapshot!(asks(&stage, &pull, "quinn").await, @r"
    **`qa-review` waits for an approval by someone of `acme/qa`.**

    Someone of `acme/qa` approves the newest commit, or declares the gate not applicable with `/sop-n/a qa-review reason`.

    1 review on this pull request is still a draft that only its author can see. To submit one: open *Files changed*, *Finish review*, and choose *Approve*. (Scripts: the event is `APPROVED`, not `APPROVE`.)
    ");
}

#[tokio::test]
async fn i10_the_maintainer_reads_that_a_proxy_answered_and_what_it_has_to_let_through() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let banned = Fault::on("GET /teams/*/members/quinn", Kind::Html403).always();
    stage.forge.fault(banned);
    pull.approved_by("quinn");
    insta::assert_snapshot!(asks(&stage, &pull, "quinn").await, @r"
    **`qa-review` cannot be verified**: `quinn` approved, but I could not find out who is in `acme/qa`: a proxy in front of Gitea answered, not Gitea. Nobody's approval was rejected.

    **Repair:** Let the bot's User-Agent and address through the proxy, or give the bot Gitea's own address; whoever runs the proxy can. Then type `/refire qa-review`.

    | review | counts | why |
    |---|---|---|
    | `quinn` approved `{commit}` | ? | not known whether in `acme/qa`: a proxy in front of Gitea answered, not Gitea |

    | asked as | what came back | meaning | cause |
    |---|---|---|---|
    | `refire` | 403 `server: cloudflare`, `cf-ray: 8c0ffee00000dead-FRA` | a proxy in front of Gitea answered, not Gitea | `proxy-in-between` |

    I look again at every event; `/refire qa-review` asks at once.
    ");
}

#[tokio::test]
async fn i22_the_author_reads_the_gate_alone_while_something_else_is_red() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    let red = Posting {
        context: "ci / build",
        state: "failure",
        description: "",
    };
    pull.repo().status(&pull.head(), "bob", &red);
    pull.approved_by("quinn");
    insta::assert_snapshot!(asks(&stage, &pull, "alice").await, @r"**`qa-review` is satisfied**: `quinn` of `acme/qa` approved `{commit}`.");
}
