//! The list of what a person must decide.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::cases::case_list::{CaseQuery, CaseRecord};
use crate::step::{StageError, Worker};
use crate::time::local_date;

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedCase {
    pub number: i64,
    pub kind: String,
    pub state: String,
    pub reason: String,
    pub opened_on: String,
    pub age_days: i64,
    pub due_on: String,
    /// Negative when past.
    pub working_days_left: i64,
    pub owner: String,
    pub cards: i64,
    pub application_id: Option<String>,
    pub partner: Option<String>,
    pub file: Option<String>,
    /// The carton whose delivery it is about.
    pub shipment: Option<String>,
    /// Where it belongs; empty: to no bank, to no area.
    pub bank: String,
    pub area: String,
}

/// A page of the list.
pub struct CasePage {
    /// The most urgent first.
    pub cases: Vec<ListedCase>,
    /// How many there are with these filters.
    pub all: i64,
}

/// The cases asked for, within the scope of who asks.
///
/// # Errors
/// The ledger cannot be read.
pub async fn case_page(worker: &Worker, query: &CaseQuery, now: Timestamp) -> Result<CasePage, StageError> {
    let (found, all) = worker.ledger.case_list(query).await?;
    Ok(CasePage { cases: found.into_iter().map(|case| listed(worker, case, local_date(now))).collect(), all })
}

/// A case as the list shows it on a day.
pub fn listed(worker: &Worker, case: CaseRecord, today: Date) -> ListedCase {
    let opened_on = local_date(Timestamp::from_microsecond(case.opened_at).unwrap_or_default());
    let due = case.due_on.parse::<Date>().ok();
    ListedCase {
        number: case.id,
        kind: case.kind,
        state: case.state,
        reason: case.reason,
        opened_on: opened_on.to_string(),
        age_days: i64::from((today - opened_on).get_days()),
        due_on: case.due_on,
        working_days_left: due.map_or(0, |due| worker.calendar.working_days_until(today, due)),
        owner: case.owner,
        cards: case.cards,
        application_id: case.application_id,
        partner: case.partner,
        file: case.file_name,
        shipment: case.carton,
        bank: case.bank,
        area: case.region,
    }
}
