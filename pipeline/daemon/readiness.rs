//! Readiness: whether this worker can work now, and if not, what is missing; and what of its work is set
//! aside while the rest goes on.

use super::outage::{database_away, disk_full};
use super::watch::Watch;
use crate::metrics;
use crate::step::Worker;
use crate::store::schema::Schema;

/// What is missing; nothing means ready.
pub async fn missing(watch: &Watch) -> Vec<String> {
    let mut missing = Vec::new();
    if watch.is_stopping() {
        missing.push("the worker was told to stop".into());
    }
    match watch.worker() {
        None => missing.push(watch.why_it_rests().unwrap_or_else(|| "the worker is starting".into())),
        Some(worker) => missing.extend(of_worker(&worker).await),
    }
    metrics::set(&metrics::READY, &[], if missing.is_empty() { 1.0 } else { 0.0 });
    missing
}

/// What is set aside, a line each; the worker is ready all the same.
pub async fn degraded(watch: &Watch) -> Vec<String> {
    let Some(worker) = watch.worker() else { return Vec::new() };
    let asides = worker.ledger.all_set_aside().await.unwrap_or_default();
    asides.iter().map(ToString::to_string).collect()
}

async fn of_worker(worker: &Worker) -> Vec<String> {
    if let Some(why) = database_away(worker).await {
        return vec![why];
    }
    let mut missing = Vec::new();
    missing.extend(disk_full(&worker.config.data.value));
    // A table that cannot be read is reported with the schema.
    if let Ok(Some(halt)) = worker.ledger.halt().await {
        missing.push(format!("halted until a person accepts with a reason: {}", halt.found));
    }
    // A newer schema is made so that the version before can work with it.
    let schema = worker.ledger.schema_state(&Schema::built_in()).await.and_then(|state| state.fits().map(|()| state));
    match schema {
        Ok(state) if state.pending.is_empty() => {}
        Ok(state) => missing.push(format!("{} migrations of the schema are pending", state.pending.len())),
        Err(error) => missing.push(error.to_string()),
    }
    if worker.reference.points().count() == 0 || worker.reference.outlets().count() == 0 {
        missing.push("no points or outlets are loaded: import them".into());
    }
    missing
}
