//! From when on: what `--since` takes.

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp, civil::Date, tz::TimeZone};

/// A moment, a day (UTC), or how long ago it was, with days of 24 hours.
pub(super) fn since(text: &str) -> Result<Timestamp, String> {
    let text = text.trim();
    let length = |span: Span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok();
    let length = text.parse().ok().and_then(length);
    let length = length.filter(SignedDuration::is_positive);
    let ago = length.and_then(|length| Timestamp::now().saturating_sub(length).ok());
    let day = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok();
    ago.or_else(|| text.parse().ok())
        .or_else(|| day().map(|day| day.timestamp()))
        .ok_or_else(|| {
            "write how long ago, such as 7d or 12h, or a day or moment (UTC), such as 2026-11-27 or \
             2026-11-27T14:00:00Z"
                .to_owned()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_a_moment_a_day_or_how_long_ago() {
        for moment in ["2026-11-27T14:00:00Z", "2026-11-27T00:00:00Z"] {
            assert_eq!(since(moment).unwrap().to_string(), moment);
        }
        let day = since("2026-11-27").unwrap();
        assert_eq!(day.to_string(), "2026-11-27T00:00:00Z");
        for (text, hours) in [("24h", 24), ("7d", 168)] {
            let length = SignedDuration::from_hours(hours);
            let before = Timestamp::now();
            let ago = since(text).unwrap() + length;
            assert!(before <= ago && ago <= Timestamp::now(), "{text}: {ago}");
        }
        for wrong in ["", "soon", "yesterday", "-1d", "0s", "7"] {
            assert!(since(wrong).is_err(), "{wrong}");
        }
    }
}
