//! What is due to be purged.

use cardline_core::domain::policy::ByRegion;
use jiff::Timestamp;

use crate::exchange::files::FileRecord;
use crate::store::{Ledger, LedgerError};
use crate::{args, row};

/// Until when something must have ended to be due.
pub struct Dates {
    pub bureau: ByRegion<Timestamp>,
    pub bank: ByRegion<Timestamp>,
    pub discarded: ByRegion<Timestamp>,
    /// Codes of the bureaus; every other partner is a bank.
    pub bureaus: Vec<String>,
}

row! {
    /// When and where the work of a file ended.
    struct Ended {
        file: i64,
        partner: String,
        region: String,
        at: i64,
    }
}

impl Dates {
    fn is_due(&self, ended: &Ended) -> bool {
        let before = if self.bureaus.contains(&ended.partner) { &self.bureau } else { &self.bank };
        ended.at <= before.of(&ended.region).as_microsecond()
    }
}

impl Ledger {
    /// Files not purged yet whose batch ended, or that belong to none and were settled, long enough ago, oldest
    /// first. One that a person must still decide about is needed.
    pub async fn files_to_purge(&self, dates: &Dates) -> Result<Vec<FileRecord>, LedgerError> {
        let latest = *dates.bureau.greatest().max(dates.bank.greatest());
        let mut ended = self.read().await?.rows::<Ended>(ENDED, args![latest]).await?;
        // Sorted here: SQLite would read every file in order rather than those of the index.
        ended.sort_by_key(|ended| ended.file);
        let mut files = Vec::new();
        for ended in ended.iter().filter(|ended| dates.is_due(ended)) {
            files.extend(self.file_record(ended.file).await?);
        }
        Ok(files)
    }
}

/// Nothing ends before it was written, so files younger than every date are not looked at.
const ENDED: &str = "SELECT f.id AS file, f.partner, COALESCE(b.region, '') AS region, CASE WHEN c.at > f.at THEN c.at ELSE f.at END AS at
    FROM file f LEFT JOIN batch b ON b.id = f.batch
    LEFT JOIN move c ON c.seq = (SELECT max(e.seq) FROM move e WHERE e.scope = 'batch' AND e.subject = b.id AND e.life = 'batch')
        AND c.to_state IN ('answered', 'cancelled')
    WHERE f.at <= $1 AND NOT EXISTS (SELECT 1 FROM purge p WHERE p.file = f.id) AND f.state NOT IN ('frozen', 'placed')
        AND (f.batch IS NULL OR c.at IS NOT NULL)
        AND NOT EXISTS (SELECT 1 FROM desk_case d WHERE d.file = f.id AND d.state IN ('open', 'escalated'))";
