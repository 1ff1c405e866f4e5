//! What a bureau makes of what is ordered: good and spoiled cards by week, why cards were spoiled, what is shipped.

use jiff::civil::Date;

use crate::store::scope::in_scope;
use crate::store::{Ledger, LedgerError};
use crate::{args, row};

row! {
    /// The production batches of one bureau that were cut on one day.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Yield {
        bureau: String,
        cut_on: String,
        /// Ordered.
        cards: i64,
        /// Reported good.
        good: i64,
        /// Reported spoiled, each time counted.
        spoiled: i64,
        /// Ordered once more.
        remakes: i64,
    }
}

row! {
    /// Spoiled cards of one stage of production and one reason.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Spoiled {
        stage: String,
        reason: String,
        cards: i64,
        /// Ordered once more.
        remade: i64,
    }
}

row! {
    /// A bureau's shipments of one day that are on their way or were received.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Shipped {
        shipped_on: String,
        shipments: i64,
        cards: i64,
        /// Not received yet.
        under_way: i64,
        /// Not received though it is past the day they were due.
        late: i64,
    }
}

impl Ledger {
    /// The production of each bureau by day, since a day; an empty bureau is all of them. Only whoever sees every bank
    /// finds the runs that several share.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn yields(&self, bureau: &str, since: Date) -> Result<Vec<Yield>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        let sql = concat!(
            "SELECT b.partner AS bureau, b.cut_on, CAST(sum(b.cards) AS BIGINT) AS cards,
                CAST(sum(b.good) AS BIGINT) AS good, CAST(sum(b.spoiled) AS BIGINT) AS spoiled,
                CAST(sum(b.remakes) AS BIGINT) AS remakes
             FROM batch b WHERE b.kind = 'production' AND b.cut_on >= $1 AND ($2 = '' OR b.partner = $2) AND ",
            in_scope!("b.bank", "b.region"),
            " GROUP BY b.partner, b.cut_on ORDER BY b.cut_on, b.partner"
        );
        tx.rows(sql, args![since, bureau]).await
    }

    /// Why cards of a bureau were spoiled in the batches cut since a day, most first.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn spoilage(&self, bureau: &str, since: Date) -> Result<Vec<Spoiled>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        let sql = concat!(
            "SELECT s.stage, s.reason, count(*) AS cards, count(*) FILTER (WHERE s.remade) AS remade
             FROM batch b JOIN spoilage s ON s.batch = b.id
             WHERE b.kind = 'production' AND b.partner = $1 AND b.cut_on >= $2 AND ",
            in_scope!("b.bank", "b.region"),
            " GROUP BY s.stage, s.reason ORDER BY 3 DESC, 1, 2"
        );
        tx.rows(sql, args![bureau, since]).await
    }

    /// The shipments of a bureau by day, since a day, newest first.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn shipped(&self, bureau: &str, since: Date, today: Date) -> Result<Vec<Shipped>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        let sql = concat!(
            "SELECT s.shipped_on, count(*) AS shipments, CAST(sum(s.cards) AS BIGINT) AS cards,
                count(*) FILTER (WHERE s.place = 'in_transit') AS under_way,
                count(*) FILTER (WHERE s.place = 'in_transit' AND s.due_on < $3) AS late
             FROM batch b JOIN shipment s ON s.batch = b.id
             WHERE b.kind = 'production' AND b.partner = $1 AND s.shipped_on >= $2 AND ",
            in_scope!("b.bank", "b.region"),
            " GROUP BY s.shipped_on ORDER BY s.shipped_on DESC"
        );
        tx.rows(sql, args![bureau, since, today]).await
    }
}
