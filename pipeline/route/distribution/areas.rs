//! Where a point lies: the digits of its areas, and what they are called.
//!
//! An area's code has 2 digits of the province, 4 of the city, 6 of the district, 9 of the street and 12 of the point.
//! An outlet of a bank lies in a district and in no street.

use cardline_core::domain::reference::Reference;

/// How many digits the areas of each level have.
pub(crate) const LEVELS: [usize; 5] = [2, 4, 6, 9, 12];
const DISTRICT: usize = 6;
pub(super) const STREET: usize = 9;

/// The digits of where a point lies: an outlet's own digits are no area's, and those of a point whose district was merged
/// or renamed are of an area that is no more. One that has closed since lies where its cards are from.
pub(crate) fn digits_of<'f>(code: &'f str, region: &'f str, reference: &'f Reference) -> &'f str {
    match (reference.point(code), reference.outlet(code)) {
        (Some(point), _) if !code.starts_with(&point.region) => &point.region,
        (Some(_), _) => code,
        (None, Some(outlet)) => &outlet.region,
        (None, None) => region,
    }
}

pub(crate) fn name_of(area: &str, is_point: bool, reference: &Reference) -> String {
    let district =
        || reference.region_name(&format!("{:0<DISTRICT$}", area.get(..DISTRICT).unwrap_or(area))).map(str::to_owned);
    // A street that no list told is called by its district.
    let name = match area.len() {
        _ if is_point => reference.collected_at(area).map(|(name, _)| name.to_owned()),
        STREET => reference.street_name(area).map(str::to_owned).or_else(district),
        _ => district(),
    };
    name.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use cardline_core::domain::reference::{Reference, ReferenceText};

    use super::digits_of;

    #[test]
    fn a_point_lies_in_its_district_whatever_its_code_begins_with() {
        let text = ReferenceText {
            regions: include_str!("../../../fixtures/reference/regions.csv"),
            points: "code,name,region,kind\n110101001001,one,110101,community\n110103001001,two,110101,community\n",
            banks: include_str!("../../../fixtures/reference/banks.csv"),
            outlets: include_str!("../../../fixtures/reference/outlets.csv"),
            studios: include_str!("../../../fixtures/reference/studios.csv"),
        };
        let reference = Reference::from_csv(&text).unwrap();
        assert_eq!(digits_of("110101001001", "522634", &reference), "110101001001");
        assert_eq!(digits_of("110103001001", "522634", &reference), "110101", "its district was merged");
        assert_eq!(digits_of("110103001009", "522634", &reference), "522634", "it has closed");
    }
}
