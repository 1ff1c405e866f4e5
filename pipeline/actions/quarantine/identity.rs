//! What a repair must leave as it was: whose message it is and where it belongs. A repair puts right how a message
//! is written; whose it is, its sender says with a new one.
//!
//! What the message does not say in a usable way (an unknown bank, no number at all) may be given.

use cardline_core::domain::application::IdType;
use cardline_core::domain::open_form::has_form;
use cardline_core::domain::person::PersonNumber;
use cardline_core::domain::reference::Reference;
use serde_json::Value;

use crate::quarantine::disclosure::form_of;

/// What a repair may not change, in the order in which it is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kept {
    /// The application or the shipment.
    Subject(&'static str),
    /// The card an event is about.
    Card,
    Person,
    Region,
    Bank,
}

impl Kept {
    /// The member of the message.
    #[must_use]
    pub fn member(self) -> &'static str {
        match self {
            Kept::Subject(member) => member,
            Kept::Card => "card",
            Kept::Person => "holder.id_number",
            Kept::Region => "region",
            Kept::Bank => "bank",
        }
    }
}

/// What of a message its repair changes although it may not.
pub fn changed(came: &[u8], repaired: &[u8], reference: &Reference) -> Option<Kept> {
    if came == repaired {
        return None;
    }
    // What is no JSON says of nobody whose it is, and as a repair it is not accepted.
    let (Ok(was), Ok(is)) = (serde_json::from_slice::<Value>(came), serde_json::from_slice::<Value>(repaired)) else {
        return None;
    };
    let differs = |member: &str, usable: &dyn Fn(&str) -> bool| {
        let was = was[member].as_str().filter(|text| usable(text));
        was.is_some_and(|was| is[member].as_str() != Some(was))
    };
    let formed = |member: &'static str| move |text: &str| form_of(member).is_some_and(|form| has_form(form, text));
    if let Some(member) = ["application_id", "shipment"].into_iter().find(|member| differs(member, &formed(member))) {
        return Some(Kept::Subject(member));
    }
    if differs("card", &formed("card")) {
        return Some(Kept::Card);
    }
    if is_another_person(&was["holder"], &is["holder"]) {
        return Some(Kept::Person);
    }
    let region = |message: &Value| {
        let code = message["region"].as_str()?;
        reference.region_now(code).in_force().map(str::to_owned)
    };
    if region(&was).is_some_and(|was| region(&is) != Some(was)) {
        return Some(Kept::Region);
    }
    differs("bank", &|bank| reference.bank(bank).is_some()).then_some(Kept::Bank)
}

/// Whether a repaired holder is somebody else. A number with a defect may be written differently, with other spaces
/// or another case, but stays the same number; a missing one may be given.
fn is_another_person(was: &Value, is: &Value) -> bool {
    let Some(number) = was["id_number"].as_str().filter(|number| !number.trim().is_empty()) else { return false };
    let named = is["id_number"].as_str().unwrap_or_default();
    match (person(was), person(is)) {
        (Some(was), Some(is)) => was != is,
        // The paper's kind may be put right, the number stays.
        _ => letters(number) != letters(named),
    }
}

fn person(holder: &Value) -> Option<PersonNumber> {
    let paper = serde_json::from_value::<IdType>(holder["id_type"].clone()).ok()?;
    PersonNumber::new(paper, holder["id_number"].as_str()?).ok()
}

/// The letters and digits of a number, in one case and width.
fn letters(number: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ => c,
    };
    number.chars().map(narrow).filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::reference::tables::built_in_reference;

    const LI: &str = "11010519491231002X";
    const WU: &str = "440524188001010014";

    fn message() -> Value {
        json!({ "application_id": "110101-20260105-000000001", "region": "110101", "bank": "ICBC",
            "holder": { "id_type": "resident_id", "id_number": LI, "mobile": "1" } })
    }

    fn repaired(edit: impl Fn(&mut Value)) -> Option<Kept> {
        repair_of(&message(), edit)
    }

    fn repair_of(was: &Value, edit: impl Fn(&mut Value)) -> Option<Kept> {
        let mut is = was.clone();
        edit(&mut is);
        changed(was.to_string().as_bytes(), is.to_string().as_bytes(), &built_in_reference().unwrap())
    }

    #[test]
    fn whose_it_is_and_where_it_belongs_stays() {
        assert_eq!(repaired(|m| m["holder"]["mobile"] = "2".into()), None);
        let of_another = |m: &mut Value| m["application_id"] = "110101-20260105-000000002".into();
        assert_eq!(repaired(of_another), Some(Kept::Subject("application_id")));
        assert_eq!(repaired(|m| m["holder"]["id_number"] = WU.into()), Some(Kept::Person));
        assert_eq!(repaired(|m| m["holder"] = json!({})), Some(Kept::Person));
        assert_eq!(repaired(|m| m["region"] = "330106".into()), Some(Kept::Region));
        assert_eq!(repaired(|m| m["region"] = Value::Null), Some(Kept::Region));
        assert_eq!(repaired(|m| m["bank"] = "ABC".into()), Some(Kept::Bank));
    }

    #[test]
    fn what_was_not_usable_may_be_given() {
        let was = json!({ "application_id": "张三", "region": "999999", "bank": "NOBODY", "holder": {} });
        let given = repair_of(&was, |m| *m = message());
        assert_eq!(given, None);
        assert_eq!(changed(b"not json", message().to_string().as_bytes(), &built_in_reference().unwrap()), None);
    }

    #[test]
    fn a_number_with_a_defect_is_written_anew_and_not_exchanged() {
        let mut was = message();
        was["holder"]["id_number"] = "110105 1949-1231-002x".into();
        assert_eq!(repair_of(&was, |m| m["holder"]["id_number"] = LI.into()), None);
        assert_eq!(repair_of(&was, |m| m["holder"]["id_number"] = WU.into()), Some(Kept::Person));
        was["holder"] = json!({ "id_type": "passport", "id_number": LI });
        assert_eq!(repair_of(&was, |m| m["holder"]["id_type"] = "resident_id".into()), None);
    }

    #[test]
    fn an_event_stays_with_its_card() {
        let was = json!({ "type": "card.lost", "card": "AB1234567", "shipment": "T0000001" });
        assert_eq!(repair_of(&was, |m| m["card"] = "AB7654321".into()), Some(Kept::Card));
        assert_eq!(repair_of(&was, |m| m["shipment"] = "T0000002".into()), Some(Kept::Subject("shipment")));
        assert_eq!(repair_of(&was, |m| m["type"] = "card.locked".into()), None);
    }
}
