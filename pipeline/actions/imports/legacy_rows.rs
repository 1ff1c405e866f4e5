//! Opening stock: cards made before this system, so that replacements can name them.
//!
//! A card is known only when every field of its line is what was imported before. Whatever else shares a number
//! or a person with a card that is there, or with one before it in the same list, contradicts it: it is left out and
//! told, and the others are imported. A line that is left out holds nothing back.

use std::collections::HashMap;

use cardline_core::state_machines::{ACCOUNT, CARD, SOCIAL};
use jiff::civil::Date;

use crate::custody::containers::CHUNK;
use crate::route::intake::settle::ChunkSource;
use crate::store::row_macs::catalog;
use crate::store::transition::{Along, Subject, all_moved, move_each, move_set};
use crate::store::{Ledger, LedgerError, Stamp, Tx};
use crate::{args, bulk_row, transition};

/// One old card, its personal parts encrypted.
#[derive(Clone)]
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
    pub encrypted: Vec<u8>,
    pub number_key: Vec<u8>,
    pub pan_key: Vec<u8>,
    pub account: Vec<u8>,
}

/// What became of the cards of one import.
#[derive(Default)]
pub struct ImportedStock {
    pub new: i64,
    /// Imported before, with the same fields.
    pub known: i64,
    /// Those that were left out, in the order of the cards handed in.
    pub refused: Vec<RefusedStock>,
}

/// A card that was left out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefusedStock {
    /// Its place among the cards handed in.
    pub place: usize,
    /// The place of the one before it that it contradicts; `None`: of what was known.
    pub other: Option<usize>,
    pub contradiction: StockContradiction,
}

/// How a card contradicts what is known. Columns are those of the CSV file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StockContradiction {
    /// The same card was imported with other fields.
    #[error(
        "column {0}: differs from what is known of this card; correct the line, or change the card by an application \
         or an event"
    )]
    Differs(&'static str),
    /// A number or a person of another card.
    #[error("column {0}: belongs to another card that is known; compare both with their papers")]
    OfAnother(&'static str),
}

impl StockCard {
    /// How this card contradicts another one of the same list; `None` when they are equal or have nothing in
    /// common.
    fn contradicts(&self, other: &StockCard) -> Option<StockContradiction> {
        let columns = [
            ("id_number", self.person == other.person),
            ("account", self.number_key == other.number_key),
            ("pan", self.pan_key == other.pan_key),
        ];
        if self.card_number != other.card_number {
            let shared = columns.iter().find(|(_, same)| *same);
            return shared.map(|(column, _)| StockContradiction::OfAnother(column));
        }
        let more = [
            ("bank", self.bank == other.bank),
            ("region", self.region == other.region),
            ("outlet", self.outlet == other.outlet),
            ("issued_on", self.issued_on == other.issued_on),
            ("state", self.lost == other.lost),
            // All other fields are in the digest only.
            ("name", self.digest == other.digest),
        ];
        let differs = columns.iter().chain(&more).find(|(_, same)| !*same);
        differs.map(|(column, _)| StockContradiction::Differs(column))
    }
}

/// Every column that can contradict, as statements name it.
const COLUMNS: [&str; 10] =
    ["card_number", "name", "id_number", "bank", "region", "outlet", "account", "pan", "issued_on", "state"];

/// Whether a staged card, or a number or person of it, is there.
macro_rules! is_there {
    () => {
        "EXISTS (SELECT 1 FROM application o WHERE o.old_number = stock.card_number)
        OR EXISTS (SELECT 1 FROM production_row p WHERE p.card_number = stock.card_number)
        OR EXISTS (SELECT 1 FROM application o WHERE o.person = stock.person AND o.live)
        OR EXISTS (SELECT 1 FROM account o WHERE o.number_key = stock.number_key)
        OR EXISTS (SELECT 1 FROM account o WHERE o.pan_key = stock.pan_key)"
    };
}

/// Of each staged card that is not new: its place, whether the card itself is known, and the column that
/// contradicts (empty: none). Whether it was imported as lost follows from the history.
const NOT_NEW: &str = concat!(
    "SELECT stock.position, CAST(CASE WHEN a.id IS NULL THEN 0 ELSE 1 END AS BIGINT),
        CASE
        WHEN a.id IS NOT NULL THEN CASE
            WHEN m.digest = stock.digest THEN CASE WHEN (l.seq IS NOT NULL) = (stock.lost = 1) THEN '' ELSE 'state' END
            WHEN a.person <> stock.person THEN 'id_number'
            WHEN c.number_key IS NULL OR c.number_key <> stock.number_key THEN 'account'
            WHEN c.pan_key <> stock.pan_key THEN 'pan'
            WHEN a.bank <> stock.bank THEN 'bank'
            WHEN a.region <> stock.region THEN 'region'
            WHEN a.outlet <> stock.outlet THEN 'outlet'
            WHEN a.approved_on <> stock.issued_on THEN 'issued_on'
            ELSE 'name' END
        WHEN EXISTS (SELECT 1 FROM production_row p WHERE p.card_number = stock.card_number) THEN 'card_number'
        WHEN EXISTS (SELECT 1 FROM application o WHERE o.person = stock.person AND o.live) THEN 'id_number'
        WHEN EXISTS (SELECT 1 FROM account o WHERE o.number_key = stock.number_key) THEN 'account'
        ELSE 'pan' END
    FROM stock
    LEFT JOIN application a ON a.old_number = stock.card_number
    LEFT JOIN message m ON m.id = a.message
    LEFT JOIN account c ON c.application = a.id
    LEFT JOIN move l ON l.scope = 'application' AND l.subject = a.id AND l.life = 'card' AND l.reason = $1
    WHERE ",
    is_there!(),
    " ORDER BY stock.position"
);

/// Of the move of a card that was lost before it came to us.
const LOST_BEFORE: &str = "formal loss, reported before the import";

bulk_row! {
    struct Stock<'a> in "stock" {
        position: i64,
        card_number: &'a str,
        person: &'a [u8],
        region: &'a str,
        bank: &'a str,
        outlet: &'a str,
        issued_on: Date,
        lost: i64,
        digest: &'a [u8],
        sealed: &'a [u8],
        number_key: &'a [u8],
        pan_key: &'a [u8],
        account: &'a [u8],
    }
}

