//! Where and how the card is collected.

use cardline_core::domain::application::PickupMethod;

use super::bank::other_bank;
use super::{Defect, Message, Soil, adult, collect, collect_at_home, defect, far_place, minor};
use crate::generate::choices;

pub(super) const DEFECTS: &[Defect] = &[
    defect("PICKUP-AGENT", adult, agent_who_is_not_there),
    defect("PICKUP-AGENT-OUTLET", minor, at_home),
    defect("PICKUP-BANK", other_bank, outlet_of_another_bank),
    defect("PICKUP-EMPLOYER", adult, no_employer),
    defect("PICKUP-MAIL", mail_offered, no_postcode),
    defect("PICKUP-METHOD", mail_not_offered, by_mail),
    defect("PICKUP-POINT", adult, unknown_point),
    defect("PICKUP-REGION", with_far_place, far_from_home),
];

fn agent_who_is_not_there(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.pickup.method = PickupMethod::AgentAtOutlet;
    message.pickup.point = Some(message.opening_outlet.clone());
}

fn at_home(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    collect_at_home(message, soil);
}

fn no_employer(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.pickup.method = PickupMethod::Employer;
    message.pickup.point = None;
    message.holder.employer = None;
}

/// The opening outlet is the bank's own.
fn outlet_of_another_bank(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    if let Some(outlet) = soil.place.outlets.iter().find(|outlet| outlet.bank != message.bank) {
        message.pickup.method = PickupMethod::BankOutlet;
        message.pickup.point = Some(outlet.code.clone().into());
    }
}

fn mail_offered(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    adult(message, soil) && soil.policy.pickup_methods.has(PickupMethod::Mail)
}

fn mail_not_offered(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    adult(message, soil) && !soil.policy.pickup_methods.has(PickupMethod::Mail)
}

fn by_mail(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    collect(message, choices::by_mail(soil.person, soil.place));
}

fn no_postcode(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    by_mail(message, soil);
    message.pickup.postcode = Some("10001".into());
}

fn with_far_place(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    adult(message, soil) && far_place(soil).is_some()
}

fn far_from_home(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    if let Some(home) = far_place(soil).and_then(|place| place.homes.first()) {
        collect(message, choices::at(home));
    }
}

fn unknown_point(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    collect_at_home(message, soil);
    message.pickup.point = Some(format!("{}999198", soil.place.region).into());
}
