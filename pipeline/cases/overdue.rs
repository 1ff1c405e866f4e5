//! What is overdue, and whose: found, settled and counted kind by kind, through the list [`DEADLINES`].

use jiff::civil::Date;

use super::deadline::{Deadline, Missed, NextDates};
use super::deadlines::DEADLINES;
use crate::args;
use crate::store::leases::spend;
use crate::store::{Lease, Ledger, LedgerError, Stamp};

/// Things of one kind and partner that let their day pass.
#[derive(Clone)]
pub struct Overdue {
    pub deadline: &'static Deadline,
    /// Whose they are; empty: nobody's.
    pub partner: String,
}

/// Everything unfinished that one gauge counts.
pub struct Unfinished {
    pub kind: &'static str,
    pub overdue: i64,
    /// The earliest day by which one of them is due.
    pub oldest: Option<String>,
}

impl Ledger {
    /// Whose deadlines of which kind have passed.
    pub async fn overdue(&self, today: Date) -> Result<Vec<Overdue>, LedgerError> {
        let mut tx = self.read().await?;
        tx.by_index().await?;
        let mut found = Vec::new();
        for deadline in DEADLINES {
            let partners = tx.rows::<(String,)>(deadline.partners, args![today]).await?;
            found.extend(partners.into_iter().map(|(partner,)| Overdue { deadline, partner }));
        }
        Ok(found)
    }

    /// Gives what is overdue of a kind and partner its next deadline.
    pub async fn settle_overdue(
        &self,
        lease: &Lease,
        Overdue { deadline, partner }: &Overdue,
        dates: &NextDates,
        why: Stamp<'_>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        tx.by_index().await?;
        (deadline.settle)(&mut tx, Missed { partner, dates, why }).await?;
        spend(&mut tx, lease).await?;
        tx.commit().await
    }

    /// How many things let their day pass, and the earliest day of those that are not finished.
    pub async fn unfinished(&self, today: Date) -> Result<Vec<Unfinished>, LedgerError> {
        let mut tx = self.read().await?;
        tx.by_index().await?;
        let mut unfinished = Vec::new();
        for gauge in DEADLINES.iter().flat_map(|deadline| deadline.gauges) {
            let oldest = tx.row::<(Option<String>,)>(gauge.oldest, args![]).await?.and_then(|row| row.0);
            let overdue = tx.number(gauge.overdue, args![today]).await?;
            unfinished.push(Unfinished { kind: gauge.label, overdue, oldest });
        }
        Ok(unfinished)
    }

    /// How many things have a deadline, and how many of them let it pass by a day.
    pub async fn deadlines_past(&self, today: Date) -> Result<(i64, i64), LedgerError> {
        let mut tx = self.read().await?;
        let (mut all, mut past) = (0, 0);
        for gauge in DEADLINES.iter().flat_map(|deadline| deadline.gauges) {
            all += tx.number(gauge.overdue, args![Date::MAX]).await?;
            past += tx.number(gauge.overdue, args![today]).await?;
        }
        Ok((all, past))
    }
}
