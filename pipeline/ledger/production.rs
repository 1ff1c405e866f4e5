//! The production stage in the ledger: the cut, card numbers, the bureau's report and its manifest.

use std::collections::{BTreeMap, BTreeSet};

use cardline_core::domain::policy::ByRegion;
use cardline_core::lives::CARD;
use jiff::Timestamp;
use jiff::civil::Date;

use super::accounts::{
    CutBatch, Group, GroupRow, MEMBER, advance_batch, finish_cut, group, hold_cards, insert_batch, nothing_cut,
};
use super::cases::{UnmatchedRow, open_case, open_row_cases};
use super::engine::Tx;
use super::files::{ReceivedFile, freeze_file, register_file};
use super::moves::{Along, SUBJECT, Set, Step, Why, move_each, move_set, subject};
use super::stage::{Column, Stage};
use super::{Lease, Ledger, LedgerError, spend, take_numbers};
use crate::args;

/// The counter card numbers are taken from; a number is never reused, not even when its card fails.
pub const CARD_NUMBERS: &str = "card_number";

/// A card waiting for production, with what the package needs.
pub struct AccountedCard {
    pub id: i64,
    pub application_id: String,
    /// The issuing region: its section of the run.
    pub region: String,
    pub photo: String,
    pub point: String,
    pub message: Vec<u8>,
    pub account: Vec<u8>,
}

/// A card on order, as the bureau's report must match it.
pub struct OrderedCard {
    pub application: i64,
    pub card_number: String,
    pub region: String,
    pub point: String,
    /// The identifier it was reported good with, if it was.
    pub identifier: Option<String>,
    /// How often it was spoiled so far.
    pub spoiled: i64,
    /// It was spoiled more often than remakes are allowed: nothing more is expected of it.
    pub failed: bool,
}

/// One good card of a report.
pub struct GoodCard {
    pub application: i64,
    pub identifier: String,
    pub atr: String,
    pub box_number: String,
    pub position: i64,
}

/// One spoiled card of a report. `remake` is false after too many.
pub struct SpoiledCard {
    pub application: i64,
    pub attempt: i64,
    pub stage: String,
    pub reason: String,
    pub remake: bool,
    /// A person decides by this day, where it is not remade.
    pub case_on: Date,
}

/// A card about which a report cannot be believed.
pub struct CardCase {
    pub application: i64,
    pub reason: &'static str,
    /// A person decides by this day.
    pub case_on: Date,
    /// It may not travel on; otherwise it stays as it is.
    pub stops: bool,
}

/// A report, matched row by row.
#[derive(Default)]
pub struct MatchedReport {
    pub boxes: Vec<(String, String)>,
    pub good: Vec<GoodCard>,
    pub spoiled: Vec<SpoiledCard>,
    pub cases: Vec<CardCase>,
    pub unmatched: Vec<UnmatchedRow>,
}

/// A box that a report told of.
pub struct KnownBox {
    pub number: String,
    pub point: String,
    /// The regions of its cards, for the policy of transit.
    pub regions: BTreeSet<String>,
    pub cards: i64,
    pub is_shipped: bool,
}

/// A carton of the manifest: everything in it goes to one point.
pub struct ManifestCarton {
    pub number: String,
    pub point: String,
    /// The regions of its cards, for the policy of transit.
    pub regions: BTreeSet<String>,
    pub boxes: Vec<String>,
}

impl ManifestCarton {
    /// Puts a box into it.
    pub fn add(&mut self, known: &KnownBox) {
        self.regions.extend(known.regions.iter().cloned());
        self.boxes.push(known.number.clone());
    }
}

/// A manifest, matched box by box.
#[derive(Default)]
pub struct MatchedManifest {
    pub cartons: Vec<ManifestCarton>,
    /// Boxes that are not believed, each by its first row.
    pub unmatched: Vec<UnmatchedRow>,
}

/// The days a manifest sets, reckoned by the caller.
pub struct ManifestDates {
    pub shipped_on: Date,
    /// A case must be decided by this day.
    pub case_on: Date,
    /// By when each carton is at its point, in the order of the cartons.
    pub due_on: Vec<Date>,
}

