//! The bureau's production report: good and spoiled cards, matched with what was ordered.

use cardline_core::file_formats::{FileKind, Parsed};
use jiff::civil::Date;

use super::matching::match_report;
use super::report_rows::{MatchedReport, OrderedCard};
use crate::exchange::files::ReceivedFile;
use crate::exchange::inbox::Incoming;
use crate::inbound::incoming::batch_asked;
use crate::inbound::kind::{InboundKind, InboundStep, Known, Matched};
use crate::step::{StageError, Worker};
use crate::store::{Lease, Stamp};
use crate::time::local_date;

/// Production reports.
pub struct ProductionReports;

/// The step; one file at a time.
pub type Reports = InboundStep<ProductionReports>;

impl InboundKind for ProductionReports {
    const KIND: FileKind = FileKind::ProductionReport;
    const REASON: &'static str = "reported good";
    type Asked = Vec<OrderedCard>;
    type Believed = MatchedReport;

    async fn known(
        worker: &Worker,
        incoming: &Incoming<'_>,
        parsed: &Parsed,
    ) -> Result<Known<Vec<OrderedCard>>, StageError> {
        Ok(match batch_asked(worker, incoming, parsed, FileKind::Personalization).await? {
            Some(batch) => Known::Of(batch, worker.ledger.ordered_cards(batch).await?),
            None => Known::Nothing,
        })
    }

    fn matched(
        worker: &Worker,
        incoming: &Incoming<'_>,
        parsed: &Parsed,
        ordered: Vec<OrderedCard>,
        today: Date,
    ) -> Result<Matched<MatchedReport>, StageError> {
        Ok(match_report(worker, incoming.spec, parsed, &ordered, today))
    }

    fn case_on(worker: &Worker, _: &MatchedReport, today: Date) -> Date {
        *worker.by_region(today, |policy| policy.case_working_days).of("")
    }

    async fn apply(
        worker: &Worker,
        lease: &Lease,
        file: &ReceivedFile<'_>,
        batch: i64,
        report: MatchedReport,
        why: Stamp<'_>,
    ) -> Result<(), StageError> {
        let case_on = worker.by_region(local_date(why.at), |policy| policy.case_working_days);
        worker.ledger.settle_report(lease, file, batch, report, &case_on, why).await?;
        Ok(())
    }
}
