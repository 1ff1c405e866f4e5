//! Every cell of the document matrix: the rows below are written from the guides (s1, s3), complete and
//! by hand, and the policy that comes with the program must say the same of every case there is.

use super::tests::{EXAMPLE, facts};
use super::*;
use crate::domain::application::DocumentKind::*;
use crate::domain::application::{Application, Channel, Document, DocumentKind, IdType, Kind, PhotoSource, Relation};
use crate::domain::message::decode;

const KINDS: &[DocumentKind] = &[
    IdFront,
    IdBack,
    BirthCertificate,
    RelationProof,
    HouseholdHeadPage,
    HouseholdHolderPage,
    HouseholdHolderChangePage,
    HouseholdHeadOwnPage,
    HouseholdHeadChangePage,
    CollectiveHouseholdCertificate,
    AgentIdFront,
    AgentIdBack,
    BankConfirmation,
    RegistrationForm,
    PhotoAuthorisation,
    PhotoReceipt,
    ResidencePermit,
];

const ONLINE: &[Channel] = &[Channel::Website, Channel::MiniProgramme];
const COUNTER: &[Channel] = &[Channel::Counter, Channel::BankCounter];
const ELSEWHERE: &[Channel] = &[Channel::SelfService, Channel::BankOnline, Channel::JointBirth];
const CHANNELS: &[&[Channel]] = &[ONLINE, COUNTER, ELSEWHERE];
const APPLICATION_KINDS: &[Kind] =
    &[Kind::FirstIssue, Kind::Replacement, Kind::Exchange, Kind::BankChange, Kind::AdultRenewal];
const PERMITS: &[IdType] = &[IdType::HkMacaoResidence, IdType::TaiwanResidence, IdType::ForeignPermanent];

/// What a case must show (each one of some), and what it may.
struct Cell {
    required: Vec<&'static [DocumentKind]>,
    optional: Vec<DocumentKind>,
}

/// A minor's row. The agent's own ID may always come along.
fn minor(paper: IdType, head: Option<bool>, channel: Channel) -> Cell {
    let mut required: Vec<&[DocumentKind]> = Vec::new();
    let mut optional = vec![AgentIdFront, AgentIdBack];
    if ONLINE.contains(&channel) {
        required.extend([&[AgentIdFront][..], &[AgentIdBack]]);
    }
    if COUNTER.contains(&channel) {
        optional.extend([RegistrationForm, BankConfirmation]);
    }
    match (paper, head) {
        (IdType::ResidentId, _) => required.extend([&[IdFront][..], &[IdBack], &[BirthCertificate, RelationProof]]),
        (IdType::HouseholdBook, _) => {
            required.extend([&[HouseholdHeadPage][..], &[HouseholdHolderPage]]);
            optional.extend([HouseholdHolderChangePage, CollectiveHouseholdCertificate]);
            if channel == Channel::MiniProgramme {
                required.push(&[HouseholdHolderChangePage]);
            }
            match head {
                Some(true) => {
                    required.push(&[HouseholdHeadOwnPage]);
                    optional.push(HouseholdHeadChangePage);
                }
                Some(false) => required.push(&[BirthCertificate]),
                // Asked for by AGENT-HOUSEHOLD first; nothing is refused meanwhile.
                None => optional.extend([HouseholdHeadOwnPage, HouseholdHeadChangePage, BirthCertificate]),
            }
        }
        _ => optional.extend([IdFront, IdBack, BirthCertificate, RelationProof]),
    }
    Cell { required, optional }
}

/// An adult's row.
fn adult(paper: IdType, kind: Kind, channel: Channel) -> Cell {
    let mut required: Vec<&[DocumentKind]> = Vec::new();
    if COUNTER.contains(&channel) {
        required.extend([&[IdFront][..], &[IdBack], &[RegistrationForm]]);
        if matches!(kind, Kind::FirstIssue | Kind::BankChange) {
            required.push(&[BankConfirmation]);
        }
        if kind == Kind::FirstIssue && paper == IdType::ResidentId {
            required.push(&[HouseholdHeadPage, CollectiveHouseholdCertificate]);
            required.push(&[HouseholdHolderPage, CollectiveHouseholdCertificate]);
        }
    }
    let optional = vec![
        IdFront,
        IdBack,
        RegistrationForm,
        BankConfirmation,
        HouseholdHeadPage,
        HouseholdHolderPage,
        CollectiveHouseholdCertificate,
    ];
    Cell { required, optional }
}

/// What the rules say of the documents of an application, as `CODE field message`.
fn found(application: &Application<'_>, kinds: &[DocumentKind]) -> Vec<String> {
    let mut application = application.clone();
    let page = |kind: &DocumentKind| Document { kind: *kind, object: "a/b.jpg".into(), sha256: "0".repeat(64).into() };
    application.documents = kinds.iter().map(page).collect();
    let findings = check(&application, &facts()).into_iter();
    let findings = findings.filter(|finding| finding.rule.starts_with("DOCUMENT-"));
    findings.map(|finding| format!("{} {} {}", finding.rule, finding.field, finding.message)).collect()
}