const GOOD: Stage = Stage {
    name: "good_card",
    columns: &[
        ("application", Column::Int),
        ("identifier", Column::Text),
        ("atr", Column::Text),
        ("box", Column::Text),
        ("position", Column::Int),
    ],
};

const NUMBERED: Stage =
    Stage { name: "numbered", columns: &[("row", Column::Int), ("id", Column::Int), ("card_number", Column::Text)] };

/// Sections of a run that is about to be cut.
const SECTION: Stage = Stage { name: "section", columns: &[("region", Column::Text)] };

/// The cards of a bank and lane whose account is open and that no bureau was asked for yet.
macro_rules! to_order {
    () => {
        "batch b JOIN application a ON a.account_batch = b.id AND a.place IS NULL
         JOIN account o ON o.application = a.id LEFT JOIN production_row p ON p.application = a.id
         WHERE b.to_produce > 0 AND b.bank = $1 AND b.lane = $2 AND p.application IS NULL"
    };
}

impl Ledger {
    /// Opened accounts whose cards are not ordered yet, group by group.
    pub async fn waiting_production(&self) -> Result<Vec<Group>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<GroupRow>(
                "SELECT b.region, b.bank, b.lane, CAST(sum(b.to_produce) AS BIGINT), min(b.cut_on),
                    COALESCE(min((SELECT min(f.at) FROM file f WHERE f.batch = b.id AND f.direction = 'in')), 0) FROM batch b
                 WHERE b.to_produce > 0 GROUP BY b.region, b.bank, b.lane ORDER BY b.region, b.bank, b.lane",
                args![],
            )
            .await?;
        Ok(rows.into_iter().map(group).collect())
    }

    /// Cards ordered from a bureau between two instants; what was cancelled does not count.
    pub async fn cards_ordered(&self, bureau: &str, from: Timestamp, until: Timestamp) -> Result<i64, LedgerError> {
        self.read()
            .await?
            .number(
                "SELECT CAST(COALESCE(sum(rows), 0) AS BIGINT) FROM file WHERE partner = $1 AND kind = 'personalization'
                    AND direction = 'out' AND state <> 'cancelled' AND at >= $2 AND at < $3",
                args![bureau, from, until],
            )
            .await
    }

    /// The cards of a production batch in the order of its rows, as a package needs them.
    pub async fn batch_to_produce(&self, batch: i64) -> Result<Vec<AccountedCard>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<AccountedRow>(
                "SELECT a.id, a.application_id, a.region, COALESCE(a.photo, ''), a.point, m.sealed, c.sealed
                 FROM production_row p JOIN application a ON a.id = p.application
                 JOIN account c ON c.application = a.id JOIN message m ON m.id = a.message
                 WHERE p.batch = $1 AND a.place IS NULL ORDER BY p.row",
                args![batch],
            )
            .await?;
        Ok(rows.into_iter().map(accounted).collect())
    }

    /// The cards of a group that were approved first and can be ordered, in the order of application ids. All
    /// that wait are looked at: `to_produce` is a hint, and a batch that counts too many keeps no other back.
    pub async fn accounted_cards(&self, group: &Group, most: i64) -> Result<Vec<AccountedCard>, LedgerError> {
        let mut tx = self.read().await?;
        let mut rows = tx
            .rows::<AccountedRow>(
                concat!(
                    "SELECT a.id, a.application_id, a.region, COALESCE(a.photo, ''), a.point, m.sealed, c.sealed FROM
                        (SELECT a.id, a.application_id, a.region, a.photo, a.point, a.message FROM ",
                    to_order!(),
                    " AND b.region = $3 ORDER BY a.approved_on, a.application_id LIMIT $4) a
                     JOIN account c ON c.application = a.id JOIN message m ON m.id = a.message"
                ),
                args![&group.bank, &group.lane, &group.region, most],
            )
            .await?;
        // As for the account cut: only keys are sorted in the database.
        rows.sort_unstable_by(|a, b| a.1.cmp(&b.1));
        Ok(rows.into_iter().map(accounted).collect())
    }

    /// How many of each of these groups, which are of one bank and lane, are among those approved first.
    pub async fn approved_first(&self, groups: &[Group], most: i64) -> Result<Vec<(String, i64)>, LedgerError> {
        let Some(first) = groups.first() else { return Ok(Vec::new()) };
        let mut tx = self.read().await?;
        tx.stage(&SECTION, groups.iter().map(|group| args![&group.region]).collect()).await?;
        tx.rows(
            concat!(
                "SELECT w.region, count(*) FROM (SELECT b.region FROM ",
                to_order!(),
                " AND b.region IN (SELECT region FROM section) ORDER BY a.approved_on, a.application_id LIMIT $3) w
                 GROUP BY w.region ORDER BY w.region"
            ),
            args![&first.bank, &first.lane, most],
        )
        .await
    }

    /// Settles a production cut: card numbers, members, the frozen package and the held cards at once.
    pub async fn settle_production_cut(
        &self,
        lease: &Lease,
        cut: &CutBatch,
        first_serial: i64,
        numbers: &[String],
        why: Why<'_>,
    ) -> Result<Option<i64>, LedgerError> {
        let mut tx = self.begin().await?;
        let batch = cut_production(&mut tx, cut, first_serial, numbers, why).await?;
        spend(&mut tx, lease).await?;
        tx.commit().await?;
        Ok(batch)
    }

    /// The cards of a production batch, as they were ordered.
    pub async fn ordered_cards(&self, batch: i64) -> Result<Vec<OrderedCard>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<(i64, String, String, String, Option<String>, i64, bool)>(
                "SELECT p.application, p.card_number, a.region, a.point, m.identifier,
                    (SELECT count(*) FROM spoilage s WHERE s.application = p.application),
                    EXISTS (SELECT 1 FROM spoilage s WHERE s.application = p.application AND NOT s.remade)
                 FROM production_row p JOIN application a ON a.id = p.application LEFT JOIN made m ON m.application = p.application
                 WHERE p.batch = $1 ORDER BY p.row",
                args![batch],
            )
            .await?;
        Ok(rows
            .into_iter()
            .map(|(application, card_number, region, point, identifier, spoiled, failed)| OrderedCard {
                application,
                card_number,
                region,
                point,
                identifier,
                spoiled,
                failed,
            })
            .collect())
    }

    /// Applies a production report: every row that is believed, a case for every other.
    pub async fn settle_report(
        &self,
        lease: &Lease,
        file: &ReceivedFile<'_>,
        batch: i64,
        mut report: MatchedReport,
        case_on: &ByRegion<Date>,
        why: Why<'_>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let file_id = register_file(&mut tx, file, why).await?;
        // A row that is about no card has no region.
        open_row_cases(&mut tx, file_id, &report.unmatched, *case_on.of(""), "bureau operator", why).await?;
        known_already(&mut tx, &mut report, case_on).await?;
        let good = report.good.len() as i64;
        let failed = report.spoiled.iter().filter(|s| !s.remake).count() as i64;
        keep_good(&mut tx, file_id, batch, &report, why).await?;
        keep_spoiled(&mut tx, file_id, batch, &report.spoiled, why).await?;
        card_cases(&mut tx, file_id, &report.cases, why).await?;
        tx.run(
            "UPDATE batch SET good = good + $2, spoiled = spoiled + $3, remakes = remakes + $4 WHERE id = $1",
            args![batch, good, report.spoiled.len() as i64, report.spoiled.len() as i64 - failed],
        )
        .await?;
        advance_batch(&mut tx, batch, good + failed, why).await?;
        spend(&mut tx, lease).await?;
        tx.commit().await
    }

    /// The boxes of a batch.
    pub async fn boxes(&self, batch: i64) -> Result<Vec<KnownBox>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<(i64, String, String, i64, Option<i64>)>(
                "SELECT id, number, point, cards, shipment FROM box WHERE batch = $1 ORDER BY number",
                args![batch],
            )
            .await?;
        let mut regions: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
        let of_cards = "SELECT DISTINCT b.id, a.region FROM box b JOIN made m ON m.box = b.id
            JOIN application a ON a.id = m.application WHERE b.batch = $1";
        for (id, region) in tx.rows::<(i64, String)>(of_cards, args![batch]).await? {
            regions.entry(id).or_default().insert(region);
        }
        let known = |(id, number, point, cards, shipment): (i64, String, String, i64, Option<i64>)| KnownBox {
            number,
            point,
            regions: regions.remove(&id).unwrap_or_default(),
            cards,
            is_shipped: shipment.is_some(),
        };
        Ok(rows.into_iter().map(known).collect())
    }

    /// Applies a shipping manifest: a shipment for each carton, a case for each box that is not believed.
    pub async fn settle_manifest(
        &self,
        lease: &Lease,
        file: &ReceivedFile<'_>,
        batch: i64,
        matched: &MatchedManifest,
        dates: &ManifestDates,
        why: Why<'_>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let manifest = register_file(&mut tx, file, why).await?;
        open_row_cases(&mut tx, manifest, &matched.unmatched, dates.case_on, "bureau operator", why).await?;
        for (carton, due_on) in matched.cartons.iter().zip(&dates.due_on) {
            let before = tx.number("SELECT count(*) FROM shipment WHERE number = $1", args![&carton.number]).await?;
            if before > 0 {
                let reason = "a carton of this manifest has the tracking number of an earlier one";
                open_case(&mut tx, None, Some(manifest), reason, dates.case_on, "bureau operator", why).await?;
                continue;
            }
            let id = tx
                .run_returning::<(i64,)>(
                    "INSERT INTO shipment (number, manifest, batch, point, place, cards, shipped_on, due_on, owner)
                     VALUES ($1, $2, $3, $4, 'in_transit', 0, $5, $6, 'carrier') RETURNING id",
                    args![&carton.number, manifest, batch, &carton.point, dates.shipped_on, *due_on],
                )
                .await?;
            let id = id.first().map(|(id,)| *id).ok_or_else(|| LedgerError::Shape("shipment id".into()))?;
            for number in &carton.boxes {
                tx.run("UPDATE box SET shipment = $1 WHERE number = $2 AND shipment IS NULL", args![id, number])
                    .await?;
            }
            tx.run(
                "UPDATE shipment SET cards = (SELECT COALESCE(CAST(sum(cards) AS BIGINT), 0) FROM box WHERE shipment = $1) WHERE id = $1",
                args![id],
            )
            .await?;
            let travelling = super::distribution::travelling(&mut tx, id).await?;
            let step = Step { life: &CARD, from: "produced", to: "in_transit" };
            move_set(&mut tx, Set::Shipment(id), step, travelling, why).await?;
        }
        spend(&mut tx, lease).await?;
        tx.commit().await
    }
}

