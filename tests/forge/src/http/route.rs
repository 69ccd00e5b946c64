//! What a route is.

use super::answer::Answer;
use super::ask::Ask;
use crate::world::World;
use crate::world::token::Category;

/// A method, a path below `/api/v1`, the scopes it needs, and the function that answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) scopes: &'static [Category],
    pub(crate) serve: fn(&mut World, &Ask) -> Answer,
}

/// Routes that need no scope.
pub(crate) const OPEN: &[Category] = &[];
/// Issues, comments, reactions; of pull requests too.
pub(crate) const ISSUE: &[Category] = &[Category::Issue];
/// Repositories, pull requests, reviews, statuses, hooks.
pub(crate) const REPOSITORY: &[Category] = &[Category::Repository];
/// Organisations and teams.
pub(crate) const ORGANIZATION: &[Category] = &[Category::Organization];
/// Users.
pub(crate) const USER: &[Category] = &[Category::User];
/// Users within organisations.
pub(crate) const USER_ORGANIZATION: &[Category] = &[Category::User, Category::Organization];
/// Notifications.
pub(crate) const NOTIFICATION: &[Category] = &[Category::Notification];
/// Packages.
pub(crate) const PACKAGE: &[Category] = &[Category::Package];
/// Site administration.
pub(crate) const ADMIN: &[Category] = &[Category::Admin];

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident = $method:literal),* $(,)?) => {$(
        $(#[$doc])*
        pub(crate) fn $name(
            path: &'static str,
            scopes: &'static [Category],
            serve: fn(&mut World, &Ask) -> Answer,
        ) -> Route {
            Route { method: $method, path, scopes, serve }
        }
    )*};
}

methods! {
    /// Reads.
    get = "GET",
    /// Makes something.
    post = "POST",
    /// Makes or keeps something.
    put = "PUT",
    /// Changes something.
    patch = "PATCH",
    /// Removes something.
    delete = "DELETE",
}
