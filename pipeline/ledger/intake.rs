//! Settling a chunk of applications: identity, repeats, conflicts, revisions, and the rules that
//! only the ledger can answer, set by set, in the transaction that moves the source's position.
//!
//! Messages that could touch each other (same event, same application, same person) are settled in
//! waves, the k-th occurrence in wave k, so that each wave sees what the one before it did.

use std::collections::HashMap;

use cardline_core::lives::{APPLICATION, CARD, SOCIAL};
use jiff::Timestamp;
use jiff::civil::Date;

use super::care::answer_late;
use super::dead_letters;
use super::engine::{Arg, Tx};
use super::moves::{Along, SUBJECT, Set, Step, Why, move_each, move_set};
use super::photos::overtake_photo_cases;
use super::quarantine::looked_at_by;
use super::stage::{Column, Stage};
use super::withdrawals::apply_early;
use super::{Lease, Ledger, LedgerError, spend};
use crate::args;

/// Where a chunk came from. `first` and `next` are offsets of the partition, or lines of a file.
#[derive(Clone)]
pub struct ChunkSource {
    pub topic: String,
    pub partition: i64,
    pub first: i64,
    pub next: i64,
    /// The stored position this chunk starts from; `None` for a file, which has none.
    pub stored: Option<i64>,
    /// Of the topic's positions; a file has only one.
    pub generation: i64,
}

impl ChunkSource {
    /// Messages of the ledger itself, taken in again: positions are those messages' ids, and the
    /// partition is the act that took them.
    pub(super) fn again(topic: &str, act: i64, ids: &[i64]) -> ChunkSource {
        let (first, last) = (ids.first().copied().unwrap_or(0), ids.last().copied().unwrap_or(-1));
        ChunkSource { topic: topic.into(), partition: act, first, next: last + 1, stored: None, generation: 1 }
    }

    /// Whether its messages were in the ledger before.
    pub(super) fn is_again(&self) -> bool {
        matches!(self.topic.as_str(), GAP | RETRY) && self.stored.is_none()
    }
}

/// Source of a message whose earlier revision has come.
pub(super) const GAP: &str = "gap";
/// Source of messages of the quarantine, taken in again by a person.
pub(super) const RETRY: &str = "retry";

/// One checked message, ready to be settled. Holds sealed bytes only.
pub struct ArrivingMessage {
    pub position: i64,
    pub event_id: Option<String>,
    pub application_id: Option<String>,
    pub revision: Option<i64>,
    pub digest: Vec<u8>,
    /// `ok`, `rejected` or `quarantined`.
    pub verdict: &'static str,
    pub reason: Option<String>,
    pub sealed: Vec<u8>,
    pub facts: Option<ArrivingFacts>,
    pub findings: Vec<ArrivingFinding>,
}

/// What the ledger keeps in the open of an application.
pub struct ArrivingFacts {
    pub person: Vec<u8>,
    pub kind: &'static str,
    pub lane: &'static str,
    pub region: String,
    pub bank: String,
    pub outlet: String,
    pub method: &'static str,
    pub point: String,
    pub photo: String,
    pub approved_on: Date,
    pub promise_on: Date,
    /// Of a renewal at sixteen: the holder's sixteenth birthday. Looked at, never kept.
    pub sixteen_on: Option<Date>,
    /// Last day on which a higher revision may correct it.
    pub correct_by: Date,
    pub previous_number: Option<String>,
    pub previous_reason: Option<&'static str>,
}

/// A finding as the ledger keeps it: the rule and the field, never the value.
pub struct ArrivingFinding {
    pub rule: &'static str,
    pub field: String,
    pub severity: &'static str,
}

/// How the messages of one or more chunks divided; `received` is the sum of the rest.
#[derive(Default, Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
pub struct IntakeCounts {
    #[serde(rename = "read")]
    pub received: i64,
    pub accepted: i64,
    pub rejected: i64,
    pub repeated: i64,
    pub conflicting: i64,
    pub quarantined: i64,
}

