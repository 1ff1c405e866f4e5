//! What rules find.

use std::borrow::Cow;

use serde::Serialize;

/// What a finding does to the application.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Recorded only.
    Note,
    /// Goes on, and a person may look at it.
    Warning,
    /// The application is not accepted.
    Error,
}

/// One thing found in one application. Holds no personal data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    /// Code of the rule.
    pub rule: &'static str,
    /// Path of the member, such as `holder.id_number`.
    pub field: Cow<'static, str>,
    pub severity: Severity,
    pub message: Cow<'static, str>,
}

/// The findings of one application, as they are collected.
pub struct Findings {
    pub(super) list: Vec<Finding>,
    pub(super) rule: &'static str,
    pub(super) severity: Severity,
}

impl Findings {
    /// Adds a finding of the rule that is being checked.
    pub fn at(&mut self, field: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) {
        self.list.push(Finding {
            rule: self.rule,
            field: field.into(),
            severity: self.severity,
            message: message.into(),
        });
    }
}
