//! A browser as far as HTTP goes: keeps cookies, and follows redirects only when told to.

use crate::stage::{Stage, tempo, watch};
use forge::{Forge, PullHandle, Version};
use refire::worker::tempo::Tempo;
use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// A stage with pages, on which people sign in.
pub(crate) async fn stage() -> Stage {
    stage_with("", tempo()).await
}

/// The same with more configuration of the pages, and other waits.
pub(crate) async fn stage_with(more: &str, tempo: Tempo) -> Stage {
    let mut stage = prepared(more, tempo).await;
    stage.enter().await;
    stage
}

/// The same before the bot comes.
pub(crate) async fn prepared(more: &str, tempo: Tempo) -> Stage {
    let forge = Forge::start(Version::V1_26).await;
    let address = forge::free_address();
    let (id, secret) = forge.application(&format!("http://{address}/login/callback"));
    let extra = format!(
        "[web]\npublic_url = \"http://{address}\"\noauth_client_id = \"{id}\"\n\
         oauth_client_secret_env = \"OAUTH_SECRET\"\n{more}"
    );
    let mut stage = Stage::bare(forge, &extra, tempo);
    watch::also(&secret);
    stage.variables.push(("OAUTH_SECRET", secret));
    stage.listens_at = address.to_string();
    stage
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().expect("visible ASCII"))
    }

    /// Where its changes are told.
    pub(crate) fn events(&self) -> &str {
        let (_, rest) = self.text.split_once("data-events=\"").expect("a place");
        rest.split('"').next().expect("a value")
    }

    /// The token of the form by which its reader signs out.
    pub(crate) fn token(&self) -> &str {
        let (_, rest) = self
            .text
            .split_once("name=\"token\" value=\"")
            .expect("a form");
        rest.split('"').next().expect("a value")
    }
}

/// Somebody's browser.
pub(crate) struct Browser {
    client: reqwest::Client,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Default for Browser {
    fn default() -> Self {
        Self::with(BTreeMap::new())
    }
}

impl Browser {
    /// Somebody who is signed in.
    pub(crate) async fn of(stage: &Stage, who: &str) -> Self {
        let browser = Self::default();
        let page = browser.sign_in(stage, who, "/").await;
        assert_eq!(page.status, 200, "{}", page.text);
        browser
    }

    /// Signs in to come back to a page, which is what is given.
    pub(crate) async fn sign_in(&self, stage: &Stage, who: &str, to: &str) -> Page {
        stage.forge.signs_in_as(who);
        let begun = self.open(stage, &format!("/login?to={to}")).await;
        let back = self.says_yes(&begun).await;
        let admitted = self.get(&back).await;
        assert_eq!(admitted.status, 303, "{}", admitted.text);
        let path = admitted.header("location").to_owned();
        self.open(stage, &path).await
    }

    /// Goes to the forge and says yes there; gives where that leads.
    pub(crate) async fn says_yes(&self, begun: &Page) -> String {
        assert_eq!(begun.status, 303, "{}", begun.text);
        let there = self.get(begun.header("location")).await;
        assert_eq!(there.status, 303, "{}", there.text);
        there.header(LOCATION.as_str()).to_owned()
    }

    /// Opens one of our pages.
    pub(crate) async fn open(&self, stage: &Stage, path: &str) -> Page {
        self.get(&address(stage, path)).await
    }

    /// Opens the page of a pull request.
    pub(crate) async fn looks_at(&self, stage: &Stage, pull: &PullHandle) -> Page {
        self.open(stage, &path(pull)).await
    }

    /// Sends the form that signs out.
    pub(crate) async fn signs_out(&self, stage: &Stage, token: &str) -> Page {
        let request = self.client.post(address(stage, "/logout"));
        let form = request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("token={token}"));
        self.send(form).await
    }

    pub(crate) async fn get(&self, url: &str) -> Page {
        self.send(self.client.get(url)).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Page {
        let answer = self.request(request).await;
        Page {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            text: answer.text().await.expect("a text"),
        }
    }

    /// Waits for changes of a page that has seen this.
    pub(crate) async fn listens(&self, stage: &Stage, page: &Page) -> reqwest::Response {
        self.hears(&address(stage, page.events())).await
    }

    /// Opens what does not end.
    pub(crate) async fn hears(&self, url: &str) -> reqwest::Response {
        self.request(self.client.get(url)).await
    }

    async fn request(&self, request: reqwest::RequestBuilder) -> reqwest::Response {
        let sent: Vec<String> = {
            let cookies = self.cookies.lock().expect("nobody panicked");
            cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect()
        };
        let request = request.header(COOKIE, sent.join("; "));
        let answer = request.send().await.expect("an answer");
        for set in answer.headers().get_all(SET_COOKIE) {
            self.keep(set.to_str().expect("visible ASCII"));
        }
        answer
    }

    fn keep(&self, set: &str) {
        let pair = set.split(';').next().expect("a pair");
        let (name, value) = pair.split_once('=').expect("a pair");
        let mut cookies = self.cookies.lock().expect("nobody panicked");
        if set.contains("Max-Age=0") {
            cookies.remove(name);
        } else {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// The cookies that it has now.
    pub(crate) fn cookies(&self) -> BTreeMap<String, String> {
        self.cookies.lock().expect("nobody panicked").clone()
    }

    /// Another browser with these cookies.
    pub(crate) fn with(cookies: BTreeMap<String, String>) -> Self {
        let client = reqwest::Client::builder();
        let client = client.redirect(reqwest::redirect::Policy::none());
        Self {
            client: client.build().expect("a client"),
            cookies: Mutex::new(cookies),
        }
    }
}

/// The whole address of a page.
pub(crate) fn address(stage: &Stage, path: &str) -> String {
    let bot = stage.bot.as_ref().expect("the bot is on stage");
    format!("http://{}{path}", bot.pages)
}

/// The path of a pull request's page.
pub(crate) fn path(pull: &PullHandle) -> String {
    format!("/{}", pull.name().replace('#', "/pulls/"))
}
