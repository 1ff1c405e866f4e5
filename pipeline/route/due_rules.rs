//! The list of moves that set a day, each with its rule; what the words mean says `due_days.rs`.

use cardline_core::file_formats::FileKind;
use cardline_core::state_machines::{APPLICATION, BATCH, CARD};

use crate::messages::told::ENDS_SOON;

use super::due_days::DayRule;
use super::due_days::Days::{self, *};
use super::due_days::Holder::{self, *};
use super::due_days::How::{self, *};
use crate::cases::deadlines::mail::AFTER_ALL;

/// What was missing was found after its window had ended.
pub(crate) const OPENED_AGAIN: &str = "found, and its window was opened again";

/// A card came back by mail.
pub(crate) const SENT_BACK: &str = "came back by mail";
/// And its window had ended.
pub(crate) const CAME_BACK_LATE: &str = "came back by mail, and its window was opened again";

/// Whether one card opened the window of its carton again.
pub(crate) fn opens_again(reason: &str) -> bool {
    [OPENED_AGAIN, CAME_BACK_LATE].iter().any(|opens| reason.starts_with(opens))
}

/// A person decides a case.
const CASE: Days = Working("case_working_days", |policy| policy.case_working_days);
/// A partner is asked again.
const CHASE: Days = Working("chase_working_days", |policy| policy.chase_working_days);
const CORRECTION: Days = Natural("correction_days", |policy| policy.correction_days);
const WINDOW: Days = Working("window_working_days", |policy| policy.window_working_days);
const TRANSIT: Days = Working("transit_working_days", |policy| policy.transit_working_days);
const UNIT: Days = Working("unit_working_days", |policy| policy.unit_working_days);
const ACTIVATION: Days = Working("activation_working_days", |policy| policy.activation_working_days);
const MISSING: Days = Working("missing_working_days", |policy| policy.missing_working_days);
const MAIL: Days = Working("mail_working_days", |policy| policy.mail_working_days);
const RETURN: Days = Working("return_working_days", |policy| policy.return_working_days);
const RECYCLE: Days = Working("recycle_working_days", |policy| policy.recycle_working_days);

/// The city keeps what nobody collected.
const CITY: Days = Arrival("city_months", |policy| policy.city_months);
/// Then the bank.
const BANK: Days = Arrival("bank_months", |policy| policy.bank_months);

const fn rule(
    of: Holder,
    life: &'static str,
    (from, to): (&'static [&'static str], &'static str),
    because: &'static str,
    (days, how): (Days, How),
    (kind, why): (&'static str, &'static str),
) -> DayRule {
    DayRule { of, life, from, to, because, sets: Some((days, how)), kind, why }
}

const fn application(from: &'static [&'static str], to: &'static str, days: Days, kind: &'static str) -> DayRule {
    rule(Card, APPLICATION.name, (from, to), "", (days, Sets), (kind, "revision"))
}

const fn card(from: &'static [&'static str], to: &'static str, days: Days, kind: &'static str) -> DayRule {
    rule(Card, CARD.name, (from, to), "", (days, Sets), (kind, "event"))
}

const fn card_because(
    edge: (&'static [&'static str], &'static str),
    because: &'static str,
    sets: (Days, How),
    words: (&'static str, &'static str),
) -> DayRule {
    rule(Card, CARD.name, edge, because, sets, words)
}

const fn stays_in(of: Holder, (from, to): (&'static [&'static str], &'static str), because: &'static str) -> DayRule {
    DayRule { of, life: CARD.name, from, to, because, sets: None, kind: "", why: "" }
}

const fn stays(from: &'static [&'static str], to: &'static str, because: &'static str) -> DayRule {
    DayRule { of: Card, life: CARD.name, from, to, because, sets: None, kind: "", why: "" }
}

const fn in_set(
    of: Holder,
    edge: (&'static [&'static str], &'static str),
    because: &'static str,
    sets: (Days, How),
    words: (&'static str, &'static str),
) -> DayRule {
    rule(of, CARD.name, edge, because, sets, words)
}

const fn batch(of: Holder, edge: (&'static [&'static str], &'static str), days: Days, why: &'static str) -> DayRule {
    rule(of, BATCH.name, edge, "", (days, Sets), ("answer", why))
}

