//! Warnings: whoever has not come is told once more 7, 3 and 1 working days before the window ends (s2).
//!
//! A window that was opened or moved when no more days than those were left needs no such warning: its holders have just
//! been told its last day. The history says which warnings were given since.

use cardline_core::state_machines::CARD;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::custody::containers::SHIPMENT;
use crate::limits::{WARNED_WORKING_DAYS, WINDOWS_PER_CLAIM};
use crate::messages::told::ENDS_SOON;
use crate::route::distribution::shipments::window_stands;
use crate::route::distribution::windows::Shipments;
use crate::step::{Claim, StageError, Step, Worker};
use crate::store::args::Arg;
use crate::store::leases::spend;
use crate::store::transition::say_of_sets;
use crate::store::{Lease, Ledger, LedgerError};
use crate::time::local_date;
use crate::{args, row, transition};

row! {
    /// A carton whose window ends soon.
    pub struct EndingWindow {
        id: i64,
        window_last: String,
        /// When that day was set, microseconds since 1970 UTC.
        set_at: i64,
        reason: String,
    }
}

/// How the reasons of the three warnings begin, the first of them first; the last day follows, so that another one is
/// warned of anew.
const REASONS: [&str; 3] = [
    "the window ends within 7 working days: ",
    "the window ends within 3 working days: ",
    "the window ends within 1 working day: ",
];

/// Windows with somebody left that end by the day `$2`, `$3` or `$4` (the last is the nearest) and were not warned of;
/// with `$5` to `$7` the reasons of the warnings begin, with `$8` all of them.
macro_rules! ending {
    () => {
        "(SELECT s.id, s.window_last, b.bank, b.region, o.at AS set_at,
            CASE WHEN s.window_last <= $4 THEN $7 WHEN s.window_last <= $3 THEN $6 ELSE $5 END || s.window_last AS reason
          FROM shipment s JOIN batch b ON b.id = s.batch
          JOIN move o ON o.seq = (SELECT max(v.seq) FROM move v WHERE v.scope = 'shipment' AND v.subject = s.id
                AND v.to_state = 'on_shelf' AND v.reason NOT LIKE $8)
          WHERE NOT s.done AND s.place = 'on_shelf' AND s.window_last >= $1 AND s.window_last <= $2
            AND EXISTS (SELECT 1 FROM box x JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
                WHERE x.shipment = s.id AND a.place IS NULL)) e
         WHERE NOT EXISTS (SELECT 1 FROM move w WHERE w.scope = 'shipment' AND w.subject = e.id AND w.reason = e.reason)"
    };
}

/// The first arguments of a statement made with [`ending!`].
fn ending_args(today: Date, [seven, three, one]: [Date; 3]) -> Vec<Arg> {
    let [in_seven, in_three, in_one] = REASONS;
    args![today, seven, three, one, in_seven, in_three, in_one, format!("{ENDS_SOON}%")]
}

/// Tells of windows that end soon.
pub struct Warnings;

/// The days by which a window ends soon: one for each warning.
fn days(worker: &Worker, today: Date) -> [Date; 3] {
    WARNED_WORKING_DAYS.map(|days| worker.working_days_after(today, days))
}

/// Whether more days were left when the last day was set than this warning says.
fn is_due(worker: &Worker, window: &EndingWindow) -> bool {
    let set_on = Timestamp::from_microsecond(window.set_at).map(local_date);
    let warned = REASONS.iter().zip(WARNED_WORKING_DAYS).find(|(reason, _)| window.reason.starts_with(**reason));
    let (Ok(set_on), Some((_, days))) = (set_on, warned) else { return false };
    worker.working_days_after(set_on, days).to_string() < window.window_last
}

impl Step for Warnings {
    type Unit = Shipments;
    type Claimed<'s> = (Lease, Vec<EndingWindow>);
    type Worked<'s> = (Lease, Vec<EndingWindow>);

    async fn units(&self, worker: &Worker, now: Timestamp) -> Result<Vec<Shipments>, StageError> {
        let today = local_date(now);
        let runs = worker.ledger.runs_ending_soon(today, days(worker, today)).await?;
        Ok(runs.into_iter().map(|(bank, area)| Shipments { bank, area }).collect())
    }

    async fn claim(
        &self,
        worker: &Worker,
        unit: &Shipments,
        now: Timestamp,
    ) -> Result<Claim<Self::Claimed<'_>>, StageError> {
        let (today, Shipments { bank, area }) = (local_date(now), unit);
        let lease = worker.lease(&format!("distribution/warnings/{bank}/{area}"), now).await?;
        let Some(lease) = lease else { return Ok(Claim::Busy) };
        // Under the lease: what another worker warned of is not warned of again.
        let mut ending = worker.ledger.ending_soon(today, days(worker, today), (bank, area)).await?;
        ending.retain(|window| is_due(worker, window));
        ending.truncate(WINDOWS_PER_CLAIM as usize);
        if ending.is_empty() {
            worker.ledger.give_back(&lease).await?;
            return Ok(Claim::Nothing);
        }
        Ok(Claim::Taken((lease, ending)))
    }

    fn work<'s>(
        &self,
        _: &'s Worker,
        claimed: Self::Claimed<'s>,
        _: Timestamp,
    ) -> Result<Self::Worked<'s>, StageError> {
        Ok(claimed)
    }

    async fn settle<'s>(
        &self,
        worker: &'s Worker,
        (lease, ending): Self::Worked<'s>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        worker.ledger.settle_warnings(&lease, ending, now).await?;
        Ok(())
    }
}

impl Ledger {
    /// Bank and area of the runs of which a carton's window ends soon.
    async fn runs_ending_soon(&self, today: Date, by: [Date; 3]) -> Result<Vec<(String, String)>, LedgerError> {
        let sql = concat!("SELECT DISTINCT e.bank, e.region FROM ", ending!(), " ORDER BY e.bank, e.region");
        self.read().await?.rows(sql, ending_args(today, by)).await
    }

    /// The windows of a bank and area that end soon, those first that end first.
    async fn ending_soon(
        &self,
        today: Date,
        by: [Date; 3],
        (bank, area): (&str, &str),
    ) -> Result<Vec<EndingWindow>, LedgerError> {
        let sql = concat!(
            "SELECT e.id, e.window_last, e.set_at, e.reason FROM ",
            ending!(),
            " AND e.bank = $9 AND e.region = $10 ORDER BY e.window_last, e.id"
        );
        let args = ending_args(today, by).into_iter().chain(args![bank, area]);
        self.read().await?.rows(sql, args.collect()).await
    }

    /// Warns: a row of history for each carton, of which those are told who are left. One whose window was moved since it
    /// was claimed is left out.
    async fn settle_warnings(
        &self,
        lease: &Lease,
        ending: Vec<EndingWindow>,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        let mut warned = Vec::with_capacity(ending.len());
        for EndingWindow { id, window_last, reason, .. } in ending {
            if window_stands(&mut tx, id, "on_shelf", &window_last).await? {
                warned.push((SHIPMENT.of(id), reason));
            }
        }
        say_of_sets(&mut tx, warned, transition!(CARD, "on_shelf" => "on_shelf"), (at, "scheduler")).await?;
        spend(&mut tx, lease).await?;
        tx.commit().await
    }
}
