//! Shipments in the ledger: receipt at the point, pickup windows, roll-over and recall.

use std::collections::BTreeSet;

use cardline_core::domain::policy::ByRegion;
use cardline_core::state_machines::CARD;
use jiff::civil::Date;

use crate::cases::deliveries::{case_of_delivery, is_disputed};
use crate::custody::containers::SHIPMENT;
use crate::custody::shipment_regions::regions_of;
use crate::store::dialect::for_update;
use crate::store::leases::spend;
use crate::store::transition::{Along, Subject, by_day, move_each, move_set};
use crate::store::{Lease, Ledger, LedgerError, Stamp, Tx};
use crate::{args, row, transition};

row! {
    /// A shipment whose day has come.
    #[derive(Clone)]
    pub struct DueShipment {
        id: i64,
        number: String,
        point: String,
        /// The regions of its cards, for the policy of windows.
        regions: BTreeSet<String> = BTreeSet::new(),
        place: String,
        roll_overs: i64,
        /// Last day of its window; none before one was opened.
        window_last: Option<String>,
        /// Cards still with the shipment.
        travelling: i64,
    }
}

/// Shipments received and not yet on the shelf, and windows that ended before today. No window opens for a delivery
/// that a person must decide about: people would be told of cards that are not there.
macro_rules! due_shipments {
    () => {
        concat!(
            "shipment s JOIN batch b ON b.id = s.batch
             WHERE NOT s.done AND s.place = $1 AND (s.window_last IS NULL OR s.window_last < $2)
                AND (s.place <> 'at_point' OR NOT ",
            is_disputed!("s.id"),
            ")"
        )
    };
}

impl Ledger {
    /// Bank and area of the runs whose shipments are due.
    pub async fn due_runs(&self, place: &str, today: Date) -> Result<Vec<(String, String)>, LedgerError> {
        let mut tx = self.read().await?;
        tx.by_index().await?;
        let sql = concat!("SELECT DISTINCT b.bank, b.region FROM ", due_shipments!(), " ORDER BY b.bank, b.region");
        tx.rows(sql, args![place, today]).await
    }

    /// The first due shipments of a bank and area.
    pub async fn due_shipments(
        &self,
        place: &str,
        today: Date,
        (bank, area): (&str, &str),
        most: i64,
    ) -> Result<Vec<DueShipment>, LedgerError> {
        let mut tx = self.read().await?;
        tx.by_index().await?;
        let mut due = tx
            .rows::<DueShipment>(
                concat!(
                    "SELECT s.id, s.number, s.point, s.place, s.roll_overs, s.window_last,
                        (SELECT count(*) FROM box x JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
                         WHERE x.shipment = s.id AND a.place IS NULL) AS travelling FROM ",
                    due_shipments!(),
                    " AND b.bank = $3 AND b.region = $4 ORDER BY s.id LIMIT $5"
                ),
                args![place, today, bank, area, most],
            )
            .await?;
        for shipment in &mut due {
            shipment.regions = regions_of(&mut tx, shipment.id).await?;
        }
        Ok(due)
    }

    /// Opens the pickup windows of received shipments; the last day is inclusive. One that a person opened since it was
    /// claimed stays as it is, and one whose delivery is disputed since then waits.
    pub async fn settle_windows(
        &self,
        lease: &Lease,
        opened: &[(DueShipment, Date)],
        today: Date,
        why: Stamp<'_>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        for (shipment, last) in opened {
            if !stands_as_claimed(&mut tx, shipment).await? || case_of_delivery(&mut tx, shipment.id).await?.is_some() {
                continue;
            }
            let transition = transition!(CARD, "at_point" => "on_shelf");
            move_set(&mut tx, SHIPMENT.of(shipment.id), transition, why).await?;
            tx.run(
                "UPDATE shipment SET ready_on = COALESCE(ready_on, $2), window_last = $3, due_on = $3, owner = 'distribution point' WHERE id = $1",
                args![shipment.id, today, *last],
            )
            .await?;
        }
        spend(&mut tx, lease).await?;
        tx.commit().await
    }

    /// Settles windows that ended: nobody left, rolled over into the next window, or recalled, to be back by
    /// the day of each card's region. One whose last day was moved since it was claimed goes on.
    pub async fn settle_window_ends(
        &self,
        lease: &Lease,
        ended: &[EndedWindow],
        back_on: &ByRegion<Date>,
        why: Stamp<'_>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        for EndedWindow { shipment, next_last } in ended {
            if !stands_as_claimed(&mut tx, shipment).await? {
                continue;
            }
            match (shipment.travelling, next_last) {
                (0, _) => {
                    // A card that was found since it was claimed lies there: the next look sees it.
                    tx.run(EMPTY, args![shipment.id]).await?;
                }
                (_, Some(last)) => {
                    let transition = transition!(CARD, "on_shelf" => "on_shelf");
                    let why = Stamp { reason: "rolled over into the next window", ..why };
                    move_set(&mut tx, SHIPMENT.of(shipment.id), transition, why).await?;
                    tx.run(
                        "UPDATE shipment SET roll_overs = roll_overs + 1, window_last = $2, due_on = $2, last_by_notice = FALSE WHERE id = $1",
                        args![shipment.id, *last],
                    )
                    .await?;
                }
                (_, None) => recall(&mut tx, shipment.id, back_on, why).await?,
            }
        }
        spend(&mut tx, lease).await?;
        tx.commit().await
    }
}

