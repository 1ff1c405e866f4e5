//! Which topic the stored positions are of. Another topic under the same name, or lost messages, stop
//! intake until a person has looked and accepts where to go on; that begins a generation.

use jiff::Timestamp;

use crate::store::topic_identity::TopicIdentity;
use crate::store::{Ledger, LedgerError, Stamp, Tx};
use crate::{args, row};

/// Where a partition goes on in a new generation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Jump {
    pub partition: i64,
    /// Where it stopped; `None` for a partition that was not there.
    pub left_at: Option<i64>,
    pub begins_at: i64,
}

/// The newest generation of a topic: its number and the topic it is of.
pub struct Generation {
    pub number: i64,
    pub identity: TopicIdentity,
    pub at: i64,
    pub actor: String,
}

row! {
    struct StoredGeneration { generation: i64, cluster: String, topic_id: String, at: i64, actor: String }
}

async fn newest(tx: &mut Tx, topic: &str) -> Result<Option<Generation>, LedgerError> {
    let row = tx
        .row::<StoredGeneration>(
            "SELECT generation, cluster, topic_id, at, actor FROM source_topic WHERE topic = $1 ORDER BY generation DESC LIMIT 1",
            args![topic],
        )
        .await?;
    Ok(row.map(|row| Generation {
        number: row.generation,
        identity: TopicIdentity { cluster: row.cluster, id: row.topic_id },
        at: row.at,
        actor: row.actor,
    }))
}

impl Ledger {
    /// The newest generation of a topic, if it was ever read.
    pub async fn newest_generation(&self, topic: &str) -> Result<Option<Generation>, LedgerError> {
        newest(&mut self.read().await?, topic).await
    }

    /// The generation under which a topic may be read now; `None` when it was never seen. Another topic
    /// than the known one is an error, and nothing is read of it.
    pub async fn generation(&self, topic: &str, found: &TopicIdentity) -> Result<Option<i64>, LedgerError> {
        match self.newest_generation(topic).await? {
            Some(known) if known.identity != *found => Err(LedgerError::OtherTopic {
                topic: topic.into(),
                known: Box::new(known.identity),
                found: Box::new(found.clone()),
            }),
            known => Ok(known.map(|known| known.number)),
        }
    }

    /// As [`Ledger::generation`]; a topic that was never seen begins its first.
    pub async fn begun_generation(
        &self,
        topic: &str,
        found: &TopicIdentity,
        now: Timestamp,
    ) -> Result<i64, LedgerError> {
        if let Some(known) = self.generation(topic, found).await? {
            return Ok(known);
        }
        let mut tx = self.begin().await?;
        tx.run(
            "INSERT INTO source_topic (topic, generation, cluster, topic_id, at, actor) VALUES ($1, 1, $2, $3, $4, 'first seen')
             ON CONFLICT (topic, generation) DO NOTHING",
            args![topic, &found.cluster, &found.id, now],
        )
        .await?;
        tx.commit().await?;
        // Another worker may have been first, with another topic.
        Ok(self.generation(topic, found).await?.unwrap_or(1))
    }

    /// Goes on with what the broker has now: from these positions, in a new generation. `after` is the
    /// generation that was looked at; when another is there by now, nothing is written.
    pub async fn accept_topic(
        &self,
        topic: &str,
        after: i64,
        found: &TopicIdentity,
        jumps: &[Jump],
        why: Stamp<'_>,
        encrypted: Vec<u8>,
    ) -> Result<i64, LedgerError> {
        let mut tx = self.begin().await?;
        let generation = after + 1;
        let begun = tx
            .run(
                "INSERT INTO source_topic (topic, generation, cluster, topic_id, at, actor, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT (topic, generation) DO NOTHING",
                args![topic, generation, &found.cluster, &found.id, why.at, why.actor, encrypted],
            )
            .await?;
        if begun == 0 {
            return Err(LedgerError::AcceptedMeanwhile { topic: topic.into() });
        }
        let left = tx
            .run_returning::<(i64, i64)>(
                "DELETE FROM source_offset WHERE topic = $1 RETURNING partition, next",
                args![topic],
            )
            .await?;
        for jump in jumps {
            // Where intake went on meanwhile, the jump that was looked at is none any more.
            if left.iter().find(|(p, _)| *p == jump.partition).map(|(_, next)| *next) != jump.left_at {
                return Err(LedgerError::AcceptedMeanwhile { topic: topic.into() });
            }
            tx.run(
                "INSERT INTO source_offset (topic, partition, next, generation) VALUES ($1, $2, $3, $4)",
                args![topic, jump.partition, jump.begins_at, generation],
            )
            .await?;
            tx.run(
                "INSERT INTO source_jump (topic, generation, partition, left_at, begins_at) VALUES ($1, $2, $3, $4, $5)",
                args![topic, generation, jump.partition, jump.left_at, jump.begins_at],
            )
            .await?;
        }
        tx.commit().await?;
        Ok(generation)
    }
}
