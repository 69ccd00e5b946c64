//! A disk that refuses: nothing is acknowledged that is not there, nobody acts
//! upon what may not be there, and all goes on when the disk works again.

use std::fs;
use std::path::Path;
use std::time::Duration;

use state::{Acceptance, DiskStore, Fault, Settings, Store, StoreError};

use crate::given::*;

/// A store that is opened again soon after it has failed.
fn hasty(directory: &Path) -> Settings {
    Settings {
        mending: Duration::from_millis(5),
        ..settings(directory)
    }
}

/// Waits until the store answers again.
async fn mended(store: &DiskStore) {
    while store.stats().await.is_err() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn is_failure<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Failed(_)))
}

/// What was acknowledged before is there, and what was refused is there whole
/// or not at all.
async fn refused_and_mended(fault: Fault) -> Outcome {
    let directory = tempfile::tempdir()?;
    let settings = hasty(directory.path());
    let store = open(&settings).await?;
    let first = accept(&store, arrival(PULL, "before")).await?;
    settings.faults.refuse(fault);
    let refused = store.accept(arrival(PULL, "meanwhile")).await;
    assert!(is_failure(&refused), "{refused:?}");
    if fault == Fault::Full {
        assert!(is_failure(&store.claim(PULL, 10).await), "it was read");
        let again = store.accept(arrival(PULL, "again")).await;
        assert!(is_failure(&again), "{again:?}");
    }
    settings.faults.heal();
    mended(&store).await;
    let items = store.claim(PULL, 10).await?.items;
    assert_eq!(items.first().map(|item| item.id), Some(first));
    let known = items.len() == 2;
    assert!(known || items.len() == 1, "{items:?}");
    let told = store.accept(arrival(PULL, "meanwhile")).await?;
    assert_eq!(told == Acceptance::Known, known);
    store.close().await?;
    let store = open(&settings).await?;
    assert_eq!(store.stats().await?.inbox, 2);
    Ok(())
}

#[tokio::test]
async fn a_write_that_fails_is_refused_and_what_was_acknowledged_is_there() -> Outcome {
    refused_and_mended(Fault::Write).await
}

#[tokio::test]
async fn a_flush_that_fails_is_refused_and_what_was_acknowledged_is_there() -> Outcome {
    refused_and_mended(Fault::Flush).await
}

#[tokio::test]
async fn a_full_disk_is_refused_and_what_was_acknowledged_is_there() -> Outcome {
    refused_and_mended(Fault::Full).await
}

#[tokio::test]
async fn effects_that_were_handed_out_before_a_failure_may_have_been_performed() -> Outcome {
    let directory = tempfile::tempdir()?;
    let settings = hasty(directory.path());
    let store = open(&settings).await?;
    queue(&store, vec![effect("lane", "status")]).await?;
    let handed_out = only_due(&store).await?;
    settings.faults.refuse(Fault::Write);
    assert!(is_failure(&store.finish(handed_out.id, vec![], NOW).await));
    settings.faults.heal();
    mended(&store).await;
    let again = only_due(&store).await?;
    assert_eq!(again.id, handed_out.id);
    assert!(again.maybe_performed);
    Ok(())
}

#[tokio::test]
async fn a_store_that_fails_can_be_closed_and_opened() -> Outcome {
    let directory = tempfile::tempdir()?;
    let settings = hasty(directory.path());
    let store = open(&settings).await?;
    accept(&store, arrival(PULL, "before")).await?;
    settings.faults.refuse(Fault::Full);
    let refused = store.accept(arrival(PULL, "meanwhile")).await;
    assert!(is_failure(&refused), "{refused:?}");
    assert!(is_failure(&store.close().await));
    assert_eq!(store.waiting().await, Err(StoreError::Closed));
    settings.faults.heal();
    assert_eq!(open(&settings).await?.waiting().await?, [PULL]);
    Ok(())
}

#[tokio::test]
async fn a_store_that_is_damaged_while_it_is_open_is_moved_aside_and_counted() -> Outcome {
    let directory = tempfile::tempdir()?;
    let settings = hasty(directory.path());
    let store = open(&settings).await?;
    let mut lost = store.lost();
    assert_eq!(*lost.borrow(), 0);
    accept(&store, arrival(PULL, "before")).await?;
    settings.faults.refuse(Fault::Full);
    let refused = store.accept(arrival(PULL, "meanwhile")).await;
    assert!(is_failure(&refused), "{refused:?}");
    fs::write(settings.path.join("db"), "no database")?;
    settings.faults.heal();
    lost.changed().await?;
    mended(&store).await;
    assert_eq!(store.stats().await?.inbox, 0);
    accept(&store, arrival(PULL, "after")).await?;
    let aside = fs::read_dir(directory.path())?;
    let aside = aside.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let aside: Vec<_> = aside.filter(|name| name.contains(".damaged-")).collect();
    assert_eq!(aside.len(), 1, "{aside:?}");
    Ok(())
}
