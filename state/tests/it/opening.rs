//! Opening a store that is in use, of another version, or damaged.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use state::{Commit, DiskStore, OpenError, Opened, Settings, Store};

use crate::given::*;

const STAMP: &str = "20261122T090000Z";

/// Flushes that were told of in this process.
static FLUSHED: AtomicUsize = AtomicUsize::new(0);

#[tokio::test]
async fn whoever_wants_to_know_is_told_how_long_a_flush_took() -> Outcome {
    let directory = tempfile::tempdir()?;
    let settings = Settings {
        flushed: |_| {
            FLUSHED.fetch_add(1, Ordering::SeqCst);
        },
        ..settings(directory.path())
    };
    let store = open(&settings).await?;
    let before = FLUSHED.load(Ordering::SeqCst);
    accept(&store, arrival(PULL, "one")).await?;
    assert!(FLUSHED.load(Ordering::SeqCst) > before);
    Ok(store.close().await?)
}

#[tokio::test]
async fn a_store_in_use_is_refused_at_once_and_stays_usable() -> Outcome {
    let directory = tempfile::tempdir()?;
    let settings = settings(directory.path());
    let first = open(&settings).await?;
    let second = DiskStore::open(settings.clone(), STAMP).await;
    let error = second.err().ok_or("it was opened twice")?;
    assert!(
        matches!(&error, OpenError::Locked { path, .. } if *path == settings.path),
        "{error}"
    );
    let holder = format!("is in use by process {} on ", std::process::id());
    assert!(error.to_string().contains(&holder), "{error}");
    accept(&first, arrival(PULL, "a")).await?;
    first.close().await?;
    assert_eq!(open(&settings).await?.waiting().await?, [PULL]);
    Ok(())
}

