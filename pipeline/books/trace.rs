//! The history of one card: its own moves, and those of its containers while it was in them.

use std::collections::HashMap;
use std::sync::LazyLock;

use cardline_core::batch_kinds::{BatchKind, Members};

use super::touched::Traced;
use crate::actions::pickup::lists::cells::listed;
use crate::custody::generated::WAY;
use crate::quarantine::operation_record::{TracedOperation, operations_of};
use crate::store::scope::in_scope;
use crate::store::{Ledger, LedgerError, Tx};
use crate::{args, row};

/// One move on a card's way.
#[derive(Clone)]
pub struct TracedMove {
    pub at: i64,
    pub life: String,
    pub from: String,
    pub to: String,
    pub by: String,
    pub reason: String,
    /// The set it moved with, or `application` where it moved alone.
    pub with: String,
}

row! {
    /// A file the card had a row in.
    #[derive(Clone, serde::Serialize)]
    pub struct TracedFile {
        #[serde(skip)]
        id: i64,
        partner: String,
        kind: String,
        direction: String,
        sequence: Option<i64>,
        rows: i64,
        sha256: String,
        name: String,
        row: i64,
    }
}

/// Until when something is due of an application, and whose turn it is: by itself, or by what holds it, the shipment `s`,
/// the production batch `q` or the account batch `b`.
macro_rules! turn {
    () => {
        "CASE WHEN a.place IS NOT NULL OR g.batch IS NULL THEN a.due_on
            ELSE COALESCE(s.due_on, q.due_on, b.due_on) END AS due_on,
         CASE WHEN a.place IS NOT NULL OR g.batch IS NULL THEN a.owner
            ELSE COALESCE(s.owner, q.owner, b.owner) END AS owner"
    };
}
pub(super) use turn;

row! {
    /// A count of the carton with the card on its way.
    #[derive(Clone)]
    pub struct TracedCount { at: i64, counted: i64, expected: i64 }
}

row! {
    /// A letter with the card: when it was sent, by which carrier, and under which of its numbers.
    #[derive(Clone)]
    pub struct TracedMailing { at: i64, carrier: String, tracking: String }
}

row! {
    /// Everything known about one card without decrypting a record.
    pub struct Trace {
        application_id: String,
        card_number: Option<String>,
        state: String,
        place: Option<String> = None,
        social: String,
        account: String,
        revision: i64,
        promise_on: String,
        due_on: String,
        owner: String,
        lane: String,
        /// Where it is or will be collected; empty where nobody collects it.
        point: String,
        findings: Vec<(String, String, String)> = Vec::new(),
        /// Why its photo cannot be used, or not yet.
        photo_fault: Option<String> = None,
        /// The last count of its carton in the city.
        counted_in_city: Option<TracedCount> = None,
        /// How it was sent by mail the last time.
        mailed: Option<TracedMailing> = None,
        moves: Vec<TracedMove> = Vec::new(),
        files: Vec<TracedFile> = Vec::new(),
        /// What was done to its messages in the quarantine, and who had one opened.
        operations: Vec<TracedOperation> = Vec::new(),
    }
}

row! {
    /// A row of history on the way of an application, with the set it came through.
    pub(crate) struct WayRow {
        id: i64,
        seq: i64,
        at: i64,
        life: String,
        scope: String,
        from_state: String,
        to_state: String,
        actor: String,
        reason: String,
    }
}

/// Follows one card through its rows: a set's move counts only for those who stood where it began.
pub(crate) struct Follower {
    stands: HashMap<String, String>,
}

impl Follower {
    pub(crate) fn new() -> Follower {
        Follower { stands: HashMap::new() }
    }

    /// Where the card stands in a life; empty before it began.
    pub(crate) fn stands(&self, life: &str) -> &str {
        self.stands.get(life).map_or("", String::as_str)
    }

