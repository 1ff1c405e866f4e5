//! The regions of a shipment's cards.

use std::collections::BTreeSet;

use crate::args;
use crate::store::{LedgerError, Tx};

/// The regions of a shipment's cards.
pub(crate) async fn regions_of(tx: &mut Tx, shipment: i64) -> Result<BTreeSet<String>, LedgerError> {
    let regions = tx
        .rows::<(String,)>(
            "SELECT DISTINCT a.region FROM box x JOIN made m ON m.box = x.id
             JOIN application a ON a.id = m.application WHERE x.shipment = $1",
            args![shipment],
        )
        .await?;
    Ok(regions.into_iter().map(|(region,)| region).collect())
}
