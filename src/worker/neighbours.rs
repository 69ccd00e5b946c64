//! Other open pull requests with the same head. A status answers for a commit, so they share it.

use super::look::{self, Before, Found};
use super::{Shared, Trouble, now};
use crate::decide::record::PullRecord;
use crate::gitea::{Listing, Session, Which};
use crate::intake::Told;
use crate::memo::{self, Kind, Listed};
use crate::model::{Pull, RepositoryId, Sha};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use state::{Commit, PullKey, Record, StoreError};

/// So many pull requests with one head are looked at, side by side; with more, nothing is proven for any.
pub(super) const MOST: usize = 8;
/// Pages of 50 that a listing of all open pull requests reads.
const PAGES: u64 = 200;

/// Another open pull request with the same head.
#[derive(Debug)]
pub(super) struct Neighbour {
    /// Which.
    pub key: PullKey,
    /// As it was read just now, or as it is remembered where it could not be.
    pub pull: Pull,
    /// What a look at it found. `None`: it could not be read, so nothing is proven for it.
    pub found: Option<Found>,
}

/// Finds them, by what is remembered of the repository; where that is old or empty, by a listing.
///
/// # Errors
/// The store, or the listing: without it nothing is known about neighbours.
pub(super) async fn find(
    shared: &Shared,
    session: &Session,
    key: PullKey,
    pull: &Pull,
) -> Result<Vec<Neighbour>, Trouble> {
    let Some(head) = &pull.head else {
        return Ok(Vec::new());
    };
    if !is_listed(shared, pull.repository.id).await? {
        let listing = Listing {
            which: Which::Open,
            until: None,
            pages: PAGES,
        };
        let pulls = session.fetch_pulls(&pull.repository.name, listing).await?;
        note_listing(shared, pull.repository.id, &pulls).await?;
    }
    let others = others(shared, key, head).await?.into_iter().enumerate();
    let met = others.map(|(place, (key, mut record))| {
        // One repository has one name, whatever it was when the other one was last looked at.
        record.pull.repository.name = pull.repository.name.clone();
        meet(shared, session, (key, record), place < MOST)
    });
    // Side by side, so that the last of them does not make the first one old.
    let met = join_all(met).await.into_iter().flatten();
    Ok(met
        .filter(|other| other.pull.head.as_ref() == Some(head))
        .collect())
}

async fn is_listed(shared: &Shared, repository: RepositoryId) -> Result<bool, StoreError> {
    let place = memo::of_repository::<Listed>(repository);
    let listed = memo::recall::<Listed>(&*shared.store, &place).await?;
    let age = SignedDuration::try_from(shared.tempo.listing_age).unwrap_or(SignedDuration::MAX);
    let now = Timestamp::now();
    // A listing of the future is of a clock that was ahead.
    Ok(listed.is_some_and(|listed| listed.at <= now && now.duration_since(listed.at) <= age))
}

/// Open pull requests that are remembered with this head.
pub(super) async fn others(
    shared: &Shared,
    key: PullKey,
    head: &Sha,
) -> Result<Vec<(PullKey, PullRecord)>, StoreError> {
    let found = shared
        .store
        .pulls_with_head(key.repository, head.as_str().as_bytes())
        .await?;
    let others = found.into_iter().filter(|(other, _)| *other != key);
    Ok(others
        .filter_map(|(key, record)| Some((key, read(&record)?)))
        .collect())
}

fn read(record: &Record) -> Option<PullRecord> {
    PullRecord::read(&record.bytes)
}

/// Looks at one of them, or takes it as it is remembered. `None`: it is not open or not guarded any more,
/// and gets a turn of its own.
async fn meet(
    shared: &Shared,
    session: &Session,
    (key, record): (PullKey, PullRecord),
    is_read: bool,
) -> Option<Neighbour> {
    let unseen = |pull| {
        Some(Neighbour {
            key,
            pull,
            found: None,
        })
    };
    if !is_read {
        return unseen(record.pull);
    }
    let Ok(pull) = session.fetch_pull(&record.pull.reference()).await else {
        return unseen(record.pull);
    };
    let moved = pull.head != record.pull.head;
    if moved || !shared.policy.gates_apply_to(&pull) {
        let again = shared
            .look_again(pull.repository.id, &pull.reference(), Told::Self_)
            .await;
        return if again.is_ok() {
            None
        } else {
            unseen(record.pull)
        };
    }
    let before = Before {
        record: Some(&record),
        ..Before::default()
    };
    match look::look(shared, session, pull.clone(), before).await {
        Ok(found) => Some(Neighbour {
            key,
            pull,
            found: Some(found),
        }),
        Err(_) => unseen(pull),
    }
}

/// Remembers all open pull requests of a repository. One that is known with another head, or that
/// is remembered as open and not listed, gets a turn of its own.
///
/// # Errors
/// The store.
pub async fn note_listing(
    shared: &Shared,
    repository: RepositoryId,
    pulls: &[Pull],
) -> Result<(), StoreError> {
    let known = shared.store.open_pulls(repository.get()).await?;
    for pull in pulls {
        let key = memo::pull_key(repository, pull.number);
        match known
            .iter()
            .find(|(known, _)| *known == key)
            .and_then(|(_, record)| read(record))
        {
            Some(record) if record.pull.head == pull.head && record.pull.base == pull.base => {}
            Some(_) => {
                shared
                    .look_again(repository, &pull.reference(), Told::Sweep)
                    .await?;
            }
            None => note(shared, key, pull).await?,
        }
    }
    for (key, record) in known {
        let listed = pulls.iter().any(|pull| pull.number.get() == key.number);
        if let Some(record) = read(&record).filter(|_| !listed) {
            shared
                .look_again(repository, &record.pull.reference(), Told::Sweep)
                .await?;
        }
    }
    let listed = Listed {
        at: Timestamp::now(),
    };
    shared
        .store
        .remember(
            vec![listed.memo(memo::of_repository::<Listed>(repository))],
            now(),
        )
        .await
}

/// Remembers one that nothing is remembered of.
async fn note(shared: &Shared, key: PullKey, pull: &Pull) -> Result<(), StoreError> {
    let open = shared.policy.gates_apply_to(pull);
    if !open || shared.store.pull(key).await?.is_some() {
        return Ok(());
    }
    let head = pull
        .head
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default()
        .into_bytes();
    let record = PullRecord::new(pull.clone(), Timestamp::now());
    let bytes = serde_json::to_vec(&record).unwrap_or_default();
    let record = Some(Record { bytes, head, open });
    shared
        .store
        .commit(Commit {
            record,
            ..Commit::new(key, now())
        })
        .await
}
