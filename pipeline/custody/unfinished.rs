//! Everything that is not finished, and by when: one list, kind by kind.

/// Kind, how many let their day pass, and the earliest day, of things that stand in `$from`.
macro_rules! unfinished {
    ($kind:literal, $from:literal) => {
        ($kind, concat!("SELECT count(*) FROM ", $from, " AND due_on < $1"), concat!("SELECT min(due_on) FROM ", $from))
    };
}

/// Everything that has a deadline, kind by kind.
pub(crate) const UNFINISHED: &[(&str, &str, &str)] = &[
    unfinished!("batch", "batch WHERE state <> 'answered' AND state <> 'cancelled'"),
    unfinished!("production", "batch WHERE to_produce > 0"),
    unfinished!("shipment", "shipment WHERE NOT done"),
    unfinished!(
        "card",
        "application WHERE place IN ('held', 'missing', 'with_unit', 'awaiting_return', 'recalled', 'to_recycle')"
    ),
    unfinished!("waiting-card", "application WHERE queue IS NOT NULL"),
    unfinished!("application", "application WHERE state IN ('returned', 'rejected')"),
    unfinished!("case", "desk_case WHERE state IN ('open', 'escalated')"),
    unfinished!("message", "message WHERE due_on IS NOT NULL AND act = 0"),
    unfinished!("approval", "approval WHERE state IN ('asked', 'given')"),
];
