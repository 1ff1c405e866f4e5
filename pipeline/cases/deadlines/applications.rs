//! Applications not corrected in time: they lapse.

use cardline_core::state_machines::{APPLICATION, SOCIAL};

use crate::cases::deadline::{Deadline, Missed, gauge};
use crate::store::transition::{Along, Subject, all_moved, move_each};
use crate::store::{LedgerError, Stamp, Tx};
use crate::{args, transition};

/// What is overdue on day `$1`.
macro_rules! overdue {
    () => {
        "(SELECT id, bank AS partner, state FROM application WHERE state IN ('returned', 'rejected') AND due_on < $1) o"
    };
}

/// Applications that wait for their applicant.
pub(super) const APPLICATIONS: Deadline = Deadline {
    name: "applications",
    partners: concat!("SELECT DISTINCT o.partner FROM ", overdue!(), " ORDER BY o.partner"),
    gauges: &[gauge!("application", "application WHERE state IN ('returned', 'rejected')")],
    settle: |tx, missed| Box::pin(lapse(tx, missed)),
};

/// Not corrected in time: a returned application had a card under way, a rejected one never had.
async fn lapse(tx: &mut Tx, Missed { partner, dates, why }: Missed<'_>) -> Result<(), LedgerError> {
    let returned = [transition!(APPLICATION, "returned" => "lapsed"), transition!(SOCIAL, "sealed" => "cancelled")];
    let rejected = [transition!(APPLICATION, "rejected" => "lapsed")];
    for transitions in [&returned[..], &rejected[..]] {
        let late = tx
            .rows::<(i64,)>(
                concat!("SELECT o.id FROM ", overdue!(), " WHERE o.partner = $2 AND o.state = $3 ORDER BY +o.id"),
                args![dates.today, partner, transitions[0].from()],
            )
            .await?;
        let all = late.len() as i64;
        tx.stage(late.into_iter().map(|(id,)| Subject::of(id)).collect()).await?;
        let along = Along { owner: Some("nobody"), open: Some(false), ..Along::default() };
        let moved = move_each(tx, transitions, along, Stamp { reason: "not corrected in time", ..why }).await?;
        // What stays as it is would be overdue forever.
        all_moved(&transitions[0], all, moved)?;
    }
    Ok(())
}
