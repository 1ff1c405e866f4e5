//! What of a message stands in plain text: the list of its codes, days of events and words of enumerations,
//! and the form each must have. A value out of its form is nobody's code, so it stays masked.

use cardline_core::domain::open_form::{Form, PLACE, REGION};

/// Paths whose values may be shown; `[]` is any place of a list.
const OPEN: &[(&str, Form)] = &[
    ("actor", Form::Key),
    ("agent.id_type", Form::Word),
    ("agent.id_valid_from", Form::Day),
    ("agent.id_valid_to", Form::Day),
    ("agent.relation", Form::Word),
    ("agent.sex", Form::Digits(1)),
    ("application_id", Form::Key),
    ("approved_at", Form::Instant),
    ("at", Form::Instant),
    ("bank", Form::Bank),
    ("box", Form::Key),
    ("by", Form::Word),
    ("card", Form::CardNumber),
    ("channel", Form::Word),
    ("consent.accepted_at", Form::Instant),
    ("consent.statement", Form::Version),
    ("count", Form::Count),
    ("documents[].kind", Form::Word),
    ("documents[].sha256", Form::Digest),
    ("event_id", Form::Key),
    ("evidence[].kind", Form::Word),
    ("evidence[].sha256", Form::Digest),
    ("functions", Form::Word),
    ("holder.address.region", Form::District),
    ("holder.birth_date", Form::Year),
    ("holder.ethnicity", Form::Digits(2)),
    ("holder.id_type", Form::Word),
    ("holder.id_valid_from", Form::Day),
    ("holder.id_valid_to", Form::Day),
    ("holder.nationality", Form::Letters),
    ("holder.occupation", Form::Digits(1)),
    ("holder.sex", Form::Digits(1)),
    ("kind", Form::Word),
    ("on", Form::Day),
    ("opening_outlet", PLACE),
    ("photo.bytes", Form::Count),
    ("photo.height", Form::Count),
    ("photo.sha256", Form::Digest),
    ("photo.source", Form::Word),
    ("photo.width", Form::Count),
    ("pickup.method", Form::Word),
    ("pickup.point", PLACE),
    ("place.code", PLACE),
    ("place.kind", Form::Word),
    ("previous_card.bank", Form::Bank),
    ("previous_card.card_number", Form::CardNumber),
    ("previous_card.reason", Form::Word),
    ("priority", Form::Word),
    ("reason", Form::Word),
    ("region", REGION),
    ("revision", Form::Count),
    ("schema", Form::Schema),
    ("shipment", Form::Key),
    ("type", Form::Word),
];

/// The form of a path's value, if it may be shown or set in plain text at all.
pub fn form_of(path: &str) -> Option<Form> {
    let mut plain = String::with_capacity(path.len());
    let mut inside = false;
    for c in path.chars() {
        match c {
            '[' => plain.push_str("[]"),
            ']' => {}
            c if inside && c.is_ascii_digit() => {}
            c => plain.push(c),
        }
        inside = c == '[' || inside && c.is_ascii_digit();
    }
    OPEN.iter().find(|(open, _)| *open == plain).map(|(_, form)| *form)
}

#[cfg(test)]
mod tests {
    use cardline_core::domain::open_form::has_form;

    use super::*;

    #[test]
    fn the_list_is_sorted_and_finds_places_of_lists() {
        assert!(OPEN.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(form_of("documents[17].kind") == Some(Form::Word));
        assert!(form_of("documents.kind").is_none() && form_of("holder.name").is_none() && form_of("").is_none());
    }

    #[test]
    fn a_number_of_a_person_has_no_open_form() {
        let with_letters = concat!("wang138", "00000000");
        for text in ["13800000000", "110101198503072238", "6222000000000000", "张三", "wang xiaoming", with_letters] {
            for (path, form) in OPEN {
                assert!(*form == Form::Digits(text.len()) || !has_form(*form, text), "{path}");
            }
        }
    }
}
