//! The one place where a state is assigned, with its row of history in the same transaction.
//!
//! Two forms. [`move_set`]: a whole set moves at once and one row of history says so; members are
//! those who still travel with the set. [`move_each`]: single things move, one row of history each;
//! they are staged in the temporary table `subject` first. Both are guarded by the state moved from
//! and by the edge tables of `cardline_core::lives`: who no longer stands there is left out, and the
//! caller learns how many moved.

use std::collections::BTreeMap;

use cardline_core::state_machines::{
    ACCOUNT, APPLICATION, APPROVAL, BATCH, CARD, CASE, FILE, SOCIAL, StateMachine, USER,
};
use jiff::Timestamp;
use jiff::civil::Date;

use super::LedgerError;
use super::engine::Tx;
use crate::{args, bulk_row, read_by_name};

/// When, by whom and why: every move carries all three.
#[derive(Clone, Copy)]
pub struct Why<'a> {
    pub at: Timestamp,
    pub actor: &'a str,
    pub reason: &'a str,
}

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
    fn scope(self) -> (&'static str, i64) {
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

/// One edge of one state machine.
#[derive(Clone, Copy)]
pub struct Transition {
    pub machine: &'static StateMachine,
    pub from: &'static str,
    pub to: &'static str,
}

impl Transition {
    fn checked(&self) -> Result<(), LedgerError> {
        match self.machine.edge(self.from, self.to) {
            Some(_) => Ok(()),
            None => Err(LedgerError::NoEdge { machine: self.machine.name, from: self.from.into(), to: self.to.into() }),
        }
    }
}

bulk_row! {
    /// A thing to move by itself, with what an event told about it.
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
    /// A thing to move that no event told of.
    pub fn of(id: i64) -> Subject {
        Subject { id, event_id: None, digest: None, evidence: None, at: None, actor: None, chunk: None }
    }
}

/// Things by the day their region sets: those of one day move together.
pub(crate) fn by_day<T, D: Ord>(
    things: impl IntoIterator<Item = (T, String)>,
    day: impl Fn(&str) -> D,
) -> BTreeMap<D, Vec<T>> {
    let mut days: BTreeMap<D, Vec<T>> = BTreeMap::new();
    for (thing, region) in things {
        days.entry(day(&region)).or_default().push(thing);
    }
    days
}

/// Card states in which the plastic travels with its container, so that no row of its own says where.
const TRAVELLING: &[&str] = &[
    "waiting_account",
    "in_account_batch",
    "waiting_production",
    "in_production",
    "produced",
    "in_transit",
    "at_point",
    "on_shelf",
];

/// What changes together with a state. `None` leaves as it is.
#[derive(Default)]
pub struct Along {
    pub due_on: Option<Date>,
    pub owner: Option<&'static str>,
    pub reason: Option<String>,
    pub open: Option<bool>,
    pub live: Option<bool>,
}

/// Moves a whole set; one row of history for all who travel with it.
pub async fn move_set(
    tx: &mut Tx,
    set: Set,
    transition: Transition,
    count: i64,
    why: Why<'_>,
) -> Result<(), LedgerError> {
    move_set_by(tx, set, transition, count, why, None).await
}

/// As [`move_set`], remembering the event that told of it.
pub(crate) async fn move_set_by(
    tx: &mut Tx,
    set: Set,
    transition: Transition,
    count: i64,
    why: Why<'_>,
    event: Option<EventMark<'_>>,
) -> Result<(), LedgerError> {
    transition.checked()?;
    let (scope, id) = set.scope();
    if let Set::Shipment(id) = set
        && transition.from != "produced"
    {
        let moved = tx
            .run(
                "UPDATE shipment SET place = $3 WHERE id = $1 AND place = $2",
                args![id, transition.from, transition.to],
            )
            .await?;
        if moved == 0 {
            return Err(lost(&transition, 1, 0));
        }
    }
    write_history(tx, &transition, scope, id, count, why, event).await
}

/// The event a row of history came from.
pub struct EventMark<'a> {
    pub event_id: &'a str,
    pub digest: &'a [u8],
    pub chunk: i64,
}

/// Writes one row of history for a thing or set whose state was just assigned.
pub(crate) async fn write_history(
    tx: &mut Tx,
    transition: &Transition,
    scope: &str,
    subject: i64,
    count: i64,
    why: Why<'_>,
    event: Option<EventMark<'_>>,
) -> Result<(), LedgerError> {
    let (event_id, digest, chunk) = match event {
        Some(mark) => (Some(mark.event_id.to_owned()), Some(mark.digest.to_vec()), Some(mark.chunk)),
        None => (None, None, None),
    };
    tx.run(
        "INSERT INTO move (at, life, scope, subject, from_state, to_state, count, actor, reason, event_id, digest, chunk)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        args![why.at, transition.machine.name, scope, subject, transition.from, transition.to, count, why.actor, why.reason, event_id, digest, chunk],
    )
    .await?;
    Ok(())
}

