//! Who keeps the counts of this process, and renders them for a scrape.

use super::table::{
    ALL, ANSWER, ANSWER_BUCKETS, BUILD_INFO, CAUSES, FLUSH_BUCKETS, Kind, Metric, STORE_FLUSH,
};
use crate::model::Cause;
use crate::version;
use metrics::Recorder as _;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusRecorder};
use std::sync::{Arc, OnceLock};

static OF_PROCESS: OnceLock<Recorder> = OnceLock::new();

/// Keeps counts. Cloning gives another hold of the same.
#[derive(Clone, Debug)]
pub struct Recorder(Arc<PrometheusRecorder>);

impl Recorder {
    /// The one that everything in this process is counted by, from the first call on.
    #[must_use]
    pub fn of_process() -> Self {
        let recorder = OF_PROCESS.get_or_init(|| {
            let recorder = Self::alone();
            // Whoever has installed another one wants to count alone; then this one stays empty.
            let _ = metrics::set_global_recorder(Arc::clone(&recorder.0));
            recorder
        });
        recorder.clone()
    }

    /// One that counts only what it is given: tests that count exactly hear their own thread with it.
    #[must_use]
    pub fn alone() -> Self {
        let recorder = Self(Arc::new(builder().build_recorder()));
        recorder.describe();
        recorder
    }

    /// For [`metrics::set_default_local_recorder`].
    #[must_use]
    pub fn as_recorder(&self) -> &dyn metrics::Recorder {
        &*self.0
    }

    /// The text for a scrape. Within `last`, what is measured at this moment can be set.
    pub fn render(&self, last: impl FnOnce()) -> String {
        metrics::with_local_recorder(&*self.0, last);
        self.0.handle().render()
    }

    /// Folds what was measured since the last time into its buckets, so that it takes no room while
    /// nobody scrapes.
    pub fn tidy(&self) {
        self.0.handle().run_upkeep();
    }

    fn describe(&self) {
        for metric in ALL {
            let Metric { name, help, .. } = *metric;
            let describe = match metric.kind {
                Kind::Counter => PrometheusRecorder::describe_counter,
                Kind::Gauge => PrometheusRecorder::describe_gauge,
                Kind::Histogram => PrometheusRecorder::describe_histogram,
            };
            describe(&self.0, name.into(), Some(metric.unit()), help.into());
        }
        metrics::with_local_recorder(&*self.0, begin);
        self.tidy();
    }
}

/// What can be counted is there from the start: a rate needs a 0 to begin from. An age is absent
/// until it is known.
fn begin() {
    for metric in ALL {
        match metric.kind {
            Kind::Counter => begin_counter(metric),
            Kind::Histogram => drop(metrics::histogram!(metric.name)),
            Kind::Gauge => {}
        }
    }
    for cause in Cause::ALL {
        metrics::counter!(CAUSES, "cause" => cause.id()).absolute(0);
    }
    let build = [("version", version::VERSION), ("commit", version::commit())];
    metrics::gauge!(BUILD_INFO, &build).set(1.0);
}

/// Every combination of the values that its labels have.
fn begin_counter(metric: &Metric) {
    let mut series: Vec<Vec<metrics::Label>> = vec![Vec::new()];
    for (label, values) in metric.labels {
        let with = |labels: &Vec<metrics::Label>, value: &'static str| {
            let mut labels = labels.clone();
            labels.push(metrics::Label::from_static_parts(label, value));
            labels
        };
        let each = |labels| values.iter().map(move |value| with(labels, value));
        series = series.iter().flat_map(each).collect();
    }
    for labels in series {
        metrics::counter!(metric.name, labels).absolute(0);
    }
}

fn builder() -> PrometheusBuilder {
    let buckets = [(ANSWER, ANSWER_BUCKETS), (STORE_FLUSH, FLUSH_BUCKETS)];
    let mut builder = PrometheusBuilder::new();
    for (name, bounds) in buckets {
        let matcher = Matcher::Full(name.to_owned());
        // The only error is a list without bounds.
        builder = builder
            .set_buckets_for_metric(matcher, bounds)
            .unwrap_or_default();
    }
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_histogram_has_buckets_and_every_bound_is_there() {
        let recorder = Recorder::alone();
        let text = recorder.render(|| {
            for metric in ALL.iter().filter(|metric| metric.kind == Kind::Histogram) {
                metrics::histogram!(metric.name).record(0.2);
            }
        });
        for (name, bounds) in [(ANSWER, ANSWER_BUCKETS), (STORE_FLUSH, FLUSH_BUCKETS)] {
            for bound in bounds {
                let line = format!("{name}_bucket{{le=\"{bound}\"}}");
                assert!(text.contains(&line), "{line} is not in:\n{text}");
            }
        }
        assert!(!text.contains("quantile"), "{text}");
    }

    #[test]
    fn counters_without_labels_are_there_from_the_start_with_their_help() {
        let text = Recorder::alone().render(|| ());
        for metric in ALL
            .iter()
            .filter(|it| it.labels.is_empty() && it.kind == Kind::Counter)
        {
            let Metric { name, help, .. } = metric;
            let lines = format!("# HELP {name} {help}\n# TYPE {name} counter\n{name} 0\n");
            assert!(text.contains(&lines), "{lines} is not in:\n{text}");
        }
        let build = format!(
            "refire_build_info{{version=\"{}\",commit=",
            version::VERSION
        );
        assert!(text.contains(&build), "{text}");
    }

    #[test]
    fn those_that_count_alone_do_not_hear_each_other() {
        let (one, other) = (Recorder::alone(), Recorder::alone());
        let count = || metrics::counter!(super::super::UNEXPLAINED).increment(1);
        assert!(one.render(count).contains("refire_unexplained_total 1"));
        assert!(other.render(|| ()).contains("refire_unexplained_total 0"));
    }
}
