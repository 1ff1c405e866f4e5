//! Operations on the quarantine: previewed, confirmed by their id, carried out page by page.
//!
//! A preview is the whole operation in a transaction that is rolled back, so it says what would happen
//! now. A real run is one transaction a page: after a kill the same command goes on where it stopped,
//! and once it is through it has no second effect.

use cardline_core::domain::staff::{DualControl, Scope};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::identity;
use super::refusal::{QuarantineError, QuarantineRefusal};
use super::repair::Repair;
use crate::actions::dual_control::Wanted;
use crate::actions::quarantine::retry::{Again, Member, RetryOutcome, next_members, retry_outcome, settle_again};
use crate::crypto::keys::RecordOf;
use crate::hex::hex;
use crate::kafka::RawMessage;
use crate::limits::{CHUNK_BYTES, PASSING_FAULT_TRIES};
use crate::people::approvals::ApprovalRecord;
use crate::quarantine::alone::needs_second;
use crate::quarantine::operation_record::{Operation, Request, discard, name_operation, record_operation, recorded};
use crate::quarantine::quarantined::{Selection, choose, choose_named};
use crate::route::intake::check_messages;
use crate::route::servicing::{event_dates, read_event};
use crate::step::{StageError, Worker};
use crate::store::{Stamp, Tx};
use crate::time::local_date;

/// What a person asks for.
pub struct Ask<'a> {
    pub actor: &'a str,
    /// The person's words; kept encrypted.
    pub reason: &'a str,
    pub selection: Selection,
    pub what: What,
    /// The operation as previewed.
    pub confirm: Option<&'a str>,
    pub dry_run: bool,
    /// The approval it takes, once a second person gave it.
    pub approval: Option<i64>,
}

/// What becomes of the messages.
pub enum What {
    Retry(Repair),
    Discard,
}

/// An operation and what became of its messages.
#[derive(serde::Serialize)]
pub struct Report {
    pub operation: String,
    pub what: &'static str,
    pub messages: i64,
    pub dry_run: bool,
    /// Whether it was through before this run.
    pub done_before: bool,
    #[serde(flatten)]
    pub outcome: RetryOutcome,
}

impl Ask<'_> {
    fn what(&self) -> &'static str {
        match &self.what {
            What::Retry(Repair::Nothing) => "retry",
            What::Retry(_) => "repair",
            What::Discard => "discard",
        }
    }

    /// The digest of everything asked for but the messages it takes.
    pub fn digest(&self) -> String {
        let edits = match &self.what {
            What::Retry(repair) => repair.digest(),
            What::Discard => String::new(),
        };
        let s = &self.selection;
        let asked = json!([s.ids, s.code, s.outcome, s.region, s.since, edits, self.reason]);
        hex(&Sha256::digest(asked.to_string()))
    }

    /// Whether so many messages take a second person, once there are users.
    async fn needs_second(&self, tx: &mut Tx, worker: &Worker, count: i64, now: Timestamp) -> Result<bool, StageError> {
        if !matches!(self.what, What::Discard) || self.approval.is_some() {
            return Ok(false);
        }
        Ok(needs_second(tx, "discard", count, worker.config.alone_a_day.value as i64, now).await?)
    }

    fn request(&self, worker: &Worker, at: Timestamp) -> Result<Request<'_>, StageError> {
        let reason = if self.reason.is_empty() { None } else { Some(worker.keys.encrypt(self.reason.as_bytes())?) };
        Ok(Request { what: self.what(), at, actor: self.actor, reason, digest: self.digest(), approval: self.approval })
    }
}

