//! The daemon: steps in turn, every second, until it is told to stop.
//!
//! Invariants: no passing error and no panic ends it; a step that fails rests, longer each time, and
//! the others go on; without its database or with a full disk the whole worker rests and goes on by
//! itself; told to stop, it claims nothing more, and a step that does not finish within its bound is
//! dropped, so that its transaction rolls back.

pub mod alerts;
mod carriers;
mod gauges;
mod listen;
mod outage;
mod readiness;
mod stop;
mod turn;
mod watch;

use std::iter;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alerts::{Alerting, AlertingError};
use carriers::Carriers;
use jiff::Timestamp;
use outage::Outage;
use tokio::task::JoinHandle;

use crate::actions::errands::ERRANDS;
use crate::config::Config;
use crate::people::services::{self, Credential, ServiceError};
use crate::route::RouteStep;
use crate::step::{StageError, Worker, keys_of};
use crate::store::worker_names::HeldName;
use crate::store::{Ledger, LedgerError, Opening, Principal};
use crate::time::local_date;
pub use outage::free_bytes;
use stop::Signals;
pub use stop::StopCause;
use turn::Watched;
use watch::Watch;

/// Pause between two rounds.
const ROUND_PAUSE: Duration = Duration::from_secs(1);

/// How often it is remembered how far the ledger has come, when nothing is sent out.
const HISTORY_FOLLOWED: Duration = Duration::from_secs(60);

/// Why the daemon ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    #[error(transparent)]
    Stage(#[from] StageError),
    #[error("listening at {address}: {source}; give another address with --listen, or none")]
    Listen { address: String, source: std::io::Error },
    #[error("signals cannot be waited for: {0}")]
    Signals(std::io::Error),
    #[error(
        "another live process works as {0}, and each would take the other's leases; \
         stop it, or give this one another name (CARDLINE_WORKER), or none"
    )]
    NameTaken(String),
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error(transparent)]
    Alerting(#[from] AlertingError),
}

/// Runs the steps until a signal arrives.
pub async fn run(config: Config, steps: Vec<&'static RouteStep>) -> Result<StopCause, DaemonError> {
    let mut signals = Signals::new().map_err(DaemonError::Signals)?;
    let bound = Duration::from_secs(config.stop_seconds.value);
    let alerting = Alerting::of(&config.alerts)?;
    let watch = Arc::new(Watch::new(config));
    if let Some(address) = &watch.config.listen.value {
        let at = listen::start(address, watch.clone())
            .await
            .map_err(|source| DaemonError::Listen { address: address.clone(), source })?;
        tracing::info!("metrics, health and readiness at http://{at}");
    }
    tokio::spawn(gauges::refresh(watch.clone()));
    if let Some(alerting) = alerting {
        tokio::spawn(alerts::watch(watch.clone(), alerting));
    }
    let mut rounds = tokio::spawn(rounds(watch.clone(), steps));
    tokio::select! {
        biased;
        () = signals.next() => Ok(stop(&mut signals, &watch, &mut rounds, bound).await),
        ended = &mut rounds => match ended {
            Ok(Err(error)) => Err(error),
            Ok(Ok(())) | Err(_) => Ok(StopCause::Finished),
        },
    }
}

/// Lets the step under way finish within the bound; then, or at a second signal, drops it.
async fn stop(
    signals: &mut Signals,
    watch: &Watch,
    rounds: &mut JoinHandle<Result<(), DaemonError>>,
    bound: Duration,
) -> StopCause {
    watch.stop();
    tracing::info!("told to stop; {} has {} s to finish", watch.under_way_in_words(), bound.as_secs());
    let cause = tokio::select! {
        biased;
        _ = &mut *rounds => StopCause::Finished,
        () = signals.next() => StopCause::SecondSignal,
        () = tokio::time::sleep(bound) => StopCause::OutOfTime,
    };
    match cause {
        StopCause::Finished => tracing::info!("stopped; nothing is under way"),
        StopCause::SecondSignal => {
            tracing::warn!("a second signal: {} is dropped and rolls back", watch.under_way_in_words());
        }
        StopCause::OutOfTime => {
            tracing::warn!("{} did not finish in time: it is dropped and rolls back", watch.under_way_in_words());
        }
    }
    rounds.abort();
    cause
}

