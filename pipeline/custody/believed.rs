//! What the ledger believes of every card, for comparison with other parties' own books.

use crate::store::{Ledger, LedgerError};
use crate::{args, row};

row! {
    /// One card as we see it. The account is still encrypted.
    pub struct BelievedCard {
        id: i64,
        application_id: String,
        /// The number of a card of the opening stock.
        old_number: Option<String>,
        card_number: Option<String>,
        state: String,
        place: Option<String>,
        social: String,
        financial: String,
        bank: String,
        account: Option<Vec<u8>>,
        identifier: Option<String>,
        spoiled: i64,
    }
}

impl Ledger {
    /// Every card and application.
    pub async fn believed_cards(&self) -> Result<Vec<BelievedCard>, LedgerError> {
        let mut tx = self.read().await?;
        tx.rows(
            "SELECT a.id, a.application_id, a.old_number, p.card_number, a.state, k.place, a.social, a.financial, a.bank, c.sealed AS account,
                m.identifier, (SELECT count(*) FROM spoilage s WHERE s.application = a.id) AS spoiled
             FROM application a LEFT JOIN card k ON k.id = a.id LEFT JOIN account c ON c.application = a.id
             LEFT JOIN production_row p ON p.application = a.id LEFT JOIN made m ON m.application = a.id ORDER BY a.application_id",
            args![],
        )
        .await
    }

    /// Shipments: number, and whether the point has received it.
    pub async fn believed_shipments(&self) -> Result<Vec<(String, bool)>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx.rows::<(String, String)>("SELECT number, place FROM shipment ORDER BY number", args![]).await?;
        Ok(rows.into_iter().map(|(number, place)| (number, place != "in_transit")).collect())
    }
}
