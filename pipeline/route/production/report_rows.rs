//! The production stage in the ledger: the cut, card numbers, the bureau's report and its manifest.

use std::collections::BTreeSet;

use cardline_core::domain::policy::ByRegion;
use cardline_core::state_machines::CARD;
use jiff::civil::Date;

use crate::batching::cut_batch::advance_batch;
use crate::cases::desk::{UnmatchedRow, open_case, open_row_cases};
use crate::custody::containers::REPORT;
use crate::exchange::files::{ReceivedFile, register_file};
use crate::store::dialect::for_update;
use crate::store::leases::spend;
use crate::store::row_macs::catalog;
use crate::store::transition::{Along, Subject, all_moved, move_each, move_set};
use crate::store::{Lease, Ledger, LedgerError, Stamp, Tx};
use crate::{args, bulk_row, row, transition};

row! {
    /// A card on order, as the bureau's report must match it.
    pub struct OrderedCard {
        application: i64,
        card_number: String,
        region: String,
        point: String,
        /// The identifier it was reported good with, if it was.
        identifier: Option<String>,
        /// How often it was spoiled so far.
        spoiled: i64,
        /// It was spoiled more often than remakes are allowed: nothing more is expected of it.
        failed: bool,
    }
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

bulk_row! {
    struct Good<'a> in "good_card" { application: i64, identifier: &'a str, atr: &'a str, box_number: &'a str, position: i64 }
}

impl GoodCard {
    fn staged(&self) -> Good<'_> {
        let GoodCard { application, identifier, atr, box_number, position } = self;
        Good { application: *application, identifier, atr, box_number, position: *position }
    }
}

impl Ledger {
    /// The cards of a production batch, as they were ordered.
    pub async fn ordered_cards(&self, batch: i64) -> Result<Vec<OrderedCard>, LedgerError> {
        let mut tx = self.read().await?;
        tx.rows(
            "SELECT p.application, p.card_number, a.region, a.point, m.identifier,
                (SELECT count(*) FROM spoilage s WHERE s.application = p.application) AS spoiled,
                EXISTS (SELECT 1 FROM spoilage s WHERE s.application = p.application AND NOT s.remade) AS failed
             FROM production_row p JOIN application a ON a.id = p.application LEFT JOIN made m ON m.application = p.application
             WHERE p.batch = $1 ORDER BY p.row",
            args![batch],
        )
        .await
    }

