//! What is a kind of batch's own, and the step that cuts any of them.
//!
//! A kind is its facts ([`BatchKind`]) and an implementation of [`CutKind`]: which cards wait, the bytes that ask
//! for them, and the rows that make them members. Everything else (due streams, numbers, holds, leases, capacity,
//! splitting, taking back) is the same code for all.

use std::future::Future;
use std::marker::PhantomData;

use cardline_core::batch_kinds::BatchKind;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::OwnedMutexGuard;

use super::batch_record::NewBatchAction;
use super::cut_batch::{CutBatch, QueueSlice};
use super::cutting::{self, Numbers};
use super::schedule::{self, DueStream};
use crate::limits::RENUMBERED_MAX;
use crate::people::authorisation::stream_bounds;
use crate::step::{Claim, Progress, StageError, Step, Work, Worker};
use crate::store::leases::spend;
use crate::store::{Lease, Ledger, LedgerError, Stamp, Tx};

/// What is a kind's own.
pub trait CutKind: Send + Sync + 'static {
    const KIND: BatchKind;
    /// Whether a file is rendered anew where another cut took its numbers first; else its cut is made again.
    const RENUMBERS: bool = false;
    /// A card with what its row of the file needs.
    type Card: Send + Sync;
    /// What the cards of a batch need together, such as photos and first numbers.
    type Supply: Send + Sync;
    /// What is written of the members besides their ids.
    type Rows: Send + Sync + 'static;

    /// What waits, slice by slice.
    fn waiting(ledger: &Ledger) -> impl Future<Output = Result<Vec<QueueSlice>, LedgerError>> + Send;

    /// What waits of one stream, for whoever has its lease: at least its own slices.
    fn waiting_in(ledger: &Ledger, _: &DueStream) -> impl Future<Output = Result<Vec<QueueSlice>, LedgerError>> + Send {
        Self::waiting(ledger)
    }

    /// Which slices of a stream so many cards come from, and how many of each.
    fn portions(
        _: &Worker,
        slices: &[QueueSlice],
        cards: i64,
    ) -> impl Future<Output = Result<Vec<(QueueSlice, i64)>, StageError>> + Send {
        let first = slices.first().map(|slice| (slice.clone(), slice.cards.min(cards)));
        std::future::ready(Ok(Vec::from_iter(first)))
    }

    /// The cards of a stream's slices that go first, at most so many: those that [`CutKind::portions`] counts.
    fn first(
        worker: &Worker,
        slices: &[QueueSlice],
        most: i64,
    ) -> impl Future<Output = Result<Vec<Self::Card>, StageError>> + Send;

    /// The cards of a batch that is not sent yet, in the order of its rows.
    fn members(ledger: &Ledger, batch: i64) -> impl Future<Output = Result<Vec<Self::Card>, LedgerError>> + Send;

    /// The region of a card, where it is not that of its batch.
    fn region(_: &Self::Card) -> Option<&str> {
        None
    }

    /// Fetches what these cards need together.
    fn supply(
        worker: &Worker,
        cards: &[Self::Card],
        progress: &Progress,
    ) -> impl Future<Output = Result<Self::Supply, StageError>> + Send;

    /// Gives the supply the numbers that so many cards need, where a rendering gives cards numbers. Nobody else gets
    /// them, whatever becomes of the batch.
    fn take_numbers(
        _: &Worker,
        _: &mut Self::Supply,
        _cards: usize,
    ) -> impl Future<Output = Result<(), LedgerError>> + Send {
        std::future::ready(Ok(()))
    }

    /// Gives the supply the numbers that the cards of a batch have, where a rendering gives numbers.
    fn same_numbers(
        _: &Ledger,
        _batch: i64,
        _: &mut Self::Supply,
    ) -> impl Future<Output = Result<(), LedgerError>> + Send {
        std::future::ready(Ok(()))
    }

    /// The batch of these cards and its bytes, under the numbers it will get. Takes from the supply.
    ///
    /// # Errors
    /// Where no card can be carried for a reason that lies in no card.
    fn render(
        worker: &Worker,
        slice: &QueueSlice,
        cards: Vec<Self::Card>,
        numbers: &Numbers,
        supply: &mut Self::Supply,
        at: (&Progress, Timestamp),
    ) -> Result<Rendered<Self::Rows>, StageError>;

    /// Renders the same rows under other numbers.
    fn renumber(_: &Worker, _: &mut Rendered<Self::Rows>, _: &Numbers, _: Timestamp) -> Result<(), StageError> {
        Ok(())
    }

    /// Writes the batch, its members, its frozen file and the cards on hold.
    fn write<'t>(
        tx: &'t mut Tx,
        cut: &'t CutBatch,
        rows: &'t Self::Rows,
        why: Stamp<'t>,
    ) -> impl Future<Output = Result<(), LedgerError>> + Send + 't;

    /// Takes the members of a batch that ends unsent back to where they waited, due by a day.
    fn take_back<'t>(
        tx: &'t mut Tx,
        batch: i64,
        again_on: Date,
        why: Stamp<'t>,
    ) -> impl Future<Output = Result<(), LedgerError>> + Send + 't;
}

