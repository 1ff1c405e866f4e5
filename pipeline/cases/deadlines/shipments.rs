//! Shipments that are overdue: the carrier is asked.

use crate::args;
use crate::cases::chase::chase;
use crate::cases::deadline::{Deadline, Missed, gauge};
use crate::cases::deliveries::case_of_delivery;
use crate::custody::shipment_regions::regions_of;
use crate::store::{LedgerError, Tx};

/// What is overdue on day `$1`.
macro_rules! overdue {
    () => {
        "(SELECT s.id, b.bank AS partner, s.manifest, s.place FROM shipment s JOIN batch b ON b.id = s.batch
      WHERE s.due_on < $1 AND NOT s.done AND s.place <> 'on_shelf') o"
    };
}

/// Shipments under way.
pub(super) const SHIPMENTS: Deadline = Deadline {
    name: "shipments",
    partners: concat!("SELECT DISTINCT o.partner FROM ", overdue!(), " ORDER BY o.partner"),
    gauges: &[gauge!("shipment", "shipment WHERE NOT done")],
    settle: |tx, missed| Box::pin(chase_shipments(tx, missed)),
};

/// A shipment may hold cards of several regions: the first of their days is early enough for all.
async fn chase_shipments(tx: &mut Tx, Missed { partner, dates, why }: Missed<'_>) -> Result<(), LedgerError> {
    let late = tx
        .rows::<(i64, i64, String)>(
            concat!("SELECT o.id, o.manifest, o.place FROM ", overdue!(), " WHERE o.partner = $2 ORDER BY o.id"),
            args![dates.today, partner],
        )
        .await?;
    for (shipment, manifest, place) in late {
        let regions = regions_of(tx, shipment).await?;
        let (chase_on, case_on) = (dates.chase_on.least(&regions), dates.case_on.least(&regions));
        tx.run("UPDATE shipment SET due_on = $2 WHERE id = $1", args![shipment, chase_on]).await?;
        // Once it is there nobody waits for the carrier: the case about the delivery has a day of its own.
        if place != "in_transit" && case_of_delivery(tx, shipment).await?.is_some() {
            continue;
        }
        chase(tx, None, Some(manifest), "a shipment is overdue; the carrier is chased", case_on, why).await?;
    }
    Ok(())
}
