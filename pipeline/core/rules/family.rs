//! The families of the catalogue, by the words its codes begin with.

use super::{CATALOGUE, Rule};

/// Rules about one thing, in one file of this folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Family {
    pub name: &'static str,
    /// First words of its codes.
    pub words: &'static [&'static str],
}

/// All families, in the order of a page.
pub const FAMILIES: &[Family] = &[
    Family { name: "Message and approval", words: &["APPLICATION", "APPROVAL", "EVENT", "REVISION"] },
    Family { name: "Identity number", words: &["ID"] },
    Family { name: "Name", words: &["NAME"] },
    Family { name: "Paper", words: &["PAPER", "PERMIT"] },
    Family { name: "Person", words: &["BIRTH", "ETHNICITY", "NATIONALITY", "OCCUPATION", "RENEWAL", "SEX"] },
    Family { name: "Newborn", words: &["JOINT", "NEWBORN"] },
    Family { name: "Contact", words: &["MOBILE", "PHONE"] },
    Family { name: "Address and region", words: &["ADDRESS", "REGION"] },
    Family { name: "Agent", words: &["AGENT"] },
    Family { name: "Documents", words: &["DOCUMENT", "RESIDENCE"] },
    Family { name: "Photo", words: &["PHOTO"] },
    Family { name: "Bank and outlet", words: &["BANK", "OUTLET"] },
    Family { name: "Pickup", words: &["PICKUP"] },
    Family { name: "Previous card", words: &["PREVIOUS"] },
    Family { name: "Consent", words: &["CONSENT"] },
];

impl Family {
    /// Its rules, sorted by code.
    pub fn rules(&self) -> impl Iterator<Item = &'static Rule> {
        CATALOGUE.iter().filter(|rule| self.has(rule))
    }

    fn has(&self, rule: &Rule) -> bool {
        rule.code.split('-').next().is_some_and(|word| self.words.contains(&word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_of_one_family() {
        for rule in CATALOGUE {
            assert_eq!(FAMILIES.iter().filter(|family| family.has(rule)).count(), 1, "{}", rule.code);
        }
        assert!(FAMILIES.iter().all(|family| family.rules().count() > 0));
    }
}
