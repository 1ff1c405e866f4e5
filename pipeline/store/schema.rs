//! The schema: which migrations this program knows, which a database has, and whether the two go together.
//!
//! Invariants: all pending migrations run in one transaction under one lock, so that workers that start
//! at once wait for each other and a killed one leaves nothing half; a program works on a newer schema
//! as long as that schema's floor says that it may.

use std::borrow::Cow;
use std::sync::LazyLock;

use sha2::{Digest, Sha384};

use super::{Ledger, LedgerError, Tx};
use crate::args;
use crate::limits::{SCHEMA_LOCK_SECONDS, SCHEMA_LOCK_TRIES};

/// What opening may do to a ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Opening {
    /// Makes it where there is none, and brings its schema up to date.
    Make,
    /// It must be there; its schema is brought up to date.
    Change,
    /// It must be there, with the schema this program knows.
    Look,
}

/// The files of `schemas/sql`, with both engines' texts, oldest first; listed when the program is built.
const BUILT_IN: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// Held while migrations run; any number that nothing else of ours uses.
const MIGRATION_LOCK: i64 = 6_073_100;

/// The table of what was applied; `sqlx` made it in the first release, and its shape stays.
const APPLIED_SQLITE: &str = "CREATE TABLE IF NOT EXISTS _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum BLOB NOT NULL, execution_time BIGINT NOT NULL)";
const APPLIED_POSTGRES: &str = "CREATE TABLE IF NOT EXISTS _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL,
    installed_on TIMESTAMPTZ NOT NULL DEFAULT now(), success BOOLEAN NOT NULL, checksum BYTEA NOT NULL, execution_time BIGINT NOT NULL)";

/// One step of the schema, as one engine runs it.
#[derive(Clone)]
struct Migration {
    number: i64,
    about: String,
    sql: Cow<'static, str>,
    /// Of the text, so that one that was changed after it ran is seen.
    checksum: Vec<u8>,
}

impl Migration {
    fn new(number: i64, about: &str, sql: impl Into<Cow<'static, str>>) -> Migration {
        let sql = sql.into();
        let checksum = Sha384::digest(&*sql).to_vec();
        Migration { number, about: about.to_owned(), sql, checksum }
    }

    fn named(&self) -> Named {
        Named { migration: self.number, about: self.about.clone() }
    }
}

/// The migrations a program knows, oldest first.
#[derive(Clone)]
pub struct Schema {
    sqlite: Vec<Migration>,
    postgres: Vec<Migration>,
}

/// A migration by number and name.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Named {
    pub migration: i64,
    pub about: String,
}

/// How a database stands to a program.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SchemaState {
    /// What the database has, with those this program does not know.
    pub applied: Vec<Named>,
    /// What this program would do to it.
    pub pending: Vec<Named>,
    /// Applied by a newer version.
    pub unknown: Vec<i64>,
    /// The least a program must know to work here.
    pub floor: i64,
    /// The newest migration this program knows.
    pub newest_known: i64,
}

impl SchemaState {
    /// Fails when the schema grew past this program.
    pub fn fits(&self) -> Result<(), LedgerError> {
        if self.unknown.is_empty() || self.newest_known >= self.floor {
            return Ok(());
        }
        Err(LedgerError::Outgrown { floor: self.floor, newest: self.newest_known })
    }
}

impl Schema {
    /// What this program was built with.
    pub fn built_in() -> Schema {
        // A worker looks at it every round: the texts are digested once.
        static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::read);
        SCHEMA.clone()
    }

    fn read() -> Schema {
        let mut schema = Schema { sqlite: Vec::new(), postgres: Vec::new() };
        for ((file, sqlite, postgres), number) in BUILT_IN.iter().zip(1..) {
            let about = file
                .trim_end_matches(".sql")
                .trim_start_matches(|c: char| c.is_ascii_digit() || c == '_')
                .replace('_', " ");
            schema.sqlite.push(Migration::new(number, &about, *sqlite));
            schema.postgres.push(Migration::new(number, &about, *postgres));
        }
        schema
    }

    /// As a later version knows it: one migration more, with the same text on both engines.
    pub fn and(mut self, number: i64, about: &'static str, sql: &str) -> Schema {
        for list in [&mut self.sqlite, &mut self.postgres] {
            list.push(Migration::new(number, about, sql.to_owned()));
        }
        self
    }

    fn of(&self, tx: &Tx) -> &[Migration] {
        if tx.is_postgres() { &self.postgres } else { &self.sqlite }
    }
}

impl Ledger {
    /// How the database stands to these migrations. Changes nothing.
    pub async fn schema_state(&self, schema: &Schema) -> Result<SchemaState, LedgerError> {
        state(&mut self.read().await?, schema).await
    }

