//! An erasure: what is left of a person who was erased.

use super::Standing::*;
use super::{StateMachine, edge, state};

/// It begins and ends at once; what it has still to remove is a list of its own.
pub const ERASURE: StateMachine = StateMachine {
    name: "erasure",
    about: "a person who was erased",
    states: &[state("erased", End, "nobody", "every record of the person was destroyed with its key")],
    edges: &[edge("", "erased", "asked for by one person, given by another")],
};
