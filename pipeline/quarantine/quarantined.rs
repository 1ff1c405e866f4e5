//! What stands in the quarantine, read: by selection, by reason, one by one. Never opened here.
//!
//! The view `held` says what stands in it; everything below narrows that view.

use jiff::civil::Date;

use crate::limits::QUARANTINE_DAYS;
use crate::store::scope::in_scope;
use crate::store::{Ledger, LedgerError, Tx};
use crate::{args, bulk_row, row};

bulk_row! {
    /// The id of a chosen message.
    pub(crate) struct Chosen in "chosen" { id: i64 }
}

bulk_row! {
    /// The event id of a corrected message, with its line.
    struct Named in "named" { event_id: String, line: i64 }
}

/// A person looks at what was refused by this day.
pub fn looked_at_by(today: Date) -> Date {
    today.saturating_add(jiff::Span::new().days(QUARANTINE_DAYS))
}

/// Which messages of the quarantine: every part narrows, an empty part does not.
#[derive(Clone, Default)]
pub struct Selection {
    pub ids: Vec<i64>,
    /// Reason of the message, or rule of one of its errors.
    pub code: String,
    pub outcome: String,
    /// First digits of the region.
    pub region: String,
    /// First came at or after this instant, microseconds.
    pub since: i64,
}

row! {
    /// One message of the quarantine.
    #[derive(Clone, serde::Serialize)]
    pub struct QuarantinedItem {
        id: i64,
        outcome: String,
        /// The reason, or the first of the rules that refused it.
        reason: String,
        /// Field of that rule.
        field: Option<String>,
        /// Errors beyond that one.
        more_errors: i64,
        source: String,
        partition: i64,
        position: i64,
        /// Microseconds since 1970 UTC.
        #[serde(skip)]
        at: i64,
        event_id: Option<String>,
        application_id: Option<String>,
        revision: Option<i64>,
        region: Option<String>,
        due_on: Option<String>,
        owner: String,
    }
}

row! {
    /// What is quarantined for one reason.
    #[derive(Clone, serde::Serialize)]
    pub struct QuarantinedGroup {
        reason: String,
        outcome: String,
        count: i64,
        #[serde(skip)]
        oldest: i64,
        owner: String,
        due_on: Option<String>,
        /// Messages of the whole selection.
        #[serde(skip)]
        total: i64,
    }
}

row! {
    /// A message as `show` needs it; still encrypted.
    pub struct QuarantinedRecord {
        id: i64,
        outcome: String,
        reason: Option<String>,
        event_id: Option<String>,
        application_id: Option<String>,
        revision: Option<i64>,
        act: i64,
        origin: Option<i64>,
        source: String,
        partition: i64,
        position: i64,
        at: i64,
        encrypted: Vec<u8>,
        /// Rule, field, severity.
        findings: Vec<(String, String, String)> = Vec::new(),
    }
}

row! {
    /// Another message about the same thing.
    #[derive(Clone, serde::Serialize)]
    pub struct Neighbour {
        id: i64,
        revision: Option<i64>,
        outcome: String,
        reason: Option<String>,
        /// Whether an operation took it out of the quarantine.
        taken: bool,
    }
}

/// Whether a message belongs to an application within the viewer's scope; one that belongs to none is
/// seen by who sees everything.
macro_rules! message_in_scope {
    ($id:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM message y LEFT JOIN application z ON z.application_id = y.application_id WHERE y.id = ",
            $id,
            " AND ",
            in_scope!("z.bank", "z.region"),
            ")"
        )
    };
}

/// The selection in SQL, within the viewer's scope, without and with ids given: `$1` whether they are, `$2` code,
/// `$3` outcome, `$4` region, `$5` since.
macro_rules! selected {
    ($before:literal, $after:literal) => {
        [
            selected!($before, "$1 = 0", $after),
            selected!($before, "$1 = 1 AND h.id IN (SELECT id FROM chosen)", $after),
        ]
    };
    ($before:literal, $ids:literal, $after:literal) => {
        concat!(
            $before,
            " FROM held h WHERE ",
            $ids,
            " AND ($2 = '' OR h.reason = $2
                OR EXISTS (SELECT 1 FROM finding x WHERE x.message = h.id AND x.rule = $2 AND x.severity = 'error'))
              AND ($3 = '' OR h.outcome = $3) AND ($4 = '' OR substr(h.region, 1, length($4)) = $4) AND ($5 = 0 OR h.at >= $5) AND ",
            in_scope!("h.bank", "h.region"),
            " ",
            $after
        )
    };
}

impl Selection {
    async fn stage(&self, tx: &mut Tx) -> Result<(), LedgerError> {
        tx.look().await?;
        if self.ids.is_empty() {
            return Ok(());
        }
        tx.stage(self.ids.iter().map(|&id| Chosen { id }).collect()).await
    }

