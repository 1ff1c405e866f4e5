//! The whole generator against the vendored reference data.

use std::collections::{BTreeMap, BTreeSet};

use cardline::route::intake::rule_texts::LEDGER_RULE_TEXTS;
use cardline_core::domain::application::{Application, DocumentKind, IdType, Kind};
use cardline_core::domain::message::decode;
use cardline_core::domain::policy::Policy;
use cardline_core::domain::reference::{Facts, Reference};
use cardline_core::domain::{card_number, identity_number, name, pan};
use cardline_core::rules::{self, Severity};
use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::applications::{Generated, application, corrected, defective};
use super::defects::{Defect, EXCEPTIONS, FAMILIES, LEDGER_FAMILIES, SECOND_OF_PERSON};
use super::ground::tests::{reference, regions};
use super::plan::{KindChoice, Plan, Rates};
use super::profile::{MIXED, PROFILES, Profile};
use super::writing::{Files, Stretch, application_of, choice, opening_stock, write};

pub(super) const FIRST_DAY: Date = date(2026, 1, 5);

pub(super) fn plan(seed: u64, defect_percent: u32) -> Plan {
    plan_of(&MIXED, seed, Rates { defects: defect_percent, ..Rates::default() })
}

fn plan_of(profile: &'static Profile, seed: u64, rates: Rates) -> Plan {
    Plan::of(profile, seed, rates, &regions(), FIRST_DAY, reference(), 3).unwrap()
}

fn days() -> Vec<Date> {
    (0..5).map(|n| FIRST_DAY.saturating_add(jiff::Span::new().days(n))).collect()
}

/// The three files of a stretch.
fn written(plan: &Plan, count: u64) -> [String; 3] {
    let (mut applications, mut expected, mut cards) = (Vec::new(), Vec::new(), Vec::new());
    let days = days();
    let stretch = Stretch { first: 1, count, days: &days, following_percent: plan.profile().following_percent };
    let files = Files { applications: &mut applications, expected: &mut expected, cards: &mut cards };
    write(files, plan, &stretch).unwrap();
    [applications, expected, cards].map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn policy() -> &'static Policy {
    static POLICY: std::sync::LazyLock<Policy> = std::sync::LazyLock::new(|| Policy::built_in().unwrap());
    &POLICY
}

/// Codes of everything a rule or the reader finds in one message.
fn found(json: &str, reference: &'static Reference) -> Vec<&'static str> {
    let decoded = decode(json.as_bytes()).unwrap();
    let facts = Facts { reference, policy: policy(), today: date(2027, 6, 1) };
    let mut codes: BTreeSet<_> =
        rules::check(&decoded.application, &facts).iter().map(|finding| finding.rule).collect();
    codes.extend(decoded.unknown_fields.first().map(|_| "FIELD-UNKNOWN"));
    codes.into_iter().collect()
}

fn all(families: &'static [&'static [Defect]]) -> impl Iterator<Item = &'static Defect> {
    families.iter().flat_map(|family| family.iter())
}

#[test]
fn the_same_arguments_give_the_same_bytes() {
    let rates = Rates { defects: 10, ledger_defects: 5, photo_faults: 2, mishaps: 5 };
    for profile in PROFILES {
        assert_eq!(written(&plan_of(profile, 5, rates), 300), written(&plan_of(profile, 5, rates), 300));
        assert_ne!(written(&plan_of(profile, 5, rates), 300), written(&plan_of(profile, 6, rates), 300));
    }
}

#[test]
fn expected_lists_everything_spoiled() {
    let rates = Rates { defects: 20, mishaps: 10, ..Rates::default() };
    let [out, expected, _] = written(&plan_of(&MIXED, 5, rates), 1000);
    let expected: BTreeMap<String, Vec<String>> = serde_json::from_str(&expected).unwrap();
    let (lines, ids): (Vec<_>, Vec<_>) = expected.keys().partition(|key| key.starts_with("line "));
    assert!((150..260).contains(&ids.len()), "{}", ids.len());
    assert!((50..120).contains(&lines.len()), "{}", lines.len());
    assert_eq!(out.lines().count(), 1000 + lines.len());
    let [_, none, _] = written(&plan(5, 0), 100);
    let none: BTreeMap<String, Vec<String>> = serde_json::from_str(&none).unwrap();
    assert!(none.values().all(|codes| is_a_note_on_the_name(codes)), "{none:?}");
}

