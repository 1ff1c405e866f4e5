//! Cards that nobody collected in any window: the city keeps them, some months after they arrived the bank, and after
//! some more the social function is cancelled and they wait to be closed and destroyed (s2; the months are policy).

use cardline_core::card_states;
use cardline_core::state_machines::{CARD, SOCIAL};
use jiff::civil::Date;

use crate::cases::deadline::{Deadline, Missed, gauge};
use crate::cases::deadlines::locked::locked;
use crate::limits::OVERDUE_AT_ONCE;
use crate::store::transition::{Along, by_day, move_all};
use crate::store::{LedgerError, Stamp, Tx};
use crate::{args, row, transition};

/// Who keeps a card from the second period on.
const BANK: &str = "bank";

/// Cards that are kept; the first condition is that of the index they are found by.
macro_rules! kept {
    () => {
        concat!("application WHERE place IN (", card_states!(due_alone), ") AND place = 'stored'")
    };
}

/// What is overdue on day `$1`.
macro_rules! overdue {
    () => {
        concat!("(SELECT id, bank AS partner, region, owner, due_on FROM ", kept!(), " AND due_on < $1) o")
    };
}

/// What nobody collected.
pub(super) const UNCOLLECTED: Deadline = Deadline {
    name: "uncollected",
    partners: concat!("SELECT DISTINCT o.partner FROM ", overdue!(), " ORDER BY o.partner"),
    gauges: &[gauge!("uncollected", kept!())],
    settle: |tx, missed| Box::pin(hand_on_or_close(tx, missed)),
};

row! {
    /// A card that was kept long enough. `arrived`: the day it first lay on a shelf.
    struct LateCard { id: i64, region: String, owner: String, arrived: Option<String> }
}

const LATE: &str = concat!(
    "SELECT o.id, o.region, o.owner, s.ready_on AS arrived FROM ",
    overdue!(),
    " LEFT JOIN made m ON m.application = o.id LEFT JOIN box x ON x.id = m.box LEFT JOIN shipment s ON s.id = x.shipment
     WHERE o.partner = $2 ORDER BY o.due_on, o.id LIMIT $3"
);

/// So many months after a card arrived, and not before today.
pub(crate) fn months_after(arrived: Option<&str>, months: i32, today: Date) -> Date {
    let arrived = arrived.and_then(|day| day.parse::<Date>().ok());
    arrived.map_or(today, |day| day.saturating_add(jiff::Span::new().months(months)).max(today))
}

async fn hand_on_or_close(tx: &mut Tx, Missed { partner, dates, why }: Missed<'_>) -> Result<(), LedgerError> {
    let mut late = tx.rows::<LateCard>(LATE, args![dates.today, partner, OVERDUE_AT_ONCE]).await?;
    let still = "SELECT id FROM application WHERE id IN (SELECT id FROM subject) AND place = 'stored'";
    let still = locked(tx, late.iter().map(|card| card.id), still).await?;
    late.retain(|card| still.contains(&card.id));
    let (ending, going_on): (Vec<_>, Vec<_>) = late.into_iter().partition(|card| card.owner == BANK);
    let going_on = going_on.into_iter().map(|card| (card.id, (card.region, card.arrived)));
    let until = |(region, arrived): &(String, Option<String>)| {
        months_after(arrived.as_deref(), *dates.bank_months.of(region), dates.today)
    };
    for (due_on, ids) in by_day(going_on, until) {
        let along = Along { due_on: Some(due_on), owner: Some(BANK), ..Along::default() };
        let why = Stamp { reason: "kept by the bank from now on", ..why };
        move_all(tx, &ids, &[transition!(CARD, "stored" => "stored")], along, why).await?;
    }
    for (due_on, ids) in by_day(ending.into_iter().map(|card| (card.id, card.region)), |r| *dates.recycle_on.of(r)) {
        let along = Along {
            due_on: Some(due_on),
            owner: Some("administrator"),
            reason: Some("never_collected".into()),
            open: Some(false),
            ..Along::default()
        };
        let why = Stamp { reason: "not collected in time, to be closed and destroyed", ..why };
        let transitions = [transition!(CARD, "stored" => "to_recycle"), transition!(SOCIAL, "sealed" => "cancelled")];
        move_all(tx, &ids, &transitions, along, why).await?;
    }
    Ok(())
}
