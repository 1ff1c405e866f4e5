//! One message of `card.events`, read (contract/messages.md). Passwords and PINs do not exist here;
//! facts that may be personal stay encrypted.

use cardline_core::domain::limits::MAX_MESSAGE_BYTES;
use cardline_core::domain::open_form::Form;
use cardline_core::domain::policy::hand_over::TakenBy;
use cardline_core::domain::{digest, identifier};
use serde::Deserialize;
use serde_json::Value;

use crate::crypto::key_error::KeyError;
use crate::crypto::keys::Keys;
use crate::kafka::RawMessage;
use crate::limits::EVENT_AHEAD;
use crate::route::servicing::arriving::{ArrivingEvent, Delivery, EventKind, Handed, Mailing};

/// Papers of one hand-over that are kept.
const MOST_SHOWN: usize = 16;
/// The only schema name of events this version reads.
const SCHEMA: &str = "card.event.v1";

#[derive(Deserialize)]
struct Message {
    schema: String,
    event_id: String,
    #[serde(rename = "type")]
    kind: String,
    at: String,
    actor: String,
    card: Option<String>,
    application_id: Option<String>,
    shipment: Option<String>,
    #[serde(rename = "box")]
    container: Option<String>,
    count: Option<i64>,
    by: Option<String>,
    carrier: Option<String>,
    tracking: Option<String>,
    functions: Option<String>,
    formal: Option<bool>,
    #[serde(default)]
    evidence: Vec<Evidence>,
    /// Read leniently: what else stands in it is a note.
    #[serde(default)]
    place: Value,
}

/// What was shown: its kind and a hash, never an image.
#[derive(Deserialize, serde::Serialize)]
struct Evidence {
    kind: String,
    sha256: String,
}

/// Reads one event; what cannot be read is quarantined under a stable code.
pub fn read_event(keys: &Keys, raw: &RawMessage, fallback_at: jiff::Timestamp) -> Result<ArrivingEvent, KeyError> {
    let unread = |reason: &str| {
        Ok(ArrivingEvent {
            position: raw.position,
            event_id: None,
            digest: raw.digest(),
            kind: None,
            reason: Some(reason.into()),
            subject: String::new(),
            application: None,
            count: None,
            container: None,
            at: fallback_at,
            actor: String::new(),
            evidence: None,
            place: None,
            handed: Handed::default(),
            mailing: None,
            because: None,
            encrypted: keys.encrypt(raw.bytes.get(..MAX_MESSAGE_BYTES).unwrap_or(&raw.bytes))?,
        })
    };
    if raw.bytes.len() > MAX_MESSAGE_BYTES {
        return unread("TOO-LARGE");
    }
    let Ok(message) = serde_json::from_slice::<Message>(&raw.bytes) else {
        return unread(if std::str::from_utf8(&raw.bytes).is_err() { "NOT-UTF8" } else { "SHAPE" });
    };
    if message.schema != SCHEMA {
        return unread("UNKNOWN-SCHEMA");
    }
    let Ok(at) = message.at.parse::<jiff::Timestamp>() else {
        return unread("EVENT-INSTANT");
    };
    if at > fallback_at + EVENT_AHEAD {
        return unread("EVENT-FUTURE");
    }
    let Some((kind, reason)) = kind_of(&message) else {
        return unread("UNKNOWN-TYPE");
    };
    let subject = match kind {
        EventKind::Delivery(_) => message.shipment.clone(),
        _ => message.card.clone().or(message.application_id.clone()),
    };
    let Some(subject) = subject.filter(|subject| !subject.is_empty()) else {
        return unread("EVENT-SUBJECT");
    };
    let mailing = mailing(kind, &message);
    if is_of_mail(kind) && mailing.is_none() {
        return unread("MAIL-NUMBER");
    }
    let of_mail = mailing.iter().flat_map(|mailing| [&mailing.carrier, &mailing.tracking]);
    let keys_of_all =
        [&message.event_id, &message.actor, &subject].into_iter().chain(&message.container).chain(of_mail);
    if !keys_of_all.into_iter().all(|text| is_key(text)) {
        return unread("KEY-FORM");
    }
    let Some(content) = digest::content_digest_of(&raw.bytes) else {
        return unread("NOT-JSON");
    };
    let place = message.place["code"].as_str().map(str::to_owned);
    let handed = handed(kind, &message);
    let evidence = (!message.evidence.is_empty()).then(|| shown(&message.evidence)).flatten();
    Ok(ArrivingEvent {
        position: raw.position,
        event_id: Some(message.event_id),
        digest: content.to_vec(),
        kind: Some(kind),
        reason,
        subject,
        application: None,
        count: message.count,
        container: message.container,
        at,
        actor: message.actor,
        evidence,
        place,
        handed,
        mailing,
        because: because(&message.kind),
        encrypted: keys.encrypt(&raw.bytes)?,
    })
}

