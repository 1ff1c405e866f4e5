//! The supporting documents of an application, by the matrix of the guide (domain.md §3).

use cardline_core::domain::application::{Channel, Document, DocumentKind, IdType, PhotoSource, Relation};
use rand::Rng as _;

use super::person::Person;
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

fn kinds(rng: &mut Rng, person: &Person, channel: Channel) -> Vec<DocumentKind> {
    use DocumentKind::{
        AgentIdBack, AgentIdFront, BankConfirmation, BirthCertificate, CollectiveHouseholdCertificate,
        HouseholdHeadOwnPage, HouseholdHeadPage, HouseholdHolderChangePage, HouseholdHolderPage, IdBack, IdFront,
        RegistrationForm, RelationProof,
    };
    let Some(agent) = &person.agent else {
        let mut kinds = vec![IdFront, IdBack, RegistrationForm, BankConfirmation];
        // Every twentieth belongs to a collective household; a foreigner to none.
        if person.id_type == IdType::ResidentId {
            let pages: &[DocumentKind] = if chance(rng, 5) {
                &[CollectiveHouseholdCertificate]
            } else {
                &[HouseholdHeadPage, HouseholdHolderPage]
            };
            kinds.extend(pages);
        }
        return kinds;
    };
    let mut kinds = Vec::new();
    if matches!(channel, Channel::Website | Channel::MiniProgramme) {
        kinds.extend([AgentIdFront, AgentIdBack]);
    }
    if person.id_type == IdType::HouseholdBook {
        kinds.extend([HouseholdHeadPage, HouseholdHolderPage]);
        kinds.push(if agent.household_head == Some(true) { HouseholdHeadOwnPage } else { BirthCertificate });
        let must_show_change = channel == Channel::MiniProgramme;
        if must_show_change || (channel == Channel::Website && chance(rng, 30)) {
            kinds.push(HouseholdHolderChangePage);
        }
    } else {
        kinds.extend([IdFront, IdBack, BirthCertificate]);
    }
    if agent.relation == Relation::OtherGuardian {
        kinds.push(RelationProof);
    }
    kinds
}
