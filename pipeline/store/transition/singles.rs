//! Single things that move, each with its own history.

use std::collections::BTreeMap;

use cardline_core::state_machines::{ACCOUNT, APPLICATION, CARD, SOCIAL, StateMachine};
use jiff::civil::Date;

use super::edge::{Transition, all_moved};
use super::history::Stamp;
use super::tables::{Assign, table_of};
use crate::store::LedgerError;
use crate::store::engine::Tx;
use crate::{args, bulk_row, read_by_name};

bulk_row! {
    /// A thing to move by itself, with what an event said about it.
    pub struct Subject in "subject" {
        id: i64,
        event_id: Option<String>,
        digest: Option<Vec<u8>>,
        evidence: Option<String>,
        at: Option<i64>,
        actor: Option<String>,
        chunk: Option<i64>,
    }
}

read_by_name!(Subject { id, event_id, digest, evidence, at, actor, chunk });

impl Subject {
    /// A thing to move that no event caused.
    pub fn of(id: i64) -> Subject {
        Subject { id, event_id: None, digest: None, evidence: None, at: None, actor: None, chunk: None }
    }
}

/// Things by the day that follows from something of theirs, such as their region: those of one day move together.
pub(crate) fn by_day<T, K, D: Ord>(
    things: impl IntoIterator<Item = (T, K)>,
    day: impl Fn(&K) -> D,
) -> BTreeMap<D, Vec<T>> {
    let mut days: BTreeMap<D, Vec<T>> = BTreeMap::new();
    for (thing, key) in things {
        days.entry(day(&key)).or_default().push(thing);
    }
    days
}

/// What changes together with a state. `None` leaves as it is.
#[derive(Default)]
pub struct Along {
    pub due_on: Option<Date>,
    pub owner: Option<&'static str>,
    pub reason: Option<String>,
    pub open: Option<bool>,
    pub live: Option<bool>,
}

/// Moves everything in `subject`, each with its own history. All steps belong to one application, or
/// there is one transition of another machine. Those that do not stand in every `from` are dropped from
/// `subject`. Returns how many moved.
pub async fn move_each(
    tx: &mut Tx,
    transitions: &[Transition],
    along: Along,
    why: Stamp<'_>,
) -> Result<i64, LedgerError> {
    for transition in transitions {
        keep_standing(tx, transition).await?;
    }
    let count = tx.number("SELECT count(*) FROM subject", args![]).await?;
    if count == 0 {
        return Ok(0);
    }
    assign(tx, transitions, along, count).await?;
    for (place, transition) in transitions.iter().enumerate() {
        let sql = if place == 0 {
            "INSERT INTO move (at, life, scope, subject, from_state, to_state, count, actor, reason, chunk, event_id, digest, evidence)
             SELECT COALESCE(s.at, $1), $2, $3, s.id, $4, $5, 1, COALESCE(s.actor, $6), $7, s.chunk, s.event_id, s.digest, s.evidence
             FROM subject s ORDER BY s.id"
        } else {
            "INSERT INTO move (at, life, scope, subject, from_state, to_state, count, actor, reason)
             SELECT COALESCE(s.at, $1), $2, $3, s.id, $4, $5, 1, COALESCE(s.actor, $6), $7 FROM subject s ORDER BY s.id"
        };
        let scope = table_of(transition.machine).scope;
        tx.run(sql, args![why.at, transition.life(), scope, transition.from(), transition.to(), why.actor, why.reason])
            .await?;
    }
    Ok(count)
}

/// Moves one thing; a lost race is an error.
pub async fn move_one(
    tx: &mut Tx,
    id: i64,
    transition: Transition,
    along: Along,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    move_all(tx, &[id], &[transition], along, why).await
}

/// Moves things along several edges, all of them; a lost race is an error.
pub(crate) async fn move_all(
    tx: &mut Tx,
    ids: &[i64],
    transitions: &[Transition],
    along: Along,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    tx.stage(ids.iter().copied().map(Subject::of).collect()).await?;
    let moved = move_each(tx, transitions, along, why).await?;
    transitions.first().map_or(Ok(()), |first| all_moved(first, ids.len() as i64, moved))
}

/// Drops from `subject` what does not stand in the state moved from.
async fn keep_standing(tx: &mut Tx, transition: &Transition) -> Result<(), LedgerError> {
    if transition.from().is_empty() {
        // A machine begins: the transition beside it, which has a state to stand in, guards both.
        return Ok(());
    }
    let table = table_of(transition.machine);
    if let Some(lock) = table.lock {
        tx.lock_rows(lock).await?;
    }
    tx.scratch(table.keep_standing, args![transition.from()]).await?;
    Ok(())
}

async fn assign(tx: &mut Tx, transitions: &[Transition], along: Along, count: i64) -> Result<(), LedgerError> {
    let alone = transitions.iter().find_map(|one| Some((table_of(one.machine).assign?, one.to())));
    match alone {
        Some((Assign::WithDay(sql), to)) => {
            tx.run(sql, args![to, along.due_on.map(|day| day.to_string()), along.owner.map(str::to_owned)]).await?;
            Ok(())
        }
        Some((Assign::StateOnly(sql), to)) => {
            tx.run(sql, args![to]).await?;
            Ok(())
        }
        None => assign_to_cards(tx, transitions, along, count).await,
    }
}

/// The states of cards, those of all their machines in one row.
async fn assign_to_cards(tx: &mut Tx, transitions: &[Transition], along: Along, count: i64) -> Result<(), LedgerError> {
    let to =
        |machine: &StateMachine| transitions.iter().find(|s| s.machine.name == machine.name).map(|s| s.to().to_owned());
    let due_on = along.due_on.map(|d| d.to_string());
    let owner = along.owner.map(str::to_owned);
    let place = to(&CARD);
    let travels = place.as_deref().and_then(|place| CARD.state(place)).is_some_and(|state| state.travels);
    let flag = |f: Option<bool>| f.map(i64::from);
    tx.run(
        "UPDATE application SET state = COALESCE($1, state), place = CASE WHEN $2 = 1 THEN NULL ELSE COALESCE($3, place) END,
            social = COALESCE($4, social), financial = COALESCE($5, financial),
            due_on = COALESCE($6, due_on), owner = COALESCE($7, owner), reason = COALESCE($8, reason),
            open = CASE WHEN $9 = 1 THEN TRUE WHEN $9 = 0 THEN FALSE ELSE open END,
            live = CASE WHEN $10 = 1 THEN TRUE WHEN $10 = 0 THEN FALSE ELSE live END
         WHERE id IN (SELECT id FROM subject)",
        args![
            to(&APPLICATION), i64::from(travels), if travels { None } else { place.clone() }, to(&SOCIAL), to(&ACCOUNT),
            due_on, owner, along.reason, flag(along.open), flag(along.live)
        ],
    )
    .await?;
    if let (true, Some(place)) = (travels, place) {
        let there = tx
            .number("SELECT count(*) FROM subject s JOIN card c ON c.id = s.id WHERE c.place = $1", args![&place])
            .await?;
        if there != count {
            return Err(LedgerError::LostRace {
                machine: CARD.name,
                from: "alone".into(),
                to: place,
                expected: count,
                found: there,
            });
        }
    }
    Ok(())
}
