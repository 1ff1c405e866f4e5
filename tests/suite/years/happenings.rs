//! What happens on which day of the years.

/// What operators meet on a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Happening {
    /// A worker ends in the middle of its round.
    HalfARound,
    /// The clock is an hour back for a while.
    ClockHourBack,
    /// The clock is three days back; an operator accepts it and it is put right.
    ClockDaysBack,
    /// The clock is two years ahead; an operator accepts it and it is put right.
    ClockYearsAhead,
    /// A file says that a point ends in a week.
    PointEnds,
    /// A point is handed on to another one by two persons, and ends.
    PointHandedOn,
    /// The calendar of the year is changed: next Wednesday but one is a holiday.
    HolidayDeclared,
}

/// The first day of a happening, and after how many days it comes again.
const SCHEDULE: [(Happening, u32, u32); 7] = [
    (Happening::HalfARound, 3, 11),
    (Happening::ClockHourBack, 7, 23),
    (Happening::ClockDaysBack, 13, 101),
    (Happening::HolidayDeclared, 15, 170),
    (Happening::PointEnds, 17, 139),
    (Happening::ClockYearsAhead, 22, 113),
    (Happening::PointHandedOn, 26, 97),
];

/// Partners away: from which day on, for how many days.
pub const AWAY: [(&str, u32, u32); 8] = [
    ("ICBC", 9, 4),
    ("BUREAU", 18, 3),
    ("ABC", 75, 10),
    ("BUREAU", 160, 12),
    ("CCB", 231, 21),
    ("ICBC", 350, 15),
    ("BUREAU", 480, 8),
    ("ABC", 601, 30),
];

/// Versions of the policy that take effect in mid-flight.
pub const POLICY_CHANGES: &str = r#"
[[version]]
number = 2
effective = "2025-01-20"

[version.default]
window_working_days = 7
unit_working_days = 4
activation_working_days = 10

[[version]]
number = 3
effective = "2025-08-01"

[version.default]
roll_overs = 1
return_working_days = 15
correction_days = 20
remakes = 2

[[version]]
number = 4
effective = "2026-03-02"

[version.default]
window_working_days = 12
roll_overs = 3
chase_working_days = 2
purge_bureau_days = 20

[version.region.110101]
transit_working_days = 5
"#;

/// What happens on a day.
pub fn happenings(n: u32) -> impl Iterator<Item = Happening> {
    let is_on = move |(_, first, every): &(Happening, u32, u32)| n >= *first && (n - first).is_multiple_of(*every);
    SCHEDULE.into_iter().filter(is_on).map(|(happening, ..)| happening)
}
