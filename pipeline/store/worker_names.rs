//! Workers' names: two live processes never have the same one, or they would take each other's leases.
//!
//! A name is held by a lock that goes with the process, however it ends: on PostgreSQL an advisory lock
//! of a connection of its own, on SQLite (one machine) a lock on a file beside the database. So a
//! worker killed with -9 has its name, and with it its leases, again at once. No clock is involved.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use sqlx::Connection;
use tokio::sync::Mutex;

use super::engine::Pool;
use super::postgres::session::Session;
use super::timeouts::within;
use super::{Ledger, LedgerError};
use crate::args;
use crate::limits::DATABASE_PING_SECONDS;

/// Marks our advisory locks among those of other programs on the server ("card").
const LOCK_SPACE: i32 = 0x6361_7264;
/// Tries for the name asked for first: the server may need a moment to see that its last holder died.
const PATIENCE: (u32, Duration) = (20, Duration::from_millis(100));
/// Workers of one base name; beyond this somebody starts them in a loop.
const NUMBERED_MAX: u32 = 999;

/// A name, held as long as this lives.
pub struct HeldName {
    pub name: String,
    lock: Lock,
}

enum Lock {
    Postgres(Mutex<Session>),
    #[expect(dead_code, reason = "the lock goes when the file is closed")]
    Sqlite(File),
}

impl Ledger {
    /// Takes exactly this name; `None` when another live process has it.
    pub async fn take_name(&self, name: &str) -> Result<Option<HeldName>, LedgerError> {
        for attempt in 0.. {
            if let Some(lock) = self.try_lock(name).await? {
                return Ok(Some(HeldName { name: name.into(), lock }));
            }
            if attempt >= PATIENCE.0 {
                break;
            }
            tokio::time::sleep(PATIENCE.1).await;
        }
        Ok(None)
    }

    /// Takes the name, or the first free one of `name-2`, `name-3`, …
    pub async fn take_name_like(&self, name: &str) -> Result<HeldName, LedgerError> {
        if let Some(held) = self.take_name(name).await? {
            return Ok(held);
        }
        for number in 2..=NUMBERED_MAX {
            let name = format!("{name}-{number}");
            if let Some(lock) = self.try_lock(&name).await? {
                return Ok(HeldName { name, lock });
            }
        }
        Err(LedgerError::Shape(format!("{NUMBERED_MAX} live workers are called {name}")))
    }

    /// How many live processes work on this ledger: daemons, and commands that run steps. A name that is held
    /// dies with its process, so this needs no clock.
    pub async fn live_workers(&self) -> Result<usize, LedgerError> {
        match self.pool() {
            Pool::Postgres(_) => {
                let sql = "SELECT count(DISTINCT objid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2
                    AND CAST(classid AS BIGINT) = $1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
                let held = self.read().await?.number(sql, args![i64::from(LOCK_SPACE)]).await?;
                Ok(usize::try_from(held).unwrap_or(0))
            }
            Pool::Sqlite(connections) => {
                let file = connections.file();
                let failed = |source| LedgerError::Folder { folder: file.into(), source };
                let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
                let begin = format!("{}.worker-", file.file_stem().unwrap_or_default().to_string_lossy());
                let mut held = 0;
                for entry in folder.unwrap_or(Path::new(".")).read_dir().map_err(failed)? {
                    let entry = entry.map_err(failed)?;
                    if !entry.file_name().to_string_lossy().starts_with(&begin) {
                        continue;
                    }
                    // Of a process that we may not ask, nobody knows.
                    let Ok(lock) = File::options().append(true).open(entry.path()) else { continue };
                    held += usize::from(matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)));
                }
                Ok(held)
            }
        }
    }

    async fn try_lock(&self, name: &str) -> Result<Option<Lock>, LedgerError> {
        match self.pool() {
            Pool::Postgres(connections) => {
                let mut session = connections.connect().await?;
                let sql = "SELECT pg_try_advisory_lock($1, hashtext($2))";
                let asked = sqlx::query_scalar(sql).bind(LOCK_SPACE).bind(name).fetch_one(&mut session.connection);
                let locked: bool = within(connections.patience.answer, sql, asked).await?;
                Ok(locked.then(|| Lock::Postgres(Mutex::new(session))))
            }
            Pool::Sqlite(connections) => {
                let plain: String =
                    name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect();
                let path = connections.file().with_extension(format!("worker-{plain}"));
                let folder = |source| LedgerError::Folder { folder: path.clone(), source };
                let file = File::options().create(true).append(true).open(&path).map_err(folder)?;
                match file.try_lock() {
                    Ok(()) => Ok(Some(Lock::Sqlite(file))),
                    Err(TryLockError::WouldBlock) => Ok(None),
                    Err(TryLockError::Error(source)) => Err(folder(source)),
                }
            }
        }
    }
}

impl HeldName {
    /// Whether the name is still ours. A connection that broke or fell silent may have taken the lock with
    /// it: it is taken again; `false` when another process was quicker.
    pub async fn confirm(&self, ledger: &Ledger) -> Result<bool, LedgerError> {
        let (Lock::Postgres(session), Pool::Postgres(connections)) = (&self.lock, ledger.pool()) else {
            return Ok(true);
        };
        let mut session = session.lock().await;
        let bound = Duration::from_secs(DATABASE_PING_SECONDS).min(connections.patience.answer);
        if within(bound, "ping", session.connection.ping()).await.is_ok() {
            return Ok(true);
        }
        // The server may not know yet that it is gone, and keep the lock for it.
        connections.end(&session.facts.backend).await?;
        match ledger.take_name(&self.name).await? {
            Some(HeldName { lock: Lock::Postgres(fresh), .. }) => {
                tracing::warn!(
                    name = self.name,
                    "the connection that held the worker's name was lost; the name is held again"
                );
                *session = fresh.into_inner();
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}