impl IntakeCounts {
    /// What became of them, by name.
    pub fn by_outcome(&self) -> [(&'static str, i64); 5] {
        [
            ("accepted", self.accepted),
            ("rejected", self.rejected),
            ("repeated", self.repeated),
            ("conflicting", self.conflicting),
            ("quarantined", self.quarantined),
        ]
    }

    /// Adds another chunk's counts.
    pub fn add(&mut self, other: IntakeCounts) {
        self.received += other.received;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.repeated += other.repeated;
        self.conflicting += other.conflicting;
        self.quarantined += other.quarantined;
    }
}

pub(in crate::ledger) const ARRIVING: Stage = Stage {
    name: "arriving",
    columns: &[
        ("position", Column::Int),
        ("event_id", Column::Text),
        ("application_id", Column::Text),
        ("revision", Column::Int),
        ("digest", Column::Bytes),
        ("verdict", Column::Text),
        ("reason", Column::Text),
        ("person", Column::Bytes),
        ("kind", Column::Text),
        ("lane", Column::Text),
        ("region", Column::Text),
        ("bank", Column::Text),
        ("outlet", Column::Text),
        ("method", Column::Text),
        ("point", Column::Text),
        ("photo", Column::Text),
        ("approved_on", Column::Text),
        ("promise_on", Column::Text),
        ("sixteen_on", Column::Text),
        ("correct_by", Column::Text),
        ("previous_number", Column::Text),
        ("previous_reason", Column::Text),
        ("previous", Column::Int),
        ("present", Column::Int),
        ("origin", Column::Int),
    ],
};

/// The sealed bytes stand apart, so that what is decided about a message does not write them anew.
pub(in crate::ledger) const ARRIVING_SEALED: Stage =
    Stage { name: "arriving_sealed", columns: &[("sealed_position", Column::Int), ("sealed", Column::Bytes)] };

pub(in crate::ledger) const ARRIVING_FINDING: Stage = Stage {
    name: "arriving_finding",
    columns: &[("position", Column::Int), ("rule", Column::Text), ("field", Column::Text), ("severity", Column::Text)],
};

impl Ledger {
    /// Settles one chunk: everything or nothing, and only for the holder of the lease.
    pub async fn settle_chunk(
        &self,
        lease: &Lease,
        source: &ChunkSource,
        messages: Vec<ArrivingMessage>,
        why: Why<'_>,
        today: Date,
    ) -> Result<IntakeCounts, LedgerError> {
        let mut tx = self.begin().await?;
        let (counts, _) = settle_in(&mut tx, source, messages, why, today).await?;
        spend(&mut tx, lease).await?;
        tx.commit().await?;
        Ok(counts)
    }
}

/// Settles a chunk inside a transaction; returns its counts and its id.
pub async fn settle_in(
    tx: &mut Tx,
    source: &ChunkSource,
    messages: Vec<ArrivingMessage>,
    why: Why<'_>,
    today: Date,
) -> Result<(IntakeCounts, i64), LedgerError> {
    move_offset(tx, source).await?;
    let chunk = open_chunk(tx, source, why.at).await?;
    let mut counts = IntakeCounts { received: messages.len() as i64, ..IntakeCounts::default() };
    let mut accepted_new = 0;
    let again = source.is_again();
    for wave in waves(messages) {
        let (divided, fresh) = settle_wave(tx, chunk, wave, again, why, today).await?;
        counts.add(divided);
        accepted_new += fresh;
    }
    if accepted_new > 0 {
        for step in [
            Step { life: &APPLICATION, from: "", to: "accepted" },
            Step { life: &CARD, from: "", to: "waiting_account" },
            Step { life: &SOCIAL, from: "", to: "sealed" },
        ] {
            move_set(tx, Set::Chunk(chunk), step, accepted_new, why).await?;
        }
    }
    apply_early(tx, why).await?;
    // A file's sender sees what was not read; what is taken in again was told before.
    if source.stored.is_some() && counts.quarantined > 0 {
        dead_letters::queue(tx, chunk).await?;
    }
    close_chunk(tx, chunk, &counts).await?;
    Ok((counts, chunk))
}

/// The source's position moves by compare-and-swap, first of all: it takes the lock, so that a late
/// owner waits here and then finds that it lost.
pub(super) async fn move_offset(tx: &mut Tx, source: &ChunkSource) -> Result<(), LedgerError> {
    let Some(stored) = source.stored else {
        return Ok(());
    };
    let moved = tx
        .run(
            "UPDATE source_offset SET next = $4 WHERE topic = $1 AND partition = $2 AND next = $3 AND generation = $5",
            args![&source.topic, source.partition, stored, source.next, source.generation],
        )
        .await?;
    if moved == 0 {
        crate::metrics::add(&crate::metrics::FENCED, &["position"], 1);
        return Err(LedgerError::OffsetMoved {
            topic: source.topic.clone(),
            partition: source.partition,
            expected: stored,
        });
    }
    Ok(())
}

pub(super) async fn open_chunk(tx: &mut Tx, source: &ChunkSource, at: Timestamp) -> Result<i64, LedgerError> {
    let id = tx
        .run_returning::<(i64,)>(
            "INSERT INTO chunk (source, partition, first, next, generation, at, received, accepted, rejected, repeated, conflicting, quarantined)
             VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, 0, 0, 0) RETURNING id",
            args![&source.topic, source.partition, source.first, source.next, source.generation, at],
        )
        .await?;
    id.first().map(|(id,)| *id).ok_or_else(|| LedgerError::Shape("chunk id".into()))
}

