//! Which rows a run of the books checks: all, or those that changed since the last run. Their ids are in
//! temporary tables, which the statements of the laws read.

use crate::args;
use crate::store::Tx;
use crate::store::bulk::{Column, StagingTable};
use crate::store::dialect::over_history;
use crate::store::{LedgerError, audit_chain};

pub(crate) const TRACED: StagingTable = StagingTable { name: "traced", columns: &[("id", Column::Int)] };
/// A card that is replayed, and how many cards it stands for.
pub(crate) const ALIKE_CARDS: StagingTable =
    StagingTable { name: "alike", columns: &[("id", Column::Int), ("cards", Column::Int)] };
const NEW_MOVE: StagingTable = StagingTable {
    name: "new_move",
    columns: &[("seq", Column::Int), ("life", Column::Text), ("scope", Column::Text), ("subject", Column::Int)],
};
const TOUCHED_APPLICATION: StagingTable = StagingTable { name: "touched_application", columns: &[("id", Column::Int)] };
/// The columns of a touched application that laws read, gathered once. `answer`, `production_batch` and `box`
/// are NULL until it has an account, is ordered, is made.
const TOUCHED_CARD: StagingTable = StagingTable {
    name: "touched_card",
    columns: &[
        ("id", Column::Int),
        ("application_id", Column::Text),
        ("state", Column::Text),
        ("place", Column::Text),
        ("social", Column::Text),
        ("financial", Column::Text),
        ("live", Column::Flag),
        ("open", Column::Flag),
        ("person", Column::Bytes),
        ("queued", Column::Flag),
        ("due_on", Column::Text),
        ("owner", Column::Text),
        ("reason", Column::Text),
        ("old_number", Column::Text),
        ("chunk", Column::Int),
        ("account_batch", Column::Int),
        ("answer", Column::Int),
        ("production_batch", Column::Int),
        ("box", Column::Int),
    ],
};
const GATHER: &str = "INSERT INTO touched_card
    SELECT a.id, a.application_id, a.state, CASE WHEN a.has_card THEN a.card_place END, a.social, a.financial, a.live, a.open, a.person,
        a.queue IS NOT NULL, a.due_on, a.owner, a.reason, a.old_number, a.chunk, a.account_batch, a.answer, a.production_batch, a.box
    FROM touched_application t CROSS JOIN application_place a WHERE a.id = t.id";
const TOUCHED_BATCH: StagingTable = StagingTable { name: "touched_batch", columns: &[("id", Column::Int)] };
const TOUCHED_FILE: StagingTable = StagingTable { name: "touched_file", columns: &[("id", Column::Int)] };
const TOUCHED_CHUNK: StagingTable = StagingTable { name: "touched_chunk", columns: &[("id", Column::Int)] };
const TOUCHED_SHIPMENT: StagingTable = StagingTable { name: "touched_shipment", columns: &[("id", Column::Int)] };
const LAW_DAY: StagingTable = StagingTable { name: "law_day", columns: &[("today", Column::Text)] };

/// Where a run ended: the next run begins there.
#[derive(Clone, Copy, Default)]
pub struct Through {
    pub history: i64,
    pub chunk: i64,
    pub file: i64,
}

