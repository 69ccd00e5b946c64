//! A running Gitea, spoken to through its API as the people of the stories.

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

/// Everybody's password.
pub(crate) const PASSWORD: &str = "Correct-horse-7-battery";

/// How long one call may take; a server under load commits slowly.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A server with a token for everybody who was made on it.
pub(crate) struct Forge {
    /// Its address, without a slash at the end.
    pub(crate) url: String,
    client: Client,
    admin: (String, String),
    tokens: HashMap<String, String>,
}

/// An answer: its status and its JSON, `null` where there is none.
pub(crate) type Answer = (StatusCode, Value);

impl Forge {
    /// The server that the two variables name.
    ///
    /// # Panics
    /// When they are missing or do not name a server that answers and is empty.
    pub(crate) async fn of_environment() -> Self {
        let url = variable("REFIRE_LIVE_URL", "http://127.0.0.1:3000");
        let admin = variable("REFIRE_LIVE_ADMIN", "user:password");
        let Some((name, password)) = admin.split_once(':') else {
            panic!("REFIRE_LIVE_ADMIN has to be user:password of a site administrator");
        };
        let client = Client::builder().timeout(TIMEOUT).build();
        let forge = Self {
            url: url.trim_end_matches('/').to_owned(),
            client: client.unwrap_or_else(|error| panic!("no HTTP client: {error}")),
            admin: (name.to_owned(), password.to_owned()),
            tokens: HashMap::new(),
        };
        forge.must_be_empty().await;
        forge
    }

    async fn must_be_empty(&self) {
        let users = self.get("root", "/admin/users?page=1&limit=50").await;
        let users: Vec<&str> = all(&users)
            .filter_map(|user| user["login"].as_str())
            .collect();
        let alone = users.len() == 1 && self.get("root", "/orgs?page=1&limit=1").await == json!([]);
        assert!(
            alone,
            "{} is not empty (users: {}); the stories fill a server that has nothing but its \
             administrator",
            self.url,
            users.join(", ")
        );
    }

    /// The version that the server calls itself.
    pub(crate) async fn version(&self) -> String {
        text(&self.get("root", "/version").await["version"])
    }

    /// Makes a user, who may do everything a person may do in the web.
    pub(crate) async fn add_user(&mut self, name: &str) {
        // A name may be taken again, an address may not.
        let email = format!("{name}-{}@example.com", self.tokens.len());
        let user = json!({"username": name, "email": email,
            "password": PASSWORD, "must_change_password": false});
        self.post("root", "/admin/users", user).await;
        let token = self.new_token(name, &["all"]).await;
        self.tokens.insert(name.to_owned(), token);
    }

    /// A token of somebody with exactly these scopes; `root` is the site administrator.
    pub(crate) async fn new_token(&self, name: &str, scopes: &[&str]) -> String {
        let (login, password) = match name {
            "root" => (self.admin.0.as_str(), self.admin.1.as_str()),
            _ => (name, PASSWORD),
        };
        let path = format!("{}/api/v1/users/{login}/tokens", self.url);
        // Gitea lets nobody have two tokens of one name.
        let own = jiff::Timestamp::now().as_nanosecond();
        let token = json!({"name": format!("token-{own}"), "scopes": scopes});
        let request = self
            .client
            .post(path)
            .basic_auth(login, Some(password))
            .json(&token);
        let (status, body) = self.send(request).await;
        assert_eq!(status, StatusCode::CREATED, "a token for {name}: {body}");
        text(&body["sha1"])
    }

    /// A token of somebody that is good for nothing from now on.
    pub(crate) async fn revoke(&self, name: &str, token: &str) {
        let path = format!("/users/{name}/tokens");
        let listed = self.get("root", &path).await;
        let is_it = |known: &&Value| {
            let end = known["token_last_eight"].as_str();
            end.is_some_and(|end| token.ends_with(end))
        };
        let Some(known) = all(&listed).find(is_it) else {
            panic!("{name} has no such token: {listed}")
        };
        let path = format!("{path}/{}", number(&known["id"]));
        self.delete("root", &path).await;
    }

    /// Somebody has another name from now on; the token stays.
    pub(crate) fn call_from_now_on(&mut self, old: &str, new: &str) {
        if let Some(token) = self.tokens.remove(old) {
            self.tokens.insert(new.to_owned(), token);
        }
    }

    /// Asks as somebody; whatever comes back is an answer.
    pub(crate) async fn call(&self, who: &str, method: Method, path: &str, body: Value) -> Answer {
        let request = self
            .client
            .request(method, format!("{}/api/v1{path}", self.url));
        let request = match self.tokens.get(who) {
            Some(token) => request.header("Authorization", format!("token {token}")),
            None if who == "root" => request.basic_auth(&self.admin.0, Some(&self.admin.1)),
            None => panic!("nobody here is called {who}"),
        };
        let request = if body.is_null() {
            request
        } else {
            request.json(&body)
        };
        self.send(request).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap_or_else(|error| {
            panic!(
                "{} does not answer ({error}); the stories need a running server",
                self.url
            )
        });
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    /// Asks for something that has to be granted.
    pub(crate) async fn must(&self, who: &str, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(who, method.clone(), path, body).await;
        assert!(
            status.is_success(),
            "{method} {path} as {who}: {status} {answer}"
        );
        answer
    }

    pub(crate) async fn get(&self, who: &str, path: &str) -> Value {
        self.must(who, Method::GET, path, Value::Null).await
    }

    pub(crate) async fn post(&self, who: &str, path: &str, body: Value) -> Value {
        self.must(who, Method::POST, path, body).await
    }

    pub(crate) async fn put(&self, who: &str, path: &str, body: Value) -> Value {
        self.must(who, Method::PUT, path, body).await
    }

    pub(crate) async fn patch(&self, who: &str, path: &str, body: Value) -> Value {
        self.must(who, Method::PATCH, path, body).await
    }

    pub(crate) async fn delete(&self, who: &str, path: &str) -> Value {
        self.must(who, Method::DELETE, path, Value::Null).await
    }

    /// Every entry of a list, page by page.
    pub(crate) async fn walk(&self, who: &str, path: &str) -> Vec<Value> {
        let mut found = Vec::new();
        for page in 1.. {
            let list = self.get(who, &format!("{path}?page={page}&limit=50")).await;
            let before = found.len();
            found.extend(all(&list).cloned());
            if found.len() < before + 50 {
                break;
            }
        }
        found
    }
}

/// The entries of a list; `null` is an empty one (gitea-facts §3.2).
pub(crate) fn all(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// A text that has to be there.
pub(crate) fn text(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => panic!("a text was expected, not {value}"),
    }
}

/// A number that has to be there.
pub(crate) fn number(value: &Value) -> u64 {
    match value.as_u64() {
        Some(number) => number,
        None => panic!("a number was expected, not {value}"),
    }
}

fn variable(name: &str, example: &str) -> String {
    match std::env::var(name) {
        Ok(value) if !value.is_empty() => value,
        _ => panic!(
            "{name} is not set (for example {example}): the live stories need an empty, running \
             Gitea on this machine and never pass without one"
        ),
    }
}
