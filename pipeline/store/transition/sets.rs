//! Sets that move as one.

use jiff::Timestamp;

use super::edge::{Transition, lost};
use super::history::{EventMark, Stamp, write_history};
use crate::store::LedgerError;
use crate::store::engine::Tx;
use crate::{args, bulk_row};

bulk_row! {
    /// A set of which something is said, and what.
    struct SetSaid in "set_said" { id: i64, reason: String }
}

/// A set of cards whose members are known forever, so that history can be replayed. The list of containers makes
/// them; what is here is what a move of one needs.
#[derive(Clone, Copy)]
pub struct Set {
    /// The word of its moves in the history.
    pub scope: &'static str,
    pub id: i64,
    /// Counts those who travel with the set `$1` now.
    pub travelling: &'static str,
    /// Whether it moves also when nobody is left in it.
    pub moves_empty: bool,
    /// Where the set has a row that says where it is, the statement that moves it.
    pub stands: Option<&'static str>,
}

/// Moves the shipment `$1` from `$2` to `$3`.
pub const SHIPMENT_PLACE: &str = "UPDATE shipment SET place = $3 WHERE id = $1 AND place = $2";

/// Moves a whole set; one row of history for all who travel with it. Returns how many that are.
pub async fn move_set(tx: &mut Tx, set: Set, transition: Transition, why: Stamp<'_>) -> Result<i64, LedgerError> {
    move_set_by(tx, set, transition, why, None).await
}

/// Moves a set that this transaction has just filled: the statement that put its members in says how many they are, and
/// they are not counted once more.
pub(crate) async fn move_filled(
    tx: &mut Tx,
    set: Set,
    members: i64,
    transition: Transition,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    if members == 0 {
        return Ok(());
    }
    write_history(tx, &transition, (set.scope, set.id), members, why, None).await
}

/// As [`move_set`], remembering the event that caused it.
pub(crate) async fn move_set_by(
    tx: &mut Tx,
    set: Set,
    transition: Transition,
    why: Stamp<'_>,
    event: Option<EventMark<'_>>,
) -> Result<i64, LedgerError> {
    if let Some(update) = set.stands {
        let moved = tx.run(update, args![set.id, transition.from(), transition.to()]).await?;
        if moved == 0 {
            return Err(lost(&transition, 1, 0));
        }
    }
    let count = tx.number(set.travelling, args![set.id]).await?;
    if count > 0 || set.moves_empty {
        write_history(tx, &transition, (set.scope, set.id), count, why, event).await?;
    }
    Ok(count)
}

/// Says something of sets of one kind that stay where they are: one row of history for each of them, with the text beside
/// it as its reason. The caller knows that they stand there, and nobody moves them meanwhile.
pub(crate) async fn say_of_sets(
    tx: &mut Tx,
    sets: Vec<(Set, String)>,
    transition: Transition,
    (at, actor): (Timestamp, &str),
) -> Result<(), LedgerError> {
    let Some(&(Set { scope, travelling, moves_empty, .. }, _)) = sets.first() else { return Ok(()) };
    tx.stage(sets.into_iter().map(|(set, reason)| SetSaid { id: set.id, reason }).collect()).await?;
    let sql = format!(
        "INSERT INTO move (at, life, scope, subject, from_state, to_state, count, actor, reason)
         SELECT $1, $2, $3, t.id, $4, $5, t.cards, $6, t.reason
         FROM (SELECT said.id, said.reason, ({}) AS cards FROM set_said said) t WHERE t.cards >= $7 ORDER BY t.id",
        travelling.replace("$1", "said.id"),
    );
    let least = i64::from(!moves_empty);
    tx.run_built(sql, args![at, transition.life(), scope, transition.from(), transition.to(), actor, least]).await?;
    Ok(())
}
