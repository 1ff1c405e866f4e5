//! How long a partner takes to answer: from the day a request was made to the day of its last answer.

use cardline_core::domain::calendar::Calendar;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::store::scope::in_scope;
use crate::store::{Ledger, LedgerError};
use crate::time::{instant, local_date};
use crate::{args, row};

row! {
    /// A request and its last answer, instants in microseconds since 1970 UTC.
    struct Answered { partner: String, asked_at: i64, answered_at: i64 }
}

/// One request that a partner has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerTime {
    pub partner: String,
    /// The local day of the request.
    pub asked_on: Date,
    /// The local day of its last answer.
    pub answered_on: Date,
    /// Working days in between; 0 is the same day.
    pub working_days: i64,
}

impl Ledger {
    /// The requests since a day that have an answer, within the viewer's scope, oldest first. An empty partner is all
    /// of them.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn answer_times(
        &self,
        partner: &str,
        since: Date,
        calendar: &Calendar,
    ) -> Result<Vec<AnswerTime>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        let sql = concat!(
            "SELECT f.partner, f.at AS asked_at, max(r.at) AS answered_at FROM file f
             JOIN file r ON r.batch = f.batch AND r.direction = 'in' AND r.state = 'applied' AND r.kind = CASE f.kind
                WHEN 'account-request' THEN 'account-result' WHEN 'recycling-request' THEN 'recycling-result'
                ELSE 'production-report' END
             JOIN batch b ON b.id = f.batch
             WHERE f.at >= $1 AND f.direction = 'out' AND f.state NOT IN ('cancelled', 'replaced') AND ($2 = '' OR f.partner = $2) AND ",
            in_scope!("b.bank", "b.region"),
            " GROUP BY f.id, f.partner, f.at ORDER BY f.at, f.id"
        );
        let rows = tx.rows::<Answered>(sql, args![instant(since, 0, 0), partner]).await?;
        let day = |at: i64| Timestamp::from_microsecond(at).map(local_date).unwrap_or(Date::ZERO);
        let times = rows.into_iter().map(|found| {
            let (asked_on, answered_on) = (day(found.asked_at), day(found.answered_at));
            let working_days = calendar.working_days_until(asked_on, answered_on).max(0);
            AnswerTime { partner: found.partner, asked_on, answered_on, working_days }
        });
        Ok(times.collect())
    }
}
