//! The agent of a minor, or of somebody who cannot come.

use cardline_core::domain::application::{DocumentKind, IdType, PickupMethod, Relation};

use super::documents::{add, remove};
use super::identity::numbered;
use super::{Defect, Message, Soil, citizen, defect, minor, with_wrong_check, year_of};
use crate::generate::classes::Class;

pub(super) const DEFECTS: &[Defect] = &[
    defect("AGENT-ADULT", minor, young_agent),
    defect("AGENT-AGE", represented, parent_born_later),
    defect("AGENT-AGE-GAP", child_of_a_forebear, parent_hardly_older),
    defect("AGENT-HOLDER", represented, agent_is_holder),
    defect("AGENT-HOUSEHOLD", with_book, head_not_answered),
    defect("AGENT-HOUSEHOLD", with_book, booklet_not_answered),
    defect("AGENT-ID-NUMBER", has_agent, wrong_check_character),
    defect("AGENT-ID-TYPE", has_agent, agent_with_book),
    defect("AGENT-MOBILE", has_agent, landline_for_mobile),
    defect("AGENT-NAME", has_agent, question_mark),
    defect("AGENT-NAME-NORMALISED", agent_with_dot, look_alike_dot),
    defect("AGENT-PAPER-DATES", has_agent, unreadable_date),
    defect("AGENT-PAPER-DATES", has_agent, upside_down),
    defect("AGENT-PAPER-EXPIRED", has_agent, expired_paper),
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

fn agent_with_dot(message: &Message<'_>, _: &Soil<'_>) -> bool {
    message.agent.as_ref().is_some_and(|agent| agent.name.contains('·'))
}

/// Ten or older, so that somebody a little older is grown up; the agent is a parent or grandparent.
fn child_of_a_forebear(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    let ten = matches!(soil.person.class, Class::ChildWithId | Class::Youth | Class::TurnedSixteen);
    ten && message.agent.as_ref().is_some_and(|agent| agent.relation != Relation::OtherGuardian)
}

/// Fifteen or sixteen years old at approval.
fn young_agent(message: &mut Message<'_>, _: &mut Soil<'_>) {
    let year = year_of(&message.approved_at) - 16;
    agent_born_in(message, year);
}

/// Who acts for the old is younger: a parent by a slip. A parent needs no proof of relation.
fn parent_born_later(message: &mut Message<'_>, _: &mut Soil<'_>) {
    if let Some(agent) = &mut message.agent {
        agent.relation = Relation::Parent;
    }
    remove(message, &[DocumentKind::RelationProof]);
}

/// Ten or eleven years older than the holder.
fn parent_hardly_older(message: &mut Message<'_>, _: &mut Soil<'_>) {
    let year = year_of(&message.holder.birth_date) - 11;
    agent_born_in(message, year);
}

/// The agent's number, with a birthday in January of that year.
fn agent_born_in(message: &mut Message<'_>, year: i16) {
    let Some(agent) = &mut message.agent else { return };
    let prefix = agent.id_number.get(..6).unwrap_or("110101").to_owned();
    let sequence = agent.id_number.get(14..17).unwrap_or("988").to_owned();
    agent.id_number = numbered(&prefix, &format!("{year}0111"), &sequence).into();
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

fn look_alike_dot(message: &mut Message<'_>, _: &mut Soil<'_>) {
    if let Some(agent) = &mut message.agent {
        agent.name = agent.name.replace('·', "\u{30FB}").into();
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

/// From after to, neither of them in the past.
fn upside_down(message: &mut Message<'_>, _: &mut Soil<'_>) {
    if let Some(agent) = &mut message.agent {
        agent.id_valid_from = Some("2046-01-01".into());
        agent.id_valid_to = Some("2036-01-01".into());
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
