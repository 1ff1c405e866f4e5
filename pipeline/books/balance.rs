//! Counts for the balance of a demo and for reports: cards and applications by state, findings, cases, and how
//! many promises were kept. They count every row; `custody/tallies.rs` has what metrics may read each minute.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::store::{Ledger, LedgerError};
use crate::{args, row};

row! {
    /// The 30-day promise, judged by the day the card was ready at its point.
    #[derive(Default, Clone, Copy, serde::Serialize)]
    pub struct Promises {
        kept: i64,
        missed: i64,
        /// Not ready yet, and still in time.
        running: i64,
        /// Not ready yet, past day 20.
        warned: i64,
        /// Not ready yet, past the promise.
        breached: i64,
    }
}

impl Ledger {
    /// Cards by state of the card's life.
    pub async fn cards_by_state(&self) -> Result<BTreeMap<String, i64>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx.rows::<(String, i64)>("SELECT place, count(*) FROM card GROUP BY place", args![]).await?;
        Ok(rows.into_iter().collect())
    }

    /// Applications by state of the application's life.
    pub async fn applications_by_state(&self) -> Result<BTreeMap<String, i64>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<(String, i64)>(
                "SELECT state, count(*) FROM application WHERE old_number IS NULL GROUP BY state",
                args![],
            )
            .await?;
        Ok(rows.into_iter().collect())
    }

    /// Findings of the rules over everything received: rule → severity, count.
    pub async fn findings_by_rule(&self) -> Result<BTreeMap<String, (String, i64)>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<(String, String, i64)>(
                "SELECT rule, severity, count(*) FROM finding GROUP BY rule, severity",
                args![],
            )
            .await?;
        Ok(rows.into_iter().map(|(rule, severity, count)| (rule, (severity, count))).collect())
    }

    /// Sums over the chunks of a topic (`None`: of every source of applications).
    pub async fn intake_counts(&self, topic: &str) -> Result<crate::route::intake::settle::IntakeCounts, LedgerError> {
        let mut tx = self.read().await?;
        let counts = tx
            .row(
                "SELECT CAST(COALESCE(sum(received), 0) AS BIGINT) AS received, CAST(COALESCE(sum(accepted), 0) AS BIGINT) AS accepted,
                    CAST(COALESCE(sum(rejected), 0) AS BIGINT) AS rejected, CAST(COALESCE(sum(repeated), 0) AS BIGINT) AS repeated,
                    CAST(COALESCE(sum(conflicting), 0) AS BIGINT) AS conflicting, CAST(COALESCE(sum(quarantined), 0) AS BIGINT) AS quarantined
                 FROM chunk WHERE source = $1",
                args![topic],
            )
            .await?
            .unwrap_or_default();
        Ok(counts)
    }

    /// Open cases by reason.
    pub async fn open_cases(&self) -> Result<BTreeMap<String, i64>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<(String, i64)>(
                "SELECT reason, count(*) FROM desk_case WHERE state IN ('open', 'escalated') GROUP BY reason",
                args![],
            )
            .await?;
        Ok(rows.into_iter().collect())
    }

    /// The promise of 30 natural days: ready on day 30 is kept (s3).
    pub async fn promises(&self, today: Date) -> Result<Promises, LedgerError> {
        let warn_before = today.saturating_add(jiff::Span::new().days(10));
        let mut tx = self.read().await?;
        let promises = tx
            .row(
                "SELECT count(*) FILTER (WHERE s.ready_on <= a.promise_on) AS kept,
                    count(*) FILTER (WHERE s.ready_on > a.promise_on) AS missed,
                    count(*) FILTER (WHERE s.ready_on IS NULL AND a.promise_on > $2) AS running,
                    count(*) FILTER (WHERE s.ready_on IS NULL AND a.promise_on <= $2 AND a.promise_on >= $1) AS warned,
                    count(*) FILTER (WHERE s.ready_on IS NULL AND a.promise_on < $1) AS breached
                 FROM application a LEFT JOIN made m ON m.application = a.id LEFT JOIN box b ON b.id = m.box
                 LEFT JOIN shipment s ON s.id = b.shipment WHERE a.state = 'accepted' AND a.old_number IS NULL",
                args![today, warn_before],
            )
            .await?
            .unwrap_or_default();
        Ok(promises)
    }

    /// An example of each history that `trace` shows well: what happened, and the application's id.
    pub async fn examples(&self) -> Result<BTreeMap<String, String>, LedgerError> {
        let mut tx = self.read().await?;
        let mut examples = BTreeMap::new();
        for (why, sql) in EXAMPLES {
            if let Some((id,)) = tx.row::<(Option<String>,)>(sql, args![]).await?
                && let Some(id) = id
            {
                examples.insert((*why).to_owned(), id);
            }
        }
        Ok(examples)
    }
}

/// Histories that `trace` shows well, and how to find the first application of each.
const EXAMPLES: &[(&str, &str)] = &[
    (
        "collected and activated",
        "SELECT min(application_id) FROM application WHERE place = 'in_hand' AND social = 'active' AND old_number IS NULL AND previous IS NULL",
    ),
    (
        "replaced an older card",
        "SELECT min(application_id) FROM application WHERE place = 'in_hand' AND previous IS NOT NULL AND live",
    ),
    (
        "an old card, recycled",
        "SELECT min(old_number) FROM application WHERE place = 'destroyed' AND old_number IS NOT NULL",
    ),
    (
        "spoiled and remade",
        "SELECT min(a.application_id) FROM application a JOIN spoilage s ON s.application = a.id WHERE a.place = 'in_hand'",
    ),
    (
        "returned, corrected, accepted",
        "SELECT min(application_id) FROM application WHERE revision > 1 AND paused_days > 0",
    ),
    (
        "never collected, recalled",
        "SELECT min(a.application_id) FROM application a JOIN made m ON m.application = a.id WHERE a.place IN ('recalled', 'stored', 'to_recycle', 'in_recycling', 'destroyed') AND NOT a.live AND a.reason = 'never_collected'",
    ),
    ("rejected", "SELECT min(application_id) FROM application WHERE state = 'rejected'"),
    (
        "on hold until a person decided",
        "SELECT min(a.application_id) FROM case_act d JOIN desk_case k ON k.id = d.desk_case JOIN application a ON a.id = k.application",
    ),
    ("held for a person", "SELECT min(application_id) FROM application WHERE place = 'held'"),
];
