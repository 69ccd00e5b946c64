//! The HTTP surface: routes by area, and what they share.
//!
//! A route is a plain function from the world and what was asked to an answer; `serve` is the only
//! place that knows axum, `guard` the only one that knows scopes and permissions of callers,
//! `answer` the only one that knows the shapes of errors, `page` the only one that cuts lists.
//! Called by: `forge`, which binds it to a port.

pub(crate) mod answer;
pub(crate) mod ask;
pub(crate) mod guard;
pub(crate) mod line;
pub(crate) mod page;
pub(crate) mod route;
pub(crate) mod serve;

mod absent;
mod admin;
mod branches;
mod comments;
mod hooks;
mod issues;
mod notifications;
mod oauth;
mod orgs;
mod protections;
mod pulls;
mod reactions;
mod repos;
mod reviews;
mod server;
mod statuses;
mod teams;
mod timeline;
mod users;

use route::Route;

/// Every route of `/api/v1`.
pub(crate) fn routes() -> Vec<Route> {
    [
        server::routes(),
        users::routes(),
        teams::routes(),
        orgs::routes(),
        repos::routes(),
        branches::routes(),
        protections::routes(),
        pulls::routes(),
        reviews::routes(),
        statuses::routes(),
        issues::routes(),
        comments::routes(),
        reactions::routes(),
        timeline::routes(),
        hooks::routes(),
        notifications::routes(),
        admin::routes(),
        absent::routes(),
    ]
    .concat()
}