/// Previews or carries out an operation.
pub async fn operate(worker: &Worker, ask: &Ask<'_>, now: Timestamp) -> Result<Report, QuarantineError> {
    let request = ask.request(worker, now)?;
    if let (Some(id), false) = (ask.confirm, ask.dry_run)
        && let Some((operation, asked)) = worker.ledger.operation(id).await?
    {
        let same = asked == request.digest;
        return if same { carry_out(worker, ask, operation, now).await } else { Err(other(operation).into()) };
    }
    let mut tx = worker.ledger.begin().await?;
    if let What::Retry(Repair::Corrected(file)) = &ask.what
        && ask.selection.ids.is_empty()
    {
        let unmatched = choose_named(&mut tx, file.named.clone()).await?;
        if !unmatched.is_empty() {
            return nothing_left(worker, ask, &request, QuarantineRefusal::Unmatched(unmatched), tx, now).await;
        }
    } else {
        choose(&mut tx, &ask.selection).await?;
    }
    let (id, count) = name_operation(&mut tx, &request).await?;
    if count == 0 {
        let nothing = QuarantineRefusal::NothingChosen { ids: ask.selection.ids.clone() };
        return nothing_left(worker, ask, &request, nothing, tx, now).await;
    }
    if !ask.selection.ids.is_empty() && count != ask.selection.ids.len() as i64 {
        return Err(QuarantineRefusal::NotAllQuarantined { ids: ask.selection.ids.clone() }.into());
    }
    if ask.dry_run {
        let operation = record_operation(&mut tx, &request, &id, count).await?;
        refuse_other_identity(worker, ask, &operation, &mut tx).await?;
        return Ok(preview(worker, ask, operation, tx, now).await?);
    }
    match ask.confirm {
        Some(confirmed) if confirmed != id => {
            return Err(QuarantineRefusal::OtherOperation { id, count }.into());
        }
        None if count > 1 => return Err(QuarantineRefusal::Unconfirmed { count }.into()),
        _ => {}
    }
    if ask.needs_second(&mut tx, worker, count, now).await? {
        return Err(QuarantineRefusal::NeedsSecond { id, count }.into());
    }
    let operation = match recorded(&mut tx, &id).await? {
        // Recorded before a kill, and nothing became of it yet.
        Some((operation, _)) => {
            drop(tx);
            operation
        }
        None => {
            let operation = record_operation(&mut tx, &request, &id, count).await?;
            refuse_other_identity(worker, ask, &operation, &mut tx).await?;
            tx.commit().await?;
            operation
        }
    };
    carry_out(worker, ask, operation, now).await
}

/// Looks at every message before the operation is kept: a repair of one that changes whose it is refuses all.
async fn refuse_other_identity(
    worker: &Worker,
    ask: &Ask<'_>,
    operation: &Operation,
    tx: &mut Tx,
) -> Result<(), QuarantineError> {
    let repair = match &ask.what {
        What::Retry(repair) if !matches!(repair, Repair::Nothing) => repair,
        _ => return Ok(()),
    };
    let mut after = 0;
    loop {
        let members = next_members(tx, operation, after).await?;
        let Some(last) = members.last() else { return Ok(()) };
        after = last.id;
        for member in members {
            let came =
                worker.keys.decrypt_of(RecordOf::Message(member.id), &member.encrypted).map_err(StageError::from)?;
            let repaired = repair.of(member.event_id.as_deref(), came.clone(), operation.count == 1);
            if let Some(kept) = identity::changed(&came, &repaired, &worker.reference) {
                return Err(QuarantineRefusal::AnotherIdentity { message: member.id, kept }.into());
            }
        }
    }
}

/// What a bulk discard asks a second person for: all that carrying it out takes.
pub fn discard_request(selection: &Selection, reason: &str) -> Value {
    let s = selection;
    json!({ "ids": s.ids, "code": s.code, "outcome": s.outcome, "region": s.region, "since": s.since, "reason": reason })
}

/// What a second person is asked for where a bulk discard needs one: the operation `id` with its `count` messages,
/// within the scope of who asks.
pub fn discard_wanted<'a>(ask: &Ask<'a>, id: &'a str, count: i64, scope: &'a Scope) -> Wanted<'a> {
    Wanted {
        action: DualControl::BulkDiscard,
        subject: id,
        request: discard_request(&ask.selection, ask.reason),
        count,
        bank: &scope.bank,
        area: &scope.area,
        reason: ask.reason,
    }
}

/// The discard that a second person gave, on behalf of its maker: exactly the messages it was asked for.
pub async fn discard_approved(
    worker: &Worker,
    approval: &ApprovalRecord,
    request: &Value,
    now: Timestamp,
) -> Result<Report, QuarantineError> {
    let text = |member: &str| request[member].as_str().unwrap_or_default().to_owned();
    let ids = request["ids"].as_array().map(|ids| ids.iter().filter_map(Value::as_i64).collect()).unwrap_or_default();
    let (code, outcome, region) = (text("code"), text("outcome"), text("region"));
    let selection = Selection { ids, code, outcome, region, since: request["since"].as_i64().unwrap_or_default() };
    let ask = Ask {
        actor: &approval.maker,
        reason: &text("reason"),
        selection,
        what: What::Discard,
        confirm: Some(&approval.subject),
        dry_run: false,
        approval: Some(approval.id),
    };
    operate(worker, &ask, now).await
}

fn other(operation: Operation) -> QuarantineRefusal {
    QuarantineRefusal::OtherOperation { id: operation.id, count: operation.count }
}

