//! What the ledger believes of every card, for comparison with other parties' own books.

use crate::args;
use crate::store::{Ledger, LedgerError};

/// One card as we see it. The account is still encrypted.
pub struct BelievedCard {
    pub application_id: String,
    /// The number of a card of the opening stock.
    pub old_number: Option<String>,
    pub card_number: Option<String>,
    pub state: String,
    pub place: Option<String>,
    pub social: String,
    pub financial: String,
    pub bank: String,
    pub account: Option<Vec<u8>>,
    pub identifier: Option<String>,
    pub spoiled: i64,
}

type Believed = (
    String,
    Option<String>,
    Option<String>,
    String,
    Option<String>,
    String,
    String,
    String,
    Option<Vec<u8>>,
    Option<String>,
    i64,
);

impl Ledger {
    /// Every card and application.
    pub async fn believed_cards(&self) -> Result<Vec<BelievedCard>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx
            .rows::<Believed>(
                "SELECT a.application_id, a.old_number, p.card_number, a.state, k.place, a.social, a.financial, a.bank, c.sealed, m.identifier,
                    (SELECT count(*) FROM spoilage s WHERE s.application = a.id)
                 FROM application a LEFT JOIN card k ON k.id = a.id LEFT JOIN account c ON c.application = a.id
                 LEFT JOIN production_row p ON p.application = a.id LEFT JOIN made m ON m.application = a.id ORDER BY a.application_id",
                args![],
            )
            .await?;
        Ok(rows
            .into_iter()
            .map(|r| BelievedCard {
                application_id: r.0,
                old_number: r.1,
                card_number: r.2,
                state: r.3,
                place: r.4,
                social: r.5,
                financial: r.6,
                bank: r.7,
                account: r.8,
                identifier: r.9,
                spoiled: r.10,
            })
            .collect())
    }

    /// Shipments: number, and whether the point has received it.
    pub async fn believed_shipments(&self) -> Result<Vec<(String, bool)>, LedgerError> {
        let mut tx = self.read().await?;
        let rows = tx.rows::<(String, String)>("SELECT number, place FROM shipment ORDER BY number", args![]).await?;
        Ok(rows.into_iter().map(|(number, place)| (number, place != "in_transit")).collect())
    }
}
