//! What every cut has in common: which numbers it will get, and its frozen file.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use cardline_core::batch_kinds::BatchKind;
use cardline_core::file_formats::{FileKind, FileSpec, Profile};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::batching::cut_batch::{CutBatch, QueueSlice};
use crate::crypto::key_error::KeyError;
use crate::crypto::objects::sha256;
use crate::exchange::Partner;
use crate::exchange::files::FrozenFile;
use crate::limits::{ANSWER_WORKING_DAYS, BATCH_CARDS_MAX};
use crate::step::{StageError, Worker};
use crate::store::counters::{locked_number, stream_counter};
use crate::store::{Ledger, LedgerError, Tx};
use crate::time::local_date;

/// The numbers a cut will get, unless another cut takes them first.
#[derive(Clone)]
pub struct Numbers {
    pub batch: String,
    pub batch_counter: (String, i64),
    pub sequence: i64,
    /// What the partner was asked about by a history that is gone, by the key of its rows.
    pub sent_before: Arc<HashSet<String>>,
    /// What the batch number begins with.
    series: String,
}

/// Why a card is on hold that a partner may have already: only a person can ask the partner.
pub const SENT_BEFORE: &str = "was sent before the database was restored; ask the partner what became of it";

/// Why a card is on hold whose encrypted records are damaged.
pub const CANNOT_OPEN: &str = "a sealed record of it cannot be opened: restore it from a backup";

/// Why a card is on hold whose row names the message of another application.
pub const OF_ANOTHER: &str = "its message is another application's: restore it from a backup";

/// One damaged record holds one card. When no record of several opens, the keys or the store are at fault,
/// and no card is on hold for that.
pub fn refuse_if_none_opens(batch: &CutBatch) -> Result<(), StageError> {
    let damaged = batch.on_hold.iter().filter(|(_, why)| why == CANNOT_OPEN).count();
    if batch.members.is_empty() && damaged > 1 && damaged == batch.on_hold.len() {
        return Err(KeyError::Encrypted.into());
    }
    Ok(())
}

impl Numbers {
    /// The numbers that are next now, if others took these.
    pub(crate) async fn next_now(
        &self,
        ledger: &Ledger,
        partner: &str,
        kind: BatchKind,
    ) -> Result<Option<Numbers>, LedgerError> {
        let number = ledger.peek_counter(&self.batch_counter.0).await?;
        let sequence = ledger.next_sequence(partner, kind.request.name(), "out").await?;
        Ok(self.unless(number, sequence))
    }

    /// As [`Numbers::next_now`], as the transaction that settles the cut finds them; nobody takes them before it ends.
    pub(crate) async fn given_now(
        &self,
        tx: &mut Tx,
        partner: &str,
        kind: BatchKind,
    ) -> Result<Option<Numbers>, LedgerError> {
        let number = locked_number(tx, &self.batch_counter.0).await?;
        let sequence = locked_number(tx, &stream_counter(partner, kind.request.name(), "out")).await?;
        Ok(self.unless(number, sequence))
    }

    /// These numbers of the same series, unless they are those it has.
    fn unless(&self, number: i64, sequence: i64) -> Option<Numbers> {
        let (counter, before) = &self.batch_counter;
        let batch = format!("{}-{number:04}", self.series);
        let given = Numbers { batch, batch_counter: (counter.clone(), number), sequence, ..self.clone() };
        ((number, sequence) != (*before, self.sequence)).then_some(given)
    }

    /// The numbers of the batch after this one.
    pub fn following(&self) -> Numbers {
        let (counter, number) = (self.batch_counter.0.clone(), self.batch_counter.1 + 1);
        let batch = format!("{}-{number:04}", self.series);
        Numbers { batch, batch_counter: (counter, number), sequence: self.sequence + 1, ..self.clone() }
    }
}

/// The most cards of one batch.
pub fn max_cards(profile: &Profile) -> i64 {
    i64::from(profile.batch.max_cards).min(BATCH_CARDS_MAX)
}

