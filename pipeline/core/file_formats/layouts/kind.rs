//! The kinds of file partners exchange, and the fields each may carry.

use serde::Deserialize;

/// What a file is about. Adding a kind is one variant, its name and its fields.
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

    /// The name used in profiles, commands and control lines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccountRequest => "account-request",
            Self::AccountResult => "account-result",
            Self::RecyclingRequest => "recycling-request",
            Self::RecyclingResult => "recycling-result",
            Self::Personalization => "personalization",
            Self::ProductionReport => "production-report",
            Self::ShippingManifest => "shipping-manifest",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether we wait for an answer to it, so that its profile must say for how long.
    #[must_use]
    pub const fn is_request(self) -> bool {
        matches!(self, Self::AccountRequest | Self::RecyclingRequest | Self::Personalization)
    }

    /// The fields a layout of this kind must carry: without them a row cannot be matched.
    #[must_use]
    pub const fn required_fields(self) -> &'static [&'static str] {
        match self {
            Self::AccountRequest => &["row", "task", "name", "id_type", "id_number"],
            Self::AccountResult => &["row", "task", "code", "account"],
            Self::RecyclingRequest => &["row", "reason", "card_number", "account"],
            Self::RecyclingResult => &["row", "card_number", "account", "code"],
            Self::Personalization => &["row", "card_number", "name", "ssseef0507", "attempt"],
            Self::ProductionReport => &["row", "card_number", "outcome", "card_identifier"],
            Self::ShippingManifest => {
                &["carton", "tracking", "seal", "box", "point", "from", "to", "card_number", "position"]
            }
        }
    }

    /// Further fields it may carry. Any other field name is a slip of the pen in a profile.
    #[must_use]
    pub const fn optional_fields(self) -> &'static [&'static str] {
        match self {
            Self::AccountRequest => &[
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
            Self::AccountResult => &["name", "sex", "id_type", "id_number", "text", "pan", "opened_on"],
            Self::RecyclingRequest => {
                &["name", "id_number", "social_cancelled_on", "balance_handling", "plastic", "outlet", "operator"]
            }
            Self::RecyclingResult => &["closed_on", "balance", "text"],
            Self::Personalization => &[
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
            Self::ProductionReport => {
                &["atr", "carton", "box", "box_position", "produced_at", "failed_stage", "reason"]
            }
            Self::ShippingManifest => &[],
        }
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
    fn no_field_is_listed_twice() {
        for kind in FileKind::ALL {
            for field in kind.optional_fields() {
                assert!(!kind.required_fields().contains(field), "{field}");
            }
        }
    }
}
