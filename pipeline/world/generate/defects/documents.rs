//! Supporting documents: what the matrix and a child's origin demand, and what each entry declares.

use cardline_core::domain::application::{Channel, Document, DocumentKind, IdType};
use rand::{Rng as _, RngExt};

use super::identity::from_county;
use super::{Defect, Message, Soil, adult, anyone, citizen, defect, first_issue, first_of_adult, minor};
use crate::generate::photos::hexadecimal;
use crate::generate::streams::Rng;

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
    defect("DOCUMENT-REQUIRED", adult_at_counter, no_form),
    defect("DOCUMENT-REQUIRED", first_citizen_at_counter, no_page_of_the_household),
    defect("DOCUMENT-TWICE", anyone, last_document_again),
    defect("DOCUMENT-UNASKED", adult, certificate_of_a_child),
    defect("RESIDENCE-PERMIT", first_of_a_home_child, number_from_elsewhere),
];

/// Adds a document, unless there is one of its kind.
pub(super) fn add(message: &mut Message<'_>, kind: DocumentKind, rng: &mut Rng) {
    if message.documents.iter().all(|document| document.kind != kind) {
        push(message, kind, rng);
    }
}

fn push(message: &mut Message<'_>, kind: DocumentKind, rng: &mut Rng) {
    let mut digest = [0u8; 32];
    rng.fill_bytes(&mut digest);
    let object = format!("documents/{}-{}.jpg", &*message.application_id, message.documents.len() + 1);
    message.documents.push(Document { kind, object: object.into(), sha256: hexadecimal(&digest).into() });
}

/// Takes away every document of these kinds.
pub(super) fn remove(message: &mut Message<'_>, kinds: &[DocumentKind]) {
    message.documents.retain(|document| !kinds.contains(&document.kind));
}

/// Another file of the last document's kind.
fn last_document_again(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    if let Some(kind) = message.documents.last().map(|document| document.kind) {
        push(message, kind, &mut soil.rng);
    }
}

fn senders_loop(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    for _ in message.documents.len()..LOOP_COUNT {
        last_document_again(message, soil);
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

fn adult_at_counter(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    adult(message, soil) && matches!(message.channel, Channel::Counter | Channel::BankCounter)
}

fn no_form(message: &mut Message<'_>, _: &mut Soil<'_>) {
    remove(message, &[DocumentKind::RegistrationForm]);
}

fn first_citizen_at_counter(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    adult_at_counter(message, soil) && first_of_adult(message, soil) && citizen(message, soil)
}

fn no_page_of_the_household(message: &mut Message<'_>, _: &mut Soil<'_>) {
    remove(message, &[DocumentKind::HouseholdHolderPage, DocumentKind::CollectiveHouseholdCertificate]);
}

fn certificate_of_a_child(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    add(message, DocumentKind::BirthCertificate, &mut soil.rng);
}

/// Districts of Shanghai, which has none of the planned regions.
const ELSEWHERE: [&str; 6] = ["310101", "310104", "310105", "310106", "310107", "310109"];

/// The region asks children from there for a permit.
fn first_of_a_home_child(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    let asks = ELSEWHERE.iter().all(|county| !soil.policy.home_within.holds(county, &soil.place.region));
    minor(message, soil) && first_issue(message, soil) && asks
}

fn number_from_elsewhere(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    let [first, ..] = ELSEWHERE;
    let county = ELSEWHERE.get(soil.rng.random_range(0..ELSEWHERE.len())).copied().unwrap_or(first);
    from_county(message, county);
}