pub(super) async fn close_chunk(tx: &mut Tx, chunk: i64, counts: &IntakeCounts) -> Result<(), LedgerError> {
    tx.run(
        "UPDATE chunk SET received = $2, accepted = $3, rejected = $4, repeated = $5, conflicting = $6, quarantined = $7 WHERE id = $1",
        args![chunk, counts.received, counts.accepted, counts.rejected, counts.repeated, counts.conflicting, counts.quarantined],
    )
    .await?;
    Ok(())
}

/// Splits messages so that no two of one wave share an event, an application or a person.
fn waves(messages: Vec<ArrivingMessage>) -> Vec<Vec<ArrivingMessage>> {
    let mut seen: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut waves: Vec<Vec<ArrivingMessage>> = Vec::new();
    for message in messages {
        let mut keys: Vec<Vec<u8>> = Vec::new();
        keys.extend(message.event_id.as_ref().map(|id| [b"e", id.as_bytes()].concat()));
        keys.extend(message.application_id.as_ref().map(|id| [b"a", id.as_bytes()].concat()));
        keys.extend(message.facts.as_ref().map(|facts| [b"p", &facts.person[..]].concat()));
        keys.extend(
            message.facts.as_ref().and_then(|f| f.previous_number.as_ref()).map(|n| [b"c", n.as_bytes()].concat()),
        );
        let wave = keys.iter().filter_map(|key| seen.get(key)).max().map_or(0, |last| last + 1);
        for key in keys {
            seen.insert(key, wave);
        }
        if waves.len() <= wave {
            waves.resize_with(wave + 1, Vec::new);
        }
        waves[wave].push(message);
    }
    waves
}

/// The last columns of [`ARRIVING`], which are looked up in the ledger.
const LOOKED_UP: usize = 3;

type Rows = Vec<Vec<Arg>>;

