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
    /// A card that may have a history of its own.
    struct Alone in "touched_alone" { id: i64 }
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
    /// How many cards of an account batch have an account that an answer to it opened.
    struct TouchedOpened in "touched_opened" { id: i64, cards: i64 }
}

/// Where all cards are gathered, they need not be looked up once more.
const OPENED_OF_ALL: &str = "INSERT INTO touched_opened SELECT c.account_batch, CAST(sum(c.cards) AS BIGINT)
    FROM touched_card c JOIN file f ON f.id = c.answer AND f.batch = c.account_batch AND f.direction = 'in' GROUP BY c.account_batch";
const OPENED_OF_TOUCHED: &str = "INSERT INTO touched_opened SELECT g.batch, count(*) FROM touched_batch x JOIN account_row g ON g.batch = x.id
    JOIN account c ON c.application = g.application JOIN file f ON f.id = c.answer AND f.batch = g.batch AND f.direction = 'in' GROUP BY g.batch";

bulk_row! {
    /// What laws must know of a kind of batch. `release`: what a second person must agree to.
    struct LawKind in "law_kind" { word: &'static str, of_bureau: bool, release: Option<&'static str> }
}

bulk_row! {
    struct LawDay in "law_day" { today: jiff::civil::Date }
}

bulk_row! {
    /// Touched cards that stand alike, because they were only ever moved with the same sets: `id` is the least of
    /// them, `who` names it and says how many others there are. `answer`, `production_batch` and `box_id` are NULL
    /// until they have accounts, are ordered, are made.
    struct TouchedCard in "touched_card" {
        id: i64,
        cards: i64,
        who: String,
        chunk: i64,
        account_batch: Option<i64>,
        answer: Option<i64>,
        production_batch: Option<i64>,
        box_id: Option<i64>,
        state: String,
        place: Option<String>,
        social: String,
        financial: String,
        live: bool,
        open: bool,
        queued: bool,
        known_before: bool,
        due_on: String,
        owner: String,
    }
}

/// Cards that may have a history of their own: moved alone, no longer in a batch they were in, answered otherwise
/// than with an account, or looked at by a person.
const ALONE_AMONG_CARDS: &str = "INSERT INTO touched_alone
    SELECT v.subject FROM touched_application t CROSS JOIN move v WHERE v.scope = 'application' AND v.subject = t.id
    UNION SELECT r.application FROM touched_application t CROSS JOIN former_row r WHERE r.application = t.id
    UNION SELECT k.application FROM touched_application t CROSS JOIN desk_case k WHERE k.application = t.id
    UNION SELECT n.application FROM touched_application t CROSS JOIN answer n CROSS JOIN file f
        WHERE n.application = t.id AND f.id = n.file
            AND NOT EXISTS (SELECT 1 FROM account_row g WHERE g.application = t.id AND g.batch = f.batch)";

// Numbers first: where the cards are sorted by these, texts are rarely compared.
macro_rules! gather {
    ($from:literal, $where:literal) => {
        concat!(
            "INSERT INTO touched_card
            SELECT k.id, k.cards, a.application_id || CASE WHEN k.cards > 1 THEN ' and ' || (k.cards - 1) || ' others of the same sets' ELSE '' END,
                k.chunk, k.account_batch, k.answer, k.production_batch, k.box, k.state, CASE WHEN k.has_card THEN k.card_place END,
                k.social, k.financial, k.live, k.open, k.queued, k.known_before, k.due_on, k.owner
            FROM (SELECT min(c.id) AS id, count(*) AS cards, c.chunk, c.account_batch, c.answer, c.production_batch, c.box,
                    c.state, c.has_card, c.card_place, c.social, c.financial, c.live, c.open, w.application IS NOT NULL AS queued,
                    c.old_number IS NOT NULL AS known_before, c.due_on, c.owner
                FROM ",
            $from,
            " LEFT JOIN touched_alone x ON x.id = c.id LEFT JOIN account_waiting w ON w.application = c.id ",
            $where,
            " GROUP BY c.chunk, c.account_batch, c.answer, c.production_batch, c.box, x.id, c.state, c.has_card, c.card_place,
                    c.social, c.financial, c.live, c.open, w.application IS NOT NULL, c.old_number IS NOT NULL, c.due_on, c.owner) k
            CROSS JOIN application a WHERE a.id = k.id"
        )
    };
}

const GATHER_TOUCHED: &str = gather!("touched_application t CROSS JOIN application_place c", "WHERE c.id = t.id");
const GATHER_ALL: &str = gather!("application_place c", "");

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
    if run.since.is_none() {
        tx.scratch("INSERT INTO touched_application SELECT id FROM application", args![]).await?;
        tx.analyse::<TouchedApplication>().await?;
    }
    tx.scratch(ALONE_AMONG_CARDS, args![]).await?;
    tx.analyse::<Alone>().await?;
    tx.scratch(if run.since.is_none() { GATHER_ALL } else { GATHER_TOUCHED }, args![]).await?;
    tx.analyse::<TouchedCard>().await?;
    for sql in COUNTED.iter() {
        tx.scratch(sql, args![]).await?;
    }
    tx.analyse::<TouchedMembers>().await?;
    tx.scratch(if run.since.is_none() { OPENED_OF_ALL } else { OPENED_OF_TOUCHED }, args![]).await?;
    tx.analyse::<TouchedOpened>().await?;
    Ok(through)
}

/// Fills those with the ids of what is looked at, but not what is gathered of it, nor all applications.
pub async fn fill_ids(tx: &mut Tx, Run { since, to, today }: Run) -> Result<Through, LedgerError> {
    tx.clear::<NewMove>().await?;
    tx.clear::<TouchedApplication>().await?;
    tx.clear::<Alone>().await?;
    tx.clear::<TouchedCard>().await?;
    tx.clear::<TouchedBatch>().await?;
    tx.clear::<TouchedFile>().await?;
    tx.clear::<TouchedChunk>().await?;
    tx.clear::<TouchedShipment>().await?;
    tx.clear::<TouchedMembers>().await?;
    tx.clear::<TouchedOpened>().await?;
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
