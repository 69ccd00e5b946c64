//! One call: sent, answered, read, counted and written down, with the retries that reads have.
//!
//! **Invariant:** no call is sent that `traffic` does not admit, every one ends within its timeout, and
//! no write is ever sent twice from here. Called by [`super::session`].

use super::{
    body::{Body, BodyError},
    client::{Gitea, Inner},
    error::{CallError, ErrorKind},
    journal::Journal,
    refusal::{self, Refusal},
    time,
};
use crate::model::{Evidence, Outcome};
use backon::{BackoffBuilder, ExponentialBuilder};
use jiff::Timestamp;
use reqwest::{Method, Response, header};
use std::{error::Error, io, time::Duration};

/// Two more tries, and how long the first of them waits at least.
const FURTHER_TRIES: usize = 2;
const FIRST_DELAY: Duration = Duration::from_millis(200);
/// How long one call may wait between its tries in all.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is to be asked, and as whom.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) route: &'static str,
    /// Below `/api/v1`, with the query.
    pub(super) path: String,
    pub(super) json: Option<Vec<u8>>,
    /// The statuses that are good.
    pub(super) due: &'static [u16],
    /// Which identity asks.
    pub(super) by: usize,
}

/// What an answer is held against.
pub(super) struct Expected<'a> {
    pub(super) route: &'static str,
    pub(super) path: &'a str,
    /// The statuses that are good.
    pub(super) due: &'static [u16],
}

impl<'a> From<&'a Call> for Expected<'a> {
    fn from(call: &'a Call) -> Self {
        Self {
            route: call.route,
            path: &call.path,
            due: call.due,
        }
    }
}

/// What a good answer says outside its body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// `X-Total-Count`.
    pub(super) total: Option<u64>,
    /// The server's clock.
    pub(super) date: Option<Timestamp>,
    /// What stands in front of Gitea, where its headers show.
    pub(super) proxy: Option<&'static str>,
}

impl Gitea {
    /// Calls with the token as it is now; once more where it is refused and has been replaced, since a
    /// refused token has done nothing. An identity that is refused for good is noted.
    pub(super) async fn call(
        &self,
        call: &Call,
        journal: &Journal,
        body: &mut impl Body,
    ) -> Result<Answer, CallError> {
        self.renew(call.by, self.inner().renewed).await;
        let mut answer = self.call_patiently(call, journal, body).await;
        let refused = |answer: &Result<Answer, CallError>| matches!(answer, Err(error) if error.kind == ErrorKind::Unauthorized);
        if refused(&answer) && self.renew(call.by, Duration::ZERO).await {
            body.reset();
            answer = self.call_patiently(call, journal, body).await;
        }
        answer.inspect_err(|error| self.inner().roster.note(call.by, error))
    }

    /// Calls, and calls again where a read may be tried again.
    async fn call_patiently(
        &self,
        call: &Call,
        journal: &Journal,
        body: &mut impl Body,
    ) -> Result<Answer, CallError> {
        let mut patience = PATIENCE;
        let mut delays = ExponentialBuilder::new()
            .with_min_delay(FIRST_DELAY)
            .with_max_times(FURTHER_TRIES)
            .with_jitter()
            .build();
        loop {
            let error = match self.call_once(call, journal, body).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if !error.passes() {
                return Err(error);
            }
            let Some(wait) = delays.next().map(|delay| delay.max(asked_to_wait(&error))) else {
                return Err(error);
            };
            let Some(left) = patience.checked_sub(wait) else {
                return Err(error);
            };
            patience = left;
            body.reset();
            tokio::time::sleep(wait).await;
        }
    }

    async fn call_once(
        &self,
        call: &Call,
        journal: &Journal,
        body: &mut impl Body,
    ) -> Result<Answer, CallError> {
        let inner = self.inner();
        let _permit = match inner.traffic.admit().await {
            Ok(permit) => permit,
            Err(quiet) => return Err(inner.unsent(call, quiet)),
        };
        let result = inner.exchange(call, body).await;
        let evidence = inner.evidence(call, &result);
        inner.tally.count(
            &evidence.method,
            call.route,
            status_label(&evidence.outcome),
        );
        tracing::debug!(method = %evidence.method, path = %evidence.path, outcome = ?evidence.outcome, "asked the forge");
        journal.note(evidence.clone());
        result.map_err(|Refusal { kind, signed, .. }| CallError {
            evidence: Box::new(evidence),
            kind,
            route: call.route,
            signed,
            pages: inner.pages.clone(),
        })
    }
}

impl Inner {
    async fn exchange(&self, call: &Call, body: &mut impl Body) -> Result<Answer, Refusal> {
        self.answered_to(self.request(call), &call.into(), body)
            .await
    }

    /// Sends a request, whoever asks, and reads what is answered.
    pub(super) async fn answered_to(
        &self,
        request: reqwest::RequestBuilder,
        expected: &Expected<'_>,
        body: &mut impl Body,
    ) -> Result<Answer, Refusal> {
        let response = request.send().await.map_err(|error| broken(&error))?;
        let status = response.status().as_u16();
        if let Some(quiet) = refusal::asked_for_quiet(&response) {
            self.traffic.keep_quiet(quiet);
        }
        if !expected.due.contains(&status) {
            let refusal = refusal::read(response, expected.route, expected.path).await;
            if refusal.kind.is_gitea() {
                self.answered();
            }
            return Err(refusal);
        }
        let answer = answer(&response);
        if status != 204 {
            read(response, body).await?;
        }
        self.answered();
        Ok(answer)
    }

