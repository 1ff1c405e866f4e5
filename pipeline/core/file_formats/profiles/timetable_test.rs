//! The timetable as a table: what waits, when it is looked at, and what must come of it.

use jiff::Timestamp;
use jiff::civil::date;

use super::timetable::{Because, Timetable, Until, Waiting};
use crate::domain::calendar::Calendar;
use crate::file_formats::sample;

const YEAR_2025: &str = include_str!("../../../../fixtures/reference/holidays-2025.csv");
const YEAR_2026: &str = include_str!("../../../../fixtures/reference/holidays-2026.csv");

/// The sample bank: cut-off 16:30, two working days, 500 cards.
fn timetable(changes: &[(&str, &str)]) -> Timetable {
    let text = changes.iter().fold(sample::PROFILE.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    });
    let profile = crate::file_formats::Profile::load(&text, "TEST.toml").unwrap_or_else(|fault| panic!("{fault}"));
    Timetable::of(&profile, &Calendar::from_csv(&[(2025, YEAR_2025), (2026, YEAR_2026)]).unwrap())
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// `cards` of a lane; the oldest began to wait on a day, and is here since nine in the morning of it.
fn waiting(of: &Timetable, lane: &str, cards: i64, began: (i16, i8, i8)) -> Waiting {
    let began = date(began.0, began.1, began.2);
    let since = at(&format!("{began}T09:00:00+08:00"));
    Waiting { lane: lane.into(), cards, ripe_on: of.ripe_after(began), since }
}

/// Lane, cards, the day the oldest began to wait, the instant, what must come of it.
type Row = (&'static str, i64, (i16, i8, i8), &'static str, Result<Because, Until>);

fn hold(of: &Timetable, rows: &[Row]) {
    for (lane, cards, began, now, expected) in rows {
        let found = of.look(&waiting(of, lane, *cards, *began), at(now));
        assert_eq!(found, *expected, "{cards} {lane} cards since {began:?}, looked at {now}");
    }
}

#[test]
fn size_age_lane_and_time_of_day_decide() {
    let rows: &[Row] = &[
        // Wednesday the 7th is the second working day after Monday the 5th.
        ("normal", 3, (2026, 1, 5), "2026-01-07T16:29:59+08:00", Err(Until::CutOff)),
        ("normal", 3, (2026, 1, 5), "2026-01-07T16:30:00+08:00", Ok(Because::CutOff)),
        ("normal", 3, (2026, 1, 5), "2026-01-06T16:30:00+08:00", Err(Until::Age)),
        ("normal", 499, (2026, 1, 5), "2026-01-05T10:00:00+08:00", Err(Until::Age)),
        ("normal", 500, (2026, 1, 5), "2026-01-05T10:00:00+08:00", Ok(Because::Enough)),
        ("urgent", 1, (2026, 1, 5), "2026-01-05T10:00:00+08:00", Ok(Because::AtOnce)),
        ("newborn", 1, (2026, 1, 5), "2026-01-05T10:00:00+08:00", Ok(Because::AtOnce)),
        // What is overdue is cut at the next cut-off, not before.
        ("normal", 3, (2025, 12, 1), "2026-01-07T09:00:00+08:00", Err(Until::CutOff)),
    ];
    hold(&timetable(&[]), rows);
}

#[test]
fn weekends_adjusted_weekends_and_holidays_count_as_they_do_in_the_country() {
    let rows: &[Row] = &[
        // A Saturday; nothing is cut, however full or urgent.
        ("normal", 900, (2026, 1, 5), "2026-01-10T16:30:00+08:00", Err(Until::WorkingDay)),
        ("urgent", 1, (2026, 1, 5), "2026-01-10T16:30:00+08:00", Err(Until::WorkingDay)),
        // Sunday the 4th was worked for New Year.
        ("urgent", 1, (2026, 1, 4), "2026-01-04T10:00:00+08:00", Ok(Because::AtOnce)),
        // Saturday the 14th of February was worked; the 15th to the 23rd were off.
        ("normal", 3, (2026, 2, 12), "2026-02-14T16:30:00+08:00", Ok(Because::CutOff)),
        ("normal", 3, (2026, 2, 13), "2026-02-16T16:30:00+08:00", Err(Until::WorkingDay)),
        ("normal", 3, (2026, 2, 13), "2026-02-24T16:30:00+08:00", Ok(Because::CutOff)),
        ("normal", 3, (2026, 2, 14), "2026-02-24T16:30:00+08:00", Err(Until::Age)),
        ("normal", 3, (2026, 2, 14), "2026-02-25T16:30:00+08:00", Ok(Because::CutOff)),
    ];
    hold(&timetable(&[]), rows);
}

