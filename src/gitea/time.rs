//! Times as HTTP and Gitea write them.

use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};

/// A date of an HTTP header: `Sun, 22 Nov 2026 07:00:00 GMT`.
pub(super) fn http_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

/// A time for `since`, in whole seconds as Gitea compares them (gitea-facts §3.2), rounded down
/// so that nothing is missed.
pub(super) fn since(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second() - i64::from(time.subsec_nanosecond() < 0))
        .unwrap_or(time)
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_date_header() {
        let date = http_date("Sun, 22 Nov 2026 07:00:00 GMT").unwrap();
        assert_eq!(date.to_string(), "2026-11-22T07:00:00Z");
    }

    #[test]
    fn since_is_rounded_down() {
        let time: Timestamp = "2026-11-22T07:00:00.9Z".parse().unwrap();
        assert_eq!(since(time), "2026-11-22T07:00:00Z");
    }
}
