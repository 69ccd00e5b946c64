//! Signing in is held against recordings of real servers too. It goes through pages, so its recordings
//! have a form of their own, told in `tests/fixtures/recordings/README.md`.

use crate::fixture;
use forge::{Forge, Version};
use reqwest::{Client, Response, redirect::Policy};
use serde_json::{Value, json};
use std::collections::HashMap;

/// The program of the recordings, and what proves that the same one asks twice.
const REDIRECT: &str = "http://127.0.0.1:9/login/callback";
const VERIFIER: &str = "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv";
/// Who sits at the browser, there and here.
const VISITOR: &str = "visitor";
const BOB: &str = "bob";
/// Whoever is asked says yes here as somebody who has said so before, and there is no page to say it on.
const LEFT_OUT: [&str; 2] = ["asked for the first time", "says yes"];

/// Plays the steps and says where it was answered otherwise.
struct Player {
    forge: Forge,
    client: Client,
    /// What stands in braces.
    names: HashMap<&'static str, String>,
    differences: Vec<String>,
}

impl Player {
    async fn start(version: Version) -> Self {
        let forge = Forge::start(version).await;
        forge.standard_world();
        let (client, secret) = forge.application(REDIRECT);
        let names = HashMap::from([
            ("{client}", client),
            ("{secret}", secret),
            ("{base}", forge.url()),
            ("{verifier}", VERIFIER.to_owned()),
        ]);
        let client = Client::builder().redirect(Policy::none());
        Self {
            forge,
            client: client.build().unwrap(),
            names,
            differences: Vec::new(),
        }
    }

    fn filled(&self, text: &str) -> String {
        let names = self.names.iter();
        names.fold(text.to_owned(), |text, (name, value)| {
            text.replace(name, value)
        })
    }

    fn fields(&self, fields: &Value) -> Vec<(String, String)> {
        let fields = fields.as_object().unwrap().iter();
        fields
            .map(|(name, value)| (name.clone(), self.filled(value.as_str().unwrap())))
            .collect()
    }

    async fn ask(&self, request: &Value) -> Response {
        let path = request["path"].as_str().unwrap();
        let mut url = url::Url::parse(&format!("{}{path}", self.forge.url())).unwrap();
        if !request["query"].is_null() {
            let query = self.fields(&request["query"]);
            url.query_pairs_mut().extend_pairs(query);
        }
        let ask = match request["method"].as_str().unwrap() {
            "GET" => self.client.get(url),
            _ if request["form"].is_null() => self.client.post(url).json(&json!({"body": "x"})),
            _ => {
                let mut form = url::form_urlencoded::Serializer::new(String::new());
                form.extend_pairs(self.fields(&request["form"]));
                let kind = "application/x-www-form-urlencoded";
                self.client
                    .post(url)
                    .header("content-type", kind)
                    .body(form.finish())
            }
        };
        let ask = match request["as"].as_str() {
            Some(token) => ask.bearer_auth(self.filled(token)),
            None => ask,
        };
        ask.send().await.unwrap()
    }

    async fn play(&mut self, step: &Value) {
        let name = step["step"].as_str().unwrap();
        let answer = self.ask(&step["request"]).await;
        let expected = &step["response"];
        let status = answer.status().as_u16();
        self.compare(name, "status", &json!(status), &expected["status"]);
        let header = |name: &str| {
            let value = answer.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        if let Some(location) = header("location") {
            self.follow(name, &location, &expected["location"]);
        } else {
            self.compare(name, "location", &Value::Null, &expected["location"]);
        }
        if let Some(kind) = expected["content-type"].as_str() {
            let found = header("content-type").unwrap_or_default();
            self.compare(name, "content type", &json!(found), &json!(kind));
        }
        if !expected["body"].is_null() {
            let body = answer.json().await.unwrap();
            self.read(name, body, &expected["body"]);
        }
    }

    /// The code in it is the one that the next step exchanges.
    fn follow(&mut self, step: &str, location: &str, expected: &Value) {
        let mut found = percent_decoded(location);
        if let Some((_, code)) = location.split_once("?code=") {
            let code = code.split('&').next().unwrap_or_default();
            found = found.replace(code, "{code}");
            self.names.insert("{code}", code.to_owned());
        }
        for name in ["{client}", "{base}"] {
            found = found.replace(&self.names[name], name);
        }
        self.compare(step, "location", &json!(found), expected);
    }

    fn read(&mut self, step: &str, mut body: Value, expected: &Value) {
        for token in ["access_token", "refresh_token", "id_token"] {
            let found = body.get(token).and_then(Value::as_str).unwrap_or_default();
            if found.is_empty() {
                continue;
            }
            if token == "access_token" {
                self.names.insert("{access_token}", found.to_owned());
            }
            body[token] = json!(format!("{{{token}}}"));
        }
        if let Some(url) = body.get("url").and_then(Value::as_str) {
            body["url"] = json!(url.replace(&self.names["{base}"], "{base}"));
        }
        // Of an account the recording keeps the login alone; bob is in teams, and the visitor in none.
        if body["login"].is_string() {
            let login = if body["login"] == BOB {
                VISITOR
            } else {
                "somebody else"
            };
            body = json!({ "login": login });
        }
        if body.is_array() {
            body = json!([]);
        }
        self.compare(step, "body", &body, expected);
    }

    fn compare(&mut self, step: &str, what: &str, found: &Value, expected: &Value) {
        if found != expected {
            let difference = format!("{step}: {what} is {found}, and was {expected}");
            self.differences.push(difference);
        }
    }
}

fn percent_decoded(text: &str) -> String {
    // Read as one field of a form whose own separators are hidden.
    let hidden = text
        .replace('&', "%26")
        .replace('=', "%3D")
        .replace('+', "%2B");
    let mut fields = url::form_urlencoded::parse(hidden.as_bytes());
    let field = fields.next().map(|(text, _)| text.into_owned());
    field.unwrap_or_default()
}

async fn replay(version: Version) {
    let recorded = fixture::read(version.name(), "oauth");
    let mut player = Player::start(version).await;
    let mut played = 0;
    for step in recorded["steps"].as_array().unwrap() {
        if LEFT_OUT.contains(&step["step"].as_str().unwrap()) {
            continue;
        }
        player.play(step).await;
        // The first step finds nobody signed in.
        player.forge.signs_in_as(BOB);
        played += 1;
    }
    assert!(played > 20, "most steps are played");
    let differences = player.differences.join("\n");
    assert!(
        differences.is_empty(),
        "Gitea {} answered otherwise:\n{differences}",
        version.name()
    );
}

#[tokio::test]
async fn gitea_1_24() {
    replay(Version::V1_24).await;
}

#[tokio::test]
async fn gitea_1_26() {
    replay(Version::V1_26).await;
}
