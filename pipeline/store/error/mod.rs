//! What can go wrong in the ledger.

use std::path::PathBuf;

use cures::cure;

use super::topic_identity::TopicIdentity;

/// An error of the ledger. It never carries a bound value, only statements and names.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("the database address must be sqlite:PATH or postgres://…; set CARDLINE_DATABASE")]
    Address,
    #[error("cannot make the folder {folder} for the database: {source}")]
    Folder { folder: PathBuf, source: std::io::Error },
    #[error("there is no ledger in {place}: the path may be mistyped, or a volume not mounted; nothing was made")]
    NoLedger { place: String },
    #[error(
        "the ledger in {place} is of an older version: migration {migration} is pending, and who only looks runs none"
    )]
    Older { place: String, migration: i64 },
    #[error("database: {0}{cure}", cure = cure(.0))]
    Database(#[from] sqlx::Error),
    #[error("database, at `{statement}`: {source}{cure}", cure = cure(.source))]
    Statement { statement: String, source: sqlx::Error },
    #[error("no connection to the database at {at}: {source}{cure}", cure = cure(.source))]
    Connect { at: String, source: sqlx::Error },
    #[error(
        "no connection to the database at {at}: no answer within {seconds} s; look whether its address is right, whether the server still runs, and what lies between"
    )]
    NoConnection { at: String, seconds: u64 },
    #[error("target_session_attrs is to be any, read-write, read-only, primary, standby or prefer-standby, not {word}")]
    TargetWord { word: String },
    #[error("no server of the address is what is wanted ({wanted}): {told}; it is looked for again")]
    NoServer { wanted: &'static str, told: String },
    #[error("others of this process were writing for {seconds} s, and the turn did not come; it is tried again")]
    WriterBusy { seconds: u64 },
    #[error("all {connections} connections of this worker were busy for {seconds} s")]
    Busy { connections: u32, seconds: u64 },
    #[error(
        "the database {database} is encoded in {encoding}, and a ledger needs UTF8: make another one (CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0)"
    )]
    Encoding { database: String, encoding: String },
    #[error(
        "this role may not make temporary tables in {database}: GRANT TEMPORARY ON DATABASE {database} TO the role"
    )]
    NoTemporary { database: String },
    #[error(
        "this role may not make or change the ledger's tables ({told}): GRANT CREATE ON SCHEMA public TO the role, or make it the owner of the database"
    )]
    NoCreate { told: String },
    #[error(
        "between this worker and the database at {at} stands a pooler that gives every transaction another session; locks and temporary tables need one that stays: set pool_mode = session, or connect directly"
    )]
    Pooled { at: String },
    #[error("the database takes no writes now: {why}")]
    ReadOnly { why: &'static str },
    #[error("database, at `{statement}`: no answer within {seconds} s; the connection is given up")]
    Silent { statement: String, seconds: u64 },
    #[error(
        "the connection was lost while the database committed: what was asked for may be done or not ({source}); look before it is asked for again"
    )]
    InDoubt { source: Box<LedgerError> },
    #[error(
        "a PostgreSQL is backed up by its own tools: pg_basebackup with archived WAL, never a dump (ops/runbooks/restore.md)"
    )]
    OwnTools,
    #[error(
        "the ledger could not be copied into {folder} to be tried there: {source}; make room, or set TMPDIR to where there is some"
    )]
    Copy { folder: String, source: Box<dyn std::error::Error + Send + Sync> },
    #[error(
        "migration {migration} was applied with another text than this program has; use the version that belongs to this database"
    )]
    MigrationChanged { migration: i64 },
    #[error(
        "a newer version changed the database: at least migration {floor} must be known, this program knows up to {newest}; stop it and start the newer version (ops/runbooks/schema-upgrade.md)"
    )]
    Outgrown { floor: i64, newest: i64 },
    #[error(
        "{found}; nothing is cut, sent or told until a person accepts with a reason (ops/runbooks/database-history-shrank.md)"
    )]
    Reconciling { found: String },
    #[error("the lease on {work} was taken over by another worker; nothing was written")]
    Fenced { work: String },
    #[error("{machine}: no edge from {from} to {to}; the table of states shows those there are")]
    NoEdge { machine: &'static str, from: String, to: String },
    #[error("{machine}: {expected} were to move from {from} to {to}, but {found} stood there")]
    LostRace { machine: &'static str, from: String, to: String, expected: i64, found: i64 },
    #[error("{topic}, partition {partition}: the stored position is not {expected}; another worker was here")]
    OffsetMoved { topic: String, partition: i64, expected: i64 },
    #[error("other cuts took what {partner} makes in a day ({capacity} cards) meanwhile; nothing was written")]
    DayUsedUp { partner: String, capacity: i64 },
    #[error(
        "{topic} is not the topic whose positions are stored: it was made anew, or this is another cluster \
         (stored: {known}; found: {found}). Nothing was read of it. Look which it is, and accept it \
         with a reason"
    )]
    OtherTopic { topic: String, known: Box<TopicIdentity>, found: Box<TopicIdentity> },
    #[error(
        "{topic} went on, or somebody accepted it, in between; nothing was written: look again at where the topics stand"
    )]
    AcceptedMeanwhile { topic: String },
    #[error("another import came in between; nothing was written: look at the preview again")]
    ImportedMeanwhile,
    #[error("{expected} messages were to be taken out of the quarantine, but {found} still stood in it; look again")]
    Taken { expected: i64, found: i64 },
    #[error("a user of this name is there already")]
    UserExists,
    #[error("no user has this name")]
    NoUser,
    #[error("{user} was disabled meanwhile; nothing was written")]
    UserDisabled { user: String },
    #[error(
        "the session of {user} ended meanwhile, or their role, scope or password changed; nothing was written: log in again"
    )]
    SessionEnded { user: String },
    #[error(
        "row {id} of {table} is not as it was written: somebody changed the database, so nothing was done; \
         look at law 15 of the books"
    )]
    ChangedRow { table: &'static str, id: i64 },
    #[error("{user} administers everything, and sets passwords: nothing is recovered while an administrator is there")]
    OtherAdministrator { user: String },
    #[error("the keys of this ledger are not at hand")]
    NoKeys,
    #[error("somebody must remain who administers everything: add another administrator first")]
    LastAdministrator,
    #[error("approval {approval} does not cover this: it is about something else, or its time is over")]
    NotCovered { approval: i64 },
    #[error(
        "{what} reaches beyond {scope}, which is all that {user} sees; ask an operator or administrator who sees all of it"
    )]
    Beyond { what: String, scope: String, user: String },
    #[error("{stream} is held; nothing was written")]
    OnHold { stream: String },
    #[error("stored value out of shape: {0}")]
    Shape(String),
}

