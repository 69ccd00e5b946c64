//! Bytes flipped on the disk: either the store is moved aside, or everything
//! that was acknowledged is there. What lies between would be a loss that
//! nobody is told of.

use std::fs;
use std::path::{Path, PathBuf};

use state::{Acceptance, Commit, DiskStore, Opened, PullKey, Record, Settings, Store};

use crate::given::*;

const STAMP: &str = "20261122T090000Z";

/// How many stores are damaged, each in its own way.
const STORES: u64 = 60;

/// How many arrivals each of them has acknowledged.
const ARRIVALS: u64 = 600;

/// A small generator whose numbers are the same every time (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

#[tokio::test]
async fn flipped_bytes_are_found_or_do_no_harm() -> Outcome {
    let directory = tempfile::tempdir()?;
    let whole = settings(directory.path());
    let store = open(&whole).await?;
    let killed = directory.path().join("killed.db");
    work(&store).await?;
    copy(&whole.path, &killed)?;
    store.close().await?;
    let mut silent = Vec::new();
    let mut moved = 0;
    for seed in 1..=STORES {
        let from = if seed % 2 == 0 { &killed } else { &whole.path };
        let path = directory.path().join(format!("{seed}.db"));
        copy(from, &path)?;
        let flipped = flip(&path, seed)?;
        let settings = Settings::new(&path);
        let Opened { store, moved_aside } = DiskStore::open(settings, STAMP).await?;
        moved += u64::from(moved_aside.is_some());
        if moved_aside.is_none()
            && let Some(lost) = missing(&store).await?
        {
            silent.push(format!("seed {seed}, {flipped:?}: {lost}"));
        }
        store.close().await?;
    }
    assert!(silent.is_empty(), "{silent:#?}");
    assert!(moved > 0, "nothing was damaged");
    Ok(())
}

/// Arrivals, and commits that end a half of them.
async fn work(store: &DiskStore) -> Outcome {
    for round in 0..ARRIVALS / 20 {
        let numbers = round * 20..(round + 1) * 20;
        let arrive = |number: u64| {
            let arrival = state::Arrival {
                payload: vec![b'x'; 700],
                ..arrival(pull(number), &number.to_string())
            };
            store.accept(arrival)
        };
        for accepted in together(numbers.clone().map(arrive)).await {
            accepted?;
        }
        for number in numbers.filter(|number| number % 2 == 0) {
            let claim = store.claim(pull(number), 64).await?;
            let record = Record {
                bytes: vec![b'y'; 900],
                ..record(&number.to_string(), true)
            };
            store
                .commit(Commit {
                    record: Some(record),
                    done: claim.items.iter().map(|item| item.id).collect(),
                    effects: vec![effect(&number.to_string(), "reply")],
                    memos: vec![memo(PULL, "cursor", &number.to_string())],
                    ..commit(pull(number))
                })
                .await?;
        }
    }
    Ok(())
}

const fn pull(number: u64) -> PullKey {
    PullKey {
        repository: 7,
        number: number % 50,
    }
}

/// What was acknowledged and is not there; `None`: all of it is.
async fn missing(store: &DiskStore) -> Outcome<Option<String>> {
    let cursor = store.recall(&memo_key(PULL, "cursor")).await?;
    let last = (ARRIVALS - 2).to_string();
    if cursor.as_deref().map(text).as_deref() != Some(&last) {
        return Ok(Some(format!("the cursor is {cursor:?}")));
    }
    let stats = store.stats().await?;
    let ask = |number: u64| store.accept(arrival(pull(number), &number.to_string()));
    let answers = together((0..ARRIVALS).map(ask)).await;
    let mut lost = 0;
    for answer in answers {
        lost += u64::from(answer? != Acceptance::Known);
    }
    Ok((lost > 0).then(|| format!("{lost} identities are lost; {stats:?}")))
}

/// Flips bits of one to eight bytes, somewhere in the file of the log.
fn flip(path: &Path, seed: u64) -> Outcome<Vec<u64>> {
    let file = path.join("db");
    let mut bytes = fs::read(&file)?;
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0) as u64;
    let mut flipped = Vec::new();
    for _ in 0..=dice.roll(8) {
        let at = dice.roll(used);
        let mask = 1 << dice.roll(8);
        if let Some(byte) = bytes.get_mut(usize::try_from(at)?) {
            *byte ^= mask;
        }
        flipped.push(at);
    }
    fs::write(file, bytes)?;
    Ok(flipped)
}

/// What a process that was killed now would leave behind.
fn copy(from: &Path, to: &PathBuf) -> Outcome {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
