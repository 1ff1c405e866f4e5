//! Counting the figures of the last days anew, from the cards themselves.
//!
//! Nothing is carried on from sums of before, so that no error stays: a figure is what the ledger says on its last
//! count. A day is counted until the one after it is over; then it stays. What was counted is written in one short
//! transaction; of two workers that count at once, the one that is late leaves it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::waiting::kept;
use crate::custody::counted_at::counted_at;
use crate::limits::{DAY_FIGURES_DAYS, DAY_FIGURES_SECONDS};
use crate::route::distribution::pickup_cards::Asked;
use crate::route::unfinished::{COMING, ComingCount, UNFINISHED, Unfinished};
use crate::store::dialect::over_history;
use crate::store::{Ledger, LedgerError, Tx};
use crate::time::{instant, local_date};
use crate::{args, bulk_row, row};

bulk_row! {
    struct Figure in "day_figure" { figure: String, day: String, region: String, bank: String, cards: i64 }
}

row! {
    /// Cards of a day, of one region and bank.
    struct Counted { name: String, day: String, region: String, bank: String, cards: i64 }
}

/// By the day of a set: a batch that was cut, a shipment that left or whose window was opened. Opening stock was never
/// promised to anybody.
const BY_SETS: &str = "
    SELECT 'asked-of-bank' AS name, b.cut_on AS day, a.region, a.bank, count(*) AS cards
        FROM batch b JOIN account_row g ON g.batch = b.id JOIN application a ON a.id = g.application WHERE b.cut_on = $1 AND b.kind = 'account'
        GROUP BY b.cut_on, a.region, a.bank
    UNION ALL SELECT 'ordered', b.cut_on, a.region, a.bank, count(*)
        FROM batch b JOIN production_row p ON p.batch = b.id JOIN application a ON a.id = p.application
        WHERE b.cut_on = $1 AND b.kind = 'production' GROUP BY b.cut_on, a.region, a.bank
    UNION ALL SELECT 'shipped', s.shipped_on, a.region, a.bank, count(*)
        FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id
        JOIN application a ON a.id = m.application WHERE s.shipped_on = $1 GROUP BY s.shipped_on, a.region, a.bank
    UNION ALL SELECT r.name, r.day, r.region, r.bank, count(*) FROM
        (SELECT CASE WHEN s.ready_on <= a.promise_on THEN 'kept' ELSE 'missed' END AS name, s.ready_on AS day,
            a.region, a.bank
         FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id
         JOIN application a ON a.id = m.application
         WHERE s.ready_on = $1 AND a.old_number IS NULL) r GROUP BY r.name, r.day, r.region, r.bank";

/// By the chunk that was taken in from one instant to another, of what moved with it.
const ARRIVED: &str = "
    SELECT 'arrived' AS name, $3 AS day, a.region, a.bank, count(*) AS cards
    FROM chunk c JOIN application a ON a.chunk = c.id
    WHERE c.at >= $1 AND c.at < $2 AND a.old_number IS NULL GROUP BY a.region, a.bank";

