//! The statement of the audit: a part for each table of acts, each read by its own index from the newest on.

use super::filter::{AuditFilter, AuditKey};
use crate::store::scope::in_scope;
use crate::store::{Ledger, LedgerError};
use crate::{args, row};

row! {
    /// One act, as it is stored.
    pub struct StoredAct {
        kind: String,
        id: i64,
        at: i64,
        actor: String,
        what: String,
        subject: String,
        detail: String,
        count: i64,
        approval: Option<i64>,
        reason: Option<Vec<u8>>,
    }
}

/// One kind: its columns from `id` on, its tables, and the columns of instant, id and actor. `$1` actor, `$2` kind,
/// `$3` to `$4` when, `$5` `$6` `$7` the key before, `$8` how many.
macro_rules! acts {
    ($kind:literal, $columns:literal, $from:literal, $at:literal, $id:literal, $actor:literal) => {
        concat!(
            "SELECT * FROM (SELECT CAST('",
            $kind,
            "' AS TEXT) AS kind, ",
            $columns,
            " FROM ",
            $from,
            " AND ($1 = '' OR ",
            $actor,
            " = $1) AND ($2 = '' OR $2 = '",
            $kind,
            "') AND ",
            $at,
            " >= $3 AND ",
            $at,
            " < $4 AND (",
            $at,
            " < $5 OR ",
            $at,
            " = $5 AND ('",
            $kind,
            "' < $6 OR '",
            $kind,
            "' = $6 AND ",
            $id,
            " < $7)) ORDER BY ",
            $at,
            " DESC, ",
            $id,
            " DESC LIMIT $8) AS acts"
        )
    };
}

const ACTS: &str = concat!(
    "SELECT kind, id, at, actor, what, subject, detail, count, approval, reason FROM (",
    acts!(
        "approval",
        "m.seq AS id, m.at, m.actor, m.to_state AS what, p.act || ' ' || p.subject AS subject, m.reason AS detail, p.count, p.id AS approval, CAST(NULL AS BYTEA) AS reason",
        "move m JOIN approval p ON p.id = m.subject WHERE m.scope = 'approval'",
        "m.at",
        "m.seq",
        "m.actor"
    ),
    " UNION ALL ",
    acts!(
        "batch",
        "k.id, k.at, k.actor, k.what, COALESCE(k.stream, b.number, '') AS subject, COALESCE(k.result, '') AS detail, COALESCE(b.cards, 0) AS count, k.approval, k.reason",
        "batch_act k LEFT JOIN batch b ON b.id = k.batch WHERE TRUE",
        "k.at",
        "k.id",
        "k.actor"
    ),
    " UNION ALL ",
    acts!(
        "case",
        "c.id, c.at, c.actor, c.word AS what, 'case ' || CAST(c.desk_case AS TEXT) AS subject, '' AS detail, CAST(1 AS BIGINT) AS count, c.approval, c.reason",
        "case_act c WHERE TRUE",
        "c.at",
        "c.id",
        "c.actor"
    ),
    " UNION ALL ",
    acts!(
        "disclosure",
        "a.id, a.at, a.actor, CASE a.request WHEN 'person' THEN 'look-up' ELSE a.what END AS what, COALESCE(a.operation, '') AS subject, '' AS detail, a.count, a.approval, a.reason",
        "act a WHERE a.what = 'reveal'",
        "a.at",
        "a.id",
        "a.actor"
    ),
    " UNION ALL ",
    acts!(
        "erasure",
        "e.id, e.at, e.actor, 'erase' AS what, '' AS subject, e.ground AS detail, e.cards AS count, e.approval, e.reason",
        "erasure e WHERE TRUE",
        "e.at",
        "e.id",
        "e.actor"
    ),
    " UNION ALL ",
    acts!(
        "errand",
        "r.id, r.asked_at AS at, r.actor, r.what, r.subject, COALESCE(r.outcome, '') || COALESCE(' ' || r.code, '') || COALESCE(' ' || r.result, '') AS detail, CAST(0 AS BIGINT) AS count, CAST(NULL AS BIGINT) AS approval, r.reason",
        "errand r WHERE TRUE",
        "r.asked_at",
        "r.id",
        "r.actor"
    ),
    " UNION ALL ",
    acts!(
        "import",
        "i.id, i.at, i.actor, 'import' AS what, i.kind AS subject, i.effective AS detail, i.added + i.changed + i.ended AS count, i.approval, CAST(NULL AS BYTEA) AS reason",
        "reference_import i WHERE TRUE",
        "i.at",
        "i.id",
        "i.actor"
    ),
    " UNION ALL ",
    acts!(
        "pickup",
        "w.id, w.at, w.actor, w.what, w.place AS subject, COALESCE(w.last_day, (SELECT r.to_point FROM reassignment r WHERE r.act = w.id), '') AS detail, w.cards AS count, w.approval, w.reason",
        "pickup_act w WHERE TRUE",
        "w.at",
        "w.id",
        "w.actor"
    ),
    " UNION ALL ",
    acts!(
        "quarantine",
        "a.id, a.at, a.actor, a.what, COALESCE(a.operation, '') AS subject, '' AS detail, a.count, a.approval, a.reason",
        "act a WHERE a.what IN ('retry', 'repair', 'discard')",
        "a.at",
        "a.id",
        "a.actor"
    ),
    " UNION ALL ",
    acts!(
        "recovery",
        "h.id, h.accepted_at AS at, h.actor, 'accept' AS what, 'halt ' || CAST(h.id AS TEXT) AS subject, h.found AS detail, CAST(0 AS BIGINT) AS count, h.approval, h.reason",
        "reconciliation h WHERE h.accepted_at IS NOT NULL",
        "h.accepted_at",
        "h.id",
        "h.actor"
    ),
    " UNION ALL ",
    acts!(
        "stream",
        "s.id, s.at, s.actor, 'skip' AS what, s.partner || ' ' || s.kind AS subject, CAST(s.first AS TEXT) || '-' || CAST(s.last AS TEXT) AS detail, s.last - s.first + 1 AS count, s.approval, s.reason",
        "stream_act s WHERE TRUE",
        "s.at",
        "s.id",
        "s.actor"
    ),
    " UNION ALL ",
    acts!(
        "user",
        "m.seq AS id, m.at, m.actor, m.to_state AS what, u.name AS subject, m.reason AS detail, CAST(1 AS BIGINT) AS count, CAST(NULL AS BIGINT) AS approval, CAST(NULL AS BYTEA) AS reason",
        "move m JOIN users u ON u.id = m.subject WHERE m.scope = 'user'",
        "m.at",
        "m.seq",
        "m.actor"
    ),
    ") AS listed WHERE ",
    in_scope!("''", "''"),
    " ORDER BY at DESC, kind DESC, id DESC LIMIT $8"
);

impl Ledger {
    /// Acts in the order of the list; none for a viewer who does not see everything.
    pub(super) async fn acts(
        &self,
        filter: &AuditFilter,
        (from, until): (i64, i64),
        most: i64,
    ) -> Result<Vec<StoredAct>, LedgerError> {
        let head = AuditKey { at: i64::MAX, kind: String::new(), id: 0 };
        let AuditKey { at, kind, id } = filter.after.as_ref().unwrap_or(&head);
        let mut tx = self.read().await?;
        tx.look().await?;
        tx.rows(ACTS, args![&filter.actor, &filter.kind, from, until, *at, kind, *id, most]).await
    }
}