type AccountedRow = (i64, String, String, String, String, Vec<u8>, Vec<u8>);

fn accounted((id, application_id, region, photo, point, message, account): AccountedRow) -> AccountedCard {
    AccountedCard { id, application_id, region, photo, point, message, account }
}

/// A production cut inside a transaction.
pub(super) async fn cut_production(
    tx: &mut Tx,
    cut: &CutBatch,
    first_serial: i64,
    numbers: &[String],
    why: Why<'_>,
) -> Result<Option<i64>, LedgerError> {
    let held: Vec<_> = cut.held.iter().map(|(id, _)| subject(*id)).collect();
    tx.stage(&SUBJECT, held).await?;
    no_longer_to_produce(tx, "subject").await?;
    hold_cards(tx, &cut.held, "waiting_production", cut.due_on, why).await?;
    let Some(file) = &cut.file else { return nothing_cut(tx, cut).await };
    if take_numbers(tx, CARD_NUMBERS, numbers.len() as i64).await? != first_serial {
        return Err(LedgerError::OffsetMoved { topic: CARD_NUMBERS.into(), partition: 0, expected: first_serial });
    }
    let batch = insert_batch(tx, cut, why).await?;
    let rows = cut.members.iter().zip(numbers).enumerate();
    tx.stage(&NUMBERED, rows.map(|(at, (id, number))| args![at as i64 + 1, *id, number]).collect()).await?;
    let ordered = tx
        .run(
            "INSERT INTO production_row (batch, row, application, card_number)
             SELECT $1, n.row, n.id, n.card_number FROM numbered n JOIN application a ON a.id = n.id AND a.place IS NULL ORDER BY n.row",
            args![batch],
        )
        .await? as i64;
    let step = Step { life: &CARD, from: "waiting_production", to: "in_production" };
    if ordered != cut.members.len() as i64 {
        return Err(super::moves::lost(&step, cut.members.len() as i64, ordered));
    }
    tx.stage(&MEMBER, cut.members.iter().map(|id| args![0, *id]).collect()).await?;
    no_longer_to_produce(tx, "member").await?;
    move_set(tx, Set::ProductionBatch(batch), step, ordered, why).await?;
    freeze_file(tx, file, batch, why).await?;
    finish_cut(tx, cut, batch, why).await?;
    Ok(Some(batch))
}

