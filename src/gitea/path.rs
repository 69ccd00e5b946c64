//! Paths and queries, every value percent-encoded.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt::Write;

/// What needs no encoding in a path segment or a query value (RFC 3986, unreserved).
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A value that would make the path another one: empty, `.` or `..`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unaskable;

/// The route with its `{names}` replaced by `values`, in order.
pub(super) fn path(route: &'static str, values: &[&str]) -> Result<String, Unaskable> {
    let mut values = values.iter();
    let mut path = String::with_capacity(route.len() + 32);
    for segment in route.split('/').skip(1) {
        path.push('/');
        if segment.starts_with('{') {
            path.push_str(&encoded(values.next().ok_or(Unaskable)?)?);
        } else {
            path.push_str(segment);
        }
    }
    Ok(path)
}

fn encoded(value: &str) -> Result<String, Unaskable> {
    match value {
        "" | "." | ".." => Err(Unaskable),
        _ => Ok(utf8_percent_encode(value, VALUE).to_string()),
    }
}

/// Adds `?name=value` or `&name=value`.
pub(super) fn with_query(mut path: String, query: &[(&str, String)]) -> String {
    for (name, value) in query {
        let mark = if path.contains('?') { '&' } else { '?' };
        let value = utf8_percent_encode(value, VALUE);
        // Writing to a `String` cannot fail.
        let _ = write!(path, "{mark}{name}={value}");
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_leave_its_segment() {
        let path = path("/teams/{id}/members/{login}", &["3", "a/../b?c#d e"]).unwrap();
        assert_eq!(path, "/teams/3/members/a%2F..%2Fb%3Fc%23d%20e");
    }

    #[test]
    fn a_value_that_would_change_the_path_is_not_asked_for() {
        for value in ["", ".", ".."] {
            assert_eq!(path("/users/{user}", &[value]), Err(Unaskable));
        }
    }

    #[test]
    fn a_plus_in_a_time_survives() {
        let query = [
            ("since", "2026-11-22T08:00:00+02:00".to_owned()),
            ("page", "1".to_owned()),
        ];
        let path = with_query("/x".to_owned(), &query);
        assert_eq!(path, "/x?since=2026-11-22T08%3A00%3A00%2B02%3A00&page=1");
    }
}
