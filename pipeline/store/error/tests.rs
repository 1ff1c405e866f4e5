//! Which faults are passing: a table over codes, because the driver retries on this alone.

use std::borrow::Cow;
use std::fmt;

use sqlx::error::{DatabaseError, ErrorKind};

use crate::store::LedgerError;

/// An error as a database would send it.
#[derive(Debug)]
struct Sent(&'static str, ErrorKind);

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "code {}", self.0)
    }
}

impl std::error::Error for Sent {}

impl DatabaseError for Sent {
    fn message(&self) -> &str {
        "sent"
    }
    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.0.into())
    }
    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }
    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }
    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }
    fn kind(&self) -> ErrorKind {
        match self.1 {
            ErrorKind::UniqueViolation => ErrorKind::UniqueViolation,
            ErrorKind::CheckViolation => ErrorKind::CheckViolation,
            _ => ErrorKind::Other,
        }
    }
}

fn sent(code: &'static str) -> LedgerError {
    let kind = match code {
        "23505" | "2067" | "1555" => ErrorKind::UniqueViolation,
        "23514" | "275" => ErrorKind::CheckViolation,
        _ => ErrorKind::Other,
    };
    LedgerError::sql("UPDATE t", sqlx::Error::Database(Box::new(Sent(code, kind))))
}

#[test]
fn a_fault_is_passing_when_the_same_unit_may_succeed() {
    for (code, passing, what) in [
        ("40001", true, "serialization failure"),
        ("40P01", true, "deadlock"),
        ("55P03", true, "somebody holds the lock"),
        ("57014", true, "statement cancelled"),
        ("25P03", true, "idle in a transaction too long"),
        ("57P01", true, "the server stops"),
        ("57P02", true, "the server crashed"),
        ("57P03", true, "the server starts"),
        ("53300", true, "too many connections"),
        ("08006", true, "connection failure"),
        ("08P01", true, "half a message"),
        ("23505", true, "unique: another worker was quicker"),
        ("2067", true, "the same on SQLite"),
        ("5", true, "SQLite busy"),
        ("517", true, "SQLite busy snapshot"),
        ("23514", false, "check violated"),
        ("275", false, "the same on SQLite"),
        ("42601", false, "syntax"),
        ("42P01", false, "no such table"),
        ("53100", false, "disk full: a person makes room"),
        ("25006", false, "a standby takes no writes"),
        ("28P01", false, "wrong password"),
        ("3D000", false, "no such database"),
        ("13", false, "SQLite: disk full"),
        ("11", false, "SQLite: the file is damaged"),
        ("08", false, "no code of PostgreSQL"),
    ] {
        assert_eq!(sent(code).is_passing(), passing, "{code}: {what}");
    }
    let io = || sqlx::Error::Io(std::io::Error::other("reset"));
    assert!(LedgerError::Database(io()).is_passing());
    assert!(LedgerError::Database(sqlx::Error::PoolTimedOut).is_passing());
    assert!(LedgerError::silent("SELECT 1", 5).is_passing());
    assert!(!LedgerError::Database(sqlx::Error::RowNotFound).is_passing());
    assert!(!LedgerError::Outgrown { floor: 7, newest: 6 }.is_passing());
    assert!(!LedgerError::Fenced { work: "cut".into() }.is_passing(), "the late writer stops");
}

#[test]
fn a_commit_is_in_doubt_unless_the_database_refused_it() {
    let io = || LedgerError::Database(sqlx::Error::Io(std::io::Error::other("reset")));
    for (error, in_doubt) in [
        (io(), true),
        (LedgerError::silent("COMMIT", 5), true),
        (sent("57P01"), true),
        (sent("08006"), true),
        (sent("40001"), false),
        (sent("23505"), false),
        (sent("5"), false),
    ] {
        let text = error.to_string();
        assert_eq!(matches!(error.of_commit(), LedgerError::InDoubt { .. }), in_doubt, "{text}");
    }
}
