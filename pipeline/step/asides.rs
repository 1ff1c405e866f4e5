//! What a step cannot do now: kept with its cause and its case until it went or is no longer there.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::args;
use crate::cases::desk::{open_case, overtake_cases};
use crate::store::Why;
use crate::store::{Ledger, LedgerError};

/// A unit of work that failed.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct AsideRecord {
    /// Stage and step, such as `exchange/send`.
    pub step: String,
    /// Empty where it concerns no single partner.
    pub partner: String,
    /// A path, a stream, a number; empty where the whole step failed.
    pub unit: String,
    /// A word of the list of causes.
    pub cause: String,
    /// The error as it told itself.
    pub found: String,
    /// How often it failed in a row.
    pub failures: i64,
    /// In microseconds: when it failed first, and from when on it is tried again by itself.
    pub since: i64,
    pub rest_until: i64,
}

impl AsideRecord {
    /// Which step and whose work, in one line.
    pub fn whose(&self) -> String {
        let parts = [&self.step, &self.partner, &self.unit].into_iter().filter(|part| !part.is_empty());
        parts.map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

impl std::fmt::Display for AsideRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} ({})", self.whose(), self.found, self.cause)
    }
}

/// A case to be opened when a unit fails for the first time.
pub struct AsideCase<'c> {
    pub due_on: Date,
    pub owner: &'c str,
}

type Row = (String, String, String, String, String, i64, i64, i64);

/// The columns of a [`Row`].
macro_rules! columns {
    () => {
        "step, partner, unit, cause, found, failures, since, rest_until"
    };
}

fn record((step, partner, unit, cause, found, failures, since, rest_until): Row) -> AsideRecord {
    AsideRecord { step, partner, unit, cause, found, failures, since, rest_until }
}

impl Ledger {
    /// Everything that is set aside, in the order of steps and names.
    pub async fn all_set_aside(&self) -> Result<Vec<AsideRecord>, LedgerError> {
        let sql = concat!("SELECT ", columns!(), " FROM set_aside ORDER BY step, partner, unit");
        Ok(self.read().await?.rows::<Row>(sql, args![]).await?.into_iter().map(record).collect())
    }

    /// What of a step is set aside.
    pub async fn set_aside_of(&self, step: &str) -> Result<Vec<AsideRecord>, LedgerError> {
        let sql = concat!("SELECT ", columns!(), " FROM set_aside WHERE step = $1 ORDER BY partner, unit");
        Ok(self.read().await?.rows::<Row>(sql, args![step]).await?.into_iter().map(record).collect())
    }

    /// Keeps that a unit failed; the first time a case is opened for it.
    pub async fn set_aside(&self, aside: &AsideRecord, case: &AsideCase<'_>, at: Timestamp) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE set_aside SET cause = $4, found = $5, failures = $6, rest_until = $7
                   WHERE step = $1 AND partner = $2 AND unit = $3";
        let AsideRecord { step, partner, unit, cause, found, failures, since, rest_until } = aside;
        if tx.run(sql, args![step, partner, unit, cause, found, *failures, *rest_until]).await? == 0 {
            let reason = format!("set aside, cause {cause}: {}", aside.whose());
            let why = Why { at, actor: "driver", reason: &reason };
            let id = open_case(&mut tx, None, None, &reason, case.due_on, case.owner, why).await?;
            let sql = concat!(
                "INSERT INTO set_aside (",
                columns!(),
                ", desk_case) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
            );
            tx.run(sql, args![step, partner, unit, cause, found, *failures, *since, *rest_until, id]).await?;
        }
        tx.commit().await
    }

    /// A unit went, or is no longer there: its case needs nobody any more.
    pub async fn take_up_again(&self, aside: &AsideRecord, why: Why<'_>) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let ended = tx
            .run_returning::<(i64,)>(
                "DELETE FROM set_aside WHERE step = $1 AND partner = $2 AND unit = $3 RETURNING desk_case",
                args![&aside.step, &aside.partner, &aside.unit],
            )
            .await?;
        overtake_cases(&mut tx, &ended, why).await?;
        tx.commit().await
    }
}