/// SQLSTATE codes after which nothing was written and the same unit may succeed: serialization failure,
/// deadlock, a lock or a statement that took too long, and a server that stops, starts or is full up.
const PASSING_STATES: &[&str] =
    &["40001", "40P01", "55P03", "57014", "25P03", "57P01", "57P02", "57P03", "57P05", "53300"];
/// SQLite's result codes for the same: busy and locked, in all their forms.
const PASSING_RESULTS: &[&str] = &["5", "6", "261", "262", "517", "773"];

impl LedgerError {
    pub(crate) fn sql(statement: &str, source: sqlx::Error) -> LedgerError {
        LedgerError::Statement { statement: short(statement), source }
    }

    pub(crate) fn silent(statement: &str, seconds: u64) -> LedgerError {
        LedgerError::Silent { statement: short(statement), seconds }
    }

    /// What became of a commit that failed: refused by the database, or unknown.
    pub(crate) fn of_commit(self) -> LedgerError {
        let refused = match self.source_error() {
            // A server that goes down may say so before or after it committed.
            Some(sqlx::Error::Database(e)) => {
                !e.code().is_some_and(|code| code.starts_with("57P") || code.starts_with("08"))
            }
            _ => false,
        };
        if refused { self } else { LedgerError::InDoubt { source: Box::new(self) } }
    }

