//! What can go wrong with keys.

use std::path::PathBuf;

/// What can go wrong with keys and encrypted records. Carries no content.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("key file {path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error(
        "the key {path} is missing, and this ledger has its keys: no others are made. Is the volume mounted, \
         and is this the right data folder? Otherwise restore the folder of keys from its backup"
    )]
    Missing { path: PathBuf },
    #[error(
        "key file {path} has {found} bytes instead of {bytes}: it was cut short or is another file; restore it from its backup"
    )]
    Length { path: PathBuf, found: usize, bytes: usize },
    #[error(
        "the master key {path} can be read by others than its owner (mode {mode:o}), and nothing was done: chmod 600 \
         {path}. Who else has an account on this machine may have it already"
    )]
    Open { path: PathBuf, mode: u32 },
    #[error("{folder}: master.key and data.key were exchanged; give each its own name again")]
    Exchanged { folder: PathBuf },
    #[error(
        "the {key} in {path} is not that of this ledger, and nothing was done: other keys would take one person for \
         two. Is this the right data folder, and the right database? Otherwise restore the folder of keys from the \
         backup of this ledger's"
    )]
    Foreign { key: &'static str, path: PathBuf },
    #[error(
        "the data key in {path} does not open under the master key beside it: one of the two is another ledger's or \
         was changed; restore both from their backup"
    )]
    Apart { path: PathBuf },
    #[error("an encrypted record cannot be opened: it was changed, or another key encrypted it")]
    Encrypted,
    #[error("the record was destroyed with its key: it was purged, or its person was erased")]
    Destroyed,
    #[error("compression: {0}")]
    Compression(std::io::Error),
}
