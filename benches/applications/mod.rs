//! Generated applications for benches.

use cardline_core::domain::reference::Reference;
use cardline_world::generate::plan::Plan;
use cardline_world::generate::writing::{Stretch, application_of};
use cardline_world::play::FIRST_DAY;

/// Pictures the applications share.
const PHOTOS: u32 = 36;

/// Whom the applications are of, and their pictures.
pub fn plan(reference: &Reference, defect_percent: u32) -> Plan {
    let regions = ["110101", "110102", "522634", "622926"].map(str::to_owned);
    Plan::new(1, defect_percent, &regions, FIRST_DAY, reference, PHOTOS).expect("plan")
}

/// Applications of four districts, approved on one day.
pub fn messages(reference: &Reference, count: u64, defect_percent: u32) -> Vec<Vec<u8>> {
    let plan = plan(reference, defect_percent);
    let stretch = Stretch { first: 0, count, days: &[FIRST_DAY], following_percent: 0 };
    (0..count).filter_map(|n| application_of(&plan, &stretch, n)).map(|g| g.json.into_bytes()).collect()
}
