//! Which table says in which state a thing is, for each machine.

use cardline_core::state_machines::StateMachine;

/// The statements of one machine.
pub(super) struct StateTable {
    machine: &'static str,
    /// The word of its single moves in the history.
    pub scope: &'static str,
    /// Drops from `subject` what is not in the state `$1`.
    pub keep_standing: &'static str,
    /// Locks what is in `subject`, in order, before a look where it is.
    pub lock: Option<&'static str>,
    /// Moves what is in `subject` to `$1`. None: the machines of a card move together.
    pub assign: Option<Assign>,
}

/// The only UPDATE of a state.
#[derive(Clone, Copy)]
pub(super) enum Assign {
    /// Also `$2`, the day it is due, and `$3`, its owner, where they change.
    WithDay(&'static str),
    StateOnly(&'static str),
}

/// Two movers of one card must queue before either looks where it is.
const LOCK_CARDS: Option<&str> =
    Some("SELECT a.id FROM application a WHERE a.id IN (SELECT id FROM subject) ORDER BY a.id FOR UPDATE");

const fn of_card(machine: &'static str, keep_standing: &'static str) -> StateTable {
    StateTable { machine, scope: "application", keep_standing, lock: LOCK_CARDS, assign: None }
}

const TABLES: &[StateTable] = &[
    of_card(
        "application",
        "DELETE FROM subject WHERE NOT EXISTS (SELECT 1 FROM application t WHERE t.id = subject.id AND t.state = $1)",
    ),
    of_card(
        "card",
        "DELETE FROM subject WHERE NOT EXISTS (SELECT 1 FROM card t WHERE t.id = subject.id AND t.place = $1)",
    ),
    of_card(
        "social",
        "DELETE FROM subject WHERE NOT EXISTS (SELECT 1 FROM application t WHERE t.id = subject.id AND t.social = $1)",
    ),
    of_card(
        "account",
        "DELETE FROM subject WHERE NOT EXISTS (SELECT 1 FROM application t JOIN account c ON c.application = t.id WHERE t.id = subject.id AND t.financial = $1)",
    ),
    StateTable {
        machine: "batch",
        scope: "batch",
        keep_standing: "DELETE FROM subject WHERE NOT EXISTS (SELECT 1 FROM batch t WHERE t.id = subject.id AND t.state = $1)",
        lock: None,
        assign: Some(Assign::WithDay(
            "UPDATE batch SET state = $1, due_on = COALESCE($2, due_on), owner = COALESCE($3, owner) WHERE id IN (SELECT id FROM subject)",
        )),
    },
    StateTable {
        machine: "file",
        scope: "file",
        keep_standing: "DELETE FROM subject WHERE NOT EXISTS (SELECT 1 FROM file t WHERE t.id = subject.id AND t.state = $1)",
        lock: None,
        assign: Some(Assign::WithDay(
            "UPDATE file SET state = $1, due_on = COALESCE($2, due_on), owner = COALESCE($3, owner) WHERE id IN (SELECT id FROM subject)",
        )),
    },
    StateTable {
        machine: "case",
        scope: "case",
        keep_standing: "DELETE FROM subject WHERE NOT EXISTS (SELECT 1 FROM desk_case t WHERE t.id = subject.id AND t.state = $1)",
        lock: None,
        assign: Some(Assign::WithDay(
            "UPDATE desk_case SET state = $1, due_on = COALESCE($2, due_on), owner = COALESCE($3, owner) WHERE id IN (SELECT id FROM subject)",
        )),
    },
    // An approval is given once and used once, however many try.
    StateTable {
        machine: "approval",
        scope: "approval",
        keep_standing: "DELETE FROM subject WHERE NOT EXISTS (SELECT 1 FROM approval t WHERE t.id = subject.id AND t.state = $1)",
        lock: Some("SELECT t.id FROM approval t WHERE t.id IN (SELECT id FROM subject) ORDER BY t.id FOR UPDATE"),
        assign: Some(Assign::StateOnly("UPDATE approval SET state = $1 WHERE id IN (SELECT id FROM subject)")),
    },
    StateTable {
        machine: "user",
        scope: "user",
        keep_standing: "DELETE FROM subject WHERE NOT EXISTS (SELECT 1 FROM users t WHERE t.id = subject.id AND t.state = $1)",
        lock: None,
        assign: Some(Assign::StateOnly("UPDATE users SET state = $1 WHERE id IN (SELECT id FROM subject)")),
    },
    // It begins and never moves.
    StateTable { machine: "erasure", scope: "erasure", keep_standing: "DELETE FROM subject", lock: None, assign: None },
];

/// The statements of a machine.
pub(super) fn table_of(machine: &StateMachine) -> &'static StateTable {
    TABLES.iter().find(|table| table.machine == machine.name).unwrap_or(&TABLES[0])
}

#[cfg(test)]
mod tests {
    use cardline_core::state_machines::LIVES;

    use super::{TABLES, table_of};

    #[test]
    fn every_machine_has_its_table() {
        assert!(LIVES.iter().all(|machine| table_of(machine).machine == machine.name));
        assert_eq!(LIVES.len(), TABLES.len());
    }
}
