//! What a step cannot do now: kept with its cause and its case until it went or is no longer there.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::cases::desk::{open_case, overtake_cases};
use crate::store::{Ledger, LedgerError, Stamp};
use crate::{args, row};

row! {
    /// A unit of work that failed.
    #[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
    pub struct AsideRecord {
        /// Stage and step, such as `exchange/send`.
        step: String,
        /// Empty where it concerns no single partner.
        partner: String,
        /// A path, a stream, a number; empty where the whole step failed.
        unit: String,
        /// A word of the list of causes.
        cause: String,
        /// The error as its own text.
        found: String,
        /// How often it failed in a row.
        failures: i64,
        /// In microseconds: when it failed first, and from when on it is tried again by itself.
        since: i64,
        rest_until: i64,
    }
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

/// The columns of an [`AsideRecord`].
macro_rules! columns {
    () => {
        "step, partner, unit, cause, found, failures, since, rest_until"
    };
}

impl Ledger {
    /// Everything that is set aside, in the order of steps and names.
    pub async fn all_set_aside(&self) -> Result<Vec<AsideRecord>, LedgerError> {
        let sql = concat!("SELECT ", columns!(), " FROM set_aside ORDER BY step, partner, unit");
        self.read().await?.rows(sql, args![]).await
    }

    /// What of a step is set aside.
    pub async fn set_aside_of(&self, step: &str) -> Result<Vec<AsideRecord>, LedgerError> {
        let sql = concat!("SELECT ", columns!(), " FROM set_aside WHERE step = $1 ORDER BY partner, unit");
        self.read().await?.rows(sql, args![step]).await
    }

    /// Keeps that a unit failed; the first time a case is opened for it.
    pub async fn set_aside(&self, aside: &AsideRecord, case: &AsideCase<'_>, at: Timestamp) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE set_aside SET cause = $4, found = $5, failures = $6, rest_until = $7
                   WHERE step = $1 AND partner = $2 AND unit = $3";
        let AsideRecord { step, partner, unit, cause, found, failures, since, rest_until } = aside;
        if tx.run(sql, args![step, partner, unit, cause, found, *failures, *rest_until]).await? == 0 {
            let reason = format!("set aside, cause {cause}: {}", aside.whose());
            let why = Stamp { at, actor: "driver", reason: &reason };
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
    pub async fn take_up_again(&self, aside: &AsideRecord, why: Stamp<'_>) -> Result<(), LedgerError> {
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
