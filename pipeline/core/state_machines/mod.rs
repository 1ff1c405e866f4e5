//! What moves independently has a life: one table of states and edges each.
//!
//! Invariant: a state that is not in these tables cannot be reached, because the one function that
//! moves anything (`store::transition`) takes edges of these tables only. Diagrams, the `states` command, the
//! reference tables and the balance of the demo are derived from here.

mod account;
mod application;
mod approval;
mod batch;
mod card;
mod case;
pub mod decision;
mod erasure;
mod file;
mod social;
mod user;

pub use account::ACCOUNT;
pub use application::APPLICATION;
pub use approval::APPROVAL;
pub use batch::BATCH;
pub use card::{CARD, is_owed};
pub use case::CASE;
pub use erasure::ERASURE;
pub use file::FILE;
pub use social::SOCIAL;
pub use user::USER;

/// Every life, in the order the pages show them.
pub const LIVES: &[&StateMachine] =
    &[&APPLICATION, &CARD, &SOCIAL, &ACCOUNT, &BATCH, &FILE, &CASE, &APPROVAL, &USER, &ERASURE];

/// Where in its life a state stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Unfinished: it must have a deadline and an owner (law 10).
    Under,
    /// Nothing more is owed, though the thing may move again (a card in a hand may be lost).
    Rest,
    /// Final: no edge leaves it.
    End,
}

/// One state of a life.
pub struct State {
    /// Code in tables, files and metrics; never renamed.
    pub code: &'static str,
    pub standing: Standing,
    /// Who has the thing, or owes the next step.
    pub owner: &'static str,
    /// The field's word and what it means.
    pub meaning: &'static str,
    /// Of a card: whether it is wherever its container is, so that no row of its own says where.
    pub travels: bool,
}

/// One allowed move. `from` is empty where a life begins.
pub struct Edge {
    pub from: &'static str,
    pub to: &'static str,
    pub why: &'static str,
}

/// A table of states and edges.
pub struct StateMachine {
    pub name: &'static str,
    pub about: &'static str,
    pub states: &'static [State],
    pub edges: &'static [Edge],
}

impl StateMachine {
    /// The edge between two states, if the table has it.
    pub fn edge(&self, from: &str, to: &str) -> Option<&'static Edge> {
        self.edges.iter().find(|edge| edge.from == from && edge.to == to)
    }

    /// Whether the table has that edge; for what is checked when it is compiled.
    pub const fn has_edge(&self, from: &str, to: &str) -> bool {
        let mut at = 0;
        while at < self.edges.len() {
            if is_same(self.edges[at].from, from) && is_same(self.edges[at].to, to) {
                return true;
            }
            at += 1;
        }
        false
    }

    /// The state of that code.
    pub fn state(&self, code: &str) -> Option<&'static State> {
        self.states.iter().find(|state| state.code == code)
    }

    /// Codes of the states in which something is still owed.
    pub fn unfinished(&self) -> impl Iterator<Item = &'static str> {
        self.states.iter().filter(|state| state.standing == Standing::Under).map(|state| state.code)
    }
}

const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

const fn state(code: &'static str, standing: Standing, owner: &'static str, meaning: &'static str) -> State {
    State { code, standing, owner, meaning, travels: false }
}

/// A state of a card that travels with its container.
const fn travels(code: &'static str, owner: &'static str, meaning: &'static str) -> State {
    State { code, standing: Standing::Under, owner, meaning, travels: true }
}

const fn edge(from: &'static str, to: &'static str, why: &'static str) -> Edge {
    Edge { from, to, why }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_state_is_reachable_and_every_unfinished_one_has_a_way_out() {
        for life in LIVES {
            let mut reached: BTreeSet<&str> = BTreeSet::from([""]);
            while life.edges.iter().any(|e| reached.contains(e.from) && reached.insert(e.to)) {}
            for state in life.states {
                assert!(reached.contains(state.code), "{}: {} cannot be reached", life.name, state.code);
                let leaves = life.edges.iter().any(|e| e.from == state.code);
                match state.standing {
                    Standing::Under => {
                        assert!(leaves, "{}: {} has no way out", life.name, state.code)
                    }
                    Standing::End => assert!(!leaves, "{}: {} is final and has a way out", life.name, state.code),
                    Standing::Rest => {}
                }
            }
        }
    }

    #[test]
    fn every_unfinished_state_can_still_finish() {
        for life in LIVES {
            let mut finishing: BTreeSet<&str> =
                life.states.iter().filter(|s| s.standing != Standing::Under).map(|s| s.code).collect();
            while life.edges.iter().any(|e| finishing.contains(e.to) && finishing.insert(e.from)) {}
            for code in life.unfinished() {
                assert!(finishing.contains(code), "{}: {code} can never finish", life.name);
            }
        }
    }

    #[test]
    fn codes_are_unique_and_edges_name_known_states() {
        for life in LIVES {
            let codes: BTreeSet<&str> = life.states.iter().map(|s| s.code).collect();
            assert_eq!(codes.len(), life.states.len(), "{}: a code stands twice", life.name);
            let mut pairs = BTreeSet::new();
            for e in life.edges {
                assert!(e.from.is_empty() || codes.contains(e.from), "{}: unknown {}", life.name, e.from);
                assert!(codes.contains(e.to), "{}: unknown {}", life.name, e.to);
                assert!(pairs.insert((e.from, e.to)), "{}: {} → {} stands twice", life.name, e.from, e.to);
                assert!(!e.why.is_empty());
            }
        }
    }
}
