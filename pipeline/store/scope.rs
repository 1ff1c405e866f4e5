//! What people are shown is narrowed here, in the SQL: a reading function begins with [`Tx::look`] and says
//! [`in_scope`] of each row's bank and region. Rows outside the scope are treated as not found.
//!
//! Steps of the route read without a viewer; then everything is in scope.

use super::LedgerError;
use super::engine::Tx;
use crate::bulk_row;

bulk_row! {
    /// The viewer's scope, one row.
    struct Viewer in "viewer" { bank: String, area: String }
}

/// Whether a row of this bank and region lies within the viewer's scope. What belongs to no bank or
/// region lies only within a scope that does not narrow it.
macro_rules! in_scope {
    ($bank:literal, $region:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM viewer v WHERE (v.bank = '' OR v.bank = ",
            $bank,
            ") AND substr(COALESCE(",
            $region,
            ", ''), 1, length(v.area)) = v.area)"
        )
    };
}
pub(crate) use in_scope;

impl Tx {
    /// Stages the viewer's scope for the statements that follow. On PostgreSQL the server is told, too: where the
    /// worker's role does not own the tables, a statement that forgets the scope finds nothing beyond it.
    pub(crate) async fn look(&mut self) -> Result<(), LedgerError> {
        let scope = self.viewer().map(|viewer| viewer.scope.clone()).unwrap_or_default();
        if !scope.is_everything() {
            self.narrow(&scope).await?;
        }
        self.stage(vec![Viewer { bank: scope.bank, area: scope.area }]).await
    }

    /// The user who acts, for rows that remember it; none before there are users, nor where a guest of a demo acts.
    pub(crate) fn user(&self) -> Option<i64> {
        self.viewer().filter(|viewer| !viewer.is_guest()).map(|viewer| viewer.user)
    }
}
