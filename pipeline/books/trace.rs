//! The history of one card: its own moves, and those of its containers while it was in them.

use std::collections::HashMap;

use super::touched::Traced;
use crate::args;
use crate::quarantine::acts::{TracedAct, acts_of};
use crate::store::Tx;
use crate::store::scope::in_scope;
use crate::store::{Ledger, LedgerError};

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

/// A file the card had a row in.
#[derive(Clone, serde::Serialize)]
pub struct TracedFile {
    pub partner: String,
    pub kind: String,
    pub direction: String,
    pub sequence: Option<i64>,
    pub rows: i64,
    pub sha256: String,
    pub name: String,
    pub row: i64,
}

/// Everything known about one card without decrypting a record.
pub struct Trace {
    pub application_id: String,
    pub card_number: Option<String>,
    pub state: String,
    pub place: Option<String>,
    pub social: String,
    pub account: String,
    pub revision: i64,
    pub promise_on: String,
    pub due_on: String,
    pub owner: String,
    pub findings: Vec<(String, String, String)>,
    /// Why its photo cannot be used, or not yet.
    pub photo_fault: Option<String>,
    pub moves: Vec<TracedMove>,
    pub files: Vec<TracedFile>,
    /// What was done to its messages in the quarantine, and who had one opened.
    pub acts: Vec<TracedAct>,
}

/// Each life's rows for the applications in `traced`, with the set they came through. CROSS JOIN keeps
/// SQLite from beginning with the history, of which it knows no size; PostgreSQL orders as it likes.
pub(crate) const WAY: &str = "
    SELECT t.id, v.seq, v.at, v.life, v.scope, v.from_state, v.to_state, v.actor, v.reason
        FROM traced t CROSS JOIN move v
        WHERE v.scope = 'application' AND v.subject = t.id
    UNION ALL SELECT t.id, v.seq, v.at, v.life, v.scope, v.from_state, v.to_state, v.actor, v.reason
        FROM traced t CROSS JOIN application a CROSS JOIN move v
        WHERE a.id = t.id AND v.scope = 'chunk' AND v.subject = a.chunk
    UNION ALL SELECT t.id, v.seq, v.at, v.life, v.scope, v.from_state, v.to_state, v.actor, v.reason
        FROM traced t CROSS JOIN application a CROSS JOIN move v
        WHERE a.id = t.id AND v.scope = 'account_batch' AND v.subject = a.account_batch
    UNION ALL SELECT t.id, v.seq, v.at, v.life, v.scope, v.from_state, v.to_state, v.actor, v.reason
        FROM traced t CROSS JOIN answer n CROSS JOIN file f CROSS JOIN application a CROSS JOIN move v
        WHERE n.application = t.id AND n.outcome NOT IN ('contradicted', 'not_closed') AND f.id = n.file
            AND a.id = t.id AND (a.account_batch IS NULL OR a.account_batch <> f.batch) AND v.scope = 'account_batch' AND v.subject = f.batch
    UNION ALL SELECT t.id, v.seq, v.at, v.life, v.scope, v.from_state, v.to_state, v.actor, v.reason
        FROM traced t CROSS JOIN former_row r CROSS JOIN move v
        WHERE r.application = t.id AND v.scope IN ('account_batch', 'production_batch') AND v.subject = r.batch
    UNION ALL SELECT t.id, v.seq, v.at, v.life, v.scope, v.from_state, v.to_state, v.actor, v.reason
        FROM traced t CROSS JOIN account c CROSS JOIN move v
        WHERE c.application = t.id AND v.scope = 'answer' AND v.subject = c.answer
    UNION ALL SELECT t.id, v.seq, v.at, v.life, v.scope, v.from_state, v.to_state, v.actor, v.reason
        FROM traced t CROSS JOIN production_row p CROSS JOIN move v
        WHERE p.application = t.id AND v.scope = 'production_batch' AND v.subject = p.batch
    UNION ALL SELECT t.id, v.seq, v.at, v.life, v.scope, v.from_state, v.to_state, v.actor, v.reason
        FROM traced t CROSS JOIN made m CROSS JOIN box b CROSS JOIN move v
        WHERE m.application = t.id AND b.id = m.box AND v.scope = 'report' AND v.subject = b.report
    UNION ALL SELECT t.id, v.seq, v.at, v.life, v.scope, v.from_state, v.to_state, v.actor, v.reason
        FROM traced t CROSS JOIN made m CROSS JOIN box b CROSS JOIN move v
        WHERE m.application = t.id AND b.id = m.box AND v.scope = 'shipment' AND v.subject = b.shipment
    ORDER BY 1, 2";

/// Application, sequence, instant, life, scope, from, to, actor, reason.
pub(crate) type WayRow = (i64, i64, i64, String, String, String, String, String, String);

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
        let (_, _, _, life, scope, from, to, _, _) = row;
        if self.stands(life) == from {
            self.stands.insert(life.clone(), to.clone());
            return Some(true);
        }
        if scope == "application" { None } else { Some(false) }
    }
}

