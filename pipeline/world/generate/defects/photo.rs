//! The photo as declared.

use cardline_core::domain::application::{DocumentKind, PhotoSource};

use super::documents::remove;
use super::{Defect, Message, Soil, adult, defect};
use crate::world::generate::choices::declared;

pub(super) const DEFECTS: &[Defect] = &[
    defect("PHOTO-ASPECT", uploaded, landscape),
    defect("PHOTO-AUTHORISATION", with_photo, id_photo_without_authorisation),
    defect("PHOTO-AUTHORISATION", with_photo, studio_without_receipt),
    defect("PHOTO-BYTES", uploaded, small_file),
    defect("PHOTO-BYTES", uploaded, large_file),
    defect("PHOTO-DEFAULT-AGE", adult, cartoon_of_an_adult),
    defect("PHOTO-OBJECT", uploaded, no_object),
    defect("PHOTO-OBJECT", uploaded, no_digest),
    defect("PHOTO-SIZE", uploaded, few_pixels),
];

fn with_photo(message: &Message<'_>, _: &Soil<'_>) -> bool {
    message.photo.source != PhotoSource::Default
}

fn uploaded(message: &Message<'_>, _: &Soil<'_>) -> bool {
    message.photo.source == PhotoSource::Upload
}

fn landscape(message: &mut Message<'_>, _: &mut Soil<'_>) {
    (message.photo.width, message.photo.height) = (Some(1280), Some(960));
}

fn id_photo_without_authorisation(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.photo.source = PhotoSource::IdPhoto;
    remove(message, &[DocumentKind::PhotoAuthorisation]);
}

fn studio_without_receipt(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.photo.source = PhotoSource::Studio;
    remove(message, &[DocumentKind::PhotoReceipt]);
}

fn small_file(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.photo.bytes = Some(19_000);
}

fn large_file(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.photo.bytes = Some(12_000_000);
}

fn cartoon_of_an_adult(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.photo = declared(PhotoSource::Default, None);
}

fn no_object(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.photo.object = None;
}

fn no_digest(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.photo.sha256 = Some("none".into());
}

fn few_pixels(message: &mut Message<'_>, _: &mut Soil<'_>) {
    (message.photo.width, message.photo.height) = (Some(179), Some(220));
}
