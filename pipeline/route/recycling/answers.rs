//! The bank's answer to a recycling request: closed and destroyed, or why not yet.

use cardline_core::file_formats::{FileKind, Parsed};
use jiff::civil::Date;

use super::answer_rows::{AskedClosings, ClosingDates, MatchedClosings};
use super::matching::match_rows;
use crate::exchange::files::ReceivedFile;
use crate::exchange::inbox::Incoming;
use crate::inbound::doubts::{RegionAnswer, other_region};
use crate::inbound::incoming::batch_asked;
use crate::inbound::kind::{InboundKind, InboundStep, Known, Matched};
use crate::step::{StageError, Worker};
use crate::store::{Lease, Stamp};
use crate::time::local_date;

/// Answers to recycling requests.
pub struct RecyclingAnswers;

/// The step; one file at a time.
pub type Answers = InboundStep<RecyclingAnswers>;

impl InboundKind for RecyclingAnswers {
    const KIND: FileKind = FileKind::RecyclingResult;
    const REASON: &'static str = "the bank's answer";
    type Asked = AskedClosings;
    type Believed = RegionAnswer<MatchedClosings>;

    async fn known(
        worker: &Worker,
        incoming: &Incoming<'_>,
        parsed: &Parsed,
    ) -> Result<Known<AskedClosings>, StageError> {
        Ok(match batch_asked(worker, incoming, parsed, FileKind::RecyclingRequest).await? {
            Some(batch) => Known::Of(batch, worker.ledger.asked_closings(batch).await?),
            None => Known::Nothing,
        })
    }

    fn matched(
        worker: &Worker,
        incoming: &Incoming<'_>,
        parsed: &Parsed,
        asked: AskedClosings,
        today: Date,
    ) -> Result<Matched<RegionAnswer<MatchedClosings>>, StageError> {
        if let Some(fault) = other_region(parsed, &asked.region) {
            return Ok(Err(vec![fault]));
        }
        let rows = match_rows(worker, incoming.spec, parsed, &asked, today)?;
        Ok(Ok((RegionAnswer { region: asked.region, answer: rows.answer }, rows.faults)))
    }

    fn case_on(worker: &Worker, believed: &RegionAnswer<MatchedClosings>, today: Date) -> Date {
        believed.case_on(worker, today)
    }

    async fn apply(
        worker: &Worker,
        lease: &Lease,
        file: &ReceivedFile<'_>,
        batch: i64,
        believed: RegionAnswer<MatchedClosings>,
        why: Stamp<'_>,
    ) -> Result<(), StageError> {
        let today = local_date(why.at);
        // A batch is of one region.
        let policy = worker.policy.of(&believed.region, today);
        let dates = ClosingDates {
            again_on: worker.working_days_after(today, policy.recycle_working_days),
            case_on: believed.case_on(worker, today),
        };
        worker.ledger.settle_recycling_answer(lease, file, batch, believed.answer, dates, why).await?;
        Ok(())
    }
}
