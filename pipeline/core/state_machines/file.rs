//! A file exchanged with a partner.

use super::Standing::*;
use super::{StateMachine, edge, state};

/// Out: frozen before it is sent. In: applied whole or not at all.
pub const FILE: StateMachine = StateMachine {
    name: "file",
    about: "a file to or from a partner",
    states: &[
        state("frozen", Under, "bureau operator", "bytes, digest and sequence number committed, not yet placed"),
        state("placed", Under, "partner", "at the partner; the answer is due"),
        state("answered", End, "nobody", "the partner has answered every row"),
        state("cancelled", End, "nobody", "not needed any more before it was placed; the number stays used"),
        state("replaced", End, "nobody", "its batch was rendered anew; a file with a later number lies at the partner"),
        state("applied", End, "nobody", "parsed, matched and applied whole"),
        state("repeated", End, "nobody", "the same bytes again: no effect"),
        state("refused", End, "partner", "cannot be read; nothing applied; the partner sends it again"),
        state("held", Under, "bank IT", "readable but not believable; nothing applied; a person decides"),
    ],
    edges: &[
        edge("", "frozen", "rendered and frozen in the transaction of the cut"),
        edge("frozen", "placed", "published under its final name"),
        edge(
            "frozen",
            "cancelled",
            "its batch was cancelled or split by an operator, or answered before this new rendering was sent",
        ),
        edge("placed", "answered", "the last row answered"),
        edge("placed", "replaced", "a new rendering of its batch was placed under a later number"),
        edge("", "applied", "parsed, matched and applied"),
        edge("", "repeated", "these bytes were applied before"),
        edge("", "refused", "truncated, wrong count, wrong charset, unknown batch"),
        edge("", "held", "same sequence with other bytes, or not believable"),
        edge("held", "refused", "a person decided to refuse it"),
    ],
};
