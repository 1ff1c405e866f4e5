//! What PostgreSQL is told of a viewer: the scope that statements name (the view `viewer`), and the second net under it,
//! what the server shows to a role that does not own the tables (`schemas/sql/postgres/0030_row_security.sql`).
//!
//! A session sees everything (`store/timeouts.rs`), as steps and actions must: an action on a batch looks at all of its
//! cards before it is refused. Only a transaction that reads for a person is narrowed.

use cardline_core::domain::staff::Scope;

use crate::args;
use crate::store::{LedgerError, Tx};

/// In one statement, for it goes before every look. Those that read are at this level of isolation, and no other
/// (`Ledger::read`): what writes sees all that it changes. One look takes one core: to start helpers takes longer than
/// most of them, and the route needs the rest.
const TOLD: &str = "SELECT CAST(length(
        set_config('cardline.viewer_bank', $1, true) || set_config('cardline.viewer_area', $2, true)
        || set_config('max_parallel_workers_per_gather', '0', true)
        || CASE WHEN current_setting('transaction_isolation') = 'repeatable read'
            THEN set_config('cardline.bank', $1, true) || set_config('cardline.area', $2, true) ELSE '' END) AS BIGINT)";

impl Tx {
    /// Tells the server the scope of whoever looks, until this transaction ends.
    pub(in crate::store) async fn tell(&mut self, scope: &Scope) -> Result<(), LedgerError> {
        let named = |text: &str| if text.is_empty() { "*".to_owned() } else { text.to_owned() };
        self.rows::<(i64,)>(TOLD, args![named(&scope.bank), named(&scope.area)]).await.map(drop)
    }
}
