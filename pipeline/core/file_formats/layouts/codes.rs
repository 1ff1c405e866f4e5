//! Code tables: our words to the partner's codes, and a bank's answers to our reasons.
//!
//! The values of ours are listed here, so that a table which misses one stops the start and not
//! the night run.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The code tables of one profile.
#[derive(Clone, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Codes {
    pub id_type: BTreeMap<String, String>,
    pub sex: BTreeMap<String, String>,
    pub relation: BTreeMap<String, String>,
    pub recycling_reason: BTreeMap<String, String>,
    pub balance_handling: BTreeMap<String, String>,
    pub plastic: BTreeMap<String, String>,
    pub outcome: BTreeMap<String, String>,
    /// Special dates; any other date passes as it is.
    pub validity: BTreeMap<String, String>,
    /// The bank's answers to an account request, by its own code.
    pub account_answer: BTreeMap<String, Answer>,
    /// The bank's answers to a recycling request, by its own code.
    pub recycling_answer: BTreeMap<String, Answer>,
}

/// What one answer code of a bank means to us.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Our reason, one of the table's values.
    pub reason: String,
    pub class: AnswerClass,
}

/// What follows from an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnswerClass {
    /// The account exists.
    Opened,
    /// The account is closed.
    Closed,
    /// The holder, or we, can put it right.
    Fixable,
    /// Asking again changes nothing.
    Final,
    /// The bank does not know yet: ask again, never send again blindly.
    Unknown,
}

/// A table and the values of ours it has to cover.
pub struct CodeTable {
    pub name: &'static str,
    pub values: &'static [&'static str],
    /// Two values of ours must not share a code, since files bring the codes back.
    pub reversible: bool,
    /// Values outside the table pass as they are.
    pub open: bool,
    /// The keys are the partner's codes and the values answers.
    pub answers: bool,
}

/// A table of ours to theirs, all of whose values must be mapped.
const fn table(name: &'static str, values: &'static [&'static str]) -> CodeTable {
    CodeTable { name, values, reversible: false, open: false, answers: false }
}

/// Every code table, sorted by name.
pub const TABLES: &[CodeTable] = &[
    CodeTable {
        answers: true,
        ..table(
            "account_answer",
            &[
                "opened",
                "duplicate_request",
                "identity_check_failed",
                "document_expired",
                "phone_not_holders",
                "rare_character",
                "guardian_missing",
                "bad_outlet",
                "too_many_accounts",
                "blocked",
                "timeout",
            ],
        )
    },
    table("balance_handling", &["zero", "transfer", "hold"]),
    CodeTable {
        reversible: true,
        ..table(
            "id_type",
            &["resident_id", "household_book", "hk_macao_residence", "taiwan_residence", "foreign_permanent"],
        )
    },
    CodeTable { reversible: true, ..table("outcome", &["good", "spoiled"]) },
    table("plastic", &["received", "not_received", "cut", "destroyed"]),
    CodeTable {
        answers: true,
        ..table("recycling_answer", &["closed", "balance_not_zero", "contracts", "frozen", "loan"])
    },
    table(
        "recycling_reason",
        &["death", "going_abroad", "bank_change", "replacement", "exchange", "never_collected", "damaged"],
    ),
    table("relation", &["parent", "grandparent", "other_guardian"]),
    CodeTable { reversible: true, ..table("sex", &["1", "2"]) },
    CodeTable { reversible: true, open: true, ..table("validity", &["long_term"]) },
];

impl CodeTable {
    /// The table of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        TABLES.iter().find(|table| table.name == name)
    }
}

impl Codes {
    /// The table of ours to theirs; `None` for an answer table or an unknown name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&BTreeMap<String, String>> {
        match name {
            "id_type" => Some(&self.id_type),
            "sex" => Some(&self.sex),
            "relation" => Some(&self.relation),
            "recycling_reason" => Some(&self.recycling_reason),
            "balance_handling" => Some(&self.balance_handling),
            "plastic" => Some(&self.plastic),
            "outcome" => Some(&self.outcome),
            "validity" => Some(&self.validity),
            _ => None,
        }
    }

    /// The answer table of that name.
    #[must_use]
    pub fn answers(&self, name: &str) -> Option<&BTreeMap<String, Answer>> {
        match name {
            "account_answer" => Some(&self.account_answer),
            "recycling_answer" => Some(&self.recycling_answer),
            _ => None,
        }
    }

    /// The partner's code for a value of ours. Of several answer codes, the first in order.
    #[must_use]
    pub fn theirs<'a>(&'a self, table: &str, ours: &'a str) -> Option<&'a str> {
        if let Some(answers) = self.answers(table) {
            let mut found = answers.iter().filter(|(_, answer)| answer.reason == ours);
            return found.next().map(|(code, _)| code.as_str());
        }
        let code = self.table(table)?.get(ours).map(String::as_str);
        code.or_else(|| is_open(table).then_some(ours))
    }

    /// Our value for the partner's code; for an answer code its reason.
    #[must_use]
    pub fn ours<'a>(&'a self, table: &str, theirs: &'a str) -> Option<&'a str> {
        if let Some(answers) = self.answers(table) {
            return answers.get(theirs).map(|answer| answer.reason.as_str());
        }
        let mut found = self.table(table)?.iter().filter(|(_, code)| *code == theirs);
        let value = found.next().map(|(ours, _)| ours.as_str());
        value.or_else(|| is_open(table).then_some(theirs))
    }
}

fn is_open(table: &str) -> bool {
    CodeTable::named(table).is_some_and(|table| table.open)
}

#[cfg(test)]
mod tests {
    use super::{Codes, TABLES};

    #[test]
    fn tables_are_sorted_and_each_is_reachable() {
        assert!(TABLES.is_sorted_by(|a, b| a.name < b.name));
        let codes = Codes::default();
        for table in TABLES {
            assert_eq!(codes.table(table.name).is_some(), !table.answers);
            assert_eq!(codes.answers(table.name).is_some(), table.answers);
        }
    }
}
