//! What people did at one point, newest first: to windows, with lists, or by handing it on.

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
    /// The latest last day after it; none where the act set none.
    pub to: Option<String>,
    /// From which point to which one it was handed on; none for other acts.
    pub handed_on: Option<String>,
    pub cards: i64,
    pub reason: String,
}

/// The latest acts at a point, within the scope of who asks.
///
/// # Errors
/// The ledger cannot be read, or the keys do not open a reason.
pub async fn acts_of_point(worker: &Worker, point: &str) -> Result<Vec<PointAct>, StageError> {
    let shown = |act: StoredPointAct| {
        let reason = String::from_utf8_lossy(&worker.keys.decrypt(&act.reason)?).into_owned();
        let told = |text: String| Some(text).filter(|text| !text.is_empty());
        Ok(PointAct {
            at: rfc3339_stored(act.at),
            what: act.what,
            by: act.actor,
            from: told(act.was),
            to: told(act.becomes),
            handed_on: told(act.handed_on),
            cards: act.cards,
            reason,
        })
    };
    worker.ledger.acts_of_point(point, SHOWN).await?.into_iter().map(shown).collect()
}