    fn source_error(&self) -> Option<&sqlx::Error> {
        match self {
            LedgerError::Database(source)
            | LedgerError::Statement { source, .. }
            | LedgerError::Connect { source, .. } => Some(source),
            _ => None,
        }
    }

    /// Whether the same unit of work may be claimed again: this try left no trace, or what it left is what
    /// the next claim sees. A commit in doubt is of the second kind: claiming reads the ledger again, behind
    /// the lease that the commit in doubt has spent.
    pub fn is_passing(&self) -> bool {
        match self {
            LedgerError::OffsetMoved { .. }
            | LedgerError::DayUsedUp { .. }
            | LedgerError::LostRace { .. }
            | LedgerError::Taken { .. }
            | LedgerError::OnHold { .. }
            | LedgerError::Silent { .. }
            | LedgerError::NoConnection { .. }
            | LedgerError::NoServer { .. }
            | LedgerError::Busy { .. }
            | LedgerError::WriterBusy { .. }
            | LedgerError::InDoubt { .. } => return true,
            _ => {}
        }
        match self.source_error() {
            Some(sqlx::Error::Database(e)) => {
                let code = e.code().unwrap_or_default();
                // Class 08 is a connection that broke.
                PASSING_STATES.contains(&&*code)
                    || PASSING_RESULTS.contains(&&*code)
                    || (code.len() == 5 && code.starts_with("08"))
                    || e.is_unique_violation()
            }
            // `Protocol` is what is read of a connection that was cut in the middle of an answer.
            Some(sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::PoolTimedOut) => true,
            _ => false,
        }
    }

    /// Whether a row with one of its unique keys is there already.
    pub(super) fn is_known_key(&self) -> bool {
        matches!(self.source_error(), Some(sqlx::Error::Database(error)) if error.is_unique_violation())
    }

    /// Whether the database may be read and not written: by its file's mode, its disk or its server.
    pub fn is_read_only(&self) -> bool {
        let code = |e: &dyn sqlx::error::DatabaseError| e.code().unwrap_or_default().into_owned();
        matches!(self, LedgerError::ReadOnly { .. })
            || matches!(self.source_error(), Some(sqlx::Error::Database(e))
                if code(&**e) == "25006" || code(&**e).parse().is_ok_and(|sqlite: u32| sqlite < 10_000 && sqlite & 0xff == 8))
    }

    /// Whether the database is away, full, or takes no writes: nothing is wrong with the unit of work, and
    /// every other would fail too.
    pub fn is_outage(&self) -> bool {
        match self {
            LedgerError::Silent { .. }
            | LedgerError::NoConnection { .. }
            | LedgerError::NoServer { .. }
            | LedgerError::Busy { .. }
            | LedgerError::ReadOnly { .. } => return true,
            LedgerError::InDoubt { source } => return source.is_outage(),
            _ => {}
        }
        match self.source_error() {
            Some(sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed) => true,
            Some(sqlx::Error::Database(e)) => e.code().is_some_and(|code| is_outage_code(&code)),
            _ => false,
        }
    }

    /// What a migration was refused for: rights on the schema are reported as such.
    pub(crate) fn of_migration(self) -> LedgerError {
        match self.source_error() {
            Some(sqlx::Error::Database(e)) if e.code().is_some_and(|code| code == "42501") => {
                LedgerError::NoCreate { told: e.message().to_owned() }
            }
            _ => self,
        }
    }
}

/// PostgreSQL: connection lost, out of resources, shutting down, no writes. SQLite: input or output failed,
/// full, cannot be opened, no writes.
fn is_outage_code(code: &str) -> bool {
    match code.parse::<u32>() {
        Ok(sqlite) if code.len() < 5 => matches!(sqlite & 0xff, 8 | 10 | 13 | 14),
        _ => ["08", "53", "57P", "25006"].iter().any(|class| code.starts_with(class)),
    }
}

fn short(statement: &str) -> String {
    statement.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(120).collect()
}

mod cures;
#[cfg(test)]
mod tests;
