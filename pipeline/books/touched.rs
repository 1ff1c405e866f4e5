//! Which rows a run of the books checks: all, or those that changed since the last run. Their ids are in
//! temporary tables, which the statements of the laws read.

use cardline_core::batch_kinds::{Asked, BatchKind};
use cardline_core::domain::staff::DualControl;

use crate::custody::batch_members::COUNTED;
use crate::custody::generated::MEMBERS;
use crate::store::bulk_row::BulkRow;
use crate::store::dialect::over_history;
use crate::store::{LedgerError, Tx};
use crate::{args, bulk_row};

bulk_row! {
    pub(crate) struct Traced in "traced" { id: i64 }
}

bulk_row! {
    /// A card that is replayed, and how many cards it stands for.
    pub(crate) struct AlikeCards in "alike" { id: i64, cards: i64 }
}

bulk_row! {
    struct NewMove in "new_move" { seq: i64, life: String, scope: String, subject: i64 }
}

bulk_row! {
    struct TouchedApplication in "touched_application" { id: i64 }
}

bulk_row! {
    struct TouchedBatch in "touched_batch" { id: i64 }
}

bulk_row! {
    struct TouchedFile in "touched_file" { id: i64 }
}

bulk_row! {
    struct TouchedChunk in "touched_chunk" { id: i64 }
}

bulk_row! {
    struct TouchedShipment in "touched_shipment" { id: i64 }
}

bulk_row! {
    /// How many cards are in a batch.
    struct TouchedMembers in "touched_members" { id: i64, cards: i64 }
}

bulk_row! {
    /// What laws must know of a kind of batch. `release`: what a second person must agree to.
    struct LawKind in "law_kind" { word: &'static str, of_bureau: bool, release: Option<&'static str> }
}

bulk_row! {
    struct LawDay in "law_day" { today: jiff::civil::Date }
}

bulk_row! {
    /// The columns of a touched application that laws read, gathered once. `answer`, `production_batch` and
    /// `box_id` are NULL until it has an account, is ordered, is made.
    struct TouchedCard in "touched_card" {
        id: i64,
        application_id: String,
        state: String,
        place: Option<String>,
        social: String,
        financial: String,
        live: bool,
        open: bool,
        person: Vec<u8>,
        queued: bool,
        due_on: String,
        owner: String,
        reason: Option<String>,
        old_number: Option<String>,
        chunk: i64,
        account_batch: Option<i64>,
        answer: Option<i64>,
        production_batch: Option<i64>,
        box_id: Option<i64>,
    }
}

macro_rules! gather {
    ($from:literal) => {
        concat!(
            "INSERT INTO touched_card
            SELECT a.id, a.application_id, a.state, CASE WHEN a.has_card THEN a.card_place END, a.social, a.financial, a.live, a.open, a.person,
                a.queued, a.due_on, a.owner, a.reason, a.old_number, a.chunk, a.account_batch, a.answer, a.production_batch, a.box
            FROM ",
            $from
        )
    };
}

const GATHER_TOUCHED: &str = gather!("touched_application t CROSS JOIN application_place a WHERE a.id = t.id");
const GATHER_ALL: &str = gather!("application_place a");

/// Where a run ended: the next run begins there.
#[derive(Clone, Copy, Default)]
pub struct Through {
    pub history: i64,
    pub chunk: i64,
    pub file: i64,
}

impl Through {
    /// Where both of two looks ended.
    pub fn earlier(self, other: Through) -> Through {
        Through {
            history: self.history.min(other.history),
            chunk: self.chunk.min(other.chunk),
            file: self.file.min(other.file),
        }
    }
}

/// What a run looks at.
#[derive(Clone, Copy)]
pub struct Run {
    /// Where the run before ended; `None`: everything.
    pub since: Option<Through>,
    /// Where history ends that every look of this run sees.
    pub to: i64,
    pub today: jiff::civil::Date,
}

/// Single things that moved, and what is looked at with them.
const ALONE: &[&str] = &[
    "INSERT INTO touched_application SELECT DISTINCT v.subject FROM new_move v WHERE v.scope = 'application'",
    "DELETE FROM touched_application WHERE id NOT IN (SELECT id FROM application)",
    "INSERT INTO touched_shipment SELECT DISTINCT subject FROM new_move WHERE scope = 'shipment'",
    "INSERT INTO touched_batch SELECT DISTINCT subject FROM new_move WHERE scope IN ('batch', 'account_batch', 'production_batch')",
    "INSERT INTO touched_batch SELECT DISTINCT f.batch FROM touched_file t JOIN file f ON f.id = t.id WHERE f.batch IS NOT NULL",
];

