//! The card: where its plastic is, or where it waits to be made.

use super::Standing::*;
use super::{APPLICATION, StateMachine, edge, state, travels};

/// From the waiting room of the accounts stage to the holder's hand, and to destruction.
pub const CARD: StateMachine = StateMachine {
    name: "card",
    about: "where the plastic is: a waiting room of a stage, or a container",
    states: &[
        travels("waiting_account", "bureau operator", "accepted, waits for an account batch"),
        travels("in_account_batch", "bank", "asked of the bank, 预开户"),
        travels("waiting_production", "bureau operator", "account opened, waits for a production batch"),
        travels("in_production", "bureau", "ordered from the printing bureau"),
        state("spoiled", Under, "bureau", "废卡: failed in production, a remake follows"),
        travels("produced", "bureau", "good, in its box at the bureau"),
        travels("in_transit", "carrier", "on its way to the distribution point"),
        travels("at_point", "distribution point", "received at the point 领卡点, not yet on the shelf"),
        travels("on_shelf", "distribution point", "a pickup window is open"),
        state("with_unit", Under, "unit", "collected by a unit that hands out within 5 working days"),
        state("in_mail", Under, "carrier", "sent to the holder by mail"),
        state("in_hand", Rest, "holder", "the person has it"),
        state("lost", Rest, "holder", "formally lost; a replacement may be asked for"),
        state("awaiting_return", Under, "holder", "the new card is active, this one is invalid and to be taken back"),
        state("missing", Under, "administrator", "not in the box it was listed in"),
        state("held", Under, "bureau operator", "a person decides; the case says why"),
        state("recalled", Under, "administrator", "never collected, on its way back to the city"),
        state("stored", Under, "administrator", "never collected, kept for its holder: by the city, then by the bank"),
        state("to_recycle", Under, "administrator", "plastic taken back (or known gone), waits for a recycling batch"),
        state("in_recycling", Under, "bank", "closing and destruction asked of the bank"),
        state("destroyed", End, "nobody", "account closed, plastic destroyed, confirmed by the bank"),
        state("no_plastic", Rest, "nobody", "the application went back or ended before a card was made"),
    ],
    edges: &[
        edge("", "waiting_account", "application accepted"),
        edge("", "in_hand", "opening stock: a card made before this system"),
        edge("no_plastic", "waiting_account", "the corrected application was accepted"),
        edge("waiting_account", "in_account_batch", "account batch cut"),
        edge(
            "waiting_account",
            "waiting_account",
            "its region was merged or renamed, or it was put into the urgent lane: on to that queue",
        ),
        edge("waiting_account", "held", "photo missing or false, or a row no file can carry"),
        edge("waiting_account", "no_plastic", "withdrawn"),
        edge("in_account_batch", "waiting_production", "account opened"),
        edge("in_account_batch", "no_plastic", "refused by the bank"),
        edge(
            "in_account_batch",
            "waiting_account",
            "the bank could not tell, asked again; or the batch was cancelled before it was sent",
        ),
        edge("in_account_batch", "held", "the bank's answer is about another person, or contradicts another"),
        edge("waiting_production", "in_production", "production batch cut"),
        edge("waiting_production", "held", "contradictory answer of the bank, or a row no file can carry"),
        edge("in_production", "waiting_production", "the batch was cancelled before it was sent"),
        edge("in_production", "produced", "reported good"),
        edge("in_production", "spoiled", "reported spoiled"),
        edge("in_production", "held", "contradictory answer of a partner"),
        edge("spoiled", "in_production", "remake authorised: same number, new identifier"),
        edge("spoiled", "held", "too many remakes"),
        edge("produced", "in_transit", "on the shipping manifest"),
        edge("produced", "held", "contradictory answer of a partner"),
        edge("in_transit", "at_point", "received at the point"),
        edge("in_transit", "missing", "not in its box, before the carton was received"),
        edge("in_transit", "in_transit", "sent on to another point on its way"),
        edge("at_point", "in_transit", "sent on to another point"),
        edge("at_point", "on_shelf", "pickup window opened by notice"),
        edge("at_point", "in_mail", "sent by mail, before the window opened"),
        edge("at_point", "missing", "not in its box"),
        edge("on_shelf", "missing", "not on its shelf"),
        edge("on_shelf", "in_hand", "collected by holder, agent or guardian"),
        edge("on_shelf", "with_unit", "collected by a unit"),
        edge("on_shelf", "in_mail", "sent by mail"),
        edge(
            "on_shelf",
            "on_shelf",
            "its window ends soon, rolled over into the next one, or its last day was moved by a person",
        ),
        edge("on_shelf", "in_transit", "sent on to another point"),
        edge("on_shelf", "recalled", "not collected in any window"),
        edge("with_unit", "in_hand", "handed over to the person"),
        edge("with_unit", "recalled", "not handed over in time, nor after the unit was asked"),
        edge("in_mail", "in_hand", "delivered"),
        edge("in_mail", "in_transit", "came back by mail, its carton was sent on to another point"),
        edge("in_mail", "at_point", "came back by mail"),
        edge("in_mail", "on_shelf", "came back by mail, and its window is open"),
        edge("missing", "in_transit", "found, its carton is on its way"),
        edge("missing", "at_point", "found"),
        edge("missing", "on_shelf", "found, and its window is open"),
        edge("missing", "held", "not found in time"),
        edge("in_mail", "held", "nothing was heard of it, nor after the carrier was asked"),
        edge("held", "waiting_account", "its photo is good now or was replaced; or decided: ask the bank again"),
        edge("held", "waiting_production", "decided: go on"),
        edge("held", "in_production", "decided: go on, or remake"),
        edge("held", "produced", "decided: go on"),
        edge("held", "in_transit", "decided: go on, in its carton; or found or back by mail after all"),
        edge("held", "at_point", "decided: go on, in its carton; or found or back by mail after all"),
        edge("held", "on_shelf", "decided: go on, in its carton; or found, delivered or back by mail after all"),
        edge("held", "no_plastic", "decided: ended before a card was made"),
        edge("held", "to_recycle", "decided: close and destroy"),
        edge("in_hand", "in_hand", "reminded: collected and not activated in time"),
        edge("in_hand", "lost", "formal loss"),
        edge("lost", "in_hand", "loss lifted"),
        edge("in_hand", "awaiting_return", "the new card is active"),
        edge("in_hand", "to_recycle", "plastic returned: death, going abroad"),
        edge("lost", "to_recycle", "the replacement is active; no plastic to take back"),
        edge("awaiting_return", "to_recycle", "plastic returned"),
        edge("recalled", "stored", "plastic returned, kept for its holder"),
        edge("stored", "stored", "kept by the bank from now on"),
        edge("stored", "in_hand", "collected after all"),
        edge("stored", "to_recycle", "not collected in time: the social function ends, account and card follow"),
        edge("to_recycle", "to_recycle", "its region was merged or renamed: on to the new one's queue"),
        edge("to_recycle", "in_recycling", "recycling batch cut"),
        edge("in_recycling", "destroyed", "closed and destroyed, confirmed"),
        edge(
            "in_recycling",
            "to_recycle",
            "the bank could not close yet, asked again; or the batch was cancelled before it was sent",
        ),
        edge("in_recycling", "held", "the bank will not close, or its answer cannot be believed"),
    ],
};

