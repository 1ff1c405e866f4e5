//! Every lint of a profile has a failing example here; the sample is the passing one of them all.

use std::collections::BTreeSet;

use crate::file_formats::{LINTS, Profile, sample};

/// What is changed in the sample, and the lint that finds it.
const EXAMPLES: &[(&str, &str, &str)] = &[
    ("account-request = 2", "account-request = 0", "PROFILE-ANSWER"),
    ("{ account-request = 2 }", "{ }", "PROFILE-ANSWER"),
    ("max_cards = 500", "max_cards = 50001", "PROFILE-BATCH"),
    ("max_cards = 500", "max_cards = 500, enough_cards = 501", "PROFILE-BATCH"),
    ("\"16:30\"", "\"16:30\", closes = \"16:30\"", "PROFILE-BATCH"),
    ("\"16:30\"", "\"16:30\", urgent = [\"14:00\", \"10:00\"]", "PROFILE-BATCH"),
    ("\"16:30\"", "\"16:30\", capacity_per_day = 10", "PROFILE-BATCH"),
    ("[\"102\"]", "[]", "PROFILE-CNAPS"),
    ("[\"102\"]", "[\"102\", \"102\"]", "PROFILE-CNAPS"),
    ("[\"102\"]", "[\"1O2\"]", "PROFILE-CNAPS"),
    ("taiwan_residence = \"03\"\n", "", "PROFILE-CODES"),
    ("taiwan_residence", "taiwan", "PROFILE-CODES"),
    ("\"9999\" = { reason = \"timeout\", class = \"unknown\" }\n", "", "PROFILE-CODES"),
    ("\"timeout\", class = \"unknown\"", "\"timeout\", class = \"final\"", "PROFILE-CODES"),
    ("\"blocked\", class = \"final\"", "\"blocked\", class = \"opened\"", "PROFILE-CODES"),
    ("resident_id = \"00\"", "resident_id = \"000\"", "PROFILE-CODES-CELL"),
    ("resident_id = \"00\"", "resident_id = \"0|\"", "PROFILE-CODES-CELL"),
    ("resident_id = \"00\"", "resident_id = \"01\"", "PROFILE-CODES-REPEAT"),
    ("codes = \"validity\"", "codes = \"valid\"", "PROFILE-COLUMN-CODES"),
    ("codes = \"account_answer\", ", "", "PROFILE-COLUMN-CODES"),
    ("{ field = \"task\" }", "{ field = \"task\", constant = \"a|b\" }", "PROFILE-COLUMN-CONSTANT"),
    ("  { field = \"task\" },\n", "", "PROFILE-COLUMN-MISSING"),
    ("{ field = \"birth_date\"", "{ field = \"name\"", "PROFILE-COLUMN-TWICE"),
    ("{ field = \"task\" }", "{ field = \"task\", name = \"姓名\" }", "PROFILE-COLUMN-TWICE"),
    ("{ field = \"birth_date\"", "{ field = \"birthdate\"", "PROFILE-COLUMN-UNKNOWN"),
    ("max_bytes = 60", "max_bytes = 0", "PROFILE-COLUMN-WIDTH"),
    ("max_bytes = 60", "width = 60", "PROFILE-COLUMN-WIDTH"),
    ("layout = \"delimited\"", "layout = \"fixed\"", "PROFILE-COLUMN-WIDTH"),
    ("max_bytes = 18", "zero_padded = true", "PROFILE-COLUMN-WIDTH"),
    ("field = \"count\", class = \"digits\"", "field = \"total\"", "PROFILE-CONTROL"),
    ("layout = \"delimited\"", "layout = \"delimited\"\ndelimiter = \"-\"", "PROFILE-DELIMITER"),
    ("layout = \"delimited\"", "layout = \"delimited\"\ndelimiter = \"~\"", "PROFILE-DELIMITER"),
    ("layout = \"delimited\"", "layout = \"delimited\"\ndelimiter = \"·\"", "PROFILE-DELIMITER"),
    ("us = \"PROVINCE1\"", "us = \"TEST\"", "PROFILE-ENVELOPE"),
    ("us = \"PROVINCE1\"", "us = \"the province\"", "PROFILE-ENVELOPE"),
    ("direction = \"out\"", "direction = \"in\"", "PROFILE-FILE-KIND"),
    ("kind = \"bank\"", "kind = \"bureau\"", "PROFILE-FILE-KIND"),
    ("kind = \"account-result\"", "kind = \"account-request\"", "PROFILE-FILE-TWICE"),
    ("code = \"TEST\"", "code = \"te/st\"", "PROFILE-IDENTITY"),
    ("version = 1", "version = 0", "PROFILE-IDENTITY"),
    ("Asia/Shanghai", "Shanghai", "PROFILE-IDENTITY"),
    ("Asia/Shanghai", "Asia/Shangri-La", "PROFILE-IDENTITY"),
    ("\"china\"", "\"china\"\nclosed_days = [\"2026-05-06\", \"2026-05-06\"]", "PROFILE-IDENTITY"),
    ("layout = \"delimited\"", "layout = \"xml\"", "PROFILE-LAYOUT"),
    ("layout = \"delimited\"", "layout = \"package\"", "PROFILE-LAYOUT"),
    ("_{sequence:06}", "", "PROFILE-NAME"),
    ("_{sequence:06}", "_{sequence}", "PROFILE-NAME"),
    ("_{sequence:06}", "/{sequence:06}", "PROFILE-NAME"),
    ("_{sequence:06}", "_{sequence:06", "PROFILE-NAME"),
    ("{partner}_{region}_", "{partner}_R_", "PROFILE-NAME"),
    ("\".ok\"", "\".part\"", "PROFILE-NAME"),
    ("[\"110101\"]", "[\"11010\"]", "PROFILE-REGION"),
    ("[\"110101\"]", "[\"110101\", \"110101\"]", "PROFILE-REGION"),
    ("host = \"sftp.bank.test\"", "host = \"cardline@sftp.bank.test\"", "PROFILE-TRANSPORT"),
    ("user = \"cardline\"", "user = \"\"", "PROFILE-TRANSPORT"),
    ("sftp.bank.test ssh-ed25519 ", "", "PROFILE-TRANSPORT"),
    ("ssh-ed25519", "ssh-dss", "PROFILE-TRANSPORT"),
    ("key_file = \"icbc.key\"\n", "", "PROFILE-TRANSPORT"),
    ("\"icbc.key\"", "\"$a secret\"", "PROFILE-TRANSPORT"),
    ("from = \"/out\"", "from = \"/in/\"", "PROFILE-TRANSPORT"),
    ("from = \"/out\"", "from = \"/out/../in\"", "PROFILE-TRANSPORT"),
    ("from = \"/out\"", "from = \"/out\"\ntimeout_seconds = 1", "PROFILE-TRANSPORT"),
];

