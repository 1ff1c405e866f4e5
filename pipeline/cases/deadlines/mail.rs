//! Cards sent by mail that are neither delivered nor back in time: the carrier is asked once; then the card is on hold,
//! and a person decides.

use cardline_core::card_states;
use cardline_core::state_machines::CARD;

use crate::cases::deadline::{Deadline, Missed, gauge};
use crate::cases::deadlines::asked_once::{Late, ask_once};
use crate::cases::desk::{cases_of_subjects, open_case, overtake_cases};
use crate::limits::OVERDUE_AT_ONCE;
use crate::store::transition::{Along, by_day, move_all};
use crate::store::{LedgerError, Stamp, Tx};
use crate::{args, transition};

/// Why a person asks the carrier.
pub(crate) const MAIL_LATE: &str = "a card sent by mail was not delivered in time";
/// Why such a card is on hold.
pub(crate) const NOT_DELIVERED: &str = "nothing was heard of a card sent by mail";
/// Why such a card is on its shelf for the instant before it is in somebody's hands.
pub(crate) const AFTER_ALL: &str = "delivered after all";
/// Why a person asks for the right address.
pub(crate) const CAME_BACK: &str = "a card came back by mail; its address is asked for";

/// Cards in the mail; the first condition is that of the index they are found by.
macro_rules! in_mail {
    () => {
        concat!("application WHERE place IN (", card_states!(due_alone), ") AND place = 'in_mail'")
    };
}

/// What is overdue on day `$1`.
macro_rules! overdue {
    () => {
        concat!("(SELECT id, bank AS partner, region, due_on FROM ", in_mail!(), " AND due_on < $1) o")
    };
}

/// What carriers have not delivered.
pub(super) const MAIL: Deadline = Deadline {
    name: "mail",
    partners: concat!("SELECT DISTINCT o.partner FROM ", overdue!(), " ORDER BY o.partner"),
    gauges: &[gauge!("in-mail", in_mail!())],
    settle: |tx, missed| Box::pin(ask_or_hold(tx, missed)),
};

/// Whether the carrier was asked since the card was sent the last time, and has had the days of a case to answer.
const LATE: &str = concat!(
    "SELECT o.id, o.region, EXISTS (SELECT 1 FROM desk_case k WHERE k.application = o.id AND k.reason = $3
        AND (SELECT min(v.seq) FROM move v WHERE v.scope = 'case' AND v.subject = k.id)
            > (SELECT max(v.seq) FROM move v WHERE v.scope = 'application' AND v.subject = o.id AND v.life = 'card'
                AND v.to_state = 'in_mail')) AS asked FROM ",
    overdue!(),
    " WHERE o.partner = $2 ORDER BY o.due_on, o.id LIMIT $4"
);

async fn ask_or_hold(tx: &mut Tx, Missed { partner, dates, why }: Missed<'_>) -> Result<(), LedgerError> {
    let found = args![dates.today, partner, MAIL_LATE, OVERDUE_AT_ONCE];
    let found = tx.rows::<Late>(LATE, found).await?;
    let still = "SELECT id FROM application WHERE id IN (SELECT id FROM subject) AND place = 'in_mail'";
    let asked = ask_once(tx, found, still, MAIL_LATE, (dates, why)).await?;
    for (case_on, ids) in by_day(asked, |region| *dates.case_on.of(region)) {
        hold(tx, ids, case_on, Stamp { reason: NOT_DELIVERED, ..why }).await?;
    }
    Ok(())
}

async fn hold(tx: &mut Tx, ids: Vec<i64>, case_on: jiff::civil::Date, why: Stamp<'_>) -> Result<(), LedgerError> {
    let along = Along {
        due_on: Some(case_on),
        owner: Some("administrator"),
        reason: Some(NOT_DELIVERED.into()),
        ..Along::default()
    };
    move_all(tx, &ids, &[transition!(CARD, "in_mail" => "held")], along, why).await?;
    let asked = cases_of_subjects(tx, MAIL_LATE).await?;
    overtake_cases(tx, &asked, why).await?;
    for id in ids {
        open_case(tx, Some(id), None, NOT_DELIVERED, case_on, "administrator", why).await?;
    }
    Ok(())
}
