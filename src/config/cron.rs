//! When every open pull request is evaluated again.

use super::words::quoted;
use croner::parser::{CronParser, Seconds};
use std::fmt;

/// A cron line of six fields, seconds first, in UTC, that fires sooner or later.
#[derive(Clone, PartialEq, Eq)]
pub struct CronLine(String);

impl CronLine {
    /// The line itself, as the scheduler takes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Understands a line with the scheduler's own parser, and looks whether it ever fires.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let fields = text.split_whitespace().count();
        if fields != 6 {
            return Err(format!(
                "{} has {fields} fields instead of six; write the seconds first, for example \"0 23 3 * * *\", or \"off\"",
                quoted(text)
            ));
        }
        // These are the scheduler's own options: day of month and day of week must both match.
        let parser = CronParser::builder()
            .seconds(Seconds::Required)
            .dom_and_dow(true)
            .build();
        let cron = parser.parse(text).map_err(|_| {
            format!(
                "{} is not a cron line; write for example \"0 23 3 * * *\", or \"off\"",
                quoted(text)
            )
        })?;
        // Without a year, a line that fires at all fires again and again: any start will do.
        match cron.find_next_occurrence(&chrono::DateTime::UNIX_EPOCH, false) {
            Ok(_) => Ok(Self(text.split_whitespace().collect::<Vec<_>>().join(" "))),
            Err(_) => Err(format!(
                "{} never fires; write for example \"0 23 3 * * *\", or \"off\"",
                quoted(text)
            )),
        }
    }
}

impl fmt::Display for CronLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for CronLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
