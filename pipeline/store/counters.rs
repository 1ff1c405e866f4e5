//! Numbers given out one after the other: of files, batches and cards.
//!
//! Each counter is a row; the transaction that takes numbers and does not commit gives them back.

use super::dialect::for_update;
use super::{Ledger, LedgerError, Tx};
use crate::args;

/// Takes `count` consecutive numbers; returns the first. The first number of a new counter is 1.
pub async fn take_numbers(tx: &mut Tx, counter: &str, count: i64) -> Result<i64, LedgerError> {
    let next = tx
        .run_returning::<(i64,)>(
            "INSERT INTO counter (name, next) VALUES ($1, 1 + $2)
             ON CONFLICT (name) DO UPDATE SET next = counter.next + $2 RETURNING next",
            args![counter, count],
        )
        .await?;
    let next = next.first().map(|(next,)| *next).ok_or_else(|| LedgerError::Shape(format!("counter {counter}")))?;
    Ok(next - count)
}

/// The number a counter hands out next; nobody else takes it before this transaction ends. A new counter is made: what
/// is not there cannot be locked.
pub async fn locked_number(tx: &mut Tx, counter: &str) -> Result<i64, LedgerError> {
    let sql = for_update!(tx, "SELECT next FROM counter WHERE name = $1");
    if let Some((next,)) = tx.row::<(i64,)>(sql, args![counter]).await? {
        return Ok(next);
    }
    tx.run("INSERT INTO counter (name, next) VALUES ($1, 1) ON CONFLICT (name) DO NOTHING", args![counter]).await?;
    Ok(tx.row::<(i64,)>(sql, args![counter]).await?.map_or(1, |row| row.0))
}

/// The counter of a stream of files.
pub fn stream_counter(partner: &str, kind: &str, direction: &str) -> String {
    format!("file/{partner}/{kind}/{direction}")
}

impl Ledger {
    /// The number the next file of a stream will get.
    pub async fn next_sequence(&self, partner: &str, kind: &str, direction: &str) -> Result<i64, LedgerError> {
        self.peek_counter(&stream_counter(partner, kind, direction)).await
    }

    /// Takes `count` consecutive numbers for good; returns the first.
    pub async fn give_numbers(&self, counter: &str, count: i64) -> Result<i64, LedgerError> {
        let mut tx = self.begin().await?;
        let first = take_numbers(&mut tx, counter, count).await?;
        tx.commit().await?;
        Ok(first)
    }

    /// The number a counter will hand out next.
    pub async fn peek_counter(&self, counter: &str) -> Result<i64, LedgerError> {
        let mut tx = self.read().await?;
        Ok(tx.row::<(i64,)>("SELECT next FROM counter WHERE name = $1", args![counter]).await?.map_or(1, |row| row.0))
    }
}
