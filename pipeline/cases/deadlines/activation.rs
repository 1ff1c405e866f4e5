//! Cards that were collected and are not activated: the old card stays alive and the account shut. Their holders are
//! reminded, again and again; after some reminders a person is asked, too.

use cardline_core::card_states;
use cardline_core::state_machines::CARD;

use crate::cases::deadline::{Deadline, Missed, gauge};
use crate::cases::deadlines::locked::locked;
use crate::cases::desk::open_case;
use crate::limits::OVERDUE_AT_ONCE;
use crate::store::transition::{Along, by_day, move_all};
use crate::store::{LedgerError, Stamp, Tx};
use crate::{args, row, transition};

/// Why a person is asked.
pub(crate) const NOT_ACTIVATED: &str = "a card was collected and not activated";
/// What the history says of a reminder.
const REMINDED: &str = "reminded: collected and not activated in time";

/// What is overdue on day `$1`.
macro_rules! overdue {
    () => {
        concat!(
            "(SELECT id, bank AS partner, region, due_on FROM application WHERE ",
            card_states!(inactive),
            " AND due_on < $1) o"
        )
    };
}

/// Collected cards of which a function was never activated.
pub(super) const ACTIVATION: Deadline = Deadline {
    name: "activation",
    partners: concat!("SELECT DISTINCT o.partner FROM ", overdue!(), " ORDER BY o.partner"),
    gauges: &[gauge!("activation", concat!("application WHERE ", card_states!(inactive)))],
    settle: |tx, missed| Box::pin(remind(tx, missed)),
};

row! {
    /// A card whose day has passed. `asked`: a person has a case about it.
    struct LateCard { id: i64, region: String, reminded: i64, asked: bool }
}

const LATE: &str = concat!(
    "SELECT o.id, o.region,
        (SELECT count(*) FROM move v WHERE v.scope = 'application' AND v.subject = o.id AND v.life = 'card'
            AND v.from_state = 'in_hand' AND v.to_state = 'in_hand') AS reminded,
        EXISTS (SELECT 1 FROM desk_case k WHERE k.application = o.id AND k.reason = $3
            AND k.state IN ('open', 'escalated')) AS asked FROM ",
    overdue!(),
    " WHERE o.partner = $2 ORDER BY o.due_on, o.id LIMIT $4"
);

/// Which of the late ones are inactive still.
const STILL: &str =
    concat!("SELECT id FROM application WHERE id IN (SELECT id FROM subject) AND ", card_states!(inactive));

async fn remind(tx: &mut Tx, Missed { partner, dates, why }: Missed<'_>) -> Result<(), LedgerError> {
    let found = args![dates.today, partner, NOT_ACTIVATED, OVERDUE_AT_ONCE];
    let mut late = tx.rows::<LateCard>(LATE, found).await?;
    let still = locked(tx, late.iter().map(|card| card.id), STILL).await?;
    late.retain(|card| still.contains(&card.id));
    let (mut all, mut to_ask) = (Vec::with_capacity(late.len()), Vec::new());
    for LateCard { id, region, reminded, asked } in late {
        if !asked && reminded >= *dates.reminders.of(&region) {
            to_ask.push((id, *dates.case_on.of(&region)));
        }
        all.push((id, region));
    }
    let transition = transition!(CARD, "in_hand" => "in_hand");
    for (due_on, ids) in by_day(all, |region| *dates.activate_on.of(region)) {
        let along = Along { due_on: Some(due_on), owner: Some("holder"), ..Along::default() };
        move_all(tx, &ids, &[transition], along, Stamp { reason: REMINDED, ..why }).await?;
    }
    for (id, case_on) in to_ask {
        open_case(tx, Some(id), None, NOT_ACTIVATED, case_on, "administrator", why).await?;
    }
    Ok(())
}
