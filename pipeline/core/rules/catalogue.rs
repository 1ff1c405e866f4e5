//! Every rule, and the check of an application against all of them.

use rayon::prelude::*;

use super::card::{bank, pickup, previous_card};
use super::papers::{agent_paper, consent, documents, paper, photo};
use super::people::{address, agent, contact, identity, name, newborn, person};
use super::{Finding, Findings, Rule, Severity, Subject, message};
use crate::domain::application::Application;
use crate::domain::reference::Facts;

/// The list, and what checks its rules one after the other. Each is named there, so that the compiler sees what it
/// calls: a call through the list costs as much as most rules.
macro_rules! catalogue {
    ($($rule:path,)*) => {
        /// Every rule, sorted by code.
        pub const CATALOGUE: &[Rule] = &[$($rule),*];

        fn check_each(subject: &Subject<'_>, findings: &mut Findings) {
            $(
                findings.rule = $rule.code;
                findings.severity = $rule.severity;
                ($rule.check)(subject, findings);
            )*
        }
    };
}

catalogue! {
    address::ADDRESS_ABOLISHED,
    address::ADDRESS_CHARACTER,
    address::ADDRESS_EMPTY,
    address::ADDRESS_LENGTH,
    address::ADDRESS_REGION,
    agent::AGENT_ADULT,
    agent::AGENT_AGE,
    agent::AGENT_AGE_GAP,
    agent::AGENT_HOLDER,
    agent::AGENT_HOUSEHOLD,
    agent_paper::AGENT_ID_NUMBER,
    agent_paper::AGENT_ID_TYPE,
    agent::AGENT_MOBILE,
    agent::AGENT_NAME,
    agent::AGENT_NAME_NORMALISED,
    agent_paper::AGENT_PAPER_DATES,
    agent_paper::AGENT_PAPER_EXPIRED,
    agent::AGENT_RELATION_PROOF,
    agent::AGENT_REQUIRED,
    agent::AGENT_SEX,
    message::APPLICATION_ID,
    message::APPROVAL_FUTURE,
    message::APPROVAL_INSTANT,
    message::APPROVAL_RANGE,
    bank::BANK_REGION,
    bank::BANK_UNKNOWN,
    person::BIRTH_AGREES,
    person::BIRTH_DATE,
    person::BIRTH_RANGE,
    consent::CONSENT_INSTANT,
    consent::CONSENT_STATEMENT,
    documents::DOCUMENT_COUNT,
    documents::DOCUMENT_EMPTY,
    documents::DOCUMENT_OBJECT,
    documents::DOCUMENT_REQUIRED,
    documents::DOCUMENT_TWICE,
    documents::DOCUMENT_UNASKED,
    person::ETHNICITY_CODE,
    message::EVENT_ID,
    identity::ID_BIRTH_DATE,
    identity::ID_CHARACTER,
    identity::ID_CHECKSUM,
    identity::ID_COUNTRY,
    identity::ID_FIFTEEN,
    identity::ID_FIFTEEN_NEW,
    identity::ID_LENGTH,
    identity::ID_PERMIT_PREFIX,
    identity::ID_PROVINCE,
    identity::ID_REGION,
    identity::ID_SEQUENCE,
    newborn::JOINT_BIRTH,
    contact::MOBILE_FORM,
    name::NAME_CHARACTER,
    name::NAME_EMPTY,
    name::NAME_LATIN,
    name::NAME_LENGTH,
    name::NAME_MIXED,
    name::NAME_NORMALISED,
    name::NAME_RARE,
    name::NAME_SEPARATOR,
    person::NATIONALITY_AGREES,
    person::NATIONALITY_CODE,
    newborn::NEWBORN_LANE,
    person::OCCUPATION_CODE,
    person::OCCUPATION_MISSING,
    bank::OUTLET_BANK,
    bank::OUTLET_CHECK,
    bank::OUTLET_REGION,
    bank::OUTLET_UNKNOWN,
    paper::PAPER_AGE,
    paper::PAPER_CLASS,
    paper::PAPER_DATES,
    paper::PAPER_EXPIRED,
    paper::PAPER_IN_PERSON,
    paper::PAPER_ISSUED,
    paper::PAPER_TERM,
    paper::PERMIT_PLACE,
    contact::PHONE_FORM,
    photo::PHOTO_ASPECT,
    photo::PHOTO_AUTHORISATION,
    photo::PHOTO_BYTES,
    photo::PHOTO_DEFAULT_AGE,
    photo::PHOTO_DEFAULT_OBJECT,
    photo::PHOTO_ID_PAPER,
    photo::PHOTO_OBJECT,
    photo::PHOTO_SIZE,
    pickup::PICKUP_AGENT,
    pickup::PICKUP_AGENT_OUTLET,
    pickup::PICKUP_BANK,
    pickup::PICKUP_EMPLOYER,
    pickup::PICKUP_MAIL,
    pickup::PICKUP_METHOD,
    pickup::PICKUP_POINT,
    pickup::PICKUP_REGION,
    previous_card::PREVIOUS_BANK,
    previous_card::PREVIOUS_BANK_CHANGE,
    previous_card::PREVIOUS_CHECK,
    previous_card::PREVIOUS_FORBIDDEN,
    previous_card::PREVIOUS_REASON,
    previous_card::PREVIOUS_REQUIRED,
    address::REGION_CURRENT,
    address::REGION_FOLLOWED,
    person::RENEWAL_AGE,
    documents::RESIDENCE_PERMIT,
    message::REVISION_ZERO,
    person::SEX_AGREES,
    person::SEX_CODE,
}

/// Checks one application against every rule; the findings come in the order of the catalogue.
pub fn check(application: &Application<'_>, facts: &Facts<'_>) -> Vec<Finding> {
    let subject = Subject::new(application, facts);
    let mut findings = Findings { list: Vec::new(), rule: "", severity: Severity::Note };
    check_each(&subject, &mut findings);
    findings.list
}

/// Checks many, in parallel; the n-th findings are those of the n-th application.
pub fn check_all(applications: &[Application<'_>], facts: &Facts<'_>) -> Vec<Vec<Finding>> {
    applications.par_iter().map(|application| check(application, facts)).collect()
}

/// Whether an application with these findings goes on: warnings and notes do not stop it.
pub fn is_accepted(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.severity != Severity::Error)
}

/// The rule of a code.
pub fn explain(code: &str) -> Option<&'static Rule> {
    CATALOGUE.iter().find(|rule| rule.code == code)
}
