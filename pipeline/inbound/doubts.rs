//! Rows of a partner's file that cannot be believed: what the partner is told of them.

use std::collections::BTreeSet;

use cardline_core::file_formats::{FaultCode, FileFault, Parsed};
use jiff::civil::Date;

use crate::exchange::inbox::{self, Incoming};
use crate::step::Worker;

/// The fault of an answer whose control line names another region than the request.
pub fn other_region(parsed: &Parsed, asked: &str) -> Option<FileFault> {
    parsed.control.get("region").filter(|named| !named.is_empty() && named.as_str() != asked)?;
    tracing::debug!(asked = %asked, "an answer names another region than its request");
    let message = "the region is not that of the request: check which batch this answers";
    Some(FileFault { field: "region".into(), line: 1, ..inbox::fault(FaultCode::FileControl, message) })
}

/// What is wrong in rows that became cases: what the layout finds in their cells, and what only we can see. A
/// wrong cell that nobody needed is not complained of.
pub fn row_faults(parsed: &Parsed, found: Vec<FileFault>) -> Vec<FileFault> {
    let lines: BTreeSet<usize> = found.iter().map(|fault| fault.line).collect();
    let cells = parsed.row_faults().iter().filter(|fault| lines.contains(&fault.line));
    let mut all: Vec<FileFault> = cells.cloned().chain(found).collect();
    all.sort_by_key(|fault| fault.line);
    all
}

/// What is believed of an answer about a batch, which is of one region.
pub struct RegionAnswer<A> {
    pub region: String,
    pub answer: A,
}

impl<A> RegionAnswer<A> {
    /// By when a person has looked at what is not believed.
    pub fn case_on(&self, worker: &Worker, today: Date) -> Date {
        worker.working_days_after(today, worker.policy.of(&self.region, today).case_working_days)
    }
}

/// Places a report of what is not believed in a file, before the effect of all else in it. Where it cannot be
/// placed a person tells the partner, by the day that is given back: nothing of the file waits for that.
pub fn tell_partner(incoming: &Incoming<'_>, faults: &[FileFault], case_on: Date) -> Option<Date> {
    if faults.is_empty() {
        return None;
    }
    let (partner, file) = (&incoming.partner.profile.code, &incoming.name);
    tracing::warn!(partner = %partner, file = %file, faults = faults.len(), "a file has faults");
    let error = inbox::report(incoming, faults).err()?;
    tracing::error!(partner = %partner, "{error}");
    Some(case_on)
}
