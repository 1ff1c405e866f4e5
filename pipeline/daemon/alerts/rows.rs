//! The table `alert`, and what the conditions read of others.

use jiff::Timestamp;

use super::conditions::Alert;
use crate::limits::{ALERT_KEPT_DAYS, ALERT_TRIED_DAYS, ALERTS_AT_ONCE};
use crate::store::{Ledger, LedgerError};
use crate::time::local_date;
use crate::{args, row};

row! {
    /// An alert that waits for its receiver.
    #[derive(Clone)]
    pub struct WaitingAlert {
        id: i64,
        target: String,
        kind: String,
        about: String,
        count: i64,
        urgent: bool,
        found_at: i64,
        tries: i64,
    }
}

row! {
    /// Cases that wait for a person.
    pub struct OpenCases { open: i64, escalated: i64 }
}

/// When the laws held, and whether the last check that somebody asked for found one broken.
pub struct CheckedBooks {
    pub held_at: i64,
    pub broken: bool,
    /// Whether there is anything to check.
    pub cards: bool,
}

impl Ledger {
    /// Keeps what is not told of this day to this receiver yet.
    pub(super) async fn keep_alerts(&self, found: &[Alert], target: &str, now: Timestamp) -> Result<(), LedgerError> {
        let day = local_date(now).to_string();
        let told = "SELECT key FROM alert WHERE day = $1 AND target = $2";
        let known = self.read().await?.rows::<(String,)>(told, args![&day, target]).await?;
        let new: Vec<_> = found.iter().filter(|alert| !known.contains(&(alert.key(),))).collect();
        if new.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        let old = now.as_microsecond() - ALERT_KEPT_DAYS * 86_400_000_000;
        tx.run("DELETE FROM alert WHERE found_at < $1", args![old]).await?;
        for alert in new {
            tx.run(
                "INSERT INTO alert (key, day, target, kind, about, count, urgent, found_at, next_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT (key, day, target) DO NOTHING",
                args![alert.key(), &day, target, alert.kind, &alert.about, alert.count, alert.urgent, now],
            )
            .await?;
        }
        tx.commit().await
    }

    /// What is to be told now, the urgent and the oldest first. What no receiver took for days is given up.
    pub(super) async fn waiting_alerts(&self, now: Timestamp, quiet: bool) -> Result<Vec<WaitingAlert>, LedgerError> {
        let given_up = now.as_microsecond() - ALERT_TRIED_DAYS * 86_400_000_000;
        self.read()
            .await?
            .rows(
                "SELECT id, target, kind, about, count, urgent, found_at, tries FROM alert
                 WHERE sent_at IS NULL AND next_at <= $1 AND found_at > $2 AND (urgent OR NOT $3)
                 ORDER BY urgent DESC, id LIMIT $4",
                args![now, given_up, quiet, ALERTS_AT_ONCE],
            )
            .await
    }

    /// Notes that a receiver took an alert, or why it did not and when it is asked again.
    pub(super) async fn settle_alert(
        &self,
        id: i64,
        failure: Option<&str>,
        again: i64,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let sent_at = failure.is_none().then_some(now.as_microsecond());
        tx.run(
            "UPDATE alert SET tries = tries + 1, sent_at = $2, failure = $3, next_at = $4 WHERE id = $1",
            args![id, sent_at, failure, again],
        )
        .await?;
        tx.commit().await
    }

    /// Partners who owe an answer past its day, each with how many.
    pub(super) async fn overdue_answers(&self) -> Result<Vec<(String, i64)>, LedgerError> {
        self.read()
            .await?
            .rows(
                "SELECT f.partner, count(*) FROM desk_case c JOIN file f ON f.id = c.file
                 WHERE c.state IN ('open', 'escalated') AND c.reason = 'an answer is overdue; the partner is chased'
                 GROUP BY f.partner ORDER BY f.partner",
                args![],
            )
            .await
    }

    pub(super) async fn cases_for_alerts(&self) -> Result<OpenCases, LedgerError> {
        let found = self
            .read()
            .await?
            .row::<OpenCases>(
                "SELECT count(*) AS open, CAST(COALESCE(sum(CASE WHEN state = 'escalated' THEN 1 ELSE 0 END), 0) AS BIGINT) AS escalated
                 FROM desk_case WHERE state IN ('open', 'escalated')",
                args![],
            )
            .await?;
        Ok(found.unwrap_or(OpenCases { open: 0, escalated: 0 }))
    }

    pub(super) async fn books_for_alerts(&self) -> Result<CheckedBooks, LedgerError> {
        let mut tx = self.read().await?;
        let held_at = tx.number("SELECT COALESCE(max(at), 0) FROM law_run WHERE holds", args![]).await?;
        let broken = "SELECT count(*) FROM errand WHERE what = 'books' AND code = 'broken' AND ended_at > $1";
        let broken = tx.number(broken, args![held_at]).await? > 0;
        let cards = tx.number("SELECT COALESCE(max(no), 0) FROM seal", args![]).await? > 0;
        Ok(CheckedBooks { held_at, broken, cards })
    }
}
