//! Answers, and the shapes of refusals: the one place that knows them (gitea-facts §0.1).

use serde_json::{Value, json};

use crate::world::World;

/// What a route returns.
pub(crate) type Answer = Result<Reply, Refusal>;

/// A good answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// `None`: no body at all.
    pub(crate) body: Option<Value>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Reply {
    pub(crate) fn ok(body: Value) -> Self {
        Self {
            status: 200,
            body: Some(body),
            headers: Vec::new(),
        }
    }

    pub(crate) fn created(body: Value) -> Self {
        Self {
            status: 201,
            body: Some(body),
            headers: Vec::new(),
        }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            body: None,
            headers: Vec::new(),
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

/// Why a route does not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// `message` and `url`.
    Because(u16, String),
    /// `message` alone: accounts that may not sign in.
    Bare(u16, String),
    /// The ordinary 404, with what was not found if it is told.
    NotFound(Vec<String>),
    /// A 404 that names the function that failed.
    NotFoundIn(&'static str, String),
    /// No body at all.
    Empty(u16),
    /// The thing has another name now.
    Moved(u16, String),
    /// A path that is not of the API.
    NoRoute,
    /// A 500; production servers say nothing.
    Internal,
    /// The member list redirects to the public one.
    SeeOther(String),
}

impl Refusal {
    pub(crate) fn because(status: u16, message: impl Into<String>) -> Self {
        Self::Because(status, message.into())
    }

    pub(crate) fn not_found() -> Self {
        Self::NotFound(Vec::new())
    }

    /// As status, content type, further headers and body.
    pub(crate) fn render(self, world: &World, method: &str) -> Rendered {
        let url = format!("{}/api/swagger", world.base);
        let found = world.habits.not_found;
        match self {
            Self::Because(status, message) => {
                Rendered::json(status, &json!({"message": message, "url": url}))
            }
            Self::Bare(status, message) => Rendered::json(status, &json!({"message": message})),
            Self::NotFound(errors) => {
                let errors = if errors.is_empty() {
                    Value::Null
                } else {
                    json!(errors)
                };
                Rendered::json(
                    404,
                    &json!({"errors": errors, "message": found, "url": url}),
                )
            }
            Self::NotFoundIn(message, error) => Rendered::json(
                404,
                &json!({"errors": [error], "message": message, "url": url}),
            ),
            Self::Empty(status) => Rendered::new(status, None, Vec::new()),
            Self::Moved(status, to) => Rendered::moved(status, to, method),
            Self::SeeOther(to) => Rendered::moved(303, to, method),
            Self::NoRoute => Rendered::new(
                404,
                Some("text/plain; charset=utf-8"),
                b"404 page not found\n".to_vec(),
            )
            .cached_if(world.habits.caches_missing_routes),
            Self::Internal => Rendered::json(500, &json!({"message": "", "url": url})),
        }
    }
}

/// An answer as it goes over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Rendered {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// The connection ends in the middle of the body.
    pub(crate) torn: bool,
}

const CACHE_CONTROL: &str = "max-age=0, private, must-revalidate, no-transform";

impl Rendered {
    pub(crate) fn new(status: u16, content_type: Option<&str>, body: Vec<u8>) -> Self {
        let kind = content_type.map(|kind| ("content-type", kind.to_owned()));
        let cache = ("cache-control", CACHE_CONTROL.to_owned());
        Self {
            status,
            headers: kind.into_iter().chain([cache]).collect(),
            body,
            torn: false,
        }
    }

    /// The connection ends without an answer.
    pub(crate) fn nothing() -> Self {
        Self::new(0, None, Vec::new())
    }

    fn cached_if(mut self, cached: bool) -> Self {
        self.headers
            .retain(|(name, _)| cached || *name != "cache-control");
        self
    }

    fn json(status: u16, body: &Value) -> Self {
        Self::new(
            status,
            Some("application/json;charset=utf-8"),
            line_of(body),
        )
    }

    pub(crate) fn reply(reply: Reply) -> Self {
        let mut rendered = match reply.body {
            Some(body) => Self::json(reply.status, &body),
            None => Self::new(reply.status, None, Vec::new()),
        };
        rendered.headers.extend(reply.headers);
        rendered
    }

    /// Go's redirect: a small page for `GET`, nothing for the rest.
    fn moved(status: u16, to: String, method: &str) -> Self {
        let word = match status {
            301 => "Moved Permanently",
            303 => "See Other",
            _ => "Temporary Redirect",
        };
        let page = format!("<a href=\"{to}\">{word}</a>.\n\n").into_bytes();
        let mut rendered = match method {
            "GET" => Self::new(status, Some("text/html; charset=utf-8"), page),
            _ => Self::new(status, None, Vec::new()),
        };
        rendered.headers.push(("location", to));
        rendered
    }
}

/// One line of JSON, ended as Go's encoder ends it.
fn line_of(value: &Value) -> Vec<u8> {
    let mut line = value.to_string().into_bytes();
    line.push(b'\n');
    line
}
