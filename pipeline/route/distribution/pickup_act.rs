//! What a person did to what lies at points, recorded with its effect: windows moved, a point handed on to another,
//! lists made, hand-overs recorded.
//! Every such act passes here.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::people::approvals::use_approval;
use crate::store::row_macs::{catalog, counts};
use crate::store::{LedgerError, Stamp, Tx};
use crate::{args, bulk_row};

bulk_row! {
    /// A shipment of an act, with the last day it had, and the day it gets.
    pub(super) struct ActShipment in "pickup_act_shipment" { act: i64, shipment: i64, was: String, becomes: Date, cards: i64 }
}

/// An act about to be recorded. `reason` is encrypted: it is a person's own words.
#[derive(Default)]
pub struct NewPickupAct {
    pub at: Timestamp,
    pub actor: String,
    /// `open-window`, `extend-window`, `close-window`, `reassign`, `list` or `record`.
    pub what: &'static str,
    /// The name of exactly this, 32 hex digits.
    pub operation: String,
    /// The digits of an area, or the code of a point.
    pub place: String,
    pub last_day: Option<Date>,
    pub working_days: Option<i64>,
    pub points: i64,
    pub shipments: i64,
    pub cards: i64,
    pub people: i64,
    pub reason: Vec<u8>,
    pub approval: Option<i64>,
    /// The point to which all that is at `place` goes on.
    pub moved_to: Option<String>,
}

/// Records an act; returns its id.
pub(crate) async fn record_pickup_act(tx: &mut Tx, act: &NewPickupAct) -> Result<i64, LedgerError> {
    let user = tx.user();
    let bank = tx.viewer().map(|viewer| viewer.scope.bank.clone()).unwrap_or_default();
    let id = tx
        .run_returning::<(i64,)>(
            "INSERT INTO pickup_act (at, actor, what, operation, place, bank, last_day, working_days, points, shipments, cards, people, reason, approval, by_user)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING id",
            args![
                act.at,
                &act.actor,
                act.what,
                &act.operation,
                &act.place,
                bank,
                act.last_day,
                act.working_days,
                act.points,
                act.shipments,
                act.cards,
                act.people,
                act.reason.clone(),
                act.approval,
                user
            ],
        )
        .await?;
    let id = id.first().map(|(id,)| *id).ok_or_else(|| LedgerError::Shape("pickup act id".into()))?;
    tx.cover_one(&catalog::PICKUP_ACT, id).await?;
    tx.count_one(&counts::PICKUP_ACTS).await?;
    if let Some(to) = &act.moved_to {
        let sql = "INSERT INTO reassignment (act, from_point, to_point) VALUES ($1, $2, $3)";
        tx.run(sql, args![id, &act.place, to]).await?;
        tx.cover_one(&catalog::REASSIGNMENT, id).await?;
    }
    if let Some(approval) = act.approval {
        let about = subject(&act.place, act.moved_to.as_deref(), &act.operation);
        use_approval(tx, approval, &about, Stamp { at: act.at, actor: &act.actor, reason: "" }).await?;
    }
    Ok(id)
}

/// What the approval of an operation is about.
pub(crate) fn subject(place: &str, moved_to: Option<&str>, operation: &str) -> String {
    match moved_to {
        Some(to) => format!("{place} > {to} {operation}"),
        None => format!("{place} {operation}"),
    }
}

/// Records the shipments an act touched.
pub(super) async fn record_shipments(tx: &mut Tx, act: i64, touched: Vec<ActShipment>) -> Result<(), LedgerError> {
    tx.insert(touched).await?;
    tx.cover_one(&catalog::PICKUP_ACT_SHIPMENT, act).await
}
