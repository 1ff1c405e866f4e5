//! Where an act on pickup windows reaches: one point, or every point of an area at which something lies.

use cardline_core::domain::reference::Reference;
use cardline_core::domain::staff::Scope;

use super::refusal::PickupRefusal;
use crate::route::distribution::waiting_by_area::{LEVELS, digits_of, name_of};

/// A place that was asked for.
pub(super) struct Place {
    pub name: String,
    /// Codes of its points.
    pub points: Vec<String>,
}

/// The place of a code, when all of it lies within the scope of who acts: the digits of an area, or the code of a point
/// or outlet. `lying` are points at which something lies, each with a district its cards are of.
pub(super) fn place_of(
    code: &str,
    lying: &[(String, String)],
    reference: &Reference,
    scope: &Scope,
) -> Result<Place, PickupRefusal> {
    let (digits, place) = match a_point(code, lying, reference) {
        Some((digits, name)) => (digits, Place { name, points: vec![code.into()] }),
        None => an_area(code, lying, reference).ok_or_else(|| absent(code))?,
    };
    if digits.starts_with(&scope.area) { Ok(place) } else { Err(absent(code)) }
}

/// The name of a point, when it lies within the scope of who acts.
pub(super) fn one_point(
    code: &str,
    lying: &[(String, String)],
    reference: &Reference,
    scope: &Scope,
) -> Result<String, PickupRefusal> {
    let found = a_point(code, lying, reference).filter(|(digits, _)| digits.starts_with(&scope.area));
    found.map(|(_, name)| name).ok_or_else(|| absent(code))
}

fn absent(code: &str) -> PickupRefusal {
    PickupRefusal::NoSuchPlace { place: code.into() }
}

/// The digits of where a point lies, and its name.
fn a_point(code: &str, lying: &[(String, String)], reference: &Reference) -> Option<(String, String)> {
    let closed = || lying.iter().find(|(point, _)| point == code).map(|(_, region)| region.as_str());
    let region = reference.collected_at(code).map(|(_, region)| region).or_else(closed)?;
    Some((digits_of(code, region, reference).into(), name_of(code, true, reference)))
}

fn an_area(code: &str, lying: &[(String, String)], reference: &Reference) -> Option<(String, Place)> {
    let [areas @ .., _] = LEVELS;
    let is_area = areas.contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
    let is_known =
        is_area && reference.points().any(|(point, of)| point.starts_with(code) || of.region.starts_with(code));
    let within = lying.iter().filter(|(point, region)| digits_of(point, region, reference).starts_with(code));
    let points: Vec<String> = within.map(|(point, _)| point.clone()).collect();
    let place = Place { name: name_of(code, false, reference), points };
    (is_known || is_area && !place.points.is_empty()).then(|| (code.into(), place))
}
