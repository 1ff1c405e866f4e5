//! The cartons on their way to one point, with what the city counted of each.

use crate::limits::CONSOLE_ROWS;
use crate::store::scope::in_scope;
use crate::store::{Ledger, LedgerError};
use crate::{args, row};

row! {
    /// A carton on its way.
    #[derive(Clone, Debug)]
    pub struct ComingCarton {
        number: String,
        shipped_on: String,
        due_on: String,
        owner: String,
        /// Cards of it that the viewer sees.
        cards: i64,
        /// The last count in the city, and how many cards travelled in it then; none where the viewer does not see all.
        counted: Option<i64>,
        expected: Option<i64>,
    }
}

const COMING: &str = concat!(
    "SELECT c.number, c.shipped_on, c.due_on, c.owner, c.cards, r.counted, r.expected FROM
        (SELECT s.id, s.number, s.shipped_on, s.due_on, s.owner, s.cards AS packed,
            CAST(sum(CASE WHEN a.place IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS cards, count(*) AS seen
         FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
         WHERE s.point = $1 AND NOT s.done AND s.place = 'in_transit' AND ",
    in_scope!("a.bank", "a.region"),
    " GROUP BY s.id, s.number, s.shipped_on, s.due_on, s.owner, s.cards
            HAVING sum(CASE WHEN a.place IS NULL THEN 1 ELSE 0 END) > 0) c
     LEFT JOIN receipt r ON c.seen = c.packed AND r.id = (SELECT t.id FROM receipt t WHERE t.shipment = c.id AND t.kind = 'city' ORDER BY t.at DESC, t.id DESC LIMIT 1)
     ORDER BY c.due_on, c.number LIMIT $2"
);

impl Ledger {
    /// What is on its way to a point within the viewer's scope, what is due first at the head.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn coming_cartons(&self, point: &str) -> Result<Vec<ComingCarton>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        tx.rows(COMING, args![point, CONSOLE_ROWS]).await
    }
}
