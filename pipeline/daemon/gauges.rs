//! Keeps the gauges fresh, so that a scrape asks neither the database nor the broker.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cardline_core::state_machines::{APPLICATION, CARD, CASE, StateMachine};
use jiff::Timestamp;
use jiff::civil::Date;

use super::outage::{database_away, free_bytes};
use super::readiness::missing;
use super::watch::{Watch, seconds};
use crate::custody::tallies::Tallies;
use crate::erasing::purge;
use crate::kafka::{Broker, BrokerError, Ends, PartitionEnd};
use crate::limits::{FIGURES_SECONDS, GAUGES_SECONDS};
use crate::metrics::{self, Metric};
use crate::route::intake::settle::IntakeCounts;
use crate::step::cause::Cause;
use crate::step::{StageError, Worker};
use crate::time::{instant, local_date};

/// Lives whose states are shown, and under which metric.
const SHOWN: &[(&StateMachine, &Metric)] =
    &[(&CARD, &metrics::CARDS), (&APPLICATION, &metrics::APPLICATIONS), (&CASE, &metrics::CASES)];

/// Refreshes until the process ends.
pub async fn refresh(watch: Arc<Watch>) {
    let (mut dropped, mut figures_at) = (0, None::<Instant>);
    begin_at_zero();
    loop {
        let now = crate::log::dropped();
        metrics::add(&metrics::LOG_DROPPED, &[], now.saturating_sub(dropped));
        dropped = now;
        if let Ok(free) = free_bytes(&watch.config.data.value) {
            metrics::set(&metrics::DATA_FREE_BYTES, &[], free as f64);
        }
        missing(&watch).await;
        if let Some(worker) = watch.worker() {
            cheap(&worker);
            let away = database_away(&worker).await;
            metrics::set(&metrics::DATABASE_UP, &[], if away.is_none() { 1.0 } else { 0.0 });
            let due = figures_at.is_none_or(|at| at.elapsed() >= Duration::from_secs(FIGURES_SECONDS));
            if away.is_none()
                && let Err(error) = set_aside(&worker).await
            {
                tracing::warn!("what is set aside: {error}");
            }
            if away.is_none() && due {
                figures_at = Some(Instant::now());
                if let Err(error) = figures(&worker).await {
                    tracing::warn!("figures for metrics: {error}");
                }
            }
        }
        tokio::time::sleep(Duration::from_secs(GAUGES_SECONDS)).await;
    }
}

/// Counters that are seen from the first scrape on, so that a rate has something to begin with.
fn begin_at_zero() {
    for guard in ["lease", "position"] {
        metrics::add(&metrics::FENCED, &[guard], 0);
    }
    for stream in ["applications", "events"] {
        for (outcome, _) in IntakeCounts::default().by_outcome() {
            metrics::add(&metrics::MESSAGES, &[stream, outcome], 0);
        }
    }
}

fn cheap(worker: &Worker) {
    metrics::set(&metrics::BUILD_INFO, &[env!("CARGO_PKG_VERSION"), worker.ledger.engine().name()], 1.0);
    let pool = worker.ledger.pool_figures();
    let busy = pool.open.saturating_sub(pool.idle);
    for (what, connections) in [("busy", busy), ("idle", pool.idle), ("most", pool.most)] {
        metrics::set(&metrics::CONNECTIONS, &[what], f64::from(connections));
    }
}

/// Every partner and cause is shown, with 0 where nothing is set aside.
async fn set_aside(worker: &Worker) -> Result<(), StageError> {
    let asides = worker.ledger.all_set_aside().await?;
    let partners = worker.partners.all().map(|partner| partner.profile.code.as_str()).chain([""]);
    metrics::forget(&metrics::SET_ASIDE);
    for partner in partners {
        for cause in Cause::ALL {
            let here = asides.iter().filter(|aside| aside.partner == partner && aside.cause == cause.code());
            metrics::set(&metrics::SET_ASIDE, &[partner, cause.code()], here.count() as f64);
        }
    }
    Ok(())
}

async fn figures(worker: &Worker) -> Result<(), StageError> {
    let now = Timestamp::now();
    worker.ledger.carry_tally().await?;
    let figures = worker.ledger.figures().await?;
    show_states(&figures);
    for unfinished in worker.ledger.unfinished(local_date(now)).await? {
        metrics::set(&metrics::OVERDUE, &[unfinished.kind], unfinished.overdue as f64);
        let day: Option<Date> = unfinished.oldest.as_ref().and_then(|day| day.parse().ok());
        let at = day.map_or(0.0, |day| seconds(instant(day, 0, 0)));
        metrics::set(&metrics::OLDEST_DEADLINE, &[unfinished.kind], at);
    }
    metrics::forget(&metrics::FILES);
    for (partner, state, count) in &figures.files {
        metrics::set(&metrics::FILES, &[partner, state], *count as f64);
    }
    metrics::set(&metrics::PURGE_DUE, &[], purge::overdue(worker, now).await? as f64);
    metrics::set(&metrics::BOOKS_HELD_AT, &[], figures.books_held_at as f64 / 1e6);
    if let Some(broker) = worker.kafka.clone() {
        let topics = [worker.config.topics.applications.clone(), worker.config.topics.events.clone()];
        let ends = tokio::task::spawn_blocking(move || ends_of(&broker, &topics)).await;
        match ends {
            Ok(Ok(ends)) => show_positions(&figures, &ends),
            Ok(Err(error)) => tracing::warn!("ends of partitions: {error}"),
            Err(_) => {}
        }
    }
    metrics::set(&metrics::FIGURES_AT, &[], seconds(now));
    // Charts come last: the first count reads a quarter of a year, and no metric waits for it or fails with it.
    if let Err(error) = worker.ledger.count_figures(now).await {
        tracing::warn!("figures for charts: {error}");
    }
    Ok(())
}

/// Every state of a life is shown, with 0 where nothing stands in it.
fn show_states(figures: &Tallies) {
    for (life, metric) in SHOWN {
        for state in life.states {
            let found = figures.states.iter().find(|(name, code, _)| name == life.name && code == state.code);
            metrics::set(metric, &[state.code], found.map_or(0, |found| found.2) as f64);
        }
    }
}

fn ends_of(broker: &Broker, topics: &[String]) -> Result<Vec<(String, Vec<PartitionEnd>)>, BrokerError> {
    let asker = Ends::connect(broker)?;
    topics.iter().map(|topic| Ok((topic.clone(), asker.of(topic)?))).collect()
}

fn show_positions(figures: &Tallies, ends: &[(String, Vec<PartitionEnd>)]) {
    for metric in [&metrics::PARTITION_POSITION, &metrics::PARTITION_END, &metrics::PARTITION_LAG] {
        metrics::forget(metric);
    }
    for (topic, ends) in ends {
        for PartitionEnd { partition, end, .. } in ends {
            let stored = figures.positions.iter().find(|(t, p, _)| t == topic && p == partition);
            let (next, number) = (stored.map_or(0, |stored| stored.2), partition.to_string());
            let labels = [topic.as_str(), number.as_str()];
            metrics::set(&metrics::PARTITION_POSITION, &labels, next as f64);
            metrics::set(&metrics::PARTITION_END, &labels, *end as f64);
            metrics::set(&metrics::PARTITION_LAG, &labels, end.saturating_sub(next).max(0) as f64);
        }
    }
}
