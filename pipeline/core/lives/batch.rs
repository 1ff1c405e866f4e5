//! A batch: what is asked of a partner in one file.

use super::{Life, Standing::*, edge, state};

/// Account, production and recycling batches share one life.
pub const BATCH: Life = Life {
    name: "batch",
    about: "account, production and recycling batches",
    states: &[
        state("cut", Under, "bureau operator", "members and order are fixed, the file is frozen"),
        state("sent", Under, "partner", "the file is placed; the answer is due"),
        state("part_answered", Under, "partner", "some rows answered, some outstanding"),
        state("answered", End, "nobody", "every row answered"),
    ],
    edges: &[
        edge("", "cut", "closed on size, age or cut-off"),
        edge("cut", "sent", "file placed"),
        edge("sent", "part_answered", "a first partial answer"),
        edge("sent", "answered", "all rows answered at once"),
        edge("part_answered", "answered", "the last row answered"),
    ],
};