#[test]
fn a_partner_closes_on_days_of_its_own() {
    let of = timetable(&[("calendar = \"china\"", "calendar = \"china\"\nclosed_days = [\"2026-01-07\"]")]);
    let rows: &[Row] = &[
        ("urgent", 1, (2026, 1, 5), "2026-01-07T10:00:00+08:00", Err(Until::WorkingDay)),
        // The closed day is no working day of the wait either.
        ("normal", 3, (2026, 1, 5), "2026-01-08T16:30:00+08:00", Ok(Because::CutOff)),
        ("normal", 3, (2026, 1, 6), "2026-01-08T16:30:00+08:00", Err(Until::Age)),
    ];
    hold(&of, rows);
}

#[test]
fn the_day_turns_at_the_partners_midnight() {
    let last_second = "cut_off = \"23:59:59\"";
    let rows: &[Row] = &[
        ("normal", 3, (2026, 1, 7), "2026-01-09T23:59:58+08:00", Err(Until::CutOff)),
        ("normal", 3, (2026, 1, 7), "2026-01-09T23:59:59+08:00", Ok(Because::CutOff)),
        // One second later it is Saturday.
        ("normal", 3, (2026, 1, 7), "2026-01-10T00:00:00+08:00", Err(Until::WorkingDay)),
    ];
    hold(&timetable(&[("cut_off = \"16:30\"", last_second)]), rows);
    let rows: &[Row] = &[
        // Urumqi's clocks are two hours behind: its Friday lasts until two in the morning of Saturday here.
        ("normal", 3, (2026, 1, 7), "2026-01-10T01:59:58+08:00", Err(Until::CutOff)),
        ("normal", 3, (2026, 1, 7), "2026-01-10T01:59:59+08:00", Ok(Because::CutOff)),
        ("normal", 3, (2026, 1, 7), "2026-01-10T02:00:00+08:00", Err(Until::WorkingDay)),
        // And its Monday begins at two in the morning of Monday here.
        ("urgent", 1, (2026, 1, 9), "2026-01-12T01:59:59+08:00", Err(Until::WorkingDay)),
        ("urgent", 1, (2026, 1, 9), "2026-01-12T02:00:00+08:00", Ok(Because::AtOnce)),
    ];
    let urumqi = ("Asia/Shanghai", "Asia/Urumqi");
    hold(&timetable(&[urumqi, ("cut_off = \"16:30\"", last_second)]), rows);
    let rows: &[Row] = &[
        ("normal", 3, (2026, 1, 7), "2026-01-09T00:00:00+08:00", Ok(Because::CutOff)),
        ("normal", 3, (2026, 1, 7), "2026-01-08T23:59:59+08:00", Err(Until::Age)),
    ];
    hold(&timetable(&[("cut_off = \"16:30\"", "cut_off = \"00:00:00\"")]), rows);
}

#[test]
fn hours_bound_everything_that_does_not_wait_for_a_time() {
    let hours = ("cut_off = \"16:30\"", "cut_off = \"16:30\", opens = \"08:30\", closes = \"17:00\"");
    let rows: &[Row] = &[
        ("urgent", 1, (2026, 1, 5), "2026-01-06T08:29:59+08:00", Err(Until::Hours)),
        ("urgent", 1, (2026, 1, 5), "2026-01-06T08:30:00+08:00", Ok(Because::AtOnce)),
        ("normal", 900, (2026, 1, 5), "2026-01-06T16:59:59+08:00", Ok(Because::Enough)),
        ("normal", 900, (2026, 1, 5), "2026-01-06T17:00:00+08:00", Err(Until::Hours)),
    ];
    hold(&timetable(&[hours]), rows);
}

