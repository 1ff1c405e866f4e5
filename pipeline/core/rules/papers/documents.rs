//! Supporting documents: what the region's matrix demands (s1, s3), and what each entry declares.
//!
//! Not here: the matrix itself, which is policy (`domain::matrix`); the bytes, which are fetched and
//! hashed before the account cut; papers that another member demands (`agent`, `photo`).

use crate::domain::application::{DocumentKind, PhotoSource, Relation};
use crate::domain::identity_number::NumberClass;
use crate::domain::limits::MAX_DOCUMENTS_COUNT;
use crate::domain::set::Set;
use crate::rules::{Findings, Rule, Severity, Subject};

/// Longest object key, in bytes: what every file system takes as a name.
const MAX_OBJECT_KEY_BYTES: usize = 255;

/// SHA-256 of no bytes at all.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

pub(crate) const DOCUMENT_COUNT: Rule = Rule {
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
    if subject.application.documents.len() > MAX_DOCUMENTS_COUNT {
        findings.at("documents", "more than 40");
    }
}

pub(crate) const DOCUMENT_EMPTY: Rule = Rule {
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
    for (place, document) in subject.documents() {
        if document.sha256 == EMPTY_SHA256 {
            findings.at(format!("documents[{place}].sha256"), "the digest of an empty file");
        }
    }
}

pub(crate) const DOCUMENT_OBJECT: Rule = Rule {
    code: "DOCUMENT-OBJECT",
    name: "document without object or digest",
    what: "an object key (1 to 255 of letters, digits, hyphen, underscore, dot; parts between slashes), and a SHA-256 in 64 lower-case hex digits",
    why: "without both the page can be neither fetched nor proved, and a key must not lead elsewhere",
    fix: "send key and digest",
    source: "domain.md §3",
    severity: Severity::Error,
    check: document_object,
};

fn document_object(subject: &Subject<'_>, findings: &mut Findings) {
    for (place, document) in subject.documents() {
        if !is_object_key(&document.object) {
            findings.at(format!("documents[{place}].object"), "no object key");
        }
        if !is_sha256(&document.sha256) {
            findings.at(format!("documents[{place}].sha256"), "not 64 lower-case hex digits");
        }
    }
}

pub(crate) const DOCUMENT_REQUIRED: Rule = Rule {
    code: "DOCUMENT-REQUIRED",
    name: "required document missing",
    what: "the papers of the region's matrix, by age, paper, kind, channel and head of household",
    why: "they prove who the holder is and that the agent may act",
    fix: "add the document named",
    source: "s1, s3; policy documents",
    severity: Severity::Error,
    check: document_required,
};

fn document_required(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(case) = subject.case() else {
        return;
    };
    let mut told = Set::EMPTY;
    for demand in subject.policy.documents.demands(case) {
        if !demand.any_of.meets(subject.shown.with(told)) {
            findings.at("documents", format!("{} is missing", demand.words));
            told = told.with(demand.any_of);
        }
    }
}

pub(crate) const DOCUMENT_TWICE: Rule = Rule {
    code: "DOCUMENT-TWICE",
    name: "document of one kind twice",
    what: "each kind once",
    why: "nobody can say which of the two counts",
    fix: "send the one that counts",
    source: "domain.md §3",
    severity: Severity::Warning,
    check: document_twice,
};

fn document_twice(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.application.documents.len() > MAX_DOCUMENTS_COUNT {
        return;
    }
    let (mut seen, mut told) = (Set::EMPTY, Set::EMPTY);
    for (place, document) in subject.documents() {
        let kind = Set::of(&[document.kind]);
        if seen.meets(kind) && !told.meets(kind) {
            findings.at(format!("documents[{place}].kind"), "a second one of this kind");
            told = told.with(kind);
        }
        seen = seen.with(kind);
    }
}

pub(crate) const DOCUMENT_UNASKED: Rule = Rule {
    code: "DOCUMENT-UNASKED",
    name: "document not asked for",
    what: "only papers the region's matrix or another member of the application asks for",
    why: "personal data nobody asked for is not needed; it stays encrypted with the application until the person is erased",
    fix: "leave it out, or correct its kind",
    source: "s1, s3; policy documents; Personal Information Protection Law art. 6",
    severity: Severity::Note,
    check: document_unasked,
};

fn document_unasked(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(case) = subject.case() else {
        return;
    };
    let asked = subject.policy.documents.asked(case).with(asked_by_members(subject));
    let mut told = Set::EMPTY;
    for (place, document) in subject.documents() {
        if !asked.with(told).has(document.kind) {
            findings.at(format!("documents[{place}].kind"), "not asked for");
            told = told.with(Set::of(&[document.kind]));
        }
    }
}

/// The papers that the photo, the agent and a child's origin ask for.
fn asked_by_members(subject: &Subject<'_>) -> Set<DocumentKind> {
    let mut asked = match subject.application.photo.source {
        PhotoSource::IdPhoto => Set::of(&[DocumentKind::PhotoAuthorisation]),
        PhotoSource::Studio => Set::of(&[DocumentKind::PhotoReceipt]),
        PhotoSource::Upload | PhotoSource::Default => Set::EMPTY,
    };
    if let Some(agent) = subject.agent() {
        asked = asked.with(Set::of(&[DocumentKind::AgentIdFront, DocumentKind::AgentIdBack]));
        if agent.relation == Relation::OtherGuardian {
            asked = asked.with(Set::of(&[DocumentKind::RelationProof]));
        }
    }
    if subject.is_from_elsewhere() {
        asked = asked.with(Set::of(&[DocumentKind::ResidencePermit]));
    }
    asked
}

pub(crate) const RESIDENCE_PERMIT: Rule = Rule {
    code: "RESIDENCE-PERMIT",
    name: "child from elsewhere without residence permit",
    what: "a child whose number was issued elsewhere brings a residence permit or temporary residence certificate",
    why: "only residents get a card of the region; the number tells where the child was registered first, not where it is now, so a person looks",
    fix: "add the document residence_permit, unless the child was registered here since",
    source: "s0; policy home_within",
    severity: Severity::Warning,
    check: residence_permit,
};

fn residence_permit(subject: &Subject<'_>, findings: &mut Findings) {
    let citizen = subject.number_of(NumberClass::Citizen).is_some();
    let permitted = subject.shown.has(DocumentKind::ResidencePermit);
    if subject.is_minor() && citizen && subject.is_from_elsewhere() && !permitted {
        findings.at("documents", "residence_permit is missing");
    }
}

/// Whether this is a key of the object store: parts of plain characters between slashes. No part is empty
/// or begins with a dot, so a key leads nowhere else.
pub(crate) fn is_object_key(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'=' | b'/');
    let leads_on = |part: &[u8]| part.first().is_some_and(|first| *first != b'.');
    text.len() <= MAX_OBJECT_KEY_BYTES
        && all_bytes(text, plain)
        && text.as_bytes().split(|byte| *byte == b'/').all(leads_on)
}

/// Whether this is a SHA-256 in lower-case hex.
pub(crate) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && all_bytes(text, |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether every byte is one of these; without an early way out, which is quicker where almost all are.
pub(crate) fn all_bytes(text: &str, is_one: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(true, |all, byte| all & is_one(byte))
}
