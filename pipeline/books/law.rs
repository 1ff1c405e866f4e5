//! What a law is made of, and what it may look at.

use futures_util::future::BoxFuture;

use super::replay::{Replayed, replay};
use super::stored::{Stored, read_stored};
use super::touched::Through;
use crate::store::{LedgerError, Tx};

/// One law. Its number and name are known outside: `cardline books --law N`.
pub struct Law {
    pub number: i64,
    pub name: &'static str,
    /// What it says, in one sentence.
    pub sentence: &'static str,
    /// A statement that counts what the law looks at; a law without cases shows nothing.
    pub cases: &'static str,
    /// Statements that return one text column: the offenders. They read the `touched_*` tables.
    pub offending: &'static [&'static str],
    /// It needs nothing that is gathered of cards, and is checked beside those that do: a run takes as long as the
    /// longer of the two.
    pub is_beside: bool,
    /// What no statement can say.
    pub computed: Option<Check>,
    /// Offenders that a test plants, one at a time; the law must find each. The program never runs them.
    pub planted: &'static [Planted],
}

/// A check of a law that is more than a statement.
pub type Check = for<'l> fn(&'l mut Look) -> BoxFuture<'l, Result<Found, LedgerError>>;

/// What a check adds to its law.
pub struct Found {
    pub cases: i64,
    pub offending: Vec<String>,
}

impl Found {
    /// Offenders among the cases that the law has counted already.
    pub fn offending(offending: Vec<String>) -> Found {
        Found { cases: 0, offending }
    }
}

/// One run's look at the ledger: a snapshot, with the `touched_*` tables filled.
pub struct Look {
    pub tx: Tx,
    /// Where the run before ended; `None`: this one looks at everything.
    pub since: Option<Through>,
    replayed: Option<Replayed>,
    stored: Option<Stored>,
}

impl Look {
    /// A look through a transaction whose `touched_*` tables are filled.
    pub fn new(tx: Tx, since: Option<Through>) -> Look {
        Look { tx, since, replayed: None, stored: None }
    }

    /// What the replay of the history found. It is replayed once, and only if a law asks.
    pub async fn replayed(&mut self) -> Result<&Replayed, LedgerError> {
        let replayed = match self.replayed.take() {
            Some(replayed) => replayed,
            None => replay(&mut self.tx).await?,
        };
        Ok(self.replayed.insert(replayed))
    }

    /// What was found in the rows themselves. They are read once, and only if a law asks.
    pub async fn stored(&mut self) -> Result<&Stored, LedgerError> {
        let stored = match self.stored.take() {
            Some(stored) => stored,
            None => read_stored(&mut self.tx, self.since.is_none()).await?,
        };
        Ok(self.stored.insert(stored))
    }
}

/// An offender: what somebody could do to the tables behind the ledger's back.
pub struct Planted {
    /// The ledger it is planted in.
    pub scene: Scene,
    /// Tables that it changes; the test puts them back.
    pub tables: &'static [&'static str],
    pub sql: &'static str,
    /// What must be taken out of its way first.
    pub before: &'static [&'static str],
    /// What restores that.
    pub after: &'static [&'static str],
    /// SQLite cannot drop the constraint in its way.
    pub only_on_postgres: bool,
}

/// Ledgers in which offenders are planted. `tests/suite/conformance` makes each of them, on both engines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scene {
    /// A play stopped in the middle, when something stands in every waiting room.
    Middle,
    /// Messages of the quarantine were repaired, discarded and withdrawn.
    Quarantine,
    /// Two users with different scopes were shown messages and acted on streams and batches.
    Scopes,
    /// A production batch with cards of several regions was split, and a part cancelled.
    MergedRun,
    /// One person asked for a bulk discard, another gave it.
    TwoPersons,
}

/// An offender that changes these tables, which nothing prevents.
pub const fn planted(scene: Scene, tables: &'static [&'static str], sql: &'static str) -> Planted {
    Planted { scene, tables, sql, before: &[], after: &[], only_on_postgres: false }
}

impl Planted {
    /// The same, between statements that take something out of its way and restore it.
    pub(crate) const fn between(self, before: &'static [&'static str], after: &'static [&'static str]) -> Planted {
        Planted { before, after, ..self }
    }

    /// The same, where only PostgreSQL can drop the constraint in its way.
    pub(crate) const fn on_postgres(self) -> Planted {
        Planted { only_on_postgres: true, ..self }
    }
}
