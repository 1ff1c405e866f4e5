//! Leases: who may do a piece of work now. They lapse by themselves; the fence stops a late writer.

use jiff::Timestamp;

use super::LedgerError;
use super::engine::{Ledger, Tx};
use crate::args;
use crate::metrics;

/// The right to do one piece of work, until it lapses or is given back.
#[derive(Clone, Debug)]
pub struct Lease {
    pub work: String,
    pub fence: i64,
}

impl Ledger {
    /// Takes the lease on a piece of work, if nobody else's is live. A worker that comes back under
    /// its own name takes its own lease again at once, with a higher fence.
    pub async fn take_lease(
        &self,
        work: &str,
        owner: &str,
        now: Timestamp,
        seconds: i64,
    ) -> Result<Option<Lease>, LedgerError> {
        let mut tx = self.begin().await?;
        let taken = take(&mut tx, work, owner, now, seconds).await?;
        tx.commit().await?;
        Ok(taken)
    }

    /// Gives a lease back when there was nothing to do.
    pub async fn give_back(&self, lease: &Lease) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        spend(&mut tx, lease).await?;
        tx.commit().await
    }
}

/// Takes a lease inside a transaction.
pub(super) async fn take(
    tx: &mut Tx,
    work: &str,
    owner: &str,
    now: Timestamp,
    seconds: i64,
) -> Result<Option<Lease>, LedgerError> {
    let until = now.as_microsecond() + seconds * 1_000_000;
    let taken = tx
        .run_returning::<(i64,)>(
            "INSERT INTO lease (work, owner, fence, until) VALUES ($1, $2, 1, $3)
             ON CONFLICT (work) DO UPDATE SET owner = excluded.owner, until = excluded.until, fence = lease.fence + 1
             WHERE lease.until <= $4 OR lease.owner = excluded.owner
             RETURNING fence",
            args![work, owner, until, now],
        )
        .await?;
    Ok(taken.first().map(|(fence,)| Lease { work: work.to_owned(), fence: *fence }))
}

/// Spends the lease inside the transaction that settles the work; fails when the fence is old.
pub async fn spend(tx: &mut Tx, lease: &Lease) -> Result<(), LedgerError> {
    let held =
        tx.run("UPDATE lease SET until = 0 WHERE work = $1 AND fence = $2", args![&lease.work, lease.fence]).await?;
    if held == 0 {
        metrics::add(&metrics::FENCED, &["lease"], 1);
        return Err(LedgerError::Fenced { work: lease.work.clone() });
    }
    Ok(())
}

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