/// A batch with the bytes that ask for its cards.
pub struct Rendered<R> {
    pub cut: CutBatch,
    pub rows: R,
    pub bytes: Vec<u8>,
}

/// The step that cuts a kind; one batch at a time.
pub struct CutStep<K>(PhantomData<fn() -> K>);

impl<K> CutStep<K> {
    /// The step.
    pub const STEP: CutStep<K> = CutStep(PhantomData);
}

/// The cards of a batch to be, with the numbers it will get.
pub struct Claimed<K: CutKind> {
    lease: Lease,
    slice: QueueSlice,
    cards: Vec<K::Card>,
    supply: K::Supply,
    numbers: Numbers,
    stream: String,
    action: Option<NewBatchAction>,
    progress: Progress,
}

impl<K: CutKind> Step for CutStep<K> {
    const IN_HAND: usize = 2;
    type Unit = DueStream;
    type Claimed<'s> = Claimed<K>;
    type Worked<'s> = (Lease, Rendered<K::Rows>, Numbers, Progress);

    async fn units(&self, worker: &Worker, now: Timestamp) -> Result<Vec<DueStream>, StageError> {
        schedule::due_streams(worker, K::KIND, K::waiting(&worker.ledger).await?, now).await
    }

    async fn claim(
        &self,
        worker: &Worker,
        stream: &DueStream,
        now: Timestamp,
    ) -> Result<Claim<Claimed<K>>, StageError> {
        let waiting = K::waiting_in(&worker.ledger, stream);
        match schedule::take_due(worker, K::KIND, stream, waiting, now).await? {
            Claim::Taken((lease, stream)) => Ok(claim::<K>(worker, &stream, lease, None, now).await?.into()),
            other => Ok(other.without()),
        }
    }

    fn work<'s>(
        &self,
        worker: &'s Worker,
        claimed: Claimed<K>,
        now: Timestamp,
    ) -> Result<Self::Worked<'s>, StageError> {
        let Claimed { lease, slice, cards, mut supply, numbers, stream, action, progress } = claimed;
        progress.phase("records", Some(cards.len()));
        let mut rendered = K::render(worker, &slice, cards, &numbers, &mut supply, (&progress, now))?;
        (rendered.cut.stream, rendered.cut.action) = (Some(stream), action);
        Ok((lease, rendered, numbers, progress))
    }

    async fn settle<'s>(
        &self,
        worker: &'s Worker,
        (lease, mut rendered, numbers, progress): Self::Worked<'s>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        progress.phase("ledger", None);
        let (mut tx, turn) = begin_with_numbers::<K>(worker, &mut rendered, numbers, now).await?;
        let Rendered { cut, rows, .. } = rendered;
        let reason = format!("{} batch cut", K::KIND.word);
        let why = Stamp { at: now, actor: cut.actor(), reason: &reason };
        let written = match K::write(&mut tx, &cut, &rows, why).await {
            Ok(()) => spend(&mut tx, &lease).await,
            refused => refused,
        };
        if let Err(error) = written {
            // What failed is told, whatever becomes of the file.
            let _taken_away = take_away(worker, tx, cut.digest()).await;
            return Err(error.into());
        }
        tx.commit().await?;
        drop(turn);
        progress.finish(cut.file.as_ref().map_or("no card can be carried", |_| &cut.number)).await;
        Ok(())
    }
}

/// Ends the transaction of a cut that is not made, and takes its file out of the object store again: number and batch
/// are in it, so that nobody else has these bytes, unless another worker made the very same batch meanwhile.
async fn take_away(worker: &Worker, tx: Tx, digest: &str) -> Result<(), StageError> {
    tx.roll_back().await?;
    if !digest.is_empty() && !worker.ledger.is_frozen(digest).await? {
        worker.objects.remove("files", digest).await?;
    }
    Ok(())
}

