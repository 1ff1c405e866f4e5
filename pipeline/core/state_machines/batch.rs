//! A batch: what is asked of a partner in one file.

use super::Standing::*;
use super::{StateMachine, edge, state};

/// Account, production and recycling batches share one life.
pub const BATCH: StateMachine = StateMachine {
    name: "batch",
    about: "account, production and recycling batches",
    states: &[
        state("cut", Under, "bureau operator", "members and order are fixed, the file is frozen"),
        state("held", Under, "bureau operator", "cut, and not sent until a person releases it"),
        state("sent", Under, "partner", "the file is placed; the answer is due"),
        state("part_answered", Under, "partner", "some rows answered, some outstanding"),
        state("answered", Rest, "nobody", "every row answered"),
        state("cancelled", End, "nobody", "ended before it was sent; its cards wait again, its numbers stay used"),
    ],
    edges: &[
        edge("", "cut", "closed on size, age or cut-off"),
        edge("cut", "sent", "file placed"),
        edge("cut", "held", "held by an operator, or until it is released"),
        edge("held", "cut", "released"),
        edge("cut", "cancelled", "cancelled or split by an operator"),
        edge("held", "cancelled", "cancelled or split by an operator"),
        edge("sent", "part_answered", "a first partial answer"),
        edge("sent", "answered", "all rows answered at once"),
        edge("part_answered", "answered", "the last row answered"),
        edge("answered", "part_answered", "decided: a card of it is made once more"),
    ],
};