    /// Applies a production report: every row that is believed, a case for every other.
    pub async fn settle_report(
        &self,
        lease: &Lease,
        file: &ReceivedFile<'_>,
        batch: i64,
        mut report: MatchedReport,
        case_on: &ByRegion<Date>,
        why: Stamp<'_>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        // Whoever hands a point of its cards on comes before or after.
        let lock = for_update!(tx, "SELECT id FROM batch WHERE id = $1");
        tx.rows::<(i64,)>(lock, args![batch]).await?;
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
}

row! {
    /// A card and the other one with its identifier.
    struct SharedIdentifier { id: i64, region: String, other: i64, its_region: String }
}

/// Takes out of a report what other reports told of already: an identifier stops both its cards, and a box is
/// reported once.
async fn known_already(tx: &mut Tx, report: &mut MatchedReport, case_on: &ByRegion<Date>) -> Result<(), LedgerError> {
    tx.stage(report.good.iter().map(GoodCard::staged).collect()).await?;
    let shared = tx
        .rows::<SharedIdentifier>(
            "SELECT a.id, a.region, o.id AS other, o.region AS its_region FROM good_card g JOIN made m ON m.identifier = g.identifier
             JOIN application a ON a.id = g.application JOIN application o ON o.id = m.application ORDER BY 1",
            args![],
        )
        .await?;
    let boxes = tx
        .rows::<(i64, String)>(
            "SELECT a.id, a.region FROM good_card g JOIN box b ON b.number = g.box_number
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
    for SharedIdentifier { id: application, region, other, its_region } in &shared {
        report.cases.push(case(application, region, "one identifier for two cards", true));
        report.cases.push(case(other, its_region, "one identifier for two cards", true));
    }
    for (application, region) in boxes.iter().filter(|(id, _)| shared.iter().all(|pair| pair.id != *id)) {
        let reason = "this box was reported before: report the card in another one";
        report.cases.push(case(application, region, reason, false));
    }
    report.good.retain(|good| {
        shared.iter().all(|pair| pair.id != good.application) && boxes.iter().all(|(id, _)| *id != good.application)
    });
    report.boxes.retain(|(number, _)| report.good.iter().any(|good| good.box_number == *number));
    Ok(())
}

/// Opens a case for each card a report cannot be believed about, and stops those that may not travel on.
async fn card_cases(tx: &mut Tx, file: i64, cases: &[CardCase], why: Stamp<'_>) -> Result<(), LedgerError> {
    for CardCase { application, reason, case_on, stops } in cases {
        let stopped = [transition!(CARD, "in_production" => "held"), transition!(CARD, "produced" => "held")];
        for transition in stopped.into_iter().filter(|_| *stops) {
            tx.stage(vec![Subject::of(*application)]).await?;
            let along = Along {
                due_on: Some(*case_on),
                owner: Some("bureau operator"),
                reason: Some((*reason).into()),
                ..Along::default()
            };
            move_each(tx, &[transition], along, Stamp { reason, ..why }).await?;
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
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    for (number, point) in &report.boxes {
        let cards = report.good.iter().filter(|g| &g.box_number == number).count() as i64;
        tx.run(
            "INSERT INTO box (batch, report, number, point, cards) VALUES ($1, $2, $3, $4, $5)",
            args![batch, file, number, point, cards],
        )
        .await?;
    }
    tx.cover(&catalog::BOX, "report = $1", args![file]).await?;
    tx.stage(report.good.iter().map(GoodCard::staged).collect()).await?;
    tx.run(
        "INSERT INTO made (application, box, position, identifier, atr)
         SELECT g.application, b.id, g.position, g.identifier, g.atr FROM good_card g JOIN box b ON b.number = g.box_number
         WHERE true ORDER BY g.application",
        args![],
    )
    .await?;
    let transition = transition!(CARD, "in_production" => "produced");
    // Its point was handed on since the report was matched.
    let elsewhere = "SELECT count(*) FROM box b JOIN made m ON m.box = b.id JOIN application a ON a.id = m.application
        WHERE b.report = $1 AND a.point <> b.point";
    all_moved(&transition, 0, tx.number(elsewhere, args![file]).await?)?;
    // Who was held meanwhile is made too, but does not travel on.
    move_set(tx, REPORT.of(file), transition, why).await?;
    Ok(())
}

async fn keep_spoiled(
    tx: &mut Tx,
    file: i64,
    batch: i64,
    spoiled: &[SpoiledCard],
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    for card in spoiled {
        tx.run(
            "INSERT INTO spoilage (application, attempt, batch, report, stage, reason, remade) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            args![card.application, card.attempt, batch, file, &card.stage, &card.reason, card.remake],
        )
        .await?;
        tx.cover(&catalog::SPOILAGE, "application = $1", args![card.application]).await?;
    }
    // The days are those of the cards' regions.
    let days: BTreeSet<Date> = spoiled.iter().map(|s| s.case_on).collect();
    for day in days {
        let of_day = spoiled.iter().filter(|s| s.case_on == day);
        tx.stage(of_day.map(|s| Subject::of(s.application)).collect()).await?;
        let along = Along { due_on: Some(day), owner: Some("bureau"), ..Along::default() };
        let transition = transition!(CARD, "in_production" => "spoiled");
        move_each(tx, &[transition], along, Stamp { reason: "reported spoiled", ..why }).await?;
    }
    let remade = spoiled.iter().filter(|s| s.remake).map(|s| Subject::of(s.application)).collect();
    tx.stage(remade).await?;
    let remake = transition!(CARD, "spoiled" => "in_production");
    move_each(
        tx,
        &[remake],
        Along::default(),
        Stamp { actor: "policy", reason: "remake authorised: same number, new identifier", ..why },
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
        tx.stage(vec![Subject::of(card.application)]).await?;
        move_each(tx, &[transition!(CARD, "spoiled" => "held")], along, Stamp { reason, ..why }).await?;
        open_case(tx, Some(card.application), Some(file), reason, card.case_on, "bureau operator", why).await?;
    }
    Ok(())
}