fn stage_rows(messages: Vec<ArrivingMessage>) -> (Rows, Rows, Rows) {
    let mut rows = Vec::with_capacity(messages.len());
    let mut sealed = Vec::with_capacity(messages.len());
    let mut findings = Vec::new();
    for m in messages {
        for f in m.findings {
            findings.push(args![m.position, f.rule, f.field, f.severity]);
        }
        sealed.push(args![m.position, m.sealed]);
        let mut row = args![m.position, m.event_id, m.application_id, m.revision, m.digest, m.verdict, m.reason];
        match m.facts {
            Some(f) => row.extend(args![
                f.person,
                f.kind,
                f.lane,
                f.region,
                f.bank,
                f.outlet,
                f.method,
                f.point,
                f.photo,
                f.approved_on,
                f.promise_on,
                f.sixteen_on,
                f.correct_by,
                f.previous_number,
                f.previous_reason.map(str::to_owned)
            ]),
            None => {
                row.push(Arg::Bytes(None));
                row.resize_with(ARRIVING.columns.len() - LOOKED_UP, || Arg::Text(None));
            }
        }
        row.extend(args![None::<i64>, None::<i64>, None::<i64>]);
        rows.push(row);
    }
    (rows, sealed, findings)
}

async fn settle_wave(
    tx: &mut Tx,
    chunk: i64,
    messages: Vec<ArrivingMessage>,
    again: bool,
    why: Why<'_>,
    today: Date,
) -> Result<(IntakeCounts, i64), LedgerError> {
    let (rows, sealed, findings) = stage_rows(messages);
    tx.stage(&ARRIVING, rows).await?;
    tx.stage(&ARRIVING_SEALED, sealed).await?;
    tx.stage(&ARRIVING_FINDING, findings).await?;
    if again {
        tx.scratch(ORIGIN, args![]).await?;
    }
    for sql in IDENTITY {
        tx.scratch(sql, args![]).await?;
    }
    for sql in LEDGER_RULES {
        tx.scratch(sql, args![]).await?;
    }
    tx.scratch(REJECT, args![]).await?;
    tx.run(LINK_PERSON, args![]).await?;
    tx.run(KEEP_MESSAGES, args![chunk, looked_at_by(today)]).await?;
    tx.run(KEEP_FINDINGS, args![chunk]).await?;
    let fresh = tx.run(NEW_APPLICATIONS, args![chunk]).await? as i64;
    let rejected = tx.run(REJECTED_APPLICATIONS, args![chunk, today]).await?;
    if rejected > 0 {
        new_rejections(tx, chunk, why).await?;
    }
    replace_revisions(tx, chunk, why, today).await?;
    let mut counts = IntakeCounts::default();
    for (verdict, count) in
        tx.rows::<(String, i64)>("SELECT verdict, count(*) FROM arriving GROUP BY verdict", args![]).await?
    {
        match verdict.as_str() {
            "ok" => counts.accepted = count,
            "rejected" => counts.rejected = count,
            "repeated" => counts.repeated = count,
            "conflicting" => counts.conflicting = count,
            _ => counts.quarantined += count,
        }
    }
    Ok((counts, fresh))
}

/// What is taken in again is at the position of the message it was.
const ORIGIN: &str =
    "UPDATE arriving SET origin = (SELECT COALESCE(m.origin, m.id) FROM message m WHERE m.id = arriving.position)";