/// Members of the sets that moved, and single things that moved.
const MEMBERS: &[&str] = &[
    "INSERT INTO touched_application SELECT DISTINCT v.subject FROM new_move v WHERE v.scope = 'application'",
    "INSERT INTO touched_application SELECT a.id FROM new_move v JOIN application a ON v.scope = 'chunk' AND a.chunk = v.subject AND v.life = 'card'",
    "INSERT INTO touched_application SELECT a.id FROM new_move v JOIN application a ON v.scope = 'account_batch' AND a.account_batch = v.subject",
    "INSERT INTO touched_application SELECT r.application FROM new_move v JOIN former_row r
        ON v.scope IN ('account_batch', 'production_batch') AND r.batch = v.subject",
    "INSERT INTO touched_application SELECT c.application FROM new_move v JOIN file f ON v.scope = 'answer' AND f.id = v.subject
        JOIN application a ON a.account_batch = f.batch JOIN account c ON c.application = a.id",
    "INSERT INTO touched_application SELECT p.application FROM new_move v JOIN production_row p ON v.scope = 'production_batch' AND p.batch = v.subject",
    "INSERT INTO touched_application SELECT m.application FROM new_move v JOIN box b ON v.scope = 'report' AND b.report = v.subject
        JOIN made m ON m.box = b.id",
    "INSERT INTO touched_application SELECT m.application FROM new_move v JOIN box b ON v.scope = 'shipment' AND b.shipment = v.subject
        JOIN made m ON m.box = b.id",
    "DELETE FROM touched_application WHERE id NOT IN (SELECT id FROM application)",
    "INSERT INTO touched_shipment SELECT DISTINCT subject FROM new_move WHERE scope = 'shipment'",
    "INSERT INTO touched_batch SELECT DISTINCT subject FROM new_move WHERE scope IN ('batch', 'account_batch', 'production_batch')",
    "INSERT INTO touched_batch SELECT DISTINCT f.batch FROM touched_file t JOIN file f ON f.id = t.id WHERE f.batch IS NOT NULL",
];

/// Fills the temporary tables; returns where this run ends.
pub async fn fill(tx: &mut Tx, since: Option<Through>, today: jiff::civil::Date) -> Result<Through, LedgerError> {
    for stage in [
        &NEW_MOVE,
        &TOUCHED_APPLICATION,
        &TOUCHED_CARD,
        &TOUCHED_BATCH,
        &TOUCHED_FILE,
        &TOUCHED_CHUNK,
        &TOUCHED_SHIPMENT,
    ] {
        tx.stage(stage, Vec::new()).await?;
    }
    tx.stage(&LAW_DAY, vec![args![today]]).await?;
    let from = since.unwrap_or_default();
    let to = audit_chain::horizon(tx).await?;
    let moves = over_history!(tx, "INSERT INTO new_move SELECT seq, life, scope, subject FROM move WHERE ", "");
    tx.scratch(moves, args![from.history, to]).await?;
    tx.scratch("INSERT INTO touched_chunk SELECT id FROM chunk WHERE id > $1", args![from.chunk]).await?;
    tx.scratch("INSERT INTO touched_file SELECT id FROM file WHERE id > $1 UNION SELECT subject FROM new_move WHERE scope = 'file'", args![from.file]).await?;
    if since.is_none() {
        tx.scratch("INSERT INTO touched_application SELECT id FROM application", args![]).await?;
        tx.scratch("INSERT INTO touched_batch SELECT id FROM batch", args![]).await?;
        tx.scratch("INSERT INTO touched_shipment SELECT id FROM shipment", args![]).await?;
    } else {
        for sql in MEMBERS {
            tx.scratch(sql, args![]).await?;
        }
        distinct(tx).await?;
    }
    tx.analyse(&TOUCHED_APPLICATION).await?;
    tx.scratch(GATHER, args![]).await?;
    for stage in [&TOUCHED_CARD, &TOUCHED_BATCH, &TOUCHED_FILE, &TOUCHED_CHUNK, &TOUCHED_SHIPMENT] {
        tx.analyse(stage).await?;
    }
    let chunk = tx.number("SELECT COALESCE(max(id), 0) FROM chunk", args![]).await?;
    let file = tx.number("SELECT COALESCE(max(id), 0) FROM file", args![]).await?;
    Ok(Through { history: to, chunk, file })
}

/// The statements above may insert an id twice; the laws need each once.
async fn distinct(tx: &mut Tx) -> Result<(), LedgerError> {
    for (stage, read, insert) in [
        (
            &TOUCHED_APPLICATION,
            "INSERT INTO traced SELECT DISTINCT id FROM touched_application",
            "INSERT INTO touched_application SELECT id FROM traced",
        ),
        (
            &TOUCHED_BATCH,
            "INSERT INTO traced SELECT DISTINCT id FROM touched_batch",
            "INSERT INTO touched_batch SELECT id FROM traced",
        ),
    ] {
        tx.stage(&TRACED, Vec::new()).await?;
        tx.scratch(read, args![]).await?;
        tx.stage(stage, Vec::new()).await?;
        tx.scratch(insert, args![]).await?;
    }
    Ok(())
}
