//! What stands once per pull request and cause, as conversations.

use crate::identities::read_by;
use crate::stage::{Stage, holds, replies, told};
use forge::{Call, Fault, Kind};
use std::time::Duration;

/// The bot is not in the team, and nothing is looked at again by itself.
async fn outside() -> Stage {
    let stage = Stage::prepared(|stage| {
        stage.tempo.again = Vec::new();
        stage.tempo.then = Duration::from_secs(3600);
    })
    .await;
    stage.forge.org("acme").team("qa").remove("refire");
    stage
}

#[tokio::test]
async fn fifty_refusals_of_one_cause_are_one_diagnosis_and_forty_nine_lines_that_link_to_it() {
    let stage = outside().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    stage.calls();
    for _ in 0..50 {
        pull.comment("alice", "/refire qa");
    }
    stage.quiet().await;
    let calls = stage.forge.take_calls();
    assert_eq!(
        explaining(&calls, 0),
        Vec::<String>::new(),
        "its own answer explains it"
    );
    let replies = pull.comments_by("refire");
    assert_eq!(replies.len(), 50, "each command is answered once");
    let is_full = |body: &str| body.contains("**Repair:** Add `refire` to the team `acme/qa`");
    let (full, lines): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| is_full(&reply.body));
    let [diagnosis] = full.as_slice() else {
        panic!("one diagnosis: {full:#?}")
    };
    holds(&diagnosis.body, &["Seen 50 times, last at "]);
    let page = format!("{}/acme/widget/pulls/{}", stage.forge.url(), pull.number());
    let link = format!(
        "[the diagnosis and its repair]({page}#issuecomment-{}).",
        diagnosis.id
    );
    for reply in lines {
        let said = told(&reply.body);
        assert!(said.ends_with(&link), "{said} does not end with {link}");
        assert!(!said.contains('\n'), "one line: {said}");
    }
}

#[tokio::test]
async fn a_diagnosis_is_counted_and_folded_when_its_cause_is_gone() {
    let stage = outside().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    stage.says(&pull, "alice", "/refire qa").await;
    let second = stage.says(&pull, "quinn", "/refire qa").await;
    holds(
        &second,
        &[
            "**`qa-review` cannot be verified**, still for the same reason (`bot-not-in-team`): [the diagnosis",
        ],
    );
    let third = stage.says(&pull, "bob", "/refire qa").await;
    assert_eq!(third, second);
    let first = &pull.comments_by("refire")[0].body;
    holds(first, &["Seen 3 times, last at "]);
    stage.forge.org("acme").team("qa").add("refire");
    stage.says(&pull, "alice", "/refire qa").await;
    let replies = pull.comments_by("refire");
    assert_eq!(replies.len(), 4);
    for reply in &replies {
        let said = told(&reply.body);
        assert!(said.starts_with("**`qa-review` is satisfied**"), "{said}");
    }
    holds(
        &replies[0].body,
        &[
            "<details><summary><i>Resolved at ",
            ": bot-not-in-team, seen 3 times</i></summary>",
            "403 `Must be a team member`",
        ],
    );
    let folded = replies
        .iter()
        .filter(|reply| reply.body.contains("Resolved at"));
    assert_eq!(folded.count(), 1);
}

#[tokio::test]
async fn an_unchanged_diagnosis_is_not_written_again() {
    let stage = Stage::set().await;
    stage.forge.org("acme").team("qa").remove("refire");
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.says(&pull, "alice", "/refire qa").await;
    stage.calls();
    let looked = || {
        let calls = stage.forge.calls();
        let looks = calls
            .iter()
            .filter(|call| call.route.ends_with("/members/{username}"));
        looks.count() >= 3
    };
    stage
        .meanwhile("it is looked at again by itself", looked)
        .await;
    let calls = stage.forge.take_calls();
    let writes: Vec<String> = calls
        .iter()
        .filter(|call| call.is_write())
        .map(Call::name)
        .collect();
    assert_eq!(writes, Vec::<String>::new());
    stage.forge.org("acme").team("qa").add("refire");
    let green = || stage.qa(&pull).starts_with("success");
    stage.until("it turns green", green).await;
}