/// A carton in which nobody is left is done.
const EMPTY: &str =
    "UPDATE shipment SET done = TRUE WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM box x JOIN made m ON m.box = x.id
    JOIN application a ON a.id = m.application WHERE x.shipment = $1 AND a.place IS NULL)";

/// A window that ended, and what follows.
pub struct EndedWindow {
    pub shipment: DueShipment,
    /// Last day of the next window; `None`: the rest is recalled.
    pub next_last: Option<Date>,
}

/// Whether the window is still the one that was claimed; from here on nobody opens or moves it.
async fn stands_as_claimed(tx: &mut Tx, shipment: &DueShipment) -> Result<bool, LedgerError> {
    window_stands(tx, shipment.id, &shipment.place, shipment.window_last.as_deref().unwrap_or_default()).await
}

/// Whether the carton `id` is still there and its window has this last day (empty: none); from here on nobody moves it.
pub(super) async fn window_stands(tx: &mut Tx, id: i64, place: &str, last: &str) -> Result<bool, LedgerError> {
    let sql = for_update!(
        tx,
        "SELECT id FROM shipment WHERE id = $1 AND NOT done AND place = $2 AND COALESCE(window_last, '') = $3"
    );
    Ok(!tx.rows::<(i64,)>(sql, args![id, place, last]).await?.is_empty())
}

async fn recall(tx: &mut Tx, shipment: i64, back_on: &ByRegion<Date>, why: Stamp<'_>) -> Result<(), LedgerError> {
    let left = tx
        .rows::<(i64, String)>(
            "SELECT a.id, a.region FROM box b JOIN made m ON m.box = b.id JOIN application a ON a.id = m.application
             WHERE b.shipment = $1 AND a.place IS NULL ORDER BY a.id",
            args![shipment],
        )
        .await?;
    for (due_on, ids) in by_day(left, |region| *back_on.of(region)) {
        tx.stage(ids.into_iter().map(Subject::of).collect()).await?;
        let along = Along {
            due_on: Some(due_on),
            owner: Some("administrator"),
            reason: Some("never_collected".into()),
            ..Along::default()
        };
        let transition = transition!(CARD, "on_shelf" => "recalled");
        move_each(tx, &[transition], along, Stamp { reason: "not collected in any window", ..why }).await?;
    }
    tx.run("UPDATE shipment SET done = TRUE WHERE id = $1", args![shipment]).await?;
    Ok(())
}
