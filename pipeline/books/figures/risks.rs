//! Promises at risk: cards that are not ready at a point though their day is over, or near.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use crate::store::scope::in_scope;
use crate::store::{Ledger, LedgerError};
use crate::{args, row};

/// The holder is promised 30 days, and the last ten of them are watched: "warn at day 20" (s3).
const WATCHED_DAYS: i32 = 10;

row! {
    /// Cards in one state whose promise is at risk.
    #[derive(Clone, Serialize)]
    pub struct AtRisk {
        /// Where the plastic is: a state of the card.
        state: String,
        /// Past the day that was promised.
        broken: i64,
        /// Promised for today or one of the next three days.
        within_3: i64,
        /// Promised for one of the days after, up to the tenth.
        within_10: i64,
    }
}

impl AtRisk {
    /// All three together.
    pub fn cards(&self) -> i64 {
        self.broken + self.within_3 + self.within_10
    }
}

/// The promises at risk within the viewer's scope.
pub struct Risks {
    /// By state, those with most broken promises first.
    pub states: Vec<AtRisk>,
    /// When the cards were counted; none where no worker has counted yet.
    pub counted_at: Option<Timestamp>,
}

impl Ledger {
    /// The promises at risk on a day, within an area (its digits, at most the six of a district; empty: everywhere) and
    /// the viewer's scope.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn promises_at_risk(&self, today: Date, area: &str) -> Result<Risks, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        let sql = concat!(
            "SELECT u.state, CAST(sum(CASE WHEN u.promise_on < $1 THEN u.cards ELSE 0 END) AS BIGINT) AS broken,
                CAST(sum(CASE WHEN u.promise_on >= $1 AND u.promise_on <= $2 THEN u.cards ELSE 0 END) AS BIGINT) AS within_3,
                CAST(sum(CASE WHEN u.promise_on > $2 THEN u.cards ELSE 0 END) AS BIGINT) AS within_10
             FROM unfinished u WHERE u.promise_on <> '' AND u.promise_on <= $3 AND substr(u.region, 1, length($4)) = $4 AND ",
            in_scope!("u.bank", "u.region"),
            " GROUP BY u.state ORDER BY 2 DESC, 3 DESC, 4 DESC, 1"
        );
        let day = |days: i32| today.saturating_add(days.days());
        let states = tx.rows(sql, args![today, day(3), day(WATCHED_DAYS), area]).await?;
        Ok(Risks { states, counted_at: crate::custody::counted_at::counted_at(&mut tx).await? })
    }
}
