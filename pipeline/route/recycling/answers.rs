//! The bank's answer to a recycling request: closed and destroyed, or why not yet.

use cardline_core::file_formats::FileKind;
use jiff::Timestamp;

use super::matching::{MatchedRows, match_rows};
use crate::inbound::doubts::{other_region, tell_partner};
use crate::inbound::incoming;
use crate::inbound::incoming::{InboundFile, Matched, Next, Trust};
use crate::route::recycling::answer_rows::{AskedClosings, ClosingDates};
use crate::step::{Claim, StageError, Step, Worker};
use crate::store::Why;
use crate::time::local_date;

/// The step; one file at a time.
pub struct Answers;

/// A file and, where it can be matched, what was asked.
pub struct Claimed<'s> {
    next: Next<'s>,
    asked: Option<(i64, AskedClosings)>,
}

/// What each row says, with the region it was asked for; or why the file as a whole cannot be believed.
pub struct Worked<'s> {
    next: Next<'s>,
    matched: Matched<(String, MatchedRows)>,
}

impl Step for Answers {
    type Unit = InboundFile;
    type Claimed<'s> = Claimed<'s>;
    type Worked<'s> = Worked<'s>;

    async fn units(&self, worker: &Worker, now: Timestamp) -> Result<Vec<InboundFile>, StageError> {
        Ok(incoming::units(worker, FileKind::RecyclingResult, now))
    }

    async fn claim<'s>(
        &self,
        worker: &'s Worker,
        unit: &InboundFile,
        now: Timestamp,
    ) -> Result<Claim<Claimed<'s>>, StageError> {
        let next = match incoming::claim(worker, unit, FileKind::RecyclingResult, now).await? {
            Claim::Taken(next) => next,
            other => return Ok(other.without()),
        };
        let mut asked = None;
        if let Trust::Parsed(parsed) = &next.trust
            && let Some(batch) =
                incoming::batch_asked(worker, &next.incoming, parsed, FileKind::RecyclingRequest).await?
        {
            asked = Some((batch, worker.ledger.asked_closings(batch).await?));
        }
        Ok(Claim::Taken(Claimed { next, asked }))
    }

    fn work<'s>(&self, worker: &'s Worker, claimed: Claimed<'s>, now: Timestamp) -> Result<Worked<'s>, StageError> {
        let Claimed { next, asked } = claimed;
        let matched = match (&next.trust, asked) {
            (Trust::Parsed(_), None) => Err(("held", vec![incoming::unknown_batch()])),
            (Trust::Parsed(parsed), Some((batch, asked))) => match other_region(parsed, &asked.region) {
                Some(fault) => Err(("held", vec![fault])),
                None => {
                    let rows = match_rows(worker, next.incoming.spec, parsed, &asked, local_date(now))?;
                    Ok((batch, parsed.rows.len(), (asked.region, rows)))
                }
            },
            (other, _) => Err(incoming::without_effect(other)),
        };
        Ok(Worked { next, matched })
    }

    async fn settle<'s>(&self, worker: &'s Worker, worked: Worked<'s>, now: Timestamp) -> Result<(), StageError> {
        let Next { lease, incoming, .. } = worked.next;
        let (batch, count, (region, matched)) = match worked.matched {
            Err((state, faults)) => {
                return incoming::settle_without_effect(worker, &lease, &incoming, state, &faults, now).await;
            }
            Ok(matched) => matched,
        };
        let today = local_date(now);
        // A batch is of one region.
        let policy = worker.policy.of(&region, today);
        let dates = ClosingDates {
            again_on: worker.working_days_after(today, policy.recycle_working_days),
            case_on: worker.working_days_after(today, policy.case_working_days),
        };
        let actor = incoming::actor(&incoming);
        let why = Why { at: now, actor: &actor, reason: "the bank's answer" };
        let untold = tell_partner(&incoming, &matched.faults, dates.case_on);
        let file = incoming::applied(&incoming, count, batch, today, untold);
        worker.ledger.settle_recycling_answer(&lease, &file, batch, matched.answer, dates, why).await?;
        incoming::archive(&incoming, "applied")
    }
}
