//! The audit: what people did, the newest first, from the rows of their acts and from the history.
//!
//! A page is found by key, never by counting what stands before it. Reasons are people's own words: they are opened,
//! and masked where they look personal. Not here: who may see it (`Permission::SeeAudit`; a viewer with a scope finds
//! nothing), and whether all of it stands as it was written (`check.rs`).

use cardline_core::domain::personal_text::looks_personal;
use cardline_core::domain::visible::inert;
use jiff::civil::Date;
use serde::Serialize;

use super::filter::{AuditFilter, AuditKey};
use super::rows::StoredAct;
use crate::crypto::key_error::KeyError;
use crate::crypto::keys::Keys;
use crate::limits::AUDIT_ACTS_PER_PAGE;
use crate::step::StageError;
use crate::store::{Ledger, LedgerError};
use crate::time::{instant, rfc3339_stored};

/// One act, as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct AuditRecord {
    /// One of `KINDS`.
    pub kind: String,
    pub id: i64,
    /// RFC 3339.
    pub at: String,
    pub actor: String,
    /// The word of the act, such as `cut`, `discard` or `given`.
    pub what: String,
    /// What it was done to: a stream or a batch, a case, a table, a user.
    pub subject: String,
    /// What came of it.
    pub detail: String,
    /// Cards, messages or lines.
    pub count: i64,
    /// The approval it took, or is.
    pub approval: Option<i64>,
    /// In the actor's own words; what looks personal is masked.
    pub reason: Option<String>,
}

/// A page of the audit.
#[derive(Clone, Debug, Serialize)]
pub struct AuditPage {
    pub acts: Vec<AuditRecord>,
    /// The key to go on after; none on the last page.
    pub next: Option<String>,
}

/// A page of what people did.
pub async fn audit(ledger: &Ledger, keys: &Keys, filter: &AuditFilter) -> Result<AuditPage, StageError> {
    let day = |day: Option<Date>, none: i64| day.map_or(none, |day| instant(day, 0, 0).as_microsecond());
    let until = filter.until.map(|day| day.tomorrow().unwrap_or(Date::MAX));
    let between = (day(filter.from, i64::MIN), day(until, i64::MAX));
    let mut rows = ledger.acts(filter, between, AUDIT_ACTS_PER_PAGE + 1).await?;
    let more = rows.len() as i64 > AUDIT_ACTS_PER_PAGE;
    rows.truncate(AUDIT_ACTS_PER_PAGE as usize);
    let last = rows.last().filter(|_| more);
    let next = last.map(|act| AuditKey { at: act.at, kind: act.kind.clone(), id: act.id }.to_string());
    let acts = rows.into_iter().map(|act| shown(act, keys)).collect::<Result<_, _>>()?;
    Ok(AuditPage { acts, next })
}

fn shown(act: StoredAct, keys: &Keys) -> Result<AuditRecord, KeyError> {
    let reason = match &act.reason {
        Some(reason) => Some(masked(String::from_utf8_lossy(&keys.decrypt(reason)?).into_owned())),
        None => None,
    };
    let StoredAct { kind, id, at, actor, what, subject, detail, count, approval, .. } = act;
    let detail = masked(detail);
    Ok(AuditRecord { kind, id, at: rfc3339_stored(at), actor, what, subject, detail, count, approval, reason })
}

fn masked(text: String) -> String {
    if looks_personal(&text) { "***".into() } else { text }
}

/// The columns of [`csv`].
const COLUMNS: [&str; 10] = ["kind", "id", "at", "actor", "what", "subject", "detail", "count", "approval", "reason"];

/// Acts as CSV for a spreadsheet: no cell is a formula, and none steers what shows it. With its header for the first
/// page.
pub fn csv(acts: &[AuditRecord], header: bool) -> Result<Vec<u8>, LedgerError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |_| LedgerError::Shape("a row of the audit as CSV".into());
    if header {
        writer.write_record(COLUMNS).map_err(failed)?;
    }
    for act in acts {
        let numbers = [act.id.to_string(), act.count.to_string()];
        let approval = act.approval.map(|id| id.to_string()).unwrap_or_default();
        let reason = act.reason.as_deref().unwrap_or_default();
        let [id, count] = &numbers;
        let cells =
            [&act.kind, id, &act.at, &act.actor, &act.what, &act.subject, &act.detail, count, &approval, reason];
        writer.write_record(cells.map(|cell| inert(cell).into_owned())).map_err(failed)?;
    }
    writer.into_inner().map_err(|_| LedgerError::Shape("the audit as CSV".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_of_the_export_is_a_formula() {
        let act = AuditRecord {
            kind: "batch".into(),
            id: 1,
            at: "2026-01-05T09:00:00+08:00".into(),
            actor: "lin".into(),
            what: "cut".into(),
            subject: "=1+1".into(),
            detail: "\u{202e}+cmd".into(),
            count: -3,
            approval: None,
            reason: Some("@SUM(A1), \"urgent\"\n-".into()),
        };
        let text = String::from_utf8(csv(&[act], true).unwrap()).unwrap();
        let (head, row) = text.split_once('\n').unwrap();
        assert_eq!(head, COLUMNS.join(","));
        assert_eq!(
            row,
            "batch,1,2026-01-05T09:00:00+08:00,lin,cut,'=1+1,\\u{202e}+cmd,-3,,\"'@SUM(A1), \"\"urgent\"\"\\u{a}-\"\n"
        );
    }
}
