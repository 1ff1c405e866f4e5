//! The agent of a minor, or of somebody who cannot come.

use cardline_core::domain::application::{DocumentKind, IdType, PickupMethod, Relation};

use super::documents::{add, remove};
use super::identity::numbered;
use super::{Defect, Message, Soil, citizen, defect, minor, with_wrong_check};
use crate::world::generate::classes::Class;

pub(super) const DEFECTS: &[Defect] = &[
    defect("AGENT-ADULT", minor, young_agent),
    defect("AGENT-HOLDER", represented, agent_is_holder),
    defect("AGENT-HOUSEHOLD", with_book, head_not_answered),
    defect("AGENT-HOUSEHOLD", with_book, booklet_not_answered),
    defect("AGENT-ID-NUMBER", has_agent, wrong_check_character),
    defect("AGENT-ID-TYPE", has_agent, agent_with_book),
    defect("AGENT-MOBILE", has_agent, landline_for_mobile),
    defect("AGENT-NAME", has_agent, question_mark),
    defect("AGENT-PAPER-EXPIRED", has_agent, expired_paper),
    defect("AGENT-PAPER-EXPIRED", has_agent, unreadable_date),
    defect("AGENT-RELATION-PROOF", minor, guardian_without_proof),
    defect("AGENT-REQUIRED", minor, no_agent),
    defect("AGENT-SEX", has_agent, other_sex),
];

fn has_agent(message: &Message<'_>, _: &Soil<'_>) -> bool {
    message.agent.is_some()
}

fn represented(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    soil.person.class == Class::Represented && citizen(message, soil)
}

fn with_book(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    minor(message, soil) && message.holder.id_type == IdType::HouseholdBook
}

/// Fifteen or sixteen years old at approval.
fn young_agent(message: &mut Message<'_>, _: &mut Soil<'_>) {
    let year = year_of(&message.approved_at) - 16;
    let Some(agent) = &mut message.agent else { return };
    let prefix = agent.id_number.get(..6).unwrap_or("110101").to_owned();
    let sequence = agent.id_number.get(14..17).unwrap_or("988").to_owned();
    agent.id_number = numbered(&prefix, &format!("{year}0111"), &sequence).into();
}

fn year_of(instant: &str) -> i16 {
    instant.get(..4).and_then(|year| year.parse().ok()).unwrap_or(2026)
}

fn agent_is_holder(message: &mut Message<'_>, _: &mut Soil<'_>) {
    let Some(agent) = &mut message.agent else { return };
    agent.name = message.holder.name.clone();
    agent.id_number = message.holder.id_number.clone();
    agent.sex = message.holder.sex.clone();
}

fn head_not_answered(message: &mut Message<'_>, _: &mut Soil<'_>) {
    if let Some(agent) = &mut message.agent {
        agent.household_head = None;
    }
}

fn booklet_not_answered(message: &mut Message<'_>, _: &mut Soil<'_>) {
    if let Some(agent) = &mut message.agent {
        agent.same_booklet = None;
    }
}

fn wrong_check_character(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    if let Some(agent) = &mut message.agent {
        agent.id_number = with_wrong_check(&agent.id_number, &mut soil.rng).into();
    }
}

fn agent_with_book(message: &mut Message<'_>, _: &mut Soil<'_>) {
    if let Some(agent) = &mut message.agent {
        agent.id_type = IdType::HouseholdBook;
    }
}

fn landline_for_mobile(message: &mut Message<'_>, _: &mut Soil<'_>) {
    if let Some(agent) = &mut message.agent {
        agent.mobile = "010-60000000".into();
    }
}

fn question_mark(message: &mut Message<'_>, _: &mut Soil<'_>) {
    if let Some(agent) = &mut message.agent {
        agent.name.to_mut().push('?');
    }
}

fn expired_paper(message: &mut Message<'_>, _: &mut Soil<'_>) {
    let year = year_of(&message.approved_at);
    if let Some(agent) = &mut message.agent {
        agent.id_valid_to = Some(format!("{}-12-31", year - 1).into());
    }
}

fn unreadable_date(message: &mut Message<'_>, _: &mut Soil<'_>) {
    if let Some(agent) = &mut message.agent {
        agent.id_valid_to = Some("2031年5月1日".into());
    }
}

/// The birth certificate stays, so that the relation of the matrix is proved.
fn guardian_without_proof(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    if let Some(agent) = &mut message.agent {
        agent.relation = Relation::OtherGuardian;
    }
    remove(message, &[DocumentKind::RelationProof]);
    if message.holder.id_type == IdType::ResidentId {
        add(message, DocumentKind::BirthCertificate, &mut soil.rng);
    }
}

/// Collected by the holder then, so that only the agent is missed.
fn no_agent(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.agent = None;
    message.pickup.method = PickupMethod::BankOutlet;
}

fn other_sex(message: &mut Message<'_>, _: &mut Soil<'_>) {
    if let Some(agent) = &mut message.agent {
        agent.sex = if agent.sex == "1" { "2" } else { "1" }.into();
    }
}