#[test]
fn every_example_is_found_by_its_lint() {
    for (from, to, code) in EXAMPLES {
        assert!(sample::PROFILE.contains(from), "{from}");
        let text = sample::PROFILE.replacen(from, to, 1);
        let fault = Profile::load(&text, "TEST.toml").err();
        let fault = fault.unwrap_or_else(|| panic!("{from} → {to} is taken"));
        let mut codes = fault.defects.iter().map(|defect| defect.code);
        assert!(codes.any(|found| found == *code), "{from} → {to}: {fault}");
    }
}

#[test]
fn lints_are_sorted_unique_and_each_has_an_example() {
    assert!(LINTS.is_sorted_by(|a, b| a.code < b.code));
    let listed: BTreeSet<_> = LINTS.iter().map(|lint| lint.code).collect();
    let shown: BTreeSet<_> = EXAMPLES.iter().map(|(_, _, code)| *code).collect();
    assert_eq!(listed, shown);
    assert!(LINTS.iter().all(|lint| !lint.says.is_empty()));
}

#[test]
fn a_defect_names_file_line_kind_and_column() {
    let text = sample::PROFILE.replacen("max_bytes = 60", "max_bytes = 0", 1);
    let fault = Profile::load(&text, "TEST.toml").err().unwrap();
    let line = text.lines().position(|line| line.contains("max_bytes = 0")).unwrap() + 1;
    let start = format!("TEST.toml:{line}, file account-request, column name: PROFILE-COLUMN-WIDTH");
    assert!(fault.to_string().contains(&start), "{fault}");
}

#[test]
fn a_field_that_is_not_a_profiles_is_refused() {
    for (from, to) in [
        ("version = 1", "version = 1\nversions = 2"),
        ("direction = \"out\"", "direction = \"out\"\nway = \"x\""),
        ("{ field = \"task\" }", "{ field = \"task\", lenght = 3 }"),
        ("[codes.validity]", "[codes.validities]"),
        ("charset = \"gb18030\"", "charset = \"gbk\""),
    ] {
        let fault = Profile::load(&sample::PROFILE.replacen(from, to, 1), "TEST.toml").err().unwrap();
        assert_eq!(fault.defects[0].code, "PROFILE-TOML");
        assert!(fault.defects[0].line.is_some(), "{fault}");
    }
}
