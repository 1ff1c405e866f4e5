//! Newborns: the lane and the channel that are theirs alone (s0).

use crate::domain::application::{Channel, Kind, Priority};
use crate::rules::{Findings, Rule, Severity, Subject};

pub(crate) const JOINT_BIRTH: Rule = Rule {
    code: "JOINT-BIRTH",
    name: "joint application at birth without a birth",
    what: "the channel joint_birth brings the first card of a child under one year, or the age of the region's policy",
    why: "it is one procedure with the birth certificate and the registration",
    fix: "send the channel the application came by",
    source: "s0; policy newborn_months",
    severity: Severity::Error,
    check: joint_birth,
};

fn joint_birth(subject: &Subject<'_>, findings: &mut Findings) {
    let first = subject.application.kind == Kind::FirstIssue;
    let joint = subject.application.channel == Channel::JointBirth;
    if joint && (!first || subject.is_newborn() == Some(false)) {
        findings.at("channel", "not the first card of a newborn");
    }
}

pub(crate) const NEWBORN_LANE: Rule = Rule {
    code: "NEWBORN-LANE",
    name: "newborn lane for somebody older",
    what: "the priority newborn only under one year, or the age of the region's policy",
    why: "the lane passes others by, and its batches are kept apart",
    fix: "send the priority normal or urgent",
    source: "s0; policy newborn_months",
    severity: Severity::Error,
    check: newborn_lane,
};

fn newborn_lane(subject: &Subject<'_>, findings: &mut Findings) {
    let lane = subject.application.priority == Priority::Newborn;
    if lane && subject.is_newborn() == Some(false) {
        findings.at("priority", "the holder is no newborn at approval");
    }
}
