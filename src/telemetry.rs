//! Logs: on standard error, so that standard output carries answers only.
//!
//! **Invariant:** no body, no token and no secret is ever logged; calls are named by route, status
//! and Gitea's own message (of a 401 not even that).

#[cfg(feature = "otel")]
mod otel;

use crate::config::{Environment, LogFormat};
use std::io::IsTerminal as _;
use tracing::Subscriber;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer};

/// The scheduler tells of its own coming and going, which is no news to an operator.
const QUIET: &str = "tokio_cron_scheduler=warn";

/// sled also tells something while a thread ends, when nothing can be logged any more: trying to would
/// end the process. What matters of it comes back as an error of the store.
const MUTE: &str = "sled=off";

/// Logs, and exports, until it is dropped.
#[derive(Debug)]
#[must_use = "what is exported ends when this is dropped"]
pub struct Telemetry {
    #[cfg(feature = "otel")]
    _export: Option<otel::Export>,
}

/// Starts logging. `usual` is what is logged where `REFIRE_LOG` says nothing, for example `info`.
pub fn start(environment: &Environment, usual: &str) -> Telemetry {
    let format = environment.log_format().unwrap_or_default();
    let coloured = std::io::stderr().is_terminal();
    let log = tracing_subscriber::registry()
        .with(filter(environment.log_filter(), usual))
        .with(lines(format, coloured, std::io::stderr));
    // A second start within one process keeps the first, as in tests.
    #[cfg(not(feature = "otel"))]
    {
        let _ = log.try_init();
        Telemetry {}
    }
    #[cfg(feature = "otel")]
    {
        let export = environment.otlp_endpoint().map(otel::Export::to);
        let (export, error) = match export.transpose() {
            Ok(export) => (export, None),
            Err(error) => (None, Some(error)),
        };
        let _ = log
            .with(export.as_ref().map(otel::Export::layer))
            .try_init();
        if let Some(error) = error {
            tracing::warn!(%error, "spans are not exported");
        }
        Telemetry { _export: export }
    }
}

/// One line an event, with what its span says: the pull request, and the ids of delivery, comment and
/// evaluation.
fn lines<S, W>(format: LogFormat, coloured: bool, to: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = fmt::layer()
        .with_writer(to)
        .with_target(false)
        // Told of on the very stream that failed, a line that cannot be written would end its thread.
        .log_internal_errors(false);
    match format {
        LogFormat::Text => lines.with_ansi(coloured).boxed(),
        LogFormat::Json => lines
            .with_ansi(false)
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .boxed(),
    }
}

fn filter(asked: Option<&str>, usual: &str) -> EnvFilter {
    let usual = format!("{usual},{QUIET}");
    let filter = EnvFilter::try_new(asked.unwrap_or(&usual));
    let filter = filter.unwrap_or_else(|_| EnvFilter::new(&usual));
    match MUTE.parse() {
        Ok(mute) => filter.add_directive(mute),
        Err(_) => filter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// What is logged in a span, line by line.
    fn logged(format: LogFormat) -> Vec<String> {
        let written = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&written);
        let writer = move || Lines(Arc::clone(&to));
        let log = tracing_subscriber::registry().with(lines(format, false, writer));
        tracing::subscriber::with_default(log, || {
            let empty = tracing::field::Empty;
            let span = tracing::info_span!("pull_request", repo = "acme/widget", comment = empty);
            let _in = span.enter();
            span.record("comment", "7,8");
            tracing::warn!(cause = "bot-not-in-team", "it \"says\"\nthis");
        });
        let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn as_json_an_event_is_one_line_with_what_its_span_says() {
        let [line] = &logged(LogFormat::Json)[..] else {
            panic!("one line")
        };
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["level"], "WARN");
        assert_eq!(line["message"], "it \"says\"\nthis");
        assert_eq!(line["cause"], "bot-not-in-team");
        let span =
            serde_json::json!({"name": "pull_request", "repo": "acme/widget", "comment": "7,8"});
        assert_eq!(line["span"], span);
        assert!(line["timestamp"].is_string());
    }

    #[test]
    fn as_text_an_event_names_what_its_span_says() {
        let text = logged(LogFormat::Text).join("\n");
        let span = "pull_request{repo=\"acme/widget\" comment=\"7,8\"}";
        assert!(
            text.contains(span) && text.contains("cause=\"bot-not-in-team\""),
            "{text}"
        );
    }

    #[test]
    fn whatever_is_asked_for_sled_is_not_logged() {
        for asked in [None, Some("trace"), Some("sled=trace"), Some("=nonsense=")] {
            let told = filter(asked, "info").to_string();
            let of_sled: Vec<_> = told.split(',').filter(|d| d.contains("sled")).collect();
            assert_eq!(of_sled, ["sled=off"], "{asked:?}");
        }
    }
}