/// Takes staged cards off the count of those that still wait in their account batches.
async fn no_longer_to_produce(tx: &mut Tx, staged: &str) -> Result<(), LedgerError> {
    let sql = if staged == "subject" {
        "UPDATE batch SET to_produce = to_produce - g.cards
         FROM (SELECT a.account_batch AS id, count(*) AS cards FROM subject s JOIN application a ON a.id = s.id GROUP BY a.account_batch) g
         WHERE batch.id = g.id"
    } else {
        "UPDATE batch SET to_produce = to_produce - g.cards
         FROM (SELECT a.account_batch AS id, count(*) AS cards FROM member s JOIN application a ON a.id = s.id GROUP BY a.account_batch) g
         WHERE batch.id = g.id"
    };
    tx.run(sql, args![]).await?;
    Ok(())
}

/// Takes out of a report what other reports told of already: an identifier stops both its cards, and a box is
/// reported once.
async fn known_already(tx: &mut Tx, report: &mut MatchedReport, case_on: &ByRegion<Date>) -> Result<(), LedgerError> {
    let rows =
        report.good.iter().map(|g| args![g.application, &g.identifier, &g.atr, &g.box_number, g.position]).collect();
    tx.stage(&GOOD, rows).await?;
    let shared = tx
        .rows::<(i64, String, i64, String)>(
            "SELECT a.id, a.region, o.id, o.region FROM good_card g JOIN made m ON m.identifier = g.identifier
             JOIN application a ON a.id = g.application JOIN application o ON o.id = m.application ORDER BY 1",
            args![],
        )
        .await?;
    let boxes = tx
        .rows::<(i64, String)>(
            "SELECT a.id, a.region FROM good_card g JOIN box b ON b.number = g.box
             JOIN application a ON a.id = g.application ORDER BY 1",
            args![],
        )
        .await?;
    let case = |application: &i64, region: &str, reason, stops| CardCase {
        application: *application,
        reason,
        case_on: *case_on.of(region),
        stops,
    };
    for (application, region, other, its_region) in &shared {
        report.cases.push(case(application, region, "one identifier for two cards", true));
        report.cases.push(case(other, its_region, "one identifier for two cards", true));
    }
    for (application, region) in boxes.iter().filter(|(id, _)| shared.iter().all(|(other, ..)| other != id)) {
        let reason = "this box was reported before: report the card in another one";
        report.cases.push(case(application, region, reason, false));
    }
    report.good.retain(|good| {
        shared.iter().all(|(id, ..)| *id != good.application) && boxes.iter().all(|(id, _)| *id != good.application)
    });
    report.boxes.retain(|(number, _)| report.good.iter().any(|good| good.box_number == *number));
    Ok(())
}