/// Looks up the numbers the next batch of a partner and its file will get.
pub async fn numbers(worker: &Worker, kind: BatchKind, partner: &str, now: Timestamp) -> Result<Numbers, StageError> {
    let (letter, file) = (kind.letter, kind.request);
    worker.before_leaving(now).await?;
    let day = local_date(now);
    let counter = format!("batch/{letter}/{day}");
    let number = worker.ledger.peek_counter(&counter).await?;
    let sequence = worker.ledger.next_sequence(partner, file.name(), "out").await?;
    let sent_before = Arc::new(worker.ledger.sent_before(file.name()).await?);
    let series = format!("{letter}{}", day.strftime("%Y%m%d"));
    let batch = format!("{series}-{number:04}");
    Ok(Numbers { batch, batch_counter: (counter, number), sequence, sent_before, series })
}

/// The file of a kind in a partner's profile.
pub fn spec(partner: &Partner, kind: FileKind) -> Result<&FileSpec, StageError> {
    partner.profile.file(kind).ok_or_else(|| {
        StageError::Shape(format!("{}: the profile has no file of kind {}", partner.profile.code, kind.name()))
    })
}

/// The control line's fields of a file that asks.
pub fn control(numbers: &Numbers, region: &str, count: usize) -> BTreeMap<String, String> {
    BTreeMap::from([
        ("region".into(), region.into()),
        ("batch".into(), numbers.batch.clone()),
        ("sequence".into(), numbers.sequence.to_string()),
        ("count".into(), count.to_string()),
    ])
}

/// Renders rows to a delimited or fixed file.
pub fn render(
    spec: &FileSpec,
    control: &BTreeMap<String, String>,
    rows: &[Vec<String>],
) -> Result<Vec<u8>, StageError> {
    let mut bytes = Vec::new();
    spec.render(control, rows, &mut bytes)
        .map_err(|fault| StageError::Render { file: spec.kind.name().into(), fault })?;
    Ok(bytes)
}

/// A rendered file: whose region, how many rows, which bytes.
pub struct Rendering<'r> {
    pub region: &'r str,
    pub rows: usize,
    pub bytes: &'r [u8],
}

/// Describes rendered bytes as they will be frozen; the answer is due by `due_on`.
pub fn frozen(
    partner: &Partner,
    spec: &FileSpec,
    numbers: &Numbers,
    rendering: &Rendering<'_>,
    day: Date,
    due_on: Date,
) -> Result<FrozenFile, StageError> {
    Ok(FrozenFile {
        partner: partner.profile.code.clone(),
        kind: spec.kind.name().into(),
        sequence: numbers.sequence,
        name: spec.file_name(day, numbers.sequence as u64, rendering.region)?,
        rows: rendering.rows as i64,
        bytes: rendering.bytes.len() as i64,
        sha256: sha256(rendering.bytes),
        due_on,
    })
}

/// The batch as it will be settled; `group` says whose cards they are.
pub fn batch(
    kind: BatchKind,
    partner: &Partner,
    group: &QueueSlice,
    numbers: &Numbers,
    now: Timestamp,
    due_on: Date,
) -> CutBatch {
    CutBatch {
        kind: kind.word,
        number: numbers.batch.clone(),
        counter: numbers.batch_counter.clone(),
        partner: partner.profile.code.clone(),
        group: group.clone(),
        members: Vec::new(),
        on_hold: Vec::new(),
        file: None,
        cut_on: local_date(now),
        due_on,
        wait_for_release: (kind.waits_for_release)(&partner.profile.batch),
        stream: None,
        action: None,
    }
}

/// When a partner's answer is due: the profile's days, from the day the file is placed.
pub fn answer_due(worker: &Worker, profile: &Profile, kind: FileKind, day: Date) -> Date {
    worker.working_days_after(day, profile.answer_within_working_days(kind).unwrap_or(ANSWER_WORKING_DAYS))
}
