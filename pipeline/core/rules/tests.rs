//! Tests over the catalogue itself, and every rule against its two examples.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::domain::message::decode;
use crate::domain::policy::Policy;
use crate::domain::reference::{Facts, Reference, ReferenceText};

pub const EXAMPLE: &str = include_str!("../../../fixtures/rules/application.example.json");

/// Read once: every test looks things up in them.
static REFERENCE: LazyLock<Reference> = LazyLock::new(|| {
    Reference::from_csv(&ReferenceText {
        regions: include_str!("../../../fixtures/reference/regions.csv"),
        points: include_str!("../../../fixtures/reference/points.csv"),
        banks: include_str!("../../../fixtures/reference/banks.csv"),
        outlets: include_str!("../../../fixtures/reference/outlets.csv"),
        studios: include_str!("../../../fixtures/reference/studios.csv"),
    })
    .unwrap()
});

static POLICY: LazyLock<Policy> = LazyLock::new(|| Policy::built_in().unwrap());

/// The facts that come with the program, as of the day the examples are read on.
pub fn facts() -> Facts<'static> {
    Facts { reference: &REFERENCE, policy: &POLICY, today: date(2026, 11, 20) }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn findings_of(path: &str, facts: &Facts<'_>) -> Vec<Finding> {
    let text = fs::read(root().join(path)).unwrap_or_else(|fault| panic!("{path}: {fault}"));
    match decode(&text) {
        Ok(decoded) => check(&decoded.application, facts),
        Err(defect) => panic!("{path}: {defect}"),
    }
}

fn with<T>(text: &str, facts: &Facts<'_>, look: impl FnOnce(Vec<Finding>) -> T) -> T {
    match decode(text.as_bytes()) {
        Ok(decoded) => look(check(&decoded.application, facts)),
        Err(defect) => panic!("{defect}"),
    }
}

#[test]
fn codes_are_unique_sorted_and_made_of_words() {
    assert!(CATALOGUE.is_sorted_by(|one, next| one.code < next.code));
    for rule in CATALOGUE {
        let word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_uppercase());
        assert!(rule.code.split('-').all(word), "{}", rule.code);
        assert_eq!(explain(rule.code).map(|found| found.code), Some(rule.code));
    }
    assert!(explain("NONE").is_none());
}

#[test]
fn every_rule_is_documented() {
    for rule in CATALOGUE {
        for text in [rule.name, rule.what, rule.why, rule.fix, rule.source] {
            assert!(!text.is_empty() && text.trim() == text, "{}", rule.code);
        }
    }
}

/// One planted defect is one finding: nothing is reported twice, and by no other rule.
#[test]
fn every_failing_example_yields_its_rule_once_and_no_other() {
    let facts = facts();
    let mut wrong = Vec::new();
    for rule in CATALOGUE {
        let findings = findings_of(&rule.failing_example(), &facts);
        match findings.as_slice() {
            [finding] if finding.rule == rule.code && finding.severity == rule.severity => {
                assert_eq!(is_accepted(&findings), rule.severity != Severity::Error);
            }
            _ => wrong.push(format!("{}: {findings:?}", rule.code)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_passing_example_yields_nothing() {
    let facts = facts();
    let found = CATALOGUE.iter().map(|rule| (rule.code, findings_of(&rule.passing_example(), &facts)));
    let wrong: Vec<String> =
        found.filter(|(_, found)| !found.is_empty()).map(|(code, found)| format!("{code}: {found:?}")).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_folder_of_fixtures_is_a_rule() {
    for entry in fs::read_dir(root().join("fixtures/rules")).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            let name = entry.file_name().into_string().unwrap();
            assert!(explain(&name).is_some(), "{name} is no rule");
        }
    }
}

#[test]
fn the_example_of_the_contract_is_accepted() {
    with(EXAMPLE, &facts(), |findings| {
        assert!(is_accepted(&findings), "{findings:?}");
        assert!(findings.iter().all(|finding| finding.rule == "DOCUMENT-EMPTY"));
    });
}

#[test]
fn all_findings_are_given_and_none_shows_a_value() {
    let wrong = EXAMPLE
        .replace(concat!("110101", "20181120", "3214"), concat!("110101", "20181120", "3215"))
        .replace(concat!("110101", "19850307", "2238"), concat!("110101", "19850307", "2239"))
        .replace("测试·样例", "测试\u{FFFD}样例")
        .replace(concat!("138", "00000000"), concat!("238", "00000000"))
        .replace("\"sex\": \"1\"", "\"sex\": \"7\"");
    with(&wrong, &facts(), |findings| {
        let errors: Vec<&str> =
            findings.iter().filter(|finding| finding.severity == Severity::Error).map(|finding| finding.rule).collect();
        assert_eq!(
            errors,
            [
                "AGENT-ID-NUMBER",
                "AGENT-MOBILE",
                "AGENT-SEX",
                "ID-CHECKSUM",
                "MOBILE-FORM",
                "NAME-CHARACTER",
                "SEX-CODE"
            ]
        );
        for finding in &findings {
            for value in ["1101012018", "1101011985", "测试", "2380000"] {
                assert!(!finding.message.contains(value) && !finding.field.contains(value));
            }
        }
    });
}

#[test]
fn a_failing_number_is_named_by_its_field() {
    let facts = facts();
    for rule in CATALOGUE.iter().filter(|rule| rule.code.starts_with("ID-")) {
        for finding in findings_of(&rule.failing_example(), &facts) {
            assert_eq!(finding.field, "holder.id_number");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn many_at_once_are_found_as_one_by_one(picks in prop::collection::vec(0..CATALOGUE.len(), 0..40)) {
        let facts = facts();
        let texts: Vec<String> = picks
            .iter()
            .map(|pick| fs::read_to_string(root().join(CATALOGUE[*pick].failing_example())).unwrap())
            .collect();
        let applications: Vec<_> = texts
            .iter()
            .filter_map(|text| decode(text.as_bytes()).ok())
            .map(|decoded| decoded.application)
            .collect();
        prop_assert_eq!(applications.len(), picks.len());
        let one_by_one: Vec<_> = applications.iter().map(|application| check(application, &facts)).collect();
        prop_assert_eq!(check_all(&applications, &facts), one_by_one);
    }

    #[test]
    fn a_corrupted_byte_never_panics(changes in prop::collection::vec((0..EXAMPLE.len(), any::<u8>()), 200)) {
        let reference = Reference::default();
        let facts = Facts { reference: &reference, ..facts() };
        for (place, byte) in changes {
            let mut message = EXAMPLE.as_bytes().to_vec();
            message[place] = byte;
            if let Ok(decoded) = decode(&message) {
                check(&decoded.application, &facts);
            }
        }
    }

    #[test]
    fn any_text_in_any_member_never_panics(text in "\\PC{0,30}", pick in any::<prop::sample::Index>()) {
        let mut json: serde_json::Value = serde_json::from_str(EXAMPLE).unwrap();
        let mut members: Vec<String> = Vec::new();
        for (key, value) in json.as_object().unwrap() {
            match value {
                serde_json::Value::String(_) => members.push(format!("/{key}")),
                serde_json::Value::Object(inner) => members.extend(inner.keys().map(|name| format!("/{key}/{name}"))),
                _ => {}
            }
        }
        let member = &members[pick.index(members.len())];
        *json.pointer_mut(member).unwrap() = text.into();
        if let Ok(decoded) = decode(json.to_string().as_bytes()) {
            check(&decoded.application, &facts());
        }
    }
}
