//! Supporting documents: the matrix for minors, and what each entry declares.

use cardline_core::domain::application::{Channel, Document, DocumentKind, IdType};
use rand::Rng as _;

use super::{Defect, Message, Soil, anyone, defect, minor};
use crate::world::generate::photos::hexadecimal;
use crate::world::generate::streams::Rng;

/// SHA-256 of no bytes at all.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// More than any kinds there are, and far less than a message may be long.
const LOOP_COUNT: usize = 60;

pub(super) const DEFECTS: &[Defect] = &[
    defect("DOCUMENT-COUNT", anyone, senders_loop),
    defect("DOCUMENT-EMPTY", anyone, failed_upload),
    defect("DOCUMENT-OBJECT", anyone, no_object),
    defect("DOCUMENT-OBJECT", anyone, digest_in_capitals),
    defect("DOCUMENT-REQUIRED", minor, no_page_of_the_paper),
    defect("DOCUMENT-REQUIRED", from_afar, no_id_of_the_agent),
    defect("DOCUMENT-REQUIRED", head_of_household, no_own_page_of_the_head),
    defect("DOCUMENT-REQUIRED", change_page_demanded, no_change_page),
];

/// Adds a document, unless there is one of its kind.
pub(super) fn add(message: &mut Message<'_>, kind: DocumentKind, rng: &mut Rng) {
    if message.documents.iter().all(|document| document.kind != kind) {
        let mut digest = [0u8; 32];
        rng.fill_bytes(&mut digest);
        let object = format!("documents/{}-{}.jpg", &*message.application_id, message.documents.len() + 1);
        message.documents.push(Document { kind, object: object.into(), sha256: hexadecimal(&digest).into() });
    }
}

/// Takes away every document of these kinds.
pub(super) fn remove(message: &mut Message<'_>, kinds: &[DocumentKind]) {
    message.documents.retain(|document| !kinds.contains(&document.kind));
}

fn senders_loop(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    let mut digest = [0u8; 32];
    while message.documents.len() < LOOP_COUNT {
        soil.rng.fill_bytes(&mut digest);
        message.documents.push(Document {
            kind: DocumentKind::RegistrationForm,
            object: format!("documents/{}-{}.jpg", &*message.application_id, message.documents.len() + 1).into(),
            sha256: hexadecimal(&digest).into(),
        });
    }
}

fn failed_upload(message: &mut Message<'_>, _: &mut Soil<'_>) {
    if let Some(document) = message.documents.last_mut() {
        document.sha256 = EMPTY_SHA256.into();
    }
}

fn no_object(message: &mut Message<'_>, _: &mut Soil<'_>) {
    if let Some(document) = message.documents.last_mut() {
        document.object = "".into();
    }
}

fn digest_in_capitals(message: &mut Message<'_>, _: &mut Soil<'_>) {
    if let Some(document) = message.documents.last_mut() {
        // A digit in front, because a digest of digits alone has no capitals.
        document.sha256 = format!("A{}", document.sha256.get(1..).unwrap_or_default()).to_uppercase().into();
    }
}

/// The first page of the paper itself, which every minor must show.
fn no_page_of_the_paper(message: &mut Message<'_>, _: &mut Soil<'_>) {
    remove(message, &[DocumentKind::HouseholdHolderPage, DocumentKind::IdFront]);
}

fn from_afar(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    minor(message, soil) && matches!(message.channel, Channel::Website | Channel::MiniProgramme)
}

fn no_id_of_the_agent(message: &mut Message<'_>, _: &mut Soil<'_>) {
    remove(message, &[DocumentKind::AgentIdFront]);
}

fn head_of_household(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    minor(message, soil) && message.agent.as_ref().is_some_and(|agent| agent.household_head == Some(true))
}

fn no_own_page_of_the_head(message: &mut Message<'_>, _: &mut Soil<'_>) {
    remove(message, &[DocumentKind::HouseholdHeadOwnPage]);
}

fn change_page_demanded(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    let with_book = message.holder.id_type == IdType::HouseholdBook;
    minor(message, soil) && with_book && message.channel == Channel::MiniProgramme
}

fn no_change_page(message: &mut Message<'_>, _: &mut Soil<'_>) {
    remove(message, &[DocumentKind::HouseholdHolderChangePage]);
}