    /// Takes the next row. `Some(true)`: it moved; `Some(false)`: a set went on without it;
    /// `None`: an own row that does not begin where the card stands.
    pub(crate) fn follow(&mut self, row: &WayRow) -> Option<bool> {
        if self.stands(&row.life) == row.from_state {
            self.stands.insert(row.life.clone(), row.to_state.clone());
            return Some(true);
        }
        if row.scope == "application" { None } else { Some(false) }
    }
}

/// The files the application `$1` was in: what was asked in a batch of each kind, what was answered, what is no more.
static FILES: LazyLock<String> = LazyLock::new(|| {
    let asked = BatchKind::ALL.map(|kind| {
        let Members { table, batch, row, application } = &kind.members;
        format!(
            "SELECT f.id, f.partner, f.kind, f.direction, f.sequence, f.rows, f.sha256, f.name, m.{row} AS row
             FROM {table} m JOIN file f ON f.batch = m.{batch} AND f.direction = 'out' WHERE m.{application} = $1"
        )
    });
    format!("{} {ANSWERED} ORDER BY 1", asked.join(" UNION "))
});

const ANSWERED: &str = "
    UNION SELECT f.id, f.partner, f.kind, f.direction, f.sequence, f.rows, f.sha256, f.name, g.row
        FROM account_row g JOIN account c ON c.application = g.application JOIN file f ON f.id = c.answer WHERE g.application = $1
    UNION SELECT f.id, f.partner, f.kind, f.direction, f.sequence, f.rows, f.sha256, f.name, n.row
        FROM answer n JOIN file f ON f.id = n.file WHERE n.application = $1
    UNION SELECT q.id, q.partner, q.kind, q.direction, q.sequence, q.rows, q.sha256, q.name, n.row
        FROM answer n JOIN file f ON f.id = n.file JOIN file q ON q.batch = f.batch AND q.direction = 'out' WHERE n.application = $1
    UNION SELECT f.id, f.partner, f.kind, f.direction, f.sequence, f.rows, f.sha256, f.name, p.row
        FROM production_row p JOIN spoilage s ON s.application = p.application JOIN file f ON f.id = s.report WHERE p.application = $1
    UNION SELECT f.id, f.partner, f.kind, f.direction, f.sequence, f.rows, f.sha256, f.name, p.row
        FROM production_row p JOIN made m ON m.application = p.application JOIN box b ON b.id = m.box JOIN file f ON f.id = b.report
        WHERE p.application = $1
    UNION SELECT f.id, f.partner, f.kind, f.direction, f.sequence, f.rows, f.sha256, f.name, r.row
        FROM former_row r JOIN file f ON f.batch = r.batch AND f.direction = 'out' WHERE r.application = $1
    UNION SELECT f.id, f.partner, f.kind, f.direction, f.sequence, f.rows, f.sha256, f.name, m.position
        FROM made m JOIN box b ON b.id = m.box JOIN shipment s ON s.id = b.shipment JOIN file f ON f.id = s.manifest WHERE m.application = $1
    UNION SELECT f.id, f.partner, f.kind, f.direction, f.sequence, f.rows, f.sha256, f.name, r.row
        FROM recycling_row r JOIN file f ON f.batch = r.batch AND f.direction = 'in' WHERE r.application = $1 AND f.state <> 'refused'";

/// The application of that key, within the viewer's scope.
async fn find(tx: &mut Tx, key: &str) -> Result<Option<i64>, LedgerError> {
    let (operation, no) = listed(key).unwrap_or_default();
    tx.look().await?;
    Ok(tx
        .row::<(i64,)>(
            concat!(
                "SELECT a.id FROM application a WHERE a.id IN (SELECT id FROM application WHERE application_id = $1
                 UNION SELECT application FROM production_row WHERE card_number = $1
                 UNION SELECT application FROM former_row WHERE card_number = $1
                 UNION SELECT id FROM application WHERE old_number = $1
                 UNION SELECT application FROM made WHERE identifier = $1
                 UNION SELECT n.application FROM pickup_act k JOIN pickup_list_card n ON n.act = k.id
                    WHERE k.operation = $2 AND k.what = 'list' AND n.no = $3) AND ",
                in_scope!("a.bank", "a.region")
            ),
            args![key, operation, no],
        )
        .await?
        .map(|row| row.0))
}

