//! What passed which place of the route on which day.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::args;
use crate::store::scope::in_scope;
use crate::store::{Ledger, LedgerError};

/// What is counted of a day, in the order of the route: taken in, asked of a bank, ordered from a bureau, shipped, handed
/// over.
pub const PASSED: [&str; 5] = ["arrived", "asked-of-bank", "ordered", "shipped", "collected"];

/// Sums of the viewer's scope.
pub struct DayFigures {
    /// Day and figure, how many cards; nothing where there were none.
    cards: BTreeMap<(Date, String), i64>,
    /// When they were counted; none where no worker has counted yet.
    pub counted_at: Option<Timestamp>,
}

impl DayFigures {
    /// How many cards on a day.
    pub fn on(&self, day: Date, figure: &str) -> i64 {
        self.cards.get(&(day, figure.to_owned())).copied().unwrap_or(0)
    }

    /// How many cards from a day to another one, both inclusive.
    pub fn within(&self, from: Date, to: Date, figure: &str) -> i64 {
        let days = self.cards.range((from, String::new())..);
        days.take_while(|((day, _), _)| *day <= to)
            .filter(|((_, name), _)| name == figure)
            .map(|(_, cards)| cards)
            .sum()
    }
}

impl Ledger {
    /// The figures of each day since `since`, within an area (its digits, at most the six of a district; empty:
    /// everywhere) and the viewer's scope.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn day_figures(&self, since: Date, area: &str) -> Result<DayFigures, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        let sql = concat!(
            "SELECT f.day, f.figure, CAST(sum(f.cards) AS BIGINT) FROM day_figure f
             WHERE f.day >= $1 AND substr(f.region, 1, length($2)) = $2 AND ",
            in_scope!("f.bank", "f.region"),
            " GROUP BY f.day, f.figure"
        );
        let rows = tx.rows::<(String, String, i64)>(sql, args![since, area]).await?;
        let counted_at = crate::custody::counted_at::counted_at(&mut tx).await?;
        let cards = rows.into_iter().filter_map(|(day, figure, cards)| Some(((day.parse().ok()?, figure), cards)));
        Ok(DayFigures { cards: cards.collect(), counted_at })
    }
}
