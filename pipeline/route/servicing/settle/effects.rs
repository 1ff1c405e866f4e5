//! What each kind of event does to a card: the transitions it may take, and what changes along with them.
//!
//! A new kind of event is a variant of `EventKind`, which the compiler then asks for here.

use cardline_core::state_machines::{ACCOUNT, APPLICATION, CARD, SOCIAL};

use crate::cases::deadlines::uncollected::months_after;
use crate::route::servicing::arriving::{EventDates, EventKind};
use crate::store::transition::{Along, Transition};

/// Transitions that are taken together, and the reason written to history.
type Route = (&'static [Transition], &'static str);

const fn application(from: &'static str, to: &'static str) -> Transition {
    Transition::of(&APPLICATION, from, to)
}

const fn card(from: &'static str, to: &'static str) -> Transition {
    Transition::of(&CARD, from, to)
}

const fn social(from: &'static str, to: &'static str) -> Transition {
    Transition::of(&SOCIAL, from, to)
}

const SOCIAL_ON: Transition = social("sealed", "active");
const ACCOUNT_ON: Transition = Transition::of(&ACCOUNT, "sealed", "active");

const COLLECTED: &[Route] =
    &[(&[card("on_shelf", "in_hand")], "collected"), (&[card("stored", "in_hand")], "collected, kept until then")];
const COLLECTED_BY_UNIT: &[Route] = &[(&[card("on_shelf", "with_unit")], "collected by the unit")];
const COLLECTED_BY_MAIL: &[Route] = &[
    (&[card("in_mail", "in_hand")], "delivered"),
    (&[card("on_shelf", "in_hand")], "collected"),
    (&[card("stored", "in_hand")], "collected, kept until then"),
];
const HANDED_OVER: &[Route] = &[(&[card("with_unit", "in_hand")], "handed over to the person")];
const ACTIVATED_SOCIAL: &[Route] = &[(&[SOCIAL_ON], "activated: social")];
const ACTIVATED_FINANCIAL: &[Route] = &[(&[ACCOUNT_ON], "activated: financial")];
const ACTIVATED_BOTH: &[Route] = &[(&[SOCIAL_ON, ACCOUNT_ON], "activated: social and financial")];
const LOST_FORMALLY: &[Route] = &[
    (&[card("in_hand", "lost"), social("active", "suspended")], "formal loss"),
    (&[card("in_hand", "lost")], "formal loss"),
];
const LOSS_LIFTED: &[Route] = &[
    (&[card("lost", "in_hand"), social("suspended", "active")], "loss lifted"),
    (&[card("lost", "in_hand")], "loss lifted"),
    (&[social("suspended", "active")], "loss lifted"),
];
const LOST_PROVISIONALLY: &[Route] = &[(&[social("active", "suspended")], "provisional loss")];
const ENDED: &[Route] = &[
    (&[card("in_hand", "awaiting_return"), social("active", "cancelled")], "the holder died or left"),
    (&[card("in_hand", "awaiting_return"), social("sealed", "cancelled")], "the holder died or left"),
    (&[card("stored", "to_recycle"), social("sealed", "cancelled")], "the holder died or left"),
];
const PLASTIC_RETURNED: &[Route] = &[
    (&[card("awaiting_return", "to_recycle")], "plastic returned"),
    (&[card("recalled", "stored")], "plastic returned, kept for its holder"),
];
const WITHDRAWN: &[Route] = &[
    (
        &[application("accepted", "withdrawn"), card("waiting_account", "no_plastic"), social("sealed", "cancelled")],
        "withdrawn by the applicant",
    ),
    (&[application("returned", "withdrawn"), social("sealed", "cancelled")], "withdrawn by the applicant"),
    (&[application("rejected", "withdrawn")], "withdrawn by the applicant"),
];

/// The routes of a kind, in order: each is tried on those that no route before it moved.
pub(crate) fn routes(kind: EventKind) -> &'static [Route] {
    match kind {
        EventKind::Collected => COLLECTED,
        EventKind::CollectedByUnit => COLLECTED_BY_UNIT,
        EventKind::CollectedByMail => COLLECTED_BY_MAIL,
        EventKind::HandedOver => HANDED_OVER,
        EventKind::ActivatedSocial => ACTIVATED_SOCIAL,
        EventKind::ActivatedFinancial => ACTIVATED_FINANCIAL,
        EventKind::ActivatedBoth => ACTIVATED_BOTH,
        EventKind::LostFormally => LOST_FORMALLY,
        EventKind::LossLifted => LOSS_LIFTED,
        EventKind::LostProvisionally => LOST_PROVISIONALLY,
        EventKind::Ended => ENDED,
        EventKind::PlasticReturned => PLASTIC_RETURNED,
        EventKind::Withdrawn => WITHDRAWN,
        // Where these go, the carton says, or the carrier's number.
        EventKind::Delivery(_)
        | EventKind::SentByMail
        | EventKind::Delivered
        | EventKind::ReturnedByMail
        | EventKind::Missing
        | EventKind::Found
        | EventKind::Fact => &[],
    }
}

/// What else changes when nobody is left for whom the city or the bank keeps a card.
pub(super) fn ended(dates: &EventDates) -> Along {
    let recycled = along(EventKind::PlasticReturned, dates);
    Along { live: Some(false), ..recycled }
}

/// What else changes when the city takes back what nobody collected.
pub(super) fn kept(dates: &EventDates, arrived: Option<&str>) -> Along {
    let until = months_after(arrived, dates.city_months, dates.today);
    Along { due_on: Some(until), owner: Some("administrator"), ..Along::default() }
}

/// Whether a kind makes a function of the card active.
pub(super) fn activates(kind: EventKind) -> bool {
    matches!(kind, EventKind::ActivatedSocial | EventKind::ActivatedFinancial | EventKind::ActivatedBoth)
}

/// What else of the application changes with a kind's transitions.
pub(super) fn along(kind: EventKind, dates: &EventDates) -> Along {
    match kind {
        EventKind::Collected
        | EventKind::CollectedByMail
        | EventKind::Delivered
        | EventKind::HandedOver
        | EventKind::LossLifted => Along { due_on: Some(dates.activate_on), owner: Some("holder"), ..Along::default() },
        EventKind::SentByMail => Along { due_on: Some(dates.mailed_on), owner: Some("carrier"), ..Along::default() },
        EventKind::CollectedByUnit => {
            Along { due_on: Some(dates.hand_out_on), owner: Some("unit"), ..Along::default() }
        }
        EventKind::ActivatedSocial | EventKind::ActivatedBoth => {
            Along { open: Some(false), live: Some(true), ..Along::default() }
        }
        EventKind::Ended => Along {
            due_on: Some(dates.return_on),
            owner: Some("holder"),
            open: Some(false),
            live: Some(false),
            ..Along::default()
        },
        EventKind::PlasticReturned => Along {
            due_on: Some(dates.recycle_on),
            owner: Some("administrator"),
            open: Some(false),
            ..Along::default()
        },
        EventKind::Withdrawn => Along { owner: Some("nobody"), open: Some(false), ..Along::default() },
        EventKind::Missing => {
            Along { due_on: Some(dates.missing_on), owner: Some("administrator"), ..Along::default() }
        }
        EventKind::Delivery(_)
        | EventKind::Found
        | EventKind::ReturnedByMail
        | EventKind::ActivatedFinancial
        | EventKind::LostFormally
        | EventKind::LostProvisionally
        | EventKind::Fact => Along::default(),
    }
}
