//! What was asked, and by whom.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use super::answer::Refusal;
use crate::world::World;
use crate::world::comment::Window;
use crate::world::ids::UserId;
use crate::world::people::User;
use crate::world::token::Scopes;

/// One request, taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) method: String,
    /// Path below the host, without the query.
    pub(crate) path: String,
    /// Parts of the path by their names in the route, decoded.
    pub(crate) params: HashMap<String, String>,
    pub(crate) query: HashMap<String, String>,
    pub(crate) body: Bytes,
    pub(crate) asker: Asker,
}

/// Who asks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asker {
    /// `None`: nobody.
    pub(crate) user: Option<UserId>,
    /// `None`: no token was used, so everything is allowed that the user may.
    pub(crate) scopes: Option<Scopes>,
}

impl Ask {
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params
            .get(name)
            .map(String::as_str)
            .unwrap_or_default()
    }

    /// A number in the path; 0 when it is none, as in Gitea.
    pub(crate) fn number(&self, name: &str) -> i64 {
        self.param(name).parse().unwrap_or(0)
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    pub(crate) fn is_write(&self) -> bool {
        !matches!(self.method.as_str(), "GET" | "HEAD")
    }

    /// The body as JSON; an empty one is an empty object.
    pub(crate) fn json(&self, world: &World) -> Result<Value, Refusal> {
        if self.body.is_empty() {
            return Ok(Value::Object(serde_json::Map::new()));
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            let at = self
                .body
                .get(error.column().saturating_sub(1))
                .copied()
                .unwrap_or(b'?');
            let expected = world.habits.bad_json_expects;
            Refusal::because(
                422,
                format!("[]: invalid character '{}' {expected}", char::from(at)),
            )
        })
    }

    /// `since` and `before`, which must be RFC 3339.
    pub(crate) fn window(&self) -> Result<Window, Refusal> {
        let parse = |name| self.query(name).map(parse_time).transpose();
        Ok(Window {
            since: parse("since")?,
            before: parse("before")?,
        })
    }
}

fn parse_time(text: &str) -> Result<Timestamp, Refusal> {
    let exact = text.parse::<Timestamp>().map_err(|_| {
        let message = format!(r#"parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse "{text}" as "2006""#);
        Refusal::because(422, message)
    })?;
    Ok(Timestamp::from_second(exact.as_second()).unwrap_or(exact))
}

/// Finds out who presents that `Authorization` header.
pub(crate) fn identify(world: &World, header: Option<&str>) -> Result<Asker, Refusal> {
    let Some((word, rest)) = header.and_then(|header| header.split_once(' ')) else {
        return Ok(Asker::default());
    };
    let known = word == "token" || word.eq_ignore_ascii_case("bearer");
    let asker = if known || (world.habits.token_word_any_case && word.eq_ignore_ascii_case("token"))
    {
        by_token(world, rest)
    } else if word.eq_ignore_ascii_case("basic") {
        by_password(world, rest)
    } else {
        return Ok(Asker::default());
    };
    let asker = asker.ok_or_else(|| Refusal::because(401, world.habits.bad_token))?;
    let user = asker.user.and_then(|user| world.users.get(&user));
    user.map_or(Ok(()), |user| may_sign_in(world, user))?;
    Ok(asker)
}

fn by_token(world: &World, secret: &str) -> Option<Asker> {
    let token = world.token_by_secret(secret)?;
    Some(Asker {
        user: Some(token.owner),
        scopes: Some(token.scopes.clone()),
    })
}

/// A token is as good as the password, and may also stand in the place of the name.
fn by_password(world: &World, encoded: &str) -> Option<Asker> {
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    if let Some(asker) = by_token(world, password).or_else(|| by_token(world, name)) {
        return Some(asker);
    }
    let user = world
        .person(name)
        .filter(|user| user.password == password)?;
    Some(Asker {
        user: Some(user.id),
        scopes: None,
    })
}

/// An account that is not activated is treated as one that may not sign in (as recorded).
fn may_sign_in(world: &World, user: &User) -> Result<(), Refusal> {
    if user.prohibit_login || !user.active {
        let message =
            "This account is prohibited from signing in, please contact your site administrator.";
        return Err(Refusal::Bare(403, message.to_owned()));
    }
    if user.must_change_password {
        let place = format!("{}//user/change_password", world.base);
        return Err(Refusal::Bare(
            403,
            format!("You must change your password. Change it at: {place}"),
        ));
    }
    Ok(())
}
