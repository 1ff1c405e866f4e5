//! The bank's answer to an account request: matched with what was asked, applied in one transaction.

use cardline_core::file_formats::{FileKind, Parsed};
use jiff::civil::Date;

use super::answer_rows::{AnswerDates, MatchedAnswer};
use super::as_sent::open_doubtful;
use super::asked::AskedBatch;
use super::matching::match_rows;
use crate::exchange::files::ReceivedFile;
use crate::exchange::inbox::Incoming;
use crate::inbound::doubts::{RegionAnswer, other_region};
use crate::inbound::incoming::batch_asked;
use crate::inbound::kind::{InboundKind, InboundStep, Known, Matched};
use crate::limits::QUEUE_WORKING_DAYS_MORE;
use crate::step::{StageError, Worker};
use crate::store::{Lease, Stamp};
use crate::time::local_date;

/// Answers to account requests.
pub struct AccountAnswers;

/// The step; one file at a time.
pub type Answers = InboundStep<AccountAnswers>;

impl InboundKind for AccountAnswers {
    const KIND: FileKind = FileKind::AccountResult;
    const REASON: &'static str = "the bank's answer";
    type Asked = AskedBatch;
    type Believed = RegionAnswer<MatchedAnswer>;

    async fn known(worker: &Worker, incoming: &Incoming<'_>, parsed: &Parsed) -> Result<Known<AskedBatch>, StageError> {
        Ok(match batch_asked(worker, incoming, parsed, FileKind::AccountRequest).await? {
            Some(batch) => {
                let mut asked = worker.ledger.asked_batch(batch).await?;
                open_doubtful(worker, incoming, parsed, batch, &mut asked).await?;
                Known::Of(batch, asked)
            }
            None => Known::Nothing,
        })
    }

    fn matched(
        worker: &Worker,
        incoming: &Incoming<'_>,
        parsed: &Parsed,
        asked: AskedBatch,
        today: Date,
    ) -> Result<Matched<RegionAnswer<MatchedAnswer>>, StageError> {
        if let Some(fault) = other_region(parsed, &asked.region) {
            return Ok(Err(vec![fault]));
        }
        let rows = match_rows(worker, incoming, parsed, &asked, today)?;
        Ok(Ok((RegionAnswer { region: asked.region, answer: rows.answer }, rows.faults)))
    }

    fn case_on(worker: &Worker, believed: &RegionAnswer<MatchedAnswer>, today: Date) -> Date {
        believed.case_on(worker, today)
    }

    async fn apply(
        worker: &Worker,
        lease: &Lease,
        file: &ReceivedFile<'_>,
        batch: i64,
        believed: RegionAnswer<MatchedAnswer>,
        why: Stamp<'_>,
    ) -> Result<(), StageError> {
        let today = local_date(why.at);
        // A batch is of one region.
        let policy = worker.policy.of(&believed.region, today);
        let bureau = worker.partners.bureau(&believed.region)?;
        let dates = AnswerDates {
            today,
            correction_on: today.saturating_add(jiff::Span::new().days(policy.correction_days)),
            case_on: believed.case_on(worker, today),
            production_on: worker
                .working_days_after(today, bureau.profile.batch.max_age_days + QUEUE_WORKING_DAYS_MORE),
        };
        worker.ledger.settle_account_answer(lease, file, batch, believed.answer, dates, why).await?;
        Ok(())
    }
}
