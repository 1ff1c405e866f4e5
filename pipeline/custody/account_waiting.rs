//! Who waits for an account batch: one short row a card, which says by what it is cut. The application itself is not
//! written when its card goes into a batch or comes back from one.

use crate::args;
use crate::store::{LedgerError, Tx};

/// The cards in `subject` wait for an account batch; they are in none.
pub(crate) async fn wait_for_account(tx: &mut Tx) -> Result<(), LedgerError> {
    tx.run("DELETE FROM account_row WHERE application IN (SELECT id FROM subject)", args![]).await?;
    tx.run(
        "INSERT INTO account_waiting (application, region, bank, lane, approved_on, application_id)
         SELECT a.id, a.region, a.bank, a.lane, a.approved_on, a.application_id FROM subject s JOIN application a ON a.id = s.id
         WHERE TRUE ON CONFLICT (application) DO UPDATE
            SET region = excluded.region, bank = excluded.bank, lane = excluded.lane, approved_on = excluded.approved_on",
        args![],
    )
    .await?;
    Ok(())
}

/// Cards in `subject` that wait for an account batch do so no more.
pub(crate) async fn wait_no_more(tx: &mut Tx) -> Result<(), LedgerError> {
    tx.run("DELETE FROM account_waiting WHERE application IN (SELECT id FROM subject)", args![]).await?;
    Ok(())
}