#[tokio::test]
async fn however_many_refusals_there_are_four_further_calls_explain_them_a_minute() {
    let stage = outside().await;
    let repositories = ["acme/widget", "acme/gadget", "acme/oldname"];
    let pulls = repositories.map(|name| stage.forge.new_pull("alice").in_repo(name).open());
    stage.quiet().await;
    for team in ["security", "bots"] {
        stage.forge.org("acme").team(team).remove("refire");
    }
    for name in repositories {
        stage.forge.repo(name).make_private();
    }
    let _before = stage.forge.take_calls();
    let tried = || {
        let calls = stage.forge.calls();
        let reads = |call: &&Call| call.name() == "GET /repos/{owner}/{repo}/pulls/{index}";
        calls.iter().filter(reads).count()
    };
    for round in 1..=7 {
        for (nth, pull) in pulls.iter().enumerate() {
            let already = tried();
            pull.comment("alice", "/refire");
            let what = format!("round {round}: comment {nth} is tried");
            stage.meanwhile(&what, || tried() > already).await;
        }
    }
    let calls = stage.forge.take_calls();
    for name in repositories {
        stage.forge.repo(name).make_public();
    }
    for pull in &pulls {
        pull.comment("alice", "/refire");
    }
    stage.quiet().await;
    let asked = explaining(&calls, 0);
    assert_eq!(asked.len(), 4, "{asked:#?}");
}

#[tokio::test]
async fn a_refusal_that_the_evaluations_own_answers_explain_costs_no_further_call() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    for team in ["qa", "security", "bots"] {
        stage.forge.org("acme").team(team).remove("refire");
    }
    stage.forge.repo("acme/widget").add_writer("refire");
    pull.approved_by("quinn");
    stage.quiet().await;
    stage.calls();
    for _ in 0..20 {
        pull.comment("alice", "/refire");
        stage.quiet().await;
    }
    let calls = stage.forge.take_calls();
    assert_eq!(
        explaining(&calls, 1),
        Vec::<String>::new(),
        "its own answer explains it"
    );
    stage.forge.org("acme").team("qa").add("refire");
    stage.forge.org("acme").team("security").add("refire");
    let green = || stage.qa(&pull).starts_with("success");
    stage.until("it turns green", green).await;
}

/// Gates whose teams are in organisations that nobody has heard of: whether each is a person can only
/// be asked.
const GHOSTS: [&str; 6] = [
    "ghost-1", "ghost-2", "ghost-3", "ghost-4", "ghost-5", "ghost-6",
];

#[tokio::test]
async fn however_much_would_have_to_be_asked_four_further_calls_are_made_a_minute() {
    let gates = GHOSTS.map(|org| {
        format!(
            "[gates.{org}]\nteam = \"{org}/qa\"\ncontexts = [\"{org} / approved (pull_request)\"]\n"
        )
    });
    let stage = Stage::with(&gates.concat()).await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    for _ in 0..20 {
        pull.comment("alice", "/refire");
        stage.quiet().await;
    }
    let calls = stage.forge.take_calls();
    let asked = explaining(&calls, GHOSTS.len());
    let expected: Vec<String> = GHOSTS
        .iter()
        .take(4)
        .map(|org| format!("GET /api/v1/users/{org}"))
        .collect();
    assert_eq!(asked, expected, "each once, and four in all");
    let lists = |call: &&Call| call.name() == TEAM_LIST;
    assert!(calls.iter().filter(lists).count() >= 20 * GHOSTS.len());
}

const TEAM_LIST: &str = "GET /orgs/{org}/teams";

