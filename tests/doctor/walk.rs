//! From nothing prepared to a working bot, by nothing but what the doctor says.

use crate::clinic::{Clinic, Told};
use forge::{Protection, Version};

/// The repairs of everything that fails, in the doctor's order.
fn repairs(told: &Told) -> Vec<String> {
    let json = told.json();
    let findings = json["findings"].as_array().cloned().unwrap_or_default();
    findings
        .iter()
        .filter(|finding| finding["level"] == "fail")
        .filter_map(|finding| finding["repair"].as_str().map(str::to_owned))
        .collect()
}

/// Does what one repair says, as the person would who is named in it; panics where it says too
/// little to be done.
async fn obey(clinic: &Clinic, repair: &str) {
    let acme = clinic.forge.org("acme");
    if let Some(rest) = repair.strip_prefix("issue a new token for `refire` with exactly ") {
        let scopes: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
        clinic.has_token(&clinic.forge.user("refire").token(&scopes));
    } else if let Some(rest) = repair.strip_prefix("Add `refire` to the team `acme/") {
        let (team, who) = rest.split_once('`').expect("a team");
        assert!(who.starts_with("; an owner of `acme` can: `http"), "{who}");
        acme.team(team).add("refire");
    } else if repair.starts_with("give `refire` write access to the code of `acme/widget`") {
        clinic.forge.repo("acme/widget").add_writer("refire");
    } else if repair.contains("let `refire doctor --fix` write one") {
        clinic.doctor(&["--repo", "acme/widget", "--fix"]).await;
    } else if repair.contains("adds a branch rule for `main`") {
        let (_, contexts) = repair.split_once("that requires ").expect("contexts");
        let contexts = contexts.split('`').skip(1).step_by(2).map(str::to_owned);
        let protection = Protection {
            contexts: contexts.collect(),
            ..Protection::default()
        };
        clinic
            .forge
            .repo("acme/widget")
            .protect("main", &protection);
    } else if repair.contains(
        "puts `acme/security` on the approvals whitelist of `main`, or gives it write access",
    ) {
        acme.team("security").may_write();
    } else {
        panic!("nobody could follow this: {repair}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn following_only_the_repairs_leads_from_nothing_to_a_working_bot() {
    for version in Version::ALL {
        let clinic = Clinic::standard(version).await;
        for team in ["qa", "security", "bots"] {
            clinic.forge.org("acme").team(team).remove("refire");
        }
        clinic.has_token(&clinic.forge.user("refire").token(&["read:repository"]));
        let mut steps = Vec::new();
        loop {
            let told = clinic.doctor(&["--repo", "acme/widget", "--json"]).await;
            let Some(first) = repairs(&told).into_iter().next() else {
                assert_eq!(told.code, Some(0), "{told:#?}");
                break;
            };
            assert!(
                steps.len() < 10 && !steps.contains(&first),
                "{version:?}: {first} did not help: {steps:#?}"
            );
            obey(&clinic, &first).await;
            steps.push(first);
        }
        assert!(steps.len() >= 5, "{version:?}: {steps:#?}");
        works(&clinic).await;
    }
}

/// The webhook is the organisation's, made by its owner as the doctor asks; then a comment is
/// answered and the gate turns green.
async fn works(clinic: &Clinic) {
    let events = [
        "pull_request_comment",
        "issue_comment",
        "pull_request_only",
        "pull_request_sync",
        "pull_request_review",
        "status",
    ];
    let secret = std::fs::read_to_string(clinic.path("hook-secret")).expect("a secret");
    clinic
        .make_hook_with("/orgs/acme/hooks", &events, secret.trim_end())
        .await;
    let running = clinic.serve().await;
    let pull = clinic.forge.pull("alice");
    pull.approved_by("quinn");
    pull.comment("alice", "/refire qa");
    let green = || {
        let status = pull.status("qa-review / approved (pull_request)");
        status.is_some_and(|status| status.state == "success")
    };
    clinic.until(green).await;
    let told = clinic.doctor(&["--repo", "acme/widget"]).await;
    assert_eq!(told.code, Some(0), "{told:#?}");
    assert!(
        told.out.contains("a delivery was verified at"),
        "{}",
        told.out
    );
    running.end().await;
}