/// Repeats first, then conflicts, then the order of revisions (contract/messages.md). What is taken in
/// again does not meet what an act has taken out; what comes anew does, or it would come twice.
pub(super) const IDENTITY: &[&str] = &[
    "UPDATE arriving SET verdict = 'repeated' WHERE verdict IN ('ok', 'rejected') AND EXISTS (
        SELECT 1 FROM message m WHERE m.event_id = arriving.event_id AND m.outcome IN ('accepted', 'rejected', 'waiting')
        AND m.digest = arriving.digest AND (m.act = 0 OR arriving.origin IS NULL))",
    "UPDATE arriving SET verdict = 'repeated' WHERE verdict IN ('ok', 'rejected') AND EXISTS (
        SELECT 1 FROM message m WHERE m.event_id = arriving.event_id AND m.outcome = 'conflicting'
        AND m.digest = arriving.digest AND (m.act = 0 OR arriving.origin IS NULL))",
    "UPDATE arriving SET verdict = 'repeated' WHERE verdict IN ('ok', 'rejected') AND EXISTS (
        SELECT 1 FROM message m WHERE m.application_id = arriving.application_id AND m.revision = arriving.revision
        AND m.outcome IN ('accepted', 'rejected', 'waiting') AND m.digest = arriving.digest AND (m.act = 0 OR arriving.origin IS NULL))",
    "UPDATE arriving SET verdict = 'conflicting', reason = 'EVENT-CONFLICT' WHERE verdict IN ('ok', 'rejected') AND EXISTS (
        SELECT 1 FROM message m WHERE m.event_id = arriving.event_id AND m.outcome IN ('accepted', 'rejected', 'waiting')
        AND (m.act = 0 OR arriving.origin IS NULL))",
    "UPDATE arriving SET verdict = 'conflicting', reason = 'REVISION-CONFLICT' WHERE verdict IN ('ok', 'rejected') AND EXISTS (
        SELECT 1 FROM message m WHERE m.application_id = arriving.application_id AND m.revision = arriving.revision
        AND m.outcome IN ('accepted', 'rejected', 'waiting') AND (m.act = 0 OR arriving.origin IS NULL))",
    "UPDATE arriving SET present = a.id FROM application a WHERE a.application_id = arriving.application_id
     AND verdict IN ('ok', 'rejected')",
    "UPDATE arriving SET verdict = 'waiting', reason = 'REVISION-GAP' WHERE verdict IN ('ok', 'rejected')
        AND revision > 1 + COALESCE((SELECT a.revision FROM application a WHERE a.id = arriving.present), 0)
        AND NOT EXISTS (SELECT 1 FROM application a WHERE a.id = arriving.present AND a.state = 'lapsed')",
    // A correction after the lapse is no conflict: it is refused by a rule, and the applicant is told.
    "UPDATE arriving SET verdict = 'conflicting', reason = 'REVISION-NOT-OPEN' WHERE verdict IN ('ok', 'rejected')
        AND present IS NOT NULL AND EXISTS (SELECT 1 FROM application a JOIN message m ON m.id = a.message WHERE a.id = arriving.present
            AND (a.revision > arriving.revision OR a.revision = arriving.revision AND (m.act = 0 OR a.state = 'lapsed')
                OR NOT (a.state IN ('rejected', 'returned', 'lapsed')
                    OR (a.state = 'accepted' AND COALESCE(a.place, '') = 'held' AND COALESCE(a.reason, '') LIKE 'PHOTO-%'))))",
    "UPDATE arriving SET person = (SELECT p.person FROM person_alias p WHERE p.key = arriving.person)
     WHERE person IS NOT NULL AND EXISTS (SELECT 1 FROM person_alias p WHERE p.key = arriving.person)",
    "UPDATE arriving SET previous = COALESCE(
        (SELECT p.application FROM production_row p WHERE p.card_number = arriving.previous_number),
        (SELECT a.id FROM application a WHERE a.old_number = arriving.previous_number))
     WHERE previous_number IS NOT NULL",
];