    /// The statement for whether ids are given.
    fn sql(&self, [all, of_ids]: [&'static str; 2]) -> &'static str {
        if self.ids.is_empty() { all } else { of_ids }
    }

    fn args(&self) -> Vec<crate::store::Arg> {
        args![i64::from(!self.ids.is_empty()), &self.code, &self.outcome, &self.region, self.since]
    }

    fn args_and(&self, more: Vec<crate::store::Arg>) -> Vec<crate::store::Arg> {
        let mut all = self.args();
        all.extend(more);
        all
    }
}

impl Ledger {
    /// How many messages of the quarantine a selection has.
    pub async fn quarantined_count(&self, selection: &Selection) -> Result<i64, LedgerError> {
        let mut tx = self.read().await?;
        selection.stage(&mut tx).await?;
        tx.number(selection.sql(selected!("SELECT count(*)", "")), selection.args()).await
    }

    /// Messages of a selection after an id, at most `limit`, in the order they came.
    pub async fn quarantined(
        &self,
        selection: &Selection,
        after: i64,
        limit: i64,
    ) -> Result<Vec<QuarantinedItem>, LedgerError> {
        let mut tx = self.read().await?;
        selection.stage(&mut tx).await?;
        let sql = selection.sql(selected!(
            "SELECT h.id, h.outcome,
                COALESCE(h.reason, (SELECT min(x.rule) FROM finding x WHERE x.message = h.id AND x.severity = 'error'), h.outcome) AS reason,
                (SELECT x.field FROM finding x WHERE x.message = h.id AND x.severity = 'error' ORDER BY x.rule, x.field LIMIT 1) AS field,
                (SELECT count(*) FROM finding x WHERE x.message = h.id AND x.severity = 'error') AS more_errors,
                h.source, h.partition, h.position, h.at, h.event_id, h.application_id, h.revision, h.region, h.due_on, h.owner",
            "AND h.id > $6 ORDER BY h.id LIMIT $7"
        ));
        let mut items = tx.rows::<QuarantinedItem>(sql, selection.args_and(args![after, limit])).await?;
        for item in &mut items {
            item.more_errors = (item.more_errors - 1).max(0);
        }
        Ok(items)
    }

    /// A selection by reason. A message with several errors is counted under each of their rules.
    pub async fn quarantined_groups(&self, selection: &Selection) -> Result<Vec<QuarantinedGroup>, LedgerError> {
        let mut tx = self.read().await?;
        selection.stage(&mut tx).await?;
        let sql = selection.sql(selected!(
            "WITH c AS MATERIALIZED (SELECT h.id, h.reason, h.outcome, h.at, h.owner, h.due_on",
            ") SELECT COALESCE(c.reason, f.rule, c.outcome) AS reason, c.outcome, count(DISTINCT c.id) AS count,
                min(c.at) AS oldest, min(c.owner) AS owner, min(c.due_on) AS due_on, (SELECT count(*) FROM c) AS total
             FROM c LEFT JOIN finding f ON f.message = c.id AND f.severity = 'error' AND c.reason IS NULL
             GROUP BY COALESCE(c.reason, f.rule, c.outcome), c.outcome ORDER BY 3 DESC, 1, 2"
        ));
        tx.rows(sql, selection.args()).await
    }

    /// One message that was not accepted, whether it still stands in the quarantine or was taken out.
    pub async fn quarantined_record(&self, id: i64) -> Result<Option<QuarantinedRecord>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        let row = tx
            .row::<QuarantinedRecord>(
                concat!(
                    "SELECT m.id, m.outcome, m.reason, m.event_id, m.application_id, m.revision, m.act, m.origin, c.source, c.partition,
                        f.position, c.at, m.sealed AS encrypted
                     FROM message m JOIN message f ON f.id = COALESCE(m.origin, m.id) JOIN chunk c ON c.id = f.chunk
                     WHERE m.id = $1 AND m.outcome <> 'accepted' AND ",
                    message_in_scope!("m.id")
                ),
                args![id],
            )
            .await?;
        let Some(mut record) = row else { return Ok(None) };
        record.findings = tx
            .rows(
                "SELECT rule, field, severity FROM finding WHERE message = $1 ORDER BY severity, rule, field",
                args![id],
            )
            .await?;
        Ok(Some(record))
    }

    /// The message that stands where this one wants to: under its event id, its revision, or as the
    /// content of its application. Still encrypted.
    pub async fn rival_of(&self, record: &QuarantinedRecord) -> Result<Option<(Neighbour, Vec<u8>)>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        for sql in RIVALS {
            let row = tx
                .row::<Rival>(
                    sql,
                    args![record.id, record.event_id.clone(), record.application_id.clone(), record.revision],
                )
                .await?;
            if let Some(Rival { id, revision, outcome, reason, sealed }) = row {
                return Ok(Some((Neighbour { id, revision, outcome, reason, taken: false }, sealed)));
            }
        }
        Ok(None)
    }