/// The calls that were made only to explain: none of those by which a turn looks, asks and writes. Of
/// organisations a turn lists the teams once each.
fn explaining(calls: &[Call], organisations: usize) -> Vec<String> {
    const LOOK: &str = "GET /repos/{owner}/{repo}/pulls/{index}";
    const TURN: [&str; 12] = [
        LOOK,
        // What waits to be written asks where its repository is.
        "GET /repositories/{id}",
        "GET /repos/{owner}/{repo}/pulls",
        "GET /repos/{owner}/{repo}/pulls/{index}/reviews",
        "GET /repos/{owner}/{repo}/issues/{index}/timeline",
        "GET /repos/{owner}/{repo}/issues/{index}/comments",
        "GET /teams/{id}",
        "GET /teams/{id}/members/{username}",
        "GET /repos/{owner}/{repo}/statuses/{sha}",
        "POST /repos/{owner}/{repo}/statuses/{sha}",
        "POST /repos/{owner}/{repo}/issues/{index}/comments",
        "PATCH /repos/{owner}/{repo}/issues/comments/{id}",
    ];
    let looks = calls.iter().filter(|call| call.name() == LOOK).count();
    let (lists, others): (Vec<&Call>, Vec<&Call>) = calls
        .iter()
        .filter(|call| !TURN.contains(&call.name().as_str()))
        .partition(|call| call.name() == TEAM_LIST);
    let further = lists.into_iter().skip(looks * organisations);
    let path = |call: &Call| format!("{} {}", call.method, call.path);
    others.into_iter().chain(further).map(path).collect()
}

#[tokio::test]
async fn a_refused_status_is_explained_in_the_reply_and_posted_once_it_may_be() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    stage.forge.fault(no_statuses());
    let reply = stage.says(&pull, "quinn", "/refire qa").await;
    holds(
        &reply,
        &[
            "**`qa-review` is satisfied**",
            "**The status could not be posted**: `refire` may not write statuses in `acme/widget` (`cannot-write-status`)",
            "**Repair:** Give `refire` write access to the code of `acme/widget`; an administrator of `acme/widget` can: `http",
            "/acme/widget/settings/collaboration`.",
            "| `refire` | 403 `user should have a permission to write to a repo` |",
        ],
    );
    stage.forge.heal();
    let rows = pull.status_rows().len();
    let reply = stage.says(&pull, "quinn", "/refire qa").await;
    assert_eq!(reply.lines().count(), 3, "{reply}");
    assert!(!reply.contains("could not be posted"), "{reply}");
    assert!(pull.status_rows().len() > rows, "it is posted");
    let first = &pull.comments_by("refire")[0].body;
    assert!(!told(first).contains("could not be posted"), "{first}");
    holds(
        first,
        &[" UTC: the status is posted</i></summary>\n\n**The status could not be posted**: "],
    );
    assert!(!first.contains("I try again by myself"), "{first}");
}

#[tokio::test]
async fn the_note_of_a_refused_status_is_folded_when_it_gets_through_by_itself() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    pull.approved_by("quinn");
    stage.quiet().await;
    stage.forge.fault(no_statuses());
    for who in ["quinn", "alice"] {
        let reply = stage.says(&pull, who, "/refire qa").await;
        holds(&reply, &["**The status could not be posted**"]);
    }
    stage.forge.heal();
    pull.push("alice");
    let folded = || {
        let replies = pull.comments_by("refire");
        let mut bodies = replies.iter().map(|reply| told(&reply.body));
        bodies.all(|told| !told.contains("could not be posted"))
    };
    stage.until("both notes are folded", folded).await;
    let before: Vec<String> = replies(&pull);
    stage.says(&pull, "bob", "/refire qa").await;
    assert_eq!(replies(&pull)[..2], before[..], "they are folded once");
}

