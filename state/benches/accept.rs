//! Durable acknowledgements: 64 tasks accept one arrival after the other.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use state::{Arrival, DiskStore, Limits, Millis, PullKey, Settings, Store, StoreError};
use tokio::runtime::Runtime;

const SENDERS: u64 = 64;

/// About what is kept of one comment.
const PAYLOAD: usize = 300;

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = Runtime::new()?;
    let directory = tempfile::tempdir()?;
    let limits = Limits {
        inbox: usize::MAX,
        ..Limits::default()
    };
    let settings = Settings {
        limits,
        ..Settings::new(directory.path().join("refire.db"))
    };
    let store = Arc::new(runtime.block_on(DiskStore::open(settings, "now"))?.store);
    let next = Arc::new(AtomicU64::new(0));

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("accept");
    group
        .throughput(Throughput::Elements(SENDERS))
        .sample_size(20);
    let mut failure = None;
    group.bench_function("64 senders, one arrival each", |bencher| {
        bencher.iter_custom(|rounds| {
            let sent = runtime.block_on(send(&store, &next, rounds));
            sent.unwrap_or_else(|error| {
                failure = Some(error);
                Duration::MAX
            })
        });
    });
    group.finish();
    criterion.final_summary();
    runtime.block_on(store.close())?;
    failure.map_or(Ok(()), Err)
}

/// How long it takes until every sender has had `rounds` arrivals accepted.
async fn send(
    store: &Arc<DiskStore>,
    next: &Arc<AtomicU64>,
    rounds: u64,
) -> Result<Duration, Box<dyn Error>> {
    let begin = Instant::now();
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let (store, next) = (Arc::clone(store), Arc::clone(next));
            tokio::spawn(async move {
                for _ in 0..rounds {
                    store
                        .accept(arrival(sender, next.fetch_add(1, Ordering::Relaxed)))
                        .await?;
                }
                Ok::<_, StoreError>(())
            })
        })
        .collect();
    for sender in senders {
        sender.await??;
    }
    Ok(begin.elapsed())
}

fn arrival(number: u64, identity: u64) -> Arrival {
    Arrival {
        pull: PullKey {
            repository: 7,
            number,
        },
        identity: identity.to_be_bytes().to_vec(),
        remember: true,
        payload: vec![b'x'; PAYLOAD],
        at: Millis::new(1_800_000_000_000),
        memos: vec![],
    }
}
