//! The kinds of file partners exchange, and the fields each may carry.

use serde::Deserialize;

/// What a file is about. Adding a kind is one variant, its place in [`FileKind::ALL`] and its facts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// To a bank: open these accounts (报盘).
    AccountRequest,
    /// From a bank: row by row, what became of them (回盘).
    AccountResult,
    /// To a bank: close these accounts and take the cards back (回收).
    RecyclingRequest,
    /// From a bank: what was closed.
    RecyclingResult,
    /// To a bureau: the cards to make; `cards.dat` of the package.
    Personalization,
    /// From a bureau: good or spoiled, card by card.
    ProductionReport,
    /// From a bureau: which card lies in which box (发货清单).
    ShippingManifest,
}

/// Which way a file travels, seen from us.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Out,
    In,
}

/// What a partner does for us.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartnerKind {
    Bank,
    Bureau,
}

/// What is known of a kind.
struct Facts {
    /// The name used in profiles, commands, control lines and the ledger; never changed.
    name: &'static str,
    /// Who exchanges it with us.
    partner: PartnerKind,
    direction: Direction,
    /// The field that says whom a row is about.
    key: &'static str,
    /// The code table of its field `code`, where a partner answers row by row.
    answers: Option<&'static str>,
    required: &'static [&'static str],
    optional: &'static [&'static str],
}

impl FileKind {
    /// Every kind, in the order of the route.
    pub const ALL: [Self; 7] = [
        Self::AccountRequest,
        Self::AccountResult,
        Self::Personalization,
        Self::ProductionReport,
        Self::ShippingManifest,
        Self::RecyclingRequest,
        Self::RecyclingResult,
    ];

    const fn facts(self) -> &'static Facts {
        match self {
            Self::AccountRequest => &Facts {
                name: "account-request",
                partner: PartnerKind::Bank,
                direction: Direction::Out,
                key: "task",
                answers: None,
                required: &["row", "task", "name", "id_type", "id_number"],
                optional: &[
                    "sex",
                    "id_valid_to",
                    "ethnicity",
                    "nationality",
                    "birth_date",
                    "birthplace",
                    "occupation",
                    "mobile",
                    "phone",
                    "address",
                    "address_region",
                    "outlet",
                    "outlet_name",
                    "employer_code",
                    "employer_name",
                    "township",
                    "village",
                    "guardian_name",
                    "guardian_sex",
                    "guardian_id_type",
                    "guardian_id_number",
                    "guardian_relation",
                    "guardian_mobile",
                    "pickup_outlet",
                ],
            },
            Self::AccountResult => &Facts {
                name: "account-result",
                partner: PartnerKind::Bank,
                direction: Direction::In,
                key: "task",
                answers: Some("account_answer"),
                required: &["row", "task", "code", "account"],
                optional: &["name", "sex", "id_type", "id_number", "text", "pan", "opened_on"],
            },
            Self::Personalization => &Facts {
                name: "personalization",
                partner: PartnerKind::Bureau,
                direction: Direction::Out,
                key: "pan",
                answers: None,
                required: &["row", "card_number", "name", "ssseef0507", "attempt"],
                optional: &[
                    "social_security_number",
                    "issue_date",
                    "valid_to",
                    "bank",
                    "region",
                    "pan",
                    "ssseef0501",
                    "ssseef0502",
                    "ssseef0503",
                    "ssseef0504",
                    "ssseef0505",
                    "ssseef0506",
                    "ssseef0608",
                    "ssseef0609",
                    "ssseef064e",
                    "ssseef060a",
                    "ssseef060b",
                    "ssseef060c",
                    "ssseef060d",
                    "df01ef0623",
                    "df01ef0624",
                    "df01ef0628",
                    "df01ef0a37",
                    "print_photo",
                    "chip_photo",
                    "delivery_point",
                ],
            },
            Self::ProductionReport => &Facts {
                name: "production-report",
                partner: PartnerKind::Bureau,
                direction: Direction::In,
                key: "card_number",
                answers: None,
                required: &["row", "card_number", "outcome", "card_identifier"],
                optional: &["atr", "carton", "box", "box_position", "produced_at", "failed_stage", "reason"],
            },
            Self::ShippingManifest => &Facts {
                name: "shipping-manifest",
                partner: PartnerKind::Bureau,
                direction: Direction::In,
                key: "card_number",
                answers: None,
                required: &["carton", "tracking", "seal", "box", "point", "from", "to", "card_number", "position"],
                optional: &[],
            },
            Self::RecyclingRequest => &Facts {
                name: "recycling-request",
                partner: PartnerKind::Bank,
                direction: Direction::Out,
                key: "card_number",
                answers: None,
                required: &["row", "reason", "card_number", "account"],
                optional: &[
                    "name",
                    "id_number",
                    "social_cancelled_on",
                    "balance_handling",
                    "plastic",
                    "outlet",
                    "operator",
                ],
            },
            Self::RecyclingResult => &Facts {
                name: "recycling-result",
                partner: PartnerKind::Bank,
                direction: Direction::In,
                key: "card_number",
                answers: Some("recycling_answer"),
                required: &["row", "card_number", "account", "code"],
                optional: &["closed_on", "balance", "text"],
            },
        }
    }

    /// The name used in profiles, commands and control lines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Which partners exchange it with us.
    #[must_use]
    pub const fn partner(self) -> PartnerKind {
        self.facts().partner
    }

    /// Which way it goes.
    #[must_use]
    pub const fn direction(self) -> Direction {
        self.facts().direction
    }

    /// Whether we wait for an answer to it, so that its profile must say for how long: all that we send.
    #[must_use]
    pub const fn is_request(self) -> bool {
        matches!(self.facts().direction, Direction::Out)
    }

    /// The field that says whom a row is about.
    #[must_use]
    pub const fn key(self) -> &'static str {
        self.facts().key
    }

    /// The code table of its field `code`, where a partner answers row by row.
    #[must_use]
    pub const fn answers(self) -> Option<&'static str> {
        self.facts().answers
    }

    /// The fields a layout of this kind must carry: without them a row cannot be matched.
    #[must_use]
    pub const fn required_fields(self) -> &'static [&'static str] {
        self.facts().required
    }

    /// Further fields it may carry. Any other field name is a slip of the pen in a profile.
    #[must_use]
    pub const fn optional_fields(self) -> &'static [&'static str] {
        self.facts().optional
    }

    /// Whether a column of this kind may be called so.
    #[must_use]
    pub fn knows(self, field: &str) -> bool {
        self.required_fields().contains(&field) || self.optional_fields().contains(&field)
    }
}

#[cfg(test)]
mod tests {
    use super::FileKind;

    #[test]
    fn every_kind_is_found_by_its_own_name() {
        for kind in FileKind::ALL {
            assert_eq!(FileKind::named(kind.name()), Some(kind));
        }
        assert_eq!(FileKind::named("account_request"), None);
    }

    #[test]
    fn whom_a_row_is_about_is_a_field_of_it() {
        for kind in FileKind::ALL {
            assert!(kind.knows(kind.key()), "{kind:?}");
            assert!(kind.answers().is_none() || kind.knows("code"), "{kind:?}");
        }
    }

    #[test]
    fn no_field_is_listed_twice() {
        for kind in FileKind::ALL {
            for field in kind.optional_fields() {
                assert!(!kind.required_fields().contains(field), "{field}");
            }
        }
    }
}
