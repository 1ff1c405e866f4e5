//! The bank's answer to a recycling request: closed and destroyed, or why not yet.

use std::collections::{HashMap, HashSet};

use cardline_core::layouts::{AnswerClass, FaultCode, FileFault, FileKind, Parsed};
use jiff::Timestamp;

use crate::ledger::{ClosingRow, Why};
use crate::stages::answers::{self, InboundFile, Matched, Next, Trust};
use crate::stages::{Claim, StageError, Station, Step};
use crate::time::local_date;

/// The step; one file at a time.
pub struct Answers;

/// Row, application, card number, closed on.
type Asked = Vec<(i64, i64, String, Option<String>)>;

/// A file and, where it can be matched, what was asked.
pub struct Claimed<'s> {
    next: Next<'s>,
    asked: Option<(i64, Asked)>,
}

/// Either every row matched, or every difference named.
pub struct Worked<'s> {
    next: Next<'s>,
    matched: Matched<Vec<ClosingRow>>,
}

impl Step for Answers {
    type Unit = InboundFile;
    type Claimed<'s> = Claimed<'s>;
    type Worked<'s> = Worked<'s>;

    async fn units(&self, station: &Station, _: Timestamp) -> Result<Vec<InboundFile>, StageError> {
        Ok(answers::units(station, FileKind::RecyclingResult))
    }

    async fn claim<'s>(
        &self,
        station: &'s Station,
        unit: &InboundFile,
        now: Timestamp,
    ) -> Result<Claim<Claimed<'s>>, StageError> {
        let next = match answers::claim(station, unit, FileKind::RecyclingResult, now).await? {
            Claim::Taken(next) => next,
            other => return Ok(other.without()),
        };
        let mut asked = None;
        if let Trust::Parsed(parsed) = &next.trust
            && let Some(batch) =
                answers::batch_asked(station, &next.incoming, parsed, FileKind::RecyclingRequest).await?
        {
            asked = Some((batch, station.ledger.recycling_rows(batch).await?));
        }
        Ok(Claim::Taken(Claimed { next, asked }))
    }

    fn work<'s>(&self, _: &'s Station, claimed: Claimed<'s>, _: Timestamp) -> Result<Worked<'s>, StageError> {
        let Claimed { next, asked } = claimed;
        let matched = match (&next.trust, asked) {
            (Trust::Parsed(_), None) => Err(("held", vec![answers::unknown_batch()])),
            (Trust::Parsed(parsed), Some((batch, asked))) => match match_rows(&next, parsed, &asked) {
                Ok(rows) => Ok((batch, parsed.rows.len(), rows)),
                Err(faults) => Err(("held", faults)),
            },
            (other, _) => Err(answers::without_effect(other)),
        };
        Ok(Worked { next, matched })
    }

    async fn settle<'s>(&self, station: &'s Station, worked: Worked<'s>, now: Timestamp) -> Result<(), StageError> {
        let Next { lease, incoming, .. } = worked.next;
        let (batch, count, rows) = match worked.matched {
            Err((state, faults)) => {
                return answers::settle_without_effect(station, &lease, &incoming, state, &faults, now).await;
            }
            Ok(matched) => matched,
        };
        let today = local_date(now);
        let again_on = station.working_days_after(today, station.policy.of("", today).recycle_working_days);
        let actor = answers::actor(&incoming);
        let why = Why { at: now, actor: &actor, reason: "the bank's answer" };
        let file = answers::received(&incoming, "applied", count, Some(batch), today, None);
        station.ledger.settle_recycling_answer(&lease, &file, batch, rows, again_on, why).await?;
        answers::archive(&incoming, "applied")
    }
}

fn match_rows(next: &Next<'_>, parsed: &Parsed, asked: &Asked) -> Result<Vec<ClosingRow>, Vec<FileFault>> {
    let spec = next.incoming.spec;
    let by_row: HashMap<i64, (i64, &str)> =
        asked.iter().map(|(row, id, number, _)| (*row, (*id, number.as_str()))).collect();
    let (mut rows, mut faults, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for (number, row) in parsed.rows.iter().enumerate() {
        let cell = |field| spec.value(row, field).unwrap_or_default();
        let wanted = cell("row").parse::<i64>().ok().and_then(|n| by_row.get(&n).map(|w| (n, *w)));
        match wanted {
            Some((n, (id, card_number))) if card_number == cell("card_number") && seen.insert(n) => {
                let answer = spec.answer(row);
                let closed = answer.is_some_and(|a| a.class == AnswerClass::Closed);
                rows.push(ClosingRow {
                    row: n,
                    application: id,
                    closed_on: closed.then(|| cell("closed_on")),
                    reason: answer.map_or_else(String::new, |a| a.reason.clone()),
                });
            }
            _ => faults.push(FileFault {
                line: number + 2,
                column: 0,
                field: "row".into(),
                code: FaultCode::FieldCode,
                message: "this row was not asked with this card number, or is answered twice".into(),
            }),
        }
    }
    if faults.is_empty() { Ok(rows) } else { Err(faults) }
}
