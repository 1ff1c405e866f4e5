//! The photo as declared. The figures are those of s3; the bytes themselves are fetched, hashed and
//! decoded before the account cut.

use super::documents::{is_object_key, is_sha256};
use crate::domain::application::{DocumentKind, IdType, Photo, PhotoSource};
use crate::rules::{Findings, Rule, Severity, Subject};

/// Smallest width and height, in pixels, and at the same time the aspect (s3).
const WIDTH_PIXELS: u32 = 358;
const HEIGHT_PIXELS: u32 = 441;

/// Smallest file: 20 KB (s3), read as 1,000 bytes each, the reading that refuses less.
const MIN_BYTES: u64 = 20_000;

/// Largest file: 8.75 MB (s3), read as 1,048,576 bytes each, the reading that refuses less.
const MAX_BYTES: u64 = 9_175_040;

pub(crate) const PHOTO_ASPECT: Rule = Rule {
    code: "PHOTO-ASPECT",
    name: "photo of another aspect",
    what: "358 to 441, within one pixel of width",
    why: "the bureau would have to cut or stretch the face",
    fix: "cut the photo to the aspect",
    source: "s3",
    severity: Severity::Error,
    check: photo_aspect,
};

fn photo_aspect(subject: &Subject<'_>, findings: &mut Findings) {
    let photo = &subject.application.photo;
    let (Some(width), Some(height)) = (photo.width, photo.height) else {
        return;
    };
    let off = (u64::from(width) * u64::from(HEIGHT_PIXELS)).abs_diff(u64::from(height) * u64::from(WIDTH_PIXELS));
    // A photo that is too small is reported by PHOTO-SIZE.
    if photo.source != PhotoSource::Default && !is_too_small(photo) && off > u64::from(HEIGHT_PIXELS) {
        findings.at("photo.width", "not in the aspect of 358 to 441");
    }
}

pub(crate) const PHOTO_AUTHORISATION: Rule = Rule {
    code: "PHOTO-AUTHORISATION",
    name: "photo without the paper that allows it",
    what: "the photo of the ID needs photo_authorisation, a studio's needs photo_receipt",
    why: "the photo was made for another purpose, or its number proves who is on it",
    fix: "add the document",
    source: "s1",
    severity: Severity::Error,
    check: photo_authorisation,
};

fn photo_authorisation(subject: &Subject<'_>, findings: &mut Findings) {
    let (kind, message) = match subject.application.photo.source {
        PhotoSource::IdPhoto => (DocumentKind::PhotoAuthorisation, "photo_authorisation is missing"),
        PhotoSource::Studio => (DocumentKind::PhotoReceipt, "photo_receipt is missing"),
        PhotoSource::Upload | PhotoSource::Default => return,
    };
    if !subject.shown.has(kind) {
        findings.at("documents", message);
    }
}

pub(crate) const PHOTO_BYTES: Rule = Rule {
    code: "PHOTO-BYTES",
    name: "photo too small or too large a file",
    what: "20 KB to 8.75 MB",
    why: "smaller is too coarse to print, larger is no portrait",
    fix: "save the JPEG again",
    source: "s3",
    severity: Severity::Error,
    check: photo_bytes,
};

fn photo_bytes(subject: &Subject<'_>, findings: &mut Findings) {
    let photo = &subject.application.photo;
    let declared = photo.bytes.filter(|_| photo.source != PhotoSource::Default);
    if declared.is_some_and(|bytes| !(MIN_BYTES..=MAX_BYTES).contains(&bytes)) {
        findings.at("photo.bytes", "not from 20 KB to 8.75 MB");
    }
}

pub(crate) const PHOTO_DEFAULT_AGE: Rule = Rule {
    code: "PHOTO-DEFAULT-AGE",
    name: "default photo from seven on",
    what: "the default cartoon only under 7, or the age of the region's policy",
    why: "an older child is recognised by the photo",
    fix: "upload a photo",
    source: "s3; policy default_photo_years",
    severity: Severity::Error,
    check: photo_default_age,
};

fn photo_default_age(subject: &Subject<'_>, findings: &mut Findings) {
    let default = subject.application.photo.source == PhotoSource::Default;
    if default && subject.age().is_some_and(|age| age >= subject.policy.default_photo_years) {
        findings.at("photo.source", "the default photo is not taken at this age");
    }
}

pub(crate) const PHOTO_DEFAULT_OBJECT: Rule = Rule {
    code: "PHOTO-DEFAULT-OBJECT",
    name: "default photo with a photo of its own",
    what: "no object and no digest with the default photo",
    why: "nobody can say which of the two is to be printed",
    fix: "leave the photo out, or send its true source",
    source: "domain.md §3",
    severity: Severity::Error,
    check: photo_default_object,
};

fn photo_default_object(subject: &Subject<'_>, findings: &mut Findings) {
    let photo = &subject.application.photo;
    if photo.source == PhotoSource::Default && (photo.object.is_some() || photo.sha256.is_some()) {
        findings.at("photo.source", "the default photo has no object");
    }
}

pub(crate) const PHOTO_ID_PAPER: Rule = Rule {
    code: "PHOTO-ID-PAPER",
    name: "photo of an ID the holder has not",
    what: "the photo of the resident ID only with a resident ID",
    why: "a household book has no photo, and other papers' photos are not ours to use",
    fix: "upload a photo",
    source: "s1",
    severity: Severity::Error,
    check: photo_id_paper,
};

fn photo_id_paper(subject: &Subject<'_>, findings: &mut Findings) {
    let id_photo = subject.application.photo.source == PhotoSource::IdPhoto;
    if id_photo && subject.holder().id_type != IdType::ResidentId {
        findings.at("photo.source", "the holder's paper is no resident ID");
    }
}

pub(crate) const PHOTO_OBJECT: Rule = Rule {
    code: "PHOTO-OBJECT",
    name: "photo not declared in full",
    what: "object, SHA-256, bytes, width and height, unless it is the default",
    why: "without them the photo can be neither fetched nor proved",
    fix: "send all five",
    source: "domain.md §3",
    severity: Severity::Error,
    check: photo_object,
};

fn photo_object(subject: &Subject<'_>, findings: &mut Findings) {
    let photo = &subject.application.photo;
    if photo.source == PhotoSource::Default {
        return;
    }
    let object = photo.object.as_deref().unwrap_or_default();
    let digest = photo.sha256.as_deref().unwrap_or_default();
    for (given, field) in [
        (is_object_key(object), "photo.object"),
        (is_sha256(digest), "photo.sha256"),
        (photo.bytes.is_some(), "photo.bytes"),
        (photo.width.is_some(), "photo.width"),
        (photo.height.is_some(), "photo.height"),
    ] {
        if !given {
            findings.at(field, "missing or not of its form");
        }
    }
}

pub(crate) const PHOTO_SIZE: Rule = Rule {
    code: "PHOTO-SIZE",
    name: "photo of too few pixels",
    what: "at least 358 wide and 441 high",
    why: "the card is printed from it",
    fix: "take a larger photo",
    source: "s3",
    severity: Severity::Error,
    check: photo_size,
};

fn photo_size(subject: &Subject<'_>, findings: &mut Findings) {
    let photo = &subject.application.photo;
    if photo.source != PhotoSource::Default && is_too_small(photo) {
        findings.at("photo.width", "less than 358 by 441 pixels");
    }
}

fn is_too_small(photo: &Photo<'_>) -> bool {
    photo.width.is_some_and(|width| width < WIDTH_PIXELS) || photo.height.is_some_and(|height| height < HEIGHT_PIXELS)
}
