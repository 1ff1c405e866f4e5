//! A case: anything a person must decide.

use super::Standing::*;
use super::{StateMachine, edge, state};

/// Opened by the system, decided by a person, or overtaken by later facts.
pub const CASE: StateMachine = StateMachine {
    name: "case",
    about: "anything a person must decide",
    states: &[
        state("open", Under, "bureau operator", "waits for a decision until its deadline"),
        state("escalated", Under, "administrator", "the deadline passed without a decision"),
        state("decided", End, "nobody", "a person decided; the reason is recorded"),
        state("overtaken", End, "nobody", "later facts settled it"),
    ],
    edges: &[
        edge("", "open", "something only a person can decide"),
        edge("open", "decided", "decided"),
        edge("open", "overtaken", "later facts settled it"),
        edge("open", "escalated", "not decided by its deadline"),
        edge("escalated", "decided", "decided"),
        edge("escalated", "overtaken", "later facts settled it"),
    ],
};