/// Look-alike characters and characters of four bytes are there on purpose; each is a note only.
fn is_a_note_on_the_name(codes: &[impl AsRef<str>]) -> bool {
    matches!(codes, [code] if ["NAME-NORMALISED", "NAME-RARE"].contains(&code.as_ref()))
}

#[test]
fn no_two_people_share_a_number_and_every_number_checks() {
    for profile in PROFILES {
        let people = plan_of(profile, 11, Rates::default()).people;
        let mut numbers = BTreeSet::new();
        assert!(people.applicants() > 1_000_000, "{}: {}", profile.name, people.applicants());
        for index in (0..10_000).chain(people.applicants()..people.applicants() + 10_000) {
            let person = people.person(index);
            let parsed = identity_number::parse(&person.id_number).unwrap();
            assert!(parsed.agrees_with_birth(person.birth_date));
            assert!(!name::normalise(&person.name).unwrap().normalised);
            let old_form = person.id_number.len() == 15;
            assert!(old_form || (901..=985).contains(&person.id_number[14..17].parse::<u32>().unwrap()));
            if let Some(agent) = person.agent {
                assert!(identity_number::parse(&agent.id_number).is_ok());
            }
            assert!(numbers.insert(person.id_number), "{}: {index}", profile.name);
        }
    }
}

#[test]
fn everything_there_is_occurs() {
    let plan = plan(5, 0);
    let days = days();
    let stretch = Stretch { first: 1, count: 4000, days: &days, following_percent: 30 };
    let mut seen = BTreeSet::new();
    for offset in 0..stretch.count {
        let generated = application_of(&plan, &stretch, offset).unwrap();
        let message: Application<'_> = serde_json::from_str(&generated.json).unwrap();
        let previous = message.previous_card.as_ref();
        seen.insert(format!("{:?}", message.priority));
        seen.insert(format!("{:?}", message.channel));
        seen.insert(format!("{:?}", message.pickup.method));
        seen.insert(format!("{:?} {}", message.holder.id_type, message.holder.id_number.len()));
        seen.insert(format!("photo {:?}", message.photo.source));
        seen.insert(format!("{:?} {:?}", message.kind, previous.map(|card| card.reason)));
        seen.insert(matrix_row(&message));
        seen.insert(message.bank.clone().into_owned());
        if let Some(previous) = previous {
            assert_eq!(*previous.bank == *generated.bank, message.kind != Kind::BankChange);
        }
    }
    let wanted = "Normal,Urgent,Newborn,Counter,SelfService,Website,MiniProgramme,BankOnline,BankCounter,JointBirth,\
        AgentAtOutlet,Village,Community,ServiceCentre,BankOutlet,Employer,Mail,ICBC,ABC,CCB,\
        ResidentId 18,HouseholdBook 18,HkMacaoResidence 18,TaiwanResidence 18,ForeignPermanent 18,ForeignPermanent 15,\
        photo Upload,photo Default,photo IdPhoto,photo Studio,FirstIssue None,\
        Replacement Some(Lost),Replacement Some(Damaged),Exchange Some(Damaged),Exchange Some(Quality),\
        Exchange Some(Misprint),Exchange Some(Expired),Exchange Some(NameChanged),Exchange Some(NumberChanged),\
        Exchange Some(PhotoChanged),BankChange Some(BankChanged),AdultRenewal Some(Turned16),\
        matrix id Website,matrix id MiniProgramme,matrix id Counter,\
        matrix head Website,matrix head MiniProgramme,matrix head Counter,matrix head JointBirth,\
        matrix not head Website,matrix not head MiniProgramme,matrix not head Counter,matrix not head JointBirth";
    for wanted in wanted.split(',') {
        assert!(seen.contains(wanted.trim()), "{wanted}");
    }
}

/// Which row of the document matrix an application stands in.
fn matrix_row(message: &Application<'_>) -> String {
    let Some(agent) = &message.agent else { return "no row".into() };
    let row = match (message.holder.id_type, agent.household_head) {
        (IdType::HouseholdBook, Some(true)) => "head",
        (IdType::HouseholdBook, _) => "not head",
        _ => "id",
    };
    format!("matrix {row} {:?}", message.channel)
}

