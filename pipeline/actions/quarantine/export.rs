//! Unmasked messages of the quarantine, for a correction by hand: the only bulk export.
//!
//! It is recorded with its members before a byte leaves, like a reveal, and takes a second person once there are users,
//! or once a person had enough opened alone on that day. The same again is another disclosure, under an id of its own,
//! and takes another approval. Not here: bringing the corrected messages back (`quarantine retry --from`).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::refusal::{QuarantineError, QuarantineRefusal};
use super::retry::next_members;
use crate::crypto::keys::RecordOf;
use crate::crypto::objects::sha256;
use crate::limits::RETRY_MESSAGES;
use crate::quarantine::alone::needs_second;
use crate::quarantine::operation_record::{Operation, Request, name_operation, record_operation, recorded};
use crate::quarantine::quarantined::{Selection, choose};
use crate::step::{StageError, Worker};

/// Which messages somebody wants unmasked.
pub struct Wish<'a> {
    pub actor: &'a str,
    /// The person's words; kept encrypted.
    pub reason: &'a str,
    pub selection: Selection,
    /// The approval it takes, once a second person gave it.
    pub approval: Option<i64>,
}

/// Unmasked messages, one a line, and the operation that is recorded.
pub struct Exported {
    pub id: String,
    pub count: i64,
    pub bytes: Vec<u8>,
}

impl Wish<'_> {
    /// Exactly what will be done.
    pub fn request(&self) -> Value {
        let s = &self.selection;
        json!({ "by": self.actor, "ids": s.ids, "code": s.code, "outcome": s.outcome, "region": s.region,
            "since": s.since, "reason": self.reason })
    }
}

/// Records an export and opens its messages.
pub async fn export(worker: &Worker, wish: &Wish<'_>, now: Timestamp) -> Result<Exported, QuarantineError> {
    let mut request = Request {
        what: "reveal",
        at: now,
        actor: wish.actor,
        reason: Some(worker.keys.encrypt(wish.reason.as_bytes())?),
        digest: String::new(),
        approval: wish.approval,
    };
    let mut tx = worker.ledger.begin().await?;
    choose(&mut tx, &wish.selection).await?;
    // The same was perhaps disclosed before; every time has a name of its own.
    let mut times = 0;
    let (id, count) = loop {
        request.digest = sha256(json!([wish.request(), times]).to_string().as_bytes());
        let (id, count) = name_operation(&mut tx, &request).await?;
        if recorded(&mut tx, &id).await?.is_none() {
            break (id, count);
        }
        times += 1;
    };
    if count == 0 {
        return Err(QuarantineRefusal::NothingChosen { ids: Vec::new() }.into());
    }
    if count > RETRY_MESSAGES {
        return Err(QuarantineRefusal::TooMany { count }.into());
    }
    let limit = worker.config.alone_a_day.value as i64;
    if wish.approval.is_none() && needs_second(&mut tx, request.what, count, limit, now).await? {
        return Err(QuarantineRefusal::NeedsSecond { id, count }.into());
    }
    let operation = record_operation(&mut tx, &request, &id, count).await?;
    tx.commit().await?;
    Ok(Exported { id, count, bytes: lines(worker, &operation).await? })
}

async fn lines(worker: &Worker, operation: &Operation) -> Result<Vec<u8>, StageError> {
    let members = next_members(&mut worker.ledger.read().await?, operation, 0).await?;
    let mut bytes = Vec::new();
    for member in members {
        let message = worker.keys.decrypt_of(RecordOf::Message(member.id), &member.encrypted)?;
        // A line break inside JSON is white space, so each message fits on its line.
        bytes.extend(message.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
        bytes.push(b'\n');
    }
    Ok(bytes)
}