    /// A call that was not sent, because a proxy has asked for quiet before: neither evidence nor
    /// counted.
    fn unsent(&self, call: &Call, quiet: Duration) -> CallError {
        let kind = ErrorKind::TooMany {
            retry_after: Some(quiet),
        };
        let refusal = Refusal {
            message: Some(String::from("not sent: a proxy has asked for quiet before")),
            ..kind.clone().into()
        };
        CallError {
            evidence: Box::new(self.evidence(call, &Err(refusal))),
            kind,
            route: call.route,
            signed: false,
            pages: self.pages.clone(),
        }
    }

    fn request(&self, call: &Call) -> reqwest::RequestBuilder {
        let url = format!("{}{}", self.api, call.path);
        let mut request = self
            .http
            .request(call.method.clone(), url)
            .timeout(self.timeout);
        if let Some(known) = self.identities.get(call.by) {
            request = request.header(header::AUTHORIZATION, known.credential.authorization());
        }
        match &call.json {
            Some(json) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(json.clone()),
            None => request,
        }
    }

    fn evidence(&self, call: &Call, result: &Result<Answer, Refusal>) -> Evidence {
        let (outcome, message, headers) = match result {
            Ok(answer) => (Outcome::Status(answer.status), None, Vec::new()),
            Err(refusal) => (
                refusal.kind.outcome(),
                refusal.message.clone(),
                refusal.headers.clone(),
            ),
        };
        Evidence {
            at: Timestamp::now(),
            asked_as: self.name_of(call.by),
            method: call.method.to_string(),
            path: call.path.clone(),
            outcome,
            message: message.filter(|message| !self.holds_secret(message)),
            headers,
        }
    }
}

fn answer(response: &Response) -> Answer {
    let text = |name| {
        response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    Answer {
        status: response.status().as_u16(),
        total: text("x-total-count").and_then(|total| total.parse().ok()),
        date: text("date").and_then(time::http_date),
        proxy: proxy(text),
    }
}

/// Headers that Gitea itself never sends, and what a part of their text says of their sender.
const PROXIES: [(&str, &str, &str); 10] = [
    ("cf-ray", "", "Cloudflare"),
    ("server", "cloudflare", "Cloudflare"),
    ("server", "nginx", "nginx"),
    ("server", "openresty", "OpenResty"),
    ("server", "caddy", "Caddy"),
    ("server", "apache", "Apache"),
    ("server", "envoy", "Envoy"),
    ("server", "", "a server that is not Gitea (header `Server`)"),
    ("via", "", "a proxy (header `Via`)"),
    ("x-cache", "", "a cache (header `X-Cache`)"),
];

fn proxy<'a>(header: impl Fn(&'static str) -> Option<&'a str>) -> Option<&'static str> {
    let shows = |name, part| header(name).is_some_and(|text| text.to_lowercase().contains(part));
    let found = PROXIES.iter().find(|(name, part, _)| shows(*name, *part));
    found.map(|(_, _, who)| *who)
}

async fn read(mut response: Response, body: &mut impl Body) -> Result<(), Refusal> {
    let status = response.status().as_u16();
    let content_type = response.headers().get(header::CONTENT_TYPE);
    if !content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/json")) {
        return Err(refusal::foreign(status, response.headers()));
    }
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
        body.take(&chunk).map_err(unusable)?;
    }
    body.finish().map_err(unusable)
}

fn unusable(error: BodyError) -> Refusal {
    match error {
        BodyError::TooLarge => ErrorKind::TooLarge.into(),
        BodyError::Unreadable => ErrorKind::Unreadable.into(),
    }
}

/// What a failure below HTTP means. The error itself is dropped: its text may hold the address.
fn broken(error: &reqwest::Error) -> Refusal {
    if error.is_timeout() {
        ErrorKind::Timeout.into()
    } else if is_about_a_certificate(error) {
        ErrorKind::Untrusted.into()
    } else {
        ErrorKind::Unreachable {
            sent: !error.is_connect() && !error.is_builder(),
        }
        .into()
    }
}

/// Whether the server showed a certificate that is not trusted. The handshake's own error lies inside
/// of [`io::Error`]s, which show only what stands behind it.
fn is_about_a_certificate(error: &reqwest::Error) -> bool {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
            return true;
        }
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    false
}

fn asked_to_wait(error: &CallError) -> Duration {
    match error.kind {
        ErrorKind::TooMany {
            retry_after: Some(wait),
        } => wait,
        _ => Duration::ZERO,
    }
}

/// How a call ended, in few words: whatever answers may answer with numbers that mean nothing.
pub(super) fn status_label(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Status(status @ 100..=599) => status.to_string(),
        Outcome::Status(_) => "other".to_owned(),
        Outcome::Timeout => "timeout".to_owned(),
        Outcome::Unreachable => "unreachable".to_owned(),
        Outcome::Untrusted => "untrusted".to_owned(),
        Outcome::Unreadable => "unreadable".to_owned(),
    }
}
