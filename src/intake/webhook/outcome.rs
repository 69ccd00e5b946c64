//! How a delivery ended, and what is answered.

use crate::intake::answer;
use crate::intake::payload::NotAnEvent;
use crate::intake::signature::Refused;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use state::StoreError;

/// How a delivery ended.
pub(super) enum Outcome {
    Ignored(&'static str),
    Accepted { pulls: Vec<String>, known: bool },
}

/// Why a delivery was not taken in.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("the delivery is no JSON: set this webhook's content type to application/json")]
    NotJson,
    #[error("the body is larger than {0} bytes (256 times webhook.max_body)")]
    TooLarge(usize),
    #[error("the body did not arrive in time")]
    TooSlow,
    #[error("the body broke off")]
    Broken,
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    NotAnEvent(#[from] NotAnEvent),
    #[error("the inbox is full: nothing was taken in, try again later")]
    InboxFull,
    #[error("the store failed: nothing is promised, try again later")]
    Store(StoreError),
    #[error("the event could not be written: nothing was taken in")]
    Unwritable,
    #[error("too many deliveries are under way: nothing was taken in, try again later")]
    TooMany,
    #[error("refire is shutting down: nothing was taken in, try again later")]
    Stopping,
}

impl Outcome {
    /// The word for programs.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Ignored(_) => "ignored",
            Self::Accepted { known: false, .. } => "accepted",
            Self::Accepted { known: true, .. } => "known",
        }
    }

    pub(super) fn answer(self) -> Response {
        match self {
            Self::Ignored(reason) => {
                answer::json_line(StatusCode::OK, &json!({ "ignored": reason }))
            }
            Self::Accepted { pulls, known } => {
                let accepted = pulls.join(", ");
                let value = if known {
                    json!({ "accepted": accepted, "known": true })
                } else {
                    json!({ "accepted": accepted })
                };
                answer::json_line(StatusCode::ACCEPTED, &value)
            }
        }
    }
}

impl Failure {
    /// The word for programs.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::NotJson => "not_json",
            Self::TooLarge(_) => "too_large",
            Self::TooSlow => "too_slow",
            Self::Broken => "broken",
            Self::Refused(_) => "not_signed",
            Self::NotAnEvent(_) => "not_an_event",
            Self::InboxFull => "inbox_full",
            Self::Store(_) | Self::Unwritable => "store_failed",
            Self::TooMany => "too_many",
            Self::Stopping => "stopping",
        }
    }

    /// Whether nothing was wrong with the delivery, so that what it told is missed.
    pub(super) const fn misses(&self) -> bool {
        match self {
            Self::InboxFull
            | Self::Store(_)
            | Self::Unwritable
            | Self::TooMany
            | Self::Stopping => true,
            Self::NotJson
            | Self::TooLarge(_)
            | Self::TooSlow
            | Self::Broken
            | Self::Refused(_)
            | Self::NotAnEvent(_) => false,
        }
    }

    pub(super) fn answer(&self) -> Response {
        let status = match self {
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken | Self::NotAnEvent(_) => StatusCode::BAD_REQUEST,
            Self::Refused(_) => StatusCode::UNAUTHORIZED,
            Self::InboxFull
            | Self::Store(_)
            | Self::Unwritable
            | Self::TooMany
            | Self::Stopping => {
                return answer::unavailable(&self.to_string());
            }
        };
        answer::message(status, &self.to_string())
    }

    /// What the log says beyond the answer: the store's own words, which name no content.
    pub(super) fn cause(&self) -> Option<String> {
        if let Self::Store(error) = self {
            Some(error.to_string())
        } else {
            None
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::InboxFull(_) => Self::InboxFull,
            StoreError::Closed => Self::Stopping,
            error => Self::Store(error),
        }
    }
}
