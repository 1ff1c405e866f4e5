//! Cards that wait longer than they may: a person looks at each.

use cardline_core::card_states;

use crate::args;
use crate::cases::chase::chase;
use crate::cases::deadline::{Deadline, Missed, gauge};
use crate::store::transition::{Subject, by_day};
use crate::store::{LedgerError, Tx};

/// Why a person is asked.
pub(super) const WAITS_LONG: &str = "a card waits longer than it may";

/// What is overdue on day `$1`. A missing card, one with a unit, one in the mail and one that is kept have deadlines of
/// their own kinds.
macro_rules! overdue {
    () => {
        concat!(
            "(SELECT a.id, a.bank AS partner, a.region FROM account_waiting w CROSS JOIN application a WHERE a.id = w.application AND a.due_on < $1
      UNION SELECT id, bank, region FROM application WHERE due_on < $1
        AND place IN (",
            card_states!(due_alone),
            ") AND place NOT IN ('missing', 'with_unit', 'in_mail', 'stored')) o"
        )
    };
}

/// Cards that wait, for a batch or for a person.
pub(super) const CARDS: Deadline = Deadline {
    name: "cards",
    partners: concat!("SELECT DISTINCT o.partner FROM ", overdue!(), " ORDER BY o.partner"),
    gauges: &[
        gauge!(
            "card",
            concat!(
                "application WHERE place IN (",
                card_states!(due_alone),
                ") AND place NOT IN ('missing', 'with_unit', 'in_mail', 'stored')"
            )
        ),
        gauge!(
            "waiting-card",
            "(SELECT a.due_on FROM account_waiting w CROSS JOIN application a WHERE a.id = w.application) w WHERE TRUE"
        ),
    ],
    settle: |tx, missed| Box::pin(look_at_cards(tx, missed)),
};

/// Each has one open case, and waits until the day by which it is decided.
async fn look_at_cards(tx: &mut Tx, Missed { partner, dates, why }: Missed<'_>) -> Result<(), LedgerError> {
    let late = tx
        .rows::<(i64, String)>(
            concat!("SELECT o.id, o.region FROM ", overdue!(), " WHERE o.partner = $2 ORDER BY o.id"),
            args![dates.today, partner],
        )
        .await?;
    for (case_on, ids) in by_day(late, |region| *dates.case_on.of(region)) {
        tx.stage(ids.iter().copied().map(Subject::of).collect()).await?;
        tx.run("UPDATE application SET due_on = $1 WHERE id IN (SELECT id FROM subject)", args![case_on]).await?;
        for id in ids {
            chase(tx, Some(id), None, WAITS_LONG, case_on, why).await?;
        }
    }
    Ok(())
}
