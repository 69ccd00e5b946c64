//! A look at every row when a store is opened: it builds the index, and it
//! finds damage before the work begins.
//!
//! The library may drop what it cannot read without saying so. Rows of
//! different trees were written together, so a lost one is missed by another.

use super::index::{Change, Index};
use super::rows::{EffectRow, IdentityRow, ItemRow, MemoRow, RecordRow, decode};
use super::trees::{Trees, failed, number};
use super::{keys, read};
use crate::{Millis, StoreError};

/// The index of what waits. Whatever is queued may have been performed.
/// [`StoreError::Damaged`] if rows are missing or cannot be understood.
pub(super) fn audit(trees: &Trees) -> Result<Index, StoreError> {
    let mut index = Index::default();
    let items = audit_items(trees, &mut index)?;
    agree("identities", items, audit_identities(trees)?)?;
    let effects = audit_outbox(trees, &mut index)?;
    agree("queued", effects, count(&trees.queued)?)?;
    let (records, open) = audit_records(trees)?;
    agree("heads", records, count(&trees.heads)?)?;
    agree("open", open, count(&trees.open)?)?;
    for row in read::scan(&trees.memos, &[]) {
        decode::<MemoRow<'_>>("memos", &row?.1)?;
    }
    count(&trees.wakes)?;
    Ok(index)
}

/// Every item is named by its identity. Returns how many there are.
fn audit_items(trees: &Trees, index: &mut Index) -> Result<usize, StoreError> {
    let mut items = 0;
    for row in read::scan(&trees.items, &[]) {
        let (key, row) = row?;
        let (pull, id) = keys::parse_pull(&key).ok_or(StoreError::Damaged("items"))?;
        let id = number("items", id)?;
        let row: ItemRow<'_> = decode("items", &row)?;
        let known = trees
            .identities
            .get(keys::identity(pull, row.identity))
            .map_err(failed)?;
        let known = known.ok_or(StoreError::Damaged("identities"))?;
        let known: IdentityRow = decode("identities", &known)?;
        agree("items", known.waits, Some(id))?;
        index.publish(Change::Arrived {
            pull,
            id,
            at: Millis::new(row.at),
        });
        items += 1;
    }
    Ok(items)
}

/// Returns how many identities wait.
fn audit_identities(trees: &Trees) -> Result<usize, StoreError> {
    let mut waiting = 0;
    for row in read::scan(&trees.identities, &[]) {
        let row: IdentityRow = decode("identities", &row?.1)?;
        waiting += usize::from(row.waits.is_some());
    }
    Ok(waiting)
}

/// Every effect is found by its lane and key. Returns how many there are.
fn audit_outbox(trees: &Trees, index: &mut Index) -> Result<usize, StoreError> {
    let mut effects = 0;
    for row in read::scan(&trees.outbox, &[]) {
        let (key, row) = row?;
        let id = number("outbox", &key)?;
        let row: EffectRow<'_> = decode("outbox", &row)?;
        let found = trees
            .queued
            .get(keys::queued(row.lane, row.key))
            .map_err(failed)?;
        agree("queued", found.as_deref(), Some(&key[..]))?;
        index.publish(Change::Queued {
            place: row.place(id),
            slot: row.slot(true),
            replaces: None,
        });
        effects += 1;
    }
    Ok(effects)
}

/// Every record is found by its head. Returns how many there are, and how many
/// are open.
fn audit_records(trees: &Trees) -> Result<(usize, usize), StoreError> {
    let (mut records, mut open) = (0, 0);
    for row in read::scan(&trees.records, &[]) {
        let (key, row) = row?;
        let pull = read::pull_of("records", &key)?;
        let row: RecordRow<'_> = decode("records", &row)?;
        let found = trees
            .heads
            .contains_key(keys::head(pull, row.head))
            .map_err(failed)?;
        agree("heads", found, true)?;
        let listed = trees.open.contains_key(&key).map_err(failed)?;
        agree("open", listed, row.open)?;
        records += 1;
        open += usize::from(row.open);
    }
    Ok((records, open))
}

fn count(tree: &sled::Tree) -> Result<usize, StoreError> {
    read::scan(tree, &[]).try_fold(0, |count, row| row.map(|_| count + 1))
}

fn agree<T: PartialEq>(what: &'static str, found: T, expected: T) -> Result<(), StoreError> {
    if found == expected {
        Ok(())
    } else {
        Err(StoreError::Damaged(what))
    }
}
