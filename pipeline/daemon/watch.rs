//! What the daemon's tasks know of each other: the worker, the step under way, whether to stop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::config::Config;
use crate::metrics;
use crate::route::RouteStep;
use crate::step::Worker;

/// Shared by the rounds, the gauges and the listener.
pub struct Watch {
    pub config: Config,
    worker: RwLock<Option<Arc<Worker>>>,
    under_way: Mutex<Option<&'static RouteStep>>,
    /// Why the worker rests as a whole, if it does.
    resting: Mutex<Option<String>>,
    renewal: AtomicBool,
    stopping: AtomicBool,
    woken: Notify,
}

impl Watch {
    pub fn new(config: Config) -> Watch {
        Watch {
            config,
            worker: RwLock::default(),
            under_way: Mutex::default(),
            resting: Mutex::default(),
            renewal: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            woken: Notify::new(),
        }
    }

    /// The worker at work; none before the first one is open.
    pub fn worker(&self) -> Option<Arc<Worker>> {
        self.worker.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A worker is at work.
    pub fn opened(&self, worker: Arc<Worker>) {
        if self.is_stopping() {
            worker.stop();
        }
        *self.worker.write().unwrap_or_else(PoisonError::into_inner) = Some(worker);
    }

    /// Asks everything to stop.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        if let Some(worker) = self.worker() {
            worker.stop();
        }
        self.woken.notify_waiters();
    }

    /// Whether the worker was told to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Pauses, unless told to stop.
    pub async fn pause(&self, pause: Duration) {
        let woken = self.woken.notified();
        if self.is_stopping() {
            return;
        }
        tokio::select! {
            () = woken => {}
            () = tokio::time::sleep(pause) => {}
        }
    }

    /// Notes which step is under way.
    pub fn under_way(&self, step: Option<&'static RouteStep>) {
        *self.under_way.lock().unwrap_or_else(PoisonError::into_inner) = step;
    }

    /// The step under way, for the log.
    pub fn under_way_in_words(&self) -> String {
        let step = *self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        step.map_or_else(|| "no step".into(), |step| format!("the step {}/{}", step.stage, step.name))
    }

    /// Notes why the worker rests as a whole, or that it does not.
    pub fn rests(&self, why: Option<String>) {
        *self.resting.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// Why the worker rests as a whole.
    pub fn why_it_rests(&self) -> Option<String> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks for a fresh worker before the next round.
    pub fn renew(&self) {
        self.renewal.store(true, Ordering::Relaxed);
    }

    /// Whether one was asked for; asked once.
    pub fn take_renewal(&self) -> bool {
        self.renewal.swap(false, Ordering::Relaxed)
    }

    /// Notes that a round was finished.
    pub fn round_finished(&self) {
        metrics::set(&metrics::ROUND_AT, &[], seconds(Timestamp::now()));
    }
}

/// An instant as Prometheus has it.
pub fn seconds(at: Timestamp) -> f64 {
    at.as_microsecond() as f64 / 1e6
}
