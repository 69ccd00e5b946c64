//! What people do on a pull request, and what they see of the bot.

use crate::forge::{all, number, text};
use crate::stage::{Pull, Stage};
use crate::told;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The context of a gate's status as it is when nothing is configured.
pub(crate) fn context(gate: &str) -> String {
    format!("{gate} / approved (pull_request)")
}

/// The context of the declarations' status.
pub(crate) const DECLARATIONS: &str = "sop-checklist / na-declarations (pull_request)";

/// Everything that the bot posts, by context.
pub(crate) fn contexts() -> [String; 3] {
    [
        context("qa-review"),
        context("security-review"),
        DECLARATIONS.to_owned(),
    ]
}

/// The causes that a reply's tables name, each once, in its order.
pub(crate) fn causes(reply: &str) -> Vec<&str> {
    let mut causes = Vec::new();
    let mut lines = reply.lines();
    while lines.any(|line| line == "| asked as | what came back | meaning | cause |") {
        let rows = lines
            .by_ref()
            .skip(1)
            .take_while(|line| line.starts_with("| "));
        for row in rows {
            let cell = row.trim_end_matches(" |").rsplit(" | ").next();
            let cause = cell.unwrap_or_default().trim_matches('`');
            if !causes.contains(&cause) {
                causes.push(cause);
            }
        }
    }
    causes
}

/// The newest status of a context: state and description.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    id: u64,
    state: String,
    description: String,
}

impl Stage {
    /// Somebody comments; gives the comment's id.
    pub(crate) async fn comment(&self, pull: &Pull, who: &str, body: &str) -> u64 {
        told::line("");
        told::speech(who, body);
        let path = format!("{}/comments", pull.issue());
        number(&self.forge.post(who, &path, json!({"body": body})).await["id"])
    }

    /// Waits until the bot's answer to a comment says this; gives the whole of it.
    pub(crate) async fn answer(&self, pull: &Pull, comment: u64, says: &str) -> String {
        let marker = format!("<!-- refire: answers comment {comment} ");
        let what = format!("an answer with “{says}”");
        let body = self
            .until(&what, async || {
                let replies = self.replies(pull).await;
                let bodies = replies.iter().map(|reply| text(&reply["body"]));
                let body = bodies.into_iter().find(|body| body.contains(&marker));
                let Some(body) = body else {
                    return Err(String::from("no answer"));
                };
                if body.contains(says) {
                    Ok(body)
                } else {
                    Err(body)
                }
            })
            .await;
        told::speech("refire", told::visible(&body));
        body
    }

    /// Somebody comments and is told this; the statuses are shown too.
    pub(crate) async fn says(&self, pull: &Pull, who: &str, body: &str, told: &str) -> String {
        let comment = self.comment(pull, who, body).await;
        let answer = self.answer(pull, comment, told).await;
        self.table(pull).await;
        answer
    }

    /// Somebody sends a review; gives its id.
    pub(crate) async fn review(&self, pull: &Pull, who: &str, event: &str) -> u64 {
        told::line(&format!("\n{who} sends a review: {event}"));
        let review = json!({"event": event, "body": "as discussed"});
        let review = self
            .forge
            .post(who, &format!("{}/reviews", pull.path()), review)
            .await;
        number(&review["id"])
    }

    /// Somebody approves; gives the review's id.
    pub(crate) async fn approve(&self, pull: &Pull, who: &str) -> u64 {
        self.review(pull, who, "APPROVED").await
    }

    /// A change of the pull request itself: its state, its base.
    pub(crate) async fn change(&self, pull: &Pull, who: &str, change: Value) {
        told::line(&format!("\n{who} changes {change}"));
        self.forge.patch(who, &pull.path(), change).await;
    }

    /// The id of the head commit.
    pub(crate) async fn head(&self, pull: &Pull) -> String {
        text(&self.forge.get("root", &pull.path()).await["head"]["sha"])
    }

    /// Every status of a commit, as it came.
    pub(crate) async fn rows(&self, repo: &str, sha: &str) -> Vec<Value> {
        self.forge
            .walk("root", &format!("/repos/{repo}/commits/{sha}/statuses"))
            .await
    }

    /// The same, each as one text.
    pub(crate) async fn posted(&self, repo: &str, sha: &str) -> Vec<String> {
        let rows = self.rows(repo, sha).await.into_iter();
        rows.map(|row| row.to_string()).collect()
    }