/// Round after round, from a first worker on.
async fn rounds(watch: Arc<Watch>, steps: Vec<&'static RouteStep>) -> Result<(), DaemonError> {
    let credential = Credential::read(watch.config.service_file.value.as_deref())?;
    let Some((mut worker, name)) = first_worker(&watch, credential.as_ref()).await? else { return Ok(()) };
    let mut opened = local_date(Timestamp::now());
    let mut carriers = Carriers::new(&steps);
    // What somebody waits for comes first.
    let mut steps: Vec<Watched> = iter::once(&ERRANDS).chain(steps).map(Watched::new).collect();
    tracing::info!(worker = name.name, "running {} steps", steps.len());
    let (mut outage, mut followed) = (Outage::default(), None::<Instant>);
    while !watch.is_stopping() {
        // There may be users by now, or the service is disabled. Whether the database answers is asked next.
        if let Err(error @ (ServiceError::Refused(_) | ServiceError::File(_))) =
            services::admit(&worker.ledger, credential.as_ref()).await
        {
            return Err(error.into());
        }
        if outage.holds(&watch, &worker).await {
            continue;
        }
        if !name.confirm(&worker.ledger).await.unwrap_or(true) {
            return Err(DaemonError::NameTaken(name.name.clone()));
        }
        // A newer version may have taken something away while we ran: then we are the old one, and stop.
        if let Err(error @ LedgerError::Outgrown { .. }) = worker.ledger.still_fits().await {
            return Err(StageError::from(error).into());
        }
        let watched = if followed.is_none_or(|at| at.elapsed() >= HISTORY_FOLLOWED) {
            followed = Some(Instant::now());
            worker.follow_history(Timestamp::now()).await
        } else {
            worker.watch_history(Timestamp::now()).await.map(drop)
        };
        if let Err(error) = watched {
            tracing::error!("whether the history is whole: {error}");
        }
        // Dated tables come into force at midnight, imported ones at once; a panic leaves nothing behind.
        let today = local_date(Timestamp::now());
        if today != opened || watch.take_renewal() || is_stale(&worker).await {
            match Worker::opened(watch.config.clone(), today, Opening::Change).await {
                Ok(mut fresh) => {
                    fresh.ledger = fresh.ledger.served_like(&worker.ledger);
                    (worker, opened) = (Arc::new(fresh.under(name.clone())), today);
                    watch.opened(worker.clone());
                    tracing::info!("loaded the tables of {today}");
                }
                Err(error) => tracing::error!("today's tables: {error}"),
            }
        }
        carriers.follow(&watch, &worker);
        let folders = worker.carrying_for_folders();
        for watched in &mut steps {
            if watch.is_stopping() {
                break;
            }
            let step = watched.step();
            watch.under_way(Some(step));
            let turned = watched.turn(&watch, if step.is_apart { &folders } else { &worker }).await;
            watch.under_way(None);
            if turned.is_break() {
                break;
            }
        }
        watch.round_finished();
        watch.pause(ROUND_PAUSE).await;
    }
    carriers.end().await;
    Ok(())
}

/// Opens the worker, waiting for a database that is away, and takes the worker's name.
async fn first_worker(
    watch: &Watch,
    credential: Option<&Credential>,
) -> Result<Option<(Arc<Worker>, Arc<HeldName>)>, DaemonError> {
    let mut outage = Outage::default();
    while !watch.is_stopping() {
        match opened_for(watch, credential).await {
            Ok((worker, service)) => {
                outage.is_over();
                let (worker, name) = named(worker).await?;
                if let Some(service) = service {
                    let what = format!("runs as {}", name.name);
                    let at = worker.ledger.clock().await.map_err(StageError::from)?;
                    worker.ledger.record_service(&service, &what, at).await.map_err(StageError::from)?;
                }
                let worker = Arc::new(worker);
                watch.opened(worker.clone());
                return Ok(Some((worker, name)));
            }
            Err(DaemonError::Stage(error)) if error.is_outage() => outage.rests(watch, &error.to_string()).await,
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// A worker, and the service it works for. Before that is known it settles nothing.
async fn opened_for(
    watch: &Watch,
    credential: Option<&Credential>,
) -> Result<(Worker, Option<Principal>), DaemonError> {
    let ledger = Ledger::open(&watch.config.database.value).await.map_err(StageError::from)?;
    // With the keys: whether a user's row stands as it was written is asked of them.
    keys_of(&ledger, &watch.config.data.value.join("keys"), Opening::Make).await?;
    let service = services::admit(&ledger, credential).await.map_err(|error| match error {
        ServiceError::Failed(error) => DaemonError::Stage(error.into()),
        other => other.into(),
    });
    ledger.close().await;
    let service = service?;
    let mut worker = Worker::open(watch.config.clone(), local_date(Timestamp::now())).await?;
    if let Some(service) = &service {
        worker.ledger = worker.ledger.served_by(service.clone());
    }
    Ok((worker, service))
}

/// A name somebody chose is taken or refused; a machine's name is numbered.
async fn named(worker: Worker) -> Result<(Worker, Arc<HeldName>), DaemonError> {
    let worker = match worker.config.worker.value.clone() {
        None => worker.named().await?,
        Some(name) => match worker.ledger.take_name(&name).await.map_err(StageError::from)? {
            Some(held) => worker.under(Arc::new(held)),
            None => return Err(DaemonError::NameTaken(name)),
        },
    };
    match worker.held_name() {
        Some(name) => Ok((worker, name)),
        None => Err(DaemonError::NameTaken(worker.name().to_owned())),
    }
}

/// Whether tables were imported; when that cannot be known now, the next round asks again.
async fn is_stale(worker: &Worker) -> bool {
    worker.is_stale().await.unwrap_or_else(|error| {
        tracing::error!("whether tables were imported: {error}");
        false
    })
}
