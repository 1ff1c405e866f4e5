//! The bureau's production report: good and spoiled cards, matched with what was ordered.

use cardline_core::file_formats::{FileFault, FileKind};
use jiff::Timestamp;

use super::matching::match_report;
use crate::inbound::doubts::tell_partner;
use crate::inbound::incoming;
use crate::inbound::incoming::{InboundFile, Matched, Next, Trust};
use crate::route::production::report_rows::{MatchedReport, OrderedCard};
use crate::step::{Claim, StageError, Step, Worker};
use crate::store::Why;
use crate::time::local_date;

/// The step; one file at a time.
pub struct Reports;

/// A file and, where it can be matched, what was ordered.
pub struct Claimed<'s> {
    next: Next<'s>,
    ordered: Option<(i64, Vec<OrderedCard>)>,
}

/// What each row says and what the bureau is told; or why the file as a whole cannot be believed.
pub struct Worked<'s> {
    next: Next<'s>,
    matched: Matched<(MatchedReport, Vec<FileFault>)>,
}

impl Step for Reports {
    type Unit = InboundFile;
    type Claimed<'s> = Claimed<'s>;
    type Worked<'s> = Worked<'s>;

    async fn units(&self, worker: &Worker, now: Timestamp) -> Result<Vec<InboundFile>, StageError> {
        Ok(incoming::units(worker, FileKind::ProductionReport, now))
    }

    async fn claim<'s>(
        &self,
        worker: &'s Worker,
        unit: &InboundFile,
        now: Timestamp,
    ) -> Result<Claim<Claimed<'s>>, StageError> {
        let next = match incoming::claim(worker, unit, FileKind::ProductionReport, now).await? {
            Claim::Taken(next) => next,
            other => return Ok(other.without()),
        };
        let mut ordered = None;
        if let Trust::Parsed(parsed) = &next.trust
            && let Some(batch) =
                incoming::batch_asked(worker, &next.incoming, parsed, FileKind::Personalization).await?
        {
            ordered = Some((batch, worker.ledger.ordered_cards(batch).await?));
        }
        Ok(Claim::Taken(Claimed { next, ordered }))
    }

    fn work<'s>(&self, worker: &'s Worker, claimed: Claimed<'s>, now: Timestamp) -> Result<Worked<'s>, StageError> {
        let Claimed { next, ordered } = claimed;
        let matched = match (&next.trust, ordered) {
            (Trust::Parsed(_), None) => Err(("held", vec![incoming::unknown_batch()])),
            (Trust::Parsed(parsed), Some((batch, ordered))) => {
                match match_report(worker, next.incoming.spec, parsed, &ordered, local_date(now)) {
                    Ok(report) => Ok((batch, parsed.rows.len(), report)),
                    Err(faults) => Err(("held", faults)),
                }
            }
            (other, _) => Err(incoming::without_effect(other)),
        };
        Ok(Worked { next, matched })
    }

    async fn settle<'s>(&self, worker: &'s Worker, worked: Worked<'s>, now: Timestamp) -> Result<(), StageError> {
        let Next { lease, incoming, .. } = worked.next;
        let (batch, count, (report, faults)) = match worked.matched {
            Err((state, faults)) => {
                return incoming::settle_without_effect(worker, &lease, &incoming, state, &faults, now).await;
            }
            Ok(matched) => matched,
        };
        let today = local_date(now);
        let actor = incoming::actor(&incoming);
        let why = Why { at: now, actor: &actor, reason: "reported good" };
        let case_on = worker.by_region(today, |policy| policy.case_working_days);
        let untold = tell_partner(&incoming, &faults, *case_on.of(""));
        let file = incoming::applied(&incoming, count, batch, today, untold);
        worker.ledger.settle_report(&lease, &file, batch, report, &case_on, why).await?;
        incoming::archive(&incoming, "applied")
    }
}
