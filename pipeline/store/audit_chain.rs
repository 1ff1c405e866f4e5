//! The single sealer: chains committed history by hash, so that no worker queues for the chain.
//!
//! A seal covers a range of transactions that are all finished: on PostgreSQL those before the
//! oldest one still running, on SQLite (one writer) simply the rows since the last seal.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::LedgerError;
use super::dialect::over_history;
use super::engine::{Engine, Ledger, Tx};
use super::leases::{Lease, spend};
use super::row_macs::RowKey;
use super::row_macs::counts::SEALS;
use crate::limits::SEAL_MOVES_PER_PAGE;
use crate::{args, row};

row! {
    /// One row of history, as it is chained.
    struct Chained {
        seq: i64,
        at: i64,
        life: String,
        scope: String,
        subject: i64,
        from_state: String,
        to_state: String,
        count: i64,
        actor: String,
        reason: String,
        event_id: Option<String>,
        digest: Option<Vec<u8>>,
        evidence: Option<String>,
    }
}

impl Chained {
    fn update(&self, hash: &mut Sha256) {
        for number in [self.seq, self.at, self.subject, self.count] {
            hash.update(number.to_be_bytes());
        }
        let texts = [&self.life, &self.scope, &self.from_state, &self.to_state, &self.actor, &self.reason];
        let may_be_missing = [&self.event_id, &self.evidence].map(|text| text.as_deref().unwrap_or(""));
        for text in texts.map(String::as_str).into_iter().chain(may_be_missing) {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
        hash.update(self.digest.as_deref().unwrap_or_default());
    }
}

row! {
    struct Seal { no: i64, from_tx: i64, to_tx: i64, moves: i64, digest: String }
}

async fn chain(tx: &mut Tx, previous: &str, from: i64, to: i64) -> Result<(String, i64), LedgerError> {
    let sql = over_history!(
        tx,
        "SELECT seq, at, life, scope, subject, from_state, to_state, count, actor, reason, event_id, digest, evidence
         FROM move WHERE ",
        " AND seq > $3 ORDER BY seq LIMIT $4"
    );
    let mut hash = Sha256::new();
    hash.update(previous.as_bytes());
    let (mut after, mut moves) = (0_i64, 0_i64);
    loop {
        let page = tx.rows::<Chained>(sql, args![from, to, after, SEAL_MOVES_PER_PAGE]).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        moves += page.len() as i64;
        for row in &page {
            row.update(&mut hash);
        }
    }
    Ok((crate::hex::hex(&hash.finalize()), moves))
}

/// How a seal's digest begins that was made with the key. Without the key a chain can be reckoned anew; those of the
/// version before could.
const KEYED: &str = "keyed:";

/// The digest of a seal: of what it covers, under the key.
fn keyed(key: &RowKey, no: i64, (from, to, moves): (i64, i64, i64), digest: &str) -> String {
    let numbers = [no, from, to, moves].map(i64::to_be_bytes).concat();
    format!("{KEYED}{}", crate::hex::hex(&key.digest("seal", &[&numbers, digest.as_bytes()])))
}

/// Where finished transactions of this ledger end: everything before it is committed or gone.
///
/// Three statements, each with a newer snapshot than the one before: the next transaction id first,
/// then the oldest id still running in this database, and only then (by the caller) the rows. What
/// commits in between is seen by the last one; transactions of other databases do not matter.
pub(crate) async fn horizon(tx: &mut Tx) -> Result<i64, LedgerError> {
    let Some(next) = next_transaction(tx).await? else {
        return tx.number("SELECT COALESCE(max(seq), 0) + 1 FROM move", args![]).await;
    };
    let running = tx
        .rows::<(i64,)>(
            "SELECT CAST(CAST(backend_xid AS TEXT) AS BIGINT) FROM pg_stat_activity
             WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()",
            args![],
        )
        .await?;
    Ok(running.into_iter().map(|(low,)| whole_id(low, next)).min().map_or(next, |oldest| oldest.min(next)))
}

/// The id after the last one that ended, on PostgreSQL; it never goes back. SQLite numbers no transactions.
pub(crate) async fn next_transaction(tx: &mut Tx) -> Result<Option<i64>, LedgerError> {
    if tx.engine() == Engine::Sqlite {
        return Ok(None);
    }
    let sql = "SELECT CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT)";
    tx.number(sql, args![]).await.map(Some)
}

/// A running id has 32 bits: the whole one is the one nearest to the next id, on either side of it, for
/// what began since runs under a later id.
fn whole_id(low: i64, next: i64) -> i64 {
    let whole = (next & !0xFFFF_FFFF) + low;
    match whole - next {
        ahead if ahead > 1 << 31 => whole - (1 << 32),
        ahead if ahead < -(1 << 31) => whole + (1 << 32),
        _ => whole,
    }
}

impl Ledger {
    /// How many rows of history can be sealed.
    pub async fn unsealed(&self) -> Result<i64, LedgerError> {
        let mut tx = self.read().await?;
        let from = tx.number("SELECT COALESCE(max(to_tx), 0) FROM seal", args![]).await?;
        let to = horizon(&mut tx).await?;
        let sql = over_history!(tx, "SELECT count(*) FROM move WHERE ", "");
        tx.number(sql, args![from, to]).await
    }