/// Puts the file into the object store and begins the transaction that settles the cut, under the numbers it will get:
/// where others took them meanwhile, the file is rendered anew under the next ones. No transaction is open while a
/// file is made or put away. Whoever is overtaken too often is told when the numbers are taken. The cuts that one worker
/// has in hand take turns from here on, so that only those of other workers overtake it.
async fn begin_with_numbers<K: CutKind>(
    worker: &Worker,
    rendered: &mut Rendered<K::Rows>,
    mut numbers: Numbers,
    now: Timestamp,
) -> Result<(Tx, OwnedMutexGuard<()>), StageError> {
    let turn = worker.numbering.clone().lock_owned().await;
    // What a person confirmed is cut under the number that was shown, or not at all.
    let renumbers = K::RENUMBERS && rendered.cut.action.is_none();
    let Some(partner) = rendered.cut.file.as_ref().map(|file| file.partner.clone()) else {
        return Ok((worker.ledger.begin().await?, turn));
    };
    let mut tries = 0;
    loop {
        let overtaken = numbers.next_now(&worker.ledger, &partner, K::KIND).await?;
        if let Some(next) = overtaken.filter(|_| renumbers && tries < RENUMBERED_MAX) {
            tokio::task::block_in_place(|| K::renumber(worker, rendered, &next, now))?;
            numbers = next;
        }
        worker.objects.put_under("files", rendered.cut.digest(), &rendered.bytes).await?;
        let mut tx = worker.ledger.begin().await?;
        let given = numbers.given_now(&mut tx, &partner, K::KIND).await?;
        let refused = match given {
            Some(_) if renumbers && tries < RENUMBERED_MAX => None,
            Some(_) => {
                let (topic, expected) = numbers.batch_counter.clone();
                Some(LedgerError::OffsetMoved { topic, partition: 0, expected })
            }
            None => {
                let cards = rendered.cut.members.len() as i64;
                match schedule::refuse_beyond_capacity(worker, &mut tx, (&partner, K::KIND), cards, now).await {
                    Ok(()) => return Ok((tx, turn)),
                    Err(error) => Some(error),
                }
            }
        };
        take_away(worker, tx, rendered.cut.digest()).await?;
        if let Some(error) = refused {
            return Err(error.into());
        }
        tries += 1;
    }
}

/// Takes the cards of a stream's next batch under its lease, or gives the lease back.
pub async fn claim<K: CutKind>(
    worker: &Worker,
    stream: &DueStream,
    lease: Lease,
    action: Option<NewBatchAction>,
    now: Timestamp,
) -> Result<Option<Claimed<K>>, StageError> {
    let progress = worker.ledger.progress_of(work("cut", worker, &stream.name, action.as_ref()));
    progress.phase("cards", None);
    let cards = K::first(worker, &stream.slices, stream.most).await?;
    let (Some(slice), Some(partner)) = (stream.slices.first().filter(|_| !cards.is_empty()), &stream.partner) else {
        worker.ledger.give_back(&lease).await?;
        progress.finish("nothing waits").await;
        return Ok(None);
    };
    let numbers = cutting::numbers(worker, K::KIND, partner, now).await?;
    if let Some(confirmed) = action.as_ref().and_then(|action| action.number.as_ref())
        && *confirmed != numbers.batch
    {
        worker.ledger.give_back(&lease).await?;
        let (topic, expected) = numbers.batch_counter;
        return Err(LedgerError::OffsetMoved { topic, partition: 0, expected }.into());
    }
    let mut supply = K::supply(worker, &cards, &progress).await?;
    K::take_numbers(worker, &mut supply, cards.len()).await?;
    let stream = stream.name.clone();
    Ok(Some(Claimed { lease, slice: slice.clone(), cards, supply, numbers, stream, action, progress }))
}

/// What is done to a stream, for who looks how far it is.
fn work(kind: &'static str, worker: &Worker, stream: &str, action: Option<&NewBatchAction>) -> Work {
    let (bank, area) = stream_bounds(stream);
    Work {
        kind,
        subject: stream.into(),
        bank: bank.into(),
        area: area.into(),
        actor: action.map_or("scheduler", |action| &action.actor).into(),
        worker: worker.name().into(),
    }
}