#[tokio::test]
async fn a_dropped_store_is_unlocked_and_complete() -> Outcome {
    let directory = tempfile::tempdir()?;
    let settings = settings(directory.path());
    for round in 0..20 {
        let store = open(&settings).await?;
        assert_eq!(store.stats().await?.inbox, round);
        accept(&store, arrival(PULL, &round.to_string())).await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_schema_version_is_said_and_left_alone() -> Outcome {
    let directory = tempfile::tempdir()?;
    let settings = filled(directory.path()).await?;
    tamper(&settings, |db| {
        db.open_tree("meta")?
            .insert("schema", &2_u32.to_be_bytes())?;
        Ok(())
    })?;
    let error = DiskStore::open(settings.clone(), STAMP)
        .await
        .err()
        .ok_or("it was opened")?;
    assert!(
        matches!(
            error,
            OpenError::Schema {
                found: Some(2),
                known: 1,
                ..
            }
        ),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .ends_with("has the schema version 2, this program knows 1; it was left as it is")
    );
    tamper(&settings, |db| {
        assert_eq!(db.open_tree("rows")?.scan_prefix(b"i").count(), 100);
        db.open_tree("meta")?
            .insert("schema", &1_u32.to_be_bytes())?;
        Ok(())
    })?;
    assert_eq!(open(&settings).await?.stats().await?.inbox, 100);
    Ok(())
}

#[tokio::test]
async fn a_store_is_looked_at_without_being_made_or_moved() -> Outcome {
    let directory = tempfile::tempdir()?;
    let settings = settings(directory.path());
    assert!(DiskStore::inspect(settings.clone()).await.is_err());
    assert!(!settings.path.exists(), "looking made one");
    let settings = filled(directory.path()).await?;
    let store = DiskStore::inspect(settings.clone()).await?;
    assert_eq!(store.stats().await?.inbox, 100);
    let locked = DiskStore::inspect(settings.clone()).await;
    assert!(matches!(locked, Err(OpenError::Locked { .. })));
    store.close().await?;
    drop(store);
    fs::write(settings.path.join("db"), "no database")?;
    let damaged = DiskStore::inspect(settings.clone()).await;
    assert!(matches!(damaged, Err(OpenError::Failed { .. })));
    let text = fs::read_to_string(settings.path.join("db"))?;
    assert_eq!(text, "no database", "looking changed it");
    Ok(())
}

#[tokio::test]
async fn a_database_of_something_else_is_left_alone() -> Outcome {
    let directory = tempfile::tempdir()?;
    let settings = settings(directory.path());
    tamper(&settings, |db| {
        db.open_tree("users")?.insert("quinn", "qa")?;
        Ok(())
    })?;
    let error = DiskStore::open(settings.clone(), STAMP)
        .await
        .err()
        .ok_or("it was opened")?;
    assert!(
        matches!(error, OpenError::Schema { found: None, .. }),
        "{error}"
    );
    tamper(&settings, |db| {
        assert_eq!(
            db.open_tree("users")?.get("quinn")?.as_deref(),
            Some(&b"qa"[..])
        );
        Ok(())
    })
}

#[tokio::test]
async fn what_the_system_refuses_is_not_called_damage() -> Outcome {
    let directory = tempfile::tempdir()?;
    let settings = settings(directory.path());
    fs::write(&settings.path, "a file where the directory should be")?;
    let error = DiskStore::open(settings.clone(), STAMP)
        .await
        .err()
        .ok_or("it was opened")?;
    assert!(matches!(error, OpenError::Failed { .. }), "{error}");
    assert!(settings.path.is_file());
    Ok(())
}

#[tokio::test]
async fn garbage_in_the_file_moves_the_store_aside() -> Outcome {
    is_moved_aside(|settings| {
        let file = settings.path.join("db");
        let mut bytes = fs::read(&file)?;
        bytes
            .iter_mut()
            .for_each(|byte| *byte = byte.wrapping_mul(31).wrapping_add(17));
        Ok(fs::write(file, bytes)?)
    })
    .await
}

#[tokio::test]
async fn a_row_that_cannot_be_read_moves_the_store_aside() -> Outcome {
    for table in [b"i", b"e"] {
        is_moved_aside(|settings| {
            tamper(settings, |db| {
                let key = [&table[..], &[0; 24]].concat();
                db.open_tree("rows")?.insert(key, "no such row")?;
                Ok(())
            })
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_item_that_is_gone_moves_the_store_aside() -> Outcome {
    is_moved_aside(|settings| {
        tamper(settings, |db| {
            let rows = db.open_tree("rows")?;
            let first = rows.scan_prefix(b"i").keys().next().ok_or("no item")??;
            rows.remove(first)?;
            Ok(())
        })
    })
    .await
}

/// What was done is known by its identity alone.
#[tokio::test]
async fn an_identity_that_is_gone_moves_the_store_aside() -> Outcome {
    is_moved_aside(|settings| {
        tamper(settings, |db| {
            let rows = db.open_tree("rows")?;
            let first = rows.scan_prefix(b"d").keys().next();
            rows.remove(first.ok_or("no identity")??)?;
            Ok(())
        })
    })
    .await
}

#[tokio::test]
async fn a_missing_version_moves_the_store_aside() -> Outcome {
    is_moved_aside(|settings| {
        tamper(settings, |db| {
            db.open_tree("meta")?.remove("schema")?;
            Ok(())
        })
    })
    .await
}

async fn is_moved_aside(damage: impl Fn(&Settings) -> Outcome) -> Outcome {
    let directory = tempfile::tempdir()?;
    let settings = filled(directory.path()).await?;
    damage(&settings)?;
    let Opened { store, moved_aside } = DiskStore::open(settings.clone(), STAMP).await?;
    let aside = directory.path().join(format!("refire.db.damaged-{STAMP}"));
    assert_eq!(moved_aside.as_deref(), Some(aside.as_path()));
    assert!(aside.join("db").is_file());
    assert_eq!(*store.lost().borrow(), 1);
    assert_eq!(store.stats().await?.inbox, 0);
    accept(&store, arrival(PULL, "a")).await?;
    store.close().await?;
    assert_eq!(open(&settings).await?.stats().await?.inbox, 1);
    Ok(())
}

/// A closed store with a hundred items, effects and memos, and one item that is
/// done.
async fn filled(directory: &Path) -> Outcome<Settings> {
    let settings = settings(directory);
    let store = open(&settings).await?;
    accept(&store, arrival(PULL, "done")).await?;
    let claim = store.claim(PULL, 1).await?;
    let done = claim.items.iter().map(|item| item.id).collect();
    store
        .commit(Commit {
            done,
            ..commit(PULL)
        })
        .await?;
    for number in 0..100 {
        let name = number.to_string();
        accept(&store, arrival(PULL, &name)).await?;
        queue(&store, vec![effect("lane", &name)]).await?;
        store
            .remember(vec![memo(PULL, &name, "value")], NOW)
            .await?;
    }
    store.close().await?;
    Ok(settings)
}

/// Changes the database behind the store's back.
fn tamper(settings: &Settings, change: impl FnOnce(&sled::Db) -> Outcome) -> Outcome {
    let db = sled::open(&settings.path)?;
    change(&db)?;
    db.flush()?;
    Ok(())
}