/// Nothing is chosen: perhaps because the same was asked for before, and is done.
async fn nothing_left(
    worker: &Worker,
    ask: &Ask<'_>,
    request: &Request<'_>,
    otherwise: QuarantineRefusal,
    tx: Tx,
    now: Timestamp,
) -> Result<Report, QuarantineError> {
    drop(tx);
    match worker.ledger.last_operation(&request.digest).await? {
        Some((operation, _)) if ask.dry_run => {
            let outcome = retry_outcome(&mut worker.ledger.read().await?, &operation).await?;
            Ok(report(ask, operation, true, outcome))
        }
        Some((operation, _)) => carry_out(worker, ask, operation, now).await,
        None => Err(otherwise.into()),
    }
}

fn report(ask: &Ask<'_>, operation: Operation, done_before: bool, outcome: RetryOutcome) -> Report {
    let Operation { id, count, .. } = operation;
    Report { operation: id, what: ask.what(), messages: count, dry_run: ask.dry_run, done_before, outcome }
}

/// The whole operation in one transaction that is dropped at the end.
async fn preview(
    worker: &Worker,
    ask: &Ask<'_>,
    operation: Operation,
    mut tx: Tx,
    now: Timestamp,
) -> Result<Report, StageError> {
    let why = why(ask, now);
    match &ask.what {
        What::Discard => discard(&mut tx, &operation).await?,
        What::Retry(repair) => loop {
            let members = next_members(&mut tx, &operation, 0).await?;
            if members.is_empty() {
                break;
            }
            let page = tokio::task::block_in_place(|| page(worker, repair, members, operation.count == 1, now))?;
            for part in page {
                settle_again(&mut tx, &operation, part, why, local_date(now)).await?;
            }
        },
    }
    let outcome = retry_outcome(&mut tx, &operation).await?;
    Ok(report(ask, operation, false, outcome))
}

async fn carry_out(
    worker: &Worker,
    ask: &Ask<'_>,
    operation: Operation,
    now: Timestamp,
) -> Result<Report, QuarantineError> {
    let before = retry_outcome(&mut worker.ledger.read().await?, &operation).await?;
    if before.remaining == 0 {
        return Ok(report(ask, operation, true, before));
    }
    match &ask.what {
        What::Discard => worker.ledger.settle_discard(&operation, why(ask, now)).await?,
        What::Retry(repair) => take_in_again(worker, ask, repair, &operation, now).await?,
    }
    let outcome = retry_outcome(&mut worker.ledger.read().await?, &operation).await?;
    Ok(report(ask, operation, false, outcome))
}

async fn take_in_again(
    worker: &Worker,
    ask: &Ask<'_>,
    repair: &Repair,
    operation: &Operation,
    now: Timestamp,
) -> Result<(), QuarantineError> {
    let work = format!("quarantine/{}", operation.id);
    let mut tries = 0;
    loop {
        let Some(lease) = worker.lease(&work, now).await? else {
            return Err(QuarantineRefusal::Busy { id: operation.id.clone() }.into());
        };
        let members = next_members(&mut worker.ledger.read().await?, operation, 0).await?;
        if members.is_empty() {
            return Ok(worker.ledger.give_back(&lease).await?);
        }
        let page = tokio::task::block_in_place(|| page(worker, repair, members, operation.count == 1, now))?;
        match worker.ledger.settle_retry(&lease, operation, page, why(ask, now), local_date(now)).await {
            Err(error) if error.is_passing() && tries < PASSING_FAULT_TRIES => tries += 1,
            settled => {
                settled?;
                tries = 0;
            }
        }
    }
}

fn why<'a>(ask: &'a Ask<'_>, at: Timestamp) -> Stamp<'a> {
    Stamp { at, actor: ask.actor, reason: "taken in again from the quarantine" }
}

/// Messages opened, repaired and checked, as many as memory may hold at once.
fn page(
    worker: &Worker,
    repair: &Repair,
    members: Vec<Member>,
    alone: bool,
    now: Timestamp,
) -> Result<Vec<Again>, StageError> {
    let (mut applications, mut events, mut bytes) = (Vec::new(), Vec::new(), 0);
    for member in members {
        let came = worker.keys.decrypt_of(RecordOf::Message(member.id), &member.encrypted)?;
        let now_is = repair.of(member.event_id.as_deref(), came, alone);
        bytes += now_is.len();
        let raw = RawMessage::new(member.id, now_is.into());
        let is_event = member.source == worker.config.topics.events;
        if is_event {
            events.push(raw)
        } else {
            applications.push(raw)
        }
        if bytes >= CHUNK_BYTES {
            break;
        }
    }
    let read = events.iter().map(|raw| read_event(&worker.keys, raw, now)).collect::<Result<_, _>>()?;
    Ok(vec![
        Again::Applications(check_messages(worker, &applications, now)?),
        Again::Events(read, event_dates(worker, local_date(now))),
    ])
}