/// Rules that only the ledger can answer; each adds its finding to what the catalogue found. Where the
/// catalogue found the same already, the ledger is silent.
pub(super) const LEDGER_RULES: &[&str] = &[
    "INSERT INTO arriving_finding SELECT position, 'APPLICATION-LAPSED', 'revision', 'error' FROM arriving r
     WHERE verdict IN ('ok', 'rejected') AND EXISTS (SELECT 1 FROM application a WHERE a.id = r.present AND a.state = 'lapsed')",
    "INSERT INTO arriving_finding SELECT position, 'PERSON-OPEN-APPLICATION', 'holder.id_number', 'error' FROM arriving r
     WHERE verdict IN ('ok', 'rejected') AND EXISTS (SELECT 1 FROM application a WHERE a.person = r.person AND a.open
        AND a.application_id <> r.application_id)",
    "INSERT INTO arriving_finding SELECT position, 'PERSON-LIVE-CARD', 'kind', 'error' FROM arriving r
     WHERE verdict IN ('ok', 'rejected') AND kind = 'first_issue'
        AND EXISTS (SELECT 1 FROM application a WHERE a.person = r.person AND a.live)",
    "INSERT INTO arriving_finding SELECT position, 'PREVIOUS-UNKNOWN', 'previous_card.card_number', 'error' FROM arriving r
     WHERE verdict IN ('ok', 'rejected') AND previous_number IS NOT NULL AND previous IS NULL",
    "INSERT INTO arriving_finding SELECT position, 'PREVIOUS-OTHER-PERSON', 'previous_card.card_number', 'error' FROM arriving r
     WHERE verdict IN ('ok', 'rejected') AND previous_reason <> 'number_changed'
        AND EXISTS (SELECT 1 FROM application a WHERE a.id = r.previous AND a.person <> r.person)",
    "INSERT INTO arriving_finding SELECT position, 'PREVIOUS-NOT-LIVE', 'previous_card.card_number', 'error' FROM arriving r
     WHERE verdict IN ('ok', 'rejected') AND EXISTS (SELECT 1 FROM application a WHERE a.id = r.previous AND NOT a.live)",
    "INSERT INTO arriving_finding SELECT position, 'PREVIOUS-NOT-LOST', 'previous_card.reason', 'error' FROM arriving r
     WHERE verdict IN ('ok', 'rejected') AND previous_reason = 'lost'
        AND EXISTS (SELECT 1 FROM application a WHERE a.id = r.previous AND COALESCE(a.place, '') <> 'lost')",
    "INSERT INTO arriving_finding SELECT position, 'PREVIOUS-OTHER-BANK', 'bank', 'error' FROM arriving r
     WHERE verdict IN ('ok', 'rejected') AND kind <> 'bank_change'
        AND EXISTS (SELECT 1 FROM application a WHERE a.id = r.previous AND a.bank <> r.bank)
        AND NOT EXISTS (SELECT 1 FROM arriving_finding f WHERE f.position = r.position AND f.rule = 'PREVIOUS-BANK')",
    "INSERT INTO arriving_finding SELECT position, 'PREVIOUS-SAME-BANK', 'bank', 'error' FROM arriving r
     WHERE verdict IN ('ok', 'rejected') AND kind = 'bank_change'
        AND EXISTS (SELECT 1 FROM application a WHERE a.id = r.previous AND a.bank = r.bank)
        AND NOT EXISTS (SELECT 1 FROM arriving_finding f WHERE f.position = r.position AND f.rule = 'PREVIOUS-BANK-CHANGE')",
    "INSERT INTO arriving_finding SELECT position, 'RENEWAL-NOT-CHILD', 'previous_card.card_number', 'error' FROM arriving r
     WHERE verdict IN ('ok', 'rejected') AND kind = 'adult_renewal'
        AND EXISTS (SELECT 1 FROM application a WHERE a.id = r.previous AND a.approved_on >= r.sixteen_on)",
];

/// Every message with an error; one that came after the lapse says so.
const REJECT: &str = "UPDATE arriving SET verdict = 'rejected', reason = CASE WHEN position IN (
        SELECT position FROM arriving_finding WHERE rule = 'APPLICATION-LAPSED') THEN 'APPLICATION-LAPSED' ELSE reason END
    WHERE verdict IN ('ok', 'rejected') AND position IN (SELECT position FROM arriving_finding WHERE severity = 'error')";

/// A changed number links the new key to the person who held the previous card.
const LINK_PERSON: &str = "INSERT INTO person_alias (key, person)
    SELECT r.person, a.person FROM arriving r JOIN application a ON a.id = r.previous
    WHERE r.verdict = 'ok' AND r.previous_reason = 'number_changed' AND a.person <> r.person
    ON CONFLICT (key) DO NOTHING";

const KEEP_MESSAGES: &str = "INSERT INTO message (chunk, position, event_id, application_id, revision, digest, outcome, reason, due_on, origin, sealed)
    SELECT $1, position, event_id, application_id, revision, digest, CASE verdict WHEN 'ok' THEN 'accepted' ELSE verdict END, reason,
        CASE WHEN verdict = 'waiting' THEN correct_by WHEN reason IS NOT NULL THEN $2 END, origin, sealed
    FROM arriving_sealed CROSS JOIN arriving WHERE position = sealed_position AND verdict <> 'repeated' ORDER BY position";

