//! What could not be read, reported to `card.dead-letters`: where it came from, why, and its digest. The
//! bytes stay encrypted in the ledger.

use jiff::Timestamp;
use serde_json::json;

use super::told::stable_id;
use crate::hex::hex;
use crate::kafka::Outgoing;
use crate::messages::dead_letters::DeadLetter;
use crate::step::{Claim, StageError, Step, Whole, Worker};
use crate::store::Lease;
use crate::time::rfc3339_stored;

/// Publishes the letters that wait, then removes them from the queue. A crash in between publishes them again,
/// under the same ids.
pub struct DeadLetters;

impl Step for DeadLetters {
    type Unit = Whole;
    type Claimed<'s> = (Lease, Vec<DeadLetter>);
    type Worked<'s> = (Lease, Vec<i64>, Vec<Outgoing>);

    async fn units(&self, _: &Worker, _: Timestamp) -> Result<Vec<Whole>, StageError> {
        Ok(vec![Whole])
    }

    async fn claim(&self, worker: &Worker, _: &Whole, now: Timestamp) -> Result<Claim<Self::Claimed<'_>>, StageError> {
        if worker.kafka.is_none() {
            return Ok(Claim::Nothing);
        }
        let letters = worker.ledger.dead_letters().await?;
        if letters.is_empty() {
            return Ok(Claim::Nothing);
        }
        Ok(Claim::under(worker.lease("history/dead-letters", now).await?, |lease| (lease, letters)))
    }

    fn work<'s>(
        &self,
        worker: &'s Worker,
        (lease, letters): Self::Claimed<'s>,
        _: Timestamp,
    ) -> Result<Self::Worked<'s>, StageError> {
        let topic = &worker.config.topics.dead_letters;
        let told = letters.iter().map(|letter| message(topic, letter)).collect();
        Ok((lease, letters.iter().map(|letter| letter.message).collect(), told))
    }

    async fn settle<'s>(
        &self,
        worker: &'s Worker,
        (lease, letters, told): Self::Worked<'s>,
        _: Timestamp,
    ) -> Result<(), StageError> {
        tokio::task::block_in_place(|| worker.publish(&told))?;
        worker.ledger.dead_letters_told(&lease, &letters).await?;
        Ok(())
    }
}

/// The letter; its key is the partition it came from, so that these stay in order.
fn message(topic: &str, letter: &DeadLetter) -> Outgoing {
    let DeadLetter { topic: source, generation, partition, position, .. } = letter;
    let body = json!({
        "schema": "card.dead-letter.v1",
        "event_id": stable_id(&format!("dead-letter/{source}/{generation}/{partition}/{position}")),
        "at": rfc3339_stored(letter.at),
        "topic": source,
        "partition": partition,
        "offset": position,
        "reason": letter.reason,
        "sha256": hex(&letter.digest),
    });
    Outgoing { topic: topic.into(), key: format!("{source}/{partition}"), payload: body.to_string().into_bytes() }
}
