//! Rules about the card: bank, pickup, previous card.

pub mod bank;
pub mod pickup;
pub mod previous_card;

#[cfg(test)]
mod previous_card_test;
