//! What people are shown is narrowed here, in the SQL: a reading function begins with [`Tx::look`] and says
//! [`in_scope`] of each row's bank and region. Rows outside the scope are treated as not found.
//!
//! Steps of the route read without a viewer; then everything is in scope.

use super::LedgerError;
use super::engine::Tx;
use crate::bulk_row;

bulk_row! {
    /// The viewer's scope, one row; on PostgreSQL a view (`schemas/sql/postgres/0037_viewer.sql`).
    struct Viewer in "viewer" { bank: String, area: String }
}

/// Whether a row of this bank and region lies within the viewer's scope. What belongs to no bank or
/// region lies only within a scope that does not narrow it. The condition stands in a CASE that is not null, because
/// PostgreSQL takes that to be so for nearly every row: it knows nothing of who looks, and would else plan for a
/// handful of rows where there are all.
macro_rules! in_scope {
    ($bank:literal, $region:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM viewer v WHERE CASE WHEN (v.bank = '' OR v.bank = ",
            $bank,
            ") AND substr(COALESCE(",
            $region,
            ", ''), 1, length(v.area)) = v.area THEN 1 END IS NOT NULL)"
        )
    };
}
pub(crate) use in_scope;

impl Tx {
    /// Says the viewer's scope for the statements that follow. PostgreSQL is told (`postgres/row_security.rs`), SQLite
    /// is given a table.
    pub(crate) async fn look(&mut self) -> Result<(), LedgerError> {
        let scope = self.viewer().map(|viewer| viewer.scope.clone()).unwrap_or_default();
        if self.is_postgres() {
            return self.tell(&scope).await;
        }
        self.stage(vec![Viewer { bank: scope.bank, area: scope.area }]).await
    }

    /// The user who acts, for rows that remember it; none before there are users, nor where a guest of a demo acts.
    pub(crate) fn user(&self) -> Option<i64> {
        self.viewer().filter(|viewer| !viewer.is_guest()).map(|viewer| viewer.user)
    }
}