    /// Seals what was committed since the last seal; returns how many rows of history that were.
    pub async fn seal_history(&self, lease: &Lease, at: Timestamp) -> Result<i64, LedgerError> {
        let mut tx = self.begin().await?;
        spend(&mut tx, lease).await?;
        let last = tx
            .row::<(i64, i64, String)>("SELECT no, to_tx, digest FROM seal ORDER BY no DESC LIMIT 1", args![])
            .await?;
        let (no, from, previous) = last.unwrap_or((0, 0, String::new()));
        let to = horizon(&mut tx).await?;
        let (digest, moves) = chain(&mut tx, &previous, from, to).await?;
        if moves == 0 {
            tx.commit().await?;
            return Ok(0);
        }
        let digest = match tx.row_key() {
            Some(key) => keyed(&key, no + 1, (from, to, moves), &digest),
            None => digest,
        };
        tx.count_to(&SEALS, 1, &digest).await?;
        tx.run(
            "INSERT INTO seal (no, from_tx, to_tx, moves, digest, at) VALUES ($1, $2, $3, $4, $5, $6)",
            args![no + 1, from, to, moves, digest, at],
        )
        .await?;
        tx.commit().await?;
        Ok(moves)
    }
}

/// Numbers of the seals that no longer agree with the history they cover, beginning after `after`.
pub(crate) async fn broken_seals(tx: &mut Tx, after: i64) -> Result<(Vec<String>, i64), LedgerError> {
    let seals = tx
        .rows::<Seal>("SELECT no, from_tx, to_tx, moves, digest FROM seal WHERE no >= $1 ORDER BY no", args![after])
        .await?;
    let mut broken = Vec::new();
    let mut previous = tx
        .row::<(String,)>("SELECT digest FROM seal WHERE no = $1", args![after - 1])
        .await?
        .map_or_else(String::new, |row| row.0);
    let count = seals.len() as i64;
    let key = tx.row_key();
    for Seal { no, from_tx: from, to_tx: to, moves, digest } in seals {
        let (mut found, found_moves) = chain(tx, &previous, from, to).await?;
        if let Some(key) = key.as_ref().filter(|_| digest.starts_with(KEYED) || previous.starts_with(KEYED)) {
            found = keyed(key, no, (from, to, moves), &found);
        }
        if found != digest || found_moves != moves {
            broken.push(format!("seal {no}: history between {from} and {to} was changed"));
        }
        previous = digest;
    }
    Ok((broken, count))
}

#[cfg(test)]
mod tests {
    use super::whole_id;

    #[test]
    fn a_running_id_is_the_whole_one_nearest_to_the_next() {
        let epoch = 3_i64 << 32;
        assert_eq!(whole_id(100, epoch + 104), epoch + 100);
        // It began after the last one that ended.
        assert_eq!(whole_id(105, epoch + 104), epoch + 105);
        assert_eq!(whole_id(0xFFFF_FFF0, epoch + 5), epoch - 16);
        assert_eq!(whole_id(3, epoch - 2), epoch + 3);
    }
}
