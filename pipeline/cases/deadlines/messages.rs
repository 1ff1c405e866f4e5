//! Messages not taken in, past their day: what waited becomes a person's, what nobody looked at becomes a case.

use crate::args;
use crate::cases::deadline::{Deadline, Missed, gauge};
use crate::cases::desk::{open_case, overtake_cases};
use crate::store::{LedgerError, Stamp, Tx};

/// The case about messages nobody looked at; one is enough for all of them.
const QUARANTINE_LIES: &str = "messages lie in the quarantine past their day";

/// Messages that were not taken in.
pub(super) const MESSAGES: Deadline = Deadline {
    name: "messages",
    partners: "SELECT DISTINCT o.partner FROM (SELECT id, '' AS partner FROM message WHERE due_on < $1 AND act = 0) o ORDER BY o.partner",
    gauges: &[gauge!("message", "message WHERE due_on IS NOT NULL AND act = 0")],
    settle: |tx, missed| Box::pin(look_at_quarantine(tx, missed)),
};

/// What waited in vain is a person's now; what a person left lying is somebody's case. What was not taken in
/// has no region that could be believed.
async fn look_at_quarantine(tx: &mut Tx, Missed { dates, why, .. }: Missed<'_>) -> Result<(), LedgerError> {
    let case_on = *dates.case_on.of("");
    tx.run(
        "UPDATE message SET outcome = 'quarantined', due_on = $2,
            reason = CASE WHEN revision IS NULL THEN 'WITHDRAWAL-LAPSED' ELSE 'REVISION-GAP-LAPSED' END
         WHERE outcome = 'waiting' AND act = 0 AND due_on < $1",
        args![dates.today, case_on],
    )
    .await?;
    let late =
        tx.run("UPDATE message SET due_on = $2 WHERE due_on < $1 AND act = 0", args![dates.today, case_on]).await?;
    let told = tx
        .number(
            "SELECT count(*) FROM desk_case WHERE state IN ('open', 'escalated') AND reason = $1",
            args![QUARANTINE_LIES],
        )
        .await?;
    if late > 0 && told == 0 {
        open_case(tx, None, None, QUARANTINE_LIES, case_on, "bureau operator", why).await?;
    }
    Ok(())
}

/// Nobody needs to look any more once no message lies in the quarantine for a person.
pub(crate) async fn quarantine_looked_at(tx: &mut Tx, why: Stamp<'_>) -> Result<(), LedgerError> {
    let open = tx
        .rows::<(i64,)>(
            "SELECT id FROM desk_case WHERE state IN ('open', 'escalated') AND reason = $1
                AND NOT EXISTS (SELECT 1 FROM message WHERE due_on IS NOT NULL AND act = 0 AND outcome <> 'waiting')
             ORDER BY id",
            args![QUARANTINE_LIES],
        )
        .await?;
    overtake_cases(tx, &open, Stamp { reason: "the quarantine was looked through", ..why }).await
}
