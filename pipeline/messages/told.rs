//! What others hear of one move: an outcome, an electronic card, a notice to the person, or nothing.

use std::collections::{BTreeSet, HashMap};

use cardline_core::domain::application::IdType;
use cardline_core::domain::notices::Language;
use cardline_core::domain::{message, mobile};
use jiff::civil::Date;
use rayon::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::cases::deadlines::mail::AFTER_ALL;
use crate::crypto::keys::RecordOf;
use crate::hex::hex;
use crate::kafka::Outgoing;
use crate::limits::NOTICES_AT_ONCE;
use crate::messages::notice_rows::{NewNotice, RecipientRecord};
use crate::messages::relay::ToldMove;
use crate::step::{StageError, Worker};
use crate::time::rfc3339_stored;

/// How the reason of a move begins that only warns: the window of a carton ends soon.
pub(crate) const ENDS_SOON: &str = "the window ends within";

fn outcome_of(m: &ToldMove) -> Option<&str> {
    match (m.life.as_str(), m.to_state.as_str()) {
        ("application", to @ ("accepted" | "rejected" | "returned" | "refused" | "lapsed" | "withdrawn")) => Some(to),
        ("card", "produced") => Some("produced"),
        ("card", "on_shelf") if m.from_state != "on_shelf" && m.reason != AFTER_ALL => Some("ready"),
        ("card", "in_hand") if !["lost", "in_hand"].contains(&m.from_state.as_str()) => Some("collected"),
        ("card", "destroyed") => Some("closed"),
        ("social", "active") if m.from_state == "sealed" => Some("activated"),
        _ => None,
    }
}

/// The template of the notice that a person gets.
fn notice_of(m: &ToldMove) -> Option<&'static str> {
    match (m.life.as_str(), m.from_state.as_str(), m.to_state.as_str()) {
        ("card", "on_shelf", "on_shelf") if m.reason.starts_with(ENDS_SOON) => Some("ends_soon"),
        ("card", "on_shelf", "on_shelf") => Some("rolled_over"),
        // Whoever was told to come to one point must hear that the card goes on to another.
        ("card", "on_shelf", "in_transit") => Some("sent_on"),
        ("card", _, "on_shelf") if m.reason != AFTER_ALL => Some("ready"),
        ("card", _, "in_mail") => Some("sent_by_mail"),
        ("card", _, "recalled") => Some("recalled"),
        ("card", "stored", "stored") => Some("kept_by_bank"),
        ("card", "in_hand", "in_hand") => Some("not_activated"),
        ("application", _, "returned") => Some("returned"),
        ("application", _, "lapsed") => Some("lapsed"),
        _ => None,
    }
}

fn ecard_of(m: &ToldMove) -> Option<&'static str> {
    match (m.life.as_str(), m.to_state.as_str(), m.from_state.as_str()) {
        ("application", "accepted", _) => Some("requested"),
        ("social", "active", "sealed") => Some("confirmed"),
        _ => None,
    }
}

/// The outcome and the electronic card of a move.
pub(super) fn messages(worker: &Worker, m: &ToldMove) -> Vec<Outgoing> {
    let topics = &worker.config.topics;
    let outcome = outcome_of(m).map(|name| {
        let mut more = json!({ "reason": m.reason });
        if name == "rejected" {
            let found =
                m.findings.iter().map(|(rule, field)| json!({ "rule": rule, "field": field, "severity": "error" }));
            more["findings"] = found.collect();
        }
        (&topics.outcomes, body("outcome", name, m, more))
    });
    let ecard = ecard_of(m).map(|name| (&topics.ecards, body("ecard", name, m, json!({}))));
    let key = hex(&m.person);
    let all = outcome.into_iter().chain(ecard);
    all.map(|(topic, payload)| Outgoing { topic: topic.clone(), key: key.clone(), payload }).collect()
}

fn body(kind: &str, name: &str, m: &ToldMove, more: Value) -> Vec<u8> {
    let mut body = json!({
        "schema": format!("card.{kind}.v1"), "event_id": fact_id(kind, name, m.seq, &m.application_id), "type": name,
        "application_id": m.application_id, "at": rfc3339_stored(m.at),
    });
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    body.to_string().into_bytes()
}

/// A keyed hash of the telephone by which somebody is told of an application, and in which language.
pub(super) type Recipients = HashMap<i64, (Vec<u8>, Language)>;

/// Who is told of these moves. Records are opened page by page, and nothing of them is kept but this.
pub(super) async fn recipients(worker: &Worker, moves: &[ToldMove], today: Date) -> Result<Recipients, StageError> {
    let noticed: BTreeSet<i64> = moves.iter().filter(|m| notice_of(m).is_some()).map(|m| m.application).collect();
    let noticed: Vec<i64> = noticed.into_iter().collect();
    let mut found = Recipients::new();
    for page in noticed.chunks(NOTICES_AT_ONCE as usize) {
        let records = worker.ledger.recipients(page).await?;
        let reached = |one: &RecipientRecord| (one.application, reached(worker, one, today));
        found.par_extend(records.par_iter().map(reached));
    }
    Ok(found)
}

/// Who cannot be read of, or gave no number that can be called, is told under the own key.
fn reached(worker: &Worker, one: &RecipientRecord, today: Date) -> (Vec<u8>, Language) {
    let usual = worker.policy.of(&one.region, today).notice_language;
    let plain = worker.keys.decrypt_of(RecordOf::Message(one.message), &one.sealed).unwrap_or_default();
    let Ok(decoded) = message::decode(&plain) else { return (one.person.clone(), usual) };
    let holder = &decoded.application.holder;
    let language = if holder.id_type == IdType::ForeignPermanent { Language::English } else { usual };
    let can_be_called = mobile::is_valid(&holder.mobile);
    (if can_be_called { worker.keys.hash("phone", &holder.mobile) } else { one.person.clone() }, language)
}

/// The notices that people get of these moves; they wait until they may be told.
pub(super) fn notices(moves: &[ToldMove], recipients: &Recipients) -> Vec<NewNotice> {
    let noticed = moves.iter().filter_map(|m| Some((m, notice_of(m)?, recipients.get(&m.application)?)));
    let notice = |(m, template, (phone, language)): (&ToldMove, &str, &(Vec<u8>, Language))| NewNotice {
        seq: m.seq,
        application: m.application,
        region: m.region.clone(),
        template: template.into(),
        phone: phone.clone(),
        language: language.tag().into(),
    };
    noticed.map(notice).collect()
}

/// The id of a fact that others hear: a move of an application, told as one kind of message.
pub(super) fn fact_id(kind: &str, name: &str, seq: i64, application_id: &str) -> String {
    stable_id(&format!("{kind}/{name}/{seq}/{application_id}"))
}

/// The same fact is always published under the same id, so that a duplicate can be recognised.
pub(crate) fn stable_id(fact: &str) -> String {
    let digest = Sha256::digest(fact);
    let h = hex(&digest[..16]);
    format!("{}-{}-{}-{}-{}", &h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..])
}
