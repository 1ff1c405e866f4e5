//! The holder's name.

use cardline_core::domain::application::IdType;

use super::{Defect, Message, Soil, anyone, defect, first_issue};
use crate::generate::names;

pub(super) const DEFECTS: &[Defect] = &[
    defect("NAME-CHARACTER", anyone, question_mark),
    defect("NAME-CHARACTER", anyone, replacement_character),
    defect("NAME-CHARACTER", anyone, private_use),
    defect("NAME-CHARACTER", anyone, zero_width),
    defect("NAME-CHARACTER", anyone, emoji),
    defect("NAME-EMPTY", anyone, empty),
    defect("NAME-LATIN", no_foreigner, name_of_a_passport),
    defect("NAME-LENGTH", anyone, too_long),
    defect("NAME-LENGTH", anyone, ten_thousand_characters),
    defect("NAME-MIXED", anyone, both_scripts),
    defect("NAME-NORMALISED", dotted, look_alike_dot),
    defect("NAME-RARE", first_in_han, rare_character),
    defect("NAME-SEPARATOR", han, dot_at_the_end),
    defect("NAME-SEPARATOR", dotted, doubled_dot),
];

fn han(message: &Message<'_>, _: &Soil<'_>) -> bool {
    !message.holder.name.is_ascii()
}

fn first_in_han(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    first_issue(message, soil) && han(message, soil)
}

fn no_foreigner(message: &Message<'_>, _: &Soil<'_>) -> bool {
    message.holder.id_type != IdType::ForeignPermanent
}

fn dotted(message: &Message<'_>, _: &Soil<'_>) -> bool {
    message.holder.name.contains('·')
}

fn after_the_first(message: &mut Message<'_>, character: char) {
    let first = message.holder.name.chars().next().unwrap_or('王');
    message.holder.name = format!("{first}{character}").into();
}

fn question_mark(message: &mut Message<'_>, _: &mut Soil<'_>) {
    after_the_first(message, '?');
}

fn replacement_character(message: &mut Message<'_>, _: &mut Soil<'_>) {
    after_the_first(message, '\u{FFFD}');
}

/// A rare character as an old system wrote it.
fn private_use(message: &mut Message<'_>, _: &mut Soil<'_>) {
    after_the_first(message, '\u{E863}');
}

fn zero_width(message: &mut Message<'_>, _: &mut Soil<'_>) {
    after_the_first(message, '\u{200B}');
}

fn emoji(message: &mut Message<'_>, _: &mut Soil<'_>) {
    after_the_first(message, '\u{1F600}');
}

fn empty(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.name = "".into();
}

fn name_of_a_passport(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    message.holder.name = names::foreigner(&mut soil.rng, soil.person.male).into();
}

/// Of extension B; a holder who has a card already has it under another name.
fn rare_character(message: &mut Message<'_>, _: &mut Soil<'_>) {
    after_the_first(message, '\u{20BB7}');
}

fn too_long(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.name = "样".repeat(26).into();
}

fn ten_thousand_characters(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.name = "例".repeat(10_000).into();
}

fn both_scripts(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.name = "王A".into();
}

fn look_alike_dot(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.name = message.holder.name.replace('·', "\u{2022}").into();
}

fn dot_at_the_end(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.name.to_mut().push('·');
}

fn doubled_dot(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.name = message.holder.name.replace('·', "··").into();
}
