//! The second net under the scope: what the server shows to a role that does not own the tables
//! (`schemas/sql/postgres/0030_row_security.sql`).
//!
//! A session sees everything (`store/timeouts.rs`), as steps and actions must: an action on a batch looks at all of its cards before it is
//! refused. Only a transaction that reads for a person is narrowed, when it stages the scope.

use cardline_core::domain::staff::Scope;

use crate::args;
use crate::store::{LedgerError, Tx};

/// Those that read are at this level, and no other (`Ledger::read`): what writes sees all that it changes.
const NARROWED: &str =
    "SELECT CAST(length(set_config('cardline.bank', $1, true) || set_config('cardline.area', $2, true)) AS BIGINT)
    FROM (SELECT 1) one WHERE current_setting('transaction_isolation') = 'repeatable read'";

impl Tx {
    /// Has the server show only what lies within a scope, until this transaction ends; nothing where it writes.
    pub(in crate::store) async fn narrow(&mut self, scope: &Scope) -> Result<(), LedgerError> {
        if !self.is_postgres() {
            return Ok(());
        }
        let named = |text: &str| if text.is_empty() { "*".to_owned() } else { text.to_owned() };
        self.rows::<(i64,)>(NARROWED, args![named(&scope.bank), named(&scope.area)]).await.map(drop)
    }
}
