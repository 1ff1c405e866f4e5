//! The agent (代办人) acting for a minor or someone who cannot come (s3): who that is. The agent's paper has a
//! file of its own, `agent_paper`.

use super::name::{is_latin, tell_normalised};
use crate::domain::application::{DocumentKind, IdType, Relation};
use crate::domain::identity_number::IdentityNumber;
use crate::domain::mobile;
use crate::rules::subject::{ADULT_YEARS, whole_years};
use crate::rules::{Findings, Rule, Severity, Subject};

pub(crate) const AGENT_ADULT: Rule = Rule {
    code: "AGENT-ADULT",
    name: "agent under eighteen",
    what: "the agent is 18 or older on the day of approval",
    why: "a minor cannot act for another",
    fix: "let an adult guardian apply",
    source: "s3; Civil Code art. 17",
    severity: Severity::Error,
    check: agent_adult,
};

fn agent_adult(subject: &Subject<'_>, findings: &mut Findings) {
    let born = agent_number(subject).and_then(|number| number.birth);
    if let (Some(born), Some(on)) = (born, subject.approved_on)
        && whole_years(born, on) < ADULT_YEARS
    {
        findings.at("agent.id_number", "the agent is not 18 yet at approval");
    }
}

pub(crate) const AGENT_AGE: Rule = Rule {
    code: "AGENT-AGE",
    name: "parent not older than the child",
    what: "a parent or grandparent was born before the holder",
    why: "the relation or one of the numbers belongs to somebody else",
    fix: "compare number and relation with the papers",
    source: "s3; domain.md §3",
    severity: Severity::Error,
    check: agent_age,
};

fn agent_age(subject: &Subject<'_>, findings: &mut Findings) {
    if forebear_years(subject).is_some_and(|(_, older)| older < 0) {
        findings.at("agent.relation", "born on the same day as the holder or later");
    }
}

pub(crate) const AGENT_AGE_GAP: Rule = Rule {
    code: "AGENT-AGE-GAP",
    name: "parent hardly older than the child",
    what: "a parent is at least 12 years older than the holder, a grandparent at least 24",
    why: "a step-parent may be younger than that, so a person looks",
    fix: "compare number and relation with the papers",
    source: "local policy",
    severity: Severity::Warning,
    check: agent_age_gap,
};

/// Years by which each generation is older.
const GENERATION_YEARS: i16 = 12;

fn agent_age_gap(subject: &Subject<'_>, findings: &mut Findings) {
    if let Some((generations, older)) = forebear_years(subject)
        && (0..generations * GENERATION_YEARS).contains(&older)
    {
        findings.at("agent.relation", "too few years older than the holder");
    }
}

/// Of a grown-up parent or grandparent: generations, and whole years older than the holder (-1 when not
/// older at all). AGENT-ADULT speaks of those who are not grown up.
fn forebear_years(subject: &Subject<'_>) -> Option<(i16, i16)> {
    let generations = match subject.agent()?.relation {
        Relation::Parent => 1,
        Relation::Grandparent => 2,
        Relation::OtherGuardian => return None,
    };
    let born = agent_number(subject)?.birth?;
    let holder = subject.born_on?;
    let grown_up = whole_years(born, subject.approved_on?) >= ADULT_YEARS;
    grown_up.then(|| (generations, if born < holder { whole_years(born, holder) } else { -1 }))
}

pub(crate) const AGENT_HOLDER: Rule = Rule {
    code: "AGENT-HOLDER",
    name: "agent is the holder",
    what: "the agent is another person than the holder",
    why: "nobody acts for himself; usually the numbers were filled in twice",
    fix: "send the agent's own number",
    source: "s3",
    severity: Severity::Error,
    check: agent_holder,
};

fn agent_holder(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.agent().is_some() && is_holders(subject) {
        findings.at("agent.id_number", "the same number as the holder's");
    }
}

pub(crate) const AGENT_HOUSEHOLD: Rule = Rule {
    code: "AGENT-HOUSEHOLD",
    name: "household questions not answered",
    what: "with a household book: is the agent its head, and are both in one booklet",
    why: "the pages demanded depend on the answers",
    fix: "answer both questions",
    source: "s3",
    severity: Severity::Error,
    check: agent_household,
};

fn agent_household(subject: &Subject<'_>, findings: &mut Findings) {
    let book = subject.holder().id_type == IdType::HouseholdBook;
    let Some(agent) = subject.minors_agent().filter(|_| book) else {
        return;
    };
    if agent.household_head.is_none() {
        findings.at("agent.household_head", "not answered");
    }
    if agent.same_booklet.is_none() {
        findings.at("agent.same_booklet", "not answered");
    }
}

