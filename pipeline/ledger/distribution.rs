//! Shipments in the ledger: receipt at the point, pickup windows, roll-over and recall.

use cardline_core::lives::CARD;
use jiff::civil::Date;

use super::engine::Tx;
use super::moves::{Along, SUBJECT, Set, Step, Why, move_each, move_set, subject};
use super::{Lease, Ledger, LedgerError, spend};
use crate::args;

/// A shipment whose day has come.
#[derive(Clone)]
pub struct DueShipment {
    pub id: i64,
    pub number: String,
    pub point: String,
    /// Region of its cards, for the policy of windows.
    pub region: String,
    pub place: String,
    pub roll_overs: i64,
    /// Cards still with the shipment.
    pub travelling: i64,
}

/// How many cards still travel with a shipment.
pub(super) async fn travelling(tx: &mut Tx, shipment: i64) -> Result<i64, LedgerError> {
    tx.number(
        "SELECT count(*) FROM box b JOIN made m ON m.box = b.id JOIN application a ON a.id = m.application
         WHERE b.shipment = $1 AND a.place IS NULL",
        args![shipment],
    )
    .await
}

impl Ledger {
    /// Shipments received and not yet on the shelf, and windows that ended before today.
    pub async fn due_shipments(&self, place: &str, today: Date, most: i64) -> Result<Vec<DueShipment>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<(i64, String, String, String, String, i64, i64)>(
                "SELECT s.id, s.number, s.point, COALESCE((SELECT min(a.region) FROM box x JOIN made m ON m.box = x.id
                        JOIN application a ON a.id = m.application WHERE x.shipment = s.id), b.region), s.place, s.roll_overs,
                    (SELECT count(*) FROM box x JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
                     WHERE x.shipment = s.id AND a.place IS NULL)
                 FROM shipment s JOIN batch b ON b.id = s.batch
                 WHERE NOT s.done AND s.place = $1 AND (s.window_last IS NULL OR s.window_last < $2) ORDER BY s.id LIMIT $3",
                args![place, today, most],
            )
            .await?;
        Ok(rows
            .into_iter()
            .map(|(id, number, point, region, place, roll_overs, travelling)| DueShipment {
                id,
                number,
                point,
                region,
                place,
                roll_overs,
                travelling,
            })
            .collect())
    }

    /// Opens the pickup windows of received shipments; the last day is inclusive.
    pub async fn settle_windows(
        &self,
        lease: &Lease,
        opened: &[(DueShipment, Date)],
        today: Date,
        why: Why<'_>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        for (shipment, last) in opened {
            let step = Step { life: &CARD, from: "at_point", to: "on_shelf" };
            move_set(&mut tx, Set::Shipment(shipment.id), step, shipment.travelling, why).await?;
            tx.run(
                "UPDATE shipment SET ready_on = $2, window_last = $3, due_on = $3, owner = 'distribution point' WHERE id = $1",
                args![shipment.id, today, *last],
            )
            .await?;
        }
        spend(&mut tx, lease).await?;
        tx.commit().await
    }

    /// Settles windows that ended: nobody left, rolled over into the next window, or recalled.
    pub async fn settle_window_ends(
        &self,
        lease: &Lease,
        ended: &[EndedWindow],
        why: Why<'_>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        for EndedWindow { shipment, next_last, recall_due } in ended {
            match (shipment.travelling, next_last) {
                (0, _) => {
                    tx.run("UPDATE shipment SET done = TRUE WHERE id = $1", args![shipment.id]).await?;
                }
                (count, Some(last)) => {
                    let step = Step { life: &CARD, from: "on_shelf", to: "on_shelf" };
                    let why = Why { reason: "rolled over into the next window", ..why };
                    move_set(&mut tx, Set::Shipment(shipment.id), step, count, why).await?;
                    tx.run(
                        "UPDATE shipment SET roll_overs = roll_overs + 1, window_last = $2, due_on = $2 WHERE id = $1",
                        args![shipment.id, *last],
                    )
                    .await?;
                }
                (_, None) => recall(&mut tx, shipment.id, *recall_due, why).await?,
            }
        }
        spend(&mut tx, lease).await?;
        tx.commit().await
    }
}

/// A window that ended, and what follows.
pub struct EndedWindow {
    pub shipment: DueShipment,
    /// Last day of the next window; `None`: the rest is recalled.
    pub next_last: Option<Date>,
    /// Recalled plastic is back by this day.
    pub recall_due: Date,
}

async fn recall(tx: &mut Tx, shipment: i64, due_on: Date, why: Why<'_>) -> Result<(), LedgerError> {
    let left = tx
        .rows::<(i64,)>(
            "SELECT a.id FROM box b JOIN made m ON m.box = b.id JOIN application a ON a.id = m.application
             WHERE b.shipment = $1 AND a.place IS NULL ORDER BY a.id",
            args![shipment],
        )
        .await?;
    tx.stage(&SUBJECT, left.into_iter().map(|(id,)| subject(id)).collect()).await?;
    let along = Along {
        due_on: Some(due_on),
        owner: Some("administrator"),
        reason: Some("never_collected".into()),
        ..Along::default()
    };
    let step = Step { life: &CARD, from: "on_shelf", to: "recalled" };
    move_each(tx, &[step], along, Why { reason: "not collected in any window", ..why }).await?;
    tx.run("UPDATE shipment SET done = TRUE WHERE id = $1", args![shipment]).await?;
    Ok(())
}
