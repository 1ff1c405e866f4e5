//! Cards that a unit collected and did not hand out in time: the unit is asked once, then they are recalled.

use cardline_core::card_states;
use cardline_core::state_machines::CARD;

use super::cards::WAITS_LONG;
use crate::cases::deadline::{Deadline, Missed, gauge};
use crate::cases::deadlines::asked_once::{Late, ask_once};
use crate::cases::desk::overtake_cases;
use crate::limits::OVERDUE_AT_ONCE;
use crate::store::transition::{Along, by_day, move_all};
use crate::store::{LedgerError, Stamp, Tx};
use crate::{args, transition};

/// Why a person asks the unit.
pub(crate) const UNIT_LATE: &str = "a unit did not hand out in time";

/// Cards with a unit; the first condition is that of the index they are found by.
macro_rules! with_unit {
    () => {
        concat!("application WHERE place IN (", card_states!(due_alone), ") AND place = 'with_unit'")
    };
}

/// What is overdue on day `$1`.
macro_rules! overdue {
    () => {
        concat!("(SELECT id, bank AS partner, region, due_on FROM ", with_unit!(), " AND due_on < $1) o")
    };
}

/// What units have not handed out.
pub(super) const UNITS: Deadline = Deadline {
    name: "units",
    partners: concat!("SELECT DISTINCT o.partner FROM ", overdue!(), " ORDER BY o.partner"),
    gauges: &[gauge!("with-unit", with_unit!())],
    settle: |tx, missed| Box::pin(ask_or_recall(tx, missed)),
};

/// Whoever was asked before has had the days of a case to hand them out. A ledger of the version before has asked in
/// other words.
const LATE: &str = concat!(
    "SELECT o.id, o.region, EXISTS (SELECT 1 FROM desk_case k WHERE k.application = o.id
        AND (k.reason = $3 OR (k.reason = $4 AND k.state IN ('open', 'escalated')))) AS asked FROM ",
    overdue!(),
    " WHERE o.partner = $2 ORDER BY o.due_on, o.id LIMIT $5"
);

async fn ask_or_recall(tx: &mut Tx, Missed { partner, dates, why }: Missed<'_>) -> Result<(), LedgerError> {
    let found = args![dates.today, partner, UNIT_LATE, WAITS_LONG, OVERDUE_AT_ONCE];
    let found = tx.rows::<Late>(LATE, found).await?;
    let still = "SELECT id FROM application WHERE id IN (SELECT id FROM subject) AND place = 'with_unit'";
    let asked = ask_once(tx, found, still, UNIT_LATE, (dates, why)).await?;
    for (due_on, ids) in by_day(asked, |region| *dates.return_on.of(region)) {
        recall(tx, ids, due_on, Stamp { reason: "not handed over in time, recalled from the unit", ..why }).await?;
    }
    Ok(())
}

async fn recall(tx: &mut Tx, ids: Vec<i64>, due_on: jiff::civil::Date, why: Stamp<'_>) -> Result<(), LedgerError> {
    let along = Along {
        due_on: Some(due_on),
        owner: Some("administrator"),
        reason: Some("never_collected".into()),
        ..Along::default()
    };
    move_all(tx, &ids, &[transition!(CARD, "with_unit" => "recalled")], along, why).await?;
    let asked = "SELECT k.id FROM subject s JOIN desk_case k ON k.application = s.id
        WHERE k.reason IN ($1, $2) AND k.state IN ('open', 'escalated') ORDER BY k.id";
    let cases = tx.rows::<(i64,)>(asked, args![UNIT_LATE, WAITS_LONG]).await?;
    overtake_cases(tx, &cases, why).await
}
