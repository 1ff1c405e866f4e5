//! What a bureau made of its orders of the last weeks: yield, spoilage by stage and reason, remakes, shipments.

use cardline::books::figures::{Shipped, Spoiled};
use cardline::step::Worker;
use cardline::time::local_date;
use jiff::Timestamp;

use crate::answer::Refusal;
use crate::frame::Frame;
use crate::pages::figures::{YieldsShown, shown_since};

/// Of one bureau.
pub struct Made {
    pub yields: YieldsShown,
    pub spoilage: Vec<Spoiled>,
    pub shipped: Vec<Shipped>,
}

impl Made {
    /// Of the batches cut, and the shipments that left, in four weeks.
    pub async fn of(f: &Frame, worker: &Worker, now: Timestamp, code: &str) -> Result<Made, Refusal> {
        let today = local_date(now);
        let since = shown_since(today);
        Ok(Made {
            yields: YieldsShown::of(f, worker.ledger.yields(code, since).await?),
            spoilage: worker.ledger.spoilage(code, since).await?,
            shipped: worker.ledger.shipped(code, since, today).await?,
        })
    }
}