impl StockCard {
    fn staged(&self, position: i64) -> Stock<'_> {
        Stock {
            position,
            card_number: &self.card_number,
            person: &self.person,
            region: &self.region,
            bank: &self.bank,
            outlet: &self.outlet,
            issued_on: self.issued_on,
            lost: i64::from(self.lost),
            digest: &self.digest,
            sealed: &self.encrypted,
            number_key: &self.number_key,
            pan_key: &self.pan_key,
            account: &self.account,
        }
    }
}

impl Ledger {
    /// Imports old cards; those that are known, and those that contradict what is known or each other, are left
    /// out.
    pub async fn import_stock(&self, cards: Vec<StockCard>, why: Stamp<'_>) -> Result<ImportedStock, LedgerError> {
        let mut tx = self.begin().await?;
        let received = cards.len() as i64;
        let source =
            ChunkSource { topic: "stock".into(), partition: 0, first: 0, next: received, stored: None, generation: 1 };
        let chunk = crate::route::intake::settle::open_chunk(&mut tx, &source, why.at).await?;
        tx.stage(cards.iter().zip(0..).map(|(card, at)| card.staged(at)).collect()).await?;
        let mut imported = set_aside(&mut tx, &cards).await?;
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
        tx.cover(&catalog::MESSAGE, "chunk = $1", args![chunk]).await?;
        tx.cover(&catalog::APPLICATION, "chunk = $1", args![chunk]).await?;
        let opened = "application IN (SELECT id FROM application WHERE chunk = $1)";
        tx.cover(&catalog::ACCOUNT, opened, args![chunk]).await?;
        if new > 0 {
            for transition in [
                transition!(cardline_core::state_machines::APPLICATION, "" => "accepted"),
                transition!(CARD, "" => "in_hand"),
                transition!(SOCIAL, "" => "active"),
                transition!(ACCOUNT, "" => "active"),
            ] {
                let moved = move_set(&mut tx, CHUNK.of(chunk), transition, why).await?;
                all_moved(&transition, new, moved)?;
            }
            report_losses(&mut tx, chunk, why).await?;
        }
        let counts = crate::route::intake::settle::IntakeCounts {
            received,
            accepted: new,
            repeated: received - new,
            ..crate::route::intake::settle::IntakeCounts::default()
        };
        crate::route::intake::settle::close_chunk(&mut tx, chunk, &counts).await?;
        tx.commit().await?;
        imported.new = new;
        Ok(imported)
    }
}

/// Takes what is not new out of the stage, and says what it is.
async fn set_aside(tx: &mut Tx, cards: &[StockCard]) -> Result<ImportedStock, LedgerError> {
    let mut imported = ImportedStock::default();
    let mut is_new = vec![true; cards.len()];
    let not_new = tx.rows::<(i64, i64, String)>(NOT_NEW, args![LOST_BEFORE]).await?;
    tx.scratch(concat!("DELETE FROM stock WHERE ", is_there!()), args![]).await?;
    for (position, is_card, column) in not_new {
        let place = usize::try_from(position).unwrap_or_default();
        if let Some(is_new) = is_new.get_mut(place) {
            *is_new = false;
        }
        let Some(column) = COLUMNS.into_iter().find(|known| *known == column) else {
            imported.known += 1;
            continue;
        };
        let contradiction =
            if is_card == 1 { StockContradiction::Differs(column) } else { StockContradiction::OfAnother(column) };
        imported.refused.push(RefusedStock { place, other: None, contradiction });
    }
    let mut seen: HashMap<&[u8], usize> = HashMap::new();
    for (place, card) in cards.iter().enumerate().filter(|(place, _)| is_new[*place]) {
        let keys = [card.card_number.as_bytes(), &card.person, &card.number_key, &card.pan_key];
        let Some(other) = keys.iter().find_map(|key| seen.get(key).copied()) else {
            seen.extend(keys.into_iter().map(|key| (key, place)));
            continue;
        };
        tx.scratch("DELETE FROM stock WHERE position = $1", args![place as i64]).await?;
        match card.contradicts(&cards[other]) {
            None => imported.known += 1,
            Some(contradiction) => {
                imported.refused.push(RefusedStock { place, other: Some(other), contradiction });
            }
        }
    }
    imported.refused.sort_by_key(|refused| refused.place);
    Ok(imported)
}

/// Cards that were lost before they came to us: the same moves as by an event of formal loss.
async fn report_losses(tx: &mut Tx, chunk: i64, why: Stamp<'_>) -> Result<(), LedgerError> {
    let lost = tx
        .rows::<(i64,)>(
            "SELECT a.id FROM stock s JOIN application a ON a.old_number = s.card_number AND a.chunk = $1
             WHERE s.lost = 1 ORDER BY a.id",
            args![chunk],
        )
        .await?;
    tx.stage(lost.into_iter().map(|(id,)| Subject::of(id)).collect()).await?;
    let transitions = [transition!(CARD, "in_hand" => "lost"), transition!(SOCIAL, "active" => "suspended")];
    let why = Stamp { reason: LOST_BEFORE, ..why };
    move_each(tx, &transitions, Along::default(), why).await?;
    Ok(())
}
