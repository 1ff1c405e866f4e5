//! Words and numbers of an application.

use super::*;

#[test]
fn a_number_of_fifteen_digits_is_passed_on_as_eighteen() {
    const PASS: &str = include_str!("../../../../../fixtures/rules/ADDRESS-EMPTY/pass.json");
    let mut application: Application<'_> = serde_json::from_str(PASS).unwrap();
    let eighteen = application.holder.id_number.to_string();
    assert_eq!(application.holder.whole_number(), eighteen);
    let fifteen = [&eighteen[..6], &eighteen[8..17]].concat();
    application.holder.id_number = fifteen.as_str().into();
    assert!(eighteen[6..8] == *"19" && application.holder.whole_number() == eighteen);
    application.holder.id_number = "none".into();
    assert_eq!(application.holder.whole_number(), "none");
}

#[test]
fn words_are_those_of_the_messages() {
    for kind in [Kind::FirstIssue, Kind::Replacement, Kind::Exchange, Kind::BankChange, Kind::AdultRenewal] {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
    }
    for reason in [PreviousReason::Turned16, PreviousReason::NumberChanged, PreviousReason::Lost] {
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.word());
    }
    for method in [PickupMethod::AgentAtOutlet, PickupMethod::ServiceCentre, PickupMethod::Mail] {
        assert_eq!(serde_json::to_value(method).unwrap(), method.word());
    }
    for paper in [IdType::HkMacaoResidence, IdType::ResidentId, IdType::ForeignPermanent] {
        assert_eq!(serde_json::to_value(paper).unwrap(), paper.word());
    }
}
