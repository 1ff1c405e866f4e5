//! What only newborns have: the lane, and the joint application at birth.

use cardline_core::domain::application::{Channel, Priority};

use super::{Defect, Message, Soil, adult, defect, minor};
use crate::generate::classes::Class;

pub(super) const DEFECTS: &[Defect] =
    &[defect("JOINT-BIRTH", older_child, born_long_ago), defect("NEWBORN-LANE", adult, lane_of_the_newborn)];

fn older_child(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    minor(message, soil) && soil.person.class != Class::Newborn
}

fn born_long_ago(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.channel = Channel::JointBirth;
}

fn lane_of_the_newborn(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.priority = Priority::Newborn;
}
