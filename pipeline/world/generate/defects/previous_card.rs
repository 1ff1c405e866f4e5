//! The card an application follows, as far as the message itself shows it.

use cardline_core::domain::application::{Kind, PreviousCard, PreviousReason, Text};

use super::bank::other_bank;
use super::{Defect, Message, Soil, defect, first_issue, first_of_adult, following};
use crate::generate::stock;

pub(super) const DEFECTS: &[Defect] = &[
    defect("PREVIOUS-BANK", keeps_its_bank, another_bank_named),
    defect("PREVIOUS-BANK-CHANGE", changes_its_bank, change_to_the_same),
    defect("PREVIOUS-CHECK", following, wrong_check_character),
    defect("PREVIOUS-FORBIDDEN", first_of_adult, first_issue_with_a_card),
    defect("PREVIOUS-REASON", keeps_its_bank, reason_of_another_kind),
    defect("PREVIOUS-REQUIRED", first_of_adult, replacement_of_nothing),
];

fn keeps_its_bank(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    following(message, soil) && message.kind != Kind::BankChange && other_bank(message, soil)
}

fn changes_its_bank(message: &Message<'_>, _: &Soil<'_>) -> bool {
    message.kind == Kind::BankChange
}

fn another_bank_named(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    let other = soil.place.outlets.iter().find(|outlet| outlet.bank != message.bank);
    if let (Some(previous), Some(other)) = (&mut message.previous_card, other) {
        previous.bank = other.bank.clone().into();
    }
}

fn change_to_the_same(message: &mut Message<'_>, _: &mut Soil<'_>) {
    if let Some(previous) = &mut message.previous_card {
        previous.bank = message.bank.clone();
    }
}

/// A region that reckoned otherwise: the opening stock knows the card under the same number.
fn wrong_check_character(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    if let (Some(previous), Some(card)) = (&mut message.previous_card, &mut soil.card) {
        let (eight, check) = card.card_number.split_at(card.card_number.len().saturating_sub(1));
        card.card_number = format!("{eight}{}", if check == "Z" { "Y" } else { "Z" });
        previous.card_number = card.card_number.clone().into();
    }
}

/// The card is one under the person's old number, so that nothing else is wrong with it.
fn first_issue_with_a_card(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    debug_assert!(first_issue(message, soil));
    let mut previous = stock::opening_card(soil.plan, soil.person.index);
    previous.bank = message.bank.clone().into_owned();
    let mut card = stock::row(soil.plan, &previous, soil.person);
    card.id_number = soil.plan.people.stranger(soil.person.index).id_number;
    message.previous_card = Some(PreviousCard {
        card_number: Text::from(card.card_number.clone()),
        bank: message.bank.clone(),
        reason: PreviousReason::NumberChanged,
    });
    soil.card = Some(card);
}

fn reason_of_another_kind(message: &mut Message<'_>, _: &mut Soil<'_>) {
    if let Some(previous) = &mut message.previous_card {
        previous.reason = PreviousReason::BankChanged;
    }
}

fn replacement_of_nothing(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.kind = Kind::Replacement;
}
