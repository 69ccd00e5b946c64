//! Spans to whoever collects them, by OpenTelemetry's protocol over HTTP.
//!
//! **Invariant:** only our own spans are exported, and with them what is logged; so nothing goes there
//! that no log may hold, and the exporter never reports itself.

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

/// Ends the export when it is dropped, outside of any runtime.
#[derive(Debug)]
pub(super) struct Export(SdkTracerProvider);

impl Export {
    /// Exports to this endpoint, to which the path of traces is added.
    pub(super) fn to(endpoint: &str) -> Result<Self, ExporterBuildError> {
        let address = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(address)
            .build()?;
        let version = KeyValue::new("service.version", crate::version::VERSION);
        let resource = Resource::builder()
            .with_service_name("refire")
            .with_attribute(version);
        let provider = SdkTracerProvider::builder()
            .with_resource(resource.build())
            .with_batch_exporter(exporter);
        Ok(Self(provider.build()))
    }

    /// What hears the spans.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let ours = |metadata: &Metadata<'_>| metadata.target().starts_with("refire");
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("refire"))
            .with_filter(filter_fn(ours))
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        // What cannot be delivered any more is not worth a word at the end.
        let _ = self.0.shutdown();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CommentId, DeliveryId, PullNumber, Trail};
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpListener;
    use tracing_subscriber::layer::SubscriberExt as _;

    /// Answers one request; gives its first line and its body.
    fn hear(listener: &TcpListener) -> (String, Vec<u8>) {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(&stream);
        let mut head = Vec::new();
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(told) = line.strip_prefix("content-length: ") {
                length = told.parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
            head.push(line);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        (&stream).write_all(answer.as_bytes()).unwrap();
        (head.swap_remove(0), body)
    }

    fn holds(body: &[u8], part: &[u8]) -> bool {
        body.windows(part.len()).any(|window| window == part)
    }

    #[test]
    fn the_spans_of_one_delivery_arrive_as_one_trace() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let collector = std::thread::spawn(move || hear(&listener));
        let export = Export::to(&endpoint).unwrap();
        let log = tracing_subscriber::registry().with(export.layer());
        let delivery = DeliveryId::parse("4e2b7e0a-0d0c-4d0e-8a3c-00000000abcd").unwrap();
        let mut trail = Trail::default();
        trail.add(Some(&delivery), Some(CommentId::new(7)));
        tracing::subscriber::with_default(log, || {
            let (repo, number) = ("acme/widget".parse().unwrap(), PullNumber::new(3));
            drop(crate::spans::delivery(Some(&delivery)).entered());
            let turn = crate::spans::pull_request(&repo, number, &trail).entered();
            tracing::info!("a word");
            drop(turn);
            drop(crate::spans::effect("reply", &repo, number, &trail).entered());
            drop(tracing::info_span!(target: "hyper", "somebody_else").entered());
        });
        drop(export);
        let (line, body) = collector.join().unwrap();
        assert_eq!(line, "post /v1/traces http/1.1");
        for told in [
            "delivery",
            "pull_request",
            "effect",
            "acme/widget",
            "a word",
        ] {
            assert!(holds(&body, told.as_bytes()), "{told}");
        }
        assert!(!holds(&body, b"somebody_else"));
        let trace = [
            0x4e, 0x2b, 0x7e, 0x0a, 0x0d, 0x0c, 0x4d, 0x0e, 0x8a, 0x3c, 0, 0, 0, 0, 0xab, 0xcd,
        ];
        let times = body.windows(trace.len()).filter(|it| **it == trace).count();
        assert_eq!(times, 3, "three spans of one trace");
    }
}
