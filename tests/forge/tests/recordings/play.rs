//! Plays requests against a stand-in, and compares what comes back.

use std::time::Duration;

use forge::{Forge, Version};
use reqwest::{Client, Method, redirect};
use serde_json::{Value, json};

use crate::compare::Comparison;
use crate::names::Names;
use crate::sink::{Heard, Sink};
use crate::{fixture, left_out};

/// Headers that were kept in recordings.
const KEPT: [&str; 11] = [
    "content-type",
    "x-total-count",
    "link",
    "location",
    "x-hasmore",
    "x-page",
    "x-perpage",
    "x-pagecount",
    "retry-after",
    "www-authenticate",
    "cache-control",
];

/// What became of a replay.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) compared: usize,
    pub(crate) deliveries: usize,
    pub(crate) left_out: usize,
    pub(crate) differences: Vec<String>,
}

/// One version's stand-in and everything needed to talk to it.
pub(crate) struct Player {
    pub(crate) forge: Forge,
    client: Client,
    pub(crate) names: Names,
    pub(crate) sink: Sink,
    pub(crate) secret: String,
    pub(crate) clock: Clock,
    /// Deliveries of set-ups, which may have been recorded with the next step.
    pub(crate) early: Vec<Heard>,
    pub(crate) report: Report,
}

/// Keeps the forge's clock at the distance that the recorded steps had.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    pub(crate) recorded: Option<jiff::Timestamp>,
}

/// An answer as the comparison wants it.
pub(crate) struct Answered {
    pub(crate) status: u16,
    headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
    empty: bool,
}

impl Player {
    pub(crate) async fn start(version: Version) -> Self {
        let forge = Forge::start(version).await;
        forge.standard_world();
        forge.freeze();
        forge.hold_timeline();
        let sink = Sink::listen().await;
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .build()
            .unwrap();
        let names = name_world(&forge, version, &sink);
        let secret = fixture::read(version.name(), "raw-deliveries")["secret"]
            .as_str()
            .unwrap()
            .to_owned();
        let (clock, early, report) = (Clock::default(), Vec::new(), Report::default());
        Self {
            forge,
            client,
            names,
            sink,
            secret,
            clock,
            early,
            report,
        }
    }

    pub(crate) fn report(self) -> Report {
        self.report
    }

    pub(crate) async fn play(&mut self, scenario: &str) {
        for (index, step) in fixture::load(self.forge.version().name(), scenario)
            .iter()
            .enumerate()
        {
            let place = format!("{scenario} {index}");
            match step["setup"].as_str() {
                Some(kind) => self.set_up(kind, step).await,
                None => self.request(&place, step).await,
            }
        }
    }

    async fn request(&mut self, place: &str, step: &Value) {
        self.clock.follow(&self.forge, step);
        let answered = self.ask(step["as"].as_str(), &step["request"]).await;
        for (name, pointer) in step["save"].as_object().into_iter().flatten() {
            let value = answered
                .body
                .pointer(text(pointer))
                .cloned()
                .unwrap_or_default();
            self.names.set(
                name,
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned),
            );
        }
        let place = format!(
            "{place} {} {} {}",
            step["as"],
            text(&step["request"]["method"]),
            text(&step["request"]["path"])
        );
        if left_out::reason(step).is_some() {
            self.report.left_out += 1;
        } else {
            self.report.compared += 1;
            self.compare(&place, &step["response"], &answered);
        }
        self.hear(&place, step).await;
    }

    fn compare(&mut self, place: &str, recorded: &Value, answered: &Answered) {
        let mut comparison = Comparison {
            names: &mut self.names,
            differences: Vec::new(),
        };
        if recorded["status"] != answered.status || recorded["empty"] != answered.empty {
            let body = recorded["body"].to_string();
            comparison.differences.push(format!(
                "status {} (empty {}), not {} (empty {}); {} not {body}",
                answered.status,
                answered.empty,
                recorded["status"],
                recorded["empty"],
                answered.body
            ));
        } else {
            comparison.bodies("", &recorded["body"], &answered.body);
        }
        for name in KEPT {
            let answered = answered
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok());
            comparison.header(name, recorded["headers"][name].as_str(), answered);
        }
        let found = std::mem::take(&mut comparison.differences);
        self.report.differences.extend(
            found
                .into_iter()
                .map(|difference| format!("{place}: {difference}")),
        );
    }

    /// Asks as somebody: a token's name, `root`, `garbage`, or nobody.
    pub(crate) async fn ask(&self, who: Option<&str>, request: &Value) -> Answered {
        let method: Method = text(&request["method"]).parse().unwrap();
        let url = format!(
            "{}/api/v1{}",
            self.forge.url(),
            self.names.fill(text(&request["path"]))
        );
        let mut asked = self
            .client
            .request(method, url)
            .header("accept", "application/json");
        asked = match who {
            None => asked,
            Some("root") => asked.basic_auth("root", Some(self.forge.password())),
            Some("garbage" | "bot-revoked") => asked.header(
                "authorization",
                "token 0123456789012345678901234567890123456789",
            ),
            Some(name) => {
                asked.header("authorization", format!("token {}", self.forge.token(name)))
            }
        };
        if let Some(raw) = request["raw"].as_str() {
            asked = asked
                .header("content-type", "application/json")
                .body(raw.to_owned());
        } else if !request["body"].is_null() {
            asked = asked.json(&self.names.fill_body(&request["body"]));
        }
        answered(asked).await
    }
}

async fn answered(request: reqwest::RequestBuilder) -> Answered {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await.unwrap();
    let plain = || json!({"not-json": String::from_utf8_lossy(&bytes).chars().take(200).collect::<String>()});
    let body = if bytes.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&bytes).unwrap_or_else(|_| plain())
    };
    Answered {
        status,
        headers,
        body,
        empty: bytes.is_empty(),
    }
}

impl Clock {
    /// Moves the forge's clock as far as the recorded server's had moved when it wrote.
    fn follow(&mut self, forge: &Forge, step: &Value) {
        if step["request"]["method"] == "GET" {
            return;
        }
        let body = &step["response"]["body"];
        let times = ["created_at", "updated_at"]
            .into_iter()
            .filter_map(|name| body[name].as_str());
        let Some(newest) = times
            .filter_map(|time| time.parse::<jiff::Timestamp>().ok())
            .max()
        else {
            return;
        };
        let before = *self.recorded.get_or_insert(newest);
        if newest > before {
            forge.advance(Duration::from_secs(
                newest.duration_since(before).as_secs().unsigned_abs(),
            ));
            self.recorded = Some(newest);
        }
    }
}

/// Everything that the world gives a name.
fn name_world(forge: &Forge, version: Version, sink: &Sink) -> Names {
    let mut names = Names::default();
    let base = forge.url();
    names.set("host", base.trim_start_matches("http://"));
    names.set("base", base);
    names.set("sink", &sink.url);
    let world = &fixture::read(version.name(), "world")["world"];
    for user in world["users"].as_array().unwrap() {
        names.set(&format!("user:{}", text(user)), forge.user(text(user)).id());
    }
    for (team, about) in world["teams"].as_object().unwrap() {
        names.set(
            &format!("team:{team}"),
            forge.org(text(&about[0])).team(team).id(),
        );
    }
    names
}

/// A text that must be there.
pub(crate) fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("not a text: {value}"))
}
