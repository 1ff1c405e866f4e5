//! A run of the books: every law, its cases and its offenders.

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::law::{Law, Look};
use super::laws::LAWS;
use super::touched::{Through, fill, fill_ids};
use crate::args;
use crate::limits::LAW_OFFENDERS_SHOWN;
use crate::step::{Progress, Work};
use crate::store::{Ledger, LedgerError, Tx};
use crate::time::local_date;

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
        let actor = self.viewer().map_or("operator", |viewer| &viewer.name);
        let subject = if whole { "everything" } else { "what changed" };
        let progress = self.progress_of(Work::of_everybody("books", subject, actor));
        progress.phase("what changed", None);
        let mut tx = self.read().await?;
        tx.without_hurry();
        // Read in any case: what the others see begins here, and those beside them must not see less.
        let last = last_run(&mut tx).await?;
        // On a standby a run looks at everything: rows cannot be deleted from what is staged there.
        let since = last.filter(|_| !whole && tx.given().is_none());
        let laws = LAWS.iter().filter(|law| only.is_none_or(|number| number == law.number));
        let (beside, laws): (Vec<&'static Law>, Vec<&'static Law>) = laws.partition(|law| law.is_beside);
        let (ledger, mut task) = (self.clone(), JoinSet::new());
        task.spawn(async move { ledger.beside(beside, since, at).await });
        let (mut books, through) = in_turn(tx, laws, since, at, &progress).await?;
        while let Some(beside) = task.join_next().await {
            books.extend(beside.map_err(|error| LedgerError::Shape(format!("laws beside the others: {error}")))??);
        }
        books.sort_unstable_by_key(|law| law.law);
        let report = BooksReport { whole: since.is_none(), books };
        if only.is_none() && report.hold() {
            match self.remember(at, through, report.whole).await {
                // The next run looks at the same again.
                Err(error) if error.is_read_only() || error.is_passing() => {}
                other => other?,
            }
        }
        progress.finish(if report.hold() { "the laws hold" } else { "a law does not hold" }).await;
        Ok(report)
    }

    /// Laws that read tables from end to end, on a connection of their own. It sees what was committed a moment later than
    /// the others do, which has to hold as well.
    async fn beside(
        &self,
        laws: Vec<&'static Law>,
        since: Option<Through>,
        at: Timestamp,
    ) -> Result<Vec<LawResult>, LedgerError> {
        if laws.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.read().await?;
        tx.without_hurry();
        fill_ids(&mut tx, since, local_date(at)).await?;
        let mut look = Look::new(tx, since);
        let mut books = Vec::new();
        for law in laws {
            books.push(check(&mut look, law).await?);
        }
        Ok(books)
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

/// Laws one after the other, and where the run ended.
async fn in_turn(
    mut tx: Tx,
    laws: Vec<&Law>,
    since: Option<Through>,
    at: Timestamp,
    progress: &Progress,
) -> Result<(Vec<LawResult>, Through), LedgerError> {
    let through = fill(&mut tx, since, local_date(at)).await?;
    let mut look = Look::new(tx, since);
    let mut books = Vec::new();
    for (checked, law) in laws.iter().enumerate() {
        progress.phase(law.name, Some(laws.len()));
        progress.advance(checked);
        books.push(check(&mut look, law).await?);
    }
    Ok((books, through))
}

/// One law: its cases, and whether anything breaks it.
pub async fn check(look: &mut Look, law: &Law) -> Result<LawResult, LedgerError> {
    let mut cases = look.tx.number(law.cases, args![]).await?;
    let mut offending = Vec::new();
    for sql in law.offending {
        offending.extend(look.tx.rows::<(String,)>(sql, args![]).await?.into_iter().map(|row| row.0));
    }
    if let Some(computed) = law.computed {
        let found = computed(look).await?;
        cases += found.cases;
        offending.extend(found.offending);
    }
    let holds = offending.is_empty();
    offending.truncate(LAW_OFFENDERS_SHOWN as usize);
    Ok(LawResult { law: law.number, name: law.name, holds, cases, offending })
}

async fn last_run(tx: &mut Tx) -> Result<Option<Through>, LedgerError> {
    let row =
        tx.row::<(i64, i64, i64)>("SELECT through, chunk, file FROM law_run ORDER BY id DESC LIMIT 1", args![]).await?;
    Ok(row.map(|(history, chunk, file)| Through { history, chunk, file }))
}
