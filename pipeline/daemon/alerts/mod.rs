//! Alerts: what the worker knows to be wrong, told to people by webhooks.
//!
//! Invariants: a task of its own, so that no receiver holds the route back; each alert is a row, told once a day and
//! receiver, and again only where the answer was lost; nothing in it is about a card or a person. In quiet hours only
//! what is urgent is told. Not here: what Prometheus watches from outside (`ops/alerts`), such as a database that is
//! away.

pub mod conditions;
mod message;
mod rows;
mod send;
pub mod target;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use self::conditions::conditions;
use self::message::{body, signed};
use self::rows::WaitingAlert;
use self::send::Sender;
pub use self::target::{Alerting, AlertingError};
use super::watch::Watch;
use crate::limits::{ALERT_LEASE_SECONDS, ALERT_REST_SECONDS_MAX, ALERT_SECONDS};
use crate::step::{StageError, Worker};
use crate::time::rest_seconds;

/// Looks and tells until the process ends. A worker that cannot now does so the next time.
pub(super) async fn watch(watch: Arc<Watch>, alerting: Alerting) {
    let sender = match Sender::new(&alerting) {
        Ok(sender) => sender,
        Err(error) => return tracing::error!("alerts are not sent: {error}"),
    };
    while !watch.is_stopping() {
        if let Some(worker) = watch.worker()
            && let Err(error) = told(&worker, &alerting, &sender, Timestamp::now()).await
        {
            tracing::warn!("alerts: {error}");
        }
        watch.pause(Duration::from_secs(ALERT_SECONDS)).await;
    }
}

/// One look: keeps what is new, and sends what waits; returns how many were taken by their receivers. For tests.
pub async fn look(worker: &Worker, alerting: &Alerting, now: Timestamp) -> Result<usize, StageError> {
    let sender = Sender::new(alerting).map_err(|error| StageError::Shape(error.to_string()))?;
    told(worker, alerting, &sender, now).await
}

async fn told(worker: &Worker, alerting: &Alerting, sender: &Sender, now: Timestamp) -> Result<usize, StageError> {
    // One worker at a time tells; a lease that lapses lets another go on.
    let taken = worker.ledger.take_lease("alerts", worker.name(), now, ALERT_LEASE_SECONDS).await?;
    let Some(lease) = taken.map(|lease| worker.ledger.renewed(lease, ALERT_LEASE_SECONDS)) else { return Ok(0) };
    let found = conditions(worker, now).await?;
    for target in &alerting.targets {
        worker.ledger.keep_alerts(&found, &target.id, now).await?;
    }
    let waiting = worker.ledger.waiting_alerts(now, alerting.is_quiet(now)).await?;
    // Each receiver has its own line, so that one that is slow keeps no other waiting.
    let lines = alerting.targets.iter().map(async |target| {
        let mut sent = 0;
        for alert in waiting.iter().filter(|alert| alert.target == target.id) {
            let (address, body) = signed(target, body(target.shape, alert), Timestamp::now());
            let failure = sender.post(&address, body, target.shape).await.err();
            sent += usize::from(failure.is_none());
            settle(worker, alert, failure.as_deref(), now).await?;
            if failure.is_some() {
                // The next one would fare no better.
                break;
            }
        }
        Ok::<usize, StageError>(sent)
    });
    let sent = futures_util::future::try_join_all(lines).await?.into_iter().sum();
    worker.ledger.give_back(&lease).await?;
    Ok(sent)
}

async fn settle(
    worker: &Worker,
    alert: &WaitingAlert,
    failure: Option<&str>,
    now: Timestamp,
) -> Result<(), StageError> {
    if let Some(failure) = failure {
        tracing::warn!(kind = alert.kind, tries = alert.tries + 1, "an alert was not taken: {failure}");
    }
    let tries = u32::try_from(alert.tries + 1).unwrap_or(u32::MAX);
    let rest = rest_seconds(tries.saturating_add(3), ALERT_REST_SECONDS_MAX).cast_signed();
    let again = now.as_microsecond() + rest * 1_000_000;
    Ok(worker.ledger.settle_alert(alert.id, failure, again, now).await?)
}
