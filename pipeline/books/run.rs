//! A run of the books: every law, its cases and its offenders.

use jiff::Timestamp;

use super::touched::{Through, fill};
use super::{LAWS, replay, secret};
use crate::args;
use crate::limits::LAW_OFFENDERS_SHOWN;
use crate::store::Tx;
use crate::store::{Ledger, LedgerError, audit_chain};

/// One law after a run.
#[derive(Clone, serde::Serialize)]
pub struct LawResult {
    pub law: i64,
    pub name: &'static str,
    pub holds: bool,
    /// Things looked at.
    pub cases: i64,
    /// The first offenders, in words.
    pub offending: Vec<String>,
}

/// All laws after a run.
#[derive(Clone, serde::Serialize)]
pub struct BooksReport {
    pub whole: bool,
    pub books: Vec<LawResult>,
}

impl BooksReport {
    /// Whether every law holds.
    pub fn hold(&self) -> bool {
        self.books.iter().all(|law| law.holds)
    }
}

impl Ledger {
    /// Checks the laws: over what changed since the last run, or over everything. `only` names one
    /// law. The run is remembered when every law was checked and holds, and the ledger may be written.
    pub async fn books(&self, at: Timestamp, whole: bool, only: Option<i64>) -> Result<BooksReport, LedgerError> {
        let mut tx = self.read().await?;
        tx.without_hurry();
        // A standby is looked at as a whole: what is gathered there cannot be taken away from.
        let since = if whole || tx.given().is_some() { None } else { last_run(&mut tx).await? };
        let through = fill(&mut tx, since, crate::time::local_date(at)).await?;
        let replayed = replay::replay(&mut tx).await?;
        let mut books = Vec::new();
        for law in LAWS.iter().filter(|law| only.is_none_or(|no| no == law.no)) {
            let mut cases = tx.number(law.cases, args![]).await?;
            let mut offending = Vec::new();
            for sql in law.offending {
                offending.extend(tx.rows::<(String,)>(sql, args![]).await?.into_iter().map(|row| row.0));
            }
            match law.no {
                1 => offending.extend(replayed.place.iter().cloned()),
                5 => offending.extend(replayed.custody.iter().cloned()),
                11 => {
                    offending.extend(replayed.transition.iter().cloned());
                    let first = first_seal(&mut tx, since).await?;
                    let (broken, seals) = audit_chain::broken_seals(&mut tx, first).await?;
                    offending.extend(broken);
                    cases += seals;
                }
                12 => offending.extend(secret::secrets(&mut tx).await?),
                _ => {}
            }
            let holds = offending.is_empty();
            offending.truncate(LAW_OFFENDERS_SHOWN as usize);
            books.push(LawResult { law: law.no, name: law.name, holds, cases, offending });
        }
        let report = BooksReport { whole: since.is_none(), books };
        drop(tx);
        if only.is_none() && report.hold() {
            match self.remember(at, through, report.whole).await {
                // The next run looks at the same again.
                Err(error) if error.is_read_only() || error.is_passing() => {}
                other => other?,
            }
        }
        Ok(report)
    }

    async fn remember(&self, at: Timestamp, through: Through, whole: bool) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        tx.run(
            "INSERT INTO law_run (at, through, chunk, file, whole, holds) VALUES ($1, $2, $3, $4, $5, TRUE)",
            args![at, through.history, through.chunk, through.file, whole],
        )
        .await?;
        tx.commit().await
    }
}

async fn last_run(tx: &mut Tx) -> Result<Option<Through>, LedgerError> {
    let row =
        tx.row::<(i64, i64, i64)>("SELECT through, chunk, file FROM law_run ORDER BY id DESC LIMIT 1", args![]).await?;
    Ok(row.map(|(history, chunk, file)| Through { history, chunk, file }))
}

/// The first seal that covers anything this run looks at.
async fn first_seal(tx: &mut Tx, since: Option<Through>) -> Result<i64, LedgerError> {
    match since {
        None => Ok(1),
        Some(through) => {
            tx.number("SELECT COALESCE(max(no), 0) + 1 FROM seal WHERE to_tx <= $1", args![through.history]).await
        }
    }
}
