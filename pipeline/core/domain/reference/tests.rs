//! The vendored facts load, and a wrong cell is named.

use jiff::civil::date;

use super::*;

const FILES: ReferenceText<'static> = ReferenceText {
    regions: include_str!("../../../../fixtures/reference/regions.csv"),
    points: include_str!("../../../../fixtures/reference/points.csv"),
    banks: include_str!("../../../../fixtures/reference/banks.csv"),
    outlets: include_str!("../../../../fixtures/reference/outlets.csv"),
    studios: include_str!("../../../../fixtures/reference/studios.csv"),
};

fn fault(text: &ReferenceText<'_>) -> String {
    Reference::from_csv(text).err().map(|fault| fault.to_string()).unwrap_or_default()
}

#[test]
fn the_vendored_facts_load() {
    let reference = Reference::from_csv(&FILES).unwrap_or_else(|fault| panic!("{fault}"));
    assert!(reference.is_current_region("110101") && reference.was_region("110103"));
    assert!(!reference.is_current_region("110103"), "abolished in 2010");
    assert_eq!(reference.region_name("622926"), Some("东乡族自治县"));
    assert!(reference.outlet("102100000030").is_some_and(|outlet| outlet.bank == "ICBC"));
    for region in ["110101", "110102", "622926", "522634"] {
        for bank in ["ICBC", "ABC", "CCB"] {
            assert!(reference.bank(bank).is_some_and(|bank| bank.serves(region)));
            let outlets = reference.outlets().filter(|(_, outlet)| outlet.bank == bank && outlet.region == region);
            assert!(outlets.count() >= 3, "{bank} {region}");
        }
        assert!(reference.points().any(|(_, point)| point.region == region));
    }
}

#[test]
fn a_wrong_cell_is_named_by_file_line_and_column() {
    assert_eq!(
        fault(&ReferenceText { outlets: "code,bank,region,name\n102100000031,ICBC,110101,甲\n", ..FILES }),
        "outlets.csv, line 2, column code: expected twelve digits with the right check digit"
    );
    assert_eq!(
        fault(&ReferenceText { outlets: "code,bank,region,name\n102100000030,ABC,110101,甲\n", ..FILES }),
        "outlets.csv, line 2, column code: expected a class of its bank as the first three digits"
    );
    assert_eq!(
        fault(&ReferenceText { points: "code,name,region,kind\n110101001001,甲,110101,shop\n", ..FILES }),
        "points.csv, line 2, column kind: expected village, community, service_centre, employer or post"
    );
    assert_eq!(
        fault(&ReferenceText {
            regions: "code,name,level,valid_from,valid_to,current\n11010,甲,district,,,true\n",
            ..FILES
        }),
        "regions.csv, line 2, column code: expected six digits"
    );
    let twice = "code,name_zh,prefixes,regions\nICBC,甲,102,\nICBC,甲,102,\n";
    assert_eq!(
        fault(&ReferenceText { banks: twice, ..FILES }),
        "banks.csv, line 3, column code: expected a code listed once"
    );
    let ragged = "code,name_zh,prefixes,regions\nICBC\n";
    assert_eq!(
        fault(&ReferenceText { banks: ragged, ..FILES }),
        "banks.csv, line 2, column every: expected as many columns as the header"
    );
    let other = "code,name_zh\nICBC,甲\n";
    assert!(fault(&ReferenceText { banks: other, ..FILES }).starts_with("banks.csv, line 1, column every"));
}

#[test]
fn merged_and_renamed_regions_are_followed_and_split_ones_are_not() {
    let reference = Reference::from_csv(&FILES).unwrap();
    assert_eq!(reference.region_now("110101"), RegionNow::InForce("110101"));
    assert_eq!(reference.region_now("110103"), RegionNow::Followed("110101"));
    assert_eq!(reference.followed("320503"), "320508", "three districts of Suzhou became one in 2012");
    assert_eq!(reference.region_now("330104"), RegionNow::Split, "a part of it is 330114 since 2021");
    assert_eq!(reference.followed("330104"), "330104");
    assert_eq!(reference.region_now("130103"), RegionNow::Gone, "no successor is named");
    assert_eq!(reference.region_now("999999"), RegionNow::Unknown);
    assert!(
        reference
            .followed_regions()
            .all(|(old, new)| !reference.is_current_region(old) && reference.is_current_region(new))
    );
}