/// Whether a card was collected, and a function of it was never activated.
fn is_inactive(place: &str, social: &str, account: &str) -> bool {
    place == "in_hand" && [social, account].contains(&"sealed")
}

/// Whether somebody owes the next step by a day: the application waits for a correction, or its card is unfinished, or was
/// collected and not activated.
pub fn is_owed(application: &str, place: Option<&str>, social: &str, account: &str) -> bool {
    let is_under = |machine: &StateMachine, code| machine.state(code).is_some_and(|state| state.standing == Under);
    is_under(&APPLICATION, application)
        || place.is_some_and(|place| is_inactive(place, social, account) || is_under(&CARD, place))
}

/// Card states with something in common, quoted for a statement that is put together when it is compiled. Tests hold
/// them against the machine: a new state fails them until it is in those it belongs to.
#[macro_export]
macro_rules! card_states {
    // Nothing is owed.
    (finished) => {
        "'in_hand', 'lost', 'destroyed', 'no_plastic'"
    };
    // Unfinished, in no container.
    (alone) => {
        "'held', 'missing', 'with_unit', 'in_mail', 'awaiting_return', 'recalled', 'stored', 'to_recycle', 'in_recycling', 'spoiled'"
    };
    // Of these, those whose day is their own: what a bank or a bureau owes is due with its batch.
    (due_alone) => {
        "'held', 'missing', 'with_unit', 'in_mail', 'awaiting_return', 'recalled', 'stored', 'to_recycle'"
    };
    // Where it is handed out still matters.
    (not_handed_out) => {
        "'waiting_account', 'in_account_batch', 'waiting_production', 'in_production', 'spoiled', 'produced', \
         'in_transit', 'at_point', 'on_shelf', 'held', 'missing', 'in_mail'"
    };
    // A condition: collected, and a function of it was never activated. The index of these says the same words.
    (inactive) => {
        "place = 'in_hand' AND (social = 'sealed' OR financial = 'sealed')"
    };
    // There is plastic, and somebody has it. Of what is on hold there may be.
    (made) => {
        "'produced', 'in_transit', 'at_point', 'on_shelf', 'with_unit', 'in_mail', 'in_hand', 'lost', 'awaiting_return', \
         'missing', 'recalled', 'stored', 'to_recycle', 'in_recycling', 'destroyed'"
    };
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{Standing, State};
    use super::CARD;

    fn listed(states: &'static str) -> BTreeSet<&'static str> {
        states.split(", ").map(|state| state.trim_matches('\'')).collect()
    }

    fn those(is_so: impl Fn(&State) -> bool) -> BTreeSet<&'static str> {
        CARD.states.iter().filter(|state| is_so(state)).map(|state| state.code).collect()
    }

    #[test]
    fn states_with_something_in_common_are_those_of_the_machine() {
        let is_alone = |state: &State| state.standing == Standing::Under && !state.travels;
        let is_owed_by_partner = |state: &State| ["bank", "bureau"].contains(&state.owner);
        assert_eq!(listed(card_states!(finished)), those(|state| state.standing != Standing::Under));
        assert_eq!(listed(card_states!(alone)), those(is_alone));
        assert_eq!(listed(card_states!(due_alone)), those(|state| is_alone(state) && !is_owed_by_partner(state)));
    }

    #[test]
    fn every_state_is_before_or_after_the_hand_and_the_making() {
        let handed_out = "'with_unit', 'in_hand', 'lost', 'awaiting_return', 'recalled', 'stored', 'to_recycle', 'in_recycling', 'destroyed', 'no_plastic'";
        let not_made = "'waiting_account', 'in_account_batch', 'waiting_production', 'in_production', 'spoiled', 'held', 'no_plastic'";
        for (one, other) in [(card_states!(not_handed_out), handed_out), (card_states!(made), not_made)] {
            assert!(listed(one).is_disjoint(&listed(other)));
            assert_eq!(&listed(one) | &listed(other), those(|_| true));
        }
    }
}
