//! What identifies the message, and when it was approved.

use super::{Defect, Message, Soil, adult, anyone, defect, year_of};

pub(super) const DEFECTS: &[Defect] = &[
    defect("APPROVAL-INSTANT", adult, approval_without_offset),
    defect("APPROVAL-INSTANT", adult, thirteenth_month),
    defect("APPROVAL-RANGE", with_paper_without_end, decades_ahead),
    defect("FIELD-UNKNOWN", anyone, unknown_member),
    defect("REVISION-ZERO", anyone, revision_zero),
];

fn approval_without_offset(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.approved_at = message.approved_at.get(..19).unwrap_or_default().to_owned().into();
}

fn thirteenth_month(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.approved_at = "2026-13-45T25:61:00+08:00".into();
}

fn with_paper_without_end(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    adult(message, soil) && message.holder.id_valid_to.as_deref() == Some("long_term")
}

/// A clock that is twenty years fast: the paper is valid then, and 29 February is a day then too.
fn decades_ahead(message: &mut Message<'_>, _: &mut Soil<'_>) {
    let rest = message.approved_at.get(4..).unwrap_or_default();
    message.approved_at = format!("{}{rest}", year_of(&message.approved_at) + 20).into();
}

fn unknown_member(_: &mut Message<'_>, soil: &mut Soil<'_>) {
    soil.unknown_member = r#","sent_by":"release-9""#;
}

fn revision_zero(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.revision = 0;
}
