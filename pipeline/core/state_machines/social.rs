//! The social function of a card.

use super::Standing::*;
use super::{StateMachine, edge, state};

/// Encrypted until activation; cancelled before the account is closed (s2).
pub const SOCIAL: StateMachine = StateMachine {
    name: "social",
    about: "the card's social function",
    states: &[
        state("sealed", Rest, "nobody", "not yet activated"),
        state("active", Rest, "holder", "in use"),
        state("suspended", Rest, "holder", "loss reported"),
        state("cancelled", End, "nobody", "ended; the bank may close the account now"),
    ],
    edges: &[
        edge("", "sealed", "application accepted"),
        edge("", "active", "opening stock"),
        edge("sealed", "active", "activated at a point or an outlet"),
        edge("sealed", "cancelled", "never collected, or ended before activation"),
        edge("active", "suspended", "loss reported"),
        edge("suspended", "active", "loss lifted"),
        edge("active", "cancelled", "the new card is active; death; going abroad"),
        edge("suspended", "cancelled", "the replacement is active"),
    ],
};
