//! `refire doctor` as it is started: what it exits with, prints, writes and leaves alone.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot start the program must fail"
)]

#[path = "doctor/clinic.rs"]
mod clinic;
#[path = "doctor/running.rs"]
mod running;
#[path = "doctor/walk.rs"]
mod walk;

use clinic::{Clinic, EVENTS, HOOK_SECRET};
use forge::{Protection, Version};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;

#[tokio::test(flavor = "multi_thread")]
async fn a_set_up_in_which_nothing_fails_exits_with_0_and_writes_nothing() {
    for version in Version::ALL {
        let clinic = Clinic::healthy(version).await;
        let told = clinic.doctor(&["--json"]).await;
        assert_eq!(told.code, Some(0), "{version:?} {told:#?}");
        let json = told.json();
        assert_eq!(json["verdict"], "sound");
        assert_eq!(json["fixes"], Value::Array(Vec::new()));
        let areas: Vec<&str> = json["findings"]
            .as_array()
            .expect("findings")
            .iter()
            .filter_map(|finding| finding["area"].as_str())
            .collect();
        let mut once = areas.clone();
        once.dedup();
        let order = [
            "forge",
            "identities",
            "teams",
            "repositories",
            "webhook",
            "contexts",
            "store",
        ];
        assert_eq!(once, order, "{version:?}");
        let calls = clinic.forge.calls();
        let writes: Vec<String> = calls
            .iter()
            .filter(|c| c.is_write())
            .map(|c| c.name())
            .collect();
        assert_eq!(writes, Vec::<String>::new(), "{version:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn json_gives_each_finding_the_same_fields() {
    let clinic = Clinic::healthy(Version::V1_26).await;
    clinic.forge.org("acme").team("qa").remove("refire");
    let told = clinic.doctor(&["--json"]).await;
    assert_eq!(told.code, Some(1), "{told:#?}");
    let json = told.json();
    assert_eq!(json["verdict"], "failing");
    let findings = json["findings"].as_array().expect("findings");
    for finding in findings {
        let mut fields: Vec<&str> = finding
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        fields.sort_unstable();
        let all = [
            "area", "cause", "check", "evidence", "level", "repair", "what",
        ];
        assert_eq!(fields, all);
    }
    let failing = findings
        .iter()
        .find(|f| f["level"] == "fail")
        .expect("a failure");
    assert_eq!(failing["area"], "teams");
    assert_eq!(failing["check"], "sight");
    assert_eq!(failing["cause"], "bot-not-in-team");
    let repair = failing["repair"].as_str().unwrap_or_default();
    let (action, page) = repair.split_once(": `http").unwrap_or_default();
    assert_eq!(
        action,
        "Add `refire` to the team `acme/qa`; an owner of `acme` can"
    );
    assert!(page.ends_with("/org/acme/teams/qa`"), "{repair}");
    let evidence = failing["evidence"].as_str().unwrap_or_default();
    assert!(
        evidence.contains("403 `Must be a team member`"),
        "{evidence}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_answer_exits_with_2() {
    let clinic = Clinic::healthy(Version::V1_26).await;
    clinic.forge.stop();
    let told = clinic.doctor(&[]).await;
    assert_eq!(told.code, Some(2), "{told:#?}");
    assert!(
        told.out.contains("cannot be asked: Gitea did not answer"),
        "{}",
        told.out
    );
    assert!(
        told.out.contains("cause: forge-unavailable"),
        "{}",
        told.out
    );
    assert!(
        told.out.contains("Store\n"),
        "what is here is looked at all the same: {}",
        told.out
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_in_arguments_and_configuration_exit_with_64() {
    let clinic = Clinic::healthy(Version::V1_26).await;
    for arguments in [
        &["--repo", "widget"][..],
        &["--webhook-url", "http://x/webhook"],
        &["--fix", "--webhook-url", "http://x/"],
    ] {
        let told = clinic.doctor(arguments).await;
        assert_eq!(
            (told.code, told.out.as_str()),
            (Some(64), ""),
            "{arguments:?}"
        );
    }
    std::fs::remove_file(clinic.path("token")).expect("the token");
    let told = clinic.doctor(&[]).await;
    assert_eq!(told.code, Some(64));
    assert!(
        told.err.contains("identity.refire.token_file"),
        "{}",
        told.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_repository_can_be_looked_at_alone() {
    let clinic = Clinic::healthy(Version::V1_26).await;
    clinic.forge.repo("acme/gadget").archive();
    let told = clinic.doctor(&["--repo", "acme/widget"]).await;
    assert!(!told.out.contains("gadget"), "{}", told.out);
    let told = clinic.doctor(&["--repo", "other/thing"]).await;
    assert_eq!(told.code, Some(1));
    assert!(
        told.out
            .contains("no pattern of `forge.repositories` covers `other/thing`"),
        "{}",
        told.out
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_there_are_no_colours() {
    let clinic = Clinic::healthy(Version::V1_26).await;
    let told = clinic.doctor(&[]).await;
    assert!(
        told.out.starts_with("Forge\n  ok    http://"),
        "{}",
        told.out
    );
    assert!(!told.out.contains('\u{1b}'), "{}", told.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn fix_makes_the_webhook_of_the_organisation_with_a_fresh_secret_that_nobody_sees() {
    for version in Version::ALL {
        let clinic = Clinic::owned(version).await;
        let told = clinic.doctor(&["--fix"]).await;
        let path = clinic.path("hook-secret");
        let secret = std::fs::read_to_string(&path).expect("a secret");
        assert_eq!(secret.trim_end().len(), 64);
        let mode = path.metadata().expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        for text in [&told.out, &told.err] {
            assert!(!text.contains(secret.trim_end()), "{version:?}");
        }
        assert!(
            told.out
                .contains("fix   as `refire`, make an active webhook of the organisation `acme`"),
            "{}",
            told.out
        );
        let hooks = clinic.hooks("/orgs/acme/hooks").await;
        let [hook] = hooks.as_slice() else {
            panic!("{hooks:?}")
        };
        assert_eq!(hook["active"], true);
        assert_eq!(hook["config"]["content_type"], "json");
        assert_eq!(hook["config"]["url"], clinic.url());
        assert_eq!(clinic::events(hook), EVENTS, "{version:?}");
        // A second time there is nothing to do.
        let again = clinic.doctor(&["--fix"]).await;
        assert!(!again.out.contains("fix   "), "{}", again.out);
        assert_eq!(clinic.hooks("/orgs/acme/hooks").await.len(), 1);
        assert_eq!(std::fs::read_to_string(&path).expect("a secret"), secret);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fix_adds_missing_events_by_making_the_webhook_anew() {
    let clinic = Clinic::owned(Version::V1_26).await;
    std::fs::write(clinic.path("hook-secret"), HOOK_SECRET).expect("a secret");
    clinic
        .make_hook("/orgs/acme/hooks", &["push", "pull_request_comment"])
        .await;
    let before = clinic.hooks("/orgs/acme/hooks").await;
    let told = clinic.doctor(&["--fix"]).await;
    assert!(
        told.out.contains("anew so that it hears `issue_comment`"),
        "{}",
        told.out
    );
    let after = clinic.hooks("/orgs/acme/hooks").await;
    let [hook] = after.as_slice() else {
        panic!("{after:?}")
    };
    assert_ne!(hook["id"], before[0]["id"]);
    let mut events = EVENTS.to_vec();
    events.push("push");
    events.sort_unstable();
    assert_eq!(clinic::events(hook), events);
    assert!(!told.out.contains(HOOK_SECRET) && !told.err.contains(HOOK_SECRET));
    let secret = std::fs::read_to_string(clinic.path("hook-secret")).expect("a secret");
    assert_eq!(secret, HOOK_SECRET);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_rights_fix_prints_the_request_and_changes_nothing_on_the_server() {
    let clinic = Clinic::healthy(Version::V1_26).await;
    std::fs::remove_file(clinic.path("hook-secret")).expect("the secret");
    let told = clinic.doctor(&["--fix", "--json"]).await;
    let fixes = told.json()["fixes"].clone();
    assert_eq!(fixes[0]["done"], true, "{fixes}");
    assert_eq!(fixes[1]["done"], false, "{fixes}");
    let request = fixes[1]["step"].as_str().unwrap_or_default();
    for part in EVENTS
        .iter()
        .chain(&["an owner of `acme` adds", "/webhook`", "active"])
    {
        let part = if *part == "pull_request" {
            "pull_request_only"
        } else {
            part
        };
        assert!(request.contains(part), "{part} is not in {request}");
    }
    assert!(clinic.forge.calls().iter().all(|call| !call.is_write()));
    let mode = clinic
        .path("hook-secret")
        .metadata()
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_running_bot_tells_what_it_remembers_and_a_test_delivery_is_waited_for() {
    let clinic = Clinic::owned(Version::V1_26).await;
    std::fs::write(clinic.path("hook-secret"), HOOK_SECRET).expect("a secret");
    let running = clinic.serve().await;
    let socket = clinic.path("refire.db.sock");
    let mode = socket.metadata().expect("a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    clinic
        .make_hook("/repos/acme/widget/hooks", &EVENTS_AND_PUSH)
        .await;
    let arguments = ["--repo", "acme/widget", "--fix"];
    let told = clinic.doctor(&arguments).await;
    assert!(
        told.out.contains("ask Gitea for a test delivery"),
        "{}",
        told.out
    );
    assert!(
        told.out
            .contains("done: the test delivery arrived and was verified"),
        "{}",
        told.out
    );
    assert!(
        told.out.contains("the bot runs and has the store"),
        "{}",
        told.out
    );
    assert!(
        told.out.contains("a delivery was verified at"),
        "{}",
        told.out
    );
    let again = clinic.doctor(&arguments).await;
    assert!(!again.out.contains("test delivery"), "{}", again.out);
    running.end().await;
    assert!(!socket.exists());
    // What it remembers outlives it.
    let after = clinic.doctor(&["--repo", "acme/widget"]).await;
    assert!(
        after.out.contains("is whole, and the bot does not run"),
        "{}",
        after.out
    );
    assert!(
        after.out.contains("a delivery was verified at"),
        "{}",
        after.out
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_found_by_the_test_delivery() {
    let clinic = Clinic::owned(Version::V1_26).await;
    std::fs::write(clinic.path("hook-secret"), "another secret").expect("a secret");
    let running = clinic.serve().await;
    clinic
        .make_hook("/repos/acme/widget/hooks", &EVENTS_AND_PUSH)
        .await;
    let told = clinic.doctor(&["--repo", "acme/widget", "--fix"]).await;
    assert!(
        told.out
            .contains("no test delivery arrived that could be verified"),
        "{}",
        told.out
    );
    assert!(
        told.out
            .contains("no delivery was verified within the last week"),
        "{}",
        told.out
    );
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_damaged_is_left_where_it_is() {
    let clinic = Clinic::healthy(Version::V1_26).await;
    std::fs::create_dir(clinic.path("refire.db")).expect("a directory");
    std::fs::write(clinic.path("refire.db/db"), "no database").expect("a file");
    let told = clinic.doctor(&[]).await;
    assert_eq!(told.code, Some(1), "{told:#?}");
    assert!(
        told.out.contains("the store `refire.db` cannot be read"),
        "{}",
        told.out
    );
    let files = std::fs::read_dir(clinic.path(".")).expect("a directory");
    let names: Vec<_> = files
        .map(|file| file.expect("a file").file_name())
        .collect();
    assert!(
        names
            .iter()
            .all(|name| !name.to_string_lossy().contains("damaged")),
        "{names:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_starts_whatever_is_wrong_and_logs_it() {
    let clinic = Clinic::healthy(Version::V1_26).await;
    clinic.forge.org("acme").team("qa").remove("refire");
    let running = clinic.serve().await;
    running.logs("the set-up was looked at").await;
    let log = running.end().await;
    assert!(
        log.contains("is in the organisation `acme`, not in the team `acme/qa`"),
        "{log}"
    );
    assert!(log.contains("Add `refire` to the team `acme/qa`"), "{log}");
}

/// For a test delivery the webhook has to hear pushes too.
const EVENTS_AND_PUSH: [&str; 7] = [
    "issue_comment",
    "pull_request_only",
    "pull_request_comment",
    "pull_request_review",
    "pull_request_sync",
    "push",
    "status",
];

#[tokio::test(flavor = "multi_thread")]
async fn i05_a_misspelt_context_is_found_before_the_first_pull_request() {
    let clinic = Clinic::healthy(Version::V1_26).await;
    let wrong = "qa-review / approved (pull_request_target)";
    let contexts = vec![wrong.to_owned(), "security-review / *".to_owned()];
    let protection = Protection {
        contexts,
        ..Protection::default()
    };
    clinic
        .forge
        .repo("acme/widget")
        .protect("main", &protection);
    let told = clinic.doctor(&["--repo", "acme/widget"]).await;
    assert_eq!(told.code, Some(1), "{told:#?}");
    let expected = format!("`main` of `acme/widget` requires `{wrong}`, which is never posted");
    assert!(told.out.contains(&expected), "{}", told.out);
    assert!(
        told.out
            .contains("require `qa-review / approved (pull_request)` instead"),
        "{}",
        told.out
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_looked_at_is_told_on_standard_error_line_by_line() {
    let clinic = Clinic::healthy(Version::V1_26).await;
    let told = clinic.doctor(&[]).await;
    let looks = told.err.lines().filter(|it| it.starts_with("looking at"));
    let looks: Vec<&str> = looks.collect();
    let first = "looking at the server";
    assert_eq!((looks.first(), looks.len()), (Some(&first), 7), "{told:#?}");
    assert!(!told.out.contains(first), "{told:#?}");
}
