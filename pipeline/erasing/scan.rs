//! The scan: whether anything of erased persons and purged files is left, in the database, the object store, the
//! partners' folders and backups. Changes nothing.

use std::path::Path;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::args;
use crate::crypto::objects::key_of;
use crate::exchange::files::FileRecord;
use crate::exchange::removal::remaining;
use crate::step::{StageError, Worker};
use crate::store::row_macs::there_again::THERE_AGAIN;
use crate::store::{Ledger, LedgerError};

/// What is left, and what to do.
#[derive(Serialize)]
pub struct Left {
    pub place: &'static str,
    pub found: String,
    #[serde(rename = "do")]
    pub advice: &'static str,
}

/// What was looked at, and what is left of it.
#[derive(Serialize)]
pub struct Scan {
    pub persons: i64,
    pub records: i64,
    pub files: usize,
    pub left: Vec<Left>,
}

/// Looks everywhere; also into a folder of backups, where one is named.
pub async fn scan(worker: &Worker, backups: Option<&Path>, now: Timestamp) -> Result<Scan, StageError> {
    let (persons, records) = worker.ledger.destroyed().await?;
    let mut left = in_database(&worker.ledger).await?;
    let mut files = worker.ledger.files().await?;
    files.retain(|file| file.purged_at.is_some());
    for file in &files {
        left.extend(of_file(worker, file).await?);
    }
    if let Some(folder) = backups {
        left.extend(in_backups(&worker.ledger, folder, &files, now).await?);
    }
    Ok(Scan { persons, records, files: files.len(), left })
}

async fn in_database(ledger: &Ledger) -> Result<Vec<Left>, StageError> {
    const AGAIN: &str = "an older copy was put back: erase the person again, or find out who did it (`books --full`)";
    const PENDING: &str = "a worker removes it: see what is set aside";
    const HEAP: &str =
        "rewrite the tables while nothing older runs: VACUUM FULL message, account, application, person_alias";
    let mut left = Vec::new();
    for (found,) in ledger.read().await?.rows::<(String,)>(THERE_AGAIN, args![]).await? {
        left.push(Left { place: "database", found, advice: AGAIN });
    }
    for id in ledger.doomed().await? {
        let found = format!("erasure {id} has files or objects to remove");
        left.push(Left { place: "database", found, advice: PENDING });
    }
    if let Some(tables) = ledger.heaps_not_rewritten().await? {
        let found = format!("dead rows of {tables} may hold what was overwritten");
        left.push(Left { place: "heap", found, advice: HEAP });
    }
    Ok(left)
}

async fn of_file(worker: &Worker, file: &FileRecord) -> Result<Vec<Left>, StageError> {
    const AGAIN: &str = "it was put back after it was purged: remove it";
    let mut left = Vec::new();
    if file.direction == "out" && worker.objects.has("files", &file.sha256).await? {
        left.push(Left { place: "objects", found: format!("files/{}", file.sha256), advice: AGAIN });
    }
    if let Some(partner) = worker.partners.get(&file.partner) {
        let found = remaining(partner, file).map_err(|error| StageError::exchange(&partner.to(), error))?;
        left.extend(found.iter().map(|path| Left {
            place: "partner",
            found: path.display().to_string(),
            advice: AGAIN,
        }));
    }
    Ok(left)
}

/// Backups are named for the instant they were taken at; they share their objects.
async fn in_backups(
    ledger: &Ledger,
    folder: &Path,
    purged: &[FileRecord],
    now: Timestamp,
) -> Result<Vec<Left>, StageError> {
    const OLDER: &str = "it holds persons erased since: back up anew into another folder, then delete this one";
    const OBJECT: &str = "it was purged since: remove it from the backups' objects";
    let last = ledger.last_destroyed().await?;
    let mut left = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| StageError::file(folder.display(), error))? {
        let name = entry.map_err(|error| StageError::file(folder.display(), error))?.file_name();
        let name = name.to_string_lossy();
        let Ok(taken) = DateTime::strptime("%Y%m%dT%H%M%SZ", &*name) else { continue };
        let taken = taken.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).unwrap_or_default();
        let missed = last.iter().filter(|at| taken.as_microsecond() <= **at).count();
        if missed > 0 {
            let days = now.duration_since(taken).as_hours() / 24;
            let found = format!("{name}: {days} days old, older than {missed} erasures or purges of records");
            left.push(Left { place: "backup", found, advice: OLDER });
        }
    }
    for file in purged {
        let object = folder.join("objects").join(key_of("files", &file.sha256));
        if object.exists() {
            left.push(Left { place: "backup", found: object.display().to_string(), advice: OBJECT });
        }
    }
    Ok(left)
}

impl Ledger {
    /// How many persons were erased, and how many records destroyed.
    async fn destroyed(&self) -> Result<(i64, i64), LedgerError> {
        let sql = "SELECT (SELECT count(*) FROM erasure) AS a, (SELECT count(*) FROM destroyed_record) AS b";
        Ok(self.read().await?.row(sql, args![]).await?.unwrap_or_default())
    }

    /// When persons were erased and records destroyed.
    async fn last_destroyed(&self) -> Result<Vec<i64>, LedgerError> {
        let sql = "SELECT at FROM erasure UNION SELECT at FROM destroyed_record";
        Ok(self.read().await?.rows::<(i64,)>(sql, args![]).await?.into_iter().map(|(at,)| at).collect())
    }
}
