//! Messages that could touch something: what the ledger knows by event, application or person, or what
//! comes more than once in its chunk. They are settled set by set in the table `arriving`.
//!
//! Messages that could touch each other are settled in waves, the k-th occurrence in wave k, so that
//! each wave sees what the one before it did.

use std::collections::HashMap;

use jiff::civil::Date;

use super::revisions::replace_revisions;
use super::rules::{IDENTITY, LEDGER_RULES};
use super::{IntakeCounts, Key, Numbered, REJECTED};
use crate::args;
use crate::quarantine::held::looked_at_by;
use crate::store::LedgerError;
use crate::store::Why;
use crate::store::bulk::{Column, StagingTable};
use crate::store::{Arg, Tx};

const ARRIVING: StagingTable = StagingTable {
    name: "arriving",
    columns: &[
        ("message", Column::Int),
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

/// The encrypted bytes stand apart, so that what is decided about a message does not write them anew.
const ARRIVING_SEALED: StagingTable =
    StagingTable { name: "arriving_sealed", columns: &[("sealed_position", Column::Int), ("sealed", Column::Bytes)] };

const ARRIVING_FINDING: StagingTable = StagingTable {
    name: "arriving_finding",
    columns: &[("position", Column::Int), ("rule", Column::Text), ("field", Column::Text), ("severity", Column::Text)],
};

/// Settles messages in waves; returns their counts, and how many applications were accepted that were
/// not there before.
pub(super) async fn settle_seen(
    tx: &mut Tx,
    chunk: i64,
    messages: Vec<Numbered>,
    again: bool,
    why: Why<'_>,
    today: Date,
) -> Result<(IntakeCounts, i64), LedgerError> {
    let (mut counts, mut accepted_new) = (IntakeCounts::default(), 0);
    for wave in waves(messages) {
        let (divided, new) = settle_wave(tx, chunk, wave, again, why, today).await?;
        counts.add(divided);
        accepted_new += new;
    }
    Ok((counts, accepted_new))
}

/// Splits messages so that no two of one wave share an event, an application, a person or a card.
fn waves(messages: Vec<Numbered>) -> Vec<Vec<Numbered>> {
    let mut seen: HashMap<Key<Vec<u8>>, usize> = HashMap::new();
    let mut waves: Vec<Vec<Numbered>> = Vec::new();
    for message in messages {
        let keys: Vec<Key<Vec<u8>>> = message.keys().map(Key::owned).collect();
        let wave = keys.iter().filter_map(|key| seen.get(key)).max().map_or(0, |last| last + 1);
        seen.extend(keys.into_iter().map(|key| (key, wave)));
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

fn stage_rows(messages: Vec<Numbered>) -> (Rows, Rows, Rows) {
    let mut rows = Vec::with_capacity(messages.len());
    let mut encrypted = Vec::with_capacity(messages.len());
    let mut findings = Vec::new();
    for Numbered { id, message: m } in messages {
        for f in m.findings {
            findings.push(args![m.position, f.rule, f.field, f.severity]);
        }
        encrypted.push(args![m.position, m.encrypted]);
        let mut row = args![id, m.position, m.event_id, m.application_id, m.revision, m.digest, m.verdict, m.reason];
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
    (rows, encrypted, findings)
}

async fn settle_wave(
    tx: &mut Tx,
    chunk: i64,
    messages: Vec<Numbered>,
    again: bool,
    why: Why<'_>,
    today: Date,
) -> Result<(IntakeCounts, i64), LedgerError> {
    let (rows, encrypted, findings) = stage_rows(messages);
    tx.stage(&ARRIVING, rows).await?;
    tx.stage(&ARRIVING_SEALED, encrypted).await?;
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
    tx.run(KEEP_FINDINGS, args![]).await?;
    let fresh = tx.run(NEW_APPLICATIONS, args![chunk]).await? as i64;
    let rejected = tx.run(REJECTED_APPLICATIONS, args![today]).await?;
    if rejected > 0 {
        new_rejections(tx, why).await?;
    }
    replace_revisions(tx, why, today).await?;
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

/// Every message with an error; one that came after the lapse says so.
const REJECT: &str = "UPDATE arriving SET verdict = 'rejected', reason = CASE WHEN position IN (
        SELECT position FROM arriving_finding WHERE rule = 'APPLICATION-LAPSED') THEN 'APPLICATION-LAPSED' ELSE reason END
    WHERE verdict IN ('ok', 'rejected') AND position IN (SELECT position FROM arriving_finding WHERE severity = 'error')";

/// A changed number links the new key to the person who held the previous card.
const LINK_PERSON: &str = "INSERT INTO person_alias (key, person)
    SELECT r.person, a.person FROM arriving r JOIN application a ON a.id = r.previous
    WHERE r.verdict = 'ok' AND r.previous_reason = 'number_changed' AND a.person <> r.person
    ON CONFLICT (key) DO NOTHING";

const KEEP_MESSAGES: &str = "INSERT INTO message (id, chunk, position, event_id, application_id, revision, digest, outcome, reason, due_on, origin, sealed)
    SELECT message, $1, position, event_id, application_id, revision, digest, CASE verdict WHEN 'ok' THEN 'accepted' ELSE verdict END, reason,
        CASE WHEN verdict = 'waiting' THEN correct_by WHEN reason IS NOT NULL THEN $2 END, origin, sealed
    FROM arriving_sealed CROSS JOIN arriving WHERE position = sealed_position AND verdict <> 'repeated' ORDER BY position";

/// CROSS JOIN, so that SQLite begins with the few findings: the other way round it scans them for every message.
const KEEP_FINDINGS: &str = "INSERT INTO finding (message, rule, field, severity)
    SELECT r.message, f.rule, f.field, f.severity FROM arriving_finding f
    CROSS JOIN arriving r WHERE r.position = f.position AND r.verdict IN ('ok', 'rejected')
    ON CONFLICT DO NOTHING";

const NEW_APPLICATIONS: &str = "INSERT INTO application (application_id, revision, message, chunk, state, social, financial, person, kind, lane,
        region, bank, outlet, method, point, photo, approved_on, promise_on, due_on, owner, queue, previous, open, live)
    SELECT r.application_id, r.revision, r.message, $1, 'accepted', 'sealed', 'sealed', COALESCE(p.person, r.person), r.kind, r.lane,
        r.region, r.bank, r.outlet, r.method, r.point, r.photo, r.approved_on, r.promise_on, r.promise_on, 'bureau operator',
        'account', r.previous, TRUE, FALSE
    FROM arriving r LEFT JOIN person_alias p ON p.key = r.person
    WHERE r.verdict = 'ok' AND r.present IS NULL ORDER BY r.position";

const REJECTED_APPLICATIONS: &str = "INSERT INTO application (application_id, revision, message, chunk, state, social, financial, person, kind, lane,
        region, bank, outlet, method, point, approved_on, promise_on, returned_on, due_on, owner, open, live)
    SELECT r.application_id, r.revision, r.message, 0, 'rejected', 'sealed', 'sealed', r.person, r.kind, r.lane,
        r.region, r.bank, r.outlet, r.method, r.point, r.approved_on, r.promise_on, $1, r.correct_by, 'applicant', FALSE, FALSE
    FROM arriving r WHERE r.verdict = 'rejected' AND r.present IS NULL ORDER BY r.position";

async fn new_rejections(tx: &mut Tx, why: Why<'_>) -> Result<(), LedgerError> {
    tx.run(
        "INSERT INTO move (at, life, scope, subject, from_state, to_state, count, actor, reason)
         SELECT $1, 'application', 'application', a.id, '', 'rejected', 1, $2, $3
         FROM arriving r JOIN application a ON a.application_id = r.application_id
         WHERE r.verdict = 'rejected' AND r.present IS NULL ORDER BY a.id",
        args![why.at, why.actor, REJECTED],
    )
    .await?;
    Ok(())
}
