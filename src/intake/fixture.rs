//! Deliveries in the shape of the recordings, with what is never read left out, and a deployment
//! with both usual gates. For the tests of this module.

use super::{Scope, Secrets};
use crate::gate::policy::{
    ApprovalPolicy, Bind, ContextTemplate, DeclarationPolicy, Gate, GateName, Policy, TeamRef,
    Unheard,
};
use axum::http::HeaderMap;
use commands::GateTable;
use globset::Glob;
use hmac::{Hmac, KeyInit, Mac};
use regex::RegexSetBuilder;
use secrecy::SecretString;
use serde_json::{Value, json};
use sha2::Sha256;
use std::{sync::Arc, time::Duration};

pub(super) const SECRET: &str = "a-webhook-secret-for-recordings";
pub(super) const HEAD: &str = "30f283c20f2993fd1b75a7e2011da5b0c20616bc";
pub(super) const QA: &str = "qa-review / approved (pull_request)";

pub(super) fn user(id: i64, login: &str) -> Value {
    json!({ "id": id, "login": login, "full_name": "", "email": "4+x@noreply.localhost", "username": login })
}

pub(super) fn quinn() -> Value {
    user(5, "quinn")
}

pub(super) fn refire() -> Value {
    user(10, "refire")
}

fn repository() -> Value {
    json!({ "id": 1, "owner": user(19, "acme"), "name": "widget", "full_name": "acme/widget", "private": false })
}

fn pull_request(base: &str) -> Value {
    json!({
        "id": 18, "number": 16, "user": user(3, "alice"), "title": "Watched", "state": "open", "merged": false,
        "base": { "label": base, "ref": base, "sha": HEAD, "repo_id": 1, "repo": repository() },
        "head": { "label": "hook-1", "ref": "hook-1", "sha": HEAD, "repo_id": 1, "repo": repository() },
    })
}

/// A comment by `quinn` on pull request 16; `from` is what an edit changed.
pub(super) fn comment(action: &str, body: &str, from: Option<&str>) -> Value {
    let mut value = json!({
        "action": action,
        "issue": { "id": 19, "number": 16, "user": user(3, "alice"), "pull_request": { "merged": false } },
        "pull_request": pull_request("main"),
        "comment": {
            "id": 68, "html_url": "http://127.0.0.1:3026/acme/widget/pulls/16#issuecomment-68", "user": quinn(),
            "original_author_id": 0, "body": body,
            "created_at": "2026-11-22T07:00:18Z", "updated_at": "2026-11-22T07:00:18Z",
        },
        "repository": repository(),
        "sender": quinn(),
        "is_pull": true,
    });
    if let Some(from) = from {
        value["changes"] =
            json!({ "body": { "from": from }, "added_labels": null, "removed_labels": null });
    }
    value
}

/// The same on a plain issue.
pub(super) fn issue_comment(action: &str, body: &str, from: Option<&str>) -> Value {
    let mut value = comment(action, body, from);
    value["is_pull"] = json!(false);
    value["issue"] = json!({ "id": 20, "number": 17, "pull_request": null });
    if let Some(object) = value.as_object_mut() {
        object.remove("pull_request");
    }
    value
}

/// Something that `alice` did to pull request 16, which goes into `base`.
pub(super) fn pull(action: &str, base: &str, changes: Value) -> Value {
    json!({
        "action": action, "number": 16, "changes": changes, "pull_request": pull_request(base),
        "requested_reviewer": null, "repository": repository(), "sender": user(3, "alice"),
        "commit_id": "", "review": null,
    })
}

pub(super) fn review(content: &str, reviewer: Value) -> Value {
    let mut value = pull("reviewed", "main", Value::Null);
    value["review"] = json!({ "type": "pull_request_review_comment", "content": content });
    value["requested_reviewer"] = reviewer.clone();
    value["sender"] = reviewer;
    value
}

pub(super) fn status(context: &str, sender: Value) -> Value {
    json!({
        "commit": { "id": HEAD }, "context": context, "created_at": "2026-11-22T07:00:27Z", "description": "ok",
        "id": 22, "repository": repository(), "sender": sender, "sha": HEAD, "state": "success",
        "target_url": "http://127.0.0.1:3026/", "updated_at": "2026-11-22T07:00:27Z",
    })
}

pub(super) fn push() -> Value {
    json!({
        "ref": "refs/heads/hook-1", "before": HEAD, "after": HEAD, "commits": [], "head_commit": { "id": HEAD },
        "repository": repository(), "pusher": user(3, "alice"), "sender": user(3, "alice"),
    })
}

fn gate(name: &str, team: &str) -> Gate {
    let context = format!("{name} / approved (pull_request)");
    let team = TeamRef::OfOwner(team.to_owned());
    Gate {
        name: GateName::try_from(name.to_owned()).unwrap(),
        aliases: Vec::new(),
        waivers: vec![team.clone()],
        team,
        contexts: vec![
            ContextTemplate::new(&context),
            ContextTemplate::new(&format!("{name} for {{base}}")),
        ],
    }
}

fn policy() -> Policy {
    Policy {
        gates: vec![gate("qa-review", "qa"), gate("security-review", "security")],
        declarations: DeclarationPolicy {
            context: ContextTemplate::new("sop-checklist / na-declarations (pull_request)"),
            bind: Bind::Head,
            grace: Duration::from_secs(10),
            unheard: Unheard::Mention,
            require_reason: false,
        },
        approvals: ApprovalPolicy {
            require_official: true,
            exclude_pushers: true,
        },
        service_accounts: RegexSetBuilder::new(["^ci-", "^svc$"])
            .case_insensitive(true)
            .build()
            .unwrap(),
        base_branches: ["main", "release/*"]
            .map(|glob| Glob::new(glob).unwrap().compile_matcher())
            .into(),
    }
}

/// `acme/*` is configured, `refire` is the bot, `svc` is a machine.
pub(super) fn scope() -> Scope {
    let gates = ["qa-review", "security-review"].map(|name| {
        let alias = name.trim_end_matches("-review").to_owned();
        (name.to_owned(), vec![alias])
    });
    Scope {
        gates: Arc::new(GateTable::new(gates).unwrap()),
        policy: Arc::new(policy()),
        repositories: Arc::new(|repo| repo.owner() == "acme"),
        is_own: Arc::new(|account| account.id.get() == 10),
    }
}

pub(super) fn secrets(secrets: &[&str]) -> Secrets {
    Secrets::new(secrets.iter().map(|secret| SecretString::from(*secret)))
}

pub(super) fn sign(secret: &str, body: &[u8]) -> String {
    let key = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    hex::encode(key.chain_update(body).finalize().into_bytes())
}

pub(super) fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect()
}