fn word(kind: DocumentKind) -> String {
    serde_json::to_value(kind).unwrap().as_str().unwrap().to_owned()
}

/// Complete it passes; without one it is refused for that one; with one more it is noted or not.
fn judged_as(application: &Application<'_>, cell: &Cell, of: &str) {
    let complete: Vec<DocumentKind> = cell.required.iter().map(|any_of| any_of[0]).collect();
    assert_eq!(found(application, &complete), [""; 0], "{of}, complete");
    for (place, any_of) in cell.required.iter().enumerate() {
        let mut without = complete.clone();
        without.remove(place);
        let words: Vec<String> = any_of.iter().map(|kind| word(*kind)).collect();
        assert_eq!(
            found(application, &without),
            [format!("DOCUMENT-REQUIRED documents {} is missing", words.join(" or "))],
            "{of}"
        );
    }
    for kind in KINDS.iter().filter(|kind| !complete.contains(kind)) {
        let more: Vec<DocumentKind> = complete.iter().chain([kind]).copied().collect();
        let asked = cell.optional.contains(kind) || cell.required.iter().any(|any_of| any_of.contains(kind));
        let place = complete.len();
        let noted = (!asked).then(|| format!("DOCUMENT-UNASKED documents[{place}].kind not asked for"));
        assert_eq!(found(application, &more), Vec::from_iter(noted), "{of}, with {}", word(*kind));
    }
}

#[test]
fn every_cell_of_a_minor_is_as_the_guide_has_it() {
    let decoded = decode(EXAMPLE.as_bytes()).ok().unwrap();
    let papers = [IdType::ResidentId, IdType::HouseholdBook].iter().chain(PERMITS);
    let mut cells = 0;
    for (paper, channel) in papers.flat_map(|paper| CHANNELS.concat().into_iter().map(move |channel| (*paper, channel)))
    {
        for head in [Some(true), Some(false), None] {
            let mut application = decoded.application.clone();
            application.channel = channel;
            application.holder.id_type = paper;
            let agent = application.agent.as_mut().unwrap();
            agent.household_head = head;
            let cell = minor(paper, head, channel);
            judged_as(&application, &cell, &format!("a minor with {paper:?}, {channel:?}, head {head:?}"));
            cells += 1;
        }
    }
    assert_eq!(cells, 5 * 7 * 3);
}

#[test]
fn every_cell_of_an_adult_is_as_the_guide_has_it() {
    let decoded = decode(EXAMPLE.as_bytes()).ok().unwrap();
    let papers = [IdType::ResidentId].iter().chain(PERMITS);
    let mut cells = 0;
    for (paper, channel) in papers.flat_map(|paper| CHANNELS.concat().into_iter().map(move |channel| (*paper, channel)))
    {
        for kind in APPLICATION_KINDS {
            let mut application = decoded.application.clone();
            (application.channel, application.kind, application.agent) = (channel, *kind, None);
            application.holder.id_type = paper;
            application.holder.birth_date = "1985-03-07".into();
            let cell = adult(paper, *kind, channel);
            judged_as(&application, &cell, &format!("an adult with {paper:?}, {channel:?}, {kind:?}"));
            cells += 1;
        }
    }
    assert_eq!(cells, 4 * 7 * 5);
}

#[test]
fn other_members_ask_for_their_own_papers() {
    let decoded = decode(EXAMPLE.as_bytes()).ok().unwrap();
    let complete: Vec<DocumentKind> = decoded.application.documents.iter().map(|document| document.kind).collect();
    let with = |kind| complete.iter().copied().chain([kind]).collect::<Vec<_>>();
    let mut application = decoded.application.clone();
    application.region = "522634".into();
    assert_eq!(found(&application, &with(ResidencePermit)), [""; 0]);
    application.photo.source = PhotoSource::Studio;
    assert_eq!(found(&application, &with(PhotoReceipt)), [""; 0]);
    application.photo.source = PhotoSource::IdPhoto;
    assert_eq!(found(&application, &with(PhotoAuthorisation)), [""; 0]);
    application.agent.as_mut().unwrap().relation = Relation::OtherGuardian;
    assert_eq!(found(&application, &with(RelationProof)), [""; 0]);
}

#[test]
fn without_age_or_agent_other_rules_speak() {
    let mut application = decode(EXAMPLE.as_bytes()).ok().unwrap().application;
    application.agent = None;
    assert_eq!(found(&application, KINDS), [""; 0]);
    application.holder.birth_date = "unknown".into();
    assert_eq!(found(&application, &[]), [""; 0]);
}

#[test]
fn a_record_of_many_documents_is_told_of_in_few_words() {
    let application = decode(EXAMPLE.as_bytes()).ok().unwrap().application;
    let many: Vec<DocumentKind> = KINDS.iter().copied().cycle().take(100_000).collect();
    let findings = found(&application, &many);
    assert!(findings.len() < 20 && findings[0].starts_with("DOCUMENT-COUNT"), "{findings:?}");
}
