//! A worker: everything a worker needs to run any step.

use std::any::Any;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use cardline_core::domain::calendar::Calendar;
use cardline_core::domain::policy::{ByRegion, Policy, RegionPolicy};
use cardline_core::domain::reference::Reference;
use jiff::civil::Date;

use super::production::refuse_tests;
use super::{StageError, keys_of};
use crate::config::Config;
use crate::crypto::envelope_key_files::EnvelopeKeyFiles;
use crate::crypto::envelope_keys::EnvelopeKeys;
use crate::crypto::keys::Keys;
use crate::crypto::objects::Objects;
use crate::exchange::{Partner, Partners};
use crate::kafka::{Broker, Publisher, Reader};
use crate::limits::{LEASE_SECONDS, UNITS_IN_HAND};
use crate::reference::tables::{reference_on, take_effect};
use crate::store::worker_names::HeldName;
use crate::store::{Engine, Ledger, Opening};

/// The name of who opens a worker and takes none: the demo and the tests.
const UNNAMED_WORKER: &str = "worker-1";

/// Ledger, keys, objects, partners, policies and reference data of one worker.
pub struct Worker {
    pub config: Config,
    pub ledger: Ledger,
    pub keys: Keys,
    pub objects: Objects,
    pub envelope_keys: Arc<dyn EnvelopeKeys>,
    pub partners: Arc<Partners>,
    /// Codes of the partners whose files somebody else carries meanwhile.
    pub(crate) carried_elsewhere: Arc<BTreeSet<String>>,
    pub policy: Arc<Policy>,
    pub reference: Arc<Reference>,
    pub calendar: Arc<Calendar>,
    /// The day whose tables these are.
    pub calendar_day: Date,
    /// The last import when the tables were loaded.
    imported: i64,
    /// The last instant that was believed.
    pub(crate) believed: Mutex<Option<jiff::Timestamp>>,
    /// How many units of a step it may have in hand. With more than one, the order in which batches get their numbers
    /// is no longer the same each time: that of tests and demos is.
    pub in_hand: usize,
    /// Whoever of those it has in hand gives numbers to a file, until these are taken.
    pub(crate) numbering: Arc<tokio::sync::Mutex<()>>,
    /// Set when the worker is asked to stop: no further unit of work is claimed.
    stopping: Arc<AtomicBool>,
    /// Held so that no other live process works under this worker's name; none where nobody took it.
    name: Option<Arc<HeldName>>,
    /// The broker's address, once there is one.
    pub kafka: Option<Broker>,
    pub(crate) readers: Arc<Mutex<std::collections::HashMap<String, Reader>>>,
    /// What a step prepared for its next unit meanwhile.
    pub(crate) ahead: Arc<Mutex<Option<Box<dyn Any + Send>>>>,
    pub(crate) publisher: Mutex<Option<Publisher>>,
}

/// The policy of a file, or the built-in one.
pub fn load_policy(path: Option<&Path>) -> Result<Policy, StageError> {
    match path {
        None => Ok(Policy::built_in()?),
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|e| StageError::file(path.display(), e))?;
            Ok(Policy::load_file(&text, &path.display().to_string())?)
        }
    }
}

impl Worker {
    /// Opens everything the configuration names, making what is not there, and settles what earlier imports
    /// ask for by today. Fails at once on a wrong profile, policy or table.
    pub async fn open(config: Config, today: Date) -> Result<Worker, StageError> {
        Box::pin(Worker::opened(config, today, Opening::Make)).await
    }

    /// As [`Worker::open`], for read-only commands: nothing is created, nothing is settled.
    pub async fn observing(config: Config, today: Date) -> Result<Worker, StageError> {
        Box::pin(Worker::opened(config, today, Opening::Look)).await
    }

    /// Opens everything the configuration names, doing no more than that allows.
    pub async fn opened(config: Config, today: Date, opening: Opening) -> Result<Worker, StageError> {
        // Boxed, as what it opens: it is a lot, and is asked for at the end of long ways down the stack.
        let worker = Box::pin(Worker::unsettled(config, today, opening)).await?;
        if opening != Opening::Look {
            match worker.watch_history(jiff::Timestamp::now()).await {
                // Nothing leaves the house before it is looked at; what needs no object goes on.
                Err(StageError::Object(error)) if error.is_of_service() => tracing::warn!("the watermark: {error}"),
                watched => drop(watched?),
            }
            take_effect(&worker.ledger, &worker.policy, today).await?;
        }
        Ok(worker)
    }