const REGIONS: &str = "code,name,level,valid_from,valid_to,current,successor\n";
const TOWNS: &str =
    "110101,甲,district,,,true,\n110105,乙,district,,2026-06-30,true,110101\n110106,丙,district,2026-07-01,,true,\n";

#[test]
fn a_region_is_in_force_on_its_days_and_followed_after_them() {
    let regions = format!("{REGIONS}{TOWNS}");
    let text = ReferenceText {
        regions: &regions,
        points: "code,name,region,kind\n110105001001,甲,110105,community\n",
        banks: "code,name_zh,prefixes,regions\nICBC,甲,102,110105\n",
        outlets: "code,bank,region,name\n102100000030,ICBC,110105,甲\n",
        studios: "code,name,region,address\n",
    };
    let on = |day| Reference::on(day, &text).unwrap_or_else(|fault| panic!("{fault}"));
    let (before, after) = (on(date(2026, 6, 30)), on(date(2026, 7, 1)));
    assert!(before.is_current_region("110105") && !before.is_current_region("110106"));
    assert!(!after.is_current_region("110105") && after.is_current_region("110106"));
    assert!(before.point("110105001001").is_some_and(|point| point.region == "110105"));
    assert!(after.point("110105001001").is_some_and(|point| point.region == "110101"), "a point goes with its region");
    assert!(after.outlet("102100000030").is_some_and(|outlet| outlet.region == "110101"));
    assert!(before.bank("ICBC").is_some_and(|bank| bank.serves("110105") && !bank.serves("110101")));
    assert!(after.bank("ICBC").is_some_and(|bank| bank.serves("110101")));
}

#[test]
fn what_is_closed_is_not_there_from_its_day_on() {
    let text = ReferenceText {
        points: "code,name,region,kind,closed_on\n110101001001,甲,110101,community,2026-07-01\n",
        outlets: "code,bank,region,name,closed_on\n102100000030,ICBC,110101,甲,2026-07-01\n102100000048,ABC,110101,乙,\n",
        banks: "code,name_zh,prefixes,regions,closed_on\nICBC,甲,102,,\nABC,乙,102,,2026-06-01\n",
        ..FILES
    };
    let (before, after) = (Reference::load(date(2026, 6, 30), &text), Reference::load(date(2026, 7, 1), &text));
    assert!(before.faults.is_empty() && after.faults.is_empty(), "{:?}", after.faults);
    assert!(before.reference.point("110101001001").is_some() && before.reference.outlet("102100000030").is_some());
    assert!(after.reference.point("110101001001").is_none() && after.reference.outlet("102100000030").is_none());
    assert!(before.reference.bank("ABC").is_none(), "closed in June");
    assert_eq!(before.stranded.len(), 1, "its outlet is closed with it");
}

#[test]
fn every_wrong_cell_is_told_with_its_line() {
    let regions = format!(
        "{REGIONS}{TOWNS}110107,丁,district,,,false,110199\n11,戊,district,,,true,\n110101,己,district,,,true,\n"
    );
    let text = ReferenceText {
        regions: &regions,
        points: "code,name,region,kind\n110101001001,甲,999999,community\n1,乙,110101,community\n110101001001,丙,110101,shop\n2,丁,999999,shop\n",
        ..FILES
    };
    let faults = Reference::load(date(2026, 1, 1), &text).faults;
    let told: Vec<(&str, u64, &str)> = faults.iter().map(|fault| (fault.file, fault.line, fault.column)).collect();
    let ours: Vec<_> = told.into_iter().filter(|(file, ..)| *file != "outlets" && *file != "banks").collect();
    assert_eq!(
        ours,
        [
            ("regions", 6, "code"),
            ("regions", 7, "code"),
            ("regions", 5, "successor"),
            ("points", 2, "region"),
            ("points", 3, "code"),
            ("points", 4, "code"),
            ("points", 4, "kind"),
            ("points", 5, "code"),
            ("points", 5, "kind"),
            ("points", 5, "region"),
        ]
    );
}

