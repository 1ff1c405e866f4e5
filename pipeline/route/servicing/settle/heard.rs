//! Which points were heard of: an event that moved a card there, or a count of a carton, says that somebody works there.
//! One row a point, written once a day, so that events of one point do not wait for each other.

use jiff::civil::Date;

use crate::args;
use crate::route::servicing::arriving::EventKind;
use crate::store::{LedgerError, Tx};

/// Whether a point tells it. The city, a carrier, a unit and a bank tell the others.
pub(super) fn is_told_by_point(kind: EventKind) -> bool {
    use EventKind::{Collected, CollectedByMail, CollectedByUnit, Found, Missing, SentByMail};
    matches!(kind, Collected | CollectedByMail | CollectedByUnit | Found | Missing | SentByMail)
}

/// Today the points of the cards were heard of that the staged events have moved; what was kept elsewhere no point handed
/// out.
pub(super) async fn heard_of_cards(tx: &mut Tx, today: Date) -> Result<(), LedgerError> {
    let sql = "INSERT INTO point_heard (point, heard_on) SELECT p.point, $1 FROM (SELECT DISTINCT s.point FROM event e
            JOIN made m ON m.application = e.id JOIN box x ON x.id = m.box JOIN shipment s ON s.id = x.shipment
            WHERE e.verdict = 'moved' AND NOT EXISTS (SELECT 1 FROM move v WHERE v.event_id = e.event_id AND v.from_state = 'stored')) p
        WHERE NOT EXISTS (SELECT 1 FROM point_heard h WHERE h.point = p.point AND h.heard_on >= $1) ORDER BY p.point
        ON CONFLICT (point) DO UPDATE SET heard_on = excluded.heard_on";
    tx.run(sql, args![today]).await?;
    Ok(())
}

/// Today this point was heard of.
pub(super) async fn heard_of(tx: &mut Tx, point: &str, today: Date) -> Result<(), LedgerError> {
    let known = "SELECT count(*) FROM point_heard WHERE point = $1 AND heard_on >= $2";
    if tx.number(known, args![point, today]).await? == 0 {
        let sql = "INSERT INTO point_heard (point, heard_on) VALUES ($1, $2)
            ON CONFLICT (point) DO UPDATE SET heard_on = excluded.heard_on";
        tx.run(sql, args![point, today]).await?;
    }
    Ok(())
}
