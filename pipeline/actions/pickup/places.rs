//! Where an act on pickup windows reaches: one point, or every point of an area at which something lies.

use cardline_core::domain::reference::Reference;

use super::refusal::{PickupError, PickupRefusal};
use crate::route::distribution::areas::{LEVELS, digits_of, name_of};
use crate::route::distribution::window_acts::lying_points;
use crate::route::unfinished::is_needed;
use crate::step::{StageError, Worker};
use crate::store::Tx;

/// A place that was asked for.
pub(super) struct Place {
    pub name: String,
    /// The digits of where it lies.
    pub area: String,
    /// Codes of its points.
    pub points: Vec<String>,
}

/// The place of a code, when all of it lies within the scope of who acts: the digits of an area, or the code of a point
/// or outlet.
pub(super) async fn place_of(tx: &mut Tx, worker: &Worker, code: &str) -> Result<Place, PickupError> {
    if let Some((digits, name)) = known_point(&worker.reference, code) {
        return within(worker, code, &digits, one(code, name, &digits));
    }
    let lying = lying_points(tx).await?;
    if let Some((digits, name)) = closed_point(code, &lying, &worker.reference) {
        return within(worker, code, &digits, one(code, name, &digits));
    }
    let area = an_area(code, &lying, &worker.reference).ok_or_else(|| absent(code))?;
    within(worker, code, code, area)
}

/// The name of a point, when it lies within the scope of who acts.
pub(super) async fn one_point(tx: &mut Tx, worker: &Worker, code: &str) -> Result<String, PickupError> {
    let found = match known_point(&worker.reference, code) {
        Some(known) => Some(known),
        None => closed_point(code, &lying_points(tx).await?, &worker.reference),
    };
    let (digits, name) = found.ok_or_else(|| absent(code))?;
    within(worker, code, &digits, name)
}

/// The name of a point within the scope of who asks; one that has closed has none, and is shown as long as a card is
/// there or comes there, by the last count.
///
/// # Errors
/// The ledger cannot be read.
pub async fn point_name(worker: &Worker, code: &str) -> Result<Option<String>, StageError> {
    if let Some((name, region)) = worker.reference.collected_at(code) {
        let is_within = worker.ledger.viewer().is_none_or(|viewer| region.starts_with(&viewer.scope.area));
        return Ok(is_within.then(|| name.to_owned()));
    }
    let needed = is_needed(&mut worker.ledger.read().await?, code).await?;
    Ok(needed.then(String::new))
}

fn one(code: &str, name: String, digits: &str) -> Place {
    Place { name, area: digits.into(), points: vec![code.into()] }
}

fn within<T>(worker: &Worker, code: &str, digits: &str, found: T) -> Result<T, PickupError> {
    let is_within = worker.ledger.viewer().is_none_or(|viewer| digits.starts_with(&viewer.scope.area));
    if is_within { Ok(found) } else { Err(absent(code).into()) }
}

fn absent(code: &str) -> PickupRefusal {
    PickupRefusal::NoSuchPlace { place: code.into() }
}

/// The digits of where a point of the reference data lies, and its name.
fn known_point(reference: &Reference, code: &str) -> Option<(String, String)> {
    let (name, region) = reference.collected_at(code)?;
    Some((digits_of(code, region, reference).into(), name.into()))
}

/// The same of a point that has closed since: it lies where its cards are from.
fn closed_point(code: &str, lying: &[(String, String)], reference: &Reference) -> Option<(String, String)> {
    let (_, region) = lying.iter().find(|(point, _)| point == code)?;
    Some((digits_of(code, region, reference).into(), String::new()))
}

/// An area, with its points at which something lies.
fn an_area(code: &str, lying: &[(String, String)], reference: &Reference) -> Option<Place> {
    let [areas @ .., _] = LEVELS;
    let is_area = areas.contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
    let is_known =
        is_area && reference.points().any(|(point, of)| point.starts_with(code) || of.region.starts_with(code));
    let within = lying.iter().filter(|(point, region)| digits_of(point, region, reference).starts_with(code));
    let points: Vec<String> = within.map(|(point, _)| point.clone()).collect();
    let place = Place { name: name_of(code, false, reference), area: code.into(), points };
    (is_known || is_area && !place.points.is_empty()).then_some(place)
}
