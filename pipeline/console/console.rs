//! What every request shares: the configuration, the ledger, the day's tables, the clock, who is a guest.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use cardline::config::Config;
use cardline::limits::CONSOLE_FOLLOWERS;
use cardline::step::Worker;
use cardline::store::{Ledger, Opening};
use cardline::time::local_date;
use cardline_core::domain::staff::Role;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, RwLock, Semaphore};

use crate::answer::Refusal;
use crate::people::first_link::FirstLink;
use crate::people::guests::{Guest, Guests};
use crate::people::idle::Idle;
use crate::serving::rates::Rates;

/// What time it is on the pages.
#[derive(Clone, Copy)]
pub enum Clock {
    /// The database's: every worker's and every page's is the same.
    Database,
    /// That of a demo, whose days are virtual: it ran until this instant, which was then.
    Demo { ended: Timestamp, at: Instant },
}

/// One console. It serves before the database answers, and goes on when it comes back.
pub struct Console {
    config: Config,
    clock: Clock,
    opened: RwLock<Option<Arc<Worker>>>,
    pub guests: Guests,
    pub first: Mutex<Option<FirstLink>>,
    pub rates: Rates,
    pub idle: Idle,
    /// Places for those who follow what is under way.
    followers: Arc<Semaphore>,
}

impl Console {
    /// A console of a ledger; guests are let in by a demo only.
    pub fn new(config: Config, clock: Clock, guests: Vec<Guest>) -> Console {
        let (opened, first) = (RwLock::new(None), Mutex::new(None));
        let followers = Arc::new(Semaphore::new(CONSOLE_FOLLOWERS));
        Console {
            config,
            clock,
            opened,
            guests: Guests::of(guests),
            first,
            rates: Rates::default(),
            idle: Idle::default(),
            followers,
        }
    }

    /// Whether it is a demo's.
    pub fn is_demo(&self) -> bool {
        matches!(self.clock, Clock::Demo { .. })
    }

    /// Now.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn now(&self, ledger: &Ledger) -> Result<Timestamp, Refusal> {
        match self.clock {
            Clock::Database => Ok(ledger.clock().await?),
            Clock::Demo { ended, at } => {
                let since = SignedDuration::try_from(at.elapsed()).unwrap_or_default();
                Ok(ended.saturating_add(since).unwrap_or(ended))
            }
        }
    }

    /// Ledger, keys and the tables of the day; opened when they are first asked for, and again when the day or an
    /// import changes them.
    ///
    /// # Errors
    /// The database does not answer, or something of the configuration cannot be used.
    pub async fn worker(&self) -> Result<(Arc<Worker>, Timestamp), Refusal> {
        if let Some(worker) = self.opened.read().await.clone() {
            let now = self.now(&worker.ledger).await?;
            if worker.calendar_day == local_date(now) && !worker.is_stale().await? {
                return Ok((worker, now));
            }
        }
        let mut opened = self.opened.write().await;
        let now = match (&*opened, self.clock) {
            (Some(worker), _) => self.now(&worker.ledger).await?,
            (None, Clock::Demo { ended, .. }) => ended,
            (None, Clock::Database) => Timestamp::now(),
        };
        let today = local_date(now);
        if let Some(worker) = opened.as_ref().filter(|worker| worker.calendar_day == today)
            && !worker.is_stale().await?
        {
            // Somebody else opened it meanwhile.
            return Ok((worker.clone(), now));
        }
        let worker = Worker::unsettled(self.config.clone(), today, Opening::Make).await?;
        // Operations on the quarantine take leases, and no worker may have this name.
        let name = match opened.as_ref().and_then(|before| before.held_name()) {
            Some(name) => name,
            None => Arc::new(worker.ledger.take_name_like("console").await?),
        };
        let worker = Arc::new(worker.under(name));
        *opened = Some(worker.clone());
        let now = self.now(&worker.ledger).await?;
        Ok((worker, now))
    }

    /// The links that are printed when it starts: a demo's guests, or that of the first user while there is none.
    pub async fn links(&self) -> Vec<(String, String)> {
        let mut links: Vec<_> = self.guests.links().map(|(role, link)| (role.to_owned(), link.to_owned())).collect();
        // A database that is away now may have users.
        let nobody = match self.worker().await {
            Ok((worker, _)) if links.is_empty() => !worker.ledger.has_users().await.unwrap_or(true),
            _ => false,
        };
        if nobody && let Ok(mut first) = self.first.lock() {
            let link = first.insert(FirstLink::new());
            links.push((Role::Administrator.code().to_owned(), link.text().to_owned()));
        }
        links
    }

    /// A place for one more who follows what is under way; none where there are too many.
    pub fn follow(&self) -> Option<OwnedSemaphorePermit> {
        self.followers.clone().try_acquire_owned().ok()
    }

    /// Closes what is open.
    pub async fn close(&self) {
        if let Some(worker) = self.opened.write().await.take() {
            worker.ledger.close().await;
        }
    }
}
