//! Which keys belong to this ledger, and whether it has any use for keys yet.

use crate::args;
use crate::crypto::keys::{KeyCheck, RecordOf};
use crate::store::{Ledger, LedgerError, Tx};

/// The newest encrypted record of each table that has them: together they show which data key encrypted them, also
/// where one was erased.
const SEALED: &[&str] = &[
    "SELECT id, sealed FROM message ORDER BY id DESC LIMIT 1",
    "SELECT id, sealed FROM message ORDER BY id LIMIT 1",
    "SELECT application, sealed FROM account ORDER BY application DESC LIMIT 1",
    "SELECT id, reason FROM act WHERE reason IS NOT NULL ORDER BY id DESC LIMIT 1",
    "SELECT id, reason FROM batch_act ORDER BY id DESC LIMIT 1",
    "SELECT id, reason FROM pickup_act ORDER BY id DESC LIMIT 1",
    "SELECT id, reason FROM case_act ORDER BY id DESC LIMIT 1",
    "SELECT id, reason FROM approval ORDER BY id DESC LIMIT 1",
    "SELECT id, reason FROM stream_act ORDER BY id DESC LIMIT 1",
    "SELECT generation, sealed FROM source_topic WHERE sealed IS NOT NULL LIMIT 1",
    "SELECT id, reason FROM reconciliation WHERE reason IS NOT NULL LIMIT 1",
];

/// Whether anything was encrypted or hashed: cards of the opening stock have a hashed person and an account.
const KEYED: &str = "SELECT (SELECT count(*) FROM (SELECT id FROM application LIMIT 1) a)
    + (SELECT count(*) FROM (SELECT id FROM message LIMIT 1) m) + (SELECT count(*) FROM (SELECT id FROM file LIMIT 1) f)";

impl Ledger {
    /// What identifies this ledger's keys; `None` where none were ever used, or a version before kept no check.
    pub async fn key_check(&self) -> Result<Option<KeyCheck>, LedgerError> {
        kept(&mut self.read().await?).await
    }

    /// Keeps the check of the keys at hand, unless there is one. Returns what is kept.
    pub async fn keep_key_check(&self, check: &KeyCheck) -> Result<KeyCheck, LedgerError> {
        let mut tx = self.begin().await?;
        if let Some(kept) = kept(&mut tx).await? {
            return Ok(kept);
        }
        for (name, value) in [("master", check.master), ("data", check.data), ("hashing", check.hashing)] {
            tx.run(
                "INSERT INTO key_check (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
                args![name, &value[..]],
            )
            .await?;
        }
        // Another worker may have been quicker, with other keys.
        let kept = kept(&mut tx).await?.ok_or_else(|| LedgerError::Shape("key check".into()))?;
        tx.commit().await?;
        Ok(kept)
    }

    /// Encrypted records that the keys of this ledger open.
    pub async fn encrypted_samples(&self) -> Result<Vec<(RecordOf, Vec<u8>)>, LedgerError> {
        let mut tx = self.read().await?;
        let mut samples = Vec::new();
        for sql in SEALED {
            // Those of acts are bound to no row: what they are asked for does not matter.
            let of = if sql.contains("FROM account") { RecordOf::Account } else { RecordOf::Message };
            samples.extend(tx.row::<(i64, Vec<u8>)>(sql, args![]).await?.map(|(id, record)| (of(id), record)));
        }
        Ok(samples)
    }

    /// Whether anything stands in the ledger that other keys could not open or compare.
    pub async fn uses_keys(&self) -> Result<bool, LedgerError> {
        Ok(self.read().await?.number(KEYED, args![]).await? > 0)
    }
}

async fn kept(tx: &mut Tx) -> Result<Option<KeyCheck>, LedgerError> {
    let rows = tx.rows::<(String, Vec<u8>)>("SELECT name, value FROM key_check", args![]).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let value = |name: &str| {
        let found = rows.iter().find(|row| row.0 == name).and_then(|row| row.1.as_slice().try_into().ok());
        found.ok_or_else(|| LedgerError::Shape(format!("key check of the {name} key")))
    };
    Ok(Some(KeyCheck { master: value("master")?, data: value("data")?, hashing: value("hashing")? }))
}