    /// As [`Worker::opened`], and what earlier imports ask for stays as it is.
    pub async fn unsettled(config: Config, today: Date, opening: Opening) -> Result<Worker, StageError> {
        let data = config.data.value.clone();
        let ledger = Box::pin(Ledger::opened(&config.database.value, opening)).await?;
        let keys = keys_of(&ledger, &data.join("keys"), opening).await?;
        let objects = match (&config.objects.value, opening) {
            (Some(bucket), _) => Objects::in_bucket(bucket, keys.clone())?,
            (None, Opening::Look) => Objects::of_folder(&data.join("objects"), keys.clone())?,
            (None, Opening::Make | Opening::Change) => Objects::in_folder(&data.join("objects"), keys.clone())?,
        };
        let envelope_keys = Arc::new(EnvelopeKeyFiles::new(&data.join("keys").join("envelopes"), keys.clone()));
        let partners = Partners::of(config.partners.value.as_deref(), &data, today)?;
        if opening != Opening::Look {
            refuse_tests(&config, &partners)?;
            partners.make_folders();
        }
        let policy = Arc::new(load_policy(config.policy.value.as_deref())?);
        let imported = ledger.last_import().await?;
        let (reference, calendar) = reference_on(&ledger, today).await?;
        let kafka = Broker::of(&config);
        Ok(Worker {
            config,
            ledger,
            keys,
            objects,
            envelope_keys,
            partners: Arc::new(partners),
            carried_elsewhere: Arc::default(),
            policy,
            reference: Arc::new(reference),
            calendar: Arc::new(calendar),
            calendar_day: today,
            imported,
            believed: Mutex::default(),
            in_hand: 1,
            numbering: Arc::default(),
            stopping: Arc::default(),
            name: None,
            kafka,
            readers: Arc::default(),
            ahead: Arc::default(),
            publisher: Mutex::default(),
        })
    }

    /// Whether reference data was imported since the tables were loaded.
    pub async fn is_stale(&self) -> Result<bool, StageError> {
        Ok(self.ledger.last_import().await? != self.imported)
    }

    /// The same tables, keys and name over a ledger that somebody sees.
    pub fn on(&self, ledger: Ledger) -> Worker {
        Worker {
            config: self.config.clone(),
            ledger,
            keys: self.keys.clone(),
            objects: self.objects.clone(),
            envelope_keys: self.envelope_keys.clone(),
            partners: self.partners.clone(),
            carried_elsewhere: self.carried_elsewhere.clone(),
            policy: self.policy.clone(),
            reference: self.reference.clone(),
            calendar: self.calendar.clone(),
            calendar_day: self.calendar_day,
            imported: self.imported,
            believed: Mutex::default(),
            in_hand: self.in_hand,
            numbering: self.numbering.clone(),
            stopping: Arc::default(),
            name: self.name.clone(),
            kafka: self.kafka.clone(),
            readers: Arc::default(),
            ahead: Arc::default(),
            publisher: Mutex::default(),
        }
    }

    /// Codes of the partners whose files are on a server of their own.
    pub fn with_servers(&self) -> impl Iterator<Item = &str> {
        self.partners.all().filter(|partner| partner.has_server()).map(|partner| partner.profile.code.as_str())
    }

    /// The same worker for the files of one partner.
    pub fn carrying_for(&self, code: &str) -> Worker {
        self.carrying(|partner| partner.profile.code == code)
    }

    /// The same worker for the partners whose folders are ours.
    pub fn carrying_for_folders(&self) -> Worker {
        self.carrying(|partner| !partner.has_server())
    }

    fn carrying(&self, is_ours: impl Fn(&Partner) -> bool) -> Worker {
        let others = self.partners.all().filter(|partner| !is_ours(partner));
        let others = others.map(|partner| partner.profile.code.clone());
        let others: BTreeSet<String> = others.chain(self.carried_elsewhere.iter().cloned()).collect();
        let (partners, carried_elsewhere) = (Arc::new(self.partners.only(is_ours)), Arc::new(others));
        let stopping = self.stopping.clone();
        Worker { partners, carried_elsewhere, stopping, ..self.on(self.ledger.clone()) }
    }

    /// This worker's name in leases and history.
    pub fn name(&self) -> &str {
        match &self.name {
            Some(held) => &held.name,
            None => self.config.worker.value.as_deref().unwrap_or(UNNAMED_WORKER),
        }
    }

    /// Works under a name no other live process has: the configured one or this machine's, numbered
    /// from the second on.
    pub async fn named(self) -> Result<Worker, StageError> {
        let name = match &self.config.worker.value {
            Some(name) => name.clone(),
            None => rustix::system::uname().nodename().to_string_lossy().into_owned(),
        };
        let held = self.ledger.take_name_like(&name).await?;
        Ok(self.under(Arc::new(held)))
    }

    /// Works under a name taken before. On PostgreSQL, which has many writers, it may have several units in hand.
    pub fn under(mut self, name: Arc<HeldName>) -> Worker {
        self.name = Some(name);
        self.in_hand = if self.ledger.engine() == Engine::Postgres { UNITS_IN_HAND } else { 1 };
        self
    }

    /// The name as it is held.
    pub fn held_name(&self) -> Option<Arc<HeldName>> {
        self.name.clone()
    }

    /// From now on no further unit of work is claimed.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether the worker was asked to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// The date `n` working days after a day, in the national calendar.
    pub fn working_days_after(&self, day: Date, n: u32) -> Date {
        self.calendar.add_working_days(day, n).date
    }

    /// The day so many working days after a day as each region's policy says; that of no region is the default.
    pub fn by_region(&self, day: Date, days: impl Fn(&RegionPolicy) -> u32) -> ByRegion<Date> {
        self.policy.on(day).regions.map(|policy| self.working_days_after(day, days(policy)))
    }

    /// Takes the lease on a piece of work under this worker's name; it is renewed as long as it is held.
    pub async fn lease(&self, work: &str, now: jiff::Timestamp) -> Result<Option<crate::store::Lease>, StageError> {
        let taken = self.ledger.take_lease(work, self.name(), now, LEASE_SECONDS).await?;
        Ok(taken.map(|lease| self.ledger.renewed(lease, LEASE_SECONDS)))
    }
}
