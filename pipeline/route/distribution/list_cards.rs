//! Lists for a point in the ledger: the cards that lie on its shelf, the list that was made of them, and where its
//! cards are when it comes back.

use crate::store::dialect::for_update;
use crate::store::row_macs::catalog;
use crate::store::scope::in_scope;
use crate::store::{LedgerError, Tx};
use crate::{args, bulk_row, row};

bulk_row! {
    struct Member in "pickup_list_card" { act: i64, no: i64, application: i64 }
}

row! {
    /// A card on the shelf of a point, with the message that says whose it is.
    pub struct ShelfCard {
        application: i64,
        application_id: String,
        person: Vec<u8>,
        box_number: String,
        last_day: String,
        message: i64,
        /// Empty where it was destroyed.
        sealed: Vec<u8>,
    }
}

row! {
    /// A card of a list, where it is now.
    #[derive(Clone)]
    pub struct ListedCard {
        no: i64,
        application_id: String,
        person: Vec<u8>,
        bank: String,
        region: String,
        /// How it is collected, and at which point it lies.
        method: String,
        point: String,
        place: String,
        /// Whether its window is open, so that it can be collected.
        can_be_collected: bool,
        is_in_hand: bool,
        /// The day its window was opened.
        ready_on: Option<String>,
        /// The event by which it was collected here.
        handed_by: Option<String>,
        /// The message that says whose it is.
        message: i64,
        /// Empty where it was destroyed.
        sealed: Vec<u8>,
    }
}

/// The cards on the shelf of a point that who asks sees, after one application id, in their order.
pub(crate) async fn shelf_cards(
    tx: &mut Tx,
    point: &str,
    after: &str,
    most: i64,
) -> Result<Vec<ShelfCard>, LedgerError> {
    tx.look().await?;
    let sql = concat!(
        "SELECT a.id AS application, a.application_id, a.person, x.number AS box_number, s.window_last AS last_day, g.id AS message, g.sealed
         FROM shipment s JOIN box x ON x.shipment = s.id JOIN made m ON m.box = x.id JOIN application a ON a.id = m.application
         JOIN message g ON g.id = a.message
         WHERE s.point = $1 AND NOT s.done AND s.place = 'on_shelf' AND a.place IS NULL AND a.application_id > $2 AND ",
        in_scope!("a.bank", "a.region"),
        " ORDER BY a.application_id LIMIT $3"
    );
    tx.rows(sql, args![point, after, most]).await
}

/// Keeps which cards a list names, each under its line from 1 on, or an act hands on.
pub(crate) async fn keep_listed(tx: &mut Tx, act: i64, applications: Vec<i64>) -> Result<(), LedgerError> {
    let members = (1..).zip(applications).map(|(no, application)| Member { act, no, application });
    tx.insert(members.collect()).await?;
    tx.cover_one(&catalog::PICKUP_LIST_CARD, act).await
}

/// Id and point of the list of this operation.
pub(crate) async fn list_named(tx: &mut Tx, operation: &str) -> Result<Option<(i64, String)>, LedgerError> {
    tx.row("SELECT id, place FROM pickup_act WHERE operation = $1 AND what = 'list'", args![operation]).await
}

/// Where the cards of a list are now, those that who asks sees. Nobody else moves them before this transaction ends.
pub(crate) async fn listed_cards(tx: &mut Tx, act: i64) -> Result<Vec<ListedCard>, LedgerError> {
    let locked = for_update!(
        tx,
        "SELECT id FROM application WHERE id IN (SELECT application FROM pickup_list_card WHERE act = $1) ORDER BY id"
    );
    tx.rows::<(i64,)>(locked, args![act]).await?;
    tx.look().await?;
    let sql = concat!(
        "SELECT n.no, a.application_id, a.person, a.bank, a.region, a.method, COALESCE(s.point, a.point) AS point, c.place, c.place = 'on_shelf' AS can_be_collected,
            c.place = 'in_hand' AS is_in_hand, s.ready_on,
            (SELECT v.event_id FROM move v WHERE v.scope = 'application' AND v.subject = a.id AND v.life = 'card'
                AND v.from_state = 'on_shelf' AND v.to_state = 'in_hand'
             ORDER BY v.seq DESC LIMIT 1) AS handed_by, g.id AS message, g.sealed
         FROM pickup_list_card n JOIN application a ON a.id = n.application JOIN card c ON c.id = a.id
         JOIN message g ON g.id = a.message
         LEFT JOIN made m ON m.application = a.id LEFT JOIN box x ON x.id = m.box LEFT JOIN shipment s ON s.id = x.shipment
         WHERE n.act = $1 AND ",
        in_scope!("a.bank", "a.region"),
        " ORDER BY n.no"
    );
    tx.rows(sql, args![act]).await
}
