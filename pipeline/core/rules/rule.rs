//! One rule of the catalogue.

use super::finding::{Findings, Severity};
use super::subject::Subject;
use super::text::RuleText;

/// One rule of the catalogue.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Stable, never reused; also the folder of its fixtures.
    pub code: &'static str,
    /// The defect it finds.
    pub name: &'static str,
    /// What is demanded.
    pub what: &'static str,
    /// Why it is demanded.
    pub why: &'static str,
    /// What the sender does about it.
    pub fix: &'static str,
    /// The standard or document it comes from.
    pub source: &'static str,
    pub severity: Severity,
    pub check: fn(&Subject<'_>, &mut Findings),
}

impl Rule {
    /// The rule in words.
    pub const fn text(&self) -> RuleText {
        let Rule { code, name, what, why, fix, source, severity, check: _ } = *self;
        RuleText { code, name, what, why, fix, source, severity }
    }

    /// Path of an application that meets the rule, from the repository's root.
    pub fn passing_example(&self) -> String {
        format!("fixtures/rules/{}/pass.json", self.code)
    }

    /// Path of an application that does not.
    pub fn failing_example(&self) -> String {
        format!("fixtures/rules/{}/fail.json", self.code)
    }
}
