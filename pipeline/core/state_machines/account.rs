//! The bank account of a card.

use super::Standing::*;
use super::{StateMachine, edge, state};

/// Opened in bulk it is credit-only (encrypted here) until the holder appears at the bank.
pub const ACCOUNT: StateMachine = StateMachine {
    name: "account",
    about: "the bank account behind the card's financial function",
    states: &[
        state("sealed", Rest, "bank", "opened, credit-only until the holder appears"),
        state("active", Rest, "holder", "in use"),
        state("closed", End, "nobody", "closed by the bank"),
    ],
    edges: &[
        edge("", "active", "opening stock"),
        edge("", "sealed", "account opened in bulk"),
        edge("sealed", "active", "activated at the bank"),
        edge("sealed", "closed", "closed before activation"),
        edge("active", "closed", "closed on the recycling request"),
    ],
};
