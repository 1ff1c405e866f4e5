//! The delivery a case is about, as whoever decides it reads it: the carton, and every count of it.

use serde::Serialize;

use crate::step::{StageError, Worker};
use crate::store::{Ledger, LedgerError};
use crate::time::rfc3339_stored;
use crate::{args, row};

/// The carton, and what the point said of it.
#[derive(Serialize)]
pub struct DeliveryShown {
    pub shipment: String,
    pub point: String,
    /// Empty where no table knows the point.
    pub point_name: String,
    pub place: String,
    pub shipped_on: String,
    /// Cards it was packed with, and those that travel in it now.
    pub cards: i64,
    pub travelling: i64,
    pub boxes: Vec<String>,
    pub receipts: Vec<ShownReceipt>,
}

row! {
    /// One thing the point said.
    #[derive(Serialize)]
    pub struct ShownReceipt {
        kind: String,
        #[serde(rename = "box")]
        container: Option<String>,
        expected: i64,
        /// As it was told: all cards, or those that are short, over or damaged.
        counted: Option<i64>,
        actor: String,
        #[serde(skip)]
        stored_at: i64,
        at: String = String::new(),
    }
}

row! {
    struct Carton { number: String, point: String, place: String, shipped_on: String, cards: i64, travelling: i64 }
}

/// The delivery of a shipment; `None`: there is no such shipment.
pub(super) async fn delivery(worker: &Worker, shipment: i64) -> Result<Option<DeliveryShown>, StageError> {
    let Some((carton, boxes, receipts)) = worker.ledger.delivered(shipment).await? else { return Ok(None) };
    let Carton { number, point, place, shipped_on, cards, travelling } = carton;
    let point_name = worker.reference.collected_at(&point).map(|(name, _)| name.to_owned()).unwrap_or_default();
    Ok(Some(DeliveryShown {
        shipment: number,
        point,
        point_name,
        place,
        shipped_on,
        cards,
        travelling,
        boxes,
        receipts,
    }))
}

impl Ledger {
    async fn delivered(&self, shipment: i64) -> Result<Option<(Carton, Vec<String>, Vec<ShownReceipt>)>, LedgerError> {
        let mut tx = self.read().await?;
        let carton = tx
            .row::<Carton>(
                "SELECT s.number, s.point, s.place, s.shipped_on, s.cards,
                    (SELECT count(*) FROM box x JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
                     WHERE x.shipment = s.id AND a.place IS NULL) AS travelling FROM shipment s WHERE s.id = $1",
                args![shipment],
            )
            .await?;
        let Some(carton) = carton else { return Ok(None) };
        let sql = "SELECT number FROM box WHERE shipment = $1 ORDER BY number";
        let boxes = tx.rows::<(String,)>(sql, args![shipment]).await?.into_iter().map(|(number,)| number).collect();
        let sql = "SELECT kind, box AS container, expected, counted, actor, at AS stored_at FROM receipt WHERE shipment = $1 ORDER BY id";
        let mut receipts = tx.rows::<ShownReceipt>(sql, args![shipment]).await?;
        for receipt in &mut receipts {
            receipt.at = rfc3339_stored(receipt.stored_at);
        }
        Ok(Some((carton, boxes, receipts)))
    }
}
