//! What only the ledger can find, once the opening stock is imported: the message is in order, the card
//! behind it is not.

use cardline::actions::imports::legacy_cards::StockState;
use cardline_core::domain::application::{IdType, Kind, PreviousReason};
use jiff::Span;

use super::bank::other_bank;
use super::{Defect, Message, Soil, defect, first_issue, following};
use crate::generate::stock;

pub(super) const DEFECTS: &[Defect] = &[
    defect("PERSON-LIVE-CARD", first_issue, has_a_card),
    defect("PREVIOUS-NOT-LOST", lost, loss_never_reported),
    defect("PREVIOUS-OTHER-BANK", keeps_its_bank, card_of_another_bank),
    defect("PREVIOUS-OTHER-PERSON", not_lost, card_of_another_person),
    defect("PREVIOUS-SAME-BANK", changes_its_bank, card_of_this_bank),
    defect("PREVIOUS-UNKNOWN", following, card_nobody_knows),
    defect("RENEWAL-NOT-CHILD", renews, card_of_an_adult),
];

/// A second application of the person before: it is made by asking for that person, not by an edit.
pub(in crate::generate) const SECOND_OF_PERSON: Defect = defect("PERSON-OPEN-APPLICATION", |_, _| false, |_, _| {});

fn lost(message: &Message<'_>, _: &Soil<'_>) -> bool {
    message.previous_card.as_ref().is_some_and(|previous| previous.reason == PreviousReason::Lost)
}

fn not_lost(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    following(message, soil) && !lost(message, soil)
}

fn keeps_its_bank(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    following(message, soil) && message.kind != Kind::BankChange && other_bank(message, soil)
}

fn has_a_card(_: &mut Message<'_>, soil: &mut Soil<'_>) {
    let previous = stock::opening_card(soil.plan, soil.person.index);
    soil.card = Some(stock::row(soil.plan, &previous, soil.person));
}

fn loss_never_reported(_: &mut Message<'_>, soil: &mut Soil<'_>) {
    if let Some(card) = &mut soil.card {
        card.state = StockState::Active;
    }
}

fn card_of_another_bank(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    let other = soil.place.outlets.iter().find(|outlet| outlet.bank != message.bank);
    if let (Some(card), Some(other)) = (&mut soil.card, other) {
        card.bank.clone_from(&other.bank);
        card.outlet.clone_from(&other.code);
    }
}

fn changes_its_bank(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    following(message, soil) && message.kind == Kind::BankChange
}

/// The message says another bank than the card has.
fn card_of_this_bank(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    if let Some(card) = &mut soil.card {
        card.bank = message.bank.clone().into_owned();
        card.outlet = message.opening_outlet.clone().into_owned();
    }
}

fn renews(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    following(message, soil) && message.kind == Kind::AdultRenewal
}

/// The card was made on the sixteenth birthday, for an adult then.
fn card_of_an_adult(_: &mut Message<'_>, soil: &mut Soil<'_>) {
    if let Some(card) = &mut soil.card {
        card.issued_on = soil.person.birth_date.saturating_add(Span::new().years(16));
        card.id_type = IdType::ResidentId;
    }
}

fn card_of_another_person(_: &mut Message<'_>, soil: &mut Soil<'_>) {
    let stranger = soil.plan.people.stranger(soil.person.index);
    if let Some(card) = &mut soil.card {
        card.name = stranger.name;
        card.id_number = stranger.id_number;
    }
}

fn card_nobody_knows(_: &mut Message<'_>, soil: &mut Soil<'_>) {
    soil.card = None;
}