/// Opens a case for each card a report cannot be believed about, and stops those that may not travel on.
async fn card_cases(tx: &mut Tx, file: i64, cases: &[CardCase], why: Why<'_>) -> Result<(), LedgerError> {
    for CardCase { application, reason, case_on, stops } in cases {
        for from in ["in_production", "produced"].iter().filter(|_| *stops) {
            tx.stage(&SUBJECT, vec![subject(*application)]).await?;
            let along = Along {
                due_on: Some(*case_on),
                owner: Some("bureau operator"),
                reason: Some((*reason).into()),
                ..Along::default()
            };
            move_each(tx, &[Step { life: &CARD, from, to: "held" }], along, Why { reason, ..why }).await?;
        }
        open_case(tx, Some(*application), Some(file), reason, *case_on, "bureau operator", why).await?;
    }
    Ok(())
}

async fn keep_good(
    tx: &mut Tx,
    file: i64,
    batch: i64,
    report: &MatchedReport,
    why: Why<'_>,
) -> Result<(), LedgerError> {
    for (number, point) in &report.boxes {
        let cards = report.good.iter().filter(|g| &g.box_number == number).count() as i64;
        tx.run(
            "INSERT INTO box (batch, report, number, point, cards) VALUES ($1, $2, $3, $4, $5)",
            args![batch, file, number, point, cards],
        )
        .await?;
    }
    let rows =
        report.good.iter().map(|g| args![g.application, &g.identifier, &g.atr, &g.box_number, g.position]).collect();
    tx.stage(&GOOD, rows).await?;
    // Who was held meanwhile is made too, but does not travel on.
    let travelling = tx
        .number(
            "SELECT count(*) FROM good_card g JOIN application a ON a.id = g.application WHERE a.place IS NULL",
            args![],
        )
        .await?;
    tx.run(
        "INSERT INTO made (application, box, position, identifier, atr)
         SELECT g.application, b.id, g.position, g.identifier, g.atr FROM good_card g JOIN box b ON b.number = g.box
         WHERE true ORDER BY g.application",
        args![],
    )
    .await?;
    if travelling > 0 {
        move_set(tx, Set::Report(file), Step { life: &CARD, from: "in_production", to: "produced" }, travelling, why)
            .await?;
    }
    Ok(())
}

