//! The shared vectors of identity numbers, row by row through the whole catalogue: a right number is found
//! fault with by no rule, a wrong one by exactly the rule of its defect.

use super::tests::facts;
use super::*;
use crate::domain::application::IdType;
use crate::domain::identity_number;
use crate::domain::message::decode;

const VECTORS: &str = include_str!("../../../fixtures/numbers/id-numbers.csv");
const ADULT: &str = include_str!("../../../fixtures/rules/SEX-CODE/pass.json");

/// Rules about what a number says.
const FAMILY: &[&str] = &["ID-", "BIRTH-", "SEX-", "PAPER-CLASS", "PERMIT-"];

fn rule_of(kind: &str, defect: &str) -> Option<&'static str> {
    Some(match (defect, kind) {
        ("", _) => return None,
        ("length", _) => "ID-LENGTH",
        ("character" | "fullwidth" | "lowercase-x", _) => "ID-CHARACTER",
        ("checksum", _) => "ID-CHECKSUM",
        ("province", _) => "ID-PROVINCE",
        ("region", "resident") => "ID-REGION",
        ("region", _) => "ID-PERMIT-PREFIX",
        ("country", _) => "ID-COUNTRY",
        ("birth-date", _) => "ID-BIRTH-DATE",
        ("future-birth" | "birth-too-old", _) => "BIRTH-RANGE",
        ("sequence", _) => "ID-SEQUENCE",
        (other, _) => panic!("{other}"),
    })
}

#[test]
fn every_row_is_found_fault_with_by_its_rule_alone() {
    let decoded = decode(ADULT.as_bytes()).ok().unwrap();
    let mut reader = csv::Reader::from_reader(VECTORS.as_bytes());
    let mut rows = 0;
    for row in reader.records() {
        let row = row.unwrap();
        let (number, kind, defect, birth, sex) = (&row[0], &row[1], &row[3], &row[4], &row[5]);
        let mut application = decoded.application.clone();
        let holder = &mut application.holder;
        holder.id_number = number.into();
        holder.id_type = match kind {
            "hk_macao_residence" => IdType::HkMacaoResidence,
            "taiwan_residence" => IdType::TaiwanResidence,
            "foreign_permanent" | "foreign_permanent_old" | "foreign_permanent_2023" => IdType::ForeignPermanent,
            _ => IdType::ResidentId,
        };
        // What the number says of birth and sex is what is declared.
        let read = identity_number::parse(number).ok();
        let born = read.as_ref().and_then(|read| read.birth).map(|born| born.to_string());
        holder.birth_date = born.unwrap_or_else(|| birth.to_owned()).into();
        let declared = read.and_then(|read| read.sex).map_or(sex, |sex| sex.code());
        holder.sex = if declared.is_empty() { "1" } else { declared }.to_owned().into();
        if holder.birth_date.is_empty() {
            holder.birth_date = "1985-03-07".into();
        }
        let findings = check(&application, &facts());
        let codes: Vec<&str> = findings.iter().map(|finding| finding.rule).collect();
        let codes: Vec<&str> =
            codes.into_iter().filter(|code| FAMILY.iter().any(|family| code.starts_with(family))).collect();
        // A right number of somebody older than anyone: the number passes, the applicant does not.
        let too_old = defect.is_empty() && !birth.is_empty() && birth < "1895-11-20";
        // On a first issue, whatever else it says.
        let fifteen = kind == "fifteen_digit" && identity_number::parse(number).is_ok();
        let more = [(too_old, "BIRTH-RANGE"), (fifteen, "ID-FIFTEEN-NEW")];
        let mut expected: Vec<&str> = more.iter().filter(|(holds, _)| *holds).map(|(_, code)| *code).collect();
        expected.extend(rule_of(kind, defect));
        expected.sort_unstable();
        assert_eq!(codes, expected, "{kind} {number} {defect}");
        rows += 1;
    }
    assert_eq!(rows, 386);
}
