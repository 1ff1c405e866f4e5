//! The ground synthetic people stand on: counties, addresses, outlets and points of the planned regions.
//!
//! A small copy of what the generator needs of the reference data, so that the rest of this module
//! draws from plain lists. Everything is sorted: a reference gives its rows in no order.

use std::collections::BTreeMap;
use std::fmt;

use cardline_core::domain::reference::{PointKind, Reference};

/// A village or community somebody can live in and collect at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Home {
    /// 12-digit division code.
    pub code: String,
    pub name: String,
    /// Name of the district or county.
    pub district: String,
    /// A villagers' committee, not a residents'.
    pub is_village: bool,
}

/// An outlet of a partner bank.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outlet {
    /// CNAPS code.
    pub code: String,
    /// Our code of the bank.
    pub bank: String,
}

/// One planned region.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Place {
    /// Issuing region.
    pub region: String,
    /// Counties the residents' numbers begin with; no two places share one.
    pub counties: Vec<String>,
    pub homes: Vec<Home>,
    pub outlets: Vec<Outlet>,
    /// Codes of points that are service centres.
    pub centres: Vec<String>,
    /// A region of the province that no bank of this place serves.
    pub unserved: Option<String>,
}

/// Why nobody can be made for a region.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GroundError {
    /// No region at all.
    NoRegions,
    /// Not a current region, or named twice.
    Region(String),
    /// No village or community in it.
    NoHomes(String),
    /// No outlet of a bank that serves it.
    NoOutlets(String),
    /// The policy that comes with the program cannot be read.
    Policy(String),
}

impl fmt::Display for GroundError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRegions => write!(out, "no region to make people for"),
            Self::Region(region) => write!(out, "{region} is no current region, or is named twice"),
            Self::NoHomes(region) => write!(out, "no village or community known in {region}"),
            Self::NoOutlets(region) => write!(out, "no outlet of a partner bank known in {region}"),
            Self::Policy(fault) => out.write_str(fault),
        }
    }
}

impl std::error::Error for GroundError {}

/// The places of these regions, in the order given.
///
/// # Errors
/// When there is no region, or one that nobody could live or open an account in.
pub fn places(reference: &Reference, regions: &[String]) -> Result<Vec<Place>, GroundError> {
    if regions.is_empty() {
        return Err(GroundError::NoRegions);
    }
    let points: BTreeMap<_, _> = reference.points().collect();
    let outlets: BTreeMap<_, _> = reference.outlets().collect();
    let mut places = Vec::with_capacity(regions.len());
    for (number, region) in regions.iter().enumerate() {
        let district = reference.region_name(region).ok_or_else(|| GroundError::Region(region.clone()))?;
        if regions.iter().take(number).any(|other| other == region) {
            return Err(GroundError::Region(region.clone()));
        }
        let mut place =
            Place { region: region.clone(), counties: counties(reference, regions, region), ..Place::default() };
        for (code, point) in points.iter().filter(|(_, point)| point.region == *region) {
            match point.kind {
                PointKind::ServiceCentre => place.centres.push((*code).to_owned()),
                PointKind::Village | PointKind::Community => place.homes.push(Home {
                    code: (*code).to_owned(),
                    name: point.name.clone(),
                    district: district.to_owned(),
                    is_village: point.kind == PointKind::Village,
                }),
                PointKind::Employer | PointKind::Post => {}
            }
        }
        let serves = |bank: &str| reference.bank(bank).is_some_and(|bank| bank.serves(region));
        place.outlets = outlets
            .iter()
            .filter(|(_, outlet)| outlet.region == *region && serves(&outlet.bank))
            .map(|(code, outlet)| Outlet { code: (*code).to_owned(), bank: outlet.bank.clone() })
            .collect();
        place.unserved = unserved(reference, &place);
        if place.homes.is_empty() {
            return Err(GroundError::NoHomes(region.clone()));
        }
        if place.outlets.is_empty() {
            return Err(GroundError::NoOutlets(region.clone()));
        }
        places.push(place);
    }
    Ok(places)
}

fn unserved(reference: &Reference, place: &Place) -> Option<String> {
    let serves = |outlet: &Outlet, county: &str| reference.bank(&outlet.bank).is_none_or(|bank| bank.serves(county));
    place.counties.iter().find(|county| !place.outlets.iter().any(|outlet| serves(outlet, county))).cloned()
}

/// The region itself, then its share of the province's other counties, dealt out among the planned
/// regions of that province.
fn counties(reference: &Reference, regions: &[String], region: &str) -> Vec<String> {
    let Some(province) = region.get(..2) else {
        return vec![region.to_owned()];
    };
    let siblings: Vec<_> = regions.iter().filter(|other| other.starts_with(province)).collect();
    let own = siblings.iter().position(|other| *other == region).unwrap_or(0);
    let others = (0..10_000)
        .map(|rest| format!("{province}{rest:04}"))
        .filter(|code| !code.ends_with("00") && reference.is_current_region(code) && !siblings.contains(&code))
        .skip(own)
        .step_by(siblings.len().max(1));
    std::iter::once(region.to_owned()).chain(others).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;
    use std::sync::LazyLock;

    use super::*;

    static REFERENCE: LazyLock<Reference> =
        LazyLock::new(|| cardline::reference::tables::built_in_reference().unwrap());

    /// The vendored reference data, read once.
    pub fn reference() -> &'static Reference {
        &REFERENCE
    }

    /// All regions the vendored data has points for.
    pub fn regions() -> Vec<String> {
        ["110101", "110102", "522634", "622926"].map(str::to_owned).to_vec()
    }

    #[test]
    fn no_two_places_share_a_county() {
        let places = places(reference(), &regions()).unwrap();
        let counties: Vec<_> = places.iter().flat_map(|place| &place.counties).collect();
        assert_eq!(counties.iter().collect::<BTreeSet<_>>().len(), counties.len());
        assert!(places.iter().all(|place| place.counties.first() == Some(&place.region) && place.counties.len() >= 8));
        assert!(places.iter().all(|place| !place.centres.is_empty()));
    }

    #[test]
    fn a_region_nobody_can_live_in_is_named() {
        let reference = reference();
        let error = |region: &str| places(reference, &[region.to_owned()]).unwrap_err();
        assert_eq!(error("999999"), GroundError::Region("999999".into()));
        assert_eq!(error("310101"), GroundError::NoHomes("310101".into()));
        assert_eq!(places(reference, &[]).unwrap_err(), GroundError::NoRegions);
    }
}
