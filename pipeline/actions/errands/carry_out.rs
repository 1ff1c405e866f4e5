//! Doing what somebody asked a worker for: under their name, with the rights they have now.
//!
//! Invariant: who asked is still exactly who they were (role, scope, password), or nothing is done. What has an
//! effect on the ledger ends its errand in the transaction of that effect (`batching/batch_record.rs`).

use std::time::Duration;

use cardline_core::domain::personal_text::looks_personal;
use cardline_core::domain::staff::{Role, Scope};
use jiff::Timestamp;

use super::ask::Wanted;
use crate::actions::batches::cut::cut_for_errand;
use crate::actions::batches::refusal::{BatchError, BatchRefusal};
use crate::actions::outcome::{ActionError, Instruction, Outcome};
use crate::limits::{ERRAND_BUSY_PAUSE_MILLISECONDS, ERRAND_BUSY_TRIES, ERRAND_HOURS};
use crate::people::authorisation::stream_within;
use crate::people::errands::{ErrandEnd, StoredErrand};
use crate::people::permits::check;
use crate::people::sessions::are_needed;
use crate::step::cause::Cause;
use crate::step::{StageError, Worker};
use crate::store::{LedgerError, Principal};

/// Does what was asked for; returns how it ended, where its effect has not ended it already.
pub(super) async fn carry_out(
    worker: &Worker,
    errand: &StoredErrand,
    now: Timestamp,
) -> Result<Option<ErrandEnd>, StageError> {
    if now.as_microsecond() - errand.asked_at > ERRAND_HOURS * 3_600_000_000 {
        return Ok(refused("too-late", ""));
    }
    let wanted = match errand.what.as_str() {
        "cut" => Wanted::Cut { stream: &errand.subject, number: errand.number.as_deref() },
        _ => Wanted::Books { whole: errand.subject == "everything" },
    };
    let (asker, is_user) = match asker(worker, errand).await? {
        Ok(found) => found,
        Err(code) => return Ok(refused(code, &errand.actor)),
    };
    if let Some(asker) = &asker
        && check(asker, wanted.permission()).is_err()
    {
        return Ok(refused("not-permitted", &errand.actor));
    }
    // Who is no user of the ledger has a scope all the same.
    if let (Some(asker), Wanted::Cut { stream, .. }) = (&asker, wanted)
        && !stream_within(&asker.scope, stream)
    {
        return Ok(refused("beyond", stream));
    }
    let ledger = match asker.filter(|_| is_user) {
        Some(asker) => worker.ledger.seen_by(asker),
        None => worker.ledger.clone(),
    };
    let theirs = worker.on(ledger);
    match wanted {
        Wanted::Cut { stream, number } => of_cut(cut(worker, &theirs, stream, number, errand, now).await),
        Wanted::Books { whole } => {
            let report = theirs.ledger.books(now, whole, None).await?;
            let broken: Vec<_> = report.books.iter().filter(|law| !law.holds).map(|law| law.law.to_string()).collect();
            let code = Some(if broken.is_empty() { "hold" } else { "broken" });
            Ok(Some(ErrandEnd { outcome: "done", code, result: broken.join(", ") }))
        }
    }
}

fn refused(code: &'static str, about: &str) -> Option<ErrandEnd> {
    Some(ErrandEnd { outcome: "refused", code: Some(code), result: about.into() })
}

/// Who asked, as they are now, and whether they are a user; nobody where nobody is known. Or why nothing is done for
/// them any more.
async fn asker(
    worker: &Worker,
    errand: &StoredErrand,
) -> Result<Result<(Option<Principal>, bool), &'static str>, StageError> {
    let Some(user) = errand.by_user else {
        // Asked before there were users: somebody proves now who they are.
        if are_needed(&worker.ledger).await? {
            return Ok(Err("users-came"));
        }
        let scope = Scope { bank: errand.scope_bank.clone(), area: errand.scope_area.clone() };
        let guest = |role| Principal { user: 0, name: errand.actor.clone(), role, scope, standing: 0, session: None };
        return Ok(Ok((Role::of(&errand.role).map(guest), false)));
    };
    let same = |now: &Principal| now.user == user && now.standing == errand.standing;
    match worker.ledger.enabled_user(&errand.actor).await? {
        Some(now) if same(&now) => Ok(Ok((Some(now), true))),
        Some(_) => Ok(Err("user-changed")),
        None => Ok(Err("user-left")),
    }
}

/// Cuts, waiting a while for another worker who is at it, and taking the next number where none was confirmed.
async fn cut(
    worker: &Worker,
    theirs: &Worker,
    stream: &str,
    number: Option<&str>,
    errand: &StoredErrand,
    now: Timestamp,
) -> Result<Outcome, BatchError> {
    let reason = String::from_utf8_lossy(&worker.keys.decrypt(&errand.reason)?).into_owned();
    let by = Instruction { actor: &errand.actor, reason: &reason, at: now, approval: None };
    let mut tries = 0;
    loop {
        tries += 1;
        match cut_for_errand(theirs, stream, number, errand.id, by).await {
            Err(BatchError::Refused(BatchRefusal::Busy { .. })) if tries < ERRAND_BUSY_TRIES => {}
            Err(BatchError::Refused(BatchRefusal::NotNext { .. }))
                if number.is_none() && tries < ERRAND_BUSY_TRIES && worker.ledger.is_open_errand(errand.id).await? => {}
            ended => return ended,
        }
        tokio::time::sleep(Duration::from_millis(ERRAND_BUSY_PAUSE_MILLISECONDS)).await;
    }
}

fn of_cut(ended: Result<Outcome, BatchError>) -> Result<Option<ErrandEnd>, StageError> {
    match ended {
        Ok(_) => Ok(None),
        Err(ActionError::Refused(refusal)) => {
            let (code, about) = refusal.code();
            Ok(refused(code, about))
        }
        // The driver tries it again, or rests.
        Err(ActionError::Failed(error)) if error.is_passing() || error.is_outage() => Err(error),
        Err(ActionError::Failed(StageError::Ledger(LedgerError::OnHold { stream }))) => Ok(refused("on-hold", &stream)),
        Err(ActionError::Failed(error)) => {
            tracing::error!("an errand: {error}");
            let (cause, text) = (Cause::of(&error), error.to_string());
            let result = if looks_personal(&text) { cause.about().into() } else { text };
            Ok(Some(ErrandEnd { outcome: "failed", code: Some(cause.code()), result }))
        }
    }
}
