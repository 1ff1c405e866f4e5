//! Leases: who may do a piece of work now. They lapse by themselves once their holder is gone; the fence
//! stops a late writer.
//!
//! A lease is renewed as long as it is held, by the time that really passes, so that work that takes longer
//! than a lease lasts is not thrown away. A worker that died, or lost its database, renews nothing.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::AbortHandle;

use super::{Ledger, LedgerError, Tx};
use crate::limits::LEASE_RENEWALS_MAX;
use crate::{args, metrics};

/// The right to do one piece of work, until it lapses or is given back.
#[derive(Clone, Debug)]
pub struct Lease {
    pub work: String,
    pub fence: i64,
    /// Ends with the last copy of it.
    _renewal: Option<Arc<Renewal>>,
}

/// The task that renews a lease.
#[derive(Debug)]
struct Renewal(AbortHandle);

impl Drop for Renewal {
    fn drop(&mut self) {
        self.0.abort();
    }
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

    /// The same lease, renewed a few times before it would lapse, as long as it is held. Not forever: work
    /// that never ends is a fault, and somebody else should be able to take it.
    pub fn renewed(&self, lease: Lease, seconds: i64) -> Lease {
        let pause = Duration::from_secs(seconds.max(0) as u64) / 3;
        if pause.is_zero() {
            return lease;
        }
        let (ledger, held) = (self.clone(), lease.clone());
        let renewing = tokio::spawn(async move {
            for _ in 0..LEASE_RENEWALS_MAX {
                tokio::time::sleep(pause).await;
                match ledger.renew(&held, pause).await {
                    Ok(true) => {}
                    Ok(false) => return,
                    // The next time is before it lapses.
                    Err(error) => tracing::warn!(%error, work = held.work, "a lease was not renewed"),
                }
            }
        });
        Lease { _renewal: Some(Arc::new(Renewal(renewing.abort_handle()))), ..lease }
    }

    /// Moves the end of a lease on; `false` when it was spent, or is another worker's by now.
    async fn renew(&self, lease: &Lease, by: Duration) -> Result<bool, LedgerError> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE lease SET until = until + $3 WHERE work = $1 AND fence = $2 AND until > 0";
        let held = tx.run(sql, args![&lease.work, lease.fence, by.as_micros() as i64]).await?;
        tx.commit().await?;
        Ok(held > 0)
    }

    /// Gives a lease back when there was nothing to do.
    pub async fn give_back(&self, lease: &Lease) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        spend(&mut tx, lease).await?;
        tx.commit().await
    }
}

/// Takes a lease inside a transaction.
pub(crate) async fn take(
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
    Ok(taken.first().map(|(fence,)| Lease { work: work.to_owned(), fence: *fence, _renewal: None }))
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
