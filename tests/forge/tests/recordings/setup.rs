//! Plays set-ups: what a recording did between its requests.

use std::time::Duration;

use serde_json::{Value, json};

use crate::play::{Player, text};

impl Player {
    /// A set-up has to work.
    pub(crate) async fn set_up(&mut self, kind: &str, step: &Value) {
        match kind {
            "wait" => self.wait(step["seconds"].as_f64().unwrap()),
            "call" => self.must(text(&step["as"]), &step["request"]).await,
            "branch" => self.branch(step).await,
            "push" => self.push(step).await,
            "force-push" => self.force_push(step),
            "pull" => self.pull(step).await,
            "lock" => {
                let path = format!(
                    "/repos/{}/issues/{}/lock",
                    text(&step["repo"]),
                    text(&step["number"])
                );
                let body = json!({"lock_reason": "Resolved"});
                self.must(
                    text(&step["by"]),
                    &json!({"method": "PUT", "path": path, "body": body}),
                )
                .await;
            }
            "no-lock" => {}
            other => panic!("an unknown set-up: {other}"),
        }
        self.forge.deliveries_idle().await;
        self.early.extend(self.sink.take());
    }

    /// After a wait everything that comes late is there.
    fn wait(&mut self, seconds: f64) {
        let waited = Duration::from_secs_f64(seconds);
        self.forge.advance(Duration::from_secs(waited.as_secs()));
        if let Some(recorded) = &mut self.clock.recorded {
            *recorded += Duration::from_secs(waited.as_secs());
        }
        self.settle();
    }

    pub(crate) fn settle(&self) {
        self.forge.release_timeline();
        self.forge.hold_timeline();
    }

    /// A set-up has to work.
    async fn must(&mut self, who: &str, request: &Value) {
        self.must_answer(who, request).await;
    }

    async fn must_answer(&mut self, who: &str, request: &Value) -> Value {
        let answered = self.ask(Some(who), request).await;
        assert!(
            (200..300).contains(&answered.status),
            "set-up {request} as {who}: {} {}",
            answered.status,
            answered.body
        );
        answered.body
    }

    async fn branch(&mut self, step: &Value) {
        let branch = text(&step["branch"]);
        let path = format!("/repos/{}/contents/{branch}.txt", text(&step["repo"]));
        let message = format!("work on {branch}");
        let body = json!({"new_branch": branch, "branch": step["base"], "message": message, "content": "eA=="});
        self.commit(step, path, body).await;
    }

    async fn push(&mut self, step: &Value) {
        let path = format!(
            "/repos/{}/contents/push-{}.txt",
            text(&step["repo"]),
            text(&step["head"]).replace(['{', '}'], "")
        );
        let body =
            json!({"branch": step["branch"], "message": "one more commit", "content": "eA=="});
        self.commit(step, path, body).await;
    }

    async fn commit(&mut self, step: &Value, path: String, body: Value) {
        let request = json!({"method": "POST", "path": path, "body": body});
        let answer = self.must_answer(text(&step["by"]), &request).await;
        let sha = answer["commit"]["sha"].as_str().unwrap();
        self.names.set_sha(sha_name(&step["head"]), sha);
    }

    /// To a commit that is known, or to a new one on top of that which the note names.
    fn force_push(&mut self, step: &Value) {
        let (name, by) = (sha_name(&step["head"]), text(&step["by"]));
        let repo = self.forge.repo(text(&step["repo"]));
        let known = self.names.sha(name).map(str::to_owned);
        let sha = known.unwrap_or_else(|| {
            let parent = self
                .names
                .fill(text(&step["note"]).rsplit(' ').next().unwrap());
            repo.commit_on(&parent, by)
        });
        self.names.set_sha(name, &sha);
        repo.move_branch(text(&step["branch"]), &sha, by);
    }

    async fn pull(&mut self, step: &Value) {
        let path = format!("/repos/{}/pulls", text(&step["repo"]));
        // The one from a fork was opened without a text.
        let words = if text(&step["head"]).contains(':') {
            ""
        } else {
            "please review"
        };
        let body = json!({"title": step["title"], "head": step["head"], "base": step["base"], "body": words});
        let answer = self
            .must_answer(
                text(&step["by"]),
                &json!({"method": "POST", "path": path, "body": body}),
            )
            .await;
        self.names.set(
            text(&step["number"]).trim_matches(['{', '}']),
            &answer["number"],
        );
    }
}

/// `widget-1.head` of `{sha:widget-1.head}`.
fn sha_name(value: &Value) -> &str {
    text(value)
        .trim_start_matches("{sha:")
        .trim_end_matches('}')
}
