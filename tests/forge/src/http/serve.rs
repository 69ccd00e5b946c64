//! Between axum and the routes: takes requests apart, applies faults, counts, sends what is to be sent.
//!
//! **Invariant:** the world is locked only while a route's function runs; never across an await.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use futures::{StreamExt, stream};

use super::answer::{Refusal, Rendered};
use super::ask::{Ask, Asker, identify};
use super::line::Line;
use super::route::Route;
use super::{guard, oauth, routes};
use crate::around::When;
use crate::calls::Call;
use crate::clock::http_date;
use crate::fault::Kind;
use crate::forge::Shared;
use crate::world::World;

const API: &str = "/api/v1";

/// All routes as an axum router.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let mut router = Router::new().route("/api/healthz", axum::routing::get(healthz));
    let lockable = shared.with(|world| world.habits.can_lock);
    for route in routes()
        .into_iter()
        .filter(|route| lockable || !route.path.ends_with("/lock"))
    {
        let filter =
            MethodFilter::try_from(Method::from_bytes(route.method.as_bytes()).unwrap_or_default());
        let answer = move |state, line, params, method, uri, headers, body| {
            let parts = Parts {
                route: Some(route),
                params,
                method,
                uri,
                headers,
                body,
                came: Instant::now(),
            };
            respond(state, line, parts)
        };
        router = router.route(
            &format!("{API}{}", route.path),
            on(filter.unwrap_or(MethodFilter::GET), answer),
        );
    }
    let unknown = |state, line, method, uri, headers, body| {
        let params = Path(HashMap::new());
        respond(
            state,
            line,
            Parts {
                route: None,
                params,
                method,
                uri,
                headers,
                body,
                came: Instant::now(),
            },
        )
    };
    router
        .merge(oauth::router())
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .layer(DefaultBodyLimit::disable())
        .with_state(shared)
}

/// Alive; the forge has no database that could fail.
async fn healthz() -> ([(header::HeaderName, &'static str); 1], &'static str) {
    let body = r#"{"status":"pass","description":"Gitea: Git with a cup of tea","checks":{}}"#;
    ([(header::CONTENT_TYPE, "application/json")], body)
}

/// A request before it is looked at.
struct Parts {
    route: Option<Route>,
    params: Path<HashMap<String, String>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
    came: Instant,
}

impl Parts {
    fn ask(&self) -> Ask {
        let query = self.uri.query().unwrap_or_default().as_bytes();
        Ask {
            method: self.method.to_string(),
            path: self.uri.path().to_owned(),
            params: self.params.0.clone(),
            query: url::form_urlencoded::parse(query).into_owned().collect(),
            body: self.body.clone(),
            asker: Asker::default(),
        }
    }

    fn path_below_api(&self) -> &str {
        self.uri
            .path()
            .strip_prefix(API)
            .unwrap_or_else(|| self.uri.path())
    }
}

async fn respond(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    parts: Parts,
) -> Response {
    let (method, path) = (
        parts.method.as_str().to_owned(),
        parts.path_below_api().to_owned(),
    );
    shared.run_around(When::Before, &method, &path);
    let fault = shared.take_fault(&method, &path);
    match &fault {
        Some(Kind::Hang) => {
            shared.record(&parts, None, &Rendered::nothing());
            std::future::pending::<()>().await;
        }
        Some(Kind::Slow(wait)) => tokio::time::sleep(*wait).await,
        Some(Kind::Held) => {
            let nothing = Rendered::nothing();
            shared.record(&parts, None, &nothing);
            let done = response(&shared, &line, nothing);
            shared.hold(move |shared| {
                shared.with(|world| answer(world, &parts));
                shared.send_outbox();
            });
            return done;
        }
        _ => {}
    }
    if let Some(rendered) = instead(fault.as_ref()) {
        shared.record(&parts, None, &rendered);
        return response(&shared, &line, rendered);
    }
    let (login, mut rendered) = shared.with(|world| answer(world, &parts));
    shared.send_outbox();
    match fault {
        Some(Kind::DropAfterWrite) => rendered.status = 0,
        Some(Kind::CutBody) => rendered.torn = true,
        Some(Kind::CutJson) => rendered.body.truncate(rendered.body.len() / 2),
        _ => {}
    }
    shared.record(&parts, login, &rendered);
    shared.run_around(When::After, &method, &path);
    response(&shared, &line, rendered)
}

/// What is answered without asking the world.
fn instead(fault: Option<&Kind>) -> Option<Rendered> {
    match fault? {
        Kind::Status {
            status,
            body,
            headers,
        } => {
            let json = body.starts_with(['{', '[']);
            let kind = if json {
                "application/json;charset=utf-8"
            } else {
                "text/html; charset=utf-8"
            };
            let mut rendered = Rendered::new(*status, Some(kind), body.clone().into_bytes());
            let known = headers
                .iter()
                .filter_map(|(name, value)| Some((leak_known(name)?, value.clone())));
            rendered.headers.extend(known);
            Some(rendered)
        }
        Kind::Reset => Some(Rendered::nothing()),
        Kind::Html403 => {
            let page = b"<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head></html>";
            let mut rendered = Rendered::new(403, Some("text/html; charset=UTF-8"), page.to_vec());
            rendered.headers.push(("server", "cloudflare".to_owned()));
            rendered
                .headers
                .push(("cf-ray", "8c0ffee00000dead-FRA".to_owned()));
            Some(rendered)
        }
        _ => None,
    }
}

/// Headers that a fault may set.
fn leak_known(name: &str) -> Option<&'static str> {
    let known = [
        "retry-after",
        "location",
        "x-total-count",
        "link",
        "server",
        "cf-ray",
        "www-authenticate",
        "content-length",
    ];
    known
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(name))
}

