//! Sets that move as one.

use super::edge::{Transition, lost};
use super::history::{EventMark, Why, write_history};
use crate::args;
use crate::store::LedgerError;
use crate::store::engine::Tx;

/// The sets whose members are known for ever, so that history can be replayed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Set {
    /// `application.chunk`
    Chunk(i64),
    /// `application.account_batch`, and those the bank did not open an account for (`answer`)
    AccountBatch(i64),
    /// `account.answer`
    Answer(i64),
    /// `production_row.batch`
    ProductionBatch(i64),
    /// `box.report`
    Report(i64),
    /// `box.shipment`
    Shipment(i64),
}

impl Set {
    /// Counts those who travel with the set `$1` now.
    fn travelling(self) -> &'static str {
        match self {
            Set::Chunk(_) => "SELECT count(*) FROM application WHERE chunk = $1",
            Set::AccountBatch(_) => "SELECT count(*) FROM application WHERE account_batch = $1 AND place IS NULL",
            Set::Answer(_) => {
                "SELECT count(*) FROM file f JOIN application a ON a.account_batch = f.batch AND a.place IS NULL
                 JOIN account c ON c.application = a.id AND c.answer = f.id WHERE f.id = $1"
            }
            Set::ProductionBatch(_) => {
                "SELECT count(*) FROM production_row p JOIN application a ON a.id = p.application
                 WHERE p.batch = $1 AND a.place IS NULL"
            }
            Set::Report(_) => {
                "SELECT count(*) FROM box b JOIN made m ON m.box = b.id JOIN application a ON a.id = m.application
                 WHERE b.report = $1 AND a.place IS NULL"
            }
            Set::Shipment(_) => {
                "SELECT count(*) FROM box b JOIN made m ON m.box = b.id JOIN application a ON a.id = m.application
                 WHERE b.shipment = $1 AND a.place IS NULL"
            }
        }
    }

    /// The word of its moves in the history, and its id.
    pub(crate) fn scope(self) -> (&'static str, i64) {
        match self {
            Set::Chunk(id) => ("chunk", id),
            Set::AccountBatch(id) => ("account_batch", id),
            Set::Answer(id) => ("answer", id),
            Set::ProductionBatch(id) => ("production_batch", id),
            Set::Report(id) => ("report", id),
            Set::Shipment(id) => ("shipment", id),
        }
    }
}

/// Moves a whole set; one row of history for all who travel with it. Returns how many that are.
pub async fn move_set(tx: &mut Tx, set: Set, transition: Transition, why: Why<'_>) -> Result<i64, LedgerError> {
    move_set_by(tx, set, transition, why, None).await
}

/// As [`move_set`], remembering the event that told of it.
pub(crate) async fn move_set_by(
    tx: &mut Tx,
    set: Set,
    transition: Transition,
    why: Why<'_>,
    event: Option<EventMark<'_>>,
) -> Result<i64, LedgerError> {
    if let Set::Shipment(id) = set
        && transition.from() != "produced"
    {
        let moved = tx
            .run(
                "UPDATE shipment SET place = $3 WHERE id = $1 AND place = $2",
                args![id, transition.from(), transition.to()],
            )
            .await?;
        if moved == 0 {
            return Err(lost(&transition, 1, 0));
        }
    }
    let (scope, id) = set.scope();
    let count = tx.number(set.travelling(), args![id]).await?;
    // A batch or a shipment moves also when nobody is left in it.
    if count > 0 || matches!(set, Set::AccountBatch(_) | Set::ProductionBatch(_) | Set::Shipment(_)) {
        write_history(tx, &transition, (scope, id), count, why, event).await?;
    }
    Ok(count)
}
