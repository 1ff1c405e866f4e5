//! An edge of a state machine, which is all that anything moves along.

use cardline_core::state_machines::StateMachine;

use crate::store::LedgerError;

/// One edge of one state machine. There is none without an edge: [`transition!`](crate::transition) looks it up
/// when it is compiled, [`Transition::between`] when it runs.
#[derive(Clone, Copy)]
pub struct Transition {
    pub(super) machine: &'static StateMachine,
    from: &'static str,
    to: &'static str,
}

impl Transition {
    /// For `transition!`, which has it looked up when it is compiled.
    pub const fn of(machine: &'static StateMachine, from: &'static str, to: &'static str) -> Transition {
        assert!(machine.has_edge(from, to), "the table of states has no such edge");
        Transition { machine, from, to }
    }

    /// The edge between two states, of which one is known only when it runs.
    pub fn between(machine: &'static StateMachine, from: &str, to: &str) -> Result<Transition, LedgerError> {
        match machine.edge(from, to) {
            Some(edge) => Ok(Transition { machine, from: edge.from, to: edge.to }),
            None => Err(LedgerError::NoEdge { machine: machine.name, from: from.into(), to: to.into() }),
        }
    }

    /// The name of the machine, as history has it.
    pub fn life(&self) -> &'static str {
        self.machine.name
    }

    pub fn from(&self) -> &'static str {
        self.from
    }

    pub fn to(&self) -> &'static str {
        self.to
    }
}

/// An edge of a state machine: `transition!(CARD, "in_hand" => "lost")`. One that is not in the table does not
/// compile.
#[macro_export]
macro_rules! transition {
    ($machine:expr, $from:literal => $to:literal) => {
        const { $crate::store::transition::Transition::of(&$machine, $from, $to) }
    };
}

/// Fails when another number moved than was to move.
pub(crate) fn all_moved(transition: &Transition, expected: i64, moved: i64) -> Result<(), LedgerError> {
    if moved == expected { Ok(()) } else { Err(lost(transition, expected, moved)) }
}

pub(crate) fn lost(transition: &Transition, expected: i64, found: i64) -> LedgerError {
    LedgerError::LostRace {
        machine: transition.machine.name,
        from: transition.from.into(),
        to: transition.to.into(),
        expected,
        found,
    }
}

#[cfg(test)]
mod tests {
    use cardline_core::state_machines::{CARD, CASE};

    use super::*;

    #[test]
    fn there_is_no_transition_without_an_edge() {
        let card = Transition::between(&CARD, "in_hand", "lost").ok().map(|edge| (edge.from(), edge.to()));
        assert_eq!(card, Some(("in_hand", "lost")));
        let jump = Transition::between(&CARD, "waiting_account", "in_hand").err();
        assert!(
            matches!(jump, Some(LedgerError::NoEdge { machine: "card", from, to }) if from == "waiting_account" && to == "in_hand")
        );
        assert!(Transition::between(&CASE, "", "forgotten").is_err());
    }
}
