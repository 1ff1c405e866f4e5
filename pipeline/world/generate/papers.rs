//! The supporting documents of an application, by the matrix of the guide (domain.md §3).

use cardline_core::domain::application::{Channel, Document, DocumentKind, IdType, PhotoSource, Relation};
use rand::Rng as _;

use super::person::{Guardian, Person};
use super::photos::hexadecimal;
use super::streams::{Rng, chance};

/// Every document the matrix requires, and a few it allows.
pub(super) fn documents(
    rng: &mut Rng,
    person: &Person,
    channel: Channel,
    photo: PhotoSource,
    application_id: &str,
) -> Vec<Document<'static>> {
    let mut kinds = kinds(rng, person, channel);
    match photo {
        PhotoSource::IdPhoto => kinds.push(DocumentKind::PhotoAuthorisation),
        PhotoSource::Studio => kinds.push(DocumentKind::PhotoReceipt),
        PhotoSource::Upload | PhotoSource::Default => {}
    }
    (1..)
        .zip(kinds)
        .map(|(number, kind)| {
            let mut digest = [0u8; 32];
            rng.fill_bytes(&mut digest);
            Document {
                kind,
                object: format!("documents/{}/{application_id}-{number}.jpg", person.index % 100).into(),
                sha256: hexadecimal(&digest).into(),
            }
        })
        .collect()
}

/// The kinds by the holder's age: a minor's by the rows of s3, an adult's by those of s1.
fn kinds(rng: &mut Rng, person: &Person, channel: Channel) -> Vec<DocumentKind> {
    use DocumentKind::{AgentIdBack, AgentIdFront, RelationProof};
    let from_afar = matches!(channel, Channel::Website | Channel::MiniProgramme);
    let mut kinds = Vec::new();
    let other_guardian = match &person.agent {
        Some(agent) => {
            if from_afar || !person.class.is_minor() {
                kinds.extend([AgentIdFront, AgentIdBack]);
            }
            agent.relation == Relation::OtherGuardian
        }
        None => false,
    };
    kinds.extend(match &person.agent {
        Some(agent) if person.class.is_minor() => of_a_minor(rng, person, agent, channel),
        _ => of_an_adult(rng, person),
    });
    if other_guardian && !kinds.contains(&RelationProof) {
        kinds.push(RelationProof);
    }
    kinds
}

/// Every twentieth belongs to a collective household; who is no citizen belongs to none.
fn of_an_adult(rng: &mut Rng, person: &Person) -> Vec<DocumentKind> {
    use DocumentKind::{
        BankConfirmation, CollectiveHouseholdCertificate, HouseholdHeadPage, HouseholdHolderPage, IdBack, IdFront,
        RegistrationForm,
    };
    let mut kinds = vec![IdFront, IdBack, RegistrationForm, BankConfirmation];
    if person.id_type == IdType::ResidentId {
        let pages: &[DocumentKind] =
            if chance(rng, 5) { &[CollectiveHouseholdCertificate] } else { &[HouseholdHeadPage, HouseholdHolderPage] };
        kinds.extend(pages);
    }
    kinds
}

/// One row of the matrix, with what it allows besides.
fn of_a_minor(rng: &mut Rng, person: &Person, agent: &Guardian, channel: Channel) -> Vec<DocumentKind> {
    use DocumentKind::{
        BirthCertificate, HouseholdHeadChangePage, HouseholdHeadOwnPage, HouseholdHeadPage, HouseholdHolderChangePage,
        HouseholdHolderPage, IdBack, IdFront, RelationProof,
    };
    if person.id_type != IdType::HouseholdBook {
        return vec![IdFront, IdBack, if chance(rng, 75) { BirthCertificate } else { RelationProof }];
    }
    let mut kinds = vec![HouseholdHeadPage, HouseholdHolderPage];
    let is_head = agent.household_head == Some(true);
    kinds.push(if is_head { HouseholdHeadOwnPage } else { BirthCertificate });
    let must_show_change = channel == Channel::MiniProgramme;
    if must_show_change || (channel == Channel::Website && chance(rng, 30)) {
        kinds.push(HouseholdHolderChangePage);
    }
    if is_head && chance(rng, 20) {
        kinds.push(HouseholdHeadChangePage);
    }
    kinds
}
