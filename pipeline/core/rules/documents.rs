//! Supporting documents: the matrix for minors (s3), and what each entry declares.
//!
//! Not here: the bytes, which are fetched and hashed before the account cut; the papers of adults
//! (s1), which are seen as originals at a counter.

use crate::domain::application::{Channel, DocumentKind, IdType};
use crate::domain::limits::MAX_DOCUMENTS_COUNT;

use super::{Findings, Rule, Severity, Subject};

/// SHA-256 of no bytes at all.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

pub(super) const DOCUMENT_COUNT: Rule = Rule {
    code: "DOCUMENT-COUNT",
    name: "too many documents",
    what: "at most 40",
    why: "there are seventeen kinds; more is a sender's loop",
    fix: "send each page once",
    source: "limits.rs",
    severity: Severity::Error,
    check: document_count,
};

fn document_count(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.documents().len() > MAX_DOCUMENTS_COUNT {
        findings.at("documents", "more than 40");
    }
}

pub(super) const DOCUMENT_EMPTY: Rule = Rule {
    code: "DOCUMENT-EMPTY",
    name: "document of no bytes",
    what: "the digest is not that of an empty file",
    why: "an upload failed before the application was sent; the bytes are judged when they are fetched",
    fix: "upload the page again",
    source: "domain.md §3",
    severity: Severity::Warning,
    check: document_empty,
};

fn document_empty(subject: &Subject<'_>, findings: &mut Findings) {
    for (place, document) in subject.documents().iter().enumerate() {
        if document.sha256 == EMPTY_SHA256 {
            findings.at(format!("documents[{place}].sha256"), "the digest of an empty file");
        }
    }
}

pub(super) const DOCUMENT_OBJECT: Rule = Rule {
    code: "DOCUMENT-OBJECT",
    name: "document without object or digest",
    what: "an object key, and a SHA-256 in 64 lower-case hex digits",
    why: "without both the page can be neither fetched nor proved",
    fix: "send key and digest",
    source: "domain.md §3",
    severity: Severity::Error,
    check: document_object,
};

fn document_object(subject: &Subject<'_>, findings: &mut Findings) {
    for (place, document) in subject.documents().iter().enumerate() {
        if document.object.trim().is_empty() {
            findings.at(format!("documents[{place}].object"), "no object key");
        }
        if !is_sha256(&document.sha256) {
            findings.at(format!("documents[{place}].sha256"), "not 64 lower-case hex digits");
        }
    }
}

pub(super) const DOCUMENT_REQUIRED: Rule = Rule {
    code: "DOCUMENT-REQUIRED",
    name: "required document missing",
    what: "the papers of the matrix for minors, by channel, paper and head of household",
    why: "they prove who the child is and that the agent may act",
    fix: "add the document named",
    source: "s3",
    severity: Severity::Error,
    check: document_required,
};

fn document_required(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(agent) = subject.agent().filter(|_| subject.is_minor()) else {
        return;
    };
    let channel = subject.application.channel;
    let mut demand = |met: bool, message: &'static str| {
        if !met {
            findings.at("documents", message);
        }
    };
    let has = |kind| subject.has_document(kind);
    if matches!(channel, Channel::Website | Channel::MiniProgramme) {
        demand(has(DocumentKind::AgentIdFront), "agent_id_front is missing");
        demand(has(DocumentKind::AgentIdBack), "agent_id_back is missing");
    }
    match subject.holder().id_type {
        IdType::ResidentId => {
            demand(has(DocumentKind::IdFront), "id_front is missing");
            demand(has(DocumentKind::IdBack), "id_back is missing");
            demand(
                has(DocumentKind::BirthCertificate) || has(DocumentKind::RelationProof),
                "birth_certificate or relation_proof is missing",
            );
        }
        IdType::HouseholdBook => {
            demand(has(DocumentKind::HouseholdHeadPage), "household_head_page is missing");
            demand(has(DocumentKind::HouseholdHolderPage), "household_holder_page is missing");
            if channel == Channel::MiniProgramme {
                demand(has(DocumentKind::HouseholdHolderChangePage), "household_holder_change_page is missing");
            }
            // Without an answer the rule AGENT-HOUSEHOLD asks for it first.
            match agent.household_head {
                Some(true) => demand(has(DocumentKind::HouseholdHeadOwnPage), "household_head_own_page is missing"),
                Some(false) => demand(has(DocumentKind::BirthCertificate), "birth_certificate is missing"),
                None => {}
            }
        }
        // Other papers are seen as originals at a counter (PAPER-IN-PERSON).
        IdType::HkMacaoResidence | IdType::TaiwanResidence | IdType::ForeignPermanent => {}
    }
}

/// Whether this is a SHA-256 in lower-case hex.
pub(super) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
