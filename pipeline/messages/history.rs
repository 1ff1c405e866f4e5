//! History: sealed by one sealer, then published. Each is one unit: both go on in the order of history, and
//! what cannot be sealed or published now holds up what follows it.

use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::hex::hex;
use crate::kafka::{Outgoing, Publisher};
use crate::messages::relay::ToldMove;
use crate::step::{Claim, StageError, Step, Whole, Worker};
use crate::store::Lease;
use crate::time::rfc3339_stored;

/// Seals what was committed since the last seal.
pub struct Seal;

impl Step for Seal {
    type Unit = Whole;
    type Claimed<'s> = Lease;
    type Worked<'s> = Lease;

    async fn units(&self, _: &Worker, _: Timestamp) -> Result<Vec<Whole>, StageError> {
        Ok(vec![Whole])
    }

    async fn claim(&self, worker: &Worker, _: &Whole, now: Timestamp) -> Result<Claim<Lease>, StageError> {
        if worker.ledger.unsealed().await? == 0 {
            return Ok(Claim::Nothing);
        }
        Ok(Claim::under(worker.lease("history/seal", now).await?, |lease| lease))
    }

    fn work(&self, _: &Worker, lease: Lease, _: Timestamp) -> Result<Lease, StageError> {
        Ok(lease)
    }

    async fn settle(&self, worker: &Worker, lease: Lease, now: Timestamp) -> Result<(), StageError> {
        worker.ledger.seal_history(&lease, now).await?;
        Ok(())
    }
}

/// Tells sealed history to the topics of outcomes, notices and electronic cards.
pub struct Relay;

impl Step for Relay {
    type Unit = Whole;
    type Claimed<'s> = (Lease, i64, Vec<ToldMove>);
    type Worked<'s> = (Lease, i64, Vec<Outgoing>);

    async fn units(&self, _: &Worker, _: Timestamp) -> Result<Vec<Whole>, StageError> {
        Ok(vec![Whole])
    }

    async fn claim(&self, worker: &Worker, _: &Whole, now: Timestamp) -> Result<Claim<Self::Claimed<'_>>, StageError> {
        if worker.kafka.is_none() {
            return Ok(Claim::Nothing);
        }
        let Some((seal, moves)) = worker.ledger.untold("topics").await? else {
            return Ok(Claim::Nothing);
        };
        worker.before_leaving(now).await?;
        Ok(Claim::under(worker.lease("history/relay", now).await?, |lease| (lease, seal, moves)))
    }

    fn work<'s>(
        &self,
        worker: &'s Worker,
        (lease, seal, moves): Self::Claimed<'s>,
        _: Timestamp,
    ) -> Result<Self::Worked<'s>, StageError> {
        Ok((lease, seal, moves.iter().flat_map(|m| messages(worker, m)).collect()))
    }

    async fn settle<'s>(
        &self,
        worker: &'s Worker,
        (lease, seal, messages): Self::Worked<'s>,
        _: Timestamp,
    ) -> Result<(), StageError> {
        tokio::task::block_in_place(|| worker.publish(&messages))?;
        worker.ledger.told(&lease, "topics", seal).await?;
        Ok(())
    }
}

impl Worker {
    /// Publishes messages and waits until the broker has them. Blocks.
    pub fn publish(&self, messages: &[Outgoing]) -> Result<(), StageError> {
        let Some(servers) = &self.kafka else {
            return Ok(());
        };
        let mut slot = self.publisher.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if slot.is_none() {
            *slot = Some(Publisher::connect(servers)?);
        }
        let published = slot.as_ref().map_or(Ok(()), |publisher| publisher.publish(messages));
        if published.is_err() {
            // What it still holds would go out beside what is published again.
            *slot = None;
        }
        Ok(published?)
    }
}

/// What others hear of one move: an outcome, a notice, an electronic card, or nothing.
fn messages(worker: &Worker, m: &ToldMove) -> Vec<Outgoing> {
    let topics = &worker.config.topics;
    let outcome = match (m.life.as_str(), m.to_state.as_str()) {
        ("application", to @ ("accepted" | "rejected" | "returned" | "refused" | "lapsed" | "withdrawn")) => Some(to),
        ("card", "produced") => Some("produced"),
        ("card", "on_shelf") if m.from_state != "on_shelf" => Some("ready"),
        ("card", "in_hand") if !["lost", "in_hand"].contains(&m.from_state.as_str()) => Some("collected"),
        ("card", "destroyed") => Some("closed"),
        ("social", "active") if m.from_state == "sealed" => Some("activated"),
        _ => None,
    };
    let notice = match (m.life.as_str(), m.from_state.as_str(), m.to_state.as_str()) {
        ("card", "on_shelf", "on_shelf") => Some("rolled_over"),
        // Whoever was told to come to one point must hear that the card goes on to another.
        ("card", "on_shelf", "in_transit") => Some("sent_on"),
        ("card", _, "on_shelf") => Some("ready"),
        ("card", _, "recalled") => Some("recalled"),
        ("card", "in_hand", "in_hand") => Some("not_activated"),
        ("application", _, "returned") => Some("returned"),
        ("application", _, "lapsed") => Some("lapsed"),
        _ => None,
    };
    let ecard = match (m.life.as_str(), m.to_state.as_str(), m.from_state.as_str()) {
        ("application", "accepted", _) => Some("requested"),
        ("social", "active", "sealed") => Some("confirmed"),
        _ => None,
    };
    let key = hex(&m.person);
    let body = |kind: &str, name: &str, more: serde_json::Value| {
        let mut body = json!({
            "schema": format!("card.{kind}.v1"), "event_id": stable_id(&format!("{kind}/{name}/{}/{}", m.seq, m.application_id)), "type": name, "application_id": m.application_id,
            "at": rfc3339_stored(m.at),
        });
        if let (Some(body), serde_json::Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        body.to_string().into_bytes()
    };
    let mut out = Vec::new();
    if let Some(name) = outcome {
        let mut more = json!({ "reason": m.reason });
        if name == "rejected" {
            let found =
                m.findings.iter().map(|(rule, field)| json!({ "rule": rule, "field": field, "severity": "error" }));
            more["findings"] = found.collect();
        }
        out.push(Outgoing { topic: topics.outcomes.clone(), key: key.clone(), payload: body("outcome", name, more) });
    }
    if let Some(name) = notice {
        // What goes on to another point has no window there yet.
        let last_day = m.window_last.as_ref().filter(|_| name != "sent_on");
        let parameters = json!({ "template": name, "language": "zh-CN", "recipient": key, "parameters": { "point": m.point, "last_day": last_day } });
        out.push(Outgoing {
            topic: topics.notices.clone(),
            key: key.clone(),
            payload: body("notice", name, parameters),
        });
    }
    if let Some(name) = ecard {
        out.push(Outgoing { topic: topics.ecards.clone(), key: key.clone(), payload: body("ecard", name, json!({})) });
    }
    out
}

/// The same fact is always published under the same id, so that a duplicate can be recognised.
pub(crate) fn stable_id(fact: &str) -> String {
    let digest = Sha256::digest(fact);
    let h = hex(&digest[..16]);
    format!("{}-{}-{}-{}-{}", &h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..])
}
