//! A user: somebody who works with the system under a name of their own.

use super::Standing::*;
use super::{StateMachine, edge, state};

/// Enabled by an administrator, disabled when they leave; never removed, because history names them.
pub const USER: StateMachine = StateMachine {
    name: "user",
    about: "somebody who works with the system",
    states: &[
        state("enabled", Rest, "nobody", "may log in"),
        state("disabled", Rest, "nobody", "may not log in; every session and token ended at once"),
    ],
    edges: &[
        edge("", "enabled", "added by an administrator; the first one by whoever begins"),
        edge(
            "enabled",
            "enabled",
            "unlocked: wrong passwords make nobody wait any more; or recovered with the keys; or a token was made or revoked, or a first link made",
        ),
        edge("enabled", "disabled", "left, or must not act any more"),
        edge("disabled", "enabled", "came back"),
    ],
};
