//! The bureau's production report: good and spoiled cards, matched with what was ordered.

use std::collections::{BTreeMap, HashMap, HashSet};

use cardline_core::domain::card_identifier;
use cardline_core::layouts::{FaultCode, FileFault, FileKind, Parsed};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::ledger::{GoodCard, MatchedReport, OrderedCard, SpoiledCard, Why};
use crate::stages::answers::{self, InboundFile, Matched, Next, Trust};
use crate::stages::{Claim, StageError, Station, Step};
use crate::time::local_date;

/// The step; one file at a time.
pub struct Reports;

/// A file and, where it can be matched, what was ordered.
pub struct Claimed<'s> {
    next: Next<'s>,
    ordered: Option<(i64, Vec<OrderedCard>)>,
}

/// Either every row matched, or every difference named.
pub struct Worked<'s> {
    next: Next<'s>,
    matched: Matched<MatchedReport>,
}

impl Step for Reports {
    type Unit = InboundFile;
    type Claimed<'s> = Claimed<'s>;
    type Worked<'s> = Worked<'s>;

    async fn units(&self, station: &Station, _: Timestamp) -> Result<Vec<InboundFile>, StageError> {
        Ok(answers::units(station, FileKind::ProductionReport))
    }

    async fn claim<'s>(
        &self,
        station: &'s Station,
        unit: &InboundFile,
        now: Timestamp,
    ) -> Result<Claim<Claimed<'s>>, StageError> {
        let next = match answers::claim(station, unit, FileKind::ProductionReport, now).await? {
            Claim::Taken(next) => next,
            other => return Ok(other.without()),
        };
        let mut ordered = None;
        if let Trust::Parsed(parsed) = &next.trust
            && let Some(batch) =
                answers::batch_asked(station, &next.incoming, parsed, FileKind::Personalization).await?
        {
            ordered = Some((batch, station.ledger.ordered_cards(batch).await?));
        }
        Ok(Claim::Taken(Claimed { next, ordered }))
    }

    fn work<'s>(&self, station: &'s Station, claimed: Claimed<'s>, now: Timestamp) -> Result<Worked<'s>, StageError> {
        let Claimed { next, ordered } = claimed;
        let matched = match (&next.trust, ordered) {
            (Trust::Parsed(_), None) => Err(("held", vec![answers::unknown_batch()])),
            (Trust::Parsed(parsed), Some((batch, ordered))) => {
                match match_report(station, &next, parsed, &ordered, local_date(now)) {
                    Ok(report) => Ok((batch, parsed.rows.len(), report)),
                    Err(faults) => Err(("held", faults)),
                }
            }
            (other, _) => Err(answers::without_effect(other)),
        };
        Ok(Worked { next, matched })
    }

    async fn settle<'s>(&self, station: &'s Station, worked: Worked<'s>, now: Timestamp) -> Result<(), StageError> {
        let Next { lease, incoming, .. } = worked.next;
        let (batch, count, report) = match worked.matched {
            Err((state, faults)) => {
                return answers::settle_without_effect(station, &lease, &incoming, state, &faults, now).await;
            }
            Ok(matched) => matched,
        };
        let today = local_date(now);
        let actor = answers::actor(&incoming);
        let why = Why { at: now, actor: &actor, reason: "reported good" };
        let file = answers::received(&incoming, "applied", count, Some(batch), today, None);
        let case_on = station.working_days_after(today, station.policy.of("", today).case_working_days);
        station.ledger.settle_report(&lease, &file, batch, report, case_on, why).await?;
        answers::archive(&incoming, "applied")
    }
}

/// Matches a report. More cards than ordered, a false identifier or a box for two points stop the
/// whole delivery.
fn match_report(
    station: &Station,
    next: &Next<'_>,
    parsed: &Parsed,
    ordered: &[OrderedCard],
    today: Date,
) -> Result<MatchedReport, Vec<FileFault>> {
    let spec = next.incoming.spec;
    let by_number: HashMap<&str, &OrderedCard> = ordered.iter().map(|card| (card.card_number.as_str(), card)).collect();
    let mut report = MatchedReport::default();
    let mut boxes: BTreeMap<String, String> = BTreeMap::new();
    let (mut seen, mut identifiers, mut faults) = (HashSet::new(), HashSet::new(), Vec::new());
    for (number, row) in parsed.rows.iter().enumerate() {
        let mut wrong = |field: &str, message: &str| {
            faults.push(FileFault {
                line: number + 2,
                column: 0,
                field: field.into(),
                code: FaultCode::FieldCode,
                message: message.into(),
            });
        };
        let cell = |field| spec.value(row, field).unwrap_or_default();
        let Some(card) = by_number.get(cell("card_number").as_str()) else {
            wrong("card_number", "this card was not ordered in this batch: more cards than ordered stop the delivery");
            continue;
        };
        if !seen.insert(card.application) {
            wrong("card_number", "this card stands twice in one report");
            continue;
        }
        if cell("outcome") != "good" {
            report.spoiled.push(spoiled(station, card, &cell("failed_stage"), &cell("reason"), today));
            continue;
        }
        let identifier = cell("card_identifier");
        if !card_identifier::is_valid(&identifier) || card_identifier::region(&identifier) != Some(card.region.as_str())
        {
            wrong("card_identifier", "not a card identifier of the issuing region");
        } else if !card_identifier::is_valid_atr(&cell("atr")) {
            wrong("atr", "not the history bytes of an answer to reset");
        } else if !identifiers.insert(identifier.clone()) {
            wrong("card_identifier", "one identifier for two cards");
        } else if let Some(before) = &card.identifier {
            if *before != identifier {
                report.contradicted.push(card.application);
            }
        } else if boxes.entry(cell("box")).or_insert_with(|| card.point.clone()) != &card.point {
            wrong("box", "this box holds cards for two points");
        } else {
            let position = cell("box_position").parse().unwrap_or(0);
            report.good.push(GoodCard {
                application: card.application,
                identifier,
                atr: cell("atr"),
                box_number: cell("box"),
                position,
            });
        }
    }
    report.boxes =
        boxes.into_iter().filter(|(number, _)| report.good.iter().any(|g| &g.box_number == number)).collect();
    if faults.is_empty() { Ok(report) } else { Err(faults) }
}

fn spoiled(station: &Station, card: &OrderedCard, stage: &str, reason: &str, today: Date) -> SpoiledCard {
    let attempt = card.spoiled + 1;
    let code = |text: &str| text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(50).collect();
    let remake = attempt <= station.policy.of(&card.region, today).remakes;
    SpoiledCard { application: card.application, attempt, stage: code(stage), reason: code(reason), remake }
}
