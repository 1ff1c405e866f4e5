//! A run of the books: every law, its cases and its offenders.

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::law::{Law, Look};
use super::laws::LAWS;
use super::touched::{Run, Through, fill, fill_ids};
use crate::args;
use crate::limits::LAW_OFFENDERS_SHOWN;
use crate::step::{Progress, Work};
use crate::store::audit_chain::horizon;
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

/// What some laws found.
struct Looked {
    books: Vec<LawResult>,
    through: Through,
    is_partial: bool,
    /// Whether they were held against the server that writes.
    is_here: bool,
}

impl Ledger {
    /// Checks the laws: over what changed since the last run, or over everything. `only` names one
    /// law. The run is remembered when every law was checked and holds, and the ledger may be written.
    pub async fn books(&self, at: Timestamp, whole: bool, only: Option<i64>) -> Result<BooksReport, LedgerError> {
        let actor = self.viewer().map_or("operator", |viewer| &viewer.name);
        let subject = if whole { "everything" } else { "what changed" };
        let progress = self.progress_of(Work::of_everybody("books", subject, actor));
        progress.phase("what changed", None);
        // Before anything is looked at: what ended until here, every look sees that begins now.
        let mut before = self.read().await?;
        let to = horizon(&mut before).await?;
        let since = if whole { None } else { last_run(&mut before).await? };
        drop(before);
        let run = Run { since, to, today: local_date(at) };
        let laws = LAWS.iter().filter(|law| only.is_none_or(|number| number == law.number));
        let (beside, laws): (Vec<&'static Law>, Vec<&'static Law>) = laws.partition(|law| law.is_beside);
        let (ledger, aside, mut task) = (self.clone(), beside.clone(), JoinSet::new());
        task.spawn(async move { ledger.look(&aside, run, &Progress::unwatched()).await });
        let Looked { mut books, through, is_partial, is_here } = self.look(&laws, run, &progress).await?;
        let aside = match task.join_next().await {
            Some(Ok(Ok(looked))) => looked,
            Some(Ok(Err(error))) if !error.is_passing() => return Err(error),
            // There was no connection for them beside the others: there is now.
            _ => self.look(&beside, run, &progress).await?,
        };
        books.extend(aside.books);
        books.sort_unstable_by_key(|law| law.law);
        let report = BooksReport { whole: !is_partial && !aside.is_partial, books };
        // A standby may lag behind what was found to have ended.
        if only.is_none() && is_here && aside.is_here && report.hold() {
            match self.remember(at, through.earlier(aside.through), report.whole).await {
                // The next run looks at the same again.
                Err(error) if error.is_read_only() || error.is_passing() => {}
                other => other?,
            }
        }
        progress.finish(if report.hold() { "the laws hold" } else { "a law does not hold" }).await;
        Ok(report)
    }

    /// Checks some laws, one after the other, on a connection of their own.
    async fn look(&self, laws: &[&Law], run: Run, progress: &Progress) -> Result<Looked, LedgerError> {
        if laws.is_empty() {
            return Ok(Looked { books: Vec::new(), through: Through::default(), is_partial: false, is_here: true });
        }
        let mut tx = self.read().await?;
        tx.without_hurry();
        let is_here = tx.given().is_none();
        // On a standby a run looks at everything: rows cannot be deleted from what is staged there.
        let run = Run { since: run.since.filter(|_| is_here), ..run };
        let gathers = laws.iter().any(|law| !law.is_beside);
        let through = if gathers { fill(&mut tx, run).await? } else { fill_ids(&mut tx, run).await? };
        let mut look = Look::new(tx, run.since);
        let mut books = Vec::new();
        for (checked, law) in laws.iter().enumerate() {
            progress.phase(law.name, Some(laws.len()));
            progress.advance(checked);
            books.push(check(&mut look, law).await?);
        }
        Ok(Looked { books, through, is_partial: run.since.is_some(), is_here })
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