impl Ledger {
    /// Where a card is and how it came there, by application id, card number, card identifier or the code on
    /// a point's sheet.
    pub async fn trace(&self, key: &str) -> Result<Option<Trace>, LedgerError> {
        let mut tx = self.read().await?;
        let Some(id) = find(&mut tx, key).await? else {
            return Ok(None);
        };
        tx.stage(vec![Traced { id }]).await?;
        // Else PostgreSQL thinks of thousands of cards and reads the whole history.
        tx.analyse::<Traced>().await?;
        let mut follower = Follower::new();
        let mut moves = Vec::new();
        for row in tx.rows::<WayRow>(&WAY, args![]).await? {
            if follower.follow(&row) != Some(false) {
                let WayRow { at, life, scope: with, from_state: from, to_state: to, actor: by, reason, .. } = row;
                moves.push(TracedMove { at, life, from, to, by, reason, with });
            }
        }
        let files = tx.rows(&FILES, args![id]).await?;
        let found = tx
            .row::<Trace>(
                concat!(
                    "SELECT a.application_id, a.state, a.social, CASE WHEN c.application IS NULL THEN 'none' ELSE a.financial END AS account, a.revision,
                    a.promise_on,
                    ",
                    turn!(),
                    ", a.lane, a.point,
                    COALESCE(p.card_number, a.old_number) AS card_number
                 FROM application a LEFT JOIN account c ON c.application = a.id LEFT JOIN production_row p ON p.application = a.id
                 LEFT JOIN account_row g ON g.application = a.id LEFT JOIN batch b ON b.id = g.batch LEFT JOIN batch q ON q.id = p.batch
                 LEFT JOIN made m ON m.application = a.id LEFT JOIN box x ON x.id = m.box LEFT JOIN shipment s ON s.id = x.shipment
                 WHERE a.id = $1"
                ),
                args![id],
            )
            .await?;
        let Some(mut trace) = found else { return Ok(None) };
        (trace.moves, trace.files) = (moves, files);
        let place = tx.row::<(String,)>("SELECT place FROM card WHERE id = $1", args![id]).await?;
        trace.place = place.map(|(place,)| place);
        trace.findings = tx
            .rows(
                "SELECT f.rule, f.field, f.severity FROM finding f JOIN message m ON m.id = f.message
                 WHERE m.application_id = $1 AND m.outcome IN ('accepted', 'rejected', 'waiting')
                    AND NOT EXISTS (SELECT 1 FROM message n WHERE n.origin = COALESCE(m.origin, m.id) AND n.id > m.id)
                 ORDER BY m.revision, f.rule, f.field",
                args![&trace.application_id],
            )
            .await?;
        trace.photo_fault = tx
            .row::<(Option<String>,)>(
                "SELECT r.fault FROM application a JOIN rendition r ON r.source = a.photo WHERE a.id = $1",
                args![id],
            )
            .await?
            .and_then(|row| row.0);
        let counted = "SELECT r.at, COALESCE(r.counted, 0) AS counted, r.expected FROM made m JOIN box x ON x.id = m.box
            JOIN receipt r ON r.shipment = x.shipment AND r.kind = 'city' WHERE m.application = $1 ORDER BY r.at DESC, r.id DESC LIMIT 1";
        trace.counted_in_city = tx.row(counted, args![id]).await?;
        let mailed = "SELECT at, carrier, tracking FROM mailing WHERE application = $1 ORDER BY id DESC LIMIT 1";
        trace.mailed = tx.row(mailed, args![id]).await?;
        trace.operations = operations_of(&mut tx, &trace.application_id).await?;
        Ok(Some(trace))
    }
}