#[test]
fn what_the_matrix_leaves_open_is_sent_both_ways() {
    let plan = plan(5, 0);
    let has = |wanted: DocumentKind, class| {
        let answers = (0..400).map(|rank| {
            let json = application(&plan, plan.people.nth(class, rank), FIRST_DAY, &KindChoice::FirstIssue).json;
            let message: Application<'_> = serde_json::from_str(&json).unwrap();
            message.documents.iter().any(|document| document.kind == wanted)
        });
        answers.collect::<BTreeSet<_>>().len() == 2
    };
    use super::classes::Class::{ChildWithBook, ChildWithId};
    assert!(has(DocumentKind::RelationProof, ChildWithId));
    assert!(has(DocumentKind::HouseholdHolderChangePage, ChildWithBook));
    assert!(has(DocumentKind::HouseholdHeadChangePage, ChildWithBook));
}

#[test]
fn the_opening_stock_is_what_was_asked_for() {
    let plan = plan_of(&MIXED, 5, Rates { defects: 10, ledger_defects: 10, ..Rates::default() });
    let days = days();
    let stretch = Stretch { first: 1, count: 3000, days: &days, following_percent: 30 };
    let cards: Vec<_> = opening_stock(&plan, &stretch).collect();
    assert!(cards.len() > 800);
    let (mut numbers, mut people, mut accounts) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for card in &cards {
        assert!(card_number::is_well_formed(&card.card_number) && pan::is_valid(&card.pan));
        assert!(identity_number::parse(&card.id_number).is_ok());
        assert!(card.issued_on < FIRST_DAY);
        assert!(numbers.insert(&card.card_number) && people.insert(&card.id_number) && accounts.insert(&card.account));
    }
    let [_, _, csv] = written(&plan, 50);
    assert!(csv.starts_with("card_number,name,id_type,id_number,bank,region,outlet,account,pan,issued_on,state\n"));
}

#[test]
fn every_rule_has_a_defect_or_a_reason_why_not() {
    let planted: BTreeSet<_> =
        all(FAMILIES).chain(all(LEDGER_FAMILIES)).chain([&SECOND_OF_PERSON]).map(|defect| defect.rule).collect();
    let excepted: BTreeSet<_> = EXCEPTIONS.iter().map(|(rule, _)| *rule).collect();
    let catalogue = rules::CATALOGUE.iter().map(|rule| rule.code);
    // What stops a message from being read is a mishap; what the reader only notes is a finding.
    let noted = rules::READING.iter().filter(|text| text.severity != Severity::Error);
    let rules: BTreeSet<_> = catalogue.chain(LEDGER_RULE_TEXTS.iter().chain(noted).map(|text| text.code)).collect();
    let missing: Vec<_> = rules.iter().filter(|rule| !planted.contains(*rule) && !excepted.contains(*rule)).collect();
    assert!(missing.is_empty(), "rules without a defect in defects/ or a reason in EXCEPTIONS: {missing:?}");
    let unknown: Vec<_> = planted.union(&excepted).filter(|rule| !rules.contains(*rule)).collect();
    assert!(unknown.is_empty(), "defects of no rule: {unknown:?}");
    assert_eq!(planted.intersection(&excepted).collect::<Vec<_>>(), Vec::<&&str>::new());
    for family in FAMILIES.iter().chain(LEDGER_FAMILIES) {
        assert!(family.is_sorted_by_key(|defect| defect.rule));
    }
}

#[test]
fn a_clean_application_has_no_finding_but_its_note() {
    let reference = reference();
    let later = FIRST_DAY.saturating_add(jiff::Span::new().days(360));
    let days = [FIRST_DAY, date(2026, 2, 28), date(2026, 4, 5), later];
    for profile in PROFILES {
        let plan = plan_of(profile, 21, Rates::default());
        let stretch = Stretch { first: 1, count: 3200, days: &days, following_percent: profile.following_percent };
        for offset in 0..stretch.count {
            let generated = application_of(&plan, &stretch, offset).unwrap();
            assert_eq!(found(&generated.json, reference), generated.expected, "{}", generated.json);
            assert!(generated.expected.is_empty() || is_a_note_on_the_name(&generated.expected));
        }
    }
}

#[test]
fn every_planted_defect_yields_exactly_its_rule() {
    let reference = reference();
    let plan = plan(22, 0);
    let days = days();
    let stretch = Stretch { first: 0, count: 6000, days: &days, following_percent: 50 };
    for defect in all(FAMILIES) {
        let mut planted = 0;
        for offset in 0..stretch.count {
            let Some(generated) = planted_at(&plan, &stretch, offset, defect) else { continue };
            assert_eq!(found(&generated.json, reference), [defect.rule], "{}", generated.json);
            planted += 1;
            if planted == 40 {
                break;
            }
        }
        assert!(planted > 0, "{} fits nobody", defect.rule);
    }
    for defect in all(LEDGER_FAMILIES) {
        let made = (0..stretch.count).filter_map(|offset| planted_at(&plan, &stretch, offset, defect)).take(40);
        let made: Vec<_> = made.collect();
        assert!(!made.is_empty(), "{} fits nobody", defect.rule);
        for generated in made {
            assert_eq!(found(&generated.json, reference), [""; 0], "{}", generated.json);
        }
    }
}

