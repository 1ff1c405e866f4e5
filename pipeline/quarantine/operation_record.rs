//! Operations on the quarantine: who did what to which messages, when and why; append-only.
//!
//! A person previews an operation first: its id is the digest of what was asked for and of the
//! ids of the messages it takes, so that nothing else can be confirmed under it, and running it again
//! goes on where it stopped. Not here: which messages are chosen (`quarantine`), and what becomes of
//! them when they are taken in again (`retry`).

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::alone::{counted, needs_second};
use crate::hex::hex;
use crate::limits::OPERATION_IDS_PER_PAGE;
use crate::people::approvals::use_approval;
use crate::store::row_macs::{catalog, counts};
use crate::store::scope::in_scope;
use crate::store::{Ledger, LedgerError, Stamp, Tx};
use crate::{args, row};

/// What somebody asks for, before it is known which messages that takes.
pub struct Request<'a> {
    /// `retry`, `repair`, `discard` or `reveal`.
    pub what: &'static str,
    pub at: Timestamp,
    pub actor: &'a str,
    /// The person's own words, encrypted.
    pub reason: Option<Vec<u8>>,
    /// Hex digest of the selection, the edits and the reason.
    pub digest: String,
    /// The approval it takes, used with it.
    pub approval: Option<i64>,
}

/// A recorded operation.
#[derive(Clone)]
pub struct Operation {
    pub row: i64,
    /// The name a person confirms it by: 16 hex digits.
    pub id: String,
    /// Messages it takes.
    pub count: i64,
}

row! {
    /// One operation, as auditors and `trace` see it.
    #[derive(Clone, serde::Serialize)]
    pub struct TracedOperation {
        /// Microseconds since 1970 UTC.
        at: i64,
        what: String,
        by: String,
        operation: Option<String>,
        /// The message it was done to.
        message: i64,
        /// The person's words, encrypted.
        #[serde(skip)]
        reason: Option<Vec<u8>>,
    }
}

row! {
    /// Messages that somebody had opened at once.
    #[derive(Clone, serde::Serialize)]
    pub struct Disclosure {
        id: i64,
        /// Microseconds since 1970 UTC.
        #[serde(skip)]
        at: i64,
        by: String,
        /// The export; none for one message on a screen.
        operation: Option<String>,
        count: i64,
        /// How many the person had opened alone on that day, with these.
        alone: Option<i64>,
        approval: Option<i64>,
        /// The person's words, encrypted.
        #[serde(skip)]
        reason: Option<Vec<u8>>,
        /// Ids of the first and the last message.
        first: Option<i64>,
        last: Option<i64>,
    }
}

/// What stands in the place of the request where a person was looked up by number.
const LOOKUP: &str = "person";

/// Records that somebody looks a person up by number: a disclosure, counted with those of messages. Of whom was found
/// one message stands for all. `false`: they had `limit` on that day, and nothing is recorded.
pub(crate) async fn record_lookup(
    tx: &mut Tx,
    message: Option<i64>,
    reason: Vec<u8>,
    limit: i64,
    why: Stamp<'_>,
) -> Result<bool, LedgerError> {
    if needs_second(tx, "reveal", 1, limit, why.at).await? {
        return Ok(false);
    }
    let row = insert(tx, "reveal", None, Some(LOOKUP), Some(reason), message.is_some().into(), None, why).await?;
    if let Some(message) = message {
        member(tx, row, message).await?;
    }
    Ok(true)
}

