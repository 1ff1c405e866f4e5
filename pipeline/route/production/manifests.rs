//! The bureau's shipping manifest: every carton becomes a shipment to one point.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cardline_core::domain::identifier;
use cardline_core::file_formats::{FileFault, FileKind, FileSpec, Parsed, ReadRow};
use jiff::civil::Date;

use super::manifest_rows::{KnownBox, ManifestCarton, ManifestDates, MatchedManifest};
use super::matching::NOT_A_NUMBER_OF_THINGS;
use crate::cases::desk::UnmatchedRow;
use crate::exchange::files::ReceivedFile;
use crate::exchange::inbox::{self, Incoming};
use crate::inbound::kind::{InboundKind, InboundStep, Known, Matched};
use crate::step::{StageError, Worker};
use crate::store::{Lease, Stamp};
use crate::time::local_date;

/// Shipping manifests.
pub struct ShippingManifests;

/// The step; one file at a time.
pub type Manifests = InboundStep<ShippingManifests>;

type Boxes = Vec<KnownBox>;

impl InboundKind for ShippingManifests {
    const KIND: FileKind = FileKind::ShippingManifest;
    const REASON: &'static str = "on the shipping manifest";
    type Asked = Boxes;
    type Believed = MatchedManifest;

    async fn known(worker: &Worker, incoming: &Incoming<'_>, parsed: &Parsed) -> Result<Known<Boxes>, StageError> {
        // Looked at before the boxes: a report is applied before it leaves the folder.
        let partner = incoming.partner;
        let reports = inbox::waiting(partner, FileKind::ProductionReport)
            .map_err(|e| StageError::exchange(&partner.from(), e))?;
        let Some(number) = parsed.control.get("batch") else { return Ok(Known::Nothing) };
        let found = worker.ledger.batch(number).await?;
        let is_theirs = |kind: &str, code: &str| kind == "production" && code == partner.profile.code;
        let Some((batch, _)) = found.filter(|(_, found)| is_theirs(&found.kind, &found.partner)) else {
            return Ok(Known::Nothing);
        };
        let known = worker.ledger.boxes(batch).await?;
        let named = parsed.rows.iter().filter_map(|row| incoming.spec.value(row, "box"));
        let untold = named.into_iter().any(|name| !known.iter().any(|known| known.number == name));
        // Another worker is about to take in the report that names the box.
        if untold && !reports.is_empty() { Ok(Known::Later) } else { Ok(Known::Of(batch, known)) }
    }

    fn matched(
        _: &Worker,
        incoming: &Incoming<'_>,
        parsed: &Parsed,
        boxes: Boxes,
        _: Date,
    ) -> Result<Matched<MatchedManifest>, StageError> {
        let (matched, found) = match_boxes(incoming.spec, parsed, &boxes);
        // Whatever is wrong in a box costs it, so all of it is reported.
        let mut faults = [parsed.row_faults(), &found].concat();
        faults.sort_by_key(|fault| fault.line);
        Ok(Ok((matched, faults)))
    }

    /// Such a case is about a row of the file; its box may be none of ours, and has no region.
    fn case_on(worker: &Worker, _: &MatchedManifest, today: Date) -> Date {
        *worker.by_region(today, |policy| policy.case_working_days).of("")
    }

    async fn apply(
        worker: &Worker,
        lease: &Lease,
        file: &ReceivedFile<'_>,
        batch: i64,
        matched: MatchedManifest,
        why: Stamp<'_>,
    ) -> Result<(), StageError> {
        let today = local_date(why.at);
        let transit = worker.by_region(today, |policy| policy.transit_working_days);
        // A carton may hold cards of several regions: it is there by the first of their days.
        let due_on = |carton: &ManifestCarton| transit.least(&carton.regions);
        let dates = ManifestDates {
            shipped_on: today,
            case_on: ShippingManifests::case_on(worker, &matched, today),
            due_on: matched.cartons.iter().map(due_on).collect(),
        };
        worker.ledger.settle_manifest(lease, file, batch, &matched, &dates, why).await?;
        Ok(())
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
    let is_its_point = |point: &str| point == known.point || known.instead_of.contains(point);
    if rows.iter().any(ReadRow::is_in_doubt) {
        Err(("box", "this box is not whole: see what else is wrong in it or in its carton"))
    } else if known.is_shipped {
        Err(("box", "this box is shipped already"))
    } else if !rows.iter().all(|row| row.value("point").is_some_and(|point| is_its_point(&point))) {
        Err(("point", "this box holds cards for another point"))
    } else if tracking.is_empty() || !all("tracking", tracking) {
        Err(("tracking", "a box lies in one carton"))
    } else if identifier::judge(tracking).is_err() {
        Err(("tracking", NOT_A_NUMBER_OF_THINGS))
    } else if known.cards != rows.len() as i64 {
        Err(("box", "a box does not hold the cards it was reported with"))
    } else {
        Ok(())
    }
}
