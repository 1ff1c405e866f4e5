//! A history that turned out shorter than what was done outside: how far this ledger reached, the halt,
//! and what a person accepts so that no number is used twice and nothing is ordered again.

use std::collections::{BTreeMap, HashSet};

use cardline_core::state_machines::FILE;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::cases::desk::open_case;
use crate::store::audit_chain::next_transaction;
use crate::store::counters::stream_counter;
use crate::store::row_macs::{catalog, counts};
use crate::store::transition::write_move;
use crate::store::{Ledger, LedgerError, Stamp, Tx};
use crate::{args, transition};

/// How far a ledger has come: its identity, the head of the sealed chain, and every counter.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Reached {
    pub identity: String,
    pub seal: i64,
    pub digest: String,
    pub counters: BTreeMap<String, i64>,
}

impl Reached {
    /// What either of two looks at one ledger saw: the later head of the chain, and every counter where it
    /// stood further.
    pub fn or_further(mut self, other: &Reached) -> Reached {
        if other.seal > self.seal {
            (self.seal, self.digest) = (other.seal, other.digest.clone());
        }
        for (name, next) in &other.counters {
            let ours = self.counters.entry(name.clone()).or_insert(*next);
            *ours = (*ours).max(*next);
        }
        self
    }
}

/// A halt that waits for a person.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Halt {
    pub id: i64,
    pub found_at: i64,
    pub found: String,
}

/// A file of ours that a partner has and the ledger does not know.
#[derive(Clone, Debug, serde::Serialize)]
pub struct LostFile {
    pub partner: String,
    pub kind: String,
    pub sequence: i64,
    pub name: String,
    pub batch: String,
    pub rows: i64,
    pub bytes: i64,
    pub sha256: String,
    /// What must not be sent again, by kind: see the table `sent_before`.
    #[serde(skip)]
    pub keys: Vec<String>,
}

/// What a person accepts.
pub struct Accepted<'a> {
    pub lost: &'a [LostFile],
    /// Counters that must stand at least there.
    pub counters: &'a BTreeMap<String, i64>,
    pub due_on: Date,
    /// The person's own words, encrypted.
    pub reason: Vec<u8>,
    pub approval: Option<i64>,
}

impl Halt {
    /// The halt, as an approval names it.
    pub fn subject(&self) -> String {
        format!("halt {}", self.id)
    }
}

impl Ledger {
    /// How far this ledger has come.
    pub async fn reached(&self) -> Result<Reached, LedgerError> {
        let mut tx = self.read().await?;
        let identity = tx.row::<(String,)>("SELECT identity FROM ledger_identity", args![]).await?;
        let identity = identity.ok_or_else(|| LedgerError::Shape("ledger identity".into()))?.0;
        let head = tx.row::<(i64, String)>("SELECT no, digest FROM seal ORDER BY no DESC LIMIT 1", args![]).await?;
        let (seal, digest) = head.unwrap_or_default();
        let counters = tx.rows::<(String, i64)>("SELECT name, next FROM counter", args![]).await?;
        Ok(Reached { identity, seal, digest, counters: counters.into_iter().collect() })
    }

    /// The digest of a seal; `None` where history does not reach it.
    pub async fn seal_digest(&self, no: i64) -> Result<Option<String>, LedgerError> {
        let mut tx = self.read().await?;
        Ok(tx.row::<(String,)>("SELECT digest FROM seal WHERE no = $1", args![no]).await?.map(|row| row.0))
    }

    /// Whether the server counts transactions from below where the history ends, sealed or not: a dump that
    /// was loaded into a new server. What is written there would be sealed late, out of order or never.
    pub async fn counts_transactions_anew(&self) -> Result<bool, LedgerError> {
        let mut tx = self.read().await?;
        let Some(next) = next_transaction(&mut tx).await? else { return Ok(false) };
        let sealed = tx.number("SELECT COALESCE(max(to_tx), 0) FROM seal", args![]).await?;
        let written = tx.number("SELECT COALESCE(max(tx), -1) + 1 FROM move WHERE tx >= $1", args![sealed]).await?;
        Ok(next < sealed.max(written))
    }

    /// The halt that waits for a person, if there is one.
    pub async fn halt(&self) -> Result<Option<Halt>, LedgerError> {
        let mut tx = self.read().await?;
        let sql = "SELECT id, found_at, found FROM reconciliation WHERE accepted_at IS NULL";
        let row = tx.row::<(i64, i64, String)>(sql, args![]).await?;
        Ok(row.map(|(id, found_at, found)| Halt { id, found_at, found }))
    }

