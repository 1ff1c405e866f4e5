//! The whole generator against the vendored reference data.

use std::collections::{BTreeMap, BTreeSet};

use cardline_core::domain::application::{Application, Kind};
use cardline_core::domain::policy::Policy;
use cardline_core::domain::reference::{Facts, Reference};
use cardline_core::domain::{card_number, identity_number, name};
use cardline_core::rules::{self, Severity};
use jiff::civil::{Date, date};

use super::applications::{KindChoice, Plan, application, corrected, defective};
use super::defects::DEFECTS;
use super::ground::tests::{reference, regions};
use super::mishaps::{MISHAPS, Mishap, mishap};
use super::writing::{Stretch, application_of, opening_stock, write_ndjson};

const FIRST_DAY: Date = date(2026, 1, 5);

fn plan(seed: u64, defect_percent: u32) -> Plan {
    Plan::new(seed, defect_percent, &regions(), FIRST_DAY, &reference(), 3).unwrap()
}

fn days() -> Vec<Date> {
    (0..5).map(|n| FIRST_DAY.saturating_add(jiff::Span::new().days(n))).collect()
}

fn written(seed: u64, defect_percent: u32, count: u64) -> (String, String) {
    let (mut out, mut expected) = (Vec::new(), Vec::new());
    let days = days();
    let stretch = Stretch { first: 1, count, days: &days, following_percent: 15 };
    write_ndjson(&mut out, &mut expected, &plan(seed, defect_percent), &stretch).unwrap();
    (String::from_utf8(out).unwrap(), String::from_utf8(expected).unwrap())
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    assert_eq!(written(5, 10, 300), written(5, 10, 300));
    assert_ne!(written(5, 10, 300).0, written(6, 10, 300).0);
}

#[test]
fn expected_lists_exactly_the_planted() {
    let (out, expected) = written(5, 20, 1000);
    let expected: BTreeMap<String, Vec<String>> = serde_json::from_str(&expected).unwrap();
    assert!((120..220).contains(&expected.len()), "{}", expected.len());
    let ids: BTreeSet<_> = out
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["application_id"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(ids.len(), 1000);
    assert!(expected.keys().all(|id| ids.contains(id)));
    let (_, none) = written(5, 0, 100);
    assert_eq!(none, "{\n}\n");
}

#[test]
fn no_two_people_share_a_number_and_every_number_checks() {
    let people = plan(11, 0).people;
    let mut numbers = BTreeSet::new();
    for index in 0..20_000 {
        let person = people.person(index);
        let parsed = identity_number::parse(&person.id_number).unwrap();
        assert!(parsed.agrees_with_birth(person.birth_date));
        assert!(!name::normalise(&person.name).unwrap().normalised);
        assert!((901..=985).contains(&person.id_number[14..17].parse::<u32>().unwrap()));
        if let Some(agent) = person.agent {
            assert!(identity_number::parse(&agent.id_number).is_ok());
        }
        assert!(numbers.insert(person.id_number));
    }
}

#[test]
fn every_kind_lane_and_method_occurs() {
    let plan = plan(5, 0);
    let days = days();
    let stretch = Stretch { first: 1, count: 3000, days: &days, following_percent: 20 };
    let mut seen = BTreeSet::new();
    for offset in 0..stretch.count {
        let generated = application_of(&plan, &stretch, offset).unwrap();
        let message: Application<'_> = serde_json::from_str(&generated.json).unwrap();
        seen.insert(format!("{:?}", message.kind));
        seen.insert(format!("{:?}", message.priority));
        seen.insert(format!("{:?}", message.channel));
        seen.insert(format!("{:?}", message.pickup.method));
        seen.insert(message.bank.into_owned());
        if let Some(previous) = message.previous_card {
            assert_eq!(previous.bank == generated.bank, message.kind != Kind::BankChange);
        }
    }
    for wanted in [
        "FirstIssue",
        "Replacement",
        "Exchange",
        "BankChange",
        "AdultRenewal",
        "Normal",
        "Urgent",
        "Newborn",
        "Counter",
        "SelfService",
        "Website",
        "MiniProgramme",
        "BankOnline",
        "BankCounter",
        "JointBirth",
        "AgentAtOutlet",
        "Village",
        "Community",
        "ServiceCentre",
        "BankOutlet",
        "ICBC",
        "ABC",
        "CCB",
    ] {
        assert!(seen.contains(wanted), "{wanted}");
    }
    let stock: Vec<_> = opening_stock(&plan, &stretch).collect();
    assert!(stock.len() > 400 && stock.iter().all(|card| card_number::is_valid(&card.card_number)));
}

#[test]
fn mishaps_are_what_they_say() {
    let generated = application(&plan(5, 0), 7, FIRST_DAY, &KindChoice::FirstIssue);
    for kind in MISHAPS {
        let message = mishap(&generated, kind);
        let read = serde_json::from_str::<serde_json::Value>(&message);
        let original: serde_json::Value = serde_json::from_str(&generated.json).unwrap();
        match kind {
            Mishap::Repeat => assert_eq!(message, generated.json),
            Mishap::NotJson => assert!(read.is_err()),
            Mishap::Conflict => {
                let read = read.unwrap();
                assert!(read["event_id"] == original["event_id"] && read != original);
            }
            Mishap::WrongSchema => assert_ne!(read.unwrap()["schema"], original["schema"]),
        }
    }
}

#[test]
fn the_catalogue_of_defects_is_sound() {
    let codes: BTreeSet<_> = DEFECTS.iter().map(|defect| defect.rule).collect();
    assert_eq!(codes.len(), DEFECTS.len());
    assert!(codes.len() >= 12);
    assert!(DEFECTS.is_sorted_by_key(|defect| defect.rule));
}

/// Codes of the error findings of one message.
fn errors(json: &str, reference: &Reference) -> Vec<&'static str> {
    let message: Application<'_> = serde_json::from_str(json).unwrap();
    let facts = Facts { reference, policy: &Policy::built_in().unwrap(), today: date(2026, 6, 1) };
    let findings = rules::check(&message, &facts);
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    let codes: BTreeSet<_> = errors.map(|finding| finding.rule).collect();
    codes.into_iter().collect()
}

