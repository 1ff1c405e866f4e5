//! What a person must decide, as lists and pages show it: the most urgent first.
//!
//! A case belongs where its card does; one about a file, where the file's batch does, or to its partner alone; one
//! about a delivery, where the carton's cards do. What
//! belongs to no bank and no area is seen by who sees everything.

use crate::store::scope::in_scope;
use crate::store::{Ledger, LedgerError, Tx};
use crate::{args, row};

/// Which cases are asked for; an empty text leaves nothing out.
#[derive(Clone, Default)]
pub struct CaseQuery {
    /// One of [`KINDS`].
    pub kind: String,
    pub bank: String,
    /// The first digits of a region.
    pub area: String,
    /// Also those that are decided or overtaken.
    pub all: bool,
    pub limit: i64,
}

/// What a case is about.
pub const KINDS: [&str; 6] = ["card-on-hold", "card", "delivery", "file-on-hold", "file", "other"];

row! {
    /// One case, with what it is about.
    #[derive(Clone)]
    pub struct CaseRecord {
        id: i64,
        kind: String,
        state: String,
        reason: String,
        /// Microseconds since 1970 UTC.
        opened_at: i64,
        due_on: String,
        owner: String,
        cards: i64,
        application: Option<i64>,
        application_id: Option<String>,
        file: Option<i64>,
        file_name: Option<String>,
        file_state: Option<String>,
        /// The carton whose delivery it is about.
        shipment: Option<i64>,
        carton: Option<String>,
        /// Whose file it is, or whose work was set aside.
        partner: Option<String>,
        /// Where it belongs; empty: to none.
        bank: String,
        region: String,
    }
}

macro_rules! cases {
    ($select:expr, $rest:expr) => {
        concat!(
            "SELECT ",
            $select,
            " FROM (SELECT k.id, k.state, k.reason, k.due_on, k.owner, k.application, a.application_id, k.file, f.name AS file_name,
                f.state AS file_state, r.shipment, s.number AS carton, COALESCE(f.partner, (SELECT min(s.partner) FROM set_aside s WHERE s.desk_case = k.id)) AS partner,
                CASE WHEN a.place = 'held' THEN 'card-on-hold' WHEN a.id IS NOT NULL THEN 'card' WHEN f.state = 'held' THEN 'file-on-hold'
                    WHEN f.id IS NOT NULL THEN 'file'
                    WHEN r.id IS NOT NULL THEN 'delivery' ELSE 'other' END AS kind,
                CASE WHEN a.id IS NOT NULL THEN 1 ELSE COALESCE(b.cards, f.rows, s.cards, 0) END AS cards,
                COALESCE(a.bank, b.bank, f.partner, r.bank, (SELECT min(s.partner) FROM set_aside s WHERE s.desk_case = k.id), '') AS bank,
                COALESCE(a.region, b.region, r.region, '') AS region,
                COALESCE((SELECT min(v.at) FROM move v WHERE v.scope = 'case' AND v.subject = k.id), 0) AS opened_at
             FROM desk_case k LEFT JOIN application a ON a.id = k.application LEFT JOIN file f ON f.id = k.file
             LEFT JOIN batch b ON b.id = f.batch
             LEFT JOIN receipt r ON r.id = (SELECT min(t.id) FROM receipt t WHERE t.desk_case = k.id)
             LEFT JOIN shipment s ON s.id = r.shipment) c WHERE ",
            in_scope!("c.bank", "c.region"),
            $rest
        )
    };
}

/// The cases asked for, before the page is cut out.
macro_rules! asked {
    ($select:literal, $page:literal) => {
        cases!(
            $select,
            concat!(
                " AND ($1 = '' OR c.kind = $1) AND ($2 = '' OR c.bank = $2) AND substr(c.region, 1, length($3)) = $3
                  AND ($4 OR c.state IN ('open', 'escalated'))",
                $page
            )
        )
    };
}

impl Ledger {
    /// The cases asked for within the viewer's scope, the most urgent first, and how many there are.
    pub async fn case_list(&self, query: &CaseQuery) -> Result<(Vec<CaseRecord>, i64), LedgerError> {
        let asked = || args![&query.kind, &query.bank, &query.area, query.all];
        let mut tx = self.read().await?;
        tx.look().await?;
        let all = tx.number(asked!("count(*)", ""), asked()).await?;
        let rows =
            tx.rows(asked!("*", " ORDER BY c.due_on, c.id LIMIT $5"), [asked(), args![query.limit]].concat()).await?;
        Ok((rows, all))
    }

    /// One case within the viewer's scope.
    pub async fn case_record(&self, id: i64) -> Result<Option<CaseRecord>, LedgerError> {
        case_within(&mut self.read().await?, id).await
    }
}

/// One case within the viewer's scope.
pub(crate) async fn case_within(tx: &mut Tx, id: i64) -> Result<Option<CaseRecord>, LedgerError> {
    tx.look().await?;
    tx.row(cases!("*", " AND c.id = $1"), args![id]).await
}