    /// Halts every worker of this database. Found again it stays the same halt.
    pub async fn halt_for(&self, found: &str, at: Timestamp) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let new = "INSERT INTO reconciliation (found_at, found) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id";
        for (id,) in tx.run_returning::<(i64,)>(new, args![at, found]).await? {
            tx.cover_one(&catalog::RECONCILIATION, id).await?;
            tx.count_one(&counts::RECONCILIATIONS).await?;
        }
        tx.commit().await
    }

    /// Halts every worker because the database was restored. Whoever was logged in proves anew who they are, and
    /// until a person accepted, only administrators work: users are as they were then, those disabled since, too.
    pub async fn halt_after_restore(&self, found: &str, at: Timestamp) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let halt = tx
            .run_returning::<(i64,)>(
                "INSERT INTO reconciliation (found_at, found) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id",
                args![at, found],
            )
            .await?;
        if let Some((halt,)) = halt.first() {
            tx.cover_one(&catalog::RECONCILIATION, *halt).await?;
            tx.count_one(&counts::RECONCILIATIONS).await?;
            let ended = tx.run("DELETE FROM session", args![]).await?;
            tx.run("DELETE FROM api_token", args![]).await?;
            // It may have been done in the history that is gone; who asked looks again.
            tx.run("DELETE FROM errand WHERE outcome IS NULL", args![]).await?;
            tx.run("INSERT INTO restore (halt, sessions) VALUES ($1, $2)", args![*halt, ended as i64]).await?;
        }
        tx.commit().await
    }

    /// The sessions that ended with the open halt, if that is one after a restore.
    pub async fn open_restore(&self) -> Result<Option<i64>, LedgerError> {
        let sql = "SELECT r.sessions FROM restore r JOIN reconciliation h ON h.id = r.halt WHERE h.accepted_at IS NULL";
        Ok(self.read().await?.row::<(i64,)>(sql, args![]).await?.map(|(sessions,)| sessions))
    }

    /// What must not be sent again, of one kind.
    pub async fn sent_before(&self, kind: &str) -> Result<HashSet<String>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx.rows::<(String,)>("SELECT key FROM sent_before WHERE kind = $1", args![kind]).await?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    /// Ends a halt: counters beyond everything seen, lost files registered with a case each, what they
    /// carried kept from being sent again. One transaction.
    pub async fn accept(&self, halt: &Halt, accepted: &Accepted<'_>, why: Stamp<'_>) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let user = tx.user();
        let taken = tx
            .run(
                "UPDATE reconciliation SET accepted_at = $2, actor = $3, reason = $4, approval = $5, by_user = $6
                 WHERE id = $1 AND accepted_at IS NULL",
                args![halt.id, why.at, why.actor, accepted.reason.clone(), accepted.approval, user],
            )
            .await?;
        if taken == 0 {
            return Err(LedgerError::Taken { expected: 1, found: 0 });
        }
        tx.cover_one(&catalog::RECONCILIATION, halt.id).await?;
        if let Some(approval) = accepted.approval {
            crate::people::approvals::use_approval(&mut tx, approval, &halt.subject(), why).await?;
        }
        for lost in accepted.lost {
            register_lost(&mut tx, lost, accepted.due_on, why).await?;
        }
        for (counter, next) in accepted.counters {
            tx.run(
                "INSERT INTO counter (name, next) VALUES ($1, $2)
                 ON CONFLICT (name) DO UPDATE SET next = excluded.next WHERE counter.next < excluded.next",
                args![counter, *next],
            )
            .await?;
        }
        tx.commit().await
    }
}

async fn register_lost(tx: &mut Tx, lost: &LostFile, due_on: Date, why: Stamp<'_>) -> Result<(), LedgerError> {
    let reason = format!("sent before the database was restored, with batch {}", lost.batch);
    let id = tx
        .run_returning::<(i64,)>(
            "INSERT INTO file (partner, kind, direction, sequence, name, state, rows, bytes, sha256, at, due_on, owner, reason)
             VALUES ($1, $2, 'out', $3, $4, 'held', $5, $6, $7, $8, $9, 'bureau operator', $10) RETURNING id",
            args![
                &lost.partner, &lost.kind, lost.sequence, &lost.name, lost.rows, lost.bytes, &lost.sha256, why.at, due_on, &reason
            ],
        )
        .await?;
    let id = id.first().map(|(id,)| *id).ok_or_else(|| LedgerError::Shape("file id".into()))?;
    tx.cover_one(&catalog::FILE, id).await?;
    write_move(tx, id, transition!(FILE, "" => "held"), Stamp { reason: &reason, ..why }).await?;
    open_case(tx, None, Some(id), "sent before the database was restored", due_on, "bureau operator", why).await?;
    let batch = (!lost.batch.is_empty()).then_some(("batch", &lost.batch));
    for (kind, key) in lost.keys.iter().map(|key| (lost.kind.as_str(), key)).chain(batch) {
        tx.run(
            "INSERT INTO sent_before (kind, key, file) VALUES ($1, $2, $3) ON CONFLICT (kind, key) DO NOTHING",
            args![kind, key, id],
        )
        .await?;
    }
    let counter = stream_counter(&lost.partner, &lost.kind, "out");
    tx.run(
        "INSERT INTO counter (name, next) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET next = excluded.next WHERE counter.next < excluded.next",
        args![counter, lost.sequence + 1],
    )
    .await?;
    Ok(())
}
