//! Files to and from partners: frozen before they are sent, registered before they are believed.

use cardline_core::state_machines::{BATCH, FILE};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::custody::batch_state::locked_state;
use crate::store::counters::{stream_counter, take_numbers};
use crate::store::leases::spend;
use crate::store::row_macs::catalog;
use crate::store::transition::{Along, Transition, move_one, write_move};
use crate::store::{Lease, Ledger, LedgerError, Stamp, Tx};
use crate::{args, row, transition};

/// A file whose bytes are fixed; the bytes themselves lie encrypted in the object store by their digest.
#[derive(Clone)]
pub struct FrozenFile {
    pub partner: String,
    pub kind: String,
    /// The number this file was rendered with; the freeze fails if another file took it meanwhile.
    pub sequence: i64,
    pub name: String,
    pub rows: i64,
    pub bytes: i64,
    pub sha256: String,
    pub due_on: Date,
}

row! {
    /// A file as the ledger knows it.
    #[derive(Clone, serde::Serialize)]
    pub struct FileRecord {
        id: i64,
        partner: String,
        kind: String,
        direction: String,
        sequence: Option<i64>,
        name: String,
        state: String,
        rows: i64,
        bytes: i64,
        sha256: String,
        batch: Option<i64>,
        reason: Option<String>,
        /// When its bytes were destroyed, microseconds since 1970 UTC.
        #[serde(skip)]
        purged_at: Option<i64>,
    }
}

macro_rules! file_records {
    ($rest:literal) => {
        concat!(
            "SELECT f.id, f.partner, f.kind, f.direction, f.sequence, f.name, f.state, f.rows, f.bytes, f.sha256, f.batch, f.reason,
                p.at AS purged_at
             FROM file f LEFT JOIN purge p ON p.file = f.id ",
            $rest
        )
    };
}

impl Ledger {
    /// Whether bytes are those of a file of ours that a batch asks with.
    pub(crate) async fn is_frozen(&self, digest: &str) -> Result<bool, LedgerError> {
        let sql = "SELECT count(*) FROM file WHERE sha256 = $1 AND direction = 'out'";
        Ok(self.read().await?.number(sql, args![digest]).await? > 0)
    }
}

/// Commits a rendered file's digest and number, in the transaction of the batch it belongs to.
pub async fn freeze_file(tx: &mut Tx, file: &FrozenFile, batch: i64, why: Stamp<'_>) -> Result<i64, LedgerError> {
    let counter = stream_counter(&file.partner, &file.kind, "out");
    let taken = take_numbers(tx, &counter, 1).await?;
    if taken != file.sequence {
        return Err(LedgerError::OffsetMoved { topic: counter, partition: 0, expected: file.sequence });
    }
    let id = tx
        .run_returning::<(i64,)>(
            "INSERT INTO file (partner, kind, direction, sequence, name, state, rows, bytes, sha256, batch, at, due_on, owner)
             VALUES ($1, $2, 'out', $3, $4, 'frozen', $5, $6, $7, $8, $9, $10, 'bureau operator') RETURNING id",
            args![&file.partner, &file.kind, file.sequence, &file.name, file.rows, file.bytes, &file.sha256, batch, why.at, file.due_on],
        )
        .await?;
    let id = id.first().map(|(id,)| *id).ok_or_else(|| LedgerError::Shape("file id".into()))?;
    tx.cover_one(&catalog::FILE, id).await?;
    write_move(tx, id, transition!(FILE, "" => "frozen"), why).await?;
    Ok(id)
}

/// What became of a file that came in.
pub struct ReceivedFile<'a> {
    pub partner: &'a str,
    pub kind: &'a str,
    /// Known only once the file could be read; a refused file takes no number of its stream.
    pub sequence: Option<i64>,
    pub name: &'a str,
    /// `applied`, `repeated`, `refused` or `held`.
    pub state: &'static str,
    pub rows: i64,
    pub bytes: i64,
    pub sha256: &'a str,
    pub batch: Option<i64>,
    pub due_on: Date,
    pub reason: Option<String>,
    /// By when a person has told the partner what is wrong with it, where our error report could not be placed.
    pub untold: Option<Date>,
}

