//! Where and how the card is collected.

use cardline_core::domain::application::PickupMethod;

use super::{Defect, Message, Soil, adult, collect_at_home, defect, minor};

pub(super) const DEFECTS: &[Defect] = &[
    defect("PICKUP-AGENT", adult, agent_who_is_not_there),
    defect("PICKUP-AGENT-OUTLET", minor, at_home),
    defect("PICKUP-EMPLOYER", adult, no_employer),
    defect("PICKUP-MAIL", adult, no_postcode),
    defect("PICKUP-POINT", adult, unknown_point),
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

fn no_postcode(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.pickup.method = PickupMethod::Mail;
    message.pickup.point = None;
    message.pickup.name = Some(message.holder.name.clone());
    message.pickup.phone = Some(message.holder.mobile.clone());
    message.pickup.address = Some(message.holder.address.detail.clone());
    message.pickup.postcode = Some("10001".into());
}

fn unknown_point(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    collect_at_home(message, soil);
    message.pickup.point = Some(format!("{}999198", soil.place.region).into());
}