#[test]
fn a_point_in_a_region_that_is_gone_is_left_out_and_told() {
    let text = ReferenceText {
        points: "code,name,region,kind\n330104001001,甲,330104,community\n130103001001,乙,130103,community\n",
        ..FILES
    };
    let loading = Reference::load(date(2026, 1, 1), &text);
    assert!(loading.faults.is_empty());
    assert_eq!(loading.stranded.iter().map(|fault| fault.line).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(loading.reference.points().count(), 0);
}

#[test]
fn hours_shelves_telephone_and_streets_are_kept_as_far_as_they_are_told() {
    let head = "code,name,region,kind,closed_on,street,hours,capacity,phone,address";
    let points = format!(
        "{head}\n110101001001,甲,110101,community,,东华门街道,周一至周五 09:00-17:00,400,010-5500 1234,多福巷 1 号\n110101001002,乙,110101,community\n"
    );
    let studios = "code,name,region,address,closed_on,hours,phone\nBJ02,乙照相馆,110101,某街 2 号\nBJ01,甲照相馆,110101,某街 1 号,2026-07-01,09:00-18:00,\n";
    let text = ReferenceText { points: &points, studios, ..FILES };
    let reference = Reference::on(date(2026, 6, 30), &text).unwrap_or_else(|fault| panic!("{fault}"));
    let opening = reference.opening("110101001001").unwrap();
    assert_eq!((opening.capacity, opening.phone.as_str()), (Some(400), "010-5500 1234"));
    assert_eq!((opening.hours.as_str(), opening.address.as_str()), ("周一至周五 09:00-17:00", "多福巷 1 号"));
    assert_eq!(reference.opening("110101001002"), Some(&Opening::default()));
    assert_eq!((reference.street_name("110101001"), reference.street_name("110101002")), (Some("东华门街道"), None));
    let codes = |reference: &Reference| {
        reference.studios_of("110101").iter().map(|(code, _)| code.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(codes(&reference), ["BJ01", "BJ02"]);
    assert_eq!(reference.studio("BJ02").map(|studio| studio.opening.address.as_str()), Some("某街 2 号"));
    assert_eq!(codes(&Reference::on(date(2026, 7, 1), &text).unwrap()), ["BJ02"]);
    for (cells, column) in [
        (",,,none,", "capacity"),
        (",,,0,", "capacity"),
        (",,,1000001,", "capacity"),
        (",,,,13800138000", "phone"),
        (",,,,+86 138 0013 8000", "phone"),
        (",,,,86 138 0013 8000", "phone"),
        (",,,,call Wang", "phone"),
    ] {
        let points = format!("{head}\n110101001001,甲,110101,community,{cells}\n");
        let told = fault(&ReferenceText { points: &points, ..FILES });
        assert!(told.contains(&format!("points.csv, line 2, column {column}: expected")), "{cells}: {told}");
    }
    let long = format!("{head}\n110101001001,甲,110101,community,,,{},,\n", "时".repeat(61));
    assert!(fault(&ReferenceText { points: &long, ..FILES }).contains("column hours"));
    let long = format!("{head}\n110101001001,甲,110101,community,,,,,,{}\n", "巷".repeat(121));
    assert!(fault(&ReferenceText { points: &long, ..FILES }).contains("column address"));
    let odd = "code,name,region,address\nbj-1,甲,110101,某街\n";
    assert!(fault(&ReferenceText { studios: odd, ..FILES }).contains("studios.csv, line 2, column code"));
    let nowhere = "code,name,region,address\nBJ1,甲,999999,某街\n";
    assert!(fault(&ReferenceText { studios: nowhere, ..FILES }).contains("studios.csv, line 2, column region"));
}
