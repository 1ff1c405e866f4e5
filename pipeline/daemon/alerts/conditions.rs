//! What is worth an alert: the conditions of `ops/alerts` that the ledger itself tells.

use jiff::Timestamp;

use crate::daemon::outage::free_bytes;
use crate::limits::{ALERT_ASIDE_MINUTES, ALERT_BOOKS_HOURS, DATA_FREE_BYTES_LOW};
use crate::step::{StageError, Worker};
use crate::time::local_date;

/// Something people should know of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alert {
    /// One of the words that `message.rs` has a text for.
    pub kind: &'static str,
    /// A partner and a cause, a worker, a kind of deadline; empty where it is one thing.
    pub about: String,
    pub count: i64,
    /// Told also in quiet hours.
    pub urgent: bool,
}

impl Alert {
    /// What is told once a day.
    pub fn key(&self) -> String {
        format!("{}/{}", self.kind, self.about)
    }
}

fn alert(kind: &'static str, about: impl Into<String>, count: i64) -> Alert {
    Alert { kind, about: about.into(), count, urgent: false }
}

fn urgent(kind: &'static str, about: impl Into<String>, count: i64) -> Alert {
    Alert { urgent: true, ..alert(kind, about, count) }
}

/// Everything that is wrong now.
pub async fn conditions(worker: &Worker, now: Timestamp) -> Result<Vec<Alert>, StageError> {
    let mut found = Vec::new();
    let ledger = &worker.ledger;
    if ledger.halt().await?.is_some() {
        found.push(urgent("halted", "", 1));
    }
    let micros = now.as_microsecond();
    let checked = ledger.books_for_alerts().await?;
    if checked.broken {
        found.push(urgent("books-broken", "", 1));
    } else if checked.cards && micros - checked.held_at > ALERT_BOOKS_HOURS * 3_600_000_000 {
        found.push(alert("books-not-checked", "", 1));
    }
    if free_bytes(&worker.config.data.value).is_ok_and(|free| free < DATA_FREE_BYTES_LOW) {
        found.push(urgent("disk-low", worker.name(), 1));
    }
    let mut asides: Vec<String> = Vec::new();
    for aside in ledger.all_set_aside().await? {
        if micros - aside.since >= ALERT_ASIDE_MINUTES * 60_000_000 {
            asides.push(format!("{} {}", aside.partner, aside.cause).trim().to_owned());
        }
    }
    asides.sort();
    let counted = asides.chunk_by(|one, next| one == next);
    found.extend(counted.map(|same| alert("set-aside", same[0].clone(), same.len() as i64)));
    found.extend(ledger.overdue_answers().await?.into_iter().map(|(partner, n)| alert("overdue-answer", partner, n)));
    let cases = ledger.cases_for_alerts().await?;
    found.extend((cases.open > 0).then(|| alert("cases-open", "", cases.open)));
    found.extend((cases.escalated > 0).then(|| alert("cases-escalated", "", cases.escalated)));
    let unfinished = ledger.unfinished(local_date(now)).await?;
    let overdue = unfinished.iter().filter(|unfinished| unfinished.overdue > 0);
    found.extend(overdue.map(|unfinished| alert("deadline", unfinished.kind, unfinished.overdue)));
    Ok(found)
}
