//! The state of a batch, while nobody else changes it.

use crate::args;
use crate::store::dialect::for_update;
use crate::store::{LedgerError, Tx};

/// The state of a batch; nobody else changes it before this transaction ends.
pub(crate) async fn locked_state(tx: &mut Tx, batch: i64) -> Result<String, LedgerError> {
    let sql = for_update!(tx, "SELECT state FROM batch WHERE id = $1");
    let row = tx.row::<(String,)>(sql, args![batch]).await?;
    row.map(|(state,)| state).ok_or_else(|| LedgerError::Shape("batch".into()))
}
