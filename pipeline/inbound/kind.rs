//! What is a kind of incoming file's own, and the step that takes in any of them.
//!
//! A kind says what it answers ([`InboundKind::known`]), matches its rows with that, purely, and applies what is
//! believed in one transaction. Everything else (order, trust, repeats, refusals, error reports, cases, the
//! archive) is the same code for all.

use std::future::Future;
use std::marker::PhantomData;

use cardline_core::file_formats::{FileFault, FileKind, Parsed};
use jiff::Timestamp;
use jiff::civil::Date;

use super::doubts::tell_partner;
use super::incoming::{self, InboundFile, Next, Trust};
use crate::exchange::files::ReceivedFile;
use crate::exchange::inbox::Incoming;
use crate::step::{Claim, StageError, Step, Worker};
use crate::store::{Lease, Stamp};
use crate::time::local_date;

/// What is known here of what a file answers.
pub enum Known<T> {
    /// Nothing of ours: the file is held.
    Nothing,
    /// Not all yet: the file is looked at again later.
    Later,
    /// A batch, by its id.
    Of(i64, T),
}

/// What is believed of a file, with what its partner is told of the rows that are not; or why nothing is.
pub type Matched<T> = Result<(T, Vec<FileFault>), Vec<FileFault>>;

/// What is a kind's own.
pub trait InboundKind: Send + Sync + 'static {
    const KIND: FileKind;
    /// The reason in the history of what the file does.
    const REASON: &'static str;
    /// What the rows are matched with.
    type Asked: Send + Sync;
    /// What is believed of them.
    type Believed: Send + Sync;

    /// Looks up what the file answers.
    fn known(
        worker: &Worker,
        incoming: &Incoming<'_>,
        parsed: &Parsed,
    ) -> impl Future<Output = Result<Known<Self::Asked>, StageError>> + Send;

    /// Matches every row with what was asked. Pure.
    ///
    /// # Errors
    /// What fails here and lies in no row, such as keys that open nothing.
    fn matched(
        worker: &Worker,
        incoming: &Incoming<'_>,
        parsed: &Parsed,
        asked: Self::Asked,
        today: Date,
    ) -> Result<Matched<Self::Believed>, StageError>;

    /// By when a person has looked at what is not believed.
    fn case_on(worker: &Worker, believed: &Self::Believed, today: Date) -> Date;

    /// Applies what is believed and registers the file, in one transaction under the lease.
    fn apply(
        worker: &Worker,
        lease: &Lease,
        file: &ReceivedFile<'_>,
        batch: i64,
        believed: Self::Believed,
        why: Stamp<'_>,
    ) -> impl Future<Output = Result<(), StageError>> + Send;
}

/// The step that takes in a kind; one file at a time.
pub struct InboundStep<K>(PhantomData<fn() -> K>);

impl<K> InboundStep<K> {
    /// The step.
    pub const STEP: InboundStep<K> = InboundStep(PhantomData);
}

/// A file and, where it is known, the batch it is about.
pub struct Claimed<'s, A> {
    next: Next<'s>,
    asked: Option<(i64, A)>,
}

/// A file matched whole: what is believed of it; or its state and what was wrong.
pub struct Worked<'s, B> {
    next: Next<'s>,
    matched: Result<Taken<B>, (&'static str, Vec<FileFault>)>,
}

struct Taken<B> {
    batch: i64,
    rows: usize,
    believed: B,
    /// What the partner is told of the rows that are not believed.
    faults: Vec<FileFault>,
}

impl<K: InboundKind> Step for InboundStep<K> {
    const IN_HAND: usize = 2;
    type Unit = InboundFile;
    type Claimed<'s> = Claimed<'s, K::Asked>;
    type Worked<'s> = Worked<'s, K::Believed>;

    async fn units(&self, worker: &Worker, now: Timestamp) -> Result<Vec<InboundFile>, StageError> {
        Ok(incoming::units(worker, K::KIND, now))
    }

    async fn claim<'s>(
        &self,
        worker: &'s Worker,
        unit: &InboundFile,
        now: Timestamp,
    ) -> Result<Claim<Claimed<'s, K::Asked>>, StageError> {
        let next = match incoming::claim(worker, unit, K::KIND, now).await? {
            Claim::Taken(next) => next,
            other => return Ok(other.without()),
        };
        let Trust::Parsed(parsed) = &next.trust else { return Ok(Claim::Taken(Claimed { next, asked: None })) };
        let asked = match K::known(worker, &next.incoming, parsed).await? {
            Known::Nothing => None,
            Known::Of(batch, asked) => Some((batch, asked)),
            Known::Later => {
                worker.ledger.give_back(&next.lease).await?;
                return Ok(Claim::Nothing);
            }
        };
        Ok(Claim::Taken(Claimed { next, asked }))
    }

    fn work<'s>(
        &self,
        worker: &'s Worker,
        claimed: Claimed<'s, K::Asked>,
        now: Timestamp,
    ) -> Result<Worked<'s, K::Believed>, StageError> {
        let Claimed { next, asked } = claimed;
        let matched = match (&next.trust, asked) {
            (Trust::Parsed(_), None) => Err(("held", vec![incoming::unknown_batch()])),
            (Trust::Parsed(parsed), Some((batch, asked))) => {
                match K::matched(worker, &next.incoming, parsed, asked, local_date(now))? {
                    Ok((believed, faults)) => Ok(Taken { batch, rows: parsed.rows.len(), believed, faults }),
                    Err(faults) => Err(("held", faults)),
                }
            }
            (other, _) => Err(incoming::without_effect(other)),
        };
        Ok(Worked { next, matched })
    }

    async fn settle<'s>(
        &self,
        worker: &'s Worker,
        worked: Worked<'s, K::Believed>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        let Next { lease, incoming, .. } = worked.next;
        let Taken { batch, rows, believed, faults } = match worked.matched {
            Err((state, faults)) => {
                return incoming::settle_without_effect(worker, &lease, &incoming, state, &faults, now).await;
            }
            Ok(matched) => matched,
        };
        let today = local_date(now);
        let untold = tell_partner(&incoming, &faults, K::case_on(worker, &believed, today));
        let actor = incoming::actor(&incoming);
        let why = Stamp { at: now, actor: &actor, reason: K::REASON };
        let file = incoming::applied(&incoming, rows, batch, today, untold);
        K::apply(worker, &lease, &file, batch, believed, why).await?;
        incoming::archive(&incoming, "applied")
    }
}
