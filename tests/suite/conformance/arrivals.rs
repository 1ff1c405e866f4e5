//! Messages made by hand, and a ledger that takes them in chunk by chunk.

use cardline::args;
use cardline::route::intake::settle::{ArrivingFacts, ArrivingFinding, ArrivingMessage, ChunkSource, IntakeCounts};
use cardline::store::{Ledger, LedgerError, Stamp};
use cardline::time::instant;
use cardline_core::domain::outcomes::MessageOutcome;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use sha2::{Digest, Sha256};

use crate::databases::{Database, Engine};
use crate::plays::broken;

pub const TODAY: Date = date(2026, 1, 5);

pub fn now() -> Timestamp {
    instant(TODAY, 9, 0)
}

pub fn why() -> Stamp<'static> {
    Stamp { at: now(), actor: "suite", reason: "a test" }
}

/// A clean application of a person; its digest is of what is named here.
pub fn arriving(application: u32, revision: i64, person: &str) -> ArrivingMessage {
    let application_id = format!("110101-20260105-{application:09}");
    ArrivingMessage {
        position: 0,
        event_id: Some(format!("event-{application}-{revision}")),
        digest: Sha256::digest(format!("{application_id}/{revision}/{person}")).to_vec(),
        application_id: Some(application_id),
        revision: Some(revision),
        outcome: MessageOutcome::Accepted,
        reason: None,
        encrypted: vec![0, 1, 2, 255],
        facts: Some(ArrivingFacts {
            person: Sha256::digest(person).to_vec(),
            kind: "first_issue",
            lane: "normal",
            region: "110101".into(),
            bank: "ICBC".into(),
            outlet: "102100000030".into(),
            method: "bank_outlet",
            point: "102100000030".into(),
            photo: "photos/1.jpg#00".into(),
            approved_on: TODAY,
            promise_on: date(2026, 2, 4),
            sixteen_on: None,
            correct_by: date(2026, 2, 4),
            previous_number: None,
            previous_reason: None,
        }),
        findings: Vec::new(),
    }
}

/// The same, with an error found by the catalogue.
pub fn wrong(application: u32, revision: i64, person: &str) -> ArrivingMessage {
    let finding = ArrivingFinding { rule: "MOBILE-FORM", field: "holder.mobile".into(), severity: "error" };
    ArrivingMessage {
        outcome: MessageOutcome::Rejected,
        findings: vec![finding],
        ..arriving(application, revision, person)
    }
}

/// What could not be read.
pub fn unreadable() -> ArrivingMessage {
    ArrivingMessage {
        event_id: None,
        application_id: None,
        revision: None,
        outcome: MessageOutcome::Quarantined,
        reason: Some("NOT-JSON".into()),
        facts: None,
        ..arriving(0, 0, "")
    }
}

/// A ledger and the position of its one source.
pub struct Intake {
    pub ledger: Ledger,
    pub next: i64,
}

impl Intake {
    pub async fn on(database: &Database) -> Intake {
        let ledger = database.ledger().await;
        assert_eq!(ledger.positions("card.applications", &[0]).await.unwrap(), [(0, 0)]);
        Intake { ledger, next: 0 }
    }

    /// Settles a chunk; the position moves when it was settled.
    pub async fn settle(&mut self, messages: Vec<ArrivingMessage>) -> Result<IntakeCounts, LedgerError> {
        let next = self.next + messages.len() as i64;
        let counts = self.settle_between(self.next, next, messages).await?;
        self.next = next;
        Ok(counts)
    }

    pub async fn settle_between(
        &self,
        stored: i64,
        next: i64,
        mut messages: Vec<ArrivingMessage>,
    ) -> Result<IntakeCounts, LedgerError> {
        for (message, position) in messages.iter_mut().zip(stored..) {
            message.position = position;
        }
        let source = ChunkSource {
            topic: "card.applications".into(),
            partition: 0,
            first: stored,
            next,
            stored: Some(stored),
            generation: 1,
        };
        let lease = self.ledger.take_lease("intake", "suite", now(), 60).await.unwrap().unwrap();
        self.ledger.settle_chunk(&lease, &source, messages, why(), TODAY).await
    }

    /// Settles one message and returns its outcome.
    pub async fn verdict(&mut self, message: ArrivingMessage) -> &'static str {
        let counts = self.settle(vec![message]).await.unwrap();
        assert_eq!(counts.received, 1);
        match counts {
            IntakeCounts { accepted: 1, .. } => "accepted",
            IntakeCounts { rejected: 1, .. } => "rejected",
            IntakeCounts { repeated: 1, .. } => "repeated",
            IntakeCounts { conflicting: 1, .. } => "conflicting",
            _ => "quarantined",
        }
    }

    /// Takes in a message whose gap has closed.
    pub async fn promote(&self, mut message: ArrivingMessage) -> IntakeCounts {
        let ready = *self.ledger.ready_gaps(1).await.unwrap().first().expect("a message whose gap has closed");
        let waiting = self.ledger.ready_gap(ready).await.unwrap().expect("it is still there");
        assert_eq!(waiting.encrypted, message.encrypted);
        message.position = waiting.id;
        let lease = self.ledger.take_lease("gaps", "suite", now(), 60).await.unwrap().unwrap();
        self.ledger.settle_gap(&lease, &waiting, vec![message], why(), TODAY).await.unwrap()
    }

    /// State and revision of an application.
    pub async fn stands(&self, application: u32) -> Option<(String, i64)> {
        let key = format!("110101-20260105-{application:09}");
        self.ledger.trace(&key).await.unwrap().map(|trace| (trace.state, trace.revision))
    }

    /// Every law holds over everything.
    pub async fn books_hold(&self) {
        let report = self.ledger.books(now(), true, None).await.unwrap();
        assert_eq!(broken(&report), Vec::<String>::new());
    }
}

/// Runs a statement that a test needs, in a transaction of its own.
pub async fn execute(ledger: &Ledger, sql: &str) -> u64 {
    let mut tx = ledger.begin().await.unwrap();
    let rows = tx.run(sql.to_owned().leak(), args![]).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    tx.commit().await.unwrap();
    rows
}

pub async fn number(ledger: &Ledger, sql: &str) -> i64 {
    ledger.read().await.unwrap().number(sql.to_owned().leak(), args![]).await.unwrap()
}

/// The one text column of a statement.
pub async fn texts(ledger: &Ledger, sql: &'static str) -> Vec<String> {
    let mut tx = ledger.read().await.unwrap();
    tx.rows::<(String,)>(sql, args![]).await.unwrap().into_iter().map(|(text,)| text).collect()
}

/// A statement that gives every text column of every table, as `table.column`.
pub fn text_columns(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => {
            "SELECT CAST(c.table_name AS TEXT) || '.' || CAST(c.column_name AS TEXT) FROM information_schema.columns c
             JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
             WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'
                AND c.data_type NOT IN ('bigint', 'integer', 'smallint', 'boolean', 'bytea', 'timestamp with time zone') ORDER BY 1"
        }
        Engine::Sqlite => {
            "SELECT m.name || '.' || p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p
             WHERE m.type = 'table' AND p.type NOT IN ('BIGINT', 'INTEGER', 'BOOLEAN', 'BLOB', 'TIMESTAMP', '') ORDER BY 1"
        }
    }
}
