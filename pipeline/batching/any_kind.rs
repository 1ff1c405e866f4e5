//! Kinds of batch without their types, for what is done to batches of any kind.

use cardline_core::batch_kinds::BatchKind;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use jiff::civil::Date;

use super::batch_record::NewBatchAction;
use super::cut_batch::{CutBatch, QueueSlice};
use super::cutting::Numbers;
use super::kind::{CutKind, CutStep, Rendered, claim};
use super::schedule::{self, DueStream, WaitingStream};
use crate::step::{Progress, StageError, Step, Worker};
use crate::store::{Lease, Ledger, LedgerError, Stamp, Tx};

/// The streams of a kind in which something waits: urgent lanes first, then the oldest.
pub async fn waiting_streams<'w>(
    worker: &'w Worker,
    kind: &dyn AnyKind,
    now: Timestamp,
) -> Result<Vec<WaitingStream<'w>>, StageError> {
    schedule::streams(worker, kind.kind(), kind.waiting(&worker.ledger).await?, now).await
}

/// A kind of batch without its types, for what is done to batches of any kind.
pub trait AnyKind: Send + Sync {
    /// Its facts.
    fn kind(&self) -> BatchKind;

    /// See [`CutKind::waiting`].
    fn waiting<'a>(&self, ledger: &'a Ledger) -> BoxFuture<'a, Result<Vec<QueueSlice>, LedgerError>>;

    /// Which slices so many cards of a stream come from, in the order of regions.
    fn portions<'a>(
        &self,
        worker: &'a Worker,
        stream: &'a WaitingStream<'a>,
        cards: i64,
    ) -> BoxFuture<'a, Result<Vec<(QueueSlice, i64)>, StageError>>;

    /// Cuts the next batch of a stream under its lease, for a person.
    fn cut<'a>(
        &self,
        worker: &'a Worker,
        stream: DueStream,
        lease: Lease,
        action: NewBatchAction,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), StageError>>;

    /// Renders a batch's members again, divided into parts by row and region, each under its numbers; `None` where
    /// a part would have no card.
    fn divide<'a>(
        &self,
        worker: &'a Worker,
        batch: (i64, QueueSlice),
        numbers: [Numbers; 2],
        is_first: &'a (dyn Fn(usize, &str) -> bool + Sync),
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Parts>, StageError>>;

    /// Renders a batch's members again, whole, for a file of another number.
    fn render_anew<'a>(
        &self,
        worker: &'a Worker,
        batch: (i64, QueueSlice),
        numbers: &'a Numbers,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Box<dyn Part>, StageError>>;

    /// See [`CutKind::take_back`].
    fn take_back<'t>(
        &self,
        tx: &'t mut Tx,
        batch: i64,
        again_on: Date,
        why: Stamp<'t>,
    ) -> BoxFuture<'t, Result<(), LedgerError>>;
}

/// The parts of a batch that is divided.
pub type Parts = Vec<Box<dyn Part>>;

/// One part of a batch that is divided, rendered and ready to be cut.
pub trait Part: Send + Sync {
    fn cut(&mut self) -> &mut CutBatch;
    fn number(&self) -> &str;
    fn bytes(&self) -> &[u8];
    fn write<'t>(&'t self, tx: &'t mut Tx, why: Stamp<'t>) -> BoxFuture<'t, Result<(), LedgerError>>;
}

struct PartOf<K: CutKind>(Rendered<K::Rows>);

impl<K: CutKind> Part for PartOf<K> {
    fn cut(&mut self) -> &mut CutBatch {
        &mut self.0.cut
    }

    fn number(&self) -> &str {
        &self.0.cut.number
    }

    fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    fn write<'t>(&'t self, tx: &'t mut Tx, why: Stamp<'t>) -> BoxFuture<'t, Result<(), LedgerError>> {
        Box::pin(K::write(tx, &self.0.cut, &self.0.rows, why))
    }
}

impl<K: CutKind> AnyKind for CutStep<K> {
    fn kind(&self) -> BatchKind {
        K::KIND
    }

    fn waiting<'a>(&self, ledger: &'a Ledger) -> BoxFuture<'a, Result<Vec<QueueSlice>, LedgerError>> {
        Box::pin(K::waiting(ledger))
    }

    fn portions<'a>(
        &self,
        worker: &'a Worker,
        stream: &'a WaitingStream<'a>,
        cards: i64,
    ) -> BoxFuture<'a, Result<Vec<(QueueSlice, i64)>, StageError>> {
        Box::pin(K::portions(worker, &stream.slices, cards))
    }

    fn cut<'a>(
        &self,
        worker: &'a Worker,
        stream: DueStream,
        lease: Lease,
        action: NewBatchAction,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), StageError>> {
        Box::pin(async move {
            let Some(claimed) = claim::<K>(worker, &stream, lease, Some(action), now).await? else { return Ok(()) };
            let step = CutStep::<K>::STEP;
            let worked = tokio::task::block_in_place(|| step.work(worker, claimed, now))?;
            step.settle(worker, worked, now).await
        })
    }

    fn divide<'a>(
        &self,
        worker: &'a Worker,
        (batch, slice): (i64, QueueSlice),
        numbers: [Numbers; 2],
        is_first: &'a (dyn Fn(usize, &str) -> bool + Sync),
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Parts>, StageError>> {
        Box::pin(async move {
            let cards = K::members(&worker.ledger, batch).await?;
            let progress = Progress::unwatched();
            let mut supply = K::supply(worker, &cards, &progress).await?;
            K::take_numbers(worker, &mut supply, cards.len()).await?;
            let mut divided = [Vec::new(), Vec::new()];
            for (at, card) in cards.into_iter().enumerate() {
                let first = is_first(at, K::region(&card).unwrap_or(&slice.region));
                divided[usize::from(!first)].push(card);
            }
            if divided.iter().any(Vec::is_empty) {
                return Ok(None);
            }
            let mut parts = Parts::new();
            for (cards, numbers) in divided.into_iter().zip(&numbers) {
                let at = (&progress, now);
                parts.push(Box::new(PartOf::<K>(K::render(worker, &slice, cards, numbers, &mut supply, at)?)));
            }
            Ok(Some(parts))
        })
    }

    fn render_anew<'a>(
        &self,
        worker: &'a Worker,
        (batch, slice): (i64, QueueSlice),
        numbers: &'a Numbers,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Box<dyn Part>, StageError>> {
        Box::pin(async move {
            let cards = K::members(&worker.ledger, batch).await?;
            let progress = Progress::unwatched();
            let mut supply = K::supply(worker, &cards, &progress).await?;
            K::same_numbers(&worker.ledger, batch, &mut supply).await?;
            let rendered = tokio::task::block_in_place(|| {
                K::render(worker, &slice, cards, numbers, &mut supply, (&progress, now))
            })?;
            Ok(Box::new(PartOf::<K>(rendered)) as Box<dyn Part>)
        })
    }

    fn take_back<'t>(
        &self,
        tx: &'t mut Tx,
        batch: i64,
        again_on: Date,
        why: Stamp<'t>,
    ) -> BoxFuture<'t, Result<(), LedgerError>> {
        Box::pin(K::take_back(tx, batch, again_on, why))
    }
}