    /// Other messages of the same application, and what this one was made of or became.
    pub async fn neighbours_of(&self, record: &QuarantinedRecord) -> Result<Vec<Neighbour>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        tx.rows(
                concat!(
                    "SELECT n.id, n.revision, n.outcome, n.reason, CASE WHEN n.act <> 0 THEN TRUE ELSE FALSE END AS taken FROM (
                        SELECT m.id, m.revision, m.outcome, m.reason, m.act FROM message m
                        WHERE m.application_id = $2 AND m.outcome IN ('accepted', 'rejected', 'waiting') AND m.id <> $1
                        UNION SELECT m.id, m.revision, m.outcome, m.reason, m.act FROM message m
                        WHERE m.application_id = $2 AND m.outcome IN ('conflicting', 'quarantined') AND m.id <> $1
                        UNION SELECT m.id, m.revision, m.outcome, m.reason, m.act FROM message m WHERE (m.origin = $3 OR m.id = $3) AND m.id <> $1) n
                     WHERE ",
                    message_in_scope!("n.id"),
                    " ORDER BY 1 LIMIT 50"
                ),
                args![record.id, record.application_id.clone(), record.origin.unwrap_or(record.id)],
            )
            .await
    }
}

row! {
    struct Rival { id: i64, revision: Option<i64>, outcome: String, reason: Option<String>, sealed: Vec<u8> }
}

/// `$1` the message, `$2` its event id, `$3` its application, `$4` its revision.
const RIVALS: &[&str] = &[
    concat!(
        "SELECT m.id, m.revision, m.outcome, m.reason, m.sealed FROM message m
     WHERE m.event_id = $2 AND m.outcome IN ('accepted', 'rejected', 'waiting') AND m.act = 0 AND m.id <> $1
        AND ($3 IS NULL OR $3 IS NOT NULL) AND ($4 IS NULL OR $4 IS NOT NULL) AND ",
        message_in_scope!("m.id"),
        " ORDER BY m.id LIMIT 1"
    ),
    concat!(
        "SELECT m.id, m.revision, m.outcome, m.reason, m.sealed FROM message m
     WHERE m.application_id = $3 AND m.revision = $4 AND m.outcome IN ('accepted', 'rejected', 'waiting') AND m.act = 0 AND m.id <> $1
        AND ($2 IS NULL OR $2 IS NOT NULL) AND ",
        message_in_scope!("m.id"),
        " ORDER BY m.id LIMIT 1"
    ),
    concat!(
        "SELECT m.id, m.revision, m.outcome, m.reason, m.sealed FROM application a JOIN message m ON m.id = a.message
     WHERE a.application_id = $3 AND m.id <> $1 AND ($2 IS NULL OR $2 IS NOT NULL) AND ($4 IS NULL OR $4 IS NOT NULL) AND ",
        message_in_scope!("m.id")
    ),
];

/// Stages the messages of a selection for an operation.
pub async fn choose(tx: &mut Tx, selection: &Selection) -> Result<(), LedgerError> {
    selection.stage(tx).await?;
    let sql = selection.sql(selected!("SELECT h.id", "ORDER BY h.id"));
    let ids = tx.rows::<(i64,)>(sql, selection.args()).await?;
    tx.stage(ids.into_iter().map(|(id,)| Chosen { id }).collect()).await
}

/// A corrected message that does not name one message of the quarantine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unmatched {
    pub line: i64,
    /// How many messages of the quarantine have its event id: none, or several.
    pub named: i64,
}

/// Stages the messages that corrected ones name by their event id; returns those that do not fit.
pub async fn choose_named(tx: &mut Tx, named: Vec<(String, i64)>) -> Result<Vec<Unmatched>, LedgerError> {
    tx.look().await?;
    tx.stage(named.into_iter().map(|(event_id, line)| Named { event_id, line }).collect()).await?;
    let rows = tx
        .rows::<(i64, i64)>(
            concat!(
                "SELECT t.line, t.count FROM (SELECT n.line, (SELECT count(*) FROM held h WHERE h.event_id = n.event_id AND ",
                in_scope!("h.bank", "h.region"),
                ") AS count FROM named n) t WHERE t.count <> 1 ORDER BY t.line"
            ),
            args![],
        )
        .await?;
    tx.clear::<Chosen>().await?;
    let chosen = concat!(
        "INSERT INTO chosen SELECT h.id FROM named n JOIN held h ON h.event_id = n.event_id AND ",
        in_scope!("h.bank", "h.region")
    );
    tx.scratch(chosen, args![]).await?;
    Ok(rows.into_iter().map(|(line, count)| Unmatched { line, named: count }).collect())
}
