//! A delivery that is not as it should be: one case about its carton, while which no pickup window opens for it.

use jiff::civil::Date;

use super::desk::{open_case, overtake_cases};
use crate::args;
use crate::store::{LedgerError, Stamp, Tx};

/// Whether a person must decide about the delivery of the shipment of that id.
macro_rules! is_disputed {
    ($shipment:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM receipt r JOIN desk_case k ON k.id = r.desk_case
                WHERE r.shipment = ",
            $shipment,
            " AND k.state IN ('open', 'escalated'))"
        )
    };
}
pub(crate) use is_disputed;

/// The open case about a shipment's delivery, and whether nothing but a count opened it.
pub(crate) async fn case_of_delivery(tx: &mut Tx, shipment: i64) -> Result<Option<(i64, bool)>, LedgerError> {
    tx.row(
        "SELECT k.id, NOT EXISTS (SELECT 1 FROM receipt o WHERE o.desk_case = k.id AND o.kind IN ('damaged', 'wrong-box'))
         FROM receipt r JOIN desk_case k ON k.id = r.desk_case AND k.state IN ('open', 'escalated')
         WHERE r.shipment = $1 ORDER BY k.id LIMIT 1",
        args![shipment],
    )
    .await
}

/// Opens a case about a shipment, which the caller's receipt names. The carton keeps its own day: when it has passed,
/// the next one follows without another case.
pub(crate) async fn open_delivery_case(
    tx: &mut Tx,
    shipment: i64,
    reason: &str,
    due_on: Date,
    why: Stamp<'_>,
) -> Result<i64, LedgerError> {
    let case = open_case(tx, None, None, reason, due_on, "administrator", why).await?;
    tx.run("UPDATE shipment SET owner = 'administrator' WHERE id = $1", args![shipment]).await?;
    Ok(case)
}

/// Ends a case about a shipment, which goes on.
pub(crate) async fn end_delivery_case(
    tx: &mut Tx,
    shipment: i64,
    case: i64,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    overtake_cases(tx, &[(case,)], why).await?;
    carton_goes_on(tx, shipment).await
}

/// A carton of which nobody has anything to decide is owed by who has it.
pub(crate) async fn carton_goes_on(tx: &mut Tx, shipment: i64) -> Result<(), LedgerError> {
    let sql = "UPDATE shipment SET owner = CASE place WHEN 'in_transit' THEN 'carrier' ELSE 'distribution point' END WHERE id = $1";
    tx.run(sql, args![shipment]).await?;
    Ok(())
}
