//! The photo as declared.

use cardline_core::domain::application::{DocumentKind, IdType, PhotoSource};

use super::documents::{add, remove};
use super::{Defect, Message, Soil, adult, defect};
use crate::generate::choices::declared;

pub(super) const DEFECTS: &[Defect] = &[
    defect("PHOTO-ASPECT", uploaded, landscape),
    defect("PHOTO-AUTHORISATION", photo_and_id, id_photo_without_authorisation),
    defect("PHOTO-AUTHORISATION", with_photo, studio_without_receipt),
    defect("PHOTO-BYTES", uploaded, small_file),
    defect("PHOTO-BYTES", uploaded, large_file),
    defect("PHOTO-DEFAULT-AGE", adult, cartoon_of_an_adult),
    defect("PHOTO-DEFAULT-OBJECT", cartoon, cartoon_with_object),
    defect("PHOTO-ID-PAPER", uploaded_without_id, photo_of_no_id),
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

fn photo_and_id(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    with_photo(message, soil) && message.holder.id_type == IdType::ResidentId
}

fn uploaded_without_id(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    uploaded(message, soil) && message.holder.id_type != IdType::ResidentId
}

fn cartoon(message: &Message<'_>, _: &Soil<'_>) -> bool {
    message.photo.source == PhotoSource::Default
}

/// Papers that only one source of photos asks for.
const PAPERS: &[DocumentKind] = &[DocumentKind::PhotoAuthorisation, DocumentKind::PhotoReceipt];

/// A photo of the ID becomes an uploaded one: the holder is about to have another paper.
pub(super) fn uploaded_instead(message: &mut Message<'_>) {
    if message.photo.source == PhotoSource::IdPhoto {
        message.photo.source = PhotoSource::Upload;
        remove(message, PAPERS);
    }
}

fn landscape(message: &mut Message<'_>, _: &mut Soil<'_>) {
    (message.photo.width, message.photo.height) = (Some(1280), Some(960));
}

fn id_photo_without_authorisation(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.photo.source = PhotoSource::IdPhoto;
    remove(message, PAPERS);
}

fn studio_without_receipt(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.photo.source = PhotoSource::Studio;
    remove(message, PAPERS);
}

fn small_file(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.photo.bytes = Some(19_000);
}

fn large_file(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.photo.bytes = Some(12_000_000);
}

fn cartoon_of_an_adult(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.photo = declared(PhotoSource::Default, None);
    remove(message, PAPERS);
}

fn cartoon_with_object(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.photo.object = Some("photos/00/0001.jpg".into());
}

fn photo_of_no_id(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    message.photo.source = PhotoSource::IdPhoto;
    add(message, DocumentKind::PhotoAuthorisation, &mut soil.rng);
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
