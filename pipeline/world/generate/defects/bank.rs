//! The bank and its outlet. The holder collects at home, so that only the outlet is wrong.

use cardline_core::domain::outlet_code;
use rand::RngExt;

use super::{Defect, Message, Soil, adult, collect_at_home, defect, far_place, first_of_adult, with_wrong_check};
use crate::generate::ground::Outlet;

pub(super) const DEFECTS: &[Defect] = &[
    defect("BANK-REGION", other_region, region_without_the_bank),
    defect("BANK-UNKNOWN", first_of_adult, unknown_bank),
    defect("OUTLET-BANK", other_bank, outlet_of_another_bank),
    defect("OUTLET-CHECK", adult, wrong_check_digit),
    defect("OUTLET-REGION", bank_far_away, outlet_far_away),
    defect("OUTLET-UNKNOWN", adult, unlisted_outlet),
];

/// Another county, which no partner serves, is known, and its cards may be collected here.
fn other_region(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    let near = |county: &String| soil.policy.pickup_within.holds(county, &soil.place.region);
    adult(message, soil) && soil.place.unserved.as_ref().is_some_and(near)
}

fn region_without_the_bank(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    if let Some(region) = &soil.place.unserved {
        message.region = region.clone().into();
    }
}

fn unknown_bank(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    collect_at_home(message, soil);
    message.bank = "NOBANK".into();
}

pub(super) fn other_bank(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    adult(message, soil) && soil.place.outlets.iter().any(|outlet| outlet.bank != message.bank)
}

fn outlet_of_another_bank(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    collect_at_home(message, soil);
    if let Some(outlet) = soil.place.outlets.iter().find(|outlet| outlet.bank != message.bank) {
        message.opening_outlet = outlet.code.clone().into();
    }
}

fn wrong_check_digit(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    collect_at_home(message, soil);
    message.opening_outlet = with_wrong_check(&message.opening_outlet, &mut soil.rng).into();
}

fn bank_far_away(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    adult(message, soil) && far_outlet(message, soil).is_some()
}

/// The holder collects at home, so that only the opening outlet is far.
fn outlet_far_away(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    collect_at_home(message, soil);
    if let Some(outlet) = far_outlet(message, soil) {
        message.opening_outlet = outlet.code.clone().into();
    }
}

/// An outlet of the bank in a region too far away.
fn far_outlet<'s>(message: &Message<'_>, soil: &Soil<'s>) -> Option<&'s Outlet> {
    far_place(soil)?.outlets.iter().find(|outlet| outlet.bank == message.bank)
}

/// An outlet of the bank's class in city 9999, which there is not.
fn unlisted_outlet(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    collect_at_home(message, soil);
    let class = message.opening_outlet.get(..3).unwrap_or("102");
    let mut code = format!("{class}9999{:04}", soil.rng.random_range(0..10_000u32));
    let check = <&[u8; 11]>::try_from(code.as_bytes()).ok().and_then(outlet_code::check_digit);
    code.extend(check.map(char::from));
    message.opening_outlet = code.into();
}
