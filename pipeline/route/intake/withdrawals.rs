//! Withdrawals that came before their application (contract/messages.md): kept waiting, and carried
//! out in the transaction that takes the application in, before any batch can take it.
//!
//! Not here: withdrawals of applications that are known (`servicing`), and their deadline (`care`).

use crate::custody::account_waiting::wait_no_more;
use crate::quarantine::operation_record::take_one;
use crate::route::servicing::arriving::EventKind;
use crate::route::servicing::settle::effects::routes;
use crate::store::transition::{Along, Subject, move_each};
use crate::store::{LedgerError, Stamp, Tx};
use crate::{args, row};

row! {
    struct EarlyWithdrawal { message: i64, application: i64, event_id: Option<String>, digest: Vec<u8> }
}

/// Carries out every withdrawal whose application is there now. The instant is the application's:
/// before it there was nothing to withdraw.
pub(crate) async fn apply_early(tx: &mut Tx, why: Stamp<'_>) -> Result<(), LedgerError> {
    let found = tx
        .rows::<EarlyWithdrawal>(
            "SELECT m.id AS message, a.id AS application, m.event_id, m.digest FROM message m JOIN application a ON a.application_id = m.application_id
             WHERE m.outcome = 'waiting' AND m.act = 0 AND m.revision IS NULL ORDER BY +m.id",
            args![],
        )
        .await?;
    for EarlyWithdrawal { message, application, event_id, digest } in found {
        for (steps, _) in routes(EventKind::Withdrawn) {
            let told = Subject { event_id: event_id.clone(), digest: Some(digest.clone()), ..Subject::of(application) };
            tx.stage(vec![told]).await?;
            wait_no_more(tx).await?;
            let along = Along { owner: Some("nobody"), open: Some(false), ..Along::default() };
            let why = Stamp { reason: "withdrawn by the applicant before it came", ..why };
            if move_each(tx, steps, along, why).await? > 0 {
                take_one(tx, message, "withdraw", why).await?;
                break;
            }
        }
    }
    Ok(())
}
