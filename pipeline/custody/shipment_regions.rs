//! The regions of a shipment's cards, and the area that holds them.

use std::collections::BTreeSet;

use crate::args;
use crate::store::{LedgerError, Tx};

/// The regions of a shipment's cards.
pub(crate) async fn regions_of(tx: &mut Tx, shipment: i64) -> Result<BTreeSet<String>, LedgerError> {
    let regions = tx
        .rows::<(String,)>(
            "SELECT DISTINCT a.region FROM box x JOIN made m ON m.box = x.id
             JOIN application a ON a.id = m.application WHERE x.shipment = $1",
            args![shipment],
        )
        .await?;
    Ok(regions.into_iter().map(|(region,)| region).collect())
}

/// The code of the smallest area that holds all regions: the region itself, its prefecture, its province,
/// or `000000` for the country.
pub(crate) fn smallest_area<'r>(mut regions: impl Iterator<Item = &'r str>) -> String {
    let mut area = regions.next().unwrap_or("000000").to_owned();
    for region in regions {
        let same = [6, 4, 2].into_iter().find(|n| area.get(..*n) == region.get(..*n)).unwrap_or(0);
        area = format!("{:0<6}", area.get(..same).unwrap_or_default());
    }
    area
}

#[cfg(test)]
mod tests {
    use super::smallest_area;

    #[test]
    fn the_area_of_a_run_is_the_smallest_that_holds_its_sections() {
        for (regions, expected) in [
            (&["522634"][..], "522634"),
            (&["522634", "522634"], "522634"),
            (&["522631", "522634"], "522600"),
            (&["522631", "522634", "520102"], "520000"),
            (&["110101", "522634"], "000000"),
            (&["522631", "520102", "522634"], "520000"),
        ] {
            assert_eq!(smallest_area(regions.iter().copied()), expected, "{regions:?}");
        }
    }
}
