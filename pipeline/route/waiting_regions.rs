//! Regions that were merged or renamed: what waits under the old code goes over to the new one's
//! queue. What is already in a batch stays there.

use cardline_core::state_machines::CARD;

use crate::args;
use crate::batching::cut_batch::{QueueSlice, WaitingSlice};
use crate::reference::touched::ChangedCode;
use crate::store::leases::spend;
use crate::store::row_macs::catalog;
use crate::store::transition::{Along, Subject, Transition, move_each};
use crate::store::{Lease, Ledger, LedgerError, Stamp};

/// A waiting room whose cards are gathered by region.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Room {
    /// Waits for an account batch.
    Account,
    /// Waits for a recycling batch.
    Recycling,
}

/// Groups that wait under one of the staged codes; lanes do not matter to recycling. CROSS JOIN keeps
/// SQLite from reading the whole queue.
fn waiting(room: Room) -> &'static str {
    match room {
        Room::Account => {
            "SELECT w.region, w.bank, w.lane, count(*) AS cards, min(w.approved_on) AS oldest, CAST(0 AS BIGINT) AS since
             FROM changed_code t CROSS JOIN account_waiting w
             WHERE w.region = t.code GROUP BY w.region, w.bank, w.lane ORDER BY 1, 2, 3"
        }
        Room::Recycling => {
            "SELECT a.region, a.bank, 'normal' AS lane, count(*) AS cards, min(a.due_on) AS oldest, CAST(0 AS BIGINT) AS since
             FROM changed_code t CROSS JOIN application a
             WHERE a.place = 'to_recycle' AND a.region = t.code GROUP BY a.region, a.bank ORDER BY 1, 2"
        }
    }
}

impl Ledger {
    /// What waits in a room under one of these region codes.
    pub async fn waiting_under(&self, room: Room, regions: &[&str]) -> Result<Vec<QueueSlice>, LedgerError> {
        let mut tx = self.read().await?;
        tx.stage(regions.iter().map(|code| ChangedCode { code }).collect()).await?;
        // Since when they wait does not matter to who follows a region.
        let rows = tx.rows::<WaitingSlice>(waiting(room), args![]).await?;
        Ok(rows.into_iter().map(QueueSlice::from).collect())
    }

    /// Moves up to `most` cards of a group to another region's queue; returns how many.
    pub async fn settle_followed(
        &self,
        lease: &Lease,
        (room, group): (Room, &QueueSlice),
        region: &str,
        most: i64,
        why: Stamp<'_>,
    ) -> Result<i64, LedgerError> {
        let mut tx = self.begin().await?;
        let (waiting, place) = match room {
            Room::Account => (
                "SELECT application FROM account_waiting WHERE region = $1 AND bank = $2 AND lane = $3
                 ORDER BY application_id LIMIT $4",
                "waiting_account",
            ),
            Room::Recycling => (
                "SELECT id FROM application WHERE place = 'to_recycle' AND region = $1 AND bank = $2 AND $3 <> ''
                 ORDER BY id LIMIT $4",
                "to_recycle",
            ),
        };
        let found = tx.rows::<(i64,)>(waiting, args![&group.region, &group.bank, &group.lane, most]).await?;
        tx.stage(found.into_iter().map(|(id,)| Subject::of(id)).collect()).await?;
        // First, as by whoever else takes a card out of the queue.
        tx.run("UPDATE account_waiting SET region = $1 WHERE application IN (SELECT id FROM subject)", args![region])
            .await?;
        let transition = Transition::between(&CARD, place, place)?;
        let moved = move_each(&mut tx, &[transition], Along::default(), why).await?;
        tx.run("UPDATE application SET region = $1 WHERE id IN (SELECT id FROM subject)", args![region]).await?;
        tx.cover(&catalog::APPLICATION, "id IN (SELECT id FROM subject)", args![]).await?;
        spend(&mut tx, lease).await?;
        tx.commit().await?;
        Ok(moved)
    }
}