/// Moves everything in `subject`, each with its own history. All steps belong to one application, or
/// there is one transition of another machine. Those that do not stand in every `from` are dropped from
/// `subject`. Returns how many moved.
pub async fn move_each(
    tx: &mut Tx,
    transitions: &[Transition],
    along: Along,
    why: Why<'_>,
) -> Result<i64, LedgerError> {
    for transition in transitions {
        transition.checked()?;
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
        let scope = scope_of(transition.machine);
        tx.run(
            sql,
            args![why.at, transition.machine.name, scope, transition.from, transition.to, why.actor, why.reason],
        )
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
    why: Why<'_>,
) -> Result<(), LedgerError> {
    tx.stage(vec![Subject::of(id)]).await?;
    match move_each(tx, &[transition], along, why).await? {
        1 => Ok(()),
        found => Err(lost(&transition, 1, found)),
    }
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

fn scope_of(machine: &StateMachine) -> &'static str {
    match machine.name {
        "batch" => "batch",
        "file" => "file",
        "case" => "case",
        "approval" => "approval",
        "user" => "user",
        _ => "application",
    }
}

/// Drops from `subject` what does not stand in the state moved from.
async fn keep_standing(tx: &mut Tx, transition: &Transition) -> Result<(), LedgerError> {
    if transition.from.is_empty() {
        // A machine begins: the transition beside it, which has a state to stand in, guards both.
        return Ok(());
    }
    let sql = match transition.machine.name {
        "application" => {
            "DELETE FROM subject WHERE NOT EXISTS (SELECT 1 FROM application t WHERE t.id = subject.id AND t.state = $1)"
        }
        "card" => {
            "DELETE FROM subject WHERE NOT EXISTS (SELECT 1 FROM card t WHERE t.id = subject.id AND t.place = $1)"
        }
        "social" => {
            "DELETE FROM subject WHERE NOT EXISTS (SELECT 1 FROM application t WHERE t.id = subject.id AND t.social = $1)"
        }
        "account" => {
            "DELETE FROM subject WHERE NOT EXISTS (SELECT 1 FROM application t JOIN account c ON c.application = t.id WHERE t.id = subject.id AND t.financial = $1)"
        }
        "batch" => {
            "DELETE FROM subject WHERE NOT EXISTS (SELECT 1 FROM batch t WHERE t.id = subject.id AND t.state = $1)"
        }
        "file" => {
            "DELETE FROM subject WHERE NOT EXISTS (SELECT 1 FROM file t WHERE t.id = subject.id AND t.state = $1)"
        }
        "approval" => {
            "DELETE FROM subject WHERE NOT EXISTS (SELECT 1 FROM approval t WHERE t.id = subject.id AND t.state = $1)"
        }
        "user" => {
            "DELETE FROM subject WHERE NOT EXISTS (SELECT 1 FROM users t WHERE t.id = subject.id AND t.state = $1)"
        }
        _ => {
            "DELETE FROM subject WHERE NOT EXISTS (SELECT 1 FROM desk_case t WHERE t.id = subject.id AND t.state = $1)"
        }
    };
    if scope_of(transition.machine) == "application" {
        // Two movers of one card must queue before either looks where it stands.
        tx.lock_rows("SELECT a.id FROM application a WHERE a.id IN (SELECT id FROM subject) ORDER BY a.id FOR UPDATE")
            .await?;
    }
    if transition.machine.name == "approval" {
        // An approval is given once and used once, however many try.
        tx.lock_rows("SELECT t.id FROM approval t WHERE t.id IN (SELECT id FROM subject) ORDER BY t.id FOR UPDATE")
            .await?;
    }
    tx.scratch(sql, args![transition.from]).await?;
    Ok(())
}

/// The only UPDATE of a state.
async fn assign(tx: &mut Tx, transitions: &[Transition], along: Along, count: i64) -> Result<(), LedgerError> {
    let to =
        |machine: &StateMachine| transitions.iter().find(|s| s.machine.name == machine.name).map(|s| s.to.to_owned());
    let due_on = along.due_on.map(|d| d.to_string());
    let owner = along.owner.map(str::to_owned);
    if let Some(other) = [&BATCH, &FILE, &CASE].iter().find_map(|machine| to(machine).map(|to| (machine.name, to))) {
        let sql = match other.0 {
            "batch" => {
                "UPDATE batch SET state = $1, due_on = COALESCE($2, due_on), owner = COALESCE($3, owner) WHERE id IN (SELECT id FROM subject)"
            }
            "file" => {
                "UPDATE file SET state = $1, due_on = COALESCE($2, due_on), owner = COALESCE($3, owner) WHERE id IN (SELECT id FROM subject)"
            }
            _ => {
                "UPDATE desk_case SET state = $1, due_on = COALESCE($2, due_on), owner = COALESCE($3, owner) WHERE id IN (SELECT id FROM subject)"
            }
        };
        tx.run(sql, args![other.1, due_on, owner]).await?;
        return Ok(());
    }
    if let Some(other) = [&APPROVAL, &USER].iter().find_map(|machine| to(machine).map(|to| (machine.name, to))) {
        let sql = match other.0 {
            "approval" => "UPDATE approval SET state = $1 WHERE id IN (SELECT id FROM subject)",
            _ => "UPDATE users SET state = $1 WHERE id IN (SELECT id FROM subject)",
        };
        tx.run(sql, args![other.1]).await?;
        return Ok(());
    }
    let place = to(&CARD);
    let travels = place.as_deref().is_some_and(|p| TRAVELLING.contains(&p));
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