impl Ledger {
    /// Counts what is due to be counted; nothing where it was counted a few minutes ago on this day.
    ///
    /// # Errors
    /// The ledger cannot be read or written.
    pub async fn count_figures(&self, now: Timestamp) -> Result<(), LedgerError> {
        let mut tx = self.read().await?;
        let before = counted_at(&mut tx).await?;
        let today = local_date(now);
        let is_fresh = |before: Timestamp| {
            now.duration_since(before).as_secs() < DAY_FIGURES_SECONDS && local_date(before) == today
        };
        if before.is_some_and(is_fresh) {
            return Ok(());
        }
        let oldest = today.saturating_sub(DAY_FIGURES_DAYS.days());
        // The day before the last count was over then; a set that was settled late may still have come to it.
        let from = before.map_or(oldest, |before| local_date(before).saturating_sub(1.day()).max(oldest));
        let mut figures = Vec::new();
        for day in from.series(1.day()).take_while(|day| *day <= today) {
            figures.extend(of_day(&mut tx, day).await?);
        }
        let unfinished = tx.rows::<Unfinished>(UNFINISHED, args![]).await?;
        let coming = tx.rows::<ComingCount>(COMING, args![]).await?;
        tx.roll_back().await?;
        let waiting = self.pickup_cards(Asked::Waiting).await?;
        let overdue = self.pickup_cards(Asked::Overdue { today }).await?;

        let mut tx = self.begin().await?;
        let old = before.map_or(0, Timestamp::as_microsecond);
        tx.run("INSERT INTO figures_run (one, at) VALUES (1, 0) ON CONFLICT (one) DO NOTHING", args![]).await?;
        let ours = tx.run("UPDATE figures_run SET at = $1 WHERE one = 1 AND at = $2", args![now, old]).await?;
        if ours == 0 {
            return tx.roll_back().await;
        }
        tx.run("DELETE FROM day_figure WHERE day >= $1 OR day < $2", args![from, oldest]).await?;
        tx.run("DELETE FROM unfinished", args![]).await?;
        tx.run("DELETE FROM waiting_count", args![]).await?;
        tx.run("DELETE FROM coming_count", args![]).await?;
        tx.insert(summed(figures)).await?;
        tx.insert(unfinished).await?;
        tx.insert(coming).await?;
        tx.insert(kept("waiting", waiting).chain(kept("overdue", overdue)).collect()).await?;
        tx.commit().await
    }
}

async fn of_day(tx: &mut Tx, day: Date) -> Result<Vec<Counted>, LedgerError> {
    let (begin, end) = (instant(day, 0, 0), instant(day.saturating_add(1.day()), 0, 0));
    let mut counted = tx.rows::<Counted>(BY_SETS, args![day]).await?;
    counted.extend(tx.rows::<Counted>(ARRIVED, args![begin, end, day]).await?);
    let (from, to) = sealed_within(tx, begin, end).await?;
    // History has no index by time; the seals say which part of it belongs to a day.
    let singles = over_history!(
        tx,
        "SELECT s.name, $5 AS day, s.region, s.bank, count(*) AS cards FROM
            (SELECT CASE WHEN m.life = 'card' THEN 'collected' ELSE 'arrived' END AS name, a.region, a.bank
             FROM move m JOIN application a ON a.id = m.subject
             WHERE ",
        " AND m.scope = 'application' AND m.at >= $3 AND m.at < $4
                AND ((m.life = 'card' AND m.to_state = 'in_hand' AND m.from_state IN ('on_shelf', 'with_unit', 'in_mail', 'stored'))
                    OR (m.life = 'application' AND m.from_state = '' AND a.old_number IS NULL))) s
         GROUP BY s.name, s.region, s.bank"
    );
    counted.extend(tx.rows::<Counted>(singles, args![from, to, begin, end, day]).await?);
    Ok(counted)
}

/// The part of the history that was sealed from the last seal before an instant to the first one after another.
async fn sealed_within(tx: &mut Tx, begin: Timestamp, end: Timestamp) -> Result<(i64, i64), LedgerError> {
    let from = "SELECT COALESCE(max(to_tx), 0) FROM seal WHERE at < $1";
    let to = "SELECT COALESCE((SELECT min(to_tx) FROM seal WHERE at >= $1), (SELECT max(to_tx) FROM seal), 0)";
    Ok((tx.number(from, args![begin]).await?, tx.number(to, args![end]).await?))
}

/// What came with a chunk and what came alone are one figure.
fn summed(counted: Vec<Counted>) -> Vec<Figure> {
    let mut sums = BTreeMap::<_, i64>::new();
    for Counted { name, day, region, bank, cards } in counted {
        *sums.entry((day, name, region, bank)).or_default() += cards;
    }
    let figure = |((day, figure, region, bank), cards)| Figure { figure, day, region, bank, cards };
    sums.into_iter().map(figure).collect()
}