impl Ledger {
    /// Records that somebody has a message opened, alone. It is durable when this returns. `false`: a person who had
    /// `limit` opened on that day needs a second one, and nothing is recorded.
    pub async fn record_reveal(
        &self,
        message: i64,
        reason: Vec<u8>,
        limit: i64,
        why: Stamp<'_>,
    ) -> Result<bool, LedgerError> {
        let mut tx = self.begin().await?;
        if needs_second(&mut tx, "reveal", 1, limit, why.at).await? {
            return Ok(false);
        }
        let row = insert(&mut tx, "reveal", None, None, Some(reason), 1, None, why).await?;
        member(&mut tx, row, message).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The operation of that id, if it was ever confirmed, and the digest of what was asked for.
    pub async fn operation(&self, id: &str) -> Result<Option<(Operation, String)>, LedgerError> {
        recorded(&mut self.read().await?, id).await
    }

    /// The last operation that was asked for in the same words.
    pub async fn last_operation(&self, request: &str) -> Result<Option<(Operation, String)>, LedgerError> {
        let sql = "SELECT id, operation, count, request FROM act WHERE request = $1 ORDER BY id DESC LIMIT 1";
        find(&mut self.read().await?, sql, request).await
    }

    /// Disclosures from an instant on, oldest first: those of messages that lie in the viewer's scope. Where nobody was
    /// found, it lies nowhere.
    pub async fn disclosures(&self, by: &str, since: Timestamp) -> Result<Vec<Disclosure>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        tx.rows(
            concat!(
                "SELECT a.id, a.at, a.actor AS by, a.operation, a.count, a.alone, a.approval, a.reason,
                    (SELECT min(k.message) FROM act_member k WHERE k.act = a.id) AS first,
                    (SELECT max(k.message) FROM act_member k WHERE k.act = a.id) AS last
                 FROM act a WHERE a.what = 'reveal' AND a.at >= $1 AND ($2 = '' OR a.actor = $2)
                    AND NOT EXISTS (SELECT 1 FROM act_member k WHERE k.act = a.id AND NOT ",
                in_scope!("k.bank", "k.region"),
                ") AND (a.count > 0 OR ",
                in_scope!("''", "''"),
                ") ORDER BY a.id"
            ),
            args![since, by],
        )
        .await
    }

    /// Operations that were confirmed and not carried out to their end, such as after a kill.
    pub async fn unfinished_operations(&self) -> Result<Vec<(String, i64, i64)>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        tx.rows(
            concat!(
                "SELECT a.operation, a.count, (SELECT count(*) FROM act_member k JOIN message m ON m.id = k.message AND m.act = 0 WHERE k.act = a.id)
                 FROM act a WHERE a.operation IS NOT NULL AND a.what <> 'reveal'
                    AND EXISTS (SELECT 1 FROM act_member k JOIN message m ON m.id = k.message AND m.act = 0 WHERE k.act = a.id)
                    AND NOT EXISTS (SELECT 1 FROM act_member k WHERE k.act = a.id AND NOT ",
                in_scope!("k.bank", "k.region"),
                ") ORDER BY a.id"
            ),
            args![],
        )
        .await
    }

    /// Everything that was done to a message, oldest first.
    pub async fn operations_on(&self, message: i64) -> Result<Vec<TracedOperation>, LedgerError> {
        self.read()
            .await?
            .rows(
                "SELECT a.at, a.what, a.actor AS by, a.operation, k.message, a.reason FROM act_member k JOIN act a ON a.id = k.act
                 WHERE k.message = $1 ORDER BY a.id",
                args![message],
            )
            .await
    }
}

/// What was done to the messages of an application, and to those they were made of.
pub(crate) async fn operations_of(tx: &mut Tx, application_id: &str) -> Result<Vec<TracedOperation>, LedgerError> {
    tx.rows(
            "WITH own AS (
                SELECT m.id, m.origin FROM message m WHERE m.application_id = $1 AND m.outcome IN ('accepted', 'rejected', 'waiting')
                UNION ALL SELECT m.id, m.origin FROM message m WHERE m.application_id = $1 AND m.outcome IN ('conflicting', 'quarantined')),
             whole AS (
                SELECT id FROM own UNION SELECT origin FROM own WHERE origin IS NOT NULL
                UNION SELECT m.id FROM own JOIN message m ON m.origin = own.origin AND m.origin IS NOT NULL)
             SELECT a.at, a.what, a.actor AS by, a.operation, k.message, a.reason
             FROM whole w JOIN act_member k ON k.message = w.id JOIN act a ON a.id = k.act ORDER BY a.id, k.message",
            args![application_id],
        )
        .await
}

row! {
    struct StoredOperation { id: i64, operation: String, count: i64, request: String }
}

/// As [`Ledger::operation`], for who has a transaction: a second one could wait for those who wait for the first.
pub async fn recorded(tx: &mut Tx, id: &str) -> Result<Option<(Operation, String)>, LedgerError> {
    find(tx, "SELECT id, operation, count, request FROM act WHERE operation = $1", id).await
}

async fn find(tx: &mut Tx, sql: &'static str, key: &str) -> Result<Option<(Operation, String)>, LedgerError> {
    let row = tx.row::<StoredOperation>(sql, args![key]).await?;
    Ok(row.map(|row| (Operation { row: row.id, id: row.operation, count: row.count }, row.request)))
}

