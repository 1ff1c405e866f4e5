//! Messages that could touch something: what the ledger knows by event, application or person, or what
//! comes more than once in its chunk. They are settled set by set in the table `arriving`.
//!
//! Messages that could touch each other are settled in waves, the k-th occurrence in wave k, so that
//! each wave sees what the one before it did.

use std::collections::HashMap;

use cardline_core::domain::outcomes::MessageOutcome;
use jiff::civil::Date;

use super::applications::{Draft, NewApplication, NewApplications};
use super::revisions::replace_revisions;
use super::rules::{IDENTITY, LEDGER_RULES};
use super::{ArrivingFacts, IntakeCounts, Key, Numbered};
use crate::quarantine::quarantined::looked_at_by;
use crate::store::row_macs::catalog;
use crate::store::{LedgerError, Stamp, Tx};
use crate::{args, bulk_row, row};

bulk_row! {
    /// A message, and what is decided about it. The last three are looked up in the ledger.
    #[derive(Default)]
    struct Arriving in "arriving" {
        message: i64,
        position: i64,
        event_id: Option<String>,
        application_id: Option<String>,
        revision: Option<i64>,
        digest: Vec<u8>,
        mac: Option<i64>,
        outcome: MessageOutcome,
        reason: Option<String>,
        person: Option<Vec<u8>>,
        kind: Option<&'static str>,
        lane: Option<&'static str>,
        region: Option<String>,
        bank: Option<String>,
        outlet: Option<String>,
        method: Option<&'static str>,
        point: Option<String>,
        photo: Option<String>,
        approved_on: Option<Date>,
        promise_on: Option<Date>,
        sixteen_on: Option<Date>,
        correct_by: Option<Date>,
        previous_number: Option<String>,
        previous_reason: Option<&'static str>,
        previous: Option<i64>,
        present: Option<i64>,
        origin: Option<i64>,
    }
}

bulk_row! {
    /// The encrypted bytes stand apart, so that what is decided about a message does not write them again.
    struct ArrivingEncrypted in "arriving_sealed" { sealed_position: i64, sealed: Vec<u8> }
}

bulk_row! {
    struct ArrivingFindingRow in "arriving_finding" {
        position: i64,
        rule: &'static str,
        field: String,
        severity: &'static str,
    }
}

row! {
    /// A message under way that makes a new application, with what the ledger says about it.
    struct Newcomer { message: i64, outcome: String, person: Vec<u8>, previous: Option<i64> }
}