    /// Runs what is pending, all or nothing; returns what was run. Any number of workers may do so at once.
    pub async fn migrate(&self, schema: &Schema) -> Result<Vec<Named>, LedgerError> {
        let seen = self.schema_state(schema).await?;
        seen.fits()?;
        // The usual start takes no lock.
        if seen.pending.is_empty() {
            return Ok(Vec::new());
        }
        let mut tries = 0;
        loop {
            tries += 1;
            match self.migrate_once(schema).await {
                // Somebody works on a table: give way, or everybody else would queue behind us.
                Err(error) if error.is_passing() && tries < SCHEMA_LOCK_TRIES => {
                    tracing::warn!(%error, tries, "the schema is brought up to date later");
                    tokio::time::sleep(std::time::Duration::from_secs(SCHEMA_LOCK_SECONDS)).await;
                }
                other => return other.map_err(LedgerError::of_migration),
            }
        }
    }

    async fn migrate_once(&self, schema: &Schema) -> Result<Vec<Named>, LedgerError> {
        let mut tx = self.begin().await?;
        tx.without_hurry();
        if tx.is_postgres() {
            // Whoever migrates may take its time; a table that somebody uses is waited for only briefly.
            tx.script("SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0").await?;
            tx.lock(MIGRATION_LOCK).await?;
            tx.script(&format!("SET LOCAL lock_timeout = '{SCHEMA_LOCK_SECONDS}s'")).await?;
        }
        tx.script(if tx.is_postgres() { APPLIED_POSTGRES } else { APPLIED_SQLITE }).await?;
        // Another worker may have been quicker.
        let state = state(&mut tx, schema).await?;
        state.fits()?;
        let known = schema.of(&tx).to_vec();
        for migration in known.iter().filter(|m| state.pending.iter().any(|p| p.migration == m.number)) {
            tx.script(&migration.sql).await?;
            tx.scratch(
                "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES ($1, $2, $3, $4, -1)",
                args![migration.number, &*migration.about, true, &*migration.checksum],
            )
            .await?;
        }
        tx.commit().await?;
        Ok(state.pending)
    }

    /// Fails when a newer version took something away that this program needs.
    pub async fn still_fits(&self) -> Result<(), LedgerError> {
        self.schema_state(&Schema::built_in()).await?.fits()
    }
}

async fn state(tx: &mut Tx, schema: &Schema) -> Result<SchemaState, LedgerError> {
    let known = schema.of(tx);
    let newest_known = known.iter().map(|m| m.number).max().unwrap_or(0);
    let mut pending: Vec<Named> = known.iter().map(Migration::named).collect();
    let known: Vec<(i64, Vec<u8>)> = known.iter().map(|m| (m.number, m.checksum.clone())).collect();
    if !tx.has_table("_sqlx_migrations").await? {
        return Ok(SchemaState { applied: Vec::new(), pending, unknown: Vec::new(), floor: 0, newest_known });
    }
    let rows = tx
        .rows::<(i64, String, Vec<u8>)>(
            "SELECT version, description, checksum FROM _sqlx_migrations ORDER BY version",
            args![],
        )
        .await?;
    let floor = if tx.has_table("schema_floor").await? {
        tx.number("SELECT COALESCE(max(migration), 0) FROM schema_floor", args![]).await?
    } else {
        0
    };
    let mut unknown = Vec::new();
    for (version, _, checksum) in &rows {
        match known.iter().find(|(number, _)| number == version) {
            None => unknown.push(*version),
            Some((_, ours)) if ours != checksum => return Err(LedgerError::MigrationChanged { migration: *version }),
            Some(_) => pending.retain(|p| p.migration != *version),
        }
    }
    let applied = rows.into_iter().map(|(migration, about, _)| Named { migration, about }).collect();
    Ok(SchemaState { applied, pending, unknown, floor, newest_known })
}

#[cfg(test)]
mod tests {
    use super::BUILT_IN;

    #[test]
    fn every_file_is_known_on_both_engines() {
        for engine in ["sqlite", "postgres"] {
            let folder = format!("{}/../schemas/sql/{engine}", env!("CARGO_MANIFEST_DIR"));
            let mut files: Vec<String> = std::fs::read_dir(folder)
                .unwrap()
                .map(|file| file.unwrap().file_name().into_string().unwrap())
                .collect();
            files.sort();
            let known: Vec<&str> = BUILT_IN.iter().map(|(file, ..)| *file).collect();
            assert_eq!(known, files, "{engine}");
        }
    }
}