/// The operation that a request on the staged ids is: its id, and how many messages it takes.
pub async fn name_operation(tx: &mut Tx, request: &Request<'_>) -> Result<(String, i64), LedgerError> {
    let mut digest = Sha256::new();
    digest.update(request.what);
    digest.update([0]);
    digest.update(&request.digest);
    let (mut last, mut count) = (0, 0);
    loop {
        let ids = tx
            .rows::<(i64,)>(
                "SELECT id FROM chosen WHERE id > $1 ORDER BY id LIMIT $2",
                args![last, OPERATION_IDS_PER_PAGE],
            )
            .await?;
        for (id,) in &ids {
            digest.update(id.to_be_bytes());
            last = *id;
            count += 1;
        }
        if ids.is_empty() {
            return Ok((hex(&digest.finalize()[..8]), count));
        }
    }
}

/// Records an operation on the staged ids. Nothing has become of them yet.
pub async fn record_operation(
    tx: &mut Tx,
    request: &Request<'_>,
    id: &str,
    count: i64,
) -> Result<Operation, LedgerError> {
    let why = Stamp { at: request.at, actor: request.actor, reason: "" };
    if let Some(approval) = request.approval {
        use_approval(tx, approval, id, why).await?;
    }
    let (asked, reason) = (Some(request.digest.as_str()), request.reason.clone());
    let row = insert(tx, request.what, Some(id), asked, reason, count, request.approval, why).await?;
    tx.run(
        "INSERT INTO act_member (act, message, bank, region) SELECT $1, m.id, a.bank, a.region
         FROM chosen c JOIN message m ON m.id = c.id LEFT JOIN application a ON a.application_id = m.application_id",
        args![row],
    )
    .await?;
    tx.cover_one(&catalog::ACT_MEMBER, row).await?;
    Ok(Operation { row, id: id.to_owned(), count })
}

/// Takes one message out on the ledger's own account: what it waited for has come.
pub(crate) async fn take_one(
    tx: &mut Tx,
    message: i64,
    what: &'static str,
    why: Stamp<'_>,
) -> Result<i64, LedgerError> {
    let row = insert(tx, what, None, None, None, 1, None, why).await?;
    member(tx, row, message).await?;
    let taken = tx.run("UPDATE message SET act = $1 WHERE id = $2 AND act = 0", args![row, message]).await?;
    if taken == 1 { Ok(row) } else { Err(LedgerError::Taken { expected: 1, found: 0 }) }
}

/// Puts every message of an operation aside for good; their records are destroyed when the days of the policy are over.
pub async fn discard(tx: &mut Tx, operation: &Operation) -> Result<(), LedgerError> {
    let taken = tx
        .run(
            "UPDATE message SET act = $1 WHERE act = 0 AND outcome <> 'accepted' AND id IN (SELECT message FROM act_member WHERE act = $1)",
            args![operation.row],
        )
        .await? as i64;
    if taken == operation.count { Ok(()) } else { Err(LedgerError::Taken { expected: operation.count, found: taken }) }
}

/// One message of an operation, with the bank and region it belongs to now.
async fn member(tx: &mut Tx, row: i64, message: i64) -> Result<(), LedgerError> {
    tx.run(
        "INSERT INTO act_member (act, message, bank, region) SELECT $1, m.id, a.bank, a.region
         FROM message m LEFT JOIN application a ON a.application_id = m.application_id WHERE m.id = $2",
        args![row, message],
    )
    .await?;
    tx.cover_one(&catalog::ACT_MEMBER, row).await?;
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "one for each column of the row")]
async fn insert(
    tx: &mut Tx,
    what: &'static str,
    operation: Option<&str>,
    request: Option<&str>,
    reason: Option<Vec<u8>>,
    count: i64,
    approval: Option<i64>,
    why: Stamp<'_>,
) -> Result<i64, LedgerError> {
    let alone = counted(tx, what, count, approval, why.at).await?;
    let (operation, request, user) = (operation.map(str::to_owned), request.map(str::to_owned), tx.user());
    let id = tx
        .run_returning::<(i64,)>(
            "INSERT INTO act (at, actor, what, operation, request, reason, count, approval, by_user, alone)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id",
            args![why.at, why.actor, what, operation, request, reason, count, approval, user, alone],
        )
        .await?;
    let id = id.first().map(|(id,)| *id).ok_or_else(|| LedgerError::Shape("act id".into()))?;
    tx.cover_one(&catalog::ACT, id).await?;
    if !matches!(what, "promote" | "withdraw") {
        tx.count_one(&counts::ACTS).await?;
    }
    Ok(id)
}
