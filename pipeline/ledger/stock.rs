//! Opening stock: cards made before this system, so that replacements can name them.

use cardline_core::lives::{ACCOUNT, CARD, SOCIAL};
use jiff::civil::Date;

use super::engine::Tx;
use super::moves::{Along, SUBJECT, Set, Step, Why, move_each, move_set, subject};
use super::stage::{Column, Stage};
use super::{ChunkSource, Ledger, LedgerError};
use crate::args;

/// One old card, its personal parts sealed.
pub struct StockCard {
    pub card_number: String,
    pub person: Vec<u8>,
    pub region: String,
    pub bank: String,
    pub outlet: String,
    pub issued_on: Date,
    /// Its holder has reported it lost, formally.
    pub lost: bool,
    pub digest: Vec<u8>,
    pub sealed: Vec<u8>,
    pub number_key: Vec<u8>,
    pub pan_key: Vec<u8>,
    pub account: Vec<u8>,
}

const STOCK: Stage = Stage {
    name: "stock",
    columns: &[
        ("position", Column::Int),
        ("card_number", Column::Text),
        ("person", Column::Bytes),
        ("region", Column::Text),
        ("bank", Column::Text),
        ("outlet", Column::Text),
        ("issued_on", Column::Text),
        ("lost", Column::Int),
        ("digest", Column::Bytes),
        ("sealed", Column::Bytes),
        ("number_key", Column::Bytes),
        ("pan_key", Column::Bytes),
        ("account", Column::Bytes),
    ],
};

impl Ledger {
    /// Imports old cards; those whose number or person is known already are left out.
    /// Returns how many are new.
    pub async fn import_stock(&self, cards: Vec<StockCard>, why: Why<'_>) -> Result<i64, LedgerError> {
        let mut tx = self.begin().await?;
        let received = cards.len() as i64;
        let source =
            ChunkSource { topic: "stock".into(), partition: 0, first: 0, next: received, stored: None, generation: 1 };
        let chunk = super::intake::open_chunk(&mut tx, &source, why.at).await?;
        let rows = cards.into_iter().enumerate().map(|(at, c)| {
            args![
                at as i64,
                c.card_number,
                c.person,
                c.region,
                c.bank,
                c.outlet,
                c.issued_on,
                i64::from(c.lost),
                c.digest,
                c.sealed,
                c.number_key,
                c.pan_key,
                c.account
            ]
        });
        tx.stage(&STOCK, rows.collect()).await?;
        tx.scratch(
            "DELETE FROM stock WHERE EXISTS (SELECT 1 FROM application a WHERE a.old_number = stock.card_number)
                OR EXISTS (SELECT 1 FROM production_row p WHERE p.card_number = stock.card_number)
                OR EXISTS (SELECT 1 FROM application a WHERE a.person = stock.person AND a.live)
                OR EXISTS (SELECT 1 FROM account c WHERE c.number_key = stock.number_key)",
            args![],
        )
        .await?;
        tx.run(
            "INSERT INTO message (chunk, position, event_id, digest, outcome, sealed)
             SELECT $1, position, 'stock/' || card_number, digest, 'accepted', sealed FROM stock ORDER BY position",
            args![chunk],
        )
        .await?;
        let new = tx
            .run(
                "INSERT INTO application (application_id, revision, message, chunk, state, place, social, financial, person, kind, lane,
                    region, bank, outlet, method, point, approved_on, promise_on, due_on, owner, old_number, open, live)
                 SELECT 'stock-' || s.card_number, 0, m.id, $1, 'accepted', 'in_hand', 'active', 'active', s.person, 'first_issue', 'normal',
                    s.region, s.bank, s.outlet, 'bank_outlet', s.outlet, s.issued_on, s.issued_on, s.issued_on, 'holder', s.card_number, FALSE, TRUE
                 FROM stock s JOIN message m ON m.chunk = $1 AND m.position = s.position ORDER BY s.position",
                args![chunk],
            )
            .await? as i64;
        tx.run(
            "INSERT INTO account (application, answer, number_key, pan_key, opened_on, sealed)
             SELECT a.id, 0, s.number_key, s.pan_key, s.issued_on, s.account FROM stock s JOIN application a ON a.old_number = s.card_number",
            args![],
        )
        .await?;
        if new > 0 {
            for step in [
                Step { life: &cardline_core::lives::APPLICATION, from: "", to: "accepted" },
                Step { life: &CARD, from: "", to: "in_hand" },
                Step { life: &SOCIAL, from: "", to: "active" },
                Step { life: &ACCOUNT, from: "", to: "active" },
            ] {
                move_set(&mut tx, Set::Chunk(chunk), step, new, why).await?;
            }
            report_losses(&mut tx, chunk, why).await?;
        }
        let counts =
            super::IntakeCounts { received, accepted: new, repeated: received - new, ..super::IntakeCounts::default() };
        super::intake::close_chunk(&mut tx, chunk, &counts).await?;
        tx.commit().await?;
        Ok(new)
    }
}

/// Cards that were lost before they came to us: the same moves as by an event of formal loss.
async fn report_losses(tx: &mut Tx, chunk: i64, why: Why<'_>) -> Result<(), LedgerError> {
    let lost = tx
        .rows::<(i64,)>(
            "SELECT a.id FROM stock s JOIN application a ON a.old_number = s.card_number AND a.chunk = $1
             WHERE s.lost = 1 ORDER BY a.id",
            args![chunk],
        )
        .await?;
    tx.stage(&SUBJECT, lost.into_iter().map(|(id,)| subject(id)).collect()).await?;
    let steps =
        [Step { life: &CARD, from: "in_hand", to: "lost" }, Step { life: &SOCIAL, from: "active", to: "suspended" }];
    let why = Why { reason: "formal loss, reported before the import", ..why };
    move_each(tx, &steps, Along::default(), why).await?;
    Ok(())
}
