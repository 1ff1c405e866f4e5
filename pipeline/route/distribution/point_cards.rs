//! The cards that wait at one point, one by one in the order in which they fall due: those on its shelf, shipment by
//! shipment, then those with a unit, in the mail or missing.

use cardline_core::card_states;

use super::pickup::kind_of;
use crate::store::scope::in_scope;
use crate::store::{Ledger, LedgerError};
use crate::{args, row};

row! {
    /// A card that waits at a point.
    #[derive(Clone, Debug)]
    pub struct PointCard {
        application_id: String,
        place: String,
        due_on: String,
        owner: String,
        /// The day on which its first window was opened.
        ready_on: Option<String>,
        /// The shipment it lies in; 0: with a unit, in the mail or missing.
        shipment: i64,
    }
}

impl PointCard {
    /// What ends on its day: `window`, `unit`, `mail` or `missing`.
    pub fn kind(&self) -> &'static str {
        kind_of(&self.place)
    }

    /// Where the list goes on after this card.
    pub fn mark(&self) -> String {
        format!("{}.{}.{}", self.due_on, self.shipment, self.application_id)
    }
}

/// An index leads from shipment to shipment. The first condition on the day is said by the second one, too; it is what
/// the index is entered by.
const ON_SHELF: &str = concat!(
    "SELECT a.application_id, s.place, COALESCE(s.window_last, s.due_on) AS due_on, s.owner, s.ready_on, s.id AS shipment
     FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
     WHERE NOT s.done AND s.point = $1 AND s.place IN ('at_point', 'on_shelf') AND a.place IS NULL
        AND COALESCE(s.window_last, s.due_on) >= $2
        AND (COALESCE(s.window_last, s.due_on), s.id, a.application_id) > ($2, $3, $4) AND ",
    in_scope!("a.bank", "a.region"),
    " ORDER BY COALESCE(s.window_last, s.due_on), s.id, a.application_id LIMIT $5"
);

const ALONE: &str = concat!(
    "SELECT a.application_id, a.place, a.due_on, a.owner, s.ready_on, CAST(0 AS BIGINT) AS shipment
     FROM application a LEFT JOIN made m ON m.application = a.id LEFT JOIN box x ON x.id = m.box
        LEFT JOIN shipment s ON s.id = x.shipment
     WHERE a.place IN (",
    card_states!(due_alone),
    ") AND a.place IN ('with_unit', 'in_mail', 'missing') AND a.point = $1 AND (a.due_on, a.application_id) > ($2, $3) AND ",
    in_scope!("a.bank", "a.region"),
    " ORDER BY a.due_on, a.application_id LIMIT $4"
);

impl Ledger {
    /// What waits at a point within the viewer's scope, at most `limit`, after the card of a mark; from the first one
    /// where the mark is empty or no mark.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn point_cards(&self, point: &str, after: &str, limit: i64) -> Result<Vec<PointCard>, LedgerError> {
        let parts = after.splitn(3, '.').collect::<Vec<_>>();
        let (due_on, shipment, id) = match parts[..] {
            [due_on, shipment, id] => (due_on, shipment.parse().unwrap_or(0), id),
            _ => ("", -1, ""),
        };
        let mut tx = self.read().await?;
        tx.look().await?;
        let mut cards: Vec<PointCard> = Vec::new();
        if shipment != 0 {
            cards = tx.rows(ON_SHELF, args![point, due_on, shipment, id, limit]).await?;
        }
        let left = limit - cards.len() as i64;
        if left > 0 {
            let (due_on, id) = if shipment == 0 { (due_on, id) } else { ("", "") };
            cards.extend(tx.rows::<PointCard>(ALONE, args![point, due_on, id, left]).await?);
        }
        Ok(cards)
    }
}