/// The login that was accepted, and the answer.
fn answer(world: &mut World, parts: &Parts) -> (Option<String>, Rendered) {
    let mut ask = parts.ask();
    let header = parts
        .headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let answered = identify(world, header).and_then(|asker| {
        ask.asker = asker;
        let route = parts.route.ok_or(Refusal::NoRoute)?;
        guard::scopes(&ask, route.scopes)?;
        (route.serve)(world, &ask)
    });
    let login = ask.asker.user.map(|user| world.name_of(user).to_owned());
    let rendered = match answered {
        Ok(reply) => Rendered::reply(reply),
        Err(refusal) => refusal.render(world, &ask.method),
    };
    (login, rendered)
}

fn response(shared: &Shared, line: &Line, rendered: Rendered) -> Response {
    if rendered.status == 0 {
        line.cut();
    }
    let date = shared.with(|world| http_date(world.now()));
    let mut response = Response::builder()
        .status(StatusCode::from_u16(rendered.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .header(header::DATE, date);
    if rendered.torn {
        response = response.header(header::CONTENT_LENGTH, rendered.body.len());
    }
    for (name, value) in rendered.headers {
        response = response.header(name, value);
    }
    let body = match rendered.torn {
        true => torn(rendered.body),
        false => Body::from(rendered.body),
    };
    response.body(body).unwrap_or_default()
}

/// The first half, and when that has left, an error instead of the rest.
fn torn(mut body: Vec<u8>) -> Body {
    body.truncate(body.len() / 2);
    let half = stream::once(async { Ok(body) });
    let end = stream::once(async {
        tokio::task::yield_now().await;
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    });
    Body::from_stream(half.chain(end))
}

impl Shared {
    fn record(&self, parts: &Parts, login: Option<String>, answer: &Rendered) {
        let call = Call {
            method: parts.method.to_string(),
            path: parts.uri.to_string(),
            route: parts
                .route
                .map(|route| route.path.to_owned())
                .unwrap_or_default(),
            login,
            status: answer.status,
            request: String::from_utf8_lossy(&parts.body).into_owned(),
            bytes: answer.body.len().try_into().unwrap_or(u64::MAX),
            came: parts.came,
        };
        self.add_call(call);
    }
}
