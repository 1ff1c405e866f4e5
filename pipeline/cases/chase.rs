//! One open case per thing that is overdue is enough.

use jiff::civil::Date;

use super::desk::open_case;
use crate::args;
use crate::store::{LedgerError, Stamp, Tx};

/// Opens a case about an application, a file or a reason, unless one is open.
pub(super) async fn chase(
    tx: &mut Tx,
    application: Option<i64>,
    file: Option<i64>,
    reason: &str,
    case_on: Date,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    let open = tx
        .number(
            "SELECT count(*) FROM desk_case WHERE state IN ('open', 'escalated')
                AND (application = $1 OR (application IS NULL AND $1 IS NULL AND reason = $3)) AND (file = $2 OR $2 IS NULL)",
            args![application, file, reason],
        )
        .await?;
    if open == 0 {
        open_case(tx, application, file, reason, case_on, "bureau operator", why).await?;
    }
    Ok(())
}