#[test]
fn a_lane_with_times_waits_for_its_next_one() {
    let of = timetable(&[("cut_off = \"16:30\"", "cut_off = \"16:30\", urgent = [\"08:00\", \"14:00\"]")]);
    let rows: &[Row] = &[
        // Here since nine: eight had passed.
        ("urgent", 1, (2026, 1, 5), "2026-01-05T13:59:59+08:00", Err(Until::LaneTime)),
        ("urgent", 1, (2026, 1, 5), "2026-01-05T14:00:00+08:00", Ok(Because::LaneTime)),
        ("urgent", 1, (2026, 1, 5), "2026-01-06T07:59:59+08:00", Err(Until::LaneTime)),
        ("urgent", 1, (2026, 1, 5), "2026-01-06T08:00:00+08:00", Ok(Because::LaneTime)),
        ("urgent", 500, (2026, 1, 5), "2026-01-05T10:00:00+08:00", Ok(Because::Enough)),
        ("newborn", 1, (2026, 1, 5), "2026-01-05T10:00:00+08:00", Ok(Because::AtOnce)),
    ];
    hold(&of, rows);
    let next: Vec<String> =
        of.next_cuts("urgent", at("2026-01-09T08:00:00+08:00"), 3).iter().map(ToString::to_string).collect();
    assert_eq!(next, ["2026-01-09T06:00:00Z", "2026-01-12T00:00:00Z", "2026-01-12T06:00:00Z"]);
}

#[test]
fn enough_may_be_less_than_full() {
    let of = timetable(&[("max_cards = 500", "max_cards = 500, enough_cards = 40")]);
    let rows: &[Row] = &[
        ("normal", 39, (2026, 1, 5), "2026-01-05T10:00:00+08:00", Err(Until::Age)),
        ("normal", 40, (2026, 1, 5), "2026-01-05T10:00:00+08:00", Ok(Because::Enough)),
    ];
    hold(&of, rows);
}

#[test]
fn a_year_without_a_calendar_is_monday_to_friday_and_says_so() {
    let of = timetable(&[]);
    let rows: &[Row] = &[
        ("urgent", 1, (2026, 12, 31), "2027-01-01T10:00:00+08:00", Ok(Because::AtOnce)),
        ("urgent", 1, (2026, 12, 31), "2027-01-02T10:00:00+08:00", Err(Until::WorkingDay)),
    ];
    hold(&of, rows);
    assert!(of.is_provisional(date(2027, 1, 1)) && !of.is_provisional(date(2026, 12, 31)));
    let next: Vec<String> =
        of.next_cuts("normal", at("2026-12-31T17:00:00+08:00"), 2).iter().map(ToString::to_string).collect();
    assert_eq!(next, ["2027-01-01T08:30:00Z", "2027-01-04T08:30:00Z"]);
}

#[test]
fn the_next_cuts_leave_days_off_out_and_the_first_one_waits_for_age() {
    let of = timetable(&[]);
    let next: Vec<String> =
        of.next_cuts("normal", at("2026-02-13T16:30:00+08:00"), 5).iter().map(ToString::to_string).collect();
    let days = ["14", "24", "25", "26", "27"].map(|day| format!("2026-02-{day}T08:30:00Z"));
    assert_eq!(next, days);
    let young = waiting(&of, "normal", 3, (2026, 2, 13));
    assert_eq!(of.first_cut(&young, at("2026-02-13T10:00:00+08:00")), Some(at("2026-02-24T16:30:00+08:00")));
    let full = waiting(&of, "normal", 500, (2026, 2, 14));
    assert_eq!(of.first_cut(&full, at("2026-02-15T10:00:00+08:00")), Some(at("2026-02-24T00:00:00+08:00")));
}

#[test]
fn what_has_a_deadline_is_gathered_until_a_week_of_work_before_it() {
    let of = timetable(&[]);
    assert_eq!(of.ripe_before(date(2026, 1, 12)), date(2026, 1, 5));
    // A deadline on a day off.
    assert_eq!(of.ripe_before(date(2026, 1, 11)), date(2026, 1, 5));
    assert_eq!(of.ripe_before(date(2026, 2, 24)), date(2026, 2, 10));
}
