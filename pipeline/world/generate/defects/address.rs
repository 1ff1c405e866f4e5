//! Addresses and the issuing region.

use cardline_core::domain::application::Text;

use super::{Defect, Message, Soil, adult, anyone, defect};

pub(super) const DEFECTS: &[Defect] = &[
    defect("ADDRESS-ABOLISHED", anyone, old_division),
    defect("ADDRESS-CHARACTER", anyone, line_break),
    defect("ADDRESS-CHARACTER", anyone, replacement_character),
    defect("ADDRESS-EMPTY", anyone, empty_address),
    defect("ADDRESS-LENGTH", anyone, long_address),
    defect("ADDRESS-REGION", anyone, unknown_division),
    defect("ADDRESS-REGION", anyone, county_for_a_village),
    defect("REGION-CURRENT", adult, abolished_region),
    defect("REGION-FOLLOWED", in_dongcheng, merged_region),
];

fn in_dongcheng(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    adult(message, soil) && &*message.region == "110101"
}

/// Chongwen, merged into Dongcheng in 2010.
fn merged_region(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.region = Text::from("110103");
}

/// A community of Chongwen, which is no district any more.
fn old_division(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.address.region = format!("110103{}", village(message)).into();
}

fn replacement_character(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.address.detail.to_mut().push('\u{FFFD}');
}

fn long_address(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.address.detail = "样例街道".repeat(11).into();
}

fn empty_address(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.address.detail = " ".into();
}

fn line_break(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.address.detail.to_mut().push('\n');
}

fn unknown_division(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.address.region = format!("990000{}", village(message)).into();
}

/// The six digits of the village or community behind those of its region.
fn village(message: &Message<'_>) -> String {
    message.holder.address.region.get(6..).unwrap_or("001001").to_owned()
}

fn county_for_a_village(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    message.holder.address.region = soil.place.region.clone().into();
}

/// Yanshan, which went to a district that has another code today, so nothing follows it.
fn abolished_region(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.region = Text::from("110110");
}
