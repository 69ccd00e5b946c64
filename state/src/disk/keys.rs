//! How names become keys: numbers big-endian, so that bytes sort as numbers
//! do, and the repository first, so that all of one lies together.
//!
//! A part of variable length is preceded by its length unless it comes last:
//! no key is the beginning of a key that means something else.

use crate::{MemoKey, PullKey};

const OF_REPOSITORY: u8 = 0;
const OF_PULL: u8 = 1;

/// repository ‖ number
pub(super) fn pull(pull: PullKey) -> Vec<u8> {
    [pull.repository.to_be_bytes(), pull.number.to_be_bytes()].concat()
}

/// repository ‖ number ‖ id
pub(super) fn item(of: PullKey, id: u64) -> Vec<u8> {
    [pull(of).as_slice(), &id.to_be_bytes()].concat()
}

/// repository ‖ number ‖ identity
pub(super) fn identity(of: PullKey, identity: &[u8]) -> Vec<u8> {
    [pull(of).as_slice(), identity].concat()
}

/// repository ‖ length ‖ head
pub(super) fn head_prefix(repository: u64, head: &[u8]) -> Vec<u8> {
    [&repository.to_be_bytes(), length(head).as_slice(), head].concat()
}

/// repository ‖ length ‖ head ‖ number
pub(super) fn head(of: PullKey, head: &[u8]) -> Vec<u8> {
    [
        head_prefix(of.repository, head).as_slice(),
        &of.number.to_be_bytes(),
    ]
    .concat()
}

/// repository ‖ whether of a pull request ‖ number, if so ‖ kind ‖ id
pub(super) fn memo(key: &MemoKey) -> Vec<u8> {
    let mut bytes = key.repository.to_be_bytes().to_vec();
    match key.pull {
        None => bytes.push(OF_REPOSITORY),
        Some(number) => {
            bytes.push(OF_PULL);
            bytes.extend(number.to_be_bytes());
        }
    }
    bytes.push(key.kind);
    bytes.extend(&key.id);
    bytes
}

/// length ‖ lane ‖ key
pub(super) fn queued(lane: &[u8], key: &[u8]) -> Vec<u8> {
    [length(lane).as_slice(), lane, key].concat()
}

/// The inverse of [`memo`]; `None`: this is no such key.
pub(super) fn parse_memo(bytes: &[u8]) -> Option<MemoKey> {
    let (repository, rest) = parse_number(bytes)?;
    let (pull, rest) = match rest.split_first()? {
        (&OF_REPOSITORY, rest) => (None, rest),
        (&OF_PULL, rest) => parse_number(rest).map(|(number, rest)| (Some(number), rest))?,
        _ => return None,
    };
    let (kind, id) = rest.split_first()?;
    Some(MemoKey {
        repository,
        pull,
        kind: *kind,
        id: id.to_vec(),
    })
}

/// The pull request that a key begins with, and what follows.
pub(super) fn parse_pull(bytes: &[u8]) -> Option<(PullKey, &[u8])> {
    let (repository, rest) = parse_number(bytes)?;
    let (number, rest) = parse_number(rest)?;
    Some((PullKey { repository, number }, rest))
}

/// The number that a key begins with, and what follows.
pub(super) fn parse_number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u64::from_be_bytes(*number), rest))
}

/// Longer parts than four bytes can count do not fit into memory's limits
/// elsewhere; saturating keeps this total.
fn length(part: &[u8]) -> [u8; 4] {
    u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes()
}
