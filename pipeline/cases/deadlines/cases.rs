//! Cases not decided in time: they are escalated, and then wait for their next day.

use cardline_core::state_machines::CASE;

use crate::cases::deadline::{Deadline, Missed, gauge};
use crate::store::transition::{Along, Subject, by_day, move_each};
use crate::store::{LedgerError, Stamp, Tx};
use crate::{args, transition};

/// What is overdue on day `$1`.
macro_rules! overdue {
    () => {
        "(SELECT k.id, COALESCE(a.bank, f.partner, r.bank, '') AS partner, COALESCE(a.region, b.region, r.region, '') AS region, k.state
      FROM desk_case k LEFT JOIN application a ON a.id = k.application LEFT JOIN file f ON f.id = k.file
      LEFT JOIN batch b ON b.id = f.batch
      LEFT JOIN receipt r ON r.id = (SELECT min(t.id) FROM receipt t WHERE t.desk_case = k.id) WHERE k.state IN ('open', 'escalated') AND k.due_on < $1) o"
    };
}

/// Cases nobody decided.
pub(super) const CASES: Deadline = Deadline {
    name: "cases",
    partners: concat!("SELECT DISTINCT o.partner FROM ", overdue!(), " ORDER BY o.partner"),
    gauges: &[gauge!("case", "desk_case WHERE state IN ('open', 'escalated')")],
    settle: |tx, missed| Box::pin(escalate(tx, missed)),
};

/// An open case goes to the administrator; an escalated one stays there.
async fn escalate(tx: &mut Tx, Missed { partner, dates, why }: Missed<'_>) -> Result<(), LedgerError> {
    let late = tx
        .rows::<(i64, String, String)>(
            concat!("SELECT o.id, o.region, o.state FROM ", overdue!(), " WHERE o.partner = $2 ORDER BY o.id"),
            args![dates.today, partner],
        )
        .await?;
    let (open, escalated): (Vec<_>, Vec<_>) = late.into_iter().partition(|(_, _, state)| state == "open");
    let of_region = |late: Vec<(i64, String, String)>| late.into_iter().map(|(id, region, _)| (id, region));
    let day = |region: &String| *dates.case_on.of(region);
    for (case_on, ids) in by_day(of_region(open), day) {
        tx.stage(ids.into_iter().map(Subject::of).collect()).await?;
        let along = Along { due_on: Some(case_on), owner: Some("administrator"), ..Along::default() };
        let reason = "not decided by its deadline";
        move_each(tx, &[transition!(CASE, "open" => "escalated")], along, Stamp { reason, ..why }).await?;
    }
    for (case_on, ids) in by_day(of_region(escalated), day) {
        tx.stage(ids.into_iter().map(Subject::of).collect()).await?;
        tx.run("UPDATE desk_case SET due_on = $1 WHERE id IN (SELECT id FROM subject)", args![case_on]).await?;
    }
    Ok(())
}
