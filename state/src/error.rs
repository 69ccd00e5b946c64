//! Why the store could not do what it was asked.

use std::path::PathBuf;

/// Why a call failed. Unless said otherwise nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// As many items wait as may wait. Try again later.
    #[error("the inbox is full: {0} items wait")]
    InboxFull(usize),
    /// The commit would queue more effects than may be queued.
    #[error("the outbox is full: {0} effects are queued")]
    OutboxFull(usize),
    /// There are more answers than are given at once, and a part of them could
    /// be mistaken for all.
    #[error("more than {0} answers")]
    TooMany(usize),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// A row cannot be understood. The store is opened again, which moves it
    /// aside.
    #[error("the store is damaged: {0} cannot be read")]
    Damaged(&'static str),
    /// Reading or writing failed; a write may or may not be on disk.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// Why a store could not be opened. Its files are as they were.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or another part of this one, has it open.
    #[error(
        "the store {} is in use by {}",
        path.display(),
        holder.as_deref().unwrap_or("another process")
    )]
    Locked {
        /// Where it is.
        path: PathBuf,
        /// Who has it, in words; `None`: they did not say.
        holder: Option<String>,
    },
    /// It was written by another version of this program, or by another program.
    #[error(
        "the store {} has the schema version {}, this program knows {known}; it was left as it is",
        path.display(),
        found.map_or_else(|| "of something else".to_owned(), |version| version.to_string())
    )]
    Schema {
        /// Where it is.
        path: PathBuf,
        /// The version found; `None`: what is there was never written by this program.
        found: Option<u32>,
        /// The version this program writes.
        known: u32,
    },
    /// The operating system refused, or a damaged store could not be moved aside.
    #[error("the store {} cannot be opened: {reason}", path.display())]
    Failed {
        /// Where it is, or should be.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
}