/// Registers an incoming file and what became of it.
pub async fn register_file(tx: &mut Tx, file: &ReceivedFile<'_>, why: Stamp<'_>) -> Result<i64, LedgerError> {
    let begins = Transition::between(&FILE, "", file.state)?;
    let owner = if file.state == "held" { "bank IT" } else { "nobody" };
    let id = tx
        .run_returning::<(i64,)>(
            "INSERT INTO file (partner, kind, direction, sequence, name, state, rows, bytes, sha256, batch, at, due_on, owner, reason)
             VALUES ($1, $2, 'in', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING id",
            args![
                file.partner, file.kind, file.sequence, file.name, file.state, file.rows, file.bytes, file.sha256, file.batch, why.at,
                file.due_on, owner, file.reason.clone()
            ],
        )
        .await?;
    let id = id.first().map(|(id,)| *id).ok_or_else(|| LedgerError::Shape("file id".into()))?;
    tx.cover_one(&catalog::FILE, id).await?;
    write_move(tx, id, begins, why).await?;
    if file.sequence.is_some() {
        let counter = stream_counter(file.partner, file.kind, "in");
        take_numbers(tx, &counter, 1).await?;
    }
    if let Some(due_on) = file.untold {
        let reason = "its error report could not be placed: tell the partner";
        crate::cases::desk::open_case(tx, None, Some(id), reason, due_on, "bank IT", why).await?;
    }
    Ok(id)
}

impl Ledger {
    /// Takes a frozen file to send, unless somebody else has it or its batch may not go. From here on it
    /// may lie at the partner, whatever becomes of us: such a batch is not put on hold, split or cancelled any more.
    pub async fn begin_sending(
        &self,
        file: &FileRecord,
        owner: &str,
        now: Timestamp,
        seconds: i64,
    ) -> Result<Option<Lease>, LedgerError> {
        let mut tx = self.begin().await?;
        let work = format!("exchange/out/{}", file.id);
        if let Some(batch) = file.batch {
            let state = locked_state(&mut tx, batch).await?;
            let waits = "SELECT count(*) FROM file WHERE id = $1 AND state = 'frozen'";
            let begun = "SELECT count(*) FROM lease WHERE work = $1";
            // Of a batch with answers only what may lie at the partner already is sent.
            let may_go = match state.as_str() {
                "cut" | "sent" => true,
                "held" => false,
                _ => tx.number(begun, args![&work]).await? > 0,
            };
            if !may_go || tx.number(waits, args![file.id]).await? == 0 {
                return Ok(None);
            }
        }
        let lease = crate::store::leases::take(&mut tx, &work, owner, now, seconds).await?;
        tx.commit().await?;
        Ok(lease)
    }

    /// Files frozen and not yet placed, oldest first; those of batches on hold wait.
    pub async fn frozen_files(&self) -> Result<Vec<FileRecord>, LedgerError> {
        let mut tx = self.read().await?;
        tx.rows(
            "SELECT f.id, f.partner, f.kind, f.direction, f.sequence, f.name, f.state, f.rows, f.bytes, f.sha256, f.batch, f.reason,
                CAST(NULL AS BIGINT) AS purged_at
             FROM file f LEFT JOIN batch b ON b.id = f.batch WHERE f.state = 'frozen' AND COALESCE(b.state, 'cut') <> 'held' ORDER BY f.id",
            args![],
        )
        .await
    }

    /// Every file, in the order of registration.
    pub async fn files(&self) -> Result<Vec<FileRecord>, LedgerError> {
        let mut tx = self.read().await?;
        tx.rows(file_records!("ORDER BY f.id"), args![]).await
    }

    /// The files of one batch: what was asked in it and what answered it, in the order of registration.
    pub async fn files_of_batch(&self, batch: i64) -> Result<Vec<FileRecord>, LedgerError> {
        let mut tx = self.read().await?;
        tx.rows(file_records!("WHERE f.batch = $1 ORDER BY f.id"), args![batch]).await
    }

    /// One file.
    pub async fn file_record(&self, id: i64) -> Result<Option<FileRecord>, LedgerError> {
        let mut tx = self.read().await?;
        tx.row(file_records!("WHERE f.id = $1"), args![id]).await
    }

    /// Whether these bytes were applied before, under any name.
    pub async fn was_applied(&self, partner: &str, sha256: &str) -> Result<bool, LedgerError> {
        let mut tx = self.read().await?;
        Ok(tx
            .number(
                "SELECT count(*) FROM file WHERE sha256 = $1 AND partner = $2 AND direction = 'in' AND state = 'applied'",
                args![sha256, partner],
            )
            .await?
            > 0)
    }

    /// The digest of the file before one in its stream; none where it is not known.
    pub async fn digest_before(
        &self,
        partner: &str,
        kind: &str,
        direction: &str,
        sequence: Option<i64>,
    ) -> Result<Option<String>, LedgerError> {
        let mut tx = self.read().await?;
        // Ours that were cancelled never reached the partner; of the partner's, a number that never came is not known.
        let sql = if direction == "out" {
            "SELECT sha256 FROM file WHERE partner = $1 AND kind = $2 AND direction = $3 AND sequence <= $4
                AND state <> 'cancelled' ORDER BY sequence DESC, id DESC LIMIT 1"
        } else {
            "SELECT sha256 FROM file WHERE partner = $1 AND kind = $2 AND direction = $3 AND sequence = $4
             ORDER BY id DESC LIMIT 1"
        };
        let before = sequence.unwrap_or_default() - 1;
        Ok(tx.row::<(String,)>(sql, args![partner, kind, direction, before]).await?.map(|(sha256,)| sha256))
    }

    /// In which states a file of that name and bytes was settled before.
    pub async fn settled_states(&self, partner: &str, name: &str, sha256: &str) -> Result<Vec<String>, LedgerError> {
        let mut tx = self.read().await?;
        let sql = "SELECT DISTINCT state FROM file
                   WHERE sha256 = $1 AND partner = $2 AND name = $3 AND direction = 'in' ORDER BY state";
        Ok(tx.rows::<(String,)>(sql, args![sha256, partner, name]).await?.into_iter().map(|(state,)| state).collect())
    }

    /// Registers a file that had no effect (repeated, refused, held), under the lease of its collection.
    pub async fn settle_unapplied(
        &self,
        lease: &Lease,
        file: &ReceivedFile<'_>,
        why: Stamp<'_>,
    ) -> Result<i64, LedgerError> {
        let mut tx = self.begin().await?;
        let id = register_file(&mut tx, file, why).await?;
        if file.state == "held" {
            crate::cases::desk::open_case(
                &mut tx,
                None,
                Some(id),
                "the file is readable but not believable",
                file.due_on,
                "bank IT",
                why,
            )
            .await?;
        }
        spend(&mut tx, lease).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Records that a frozen file is at the partner, and its batch with it.
    pub async fn settle_placed(
        &self,
        lease: &Lease,
        file: &FileRecord,
        answer_due: Date,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let why = Stamp { at, actor: "exchange", reason: "published under its final name" };
        let mut tx = self.begin().await?;
        let along = |owner| Along { due_on: Some(answer_due), owner: Some(owner), ..Along::default() };
        move_one(&mut tx, file.id, transition!(FILE, "frozen" => "placed"), along("partner"), why).await?;
        if let Some(batch) = file.batch {
            match locked_state(&mut tx, batch).await?.as_str() {
                "cut" => move_one(&mut tx, batch, transition!(BATCH, "cut" => "sent"), along("partner"), why).await?,
                state => replace(&mut tx, (file.id, batch), state, answer_due, why).await?,
            }
        }
        spend(&mut tx, lease).await?;
        tx.commit().await
    }
}

/// A new rendering of a batch was placed: it stands for the file before it, and the partner has its time again.
async fn replace(
    tx: &mut Tx,
    (file, batch): (i64, i64),
    state: &str,
    answer_due: Date,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    if state == "answered" {
        // The answer to the file before it came while it was on its way.
        return move_one(tx, file, transition!(FILE, "placed" => "answered"), Along::default(), why).await;
    }
    let sql = "SELECT id FROM file WHERE batch = $1 AND direction = 'out' AND state = 'placed' AND id <> $2";
    let along = || Along { owner: Some("nobody"), ..Along::default() };
    for (before,) in tx.rows::<(i64,)>(sql, args![batch, file]).await? {
        move_one(tx, before, transition!(FILE, "placed" => "replaced"), along(), why).await?;
    }
    tx.run("UPDATE batch SET due_on = $2 WHERE id = $1", args![batch, answer_due]).await?;
    crate::cases::desk::overtake(tx, batch, Stamp { reason: "it was rendered anew and sent", ..why }).await
}