    /// The newest status of each context.
    async fn newest(&self, repo: &str, sha: &str) -> BTreeMap<String, Row> {
        let mut newest: BTreeMap<String, Row> = BTreeMap::new();
        for row in self.rows(repo, sha).await {
            let (id, state) = (number(&row["id"]), text(&row["status"]));
            let row_of = Row {
                id,
                state,
                description: text(&row["description"]),
            };
            let context = text(&row["context"]);
            if newest.get(&context).is_none_or(|known| known.id < id) {
                newest.insert(context, row_of);
            }
        }
        newest
    }

    /// Shows the statuses of the head.
    pub(crate) async fn table(&self, pull: &Pull) {
        let head = self.head(pull).await;
        told::line(&format!("  statuses of {}", &head[..7]));
        for (context, row) in self.newest(&pull.repo, &head).await {
            told::line(&format!(
                "  {:<8} {context}: {}",
                row.state, row.description
            ));
        }
    }

    /// Waits until a context of the head stands so.
    pub(crate) async fn shows(&self, pull: &Pull, context: &str, state: &str, words: &str) {
        let head = self.head(pull).await;
        self.stands(pull, &head, (context, state, words)).await;
    }

    /// The same of the status of a gate.
    pub(crate) async fn gate(&self, pull: &Pull, gate: &str, state: &str, words: &str) {
        self.shows(pull, &context(gate), state, words).await;
    }

    /// Waits until a context of some commit stands so.
    pub(crate) async fn stands(&self, pull: &Pull, sha: &str, wanted: (&str, &str, &str)) {
        let (context, state, words) = wanted;
        let what = format!("{context} of {} is {state} ({words})", &sha[..7]);
        self.until(&what, async || {
            let rows = self.newest(&pull.repo, sha).await;
            match rows.get(context) {
                Some(row) if row.state == state && row.description.contains(words) => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
        told::line(&format!(
            "  {state:<8} {context}: … {words} … [{}]",
            &sha[..7]
        ));
    }

    /// No status of this gate was ever a success on this commit.
    pub(crate) async fn was_never_green(&self, pull: &Pull, sha: &str, gate: &str) {
        let context = context(gate);
        for row in self.rows(&pull.repo, sha).await {
            let green = row["context"] == context && row["status"] == "success";
            assert!(!green, "{context} was green on {sha}: {row}");
        }
    }

    /// Waits until the timeline names the head as the last thing pushed.
    pub(crate) async fn settled(&self, pull: &Pull, sha: &str) {
        self.until("the push is in the timeline", async || {
            let timeline = self
                .forge
                .walk("root", &format!("{}/timeline", pull.issue()))
                .await;
            let mut pushes = timeline.iter().filter(|entry| entry["type"] == "pull_push");
            let named = pushes.any(|entry| entry["body"].as_str().is_some_and(|b| b.contains(sha)));
            if named {
                Ok(())
            } else {
                Err(format!("{} entries", timeline.len()))
            }
        })
        .await;
    }

    /// How many comments the bot has on a pull request.
    pub(crate) async fn count(&self, pull: &Pull) -> usize {
        self.replies(pull).await.len()
    }

    /// Branch protection waits for everything that the bot posts.
    pub(crate) async fn protect(&self, repo: &str) {
        let rule = json!({"rule_name": "main", "enable_status_check": true, "status_check_contexts": contexts()});
        let path = format!("/repos/{repo}/branch_protections");
        self.forge.post("olivia", &path, rule).await;
    }

    /// Adds somebody to a team of acme, or takes them out.
    pub(crate) async fn member(&self, team: &str, who: &str, is: bool) {
        let path = format!("/teams/{}/members/{who}", self.teams[team]);
        told::line(&format!(
            "\nolivia {} {who}: acme/{team}",
            if is { "adds" } else { "removes" }
        ));
        if is {
            self.forge.put("olivia", &path, Value::Null).await;
        } else {
            self.forge.delete("olivia", &path).await;
        }
    }

    /// The types of a pull request's timeline.
    pub(crate) async fn timeline(&self, pull: &Pull) -> usize {
        let timeline = self
            .forge
            .walk("root", &format!("{}/timeline", pull.issue()))
            .await;
        all(&Value::Array(timeline)).count()
    }
}
