//! Time: instants are UTC, deadlines are local dates. No clock is read here; instants are handed in.

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

/// Asia/Shanghai has been UTC+8 without change since 1991; no date of this system lies before.
fn shanghai() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

/// The instant as wall-clock time in Asia/Shanghai.
pub fn local(at: Timestamp) -> Zoned {
    at.to_zoned(shanghai())
}

/// The local date of an instant.
pub fn local_date(at: Timestamp) -> Date {
    local(at).date()
}

/// The instant of a local date and time of day.
pub fn instant(date: Date, hour: i8, minute: i8) -> Timestamp {
    date.at(hour, minute, 0, 0).to_zoned(shanghai()).map(|z| z.timestamp()).unwrap_or_default()
}

/// RFC 3339 with the local offset, as the command line prints instants.
pub fn rfc3339(at: Timestamp) -> String {
    local(at).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// The same of an instant as tables keep it, in microseconds since 1970 UTC.
pub fn rfc3339_stored(micros: i64) -> String {
    rfc3339(Timestamp::from_microsecond(micros).unwrap_or_default())
}

/// Seconds to rest after so many failures in a row: 2, 4, 8 …, at most `most`.
pub fn rest_seconds(failures: u32, most: u64) -> u64 {
    1_u64.checked_shl(failures.min(16)).unwrap_or(most).min(most)
}

#[cfg(test)]
mod tests {
    use super::rest_seconds;

    #[test]
    fn rests_are_longer_each_time_up_to_a_bound() {
        let rests: Vec<u64> = (1..20).map(|failures| rest_seconds(failures, 300)).collect();
        assert_eq!(rests[..4], [2, 4, 8, 16]);
        assert!(rests[8..].iter().all(|seconds| *seconds == 300));
        assert_eq!(rest_seconds(u32::MAX, 300), 300);
    }
}
