//! Missing cards that nobody found in time: each is on hold, and a person decides.

use cardline_core::card_states;
use cardline_core::state_machines::CARD;

use crate::cases::deadline::{Deadline, Missed, gauge};
use crate::cases::desk::open_case;
use crate::limits::OVERDUE_AT_ONCE;
use crate::store::transition::{Along, by_day, move_all};
use crate::store::{LedgerError, Stamp, Tx};
use crate::{args, transition};

/// Why such a card is on hold.
pub(crate) const NOT_FOUND: &str = "a missing card was not found in time";

/// Missing cards; the first condition is that of the index they are found by.
macro_rules! missing {
    () => {
        concat!("application WHERE place IN (", card_states!(due_alone), ") AND place = 'missing'")
    };
}

/// What is overdue on day `$1`.
macro_rules! overdue {
    () => {
        concat!("(SELECT id, bank AS partner, region, due_on FROM ", missing!(), " AND due_on < $1) o")
    };
}

/// Cards that are not in their box.
pub(super) const MISSING: Deadline = Deadline {
    name: "missing",
    partners: concat!("SELECT DISTINCT o.partner FROM ", overdue!(), " ORDER BY o.partner"),
    gauges: &[gauge!("missing-card", missing!())],
    settle: |tx, missed| Box::pin(hold(tx, missed)),
};

async fn hold(tx: &mut Tx, Missed { partner, dates, why }: Missed<'_>) -> Result<(), LedgerError> {
    let late = tx
        .rows::<(i64, String)>(
            concat!(
                "SELECT o.id, o.region FROM ",
                overdue!(),
                " WHERE o.partner = $2 ORDER BY o.due_on, o.id LIMIT $3"
            ),
            args![dates.today, partner, OVERDUE_AT_ONCE],
        )
        .await?;
    let (transition, why) = (transition!(CARD, "missing" => "held"), Stamp { reason: NOT_FOUND, ..why });
    for (case_on, ids) in by_day(late, |region| *dates.case_on.of(region)) {
        let along = Along {
            due_on: Some(case_on),
            owner: Some("administrator"),
            reason: Some(NOT_FOUND.into()),
            ..Along::default()
        };
        move_all(tx, &ids, &[transition], along, why).await?;
        for id in ids {
            open_case(tx, Some(id), None, NOT_FOUND, case_on, "administrator", why).await?;
        }
    }
    Ok(())
}