/// Fills the temporary tables; returns where this run ends.
pub async fn fill(tx: &mut Tx, run: Run) -> Result<Through, LedgerError> {
    let through = fill_ids(tx, run).await?;
    tx.scratch(if run.since.is_none() { GATHER_ALL } else { GATHER_TOUCHED }, args![]).await?;
    tx.analyse::<TouchedCard>().await?;
    for sql in COUNTED.iter() {
        tx.scratch(sql, args![]).await?;
    }
    tx.analyse::<TouchedMembers>().await?;
    Ok(through)
}

/// Fills those with the ids of what is looked at, but not what is gathered of it.
pub async fn fill_ids(tx: &mut Tx, Run { since, to, today }: Run) -> Result<Through, LedgerError> {
    tx.clear::<NewMove>().await?;
    tx.clear::<TouchedApplication>().await?;
    tx.clear::<TouchedCard>().await?;
    tx.clear::<TouchedBatch>().await?;
    tx.clear::<TouchedFile>().await?;
    tx.clear::<TouchedChunk>().await?;
    tx.clear::<TouchedShipment>().await?;
    tx.clear::<TouchedMembers>().await?;
    tx.stage(vec![LawDay { today }]).await?;
    tx.stage(BatchKind::ALL.map(law_kind).into()).await?;
    let from = since.unwrap_or_default();
    let moves = over_history!(tx, "INSERT INTO new_move SELECT seq, life, scope, subject FROM move WHERE ", "");
    tx.scratch(moves, args![from.history, to]).await?;
    // One with a lower number may have been committed later.
    tx.scratch(
        "INSERT INTO touched_chunk SELECT id FROM chunk WHERE id > $1 UNION SELECT subject FROM new_move WHERE scope = 'chunk'",
        args![from.chunk],
    )
    .await?;
    tx.scratch("INSERT INTO touched_file SELECT id FROM file WHERE id > $1 UNION SELECT subject FROM new_move WHERE scope = 'file'", args![from.file]).await?;
    if since.is_none() {
        tx.scratch("INSERT INTO touched_application SELECT id FROM application", args![]).await?;
        tx.scratch("INSERT INTO touched_batch SELECT id FROM batch", args![]).await?;
        tx.scratch("INSERT INTO touched_shipment SELECT id FROM shipment", args![]).await?;
    } else {
        for sql in MEMBERS.iter() {
            tx.scratch(sql, args![]).await?;
        }
        for sql in ALONE {
            tx.scratch(sql, args![]).await?;
        }
        distinct(tx).await?;
    }
    tx.analyse::<TouchedApplication>().await?;
    tx.analyse::<TouchedBatch>().await?;
    tx.analyse::<TouchedFile>().await?;
    tx.analyse::<TouchedChunk>().await?;
    tx.analyse::<TouchedShipment>().await?;
    let chunk = tx.number("SELECT COALESCE(max(id), 0) FROM chunk", args![]).await?;
    let file = tx.number("SELECT COALESCE(max(id), 0) FROM file", args![]).await?;
    Ok(Through { history: to, chunk, file })
}

fn law_kind(kind: BatchKind) -> LawKind {
    let release = kind.release.map(DualControl::code);
    LawKind { word: kind.word, of_bureau: kind.asked == Asked::Bureau, release }
}

/// The statements above may insert an id twice; the laws need each once.
async fn distinct(tx: &mut Tx) -> Result<(), LedgerError> {
    let applications = "INSERT INTO traced SELECT DISTINCT id FROM touched_application";
    once::<TouchedApplication>(tx, applications, "INSERT INTO touched_application SELECT id FROM traced").await?;
    let batches = "INSERT INTO traced SELECT DISTINCT id FROM touched_batch";
    once::<TouchedBatch>(tx, batches, "INSERT INTO touched_batch SELECT id FROM traced").await
}

async fn once<T: BulkRow>(tx: &mut Tx, read: &'static str, insert: &'static str) -> Result<(), LedgerError> {
    tx.clear::<Traced>().await?;
    tx.scratch(read, args![]).await?;
    tx.clear::<T>().await?;
    tx.scratch(insert, args![]).await?;
    Ok(())
}
