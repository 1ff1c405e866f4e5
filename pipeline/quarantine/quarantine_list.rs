//! The quarantine as lists and pages show it: message by message, or by reason, with what of an operation is left to
//! be done.

use jiff::Timestamp;
use serde::Serialize;

use super::quarantined::{QuarantinedGroup, QuarantinedItem, Selection};
use crate::store::{Ledger, LedgerError};
use crate::time::{local_date, rfc3339, rfc3339_stored};

/// A page of messages, or all reasons.
#[derive(Serialize)]
pub struct QuarantineList<R> {
    /// Rows shown here.
    pub shown: i64,
    /// Messages of the selection.
    pub total: i64,
    #[serde(flatten)]
    pub rows: R,
    pub unfinished: Vec<UnfinishedOperation>,
}

/// Messages, in the order they came.
#[derive(Serialize)]
pub struct Messages {
    pub messages: Vec<ListedMessage>,
}

/// Reasons, the most frequent first.
#[derive(Serialize)]
pub struct Groups {
    pub groups: Vec<ListedGroup>,
}

/// A message with its age.
#[derive(Clone, Serialize)]
pub struct ListedMessage {
    pub came_at: String,
    pub age_days: i64,
    #[serde(flatten)]
    pub item: QuarantinedItem,
}

/// A reason: how many messages, and when the oldest of them came.
#[derive(Clone, Serialize)]
pub struct ListedGroup {
    pub oldest: String,
    #[serde(flatten)]
    pub group: QuarantinedGroup,
}

/// An operation that was confirmed and not carried out to its end.
#[derive(Clone, Serialize)]
pub struct UnfinishedOperation {
    pub operation: String,
    pub messages: i64,
    pub remaining: i64,
}

impl Ledger {
    /// Messages of a selection after an id, at most `limit`, within the viewer's scope.
    pub async fn quarantine_messages(
        &self,
        selection: &Selection,
        after: i64,
        limit: i64,
        now: Timestamp,
    ) -> Result<QuarantineList<Messages>, LedgerError> {
        let total = self.quarantined_count(selection).await?;
        let unfinished = unfinished(self).await?;
        let items = self.quarantined(selection, after, limit).await?;
        let messages: Vec<_> = items.into_iter().map(|item| listed(item, now)).collect();
        Ok(QuarantineList { shown: messages.len() as i64, total, rows: Messages { messages }, unfinished })
    }

    /// A selection by reason, within the viewer's scope.
    pub async fn quarantine_groups(&self, selection: &Selection) -> Result<QuarantineList<Groups>, LedgerError> {
        let unfinished = unfinished(self).await?;
        let groups = self.quarantined_groups(selection).await?;
        let total = groups.first().map_or(0, |group| group.total);
        let groups: Vec<_> =
            groups.into_iter().map(|group| ListedGroup { oldest: rfc3339_stored(group.oldest), group }).collect();
        Ok(QuarantineList { shown: groups.len() as i64, total, rows: Groups { groups }, unfinished })
    }
}

/// Where a message came from: topic/partition/offset, or the line of a file.
pub fn place(source: &str, partition: i64, position: i64) -> String {
    if source == "file" { format!("file line {position}") } else { format!("{source}/{partition}/{position}") }
}

async fn unfinished(ledger: &Ledger) -> Result<Vec<UnfinishedOperation>, LedgerError> {
    let found = ledger.unfinished_operations().await?;
    let told = |(operation, messages, remaining)| UnfinishedOperation { operation, messages, remaining };
    Ok(found.into_iter().map(told).collect())
}

fn listed(item: QuarantinedItem, now: Timestamp) -> ListedMessage {
    let at = Timestamp::from_microsecond(item.at).unwrap_or_default();
    let age_days = i64::from((local_date(now) - local_date(at)).get_days());
    ListedMessage { came_at: rfc3339(at), age_days, item }
}
