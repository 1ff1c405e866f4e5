//! Rows of a partner's file that cannot be believed: what the partner is told of them.

use std::collections::BTreeSet;

use cardline_core::layouts::{FaultCode, FileFault, Parsed};

use super::StageError;
use crate::exchange::inbox::{self, Incoming};

/// The fault of an answer whose control line names another region than the request.
pub fn other_region(parsed: &Parsed, asked: &str) -> Option<FileFault> {
    let named = parsed.control.get("region").filter(|named| !named.is_empty() && named.as_str() != asked)?;
    tracing::debug!(named = %named, asked = %asked, "an answer names another region than its request");
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

/// Places a report of the rows that were not believed, beside the effect of all others.
pub fn tell_partner(incoming: &Incoming<'_>, faults: &[FileFault]) -> Result<(), StageError> {
    if faults.is_empty() {
        return Ok(());
    }
    inbox::report(incoming, faults)?;
    let (partner, file) = (&incoming.partner.profile.code, &incoming.name);
    tracing::warn!(partner = %partner, file = %file, faults = faults.len(), "rows of a file are cases");
    Ok(())
}