/// CROSS JOIN, so that SQLite begins with the few findings: the other way round it scans them for every message.
const KEEP_FINDINGS: &str = "INSERT INTO finding (message, rule, field, severity)
    SELECT m.id, f.rule, f.field, f.severity FROM arriving_finding f
    CROSS JOIN message m WHERE m.chunk = $1 AND m.position = f.position AND m.outcome IN ('accepted', 'rejected')
    ON CONFLICT DO NOTHING";

const NEW_APPLICATIONS: &str = "INSERT INTO application (application_id, revision, message, chunk, state, social, financial, person, kind, lane,
        region, bank, outlet, method, point, photo, approved_on, promise_on, due_on, owner, queue, previous, open, live)
    SELECT r.application_id, r.revision, m.id, $1, 'accepted', 'sealed', 'sealed', COALESCE(p.person, r.person), r.kind, r.lane,
        r.region, r.bank, r.outlet, r.method, r.point, r.photo, r.approved_on, r.promise_on, r.promise_on, 'bureau operator',
        'account', r.previous, TRUE, FALSE
    FROM arriving r JOIN message m ON m.chunk = $1 AND m.position = r.position
    LEFT JOIN person_alias p ON p.key = r.person
    WHERE r.verdict = 'ok' AND r.present IS NULL ORDER BY r.position";

const REJECTED_APPLICATIONS: &str = "INSERT INTO application (application_id, revision, message, chunk, state, social, financial, person, kind, lane,
        region, bank, outlet, method, point, approved_on, promise_on, returned_on, due_on, owner, open, live)
    SELECT r.application_id, r.revision, m.id, 0, 'rejected', 'sealed', 'sealed', r.person, r.kind, r.lane,
        r.region, r.bank, r.outlet, r.method, r.point, r.approved_on, r.promise_on, $2, r.correct_by, 'applicant', FALSE, FALSE
    FROM arriving r JOIN message m ON m.chunk = $1 AND m.position = r.position
    WHERE r.verdict = 'rejected' AND r.present IS NULL ORDER BY r.position";

async fn new_rejections(tx: &mut Tx, chunk: i64, why: Why<'_>) -> Result<(), LedgerError> {
    tx.run(
        "INSERT INTO move (at, life, scope, subject, from_state, to_state, count, actor, reason)
         SELECT $1, 'application', 'application', a.id, '', 'rejected', 1, $2, $3
         FROM arriving r JOIN message m ON m.chunk = $4 AND m.position = r.position JOIN application a ON a.message = m.id
           AND a.application_id = r.application_id
         WHERE r.verdict = 'rejected' AND r.present IS NULL ORDER BY a.id",
        args![why.at, why.actor, "errors found at intake", chunk],
    )
    .await?;
    Ok(())
}