async fn keep_spoiled(
    tx: &mut Tx,
    file: i64,
    batch: i64,
    spoiled: &[SpoiledCard],
    why: Why<'_>,
) -> Result<(), LedgerError> {
    for card in spoiled {
        tx.run(
            "INSERT INTO spoilage (application, attempt, batch, report, stage, reason, remade) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            args![card.application, card.attempt, batch, file, &card.stage, &card.reason, card.remake],
        )
        .await?;
    }
    // The days are those of the cards' regions.
    let days: BTreeSet<Date> = spoiled.iter().map(|s| s.case_on).collect();
    for day in days {
        let of_day = spoiled.iter().filter(|s| s.case_on == day);
        tx.stage(&SUBJECT, of_day.map(|s| subject(s.application)).collect()).await?;
        let along = Along { due_on: Some(day), owner: Some("bureau"), ..Along::default() };
        let step = Step { life: &CARD, from: "in_production", to: "spoiled" };
        move_each(tx, &[step], along, Why { reason: "reported spoiled", ..why }).await?;
    }
    let remade = spoiled.iter().filter(|s| s.remake).map(|s| subject(s.application)).collect();
    tx.stage(&SUBJECT, remade).await?;
    let remake = Step { life: &CARD, from: "spoiled", to: "in_production" };
    move_each(
        tx,
        &[remake],
        Along::default(),
        Why { actor: "policy", reason: "remake authorised: same number, new identifier", ..why },
    )
    .await?;
    for card in spoiled.iter().filter(|s| !s.remake) {
        let reason = "spoiled more often than remakes are allowed";
        let along = Along {
            due_on: Some(card.case_on),
            owner: Some("bureau operator"),
            reason: Some(reason.into()),
            ..Along::default()
        };
        // Who is held already stays held.
        tx.stage(&SUBJECT, vec![subject(card.application)]).await?;
        move_each(tx, &[Step { life: &CARD, from: "spoiled", to: "held" }], along, Why { reason, ..why }).await?;
        open_case(tx, Some(card.application), Some(file), reason, card.case_on, "bureau operator", why).await?;
    }
    Ok(())
}
