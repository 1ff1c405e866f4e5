//! The bureau's shipping manifest: every carton becomes a shipment to one point.

use std::collections::{BTreeMap, HashMap};

use cardline_core::layouts::{FaultCode, FileFault, FileKind};
use jiff::Timestamp;

use crate::exchange::inbox;
use crate::ledger::{ManifestCarton, Why};
use crate::stages::answers::{self, InboundFile, Matched, Next, Trust};
use crate::stages::{Claim, StageError, Station, Step};
use crate::time::local_date;

/// The step; one file at a time.
pub struct Manifests;

/// Boxes of a batch: number, point, cards, whether they are shipped.
type Boxes = Vec<(String, String, i64, bool)>;

/// A file and, where its batch is known, the batch's boxes.
pub struct Claimed<'s> {
    next: Next<'s>,
    boxes: Option<(i64, Boxes)>,
}

/// Either every box matched, or every difference named.
pub struct Worked<'s> {
    next: Next<'s>,
    matched: Matched<Vec<ManifestCarton>>,
}

impl Step for Manifests {
    type Unit = InboundFile;
    type Claimed<'s> = Claimed<'s>;
    type Worked<'s> = Worked<'s>;

    async fn units(&self, station: &Station, _: Timestamp) -> Result<Vec<InboundFile>, StageError> {
        Ok(answers::units(station, FileKind::ShippingManifest))
    }

    async fn claim<'s>(
        &self,
        station: &'s Station,
        unit: &InboundFile,
        now: Timestamp,
    ) -> Result<Claim<Claimed<'s>>, StageError> {
        let next = match answers::claim(station, unit, FileKind::ShippingManifest, now).await? {
            Claim::Taken(next) => next,
            other => return Ok(other.without()),
        };
        // Looked at before the boxes: a report is applied before it leaves the folder.
        let partner = next.incoming.partner;
        let reports = inbox::waiting(partner, FileKind::ProductionReport)
            .map_err(|e| StageError::exchange(&partner.from(), e))?;
        let mut boxes = None;
        if let Trust::Parsed(parsed) = &next.trust
            && let Some(number) = parsed.control.get("batch")
            && let Some((batch, record)) = station.ledger.batch(number).await?
            && record.kind == "production"
            && record.partner == next.incoming.partner.profile.code
        {
            let known = station.ledger.boxes(batch).await?;
            let named = parsed.rows.iter().filter_map(|row| next.incoming.spec.value(row, "box"));
            let untold = named.into_iter().any(|name| !known.iter().any(|(number, ..)| *number == name));
            if untold && !reports.is_empty() {
                // Another worker is about to take in the report that tells of the box.
                station.ledger.give_back(&next.lease).await?;
                return Ok(Claim::Nothing);
            }
            boxes = Some((batch, known));
        }
        Ok(Claim::Taken(Claimed { next, boxes }))
    }

    fn work<'s>(&self, _: &'s Station, claimed: Claimed<'s>, _: Timestamp) -> Result<Worked<'s>, StageError> {
        let Claimed { next, boxes } = claimed;
        let matched = match (&next.trust, boxes) {
            (Trust::Parsed(_), None) => Err(("held", vec![answers::unknown_batch()])),
            (Trust::Parsed(parsed), Some((batch, boxes))) => {
                let rows: Vec<Cells> = parsed
                    .rows
                    .iter()
                    .map(|row| {
                        let cell = |field| next.incoming.spec.value(row, field).unwrap_or_default();
                        Cells { tracking: cell("tracking"), number: cell("box"), point: cell("point") }
                    })
                    .collect();
                match match_boxes(&rows, &boxes) {
                    Ok(cartons) => Ok((batch, rows.len(), cartons)),
                    Err(faults) => Err(("held", faults)),
                }
            }
            (other, _) => Err(answers::without_effect(other)),
        };
        Ok(Worked { next, matched })
    }

    async fn settle<'s>(&self, station: &'s Station, worked: Worked<'s>, now: Timestamp) -> Result<(), StageError> {
        let Next { lease, incoming, .. } = worked.next;
        let (batch, count, cartons) = match worked.matched {
            Err((state, faults)) => {
                return answers::settle_without_effect(station, &lease, &incoming, state, &faults, now).await;
            }
            Ok(matched) => matched,
        };
        let today = local_date(now);
        let due_on = station.working_days_after(today, station.policy.of("", today).transit_working_days);
        let actor = answers::actor(&incoming);
        let why = Why { at: now, actor: &actor, reason: "on the shipping manifest" };
        let file = answers::received(&incoming, "applied", count, Some(batch), today, None);
        station.ledger.settle_manifest(&lease, &file, batch, &cartons, (today, due_on), why).await?;
        answers::archive(&incoming, "applied")
    }
}

/// The cells of a manifest row that matter here.
struct Cells {
    tracking: String,
    number: String,
    point: String,
}

fn match_boxes(rows: &[Cells], boxes: &Boxes) -> Result<Vec<ManifestCarton>, Vec<FileFault>> {
    let known: HashMap<&str, (&str, i64, bool)> =
        boxes.iter().map(|(n, p, c, s)| (n.as_str(), (p.as_str(), *c, *s))).collect();
    let mut cartons: BTreeMap<&str, ManifestCarton> = BTreeMap::new();
    let mut counted: BTreeMap<&str, i64> = BTreeMap::new();
    let mut faults = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let mut wrong = |field: &str, message: &str| {
            faults.push(FileFault {
                line: number + 1,
                column: 0,
                field: field.into(),
                code: FaultCode::FieldCode,
                message: message.into(),
            });
        };
        *counted.entry(&row.number).or_default() += 1;
        match known.get(row.number.as_str()) {
            None => wrong("box", "no report told of this box"),
            Some((_, _, true)) => wrong("box", "this box is shipped already"),
            Some((point, ..)) if *point != row.point => wrong("point", "this box holds cards for another point"),
            Some(_) => {
                let carton = cartons.entry(&row.tracking).or_insert_with(|| ManifestCarton {
                    number: row.tracking.clone(),
                    point: row.point.clone(),
                    boxes: Vec::new(),
                });
                if carton.point != row.point {
                    wrong("point", "one carton goes to one point");
                } else if !carton.boxes.contains(&row.number) {
                    carton.boxes.push(row.number.clone());
                }
            }
        }
    }
    for (number, count) in counted {
        if known.get(number).is_some_and(|(_, cards, _)| *cards != count) {
            faults.push(FileFault {
                line: 0,
                column: 0,
                field: "box".into(),
                code: FaultCode::FileCount,
                message: "a box does not hold the cards it was reported with".into(),
            });
        }
    }
    if faults.is_empty() { Ok(cartons.into_values().collect()) } else { Err(faults) }
}
