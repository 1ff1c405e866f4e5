//! What people did to the windows of one point, newest first.

use serde::Serialize;

use crate::route::distribution::window_acts::StoredPointAct;
use crate::step::{StageError, Worker};
use crate::time::rfc3339_stored;

/// Acts shown of one point.
const SHOWN: i64 = 20;

/// One act, as it is shown; the reason is opened for whoever may read the ledger's keys.
#[derive(Clone, Debug, Serialize)]
pub struct PointAct {
    pub at: String,
    pub what: String,
    pub by: String,
    /// The earliest last day before it; none where windows were opened.
    pub from: Option<String>,
    /// The latest last day after it.
    pub to: String,
    pub cards: i64,
    pub reason: String,
}

/// The latest acts on the windows of a point, within the scope of who asks.
///
/// # Errors
/// The ledger cannot be read, or the keys do not open a reason.
pub async fn acts_of_point(worker: &Worker, point: &str) -> Result<Vec<PointAct>, StageError> {
    let shown = |act: StoredPointAct| {
        let reason = String::from_utf8_lossy(&worker.keys.decrypt(&act.reason)?).into_owned();
        let from = Some(act.was).filter(|was| !was.is_empty());
        Ok(PointAct {
            at: rfc3339_stored(act.at),
            what: act.what,
            by: act.actor,
            from,
            to: act.becomes,
            cards: act.cards,
            reason,
        })
    };
    worker.ledger.acts_of_point(point, SHOWN).await?.into_iter().map(shown).collect()
}
