use jiff::civil::date;

use super::*;

const DAY: Date = date(2026, 11, 20);

fn refused(text: &str) -> String {
    Policy::load(text).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn a_region_overrides_single_keys() {
    let policy = Policy::built_in().unwrap();
    assert_eq!(policy.of("110101", DAY).window_working_days, 10);
    assert_eq!(policy.of("522634", DAY).window_working_days, 12);
    assert_eq!(policy.of("522634", DAY).promise_days, 30);
    assert_eq!(policy.of("", DAY).promise_days, 30);
}

#[test]
fn the_longest_code_counts_and_keeps_what_wider_ones_say() {
    let more = "[version.region.5226]\nremakes = 7\nroll_overs = 8\n[version.region.522634]\nroll_overs = 9\n";
    let text = BUILT_IN.replace("[version.region.522634]\n", "[version.region.52]\npromise_days = 20\n") + more;
    let policy = Policy::load(&text).unwrap();
    let keys = |region: &str| {
        let policy = policy.of(region, DAY);
        (policy.promise_days, policy.remakes, policy.roll_overs)
    };
    assert_eq!(keys("522634"), (20, 7, 9));
    assert_eq!(keys("522635"), (20, 7, 8));
    assert_eq!(keys("520101"), (20, 3, 2));
    assert_eq!(keys("530101"), (30, 3, 2));
    let version = policy.on(DAY);
    let sections = ["522634", "522635", "520101", "530101", "", "5"].map(|region| version.regions.section_of(region));
    assert_eq!(sections, ["522634", "5226", "52", "", "", ""]);
}

#[test]
fn the_version_is_that_of_the_day() {
    let second = "[[version]]\nnumber = 2\neffective = \"2027-03-01\"\n[version.default]\npromise_days = 15\n";
    let third = "[[version]]\nnumber = 3\neffective = \"2028-01-01\"\n[version.region.522634]\npromise_days = 45\n";
    let policy = Policy::load(&format!("{BUILT_IN}\n{second}\n{third}")).unwrap();
    let promised = |region, day| policy.of(region, day).promise_days;
    assert_eq!(promised("110101", date(2027, 2, 28)), 30);
    assert_eq!(promised("110101", date(2027, 3, 1)), 15);
    assert_eq!(promised("522634", date(2027, 12, 31)), 15);
    assert_eq!(promised("522634", date(2028, 1, 1)), 45);
    assert_eq!(promised("110101", date(2028, 1, 1)), 15, "a version says only what changed");
    assert_eq!(policy.of("522634", date(2028, 1, 1)).window_working_days, 12, "an override stays");
    assert_eq!(promised("110101", date(1999, 1, 1)), 30, "before the first version the first counts");
    assert_eq!(policy.on(date(2027, 12, 31)).number, 2);
}

#[test]
fn a_region_replaces_single_rows_of_the_matrix() {
    let row = "[version.region.31.documents.agent]\nholder = \"minor\"\noptional = [\"agent_id_front\"]\n";
    let policy = Policy::load(&format!("{BUILT_IN}\n{row}")).unwrap();
    let (shanghai, others) = (policy.of("310101", DAY), policy.of("320101", DAY));
    assert_eq!(shanghai.documents.rows().len(), others.documents.rows().len());
    assert_ne!(shanghai.documents, others.documents);
}

#[test]
fn a_wrong_file_is_named_by_its_place() {
    assert!(refused(&BUILT_IN.replace("roll_overs = 2", "roll_over = 2")).contains("default"));
    assert!(refused(&BUILT_IN.replace("region.522634", "region.leishan")).contains("2, 4 or 6 digits"));
    let again = "[[version]]\nnumber = 2\neffective = \"2020-01-01\"\n";
    assert!(refused(&format!("{BUILT_IN}\n{again}")).contains("version 2: expected a higher number and a later day"));
    assert!(refused("").contains("no version"));
    for (from, to) in [
        ("\"bank_counter\"]", "\"bank\"]"),
        ("\"relation_proof\"", "\"proof\""),
        ("birth_certificate or ", "birth_certificate and "),
    ] {
        assert!(BUILT_IN.contains(from), "{from}");
        assert!(refused(&BUILT_IN.replacen(from, to, 1)).contains("default"), "{to}");
    }
}

#[test]
fn within_compares_the_first_digits() {
    assert!(Within::City.holds("110101", "110102") && !Within::District.holds("110101", "110102"));
    assert!(Within::District.holds("110101001001", "110101") && !Within::District.holds("1101", "110101"));
    assert!(Within::Country.holds("", "110101") && !Within::Province.holds("110101", "520101"));
}

/// Every number of the built-in policy, put to extremes: reported with its key and range, never a panic.
#[test]
fn a_number_out_of_range_is_told_with_key_and_range() {
    for &(key, least, most) in super::RANGES {
        let line = BUILT_IN.lines().find(|line| line.starts_with(&format!("{key} = "))).unwrap();
        for number in [least, most] {
            assert!(Policy::load(&BUILT_IN.replace(line, &format!("{key} = {number}"))).is_ok(), "{key} = {number}");
        }
        for number in [least - 1, most + 1, i64::MIN, i64::MAX, 2_147_483_647] {
            let told = Policy::load_file(&BUILT_IN.replace(line, &format!("{key} = {number}")), "p.toml");
            let told = told.err().unwrap().to_string();
            assert!(told.starts_with("p.toml: ") && told.contains(key), "{told}");
            assert!(told.contains(&format!("from {least} to {most}")), "{told}");
        }
        for number in ["1.5", "-0.0", "nan", "\"7\""] {
            assert!(Policy::load(&BUILT_IN.replace(line, &format!("{key} = {number}"))).is_err(), "{key} = {number}");
        }
    }
    for number in [0, -1, 10_000, i64::MAX] {
        let told = Policy::load_file(&BUILT_IN.replacen("number = 1", &format!("number = {number}"), 1), "p.toml");
        let told = told.err().unwrap().to_string();
        assert!(told.contains("p.toml") && told.contains("number is") && told.contains("1 to 9999"), "{told}");
    }
    let numbers = BUILT_IN.lines().filter_map(|line| line.split_once(" = ")).filter(|(_, v)| v.parse::<i64>().is_ok());
    for (key, _) in numbers.filter(|(key, _)| *key != "number") {
        assert!(super::RANGES.iter().any(|(known, ..)| *known == key), "{key} has no range");
    }
}
