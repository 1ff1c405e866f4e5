//! The hot path: bytes to checked, encrypted messages, in parallel and independent of it.

use std::sync::Arc;

use cardline_core::domain::application::{Application, Kind};
use cardline_core::domain::open_form::{Form, PLACE, REGION};
use cardline_core::domain::outcomes::MessageOutcome;
use cardline_core::domain::person::PersonNumber;
use cardline_core::domain::policy::Policy;
use cardline_core::domain::reference::{Facts, Reference};
use cardline_core::domain::validity::sixteenth_birthday;
use cardline_core::domain::{date, promise};
use cardline_core::rules::{self, Severity};
use jiff::Timestamp;
use jiff::civil::Date;
use rayon::prelude::*;

use crate::crypto::keys::Keys;
use crate::kafka::RawMessage;
use crate::photos::photo_token;
use crate::route::intake::settle::{ArrivingFacts, ArrivingFinding, ArrivingMessage};
use crate::step::{StageError, Worker};
use crate::time::local_date;

/// What a check needs of a worker, whatever becomes of that.
pub(crate) struct Checks {
    keys: Keys,
    reference: Arc<Reference>,
    policy: Arc<Policy>,
    today: Date,
}

impl Checks {
    /// The checks of an instant's day.
    pub fn of(worker: &Worker, now: Timestamp) -> Checks {
        let (reference, policy) = (worker.reference.clone(), worker.policy.clone());
        Checks { keys: worker.keys.clone(), reference, policy, today: local_date(now) }
    }

    /// As [`check_messages`], with one core.
    pub fn one_by_one(&self, messages: &[RawMessage]) -> Result<Vec<ArrivingMessage>, StageError> {
        messages.iter().map(|raw| check_one(self, raw)).collect()
    }

    fn facts(&self) -> Facts<'_> {
        Facts { reference: &self.reference, policy: &self.policy, today: self.today }
    }
}

/// Decodes, checks and encrypts a chunk of messages with all cores; the order stays.
pub fn check_messages(
    worker: &Worker,
    messages: &[RawMessage],
    now: Timestamp,
) -> Result<Vec<ArrivingMessage>, StageError> {
    let checks = Checks::of(worker, now);
    messages.par_iter().map(|raw| check_one(&checks, raw)).collect()
}

fn check_one(checks: &Checks, raw: &RawMessage) -> Result<ArrivingMessage, StageError> {
    let received = match rules::receive(&raw.bytes, &checks.facts()) {
        Err(refused) => return quarantined(checks, raw, refused.code()),
        Ok(received) => received,
    };
    let application = &received.application;
    let rejected = !rules::is_accepted(&received.findings);
    let findings = received.findings.iter().map(|f| ArrivingFinding {
        rule: f.rule,
        field: f.field.to_string(),
        severity: severity(f.severity),
    });
    Ok(ArrivingMessage {
        position: raw.position,
        event_id: Some(application.event_id.to_string()),
        application_id: Some(application.application_id.to_string()),
        revision: Some(i64::from(application.revision)),
        digest: received.digest.to_vec(),
        outcome: if rejected { MessageOutcome::Rejected } else { MessageOutcome::Accepted },
        reason: None,
        encrypted: checks.keys.encrypt(&raw.bytes)?,
        facts: Some(open_facts(checks, application)),
        findings: findings.collect(),
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn quarantined(checks: &Checks, raw: &RawMessage, code: &'static str) -> Result<ArrivingMessage, StageError> {
    Ok(ArrivingMessage {
        position: raw.position,
        event_id: None,
        application_id: None,
        revision: None,
        digest: raw.digest(),
        outcome: MessageOutcome::Quarantined,
        reason: Some(code.into()),
        encrypted: checks.keys.encrypt(&raw.bytes)?,
        facts: None,
        findings: Vec::new(),
    })
}

/// What the ledger keeps in plain text: codes, dates and keyed hashes. A rejected application may have anything in
/// the place of a code: what has not its form is not kept here.
fn open_facts(checks: &Checks, a: &Application<'_>) -> ArrivingFacts {
    let person = match PersonNumber::new(a.holder.id_type, &a.holder.id_number) {
        Ok(number) => checks.keys.hash("person", &number.canonical()),
        // No valid number: the application is its own person, and is rejected anyway.
        Err(_) => checks.keys.hash("application", &a.application_id),
    };
    let approved_on = a.approved_at.parse::<Timestamp>().map(local_date).unwrap_or_default();
    let region = checks.reference.followed(&a.region);
    let policy = checks.policy.of(region, approved_on);
    let pickup = a.pickup.point.as_deref().unwrap_or(&a.opening_outlet);
    // A bank that the tables know may have a code of any form.
    let bank = if checks.reference.bank(&a.bank).is_some() { &*a.bank } else { code(Form::Bank, &a.bank) };
    ArrivingFacts {
        person,
        kind: a.kind.word(),
        lane: a.priority.word(),
        region: code(REGION, region).into(),
        bank: bank.into(),
        outlet: code(PLACE, &a.opening_outlet).into(),
        method: a.pickup.method.word(),
        point: code(PLACE, pickup).into(),
        photo: photo_token(&checks.keys, &a.photo),
        approved_on,
        promise_on: promise::deadline(approved_on, policy.promise_days, 0),
        sixteen_on: (a.kind == Kind::AdultRenewal)
            .then(|| date::parse(&a.holder.birth_date).and_then(sixteenth_birthday))
            .flatten(),
        correct_by: checks.today.saturating_add(jiff::Span::new().days(policy.correction_days)),
        previous_number: a.previous_card.as_ref().and_then(|p| Form::CardNumber.of(&p.card_number)).map(str::to_owned),
        previous_reason: a.previous_card.as_ref().map(|p| p.reason.word()),
    }
}

fn code(form: Form, text: &str) -> &str {
    form.of(text).unwrap_or_default()
}