#[test]
fn clean_applications_have_no_errors() {
    let (plan, reference) = (plan(21, 0), reference());
    let later = FIRST_DAY.saturating_add(jiff::Span::new().days(360));
    let days = [FIRST_DAY, date(2026, 2, 28), date(2026, 4, 5), later];
    let stretch = Stretch { first: 1, count: 3200, days: &days, following_percent: 20 };
    for offset in 0..stretch.count {
        let generated = application_of(&plan, &stretch, offset).unwrap();
        assert_eq!(errors(&generated.json, &reference), [""; 0], "{}", generated.json);
    }
}

#[test]
fn every_planted_defect_yields_exactly_its_code() {
    let (plan, reference) = (plan(22, 0), reference());
    for defect in DEFECTS {
        assert!(rules::explain(defect.rule).is_some(), "{} is no rule", defect.rule);
        let mut planted = 0;
        for index in (0..2000).filter(|index| (defect.fits)(plan.people.class(*index))).take(60) {
            let generated = defective(&plan, index, FIRST_DAY, &KindChoice::FirstIssue, Some(defect));
            assert_eq!(errors(&generated.json, &reference), [defect.rule], "{}", generated.json);
            planted += 1;
        }
        assert!(planted > 0, "{} fits nobody", defect.rule);
    }
}

#[test]
fn a_correction_is_a_clean_higher_revision() {
    let (plan, reference) = (plan(23, 100), reference());
    let before = application(&plan, 1, FIRST_DAY, &KindChoice::FirstIssue);
    let after = corrected(&plan, 1, FIRST_DAY, &KindChoice::FirstIssue, 2);
    assert_eq!(errors(&before.json, &reference), before.planted);
    assert_eq!((errors(&after.json, &reference), after.application_id), (vec![], before.application_id));
}