/// Settles messages in waves; returns their counts, and how many applications were accepted that were
/// not there before.
pub(super) async fn settle_seen(
    tx: &mut Tx,
    chunk: i64,
    messages: Vec<Numbered>,
    again: bool,
    why: Stamp<'_>,
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

/// The rows of one wave.
#[derive(Default)]
struct Wave {
    messages: Vec<Arriving>,
    drafts: HashMap<i64, Draft>,
    encrypted: Vec<ArrivingEncrypted>,
    findings: Vec<ArrivingFindingRow>,
}

impl Wave {
    fn push(&mut self, Numbered { id, mac, message: m }: Numbered) {
        let position = m.position;
        for f in m.findings {
            self.findings.push(ArrivingFindingRow { position, rule: f.rule, field: f.field, severity: f.severity });
        }
        self.encrypted.push(ArrivingEncrypted { sealed_position: position, sealed: m.encrypted });
        let mut row = Arriving {
            message: id,
            position,
            event_id: m.event_id,
            application_id: m.application_id,
            revision: m.revision,
            digest: m.digest,
            mac,
            outcome: m.outcome,
            reason: m.reason,
            ..Arriving::default()
        };
        if let Some(facts) = m.facts {
            let named = (row.application_id.clone(), row.revision);
            self.drafts.insert(id, Draft::of(0, id, named, facts.clone()));
            row.tell(facts);
        }
        self.messages.push(row);
    }
}

impl Arriving {
    fn tell(&mut self, f: ArrivingFacts) {
        self.person = Some(f.person);
        self.kind = Some(f.kind);
        self.lane = Some(f.lane);
        self.region = Some(f.region);
        self.bank = Some(f.bank);
        self.outlet = Some(f.outlet);
        self.method = Some(f.method);
        self.point = Some(f.point);
        self.photo = Some(f.photo);
        self.approved_on = Some(f.approved_on);
        self.promise_on = Some(f.promise_on);
        self.sixteen_on = f.sixteen_on;
        self.correct_by = Some(f.correct_by);
        self.previous_number = f.previous_number;
        self.previous_reason = f.previous_reason;
    }
}

async fn settle_wave(
    tx: &mut Tx,
    chunk: i64,
    messages: Vec<Numbered>,
    again: bool,
    why: Stamp<'_>,
    today: Date,
) -> Result<(IntakeCounts, i64), LedgerError> {
    let mut wave = Wave::default();
    for message in messages {
        wave.push(message);
    }
    tx.stage(wave.messages).await?;
    tx.stage(wave.encrypted).await?;
    tx.stage(wave.findings).await?;
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
    let fresh = new_applications(tx, chunk, wave.drafts, why, today).await?;
    replace_revisions(tx, why, today).await?;
    if again {
        tx.cover(&catalog::MESSAGE, "chunk = $1 AND mac IS NULL", args![chunk]).await?;
    }
    tx.cover(&catalog::APPLICATION, CORRECTED, args![]).await?;
    let mut counts = IntakeCounts::default();
    for (outcome, count) in
        tx.rows::<(String, i64)>("SELECT outcome, count(*) FROM arriving GROUP BY outcome", args![]).await?
    {
        let outcome =
            MessageOutcome::named(&outcome).ok_or_else(|| LedgerError::Shape("outcome of a message".into()))?;
        counts.count(outcome, count);
    }
    Ok((counts, fresh))
}

/// Writes the applications that messages under way make; returns how many of them were accepted.
async fn new_applications(
    tx: &mut Tx,
    chunk: i64,
    mut drafts: HashMap<i64, Draft>,
    why: Stamp<'_>,
    today: Date,
) -> Result<i64, LedgerError> {
    let found = tx.rows::<Newcomer>(NEW_APPLICATIONS, args![]).await?;
    let ids = tx.take_ids("application", found.len() as i64).await?;
    let (mut new, mut fresh) = (NewApplications::default(), 0);
    for (Newcomer { message, outcome, person, previous }, id) in found.into_iter().zip(ids) {
        let mut draft = drafts.remove(&message).ok_or_else(|| LedgerError::Shape("facts of a message".into()))?;
        draft.new = NewApplication { id, person, previous, ..draft.new };
        let accepted = outcome == MessageOutcome::Accepted.word();
        fresh += i64::from(accepted);
        new.push(accepted, draft);
    }
    new.keep(tx, chunk, why, today).await?;
    Ok(fresh)
}

/// The applications that messages under way corrected.
const CORRECTED: &str =
    "id IN (SELECT present FROM arriving WHERE outcome IN ('accepted', 'rejected') AND present IS NOT NULL)";

/// What is taken in again is at the position of the message it was.
const ORIGIN: &str =
    "UPDATE arriving SET origin = (SELECT COALESCE(m.origin, m.id) FROM message m WHERE m.id = arriving.position)";

/// Every message with an error; one that came after the lapse says so.
const REJECT: &str = "UPDATE arriving SET outcome = 'rejected', reason = CASE WHEN position IN (
        SELECT position FROM arriving_finding WHERE rule = 'APPLICATION-LAPSED') THEN 'APPLICATION-LAPSED' ELSE reason END
    WHERE outcome IN ('accepted', 'rejected') AND position IN (SELECT position FROM arriving_finding WHERE severity = 'error')";

/// A changed number links the new key to the person who held the previous card.
const LINK_PERSON: &str = "INSERT INTO person_alias (key, person)
    SELECT r.person, a.person FROM arriving r JOIN application a ON a.id = r.previous
    WHERE r.outcome = 'accepted' AND r.previous_reason = 'number_changed' AND a.person <> r.person
    ON CONFLICT (key) DO NOTHING";

const KEEP_MESSAGES: &str = "INSERT INTO message (id, chunk, position, event_id, application_id, revision, digest, mac, outcome, reason, due_on, origin, sealed)
    SELECT message, $1, position, event_id, application_id, revision, digest, mac, outcome, reason,
        CASE WHEN outcome = 'waiting' THEN correct_by WHEN reason IS NOT NULL THEN $2 END, origin, sealed
    FROM arriving_sealed CROSS JOIN arriving WHERE position = sealed_position AND outcome <> 'repeated' ORDER BY position";

/// CROSS JOIN, so that SQLite begins with the few findings: the other way round it scans them for every message.
const KEEP_FINDINGS: &str = "INSERT INTO finding (message, rule, field, severity)
    SELECT r.message, f.rule, f.field, f.severity FROM arriving_finding f
    CROSS JOIN arriving r WHERE r.position = f.position AND r.outcome IN ('accepted', 'rejected')
    ON CONFLICT DO NOTHING";

/// The accepted first. A changed number is the person's who held the previous card.
const NEW_APPLICATIONS: &str = "SELECT r.message, r.outcome,
        CASE WHEN r.outcome = 'accepted' THEN COALESCE(p.person, r.person) ELSE r.person END AS person, r.previous
    FROM arriving r LEFT JOIN person_alias p ON p.key = r.person
    WHERE r.outcome IN ('accepted', 'rejected') AND r.present IS NULL ORDER BY r.outcome, r.position";
