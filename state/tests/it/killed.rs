//! A process that is killed in the middle of its work loses nothing that it
//! has acknowledged, and leaves no transaction half done.
//!
//! The test starts itself again as a child that accepts and commits as fast as
//! it can and says what was acknowledged. The parent kills it after a random
//! number of acknowledgements, opens the store, and looks.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use state::{Acceptance, Commit, DiskStore, PullKey, Record, Store};

use crate::given::*;

const STORE: &str = "STATE_TEST_STORE";
const TEST: &str = "killed::nothing_acknowledged_is_lost_and_nothing_is_torn";
const KILLS: u64 = 20;
const PULLS: u64 = 6;

#[tokio::test]
async fn nothing_acknowledged_is_lost_and_nothing_is_torn() -> Outcome {
    if let Some(directory) = std::env::var_os(STORE) {
        return work(Path::new(&directory)).await;
    }
    let directory = tempfile::tempdir()?;
    let random = RandomState::new();
    let mut acknowledged = BTreeMap::new();
    for round in 0..KILLS {
        let moment = 1 + random.hash_one(round) % 400;
        let lines = killed_after(moment, directory.path())?;
        assert!(lines.len() as u64 >= moment, "only {} lines", lines.len());
        for line in &lines {
            note(&mut acknowledged, line)?;
        }
        let store = open(&settings(directory.path())).await?;
        for number in 0..PULLS {
            let told = acknowledged.entry(number).or_default();
            let problem = look(&store, number, *told).await?;
            assert_eq!(
                problem, None,
                "pull {number}, {told:?}, killed after {moment}"
            );
        }
        store.close().await?;
    }
    Ok(())
}

/// The greatest numbers that were acknowledged of one pull request.
#[derive(Debug, Clone, Copy, Default)]
struct Told {
    accepted: u64,
    committed: u64,
}

fn note(acknowledged: &mut BTreeMap<u64, Told>, line: &str) -> Outcome {
    let mut words = line.split(' ').skip(1);
    let what = words.next().ok_or("no verb")?;
    let pull: u64 = words.next().ok_or("no pull")?.parse()?;
    let number: u64 = words.next().ok_or("no number")?.parse()?;
    let told = acknowledged.entry(pull).or_default();
    match what {
        "accepted" => told.accepted = number,
        _ => told.committed = number,
    }
    Ok(())
}

/// What is wrong with a pull request; `None`: nothing.
async fn look(store: &DiskStore, number: u64, told: Told) -> Outcome<Option<String>> {
    let pull = PullKey {
        repository: 7,
        number,
    };
    let claim = store.claim(pull, usize::MAX).await?;
    let committed = count(claim.record.map(|record| record.bytes))?;
    let remembered = count(store.recall(&memo_key(pull, "count")).await?)?;
    let due = due(store, NOW)
        .await?
        .effects
        .into_iter()
        .find(|effect| effect.pull == pull);
    let queued = count(due.map(|effect| effect.payload))?;
    let waiting = claim
        .items
        .iter()
        .map(|item| count(Some(item.payload.clone())));
    let waiting = waiting.collect::<Outcome<Vec<u64>>>()?;
    let accepted = waiting.last().copied().unwrap_or(committed);
    let found = format!("{committed} {remembered} {queued} {waiting:?}");
    let torn = remembered != committed || queued != committed;
    let gaps = waiting != (committed + 1..=accepted).collect::<Vec<_>>();
    let lost = accepted < told.accepted || committed < told.committed;
    let again = |identity: u64| store.accept(arrival(pull, &identity.to_string()));
    for known in together((1..=told.accepted).map(again)).await {
        let forgotten = known? != Acceptance::Known;
        if forgotten {
            return Ok(Some("an identity was forgotten".to_owned()));
        }
    }
    Ok((torn || gaps || lost).then_some(found))
}

fn count(value: Option<Vec<u8>>) -> Outcome<u64> {
    value.map_or(Ok(0), |value| Ok(text(&value).parse()?))
}

/// Starts the child, reads that many of its lines, kills it, and reads on:
/// what it has said before it died counts too.
fn killed_after(count: u64, directory: &Path) -> Outcome<Vec<String>> {
    let mut child = Command::new(std::env::current_exe()?)
        .args([TEST, "--exact", "--nocapture"])
        .env(STORE, directory)
        .stdout(Stdio::piped())
        .spawn()?;
    let lines = read_and_kill(&mut child, count);
    child.kill()?;
    child.wait()?;
    lines
}

fn read_and_kill(child: &mut Child, count: u64) -> Outcome<Vec<String>> {
    let output = child.stdout.take().ok_or("no output")?;
    let mut said = Vec::new();
    for line in BufReader::new(output).lines() {
        let line = line?;
        // A line that was cut by the kill has no full stop.
        if line.starts_with("told ") && line.ends_with(" .") {
            said.push(line);
        }
        if said.len() as u64 == count {
            child.kill()?;
        }
    }
    Ok(said)
}

/// The child's life: it ends by being killed.
async fn work(directory: &Path) -> Outcome {
    let store = std::sync::Arc::new(open(&settings(directory)).await?);
    let workers: Vec<_> = (0..PULLS)
        .map(|number| {
            let store = std::sync::Arc::clone(&store);
            tokio::spawn(async move {
                let ended = keep_busy(&store, number).await;
                ended.map_err(|error| error.to_string())
            })
        })
        .collect();
    for worker in workers {
        worker.await??;
    }
    Ok(())
}

async fn keep_busy(store: &DiskStore, number: u64) -> Outcome {
    let pull = PullKey {
        repository: 7,
        number,
    };
    let claim = store.claim(pull, usize::MAX).await?;
    let last = claim.items.last().map(|item| item.payload.clone());
    let mut next = count(last.or(claim.record.map(|record| record.bytes)))? + 1;
    loop {
        let payload = next.to_string().into_bytes();
        let arrival = state::Arrival {
            payload,
            ..arrival(pull, &next.to_string())
        };
        if store.accept(arrival).await? != Acceptance::Known {
            tell("accepted", number, next)?;
        }
        if next.is_multiple_of(3) {
            let done = commit_all(store, pull).await?;
            tell("committed", number, done)?;
        }
        next += 1;
    }
}

async fn commit_all(store: &DiskStore, pull: PullKey) -> Outcome<u64> {
    let items = store.claim(pull, usize::MAX).await?.items;
    let last = items.last().ok_or("nothing waits")?;
    let count = text(&last.payload);
    let lane = format!("lane {}", pull.number);
    let effect = state::NewEffect {
        payload: last.payload.clone(),
        ..effect(&lane, "count")
    };
    let commit = Commit {
        record: Some(Record {
            bytes: last.payload.clone(),
            ..record(&count, true)
        }),
        done: items.iter().map(|item| item.id).collect(),
        effects: vec![effect],
        memos: vec![memo(pull, "count", &count)],
        ..commit(pull)
    };
    store.commit(commit).await?;
    Ok(count.parse()?)
}

/// One write, so that lines of different workers do not mix.
fn tell(what: &str, pull: u64, number: u64) -> Outcome {
    let mut output = std::io::stdout().lock();
    output.write_all(format!("told {what} {pull} {number} .\n").as_bytes())?;
    output.flush()?;
    Ok(())
}