pub(crate) const AGENT_MOBILE: Rule = Rule {
    code: "AGENT-MOBILE",
    name: "agent's mobile is none",
    what: "1, then 3 to 9, then nine digits",
    why: "notices for a minor go to the agent",
    fix: "send the agent's mobile number",
    source: "s3; Telecommunications numbering plan",
    severity: Severity::Error,
    check: agent_mobile,
};

fn agent_mobile(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.agent().is_some_and(|agent| !mobile::is_valid(&agent.mobile)) {
        findings.at("agent.mobile", "no mobile number");
    }
}

pub(crate) const AGENT_NAME: Rule = Rule {
    code: "AGENT-NAME",
    name: "agent's name is not one",
    what: "Han characters with U+00B7 between the parts, 1 to 50 bytes in GB18030, as on a resident ID",
    why: "it goes to the bank as the guardian's",
    fix: "send the name of the agent's paper",
    source: "GB 18030-2022; domain.md §3",
    severity: Severity::Error,
    check: agent_name,
};

fn agent_name(subject: &Subject<'_>, findings: &mut Findings) {
    match &subject.agent_name {
        Some(Err(defect)) => findings.at("agent.name", defect.to_string()),
        Some(Ok(name)) if has_resident_id(subject) && is_latin(&name.text) => {
            findings.at("agent.name", "Latin letters stand on no resident ID");
        }
        _ => {}
    }
}

pub(crate) const AGENT_NAME_NORMALISED: Rule = Rule {
    code: "AGENT-NAME-NORMALISED",
    name: "look-alike characters or spaces in the agent's name normalised",
    what: "the dot between the parts is U+00B7, no space stands at an end",
    why: "the bank compares the guardian's name with its own records",
    fix: "send the normal form",
    source: "domain.md §3",
    severity: Severity::Note,
    check: agent_name_normalised,
};

fn agent_name_normalised(subject: &Subject<'_>, findings: &mut Findings) {
    tell_normalised(subject.agent_name.as_ref().and_then(|name| name.as_ref().ok()), "agent.name", findings);
}

pub(crate) const AGENT_RELATION_PROOF: Rule = Rule {
    code: "AGENT-RELATION-PROOF",
    name: "guardianship without proof",
    what: "an agent who is neither parent nor grandparent sends a proof of relation",
    why: "the authority's records hold no such relation",
    fix: "add the document relation_proof",
    source: "s3",
    severity: Severity::Error,
    check: agent_relation_proof,
};

fn agent_relation_proof(subject: &Subject<'_>, findings: &mut Findings) {
    let other = subject.agent().is_some_and(|agent| agent.relation == Relation::OtherGuardian);
    if other && !subject.shown.has(DocumentKind::RelationProof) {
        findings.at("documents", "relation_proof is missing");
    }
}

pub(crate) const AGENT_REQUIRED: Rule = Rule {
    code: "AGENT-REQUIRED",
    name: "minor without agent",
    what: "an agent when the holder is under 18",
    why: "a minor cannot open an account alone",
    fix: "let a guardian apply",
    source: "s3; Civil Code art. 19",
    severity: Severity::Error,
    check: agent_required,
};

fn agent_required(subject: &Subject<'_>, findings: &mut Findings) {
    if subject.is_minor() && subject.agent().is_none() {
        findings.at("agent", "the holder is under 18 at approval");
    }
}

pub(crate) const AGENT_SEX: Rule = Rule {
    code: "AGENT-SEX",
    name: "agent's sex and number disagree",
    what: "1 or 2, and the one in the agent's number",
    why: "one of the two was read from another paper",
    fix: "compare both with the paper",
    source: "GB 11643-1999; GB/T 2261.1",
    severity: Severity::Error,
    check: agent_sex,
};

fn agent_sex(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(agent) = subject.agent() else {
        return;
    };
    let declared = agent.sex.as_ref();
    let sex = agent_number(subject).and_then(|number| number.sex);
    let agrees = sex.is_none_or(|sex| sex.code() == declared);
    if !agrees || !matches!(declared, "1" | "2") {
        findings.at("agent.sex", "not the sex in the number");
    }
}

/// The agent's own number, when it is well formed; of the holder's number AGENT-HOLDER speaks.
fn agent_number<'f>(subject: &'f Subject<'_>) -> Option<&'f IdentityNumber> {
    well_formed(subject).filter(|_| !is_holders(subject))
}

fn well_formed<'f>(subject: &'f Subject<'_>) -> Option<&'f IdentityNumber> {
    subject.agent_number.as_ref()?.as_ref().ok()
}

fn is_holders(subject: &Subject<'_>) -> bool {
    well_formed(subject).is_some_and(|number| subject.number().is_some_and(|holder| holder == number))
}

pub(crate) fn has_resident_id(subject: &Subject<'_>) -> bool {
    subject.agent().is_some_and(|agent| agent.id_type == IdType::ResidentId)
}
