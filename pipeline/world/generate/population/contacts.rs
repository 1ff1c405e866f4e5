//! How synthetic people are reached: telephones that belong to their index, and addresses.

use rand::RngExt;

use super::ground::Home;
use crate::generate::streams::Rng;

/// A mobile number that belongs to the index; the digits after the first two are its own.
pub(crate) fn mobile(rng: &mut Rng, index: u64) -> String {
    let second = rng.random_range(3..10u32);
    format!("1{second}{:09}", index % 1_000_000_000)
}

/// A landline of the region's area code.
pub(crate) fn landline(region: &str, index: u64) -> String {
    let area_code = match region.get(..2) {
        Some("52") => "0855",
        Some("62") => "0930",
        _ => "010",
    };
    format!("{area_code}-6{:07}", index % 10_000_000)
}

/// District, community and house, at most 60 bytes of GB18030.
pub(crate) fn address_detail(rng: &mut Rng, home: &Home) -> String {
    let house = rng.random_range(1..400u32);
    let name = ["居民委员会", "村民委员会", "居委会", "村委会"]
        .iter()
        .find_map(|ending| home.name.strip_suffix(ending))
        .unwrap_or(&home.name);
    let kind = if home.is_village && !name.ends_with('村') { "村" } else { "" };
    let fits = |text: &str| text.chars().count() <= 28;
    let whole = format!("{}{name}{kind}{house}号", home.district);
    if fits(&whole) { whole } else { format!("{}{house}号", home.district) }
}
