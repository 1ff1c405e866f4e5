//! The ledger of files, with the numbers that never came: what partners and we sent, and what is owed.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use super::recovery::skip::{Missing, missing_of};
use crate::exchange::file_list::{FileQuery, ListedFile};
use crate::step::{StageError, Worker};
use crate::time::local_date;

/// The state shown for numbers that never came: a file with a later one waits for them.
pub const MISSING: &str = "missing";

/// A page of the ledger of files.
pub struct FilePage {
    /// On the first page numbers that never came stand first; then the files, in the order of their ids.
    pub files: Vec<ListedFile>,
    /// How many files there are with these filters.
    pub all: i64,
    /// The id after which the next page begins.
    pub next: Option<i64>,
    /// Folders that could not be read, so that what is missing there is not known.
    pub unread: BTreeSet<String>,
}

/// The files asked for, within the scope of who asks.
///
/// # Errors
/// The ledger cannot be read.
pub async fn file_page(worker: &Worker, query: &FileQuery, now: Timestamp) -> Result<FilePage, StageError> {
    let missing = match shows_missing(query, local_date(now)) {
        true => missing_files(worker, &query.partner).await?,
        false => MissingFiles::default(),
    };
    file_page_with(worker, query, now, missing).await
}

/// Whether the page begins with the numbers that never came.
fn shows_missing(query: &FileQuery, today: Date) -> bool {
    let asked_for = query.direction != "out" && matches!(query.state.as_str(), "" | MISSING);
    asked_for && query.after == 0 && query.day.is_none_or(|day| day == today)
}

/// The same for who has the partner's missing numbers already.
///
/// # Errors
/// The ledger cannot be read.
pub async fn file_page_with(
    worker: &Worker,
    query: &FileQuery,
    now: Timestamp,
    missing: MissingFiles,
) -> Result<FilePage, StageError> {
    let today = local_date(now);
    let (found, all) = worker.ledger.file_list(query, today).await?;
    let full = found.len() as i64 == query.limit;
    let next = found.last().and_then(|file| file.id).filter(|_| full);
    let MissingFiles { mut files, unread } =
        if shows_missing(query, today) { missing } else { MissingFiles::default() };
    files.extend(found);
    Ok(FilePage { files, all, next, unread })
}

/// Numbers that never came.
#[derive(Clone, Default)]
pub struct MissingFiles {
    pub files: Vec<ListedFile>,
    /// Folders that could not be read, so that what is missing there is not known.
    pub unread: BTreeSet<String>,
}

/// Numbers that never came, of one partner or (empty) of all.
///
/// # Errors
/// The ledger cannot be read.
pub async fn missing_files(worker: &Worker, code: &str) -> Result<MissingFiles, StageError> {
    let mut found = MissingFiles::default();
    for partner in worker.partners.all().filter(|partner| code.is_empty() || partner.profile.code == code) {
        match missing_of(worker, partner).await {
            Ok(missing) => found.files.extend(missing.into_iter().map(gap)),
            Err(StageError::File { path, source }) => {
                found.unread.insert(format!("{path}: {source}"));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

fn gap(missing: Missing) -> ListedFile {
    ListedFile {
        id: None,
        sequence: Some(missing.first),
        last_sequence: Some(missing.last),
        partner: missing.partner,
        kind: missing.kind,
        direction: "in".into(),
        name: None,
        state: MISSING.into(),
        rows: 0,
        bytes: 0,
        sha256: None,
        batch: None,
        at: None,
        due_on: None,
        overdue: false,
        owner: "partner".into(),
        reason: Some(format!("file {} waits for it", missing.last + 1)),
    }
}