/// The application of an offset with a defect, if the defect fits.
fn planted_at(plan: &Plan, stretch: &Stretch<'_>, offset: u64, defect: &'static Defect) -> Option<Generated> {
    let choice = choice(plan, stretch, offset);
    let generated = defective(plan, offset, FIRST_DAY, &choice, Some(defect));
    generated.spoiled.then_some(generated)
}

#[test]
fn a_correction_is_a_clean_higher_revision() {
    let (plan, reference) = (plan(23, 100), reference());
    let before = application(&plan, 1, FIRST_DAY, &KindChoice::FirstIssue);
    let after = corrected(&plan, 1, FIRST_DAY, &KindChoice::FirstIssue, 2);
    assert_eq!(found(&before.json, reference), before.expected);
    assert!(before.spoiled && !after.spoiled);
    assert_eq!(found(&after.json, reference), after.expected);
}

#[test]
fn a_wave_comes_in_groups_of_one_way() {
    let plan = plan_of(PROFILES[2], 5, Rates::default());
    let days = [FIRST_DAY];
    let stretch = Stretch { first: 0, count: 2000, days: &days, following_percent: 0 };
    for group in 0..50 {
        let ways: BTreeSet<_> = (0..40)
            .map(|n| {
                let json = application_of(&plan, &stretch, group * 40 + n).unwrap().json;
                let message: Application<'_> = serde_json::from_str(&json).unwrap();
                let employer = message.holder.employer.map(|employer| employer.code.into_owned());
                (
                    message.region.into_owned(),
                    message.holder.address.region.into_owned(),
                    format!("{:?}", message.channel),
                    employer,
                )
            })
            .collect();
        assert_eq!(ways.len(), 1, "{ways:?}");
    }
}

#[test]
fn approvals_of_a_day_follow_its_hours() {
    for profile in PROFILES {
        let plan = plan_of(profile, 5, Rates::default());
        let days = [FIRST_DAY];
        let stretch = Stretch { first: 1, count: 1000, days: &days, following_percent: 0 };
        let instants: Vec<String> = (0..1000)
            .map(|offset| {
                let json = application_of(&plan, &stretch, offset).unwrap().json;
                serde_json::from_str::<serde_json::Value>(&json).unwrap()["approved_at"].as_str().unwrap().to_owned()
            })
            .collect();
        assert!(instants.is_sorted() && *instants[0] >= *"2026-01-05T08" && *instants[999] < *"2026-01-05T18");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_stretch_is_found_to_be_what_it_says(
        seed in any::<u64>(), first in 1..1_000_000u64, profile in 0..PROFILES.len(), defects in 0..=100u32,
    ) {
        let reference = reference();
        let rates = Rates { defects, ledger_defects: (100 - defects) / 2, photo_faults: (100 - defects) / 4, mishaps: 0 };
        let plan = plan_of(PROFILES[profile], seed, rates);
        let days = days();
        let stretch = Stretch { first, count: 300, days: &days, following_percent: 40 };
        let made: Vec<_> = (0..stretch.count).map(|offset| application_of(&plan, &stretch, offset).unwrap()).collect();
        for generated in &made {
            let of_the_catalogue = |code: &&str| rules::explain(code).is_some() || *code == "FIELD-UNKNOWN";
            let expected: Vec<_> = generated.expected.iter().copied().filter(of_the_catalogue).collect();
            prop_assert_eq!(found(&generated.json, reference), expected, "{}", generated.json);
        }
        // The same from any number of threads.
        let messages: Vec<Application<'_>> = made.iter().map(|one| decode(one.json.as_bytes()).unwrap().application).collect();
        let facts = Facts { reference, policy: policy(), today: date(2027, 6, 1) };
        let checked = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| rules::check_all(&messages, &facts))
        };
        let one = checked(1);
        prop_assert_eq!(&one, &checked(2));
        prop_assert_eq!(&one, &checked(8));
        for (generated, findings) in made.iter().zip(&one) {
            let refused = findings.iter().any(|finding| finding.severity == Severity::Error);
            prop_assert!(!refused || generated.spoiled);
        }
    }
}