/// Every move that sets a day.
const RULES: &[DayRule] = &[
    // What a person asked for.
    application(&["", "rejected", "returned", "accepted"], "accepted", Promise, "promise"),
    application(&[], "rejected", CORRECTION, "correction"),
    application(&[], "returned", CORRECTION, "correction"),
    // It waits for its account.
    card_because((&["held"], "waiting_account"), "a higher revision", (Promise, Sets), ("promise", "revision")),
    card_because((&["held"], "waiting_account"), "decided", (CASE, AtLeastPromise), ("promise", "decision")),
    card_because((&["held"], "waiting_account"), "", (CASE, AtLeastPromise), ("promise", "photo")),
    stays(&["in_account_batch"], "waiting_account", "the bank could not tell"),
    card_because((&["in_account_batch"], "waiting_account"), "", (BankQueue, AtLeast), ("promise", "batch")),
    // It is on hold.
    card_because((&["waiting_account"], "held"), "PHOTO-", (CASE, Sets), ("case", "case")),
    card_because((&["waiting_account"], "held"), "", (BankAnswer(FileKind::AccountRequest), Sets), ("case", "case")),
    card_because((&["waiting_production"], "held"), "the bank answered", (CASE, Sets), ("case", "case")),
    card_because(
        (&["waiting_production"], "held"),
        "",
        (BureauAnswer(FileKind::Personalization), Sets),
        ("case", "case"),
    ),
    card(&[], "held", CASE, "case"),
    card(&[], "spoiled", CASE, "case"),
    // It was collected, or never was, or ends.
    card(&[], "with_unit", UNIT, "unit"),
    card(&["on_shelf", "with_unit", "in_mail", "stored", "lost"], "in_hand", ACTIVATION, "activation"),
    card_because((&["in_hand"], "in_hand"), "", (ACTIVATION, Sets), ("activation", "asked again")),
    card(&[], "missing", MISSING, "missing"),
    card(&[], "in_mail", MAIL, "mail"),
    card(&[], "recalled", RETURN, "recall"),
    card(&["recalled"], "stored", CITY, "keeping"),
    card_because((&["stored"], "stored"), "", (BANK, Sets), ("keeping", "bank")),
    card(&[], "awaiting_return", RETURN, "return"),
    stays(&["to_recycle"], "to_recycle", ""),
    card_because((&["in_recycling"], "to_recycle"), "the bank could not", (RECYCLE, Sets), ("recycle", "answer")),
    card_because((&["in_recycling"], "to_recycle"), "", (BankQueue, Sets), ("recycle", "batch")),
    card(&[], "to_recycle", RECYCLE, "recycle"),
    card(&[], "in_recycling", BankAnswer(FileKind::RecyclingRequest), "answer"),
    // The bank owes an account, then the bureau's cut is due.
    batch(AccountBatch, (&[""], "cut"), BankAnswer(FileKind::AccountRequest), "sent"),
    batch(AccountBatch, (&["cut"], "sent"), BankAnswer(FileKind::AccountRequest), "sent"),
    in_set(AccountBatch, (&["held"], "waiting_production"), "", (CASE, AtLeast), ("production", "decision")),
    in_set(AccountBatch, (&[], "waiting_production"), "", (BureauQueue, AtLeast), ("production", "answer")),
    // The bureau owes cards.
    batch(ProductionBatch, (&[""], "cut"), BureauAnswer(FileKind::Personalization), "sent"),
    batch(ProductionBatch, (&["cut"], "sent"), BureauAnswer(FileKind::Personalization), "sent"),
    batch(ProductionBatch, (&["answered"], "part_answered"), CHASE, "decision"),
    in_set(ProductionBatch, (&["held"], "in_production"), "decided: remake", (CHASE, AtLeast), ("answer", "decision")),
    // The carrier owes the carton, then the point has its cards on the shelf.
    in_set(Shipment, (&["produced"], "in_transit"), "", (TRANSIT, Sets), ("transit", "sent")),
    in_set(
        Shipment,
        (&["in_transit", "at_point", "on_shelf"], "in_transit"),
        "",
        (TRANSIT, Sets),
        ("transit", "sent-on"),
    ),
    in_set(Shipment, (&["missing", "held"], "on_shelf"), OPENED_AGAIN, (WINDOW, Sets), ("window", "window")),
    in_set(Shipment, (&["in_mail", "held"], "on_shelf"), CAME_BACK_LATE, (WINDOW, Sets), ("window", "window")),
    stays_in(Shipment, (&["held"], "in_transit"), "found"),
    stays_in(Shipment, (&["held"], "at_point"), "found"),
    stays_in(Shipment, (&["held"], "on_shelf"), "found"),
    stays_in(Shipment, (&["held"], "in_transit"), SENT_BACK),
    stays_in(Shipment, (&["held"], "at_point"), SENT_BACK),
    stays_in(Shipment, (&["held"], "on_shelf"), SENT_BACK),
    stays_in(Shipment, (&["held"], "on_shelf"), AFTER_ALL),
    in_set(Shipment, (&["held"], "in_transit"), "", (CASE, AtLeast), ("transit", "decision")),
    in_set(Shipment, (&["held"], "at_point"), "", (CASE, AtLeast), ("transit", "decision")),
    in_set(Shipment, (&["held"], "on_shelf"), "", (CASE, AtLeast), ("window", "decision")),
    in_set(Shipment, (&["at_point"], "on_shelf"), "", (WINDOW, Sets), ("window", "window")),
    stays_in(Shipment, (&["on_shelf"], "on_shelf"), ENDS_SOON),
    in_set(Shipment, (&["on_shelf"], "on_shelf"), "", (WINDOW, Sets), ("window", "roll-over")),
];

/// The rule of a move, if it sets a day or is said to leave it.
pub(crate) fn rule_of(of: Holder, life: &str, (from, to): (&str, &str), reason: &str) -> Option<&'static DayRule> {
    RULES.iter().find(|rule| {
        let fits = rule.of == of && rule.life == life && rule.to == to && reason.starts_with(rule.because);
        fits && (rule.from.is_empty() || rule.from.contains(&from))
    })
}

/// What a passed day is followed by: the rule by which whoever owes it is asked again.
pub(crate) fn asked_again(of: Holder) -> Days {
    match of {
        Holder::Card => CASE,
        Holder::AccountBatch | Holder::ProductionBatch | Holder::Shipment => CHASE,
    }
}

#[cfg(test)]
mod tests {
    use cardline_core::state_machines::{APPLICATION, BATCH, CARD};

    use super::RULES;

    #[test]
    fn every_rule_is_of_a_move_that_can_be_made() {
        for rule in RULES {
            let life = [&APPLICATION, &BATCH, &CARD].into_iter().find(|life| life.name == rule.life).unwrap();
            let made = |from: &str| life.edges.iter().any(|edge| edge.from == from && edge.to == rule.to);
            assert!(rule.from.iter().all(|from| made(from)), "{:?} to {}", rule.from, rule.to);
            assert!(life.state(rule.to).is_some(), "{}", rule.to);
        }
    }
}
