//! What a shipping manifest may hold, as `schemas/xml/shipping-manifest.xsd` says it.

/// What an element may hold: its parent, its name and its attributes.
pub(crate) struct Element {
    pub parent: &'static str,
    pub name: &'static str,
    pub attributes: &'static [&'static str],
}

pub(crate) const ELEMENTS: &[Element] = &[
    Element { parent: "", name: "shippingManifest", attributes: &["bureau", "batch", "sequence", "date"] },
    Element { parent: "shippingManifest", name: "carton", attributes: &["number", "tracking", "seal"] },
    Element { parent: "carton", name: "box", attributes: &["number", "point", "from", "to", "count"] },
    Element { parent: "box", name: "card", attributes: &["number", "position"] },
    Element { parent: "shippingManifest", name: "totals", attributes: &["cartons", "boxes", "cards"] },
];

/// Whether an attribute is what the schema says.
pub(crate) fn is_sound(element: &str, attribute: &str, value: &str) -> bool {
    let is_code = |most: usize| {
        (1..=most).contains(&value.len())
            && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte))
    };
    match (element, attribute) {
        ("card", "number") => {
            let is_plain = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
            value.len() == 9 && value.bytes().all(is_plain)
        }
        (_, "from" | "to" | "count" | "position") => is_number(value) && number(value) > 0,
        ("totals", _) | (_, "sequence") => is_number(value),
        (_, "date") => value.len() == 10 && value.parse::<jiff::civil::Date>().is_ok(),
        _ => is_code(64),
    }
}

/// A number without sign or needless zeros, so that each has one spelling.
fn is_number(value: &str) -> bool {
    value.parse::<u32>().is_ok_and(|number| number.to_string() == value)
}

/// A number that was looked at, or 0.
pub(crate) fn number(value: &str) -> u32 {
    value.parse().unwrap_or_default()
}
