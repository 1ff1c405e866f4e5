//! The statement the applicant accepted.

use super::{Defect, Message, Soil, anyone, defect};

pub(super) const DEFECTS: &[Defect] = &[
    defect("CONSENT-INSTANT", anyone, after_approval),
    defect("CONSENT-INSTANT", anyone, no_instant),
    defect("CONSENT-STATEMENT", anyone, no_statement),
];

fn after_approval(message: &mut Message<'_>, _: &mut Soil<'_>) {
    let day = message.approved_at.get(..10).unwrap_or_default().to_owned();
    message.consent.accepted_at = format!("{day}T23:59:59+08:00").into();
}

fn no_instant(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.consent.accepted_at = "yesterday".into();
}

fn no_statement(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.consent.statement = "".into();
}
