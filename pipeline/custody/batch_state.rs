//! The state of a batch, while nobody else changes it.

use crate::args;
use crate::store::LedgerError;
use crate::store::Tx;

/// The state of a batch; nobody else changes it before this transaction ends.
pub(crate) async fn locked_state(tx: &mut Tx, batch: i64) -> Result<String, LedgerError> {
    let sql = if tx.is_postgres() {
        "SELECT state FROM batch WHERE id = $1 FOR UPDATE"
    } else {
        "SELECT state FROM batch WHERE id = $1"
    };
    let row = tx.row::<(String,)>(sql, args![batch]).await?;
    row.map(|(state,)| state).ok_or_else(|| LedgerError::Shape("batch".into()))
}
