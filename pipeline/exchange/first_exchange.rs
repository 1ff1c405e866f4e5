//! How far a partner's first exchange has come: what the ledger knows of it.

use jiff::Timestamp;

use crate::store::{Ledger, LedgerError};
use crate::{args, row};

row! {
    /// The last test of how a partner is reached.
    #[derive(Clone)]
    pub struct ConnectionTest {
        /// Microseconds since 1970 UTC.
        at: i64,
        /// 1 where everything was well.
        is_well: i64,
        actor: String,
    }
}

row! {
    /// How many files went which way, and how far.
    #[derive(Clone)]
    pub struct FirstFiles {
        /// Placed at the partner.
        sent: i64,
        /// Refused or held: each was told in an error report.
        refused: i64,
        /// Came from the partner, and had their effect.
        applied: i64,
    }
}

impl Ledger {
    /// Keeps what the last test of a partner found.
    pub async fn keep_connection_test(
        &self,
        partner: &str,
        is_well: bool,
        at: Timestamp,
        actor: &str,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO connection_test (partner, at, is_well, actor) VALUES ($1, $2, $3, $4)
            ON CONFLICT (partner) DO UPDATE SET at = excluded.at, is_well = excluded.is_well, actor = excluded.actor";
        tx.run(sql, args![partner, at, i64::from(is_well), actor]).await?;
        tx.commit().await
    }

    /// What the last test of a partner found; `None`: it was never tested.
    pub async fn last_connection_test(&self, partner: &str) -> Result<Option<ConnectionTest>, LedgerError> {
        let sql = "SELECT at, is_well, actor FROM connection_test WHERE partner = $1";
        self.read().await?.row(sql, args![partner]).await
    }

    /// What a partner's files have come to.
    pub async fn first_files(&self, partner: &str) -> Result<FirstFiles, LedgerError> {
        let sql = "SELECT COALESCE(sum(CASE WHEN direction = 'out' AND state IN ('placed', 'answered') THEN 1 ELSE 0 END), 0) AS sent,
                COALESCE(sum(CASE WHEN direction = 'in' AND state IN ('refused', 'held') THEN 1 ELSE 0 END), 0) AS refused,
                COALESCE(sum(CASE WHEN direction = 'in' AND state = 'applied' THEN 1 ELSE 0 END), 0) AS applied
            FROM (SELECT direction, state FROM file WHERE partner = $1 ORDER BY id LIMIT 1000) AS first";
        let found = self.read().await?.row(sql, args![partner]).await?;
        Ok(found.unwrap_or(FirstFiles { sent: 0, refused: 0, applied: 0 }))
    }
}
