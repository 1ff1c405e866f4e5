//! The shipping manifest in the ledger: which boxes a batch has, and the shipments made of them.

use std::collections::{BTreeMap, BTreeSet};

use cardline_core::state_machines::CARD;
use jiff::civil::Date;

use crate::cases::desk::{UnmatchedRow, open_case, open_row_cases, overtake};
use crate::custody::containers::SHIPMENT;
use crate::exchange::files::{ReceivedFile, register_file};
use crate::route::distribution::reassign::{handed_on_to, reassigned};
use crate::store::leases::spend;
use crate::store::row_macs::catalog;
use crate::store::transition::{all_moved, move_set};
use crate::store::{Lease, Ledger, LedgerError, Stamp};
use crate::{args, row, transition};

/// A box named by a report.
pub struct KnownBox {
    pub number: String,
    pub point: String,
    /// Points that were handed on to it: the bureau may have been asked to send the box to one of them.
    pub instead_of: BTreeSet<String>,
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

row! {
    struct StoredBox { id: i64, number: String, point: String, cards: i64, shipment: Option<i64> }
}

impl Ledger {
    /// The boxes of a batch.
    pub async fn boxes(&self, batch: i64) -> Result<Vec<KnownBox>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<StoredBox>(
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
        let reassigned = reassigned(&mut tx).await?;
        let known = |stored: StoredBox| KnownBox {
            number: stored.number,
            instead_of: handed_on_to(&stored.point, &reassigned),
            point: stored.point,
            regions: regions.remove(&stored.id).unwrap_or_default(),
            cards: stored.cards,
            is_shipped: stored.shipment.is_some(),
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
        why: Stamp<'_>,
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
                     VALUES ($1, $2, $3, $4, 'produced', 0, $5, $6, 'carrier') RETURNING id",
                    args![&carton.number, manifest, batch, &carton.point, dates.shipped_on, *due_on],
                )
                .await?;
            let id = id.first().map(|(id,)| *id).ok_or_else(|| LedgerError::Shape("shipment id".into()))?;
            tx.cover_one(&catalog::SHIPMENT, id).await?;
            for number in &carton.boxes {
                tx.run("UPDATE box SET shipment = $1 WHERE number = $2 AND shipment IS NULL", args![id, number])
                    .await?;
            }
            tx.run(
                "UPDATE shipment SET cards = (SELECT COALESCE(CAST(sum(cards) AS BIGINT), 0) FROM box WHERE shipment = $1) WHERE id = $1",
                args![id],
            )
            .await?;
            let transition = transition!(CARD, "produced" => "in_transit");
            // Its point was handed on since the manifest was matched.
            let elsewhere = "SELECT count(*) FROM box WHERE shipment = $1 AND point <> $2";
            all_moved(&transition, 0, tx.number(elsewhere, args![id, &carton.point]).await?)?;
            move_set(&mut tx, SHIPMENT.of(id), transition, why).await?;
        }
        let owed = "SELECT (SELECT count(*) FROM box WHERE batch = $1 AND shipment IS NULL)
            + (SELECT count(*) FROM batch WHERE id = $1 AND state <> 'answered')";
        if tx.number(owed, args![batch]).await? == 0 {
            overtake(&mut tx, batch, Stamp { reason: "the cards were shipped", ..why }).await?;
        }
        spend(&mut tx, lease).await?;
        tx.commit().await
    }
}