fn kind_of(message: &Message) -> Option<(EventKind, Option<String>)> {
    let kind = match message.kind.as_str() {
        "point.received" => EventKind::Delivery(Delivery::Received),
        "point.short" => EventKind::Delivery(Delivery::Short),
        "point.over" => EventKind::Delivery(Delivery::Over),
        "point.damaged" => EventKind::Delivery(Delivery::Damaged),
        "point.wrong_box" => EventKind::Delivery(Delivery::WrongBox),
        "shipment.received_city" => EventKind::Delivery(Delivery::InCity),
        "card.collected" if message.by.as_deref() == Some("unit") => EventKind::CollectedByUnit,
        "card.collected" if message.by.as_deref() == Some("mail") => EventKind::CollectedByMail,
        "card.collected" => EventKind::Collected,
        "card.sent_by_mail" => EventKind::SentByMail,
        "card.delivered" => EventKind::Delivered,
        "card.returned_by_mail" => EventKind::ReturnedByMail,
        "card.handed_over" => EventKind::HandedOver,
        "card.missing" => EventKind::Missing,
        "card.found" => EventKind::Found,
        "card.activated" => match message.functions.as_deref() {
            Some("social") => EventKind::ActivatedSocial,
            Some("financial") => EventKind::ActivatedFinancial,
            Some("both") => EventKind::ActivatedBoth,
            _ => return None,
        },
        "card.loss_reported" if message.formal == Some(true) => EventKind::LostFormally,
        "card.loss_reported" => EventKind::LostProvisionally,
        "card.loss_lifted" => EventKind::LossLifted,
        "holder.died" | "holder.left" => EventKind::Ended,
        "plastic.returned" => EventKind::PlasticReturned,
        "application.withdrawn" => EventKind::Withdrawn,
        "card.locked"
        | "card.unlocked"
        | "card.password_reset"
        | "holder.phone_changed"
        | "plastic.destroyed"
        | "application.corrected" => return Some((EventKind::Fact, Some(message.kind.clone()))),
        _ => return None,
    };
    Some((kind, None))
}

fn is_of_mail(kind: EventKind) -> bool {
    matches!(kind, EventKind::SentByMail | EventKind::Delivered | EventKind::ReturnedByMail)
}

fn mailing(kind: EventKind, message: &Message) -> Option<Mailing> {
    let named = |text: &Option<String>| text.clone().filter(|text| !text.is_empty() && is_of_mail(kind));
    Some(Mailing { carrier: named(&message.carrier)?, tracking: named(&message.tracking)? })
}

fn handed(kind: EventKind, message: &Message) -> Handed {
    let digest_of = |kind: &str| {
        let found = message.evidence.iter().find(|shown| shown.kind == kind);
        found.map(|shown| shown.sha256.as_str()).filter(|digest| !digest.is_empty())
    };
    let (own, holders) = (digest_of("agent_id_front"), digest_of("id_front"));
    Handed {
        by: if is_of_mail(kind) { Some(TakenBy::Mail) } else { message.by.as_deref().and_then(TakenBy::of) },
        shown: message.evidence.iter().take(MOST_SHOWN).map(|shown| shown.kind.clone()).collect(),
        is_one_paper: own.is_some() && own == holders,
    }
}

fn because(kind: &str) -> Option<String> {
    match kind {
        "holder.died" => Some("death".into()),
        "holder.left" => Some("going_abroad".into()),
        _ => None,
    }
}

/// Whether this can be an opaque id: it is kept in plain text. A device's may be a path.
fn is_key(text: &str) -> bool {
    identifier::judge(&text.replace('/', ":")).is_ok()
}

/// What is no word of ours or no digest stands in the encrypted message only.
fn shown(evidence: &[Evidence]) -> Option<String> {
    let known: Vec<Evidence> = evidence
        .iter()
        .take(MOST_SHOWN)
        .map(|e| Evidence {
            kind: Form::Word.of(&e.kind).unwrap_or_default().to_owned(),
            sha256: Form::Digest.of(&e.sha256).unwrap_or_default().to_owned(),
        })
        .collect();
    serde_json::to_string(&known).ok()
}
