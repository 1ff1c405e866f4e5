//! What a change of reference data does to the ledger: open deadlines move with the calendar, and a
//! place that closes while cards need it becomes a case.
//!
//! Invariant: a deadline is moved in its place, so that everything unfinished keeps exactly one
//! (law 10). An open pickup window never ends earlier than its holders were told, and the fixed day of a notice stays.

use cardline_core::card_states;
use cardline_core::domain::policy::ByRegion;
use jiff::civil::Date;

use super::touched::needing;
use crate::cases::desk::{open_case, overtake_cases};
use crate::store::{Ledger, LedgerError, Stamp, Tx};
use crate::{args, bulk_row};

bulk_row! {
    struct MovedDay in "moved_day" { was: Date, becomes: Date }
}

/// What a change does on the day it takes effect.
pub struct Effect {
    /// Open deadlines on the first date come to lie on the second.
    pub moved: Vec<(Date, Date)>,
    /// Table and code of what ended; each with cards that need it becomes a case.
    pub ended: Vec<(&'static str, String)>,
    /// A person decides such a case by this day, by the region of the cards.
    pub case_on: ByRegion<Date>,
}

/// Deadlines counted in working days that are still open, by what they are about. Natural days (the
/// promise, corrections, gaps, how long a card is kept) do not move with the calendar.
const OPEN_DEADLINES: &str = concat!(
    "
    SELECT 'batch', due_on, count(*) FROM batch WHERE ((state <> 'answered' AND state <> 'cancelled') OR to_produce > 0) AND due_on > $1 GROUP BY due_on
    UNION ALL SELECT 'file', due_on, count(*) FROM file WHERE state IN ('frozen', 'placed', 'held') AND due_on > $1 GROUP BY due_on
    UNION ALL SELECT CASE place WHEN 'on_shelf' THEN 'window' ELSE 'shipment' END, due_on, count(*) FROM shipment
        WHERE NOT done AND NOT last_by_notice AND due_on > $1 GROUP BY 1, due_on
    UNION ALL SELECT 'card', due_on, count(*) FROM application
        WHERE place IN (",
    card_states!(alone),
    ") AND place <> 'stored'
            AND due_on > $1 GROUP BY due_on
    UNION ALL SELECT 'card', due_on, count(*) FROM application WHERE ",
    card_states!(inactive),
    " AND due_on > $1 GROUP BY due_on
    UNION ALL SELECT 'card', a.due_on, count(*) FROM account_waiting w CROSS JOIN application a
            WHERE a.id = w.application AND a.due_on <> a.promise_on AND a.due_on > $1 GROUP BY a.due_on
    UNION ALL SELECT 'case', due_on, count(*) FROM desk_case WHERE state IN ('open', 'escalated') AND due_on > $1 GROUP BY due_on"
);

/// The same, moved.
const MOVE_DEADLINES: &[&str] = &[
    "UPDATE batch SET due_on = d.becomes FROM moved_day d WHERE batch.due_on = d.was AND ((batch.state <> 'answered' AND batch.state <> 'cancelled') OR batch.to_produce > 0)",
    "UPDATE file SET due_on = d.becomes FROM moved_day d WHERE file.due_on = d.was AND file.state IN ('frozen', 'placed', 'held')",
    "UPDATE shipment SET due_on = d.becomes, window_last = CASE WHEN window_last = d.was THEN d.becomes ELSE window_last END
     FROM moved_day d WHERE shipment.due_on = d.was AND NOT shipment.done AND NOT shipment.last_by_notice AND (shipment.place <> 'on_shelf' OR d.becomes > d.was)",
    concat!(
        "UPDATE application SET due_on = d.becomes FROM moved_day d WHERE application.due_on = d.was
        AND (application.place <> 'stored' AND application.place IN (",
        card_states!(alone),
        ")
            OR (",
        card_states!(inactive),
        "))"
    ),
    "UPDATE application SET due_on = d.becomes FROM moved_day d JOIN account_waiting w ON TRUE
        WHERE w.application = application.id AND application.due_on = d.was AND application.due_on <> application.promise_on",
    "UPDATE desk_case SET due_on = d.becomes FROM moved_day d WHERE desk_case.due_on = d.was AND desk_case.state IN ('open', 'escalated')",
];

/// Open deadlines of one kind on one date.
pub struct OpenDeadline {
    /// `batch`, `file`, `shipment`, `window`, `card` or `case`.
    pub what: String,
    pub due_on: Date,
    pub count: i64,
}

impl Ledger {
    /// Every open deadline after a day that is counted in working days.
    pub async fn open_deadlines(&self, after: Date) -> Result<Vec<OpenDeadline>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx.rows::<(String, String, i64)>(OPEN_DEADLINES, args![after]).await?;
        let deadline = |(what, due_on, count): (String, String, i64)| {
            let due_on = due_on.parse().map_err(|_| LedgerError::Shape("due_on".into()))?;
            Ok(OpenDeadline { what, due_on, count })
        };
        rows.into_iter().map(deadline).collect()
    }
}

/// Moves the deadlines and opens the cases, in the transaction that makes the change.
pub(crate) async fn settle_effect(tx: &mut Tx, effect: &Effect, why: Stamp<'_>) -> Result<(), LedgerError> {
    if !effect.moved.is_empty() {
        tx.stage(effect.moved.iter().map(|&(was, becomes)| MovedDay { was, becomes }).collect()).await?;
        for sql in MOVE_DEADLINES {
            tx.run(sql, args![]).await?;
        }
    }
    for ((kind, code), regions) in needing(tx, &effect.ended).await? {
        // Cards of several regions may need one place: the first day is early enough for all.
        let case_on = effect.case_on.least(&regions);
        let reason = needed(kind, &code);
        let open = tx
            .number(
                "SELECT count(*) FROM desk_case WHERE state IN ('open', 'escalated') AND reason = $1",
                args![&reason],
            )
            .await?;
        if open == 0 {
            open_case(tx, None, None, &reason, case_on, "bureau operator", why).await?;
        }
    }
    Ok(())
}

/// What a case says of a code that ended while cards need it.
fn needed(kind: &str, code: &str) -> String {
    let what = kind.strip_suffix('s').unwrap_or(kind);
    format!("{what} {code} has ended, and unfinished cards need it")
}

/// Ends the case of a code that ended, when no card needs it any more.
pub(crate) async fn settle_no_need(
    tx: &mut Tx,
    kind: &'static str,
    code: &str,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    if !needing(tx, &[(kind, code.to_owned())]).await?.is_empty() {
        return Ok(());
    }
    let open = "SELECT id FROM desk_case WHERE state IN ('open', 'escalated') AND reason = $1";
    let open = tx.rows::<(i64,)>(open, args![needed(kind, code)]).await?;
    overtake_cases(tx, &open, why).await
}
