//! How the holder is reached.

use super::{Defect, Message, Soil, anyone, defect};

pub(super) const DEFECTS: &[Defect] = &[
    defect("MOBILE-FORM", anyone, short_mobile),
    defect("MOBILE-FORM", anyone, mobile_with_country),
    defect("PHONE-FORM", anyone, phone_without_area),
];

fn short_mobile(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.mobile.to_mut().pop();
}

fn mobile_with_country(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.mobile = format!("+86{}", &*message.holder.mobile).into();
}

fn phone_without_area(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.phone = Some("60000000".into());
}
