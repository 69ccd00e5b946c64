//! The table of all metrics. Names and units are as Prometheus' conventions ask: counters end in
//! `_total`, what has a unit in its base unit.

use metrics::Unit;

/// What kind of number it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only grows, from 0 at the start of the process.
    Counter,
    /// It is as it is at the moment of the scrape.
    Gauge,
    /// How many of them were at most how long.
    Histogram,
}

/// A label, and its values: all of them where they are words of this program that it has to begin
/// with, none where they come from elsewhere.
pub type Label = (&'static str, &'static [&'static str]);

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What kind of number it is.
    pub kind: Kind,
    /// Its labels, each with few values.
    pub labels: &'static [Label],
    /// What it says, as a scrape shows it.
    pub help: &'static str,
}

impl Metric {
    /// Its unit, which its name tells.
    #[must_use]
    pub fn unit(&self) -> Unit {
        if self.name.ends_with("_seconds") {
            Unit::Seconds
        } else {
            Unit::Count
        }
    }
}

macro_rules! metrics {
    ($($constant:ident = $kind:ident $name:literal $labels:tt $help:literal,)*) => {
        $(#[doc = $help] pub const $constant: &str = $name;)*

        /// All of them, in the order of the table.
        pub const ALL: &[Metric] = &[$(Metric {
            name: $name,
            kind: Kind::$kind,
            labels: &$labels,
            help: $help,
        },)*];
    };
}

metrics! {
    DELIVERIES = Counter "refire_deliveries_total" [("outcome", DELIVERY_ENDS)]
        "Deliveries to the webhook, by how they ended.",
    EVALUATIONS = Counter "refire_evaluations_total" [("verdict", &["satisfied", "not_satisfied", "unknown"])]
        "Gates that were evaluated, by verdict.",
    CAUSES = Counter "refire_causes_total" [("cause", &[])]
        "Refusals of the forge that were explained, by the id of their cause.",
    UNEXPLAINED = Counter "refire_unexplained_total" []
        "Refusals of the forge that could not be explained.",
    FORGE_CALLS = Counter "refire_forge_calls_total" [("method", &[]), ("route", &[]), ("status", &[])]
        "Calls to the forge, by route and by the status of the answer or why there was none.",
    EFFECTS = Counter "refire_effects_total" [("kind", &["status", "reply", "fold", "reaction"]), ("outcome", &["done", "given_up", "retried"])]
        "Writes to the forge, by what they are and how they ended.",
    FORGED_STATUSES = Counter "refire_forged_statuses_total" []
        "Statuses of somebody else that were seen under contexts of the bot.",
    FOUND_BY_SWEEP = Counter "refire_found_by_sweep_total" []
        "Comments with commands that the sweep found before any delivery told of them.",
    INBOX_ITEMS = Gauge "refire_inbox_items" []
        "Events that wait in the inbox.",
    INBOX_OLDEST = Gauge "refire_inbox_oldest_seconds" []
        "How long the oldest event has waited; 0 while none does.",
    OUTBOX_EFFECTS = Gauge "refire_outbox_effects" []
        "Writes that wait in the outbox.",
    OUTBOX_OLDEST = Gauge "refire_outbox_oldest_seconds" []
        "How long the oldest write has waited; 0 while none does.",
    UNKNOWN_GATES = Gauge "refire_unknown_gates" []
        "Gates of open pull requests whose verdict could not be found out.",
    UNKNOWN_OLDEST = Gauge "refire_unknown_oldest_seconds" []
        "For how long the verdict of the longest unknown gate has been; 0 while none is.",
    SWEEP_LAG = Gauge "refire_sweep_lag_seconds" []
        "Time since a round of the sweep last read everything; until then, since the start. Absent without a sweep.",
    LAST_DELIVERY = Gauge "refire_last_delivery_seconds" []
        "Time since the last delivery with a valid signature. Absent while there was none.",
    OLDEST_VERIFICATION = Gauge "refire_oldest_verification_seconds" []
        "How long ago the green gate was confirmed that was looked at longest ago; 0 while none waits.",
    BUILD_INFO = Gauge "refire_build_info" [("version", &[]), ("commit", &[])]
        "Always 1; its labels say which build this is.",
    ANSWER = Histogram "refire_answer_seconds" []
        "Time from a comment with commands to its answer.",
    STORE_FLUSH = Histogram "refire_store_flush_seconds" []
        "Time that the disk took to make a batch of writes durable.",
}

const DELIVERY_ENDS: &[&str] = &[
    "accepted",
    "known",
    "ignored",
    "not_signed",
    "not_json",
    "not_an_event",
    "too_large",
    "too_slow",
    "too_many",
    "broken",
    "inbox_full",
    "store_failed",
    "stopping",
];

/// The upper bounds of the buckets of [`ANSWER`].
pub const ANSWER_BUCKETS: &[f64] = &[
    0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0,
];

/// The upper bounds of the buckets of [`STORE_FLUSH`].
pub const FLUSH_BUCKETS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_as_the_conventions_ask() {
        for metric in ALL {
            let name = metric.name;
            let known = |c: char| c.is_ascii_lowercase() || c == '_';
            assert!(
                name.starts_with("refire_") && name.chars().all(known),
                "{name}"
            );
            let counts = metric.kind == Kind::Counter;
            assert_eq!(name.ends_with("_total"), counts, "{name}");
            let measures = metric.kind == Kind::Histogram;
            assert!(!measures || name.ends_with("_seconds"), "{name}");
            assert!(metric.help.ends_with('.'), "{name}");
        }
        let names: BTreeSet<_> = ALL.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), ALL.len());
    }

    #[test]
    fn no_label_grows_with_what_is_looked_after() {
        let few = [
            "outcome", "verdict", "cause", "method", "route", "status", "kind", "version", "commit",
        ];
        let labels = ALL.iter().flat_map(|metric| metric.labels);
        let others: Vec<_> = labels.filter(|(label, _)| !few.contains(label)).collect();
        assert_eq!(others, Vec::<&Label>::new());
    }
}
