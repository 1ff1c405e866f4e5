//! Batches that are overdue: their partner is asked again.

use crate::cases::chase::chase;
use crate::cases::deadline::{Deadline, Missed, gauge};
use crate::store::{LedgerError, Tx};
use crate::{args, row};

/// A batch with cards that were made and lie in no carton yet.
macro_rules! unshipped {
    () => {
        "SELECT x.batch FROM box x CROSS JOIN made m CROSS JOIN application a
         WHERE x.shipment IS NULL AND m.box = x.id AND a.id = m.application AND a.place IS NULL"
    };
}

/// What is overdue on day `$1`.
macro_rules! overdue {
    () => {
        concat!(
            "(SELECT b.id, b.partner, b.region FROM batch b WHERE b.id IN
        (SELECT id FROM batch WHERE due_on < $1 AND state <> 'answered' AND state <> 'cancelled'
         UNION SELECT id FROM batch WHERE due_on < $1 AND to_produce > 0
         UNION SELECT id FROM batch WHERE due_on < $1 AND id IN (",
            unshipped!(),
            "))) o"
        )
    };
}

/// Batches without an answer, cards that wait for production, and cards that were made and not shipped.
pub(super) const BATCHES: Deadline = Deadline {
    name: "batches",
    partners: concat!("SELECT DISTINCT o.partner FROM ", overdue!(), " ORDER BY o.partner"),
    gauges: &[
        gauge!("batch", "batch WHERE state <> 'answered' AND state <> 'cancelled'"),
        gauge!("production", "batch WHERE to_produce > 0"),
        gauge!("shipping", concat!("batch WHERE id IN (", unshipped!(), ")")),
    ],
    settle: |tx, missed| Box::pin(chase_batches(tx, missed)),
};

row! {
    struct LateBatch { id: i64, file: Option<i64>, state: String, region: String, unshipped: bool }
}

/// A partner that does not answer is chased, and a batch on hold is pointed out; it keeps one live deadline.
async fn chase_batches(tx: &mut Tx, Missed { partner, dates, why }: Missed<'_>) -> Result<(), LedgerError> {
    let late = tx
        .rows::<LateBatch>(
            concat!(
                "SELECT b.id, f.id AS file, b.state, b.region, b.id IN (",
                unshipped!(),
                ") AS unshipped FROM ",
                overdue!(),
                " JOIN batch b ON b.id = o.id LEFT JOIN file f ON f.id = (SELECT max(q.id) FROM file q WHERE q.batch = b.id AND q.direction = 'out')
                 WHERE o.partner = $2 ORDER BY b.id"
            ),
            args![dates.today, partner],
        )
        .await?;
    for LateBatch { id: batch, file, state, region, unshipped } in late {
        tx.run("UPDATE batch SET due_on = $2 WHERE id = $1", args![batch, *dates.chase_on.of(&region)]).await?;
        let reason = if state == "held" {
            "a held batch waits to be released or cancelled"
        } else if unshipped {
            "cards were made and not shipped; the bureau is chased"
        } else {
            "an answer is overdue; the partner is chased"
        };
        chase(tx, None, file, reason, *dates.case_on.of(&region), why).await?;
    }
    Ok(())
}
