//! An approval: what one person asks for and a second person gives.

use super::Standing::*;
use super::{StateMachine, edge, state};

/// Asked for by one person, decided by another, used once.
pub const APPROVAL: StateMachine = StateMachine {
    name: "approval",
    about: "an action that waits for a second person",
    states: &[
        state("asked", Under, "second person", "waits for somebody else's decision until its day"),
        state("given", Under, "maker", "a second person agreed; not carried out yet"),
        state("used", End, "nobody", "carried out, once"),
        state("refused", End, "nobody", "a second person did not agree"),
        state("lapsed", End, "nobody", "not decided, or not used, in time"),
    ],
    edges: &[
        edge("", "asked", "asked for by a person"),
        edge("asked", "given", "a second person agreed"),
        edge("asked", "refused", "a second person did not agree"),
        edge("asked", "lapsed", "its time is over"),
        edge("given", "used", "carried out, in the transaction of its effect"),
        edge("given", "refused", "given, but it cannot be carried out as it was asked for"),
        edge("given", "lapsed", "its time is over"),
    ],
};