/// The bot may not write statuses (gitea-facts §2.1).
fn no_statuses() -> Fault {
    let body = r#"{"message":"user should have a permission to write to a repo","url":"http://localhost/api/swagger"}"#;
    let kind = Kind::Status {
        status: 403,
        body: body.to_owned(),
        headers: Vec::new(),
    };
    Fault::on("POST /repos/*/statuses/*", kind).always()
}

#[tokio::test]
async fn a_head_that_gitea_does_not_know_yet_is_said_so_and_nothing_has_to_be_done() {
    let stage = Stage::set().await;
    let pull = stage.forge.pull("alice");
    stage.quiet().await;
    let kind = Kind::Status {
        status: 500,
        body: r#"{"message":"","url":"http://localhost/api/swagger"}"#.to_owned(),
        headers: Vec::new(),
    };
    let fault = Fault::on("POST /repos/*/statuses/*", kind).always();
    stage.forge.fault(fault);
    pull.approved_by("quinn");
    let reply = stage.says(&pull, "quinn", "/refire qa").await;
    holds(
        &reply,
        &[
            "**The status could not be posted**: the head commit has not reached `acme/widget` yet, or is gone \
             (`head-not-in-base`)",
            "I try again by myself.",
        ],
    );
    stage.forge.heal();
}

#[tokio::test]
async fn a_block_is_told_apart_from_a_lock() {
    let stage = Stage::set().await;
    for (says, repair) in [
        ("user is blocked", "unblock it"),
        (
            "You cannot comment on a locked issue.",
            "unlock the conversation",
        ),
    ] {
        let pull = stage.forge.pull("alice");
        stage.quiet().await;
        let kind = Kind::Status {
            status: 403,
            body: format!(r#"{{"message":"{says}","url":"http://localhost/api/swagger"}}"#),
            headers: Vec::new(),
        };
        let fault = Fault::on("POST /repos/*/issues/*/comments", kind).always();
        stage.forge.fault(fault);
        pull.comment("quinn", "/refire qa");
        let note = format!("; no reply, the bot may not comment: {repair}");
        let told = || stage.qa(&pull).ends_with(&note);
        stage.until(&note, told).await;
        stage.forge.heal();
    }
}

#[tokio::test]
async fn a_token_for_public_things_is_known_by_its_scopes_where_a_private_repository_is_not_found()
{
    for version in forge::Version::ALL {
        // It may read its own account.
        let stage = Stage::on(version, read_by!("TOKEN_PUBLIC_ONLY")).await;
        let pull = stage.forge.pull("alice");
        stage.quiet().await;
        pull.repo().make_private();
        pull.comment("quinn", "/refire qa");
        let told = || !pull.comments_by("refire").is_empty();
        stage.meanwhile("it says that it cannot look", told).await;
        let reply = &pull.comments_by("refire")[0].body;
        holds(
            reply,
            &[
                "Issue a new token for `refire` without “public only”",
                "`public-only-token` |",
            ],
        );
        pull.repo().make_public();
        let answered = || pull.comments_by("refire")[0].body.contains("waits for");
        stage.until("it could look", answered).await;
    }
}

/// Its answer was lost, and what stands could not be read for a while: in the end nothing is missing.
#[tokio::test]
async fn what_was_said_of_a_status_that_had_got_through_all_the_time_is_folded_too() {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    let post = "POST /repos/acme/widget/statuses/*";
    let reads = "GET /repos/acme/widget/statuses/*";
    stage
        .forge
        .fault(Fault::status(post, 502).after(1).always());
    stage.forge.fault(Fault::on(post, Kind::DropAfterWrite));
    stage.forge.fault(Fault::status(reads, 502).always());
    pull.comment("bob", "/refire qa");
    let noted = || replies(&pull).concat().contains("could not be posted");
    stage.meanwhile("it is said", noted).await;
    stage.forge.heal();
    stage.quiet().await;
    let reply = replies(&pull).pop().expect("a reply");
    assert!(!told(&reply).contains("could not be posted"), "{reply}");
    holds(&reply, &[" UTC: the status is posted</i></summary>"]);
}