/// A higher revision of an application that is rejected, returned, or held for its photo: its facts are
/// replaced, then it moves. Approved anew, a rejected one has a new promise; one that was returned or
/// held keeps the day it was approved on.
async fn replace_revisions(tx: &mut Tx, chunk: i64, why: Why<'_>, today: Date) -> Result<(), LedgerError> {
    let present = tx
        .number("SELECT count(*) FROM arriving WHERE verdict IN ('ok', 'rejected') AND present IS NOT NULL", args![])
        .await?;
    if present == 0 {
        return Ok(());
    }
    // An accepted application keeps what was accepted: a wrong correction of it only counts its revision.
    tx.run(
        "UPDATE application SET revision = r.revision FROM arriving r
         WHERE application.id = r.present AND r.verdict = 'rejected' AND application.state = 'accepted'",
        args![],
    )
    .await?;
    // The promise clock stood still for whole local days while the holder corrected it.
    tx.run(
        "UPDATE application SET revision = r.revision, message = m.id,
            person = CASE WHEN r.verdict = 'ok' THEN COALESCE(p.person, r.person) ELSE application.person END,
            kind = r.kind, lane = r.lane, region = r.region, bank = r.bank, outlet = r.outlet, method = r.method, point = r.point,
            photo = r.photo, previous = r.previous,
            promise_on = CASE WHEN application.state = 'rejected' AND application.approved_on <> r.approved_on THEN r.promise_on ELSE application.promise_on END,
            returned_on = CASE WHEN application.state = 'rejected' AND application.approved_on <> r.approved_on THEN $2 ELSE application.returned_on END,
            approved_on = CASE WHEN application.state = 'rejected' THEN r.approved_on ELSE application.approved_on END,
            account_batch = CASE WHEN r.verdict = 'ok' THEN NULL ELSE application.account_batch END,
            queue = CASE WHEN r.verdict = 'ok' THEN 'account' ELSE NULL END
         FROM arriving r JOIN message m ON m.chunk = $1 AND m.position = r.position LEFT JOIN person_alias p ON p.key = r.person
         WHERE application.id = r.present AND application.state IN ('rejected', 'returned', 'accepted')
            AND (r.verdict = 'ok' OR (r.verdict = 'rejected' AND application.state <> 'accepted'))",
        args![chunk, today],
    )
    .await?;
    let freed = [
        Step { life: &APPLICATION, from: "accepted", to: "accepted" },
        Step { life: &CARD, from: "held", to: "waiting_account" },
    ];
    replace(tx, "accepted", &freed, why, today).await?;
    // A rejected application has no card yet; a returned one has had one.
    let born = [
        Step { life: &APPLICATION, from: "rejected", to: "accepted" },
        Step { life: &CARD, from: "", to: "waiting_account" },
        Step { life: &SOCIAL, from: "", to: "sealed" },
    ];
    replace(tx, "rejected", &born, why, today).await?;
    let back = [
        Step { life: &APPLICATION, from: "returned", to: "accepted" },
        Step { life: &CARD, from: "no_plastic", to: "waiting_account" },
    ];
    replace(tx, "returned", &back, why, today).await?;
    answer_late(tx, why).await
}

async fn replace(
    tx: &mut Tx,
    from: &'static str,
    steps: &[Step],
    why: Why<'_>,
    today: Date,
) -> Result<(), LedgerError> {
    let found = tx
        .rows::<(i64, String, Option<String>)>(
            "SELECT a.id, a.promise_on, a.returned_on FROM arriving r JOIN application a ON a.id = r.present
             WHERE r.verdict = 'ok' AND a.state = $1 ORDER BY a.id",
            args![from],
        )
        .await?;
    for (id, promise_on, returned_on) in found {
        let paused = match returned_on.map(|on| on.parse::<Date>()) {
            Some(Ok(on)) => i64::from((today - on).get_days()),
            _ => 0,
        };
        let promise_on: Date = promise_on.parse().map_err(|_| LedgerError::Shape("promise_on".into()))?;
        let promise_on = promise_on.saturating_add(jiff::Span::new().days(paused));
        tx.run(
            "UPDATE application SET paused_days = paused_days + $2, promise_on = $3, returned_on = NULL, reason = NULL WHERE id = $1",
            args![id, paused, promise_on],
        )
        .await?;
        tx.stage(&SUBJECT, vec![super::moves::subject(id)]).await?;
        let along =
            Along { due_on: Some(promise_on), owner: Some("bureau operator"), open: Some(true), ..Along::default() };
        let why = Why { reason: "a higher revision was accepted", ..why };
        if move_each(tx, steps, along, why).await? == 0 {
            // It moved on between two statements of this transaction: the chunk is settled anew.
            return Err(super::moves::lost(&steps[0], 1, 0));
        }
        if from == "accepted" {
            overtake_photo_cases(tx, &[(id,)], why).await?;
        }
    }
    Ok(())
}