const FILES: &str = "
    SELECT f.id, f.partner, f.kind, f.direction, f.sequence, f.rows, f.sha256, f.name, a.account_row
        FROM application a JOIN file f ON f.batch = a.account_batch AND f.direction = 'out' WHERE a.id = $1
    UNION SELECT f.id, f.partner, f.kind, f.direction, f.sequence, f.rows, f.sha256, f.name, a.account_row
        FROM application a JOIN account c ON c.application = a.id JOIN file f ON f.id = c.answer WHERE a.id = $1 AND a.account_row IS NOT NULL
    UNION SELECT f.id, f.partner, f.kind, f.direction, f.sequence, f.rows, f.sha256, f.name, n.row
        FROM answer n JOIN file f ON f.id = n.file WHERE n.application = $1
    UNION SELECT q.id, q.partner, q.kind, q.direction, q.sequence, q.rows, q.sha256, q.name, n.row
        FROM answer n JOIN file f ON f.id = n.file JOIN file q ON q.batch = f.batch AND q.direction = 'out' WHERE n.application = $1
    UNION SELECT f.id, f.partner, f.kind, f.direction, f.sequence, f.rows, f.sha256, f.name, p.row
        FROM production_row p JOIN file f ON f.batch = p.batch AND f.direction = 'out' WHERE p.application = $1
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
        FROM recycling_row r JOIN file f ON f.batch = r.batch WHERE r.application = $1 AND f.state <> 'refused'
    ORDER BY 1";

type FileRow = (i64, String, String, String, Option<i64>, i64, String, String, i64);

/// The application of that key, within the viewer's scope.
async fn find(tx: &mut Tx, key: &str) -> Result<Option<i64>, LedgerError> {
    tx.look().await?;
    Ok(tx
        .row::<(i64,)>(
            concat!(
                "SELECT a.id FROM application a WHERE a.id IN (SELECT id FROM application WHERE application_id = $1
                 UNION SELECT application FROM production_row WHERE card_number = $1
                 UNION SELECT application FROM former_row WHERE card_number = $1
                 UNION SELECT id FROM application WHERE old_number = $1
                 UNION SELECT application FROM made WHERE identifier = $1) AND ",
                in_scope!("a.bank", "a.region")
            ),
            args![key],
        )
        .await?
        .map(|row| row.0))
}

impl Ledger {
    /// Where a card is and how it came there, by application id, card number or card identifier.
    pub async fn trace(&self, key: &str) -> Result<Option<Trace>, LedgerError> {
        let mut tx = self.read().await?;
        let Some(id) = find(&mut tx, key).await? else {
            return Ok(None);
        };
        tx.stage(vec![Traced { id }]).await?;
        let mut follower = Follower::new();
        let mut moves = Vec::new();
        for row in tx.rows::<WayRow>(WAY, args![]).await? {
            if follower.follow(&row) != Some(false) {
                let (_, _, at, life, with, from, to, by, reason) = row;
                moves.push(TracedMove { at, life, from, to, by, reason, with });
            }
        }
        let files = tx.rows::<FileRow>(FILES, args![id]).await?;
        let files = files
            .into_iter()
            .map(|(_, partner, kind, direction, sequence, rows, sha256, name, row)| TracedFile {
                partner,
                kind,
                direction,
                sequence,
                rows,
                sha256,
                name,
                row,
            })
            .collect();
        let Some((application_id, state, social, financial, revision, promise_on, due_on, owner, card_number)) = tx
            .row::<(String, String, String, String, i64, String, String, String, Option<String>)>(
                "SELECT a.application_id, a.state, a.social, CASE WHEN c.application IS NULL THEN 'none' ELSE a.financial END, a.revision,
                    a.promise_on,
                    CASE WHEN a.place IS NOT NULL OR a.account_batch IS NULL THEN a.due_on
                        ELSE COALESCE(s.due_on, q.due_on, b.due_on) END,
                    CASE WHEN a.place IS NOT NULL OR a.account_batch IS NULL THEN a.owner
                        ELSE COALESCE(s.owner, q.owner, b.owner) END,
                    COALESCE(p.card_number, a.old_number)
                 FROM application a LEFT JOIN account c ON c.application = a.id LEFT JOIN production_row p ON p.application = a.id
                 LEFT JOIN batch b ON b.id = a.account_batch LEFT JOIN batch q ON q.id = p.batch
                 LEFT JOIN made m ON m.application = a.id LEFT JOIN box x ON x.id = m.box LEFT JOIN shipment s ON s.id = x.shipment
                 WHERE a.id = $1",
                args![id],
            )
            .await?
        else {
            return Ok(None);
        };
        let place = tx.row::<(String,)>("SELECT place FROM card WHERE id = $1", args![id]).await?.map(|row| row.0);
        let findings = tx
            .rows::<(String, String, String)>(
                "SELECT f.rule, f.field, f.severity FROM finding f JOIN message m ON m.id = f.message
                 WHERE m.application_id = $1 AND m.outcome IN ('accepted', 'rejected', 'waiting')
                    AND NOT EXISTS (SELECT 1 FROM message n WHERE n.origin = COALESCE(m.origin, m.id) AND n.id > m.id)
                 ORDER BY m.revision, f.rule, f.field",
                args![&application_id],
            )
            .await?;
        let photo_fault = tx
            .row::<(Option<String>,)>(
                "SELECT r.fault FROM application a JOIN rendition r ON r.source = a.photo WHERE a.id = $1",
                args![id],
            )
            .await?
            .and_then(|row| row.0);
        let acts = acts_of(&mut tx, &application_id).await?;
        Ok(Some(Trace {
            application_id,
            card_number,
            state,
            place,
            social,
            account: financial,
            revision,
            promise_on,
            due_on,
            owner,
            findings,
            photo_fault,
            moves,
            files,
            acts,
        }))
    }
}
