//! The bureau's shipping manifest: every carton becomes a shipment to one point.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cardline_core::file_formats::{FileFault, FileKind, FileSpec, Parsed, ReadRow};
use jiff::Timestamp;

use crate::cases::desk::UnmatchedRow;
use crate::exchange::inbox;
use crate::inbound::doubts::tell_partner;
use crate::inbound::incoming;
use crate::inbound::incoming::{InboundFile, Matched, Next, Trust};
use crate::route::production::manifest_rows::{KnownBox, ManifestCarton, ManifestDates, MatchedManifest};
use crate::step::{Claim, StageError, Step, Worker};
use crate::store::Why;
use crate::time::local_date;

/// The step; one file at a time.
pub struct Manifests;

type Boxes = Vec<KnownBox>;

/// A file and, where its batch is known, the batch's boxes.
pub struct Claimed<'s> {
    next: Next<'s>,
    boxes: Option<(i64, Boxes)>,
}

/// What is believed of each box and what the bureau is told; or why the file as a whole cannot be believed.
pub struct Worked<'s> {
    next: Next<'s>,
    matched: Matched<(MatchedManifest, Vec<FileFault>)>,
}

impl Step for Manifests {
    type Unit = InboundFile;
    type Claimed<'s> = Claimed<'s>;
    type Worked<'s> = Worked<'s>;

    async fn units(&self, worker: &Worker, now: Timestamp) -> Result<Vec<InboundFile>, StageError> {
        Ok(incoming::units(worker, FileKind::ShippingManifest, now))
    }

    async fn claim<'s>(
        &self,
        worker: &'s Worker,
        unit: &InboundFile,
        now: Timestamp,
    ) -> Result<Claim<Claimed<'s>>, StageError> {
        let next = match incoming::claim(worker, unit, FileKind::ShippingManifest, now).await? {
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
            && let Some((batch, record)) = worker.ledger.batch(number).await?
            && record.kind == "production"
            && record.partner == next.incoming.partner.profile.code
        {
            let known = worker.ledger.boxes(batch).await?;
            let named = parsed.rows.iter().filter_map(|row| next.incoming.spec.value(row, "box"));
            let untold = named.into_iter().any(|name| !known.iter().any(|known| known.number == name));
            if untold && !reports.is_empty() {
                // Another worker is about to take in the report that tells of the box.
                worker.ledger.give_back(&next.lease).await?;
                return Ok(Claim::Nothing);
            }
            boxes = Some((batch, known));
        }
        Ok(Claim::Taken(Claimed { next, boxes }))
    }

    fn work<'s>(&self, _: &'s Worker, claimed: Claimed<'s>, _: Timestamp) -> Result<Worked<'s>, StageError> {
        let Claimed { next, boxes } = claimed;
        let matched = match (&next.trust, boxes) {
            (Trust::Parsed(_), None) => Err(("held", vec![incoming::unknown_batch()])),
            (Trust::Parsed(parsed), Some((batch, boxes))) => {
                let (matched, found) = match_boxes(next.incoming.spec, parsed, &boxes);
                // Whatever is wrong in a box costs it, so all of it is told.
                let mut faults = [parsed.row_faults(), &found].concat();
                faults.sort_by_key(|fault| fault.line);
                Ok((batch, parsed.rows.len(), (matched, faults)))
            }
            (other, _) => Err(incoming::without_effect(other)),
        };
        Ok(Worked { next, matched })
    }

    async fn settle<'s>(&self, worker: &'s Worker, worked: Worked<'s>, now: Timestamp) -> Result<(), StageError> {
        let Next { lease, incoming, .. } = worked.next;
        let (batch, count, (matched, faults)) = match worked.matched {
            Err((state, faults)) => {
                return incoming::settle_without_effect(worker, &lease, &incoming, state, &faults, now).await;
            }
            Ok(matched) => matched,
        };
        let today = local_date(now);
        let transit = worker.by_region(today, |policy| policy.transit_working_days);
        // A carton may hold cards of several regions: it is there by the first of their days.
        let due_on = |carton: &ManifestCarton| transit.least(&carton.regions);
        let dates = ManifestDates {
            shipped_on: today,
            // Such a case is about a row of the file; its box may be none of ours, and has no region.
            case_on: *worker.by_region(today, |policy| policy.case_working_days).of(""),
            due_on: matched.cartons.iter().map(due_on).collect(),
        };
        let untold = tell_partner(&incoming, &faults, dates.case_on);
        let actor = incoming::actor(&incoming);
        let why = Why { at: now, actor: &actor, reason: "on the shipping manifest" };
        let file = incoming::applied(&incoming, count, batch, today, untold);
        worker.ledger.settle_manifest(&lease, &file, batch, &matched, &dates, why).await?;
        incoming::archive(&incoming, "applied")
    }
}

/// Matches a manifest box by box: one that is not as it was reported is a case, the others are shipped.
fn match_boxes(spec: &FileSpec, parsed: &Parsed, boxes: &Boxes) -> (MatchedManifest, Vec<FileFault>) {
    let known: HashMap<&str, &KnownBox> = boxes.iter().map(|known| (known.number.as_str(), known)).collect();
    let mut of_box: BTreeMap<String, Vec<ReadRow<'_>>> = BTreeMap::new();
    for row in parsed.read(spec) {
        of_box.entry(row.value("box").unwrap_or_default()).or_default().push(row);
    }
    let mut cartons: BTreeMap<String, ManifestCarton> = BTreeMap::new();
    let mut matched = MatchedManifest::default();
    let mut faults = Vec::new();
    for (number, rows) in of_box {
        let Some(first) = rows.first() else { continue };
        let tracking = first.value("tracking").unwrap_or_default();
        let believed = known
            .get(number.as_str())
            .ok_or(("box", "no report told of this box"))
            .and_then(|known| as_reported(known, &rows, &tracking).map(|()| *known))
            .and_then(|known| match cartons.get(&tracking) {
                Some(carton) if carton.point != known.point => Err(("point", "one carton goes to one point")),
                _ => Ok(known),
            });
        match believed {
            Ok(known) => cartons
                .entry(tracking.clone())
                .or_insert_with(|| ManifestCarton {
                    number: tracking,
                    point: known.point.clone(),
                    regions: BTreeSet::new(),
                    boxes: Vec::new(),
                })
                .add(known),
            Err((field, message)) => {
                faults.push(first.fault(field, message));
                matched.unmatched.push(UnmatchedRow { line: first.line, message });
            }
        }
    }
    matched.cartons = cartons.into_values().collect();
    (matched, faults)
}

/// Whether a box of the manifest is the one that was reported.
fn as_reported(known: &KnownBox, rows: &[ReadRow<'_>], tracking: &str) -> Result<(), (&'static str, &'static str)> {
    let all = |field: &str, value: &str| rows.iter().all(|row| row.value(field).as_deref() == Some(value));
    if rows.iter().any(ReadRow::is_in_doubt) {
        Err(("box", "this box is not whole: see what else is wrong in it or in its carton"))
    } else if known.is_shipped {
        Err(("box", "this box is shipped already"))
    } else if !all("point", &known.point) {
        Err(("point", "this box holds cards for another point"))
    } else if tracking.is_empty() || !all("tracking", tracking) {
        Err(("tracking", "a box lies in one carton"))
    } else if known.cards != rows.len() as i64 {
        Err(("box", "a box does not hold the cards it was reported with"))
    } else {
        Ok(())
    }
}
