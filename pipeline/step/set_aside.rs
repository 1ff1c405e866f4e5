//! What fails of a step is set aside: kept in the ledger with its partner, its cause and a case for a
//! person, tried again after a rest that doubles, and taken up again once it went or is no longer there.

use std::collections::{BTreeMap, BTreeSet};

use cardline_core::domain::personal_text::looks_personal;
use jiff::Timestamp;

use super::cause::Cause;
use super::unit::{Ran, Unit};
use super::{StageError, Worker};
use crate::crypto::objects::sha256;
use crate::limits::STEP_REST_SECONDS_MAX;
use crate::step::asides::{AsideCase, AsideRecord};
use crate::store::Stamp;
use crate::time::{local_date, rest_seconds};

/// Whether units that failed a moment ago are tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Resting {
    /// They rest, longer each time: for who comes again every second.
    Keep,
    /// Everything is tried: for a person who asks for it.
    Try,
}

/// A unit that failed in this run of its step.
#[derive(Debug)]
pub struct SetAside {
    pub record: AsideRecord,
    pub cause: Cause,
    pub error: StageError,
}

impl std::fmt::Display for SetAside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.record.whose(), self.error)
    }
}

/// Partner and unit, as they are kept.
type Key = (String, String);

/// What stands for a name that is not shown; the same for the same name.
pub(crate) fn in_its_place(name: &str) -> String {
    format!("digest {}", &sha256(name.as_bytes())[..12])
}

fn key(unit: &impl Unit) -> Key {
    let name = unit.name().unwrap_or_default();
    // A partner names its files; whatever it writes there stays out of our tables.
    let name = if looks_personal(&name) { in_its_place(&name) } else { name };
    (unit.partner().unwrap_or_default().to_owned(), name)
}

/// What stands for a partner's server, when that fails and not a file.
const SERVER: &str = "server";

fn server(unit: &impl Unit) -> Key {
    (unit.partner().unwrap_or_default().to_owned(), SERVER.to_owned())
}

/// What of one step is set aside, during one run of it.
pub struct Asides<'s> {
    worker: &'s Worker,
    step: &'static str,
    resting: Resting,
    now: Timestamp,
    known: BTreeMap<Key, AsideRecord>,
    listed: BTreeSet<Key>,
    failed: BTreeMap<Key, SetAside>,
}

impl<'s> Asides<'s> {
    /// Looks up what was set aside before.
    pub async fn open(
        worker: &'s Worker,
        step: &'static str,
        resting: Resting,
        now: Timestamp,
    ) -> Result<Asides<'s>, StageError> {
        let known = worker.ledger.set_aside_of(step).await?.into_iter();
        let known = known.filter(|aside| !worker.carried_elsewhere.contains(&aside.partner));
        let known = known.map(|aside| ((aside.partner.clone(), aside.unit.clone()), aside)).collect();
        Ok(Asides { worker, step, resting, now, known, listed: BTreeSet::new(), failed: BTreeMap::new() })
    }

    /// Notes which units there are.
    pub fn listed(&mut self, units: &[impl Unit]) {
        if !self.known.is_empty() {
            self.listed = units.iter().flat_map(|unit| [key(unit), server(unit)]).collect();
        }
    }

    /// Whether a unit is tried now: once in a run, and not while it or its server rests. A step that is a single unit
    /// rests with whoever runs it.
    pub fn may_try(&self, unit: &impl Unit) -> bool {
        let may_try = |key: Key| {
            let rests = self.known.get(&key).is_some_and(|aside| self.now.as_microsecond() < aside.rest_until);
            let left_alone = rests && self.resting == Resting::Keep && unit.name().is_some();
            !left_alone && !self.failed.contains_key(&key)
        };
        self.known.is_empty() || may_try(key(unit)) && may_try(server(unit))
    }

    /// Notes that a unit went, so that what was set aside of it is taken up again.
    pub async fn went(&mut self, unit: &impl Unit, ran: Ran) -> Result<(), StageError> {
        if self.known.is_empty() || ran == Ran::Busy {
            return Ok(());
        }
        self.take_up(&server(unit), "it answers").await?;
        self.take_up(&key(unit), "it went").await
    }

    /// Sets a unit aside. The failure of a step that is a single unit is the step's, and returned.
    pub async fn failed(&mut self, unit: &impl Unit, error: StageError) -> Result<(), StageError> {
        // What fails of a server fails of all its files, and is one case.
        let key = if error.is_of_server() { server(unit) } else { key(unit) };
        let cause = Cause::of(&error);
        let before = self.known.get(&key);
        let failures = before.map_or(0, |aside| aside.failures) + 1;
        let rest = rest_seconds(u32::try_from(failures).unwrap_or(u32::MAX), STEP_REST_SECONDS_MAX).cast_signed();
        let (partner, name) = key.clone();
        let text = error.to_string();
        let owner = if partner.is_empty() { "bureau operator" } else { "bank IT" };
        let record = AsideRecord {
            step: self.step.into(),
            partner,
            unit: name,
            cause: cause.code().into(),
            found: if looks_personal(&text) { cause.about().into() } else { text },
            failures,
            since: before.map_or(self.now.as_microsecond(), |aside| aside.since),
            rest_until: self.now.as_microsecond() + rest * 1_000_000,
        };
        let today = local_date(self.now);
        // What fails is our work, not a card: it has no region.
        let days = self.worker.policy.of("", today).case_working_days.max(1);
        let case = AsideCase { due_on: self.worker.working_days_after(today, days), owner };
        self.worker.ledger.set_aside(&record, &case, self.now).await?;
        self.known.insert(key.clone(), record.clone());
        if unit.name().is_none() {
            return Err(error);
        }
        self.failed.insert(key, SetAside { record, cause, error });
        Ok(())
    }

    /// What failed in this run. What is no longer listed needs nobody any more.
    pub async fn close(mut self) -> Result<Vec<SetAside>, StageError> {
        // While a server is away nobody knows what still lies there.
        let is_away = |partner: &str| {
            let server = (partner.to_owned(), SERVER.to_owned());
            self.failed.contains_key(&server) || self.known.contains_key(&server) && self.listed.contains(&server)
        };
        let is_gone = |key: &&Key| {
            !self.listed.contains(*key) && !self.failed.contains_key(*key) && (key.1 == SERVER || !is_away(&key.0))
        };
        let gone: Vec<Key> = self.known.keys().filter(is_gone).cloned().collect();
        for key in gone {
            self.take_up(&key, "it is no longer there").await?;
        }
        Ok(self.failed.into_values().collect())
    }

    async fn take_up(&mut self, key: &Key, reason: &str) -> Result<(), StageError> {
        if let Some(aside) = self.known.remove(key) {
            let why = Stamp { at: self.now, actor: "driver", reason };
            self.worker.ledger.take_up_again(&aside, why).await?;
            tracing::info!(step = self.step, partner = %aside.partner, unit = %aside.unit, "{reason}; taken up again");
        }
        Ok(())
    }
}
