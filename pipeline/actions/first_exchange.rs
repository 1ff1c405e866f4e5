//! The path of a new partner through its first exchange: what is done, and what comes next.

use cardline_core::file_formats::EnvelopeKind;
use jiff::Timestamp;

use super::envelope_keys::keys_of;
use crate::exchange::Partner;
use crate::exchange::first_exchange::ConnectionTest;
use crate::step::{StageError, Worker};

/// One part of the path, in its order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FirstStep {
    /// A key of ours for the partner's envelopes.
    OurKey,
    /// The partner's own.
    TheirKey,
    /// The last test of the connection found everything well.
    Tested,
    /// A file of ours lies at the partner.
    Sent,
    /// A file of the partner's had its effect.
    Answered,
}

/// How far it has come.
#[derive(Clone)]
pub struct FirstExchange {
    /// Each part, and whether it is done.
    pub steps: Vec<(FirstStep, bool)>,
    /// Files of the partner's that were refused or held on the way.
    pub refused: i64,
    pub tested: Option<ConnectionTest>,
}

impl FirstExchange {
    /// Whether nothing of it is left: a file came and had its effect.
    pub fn is_over(&self) -> bool {
        self.steps.iter().any(|(step, done)| *step == FirstStep::Answered && *done)
    }

    /// The first part that is not done.
    pub fn next(&self) -> Option<FirstStep> {
        self.steps.iter().find(|(_, done)| !done).map(|(step, _)| *step)
    }
}

/// How far a partner's first exchange has come.
///
/// # Errors
/// The ledger or the keys cannot be read.
pub async fn first_exchange(worker: &Worker, partner: &Partner, now: Timestamp) -> Result<FirstExchange, StageError> {
    let code = partner.profile.code.as_str();
    let kinds = [partner.profile.envelope.out, partner.profile.envelope.incoming];
    let kinds: Vec<EnvelopeKind> = kinds.into_iter().filter(|kind| *kind != EnvelopeKind::None).collect();
    let keys = keys_of(worker, code)?;
    let has = |of: &str| {
        let valid = |kind: &EnvelopeKind| keys.iter().any(|k| k.partner == of && k.kind == *kind && k.is_valid(now));
        kinds.iter().all(valid)
    };
    let (files, tested) = (worker.ledger.first_files(code).await?, worker.ledger.last_connection_test(code).await?);
    let mut steps = Vec::new();
    if !kinds.is_empty() {
        steps.extend([(FirstStep::OurKey, has("")), (FirstStep::TheirKey, has(code))]);
    }
    steps.push((FirstStep::Tested, tested.as_ref().is_some_and(|test| test.is_well != 0)));
    steps.push((FirstStep::Sent, files.sent > 0));
    steps.push((FirstStep::Answered, files.applied > 0));
    Ok(FirstExchange { steps, refused: files.refused, tested })
}
