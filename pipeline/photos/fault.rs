//! Why a photo cannot be used: the catalogue of faults, in the order in which a photo is looked at.
//!
//! The first fault found is the one that counts. What comes later in the order is not looked at any
//! more: a file that is not the one declared says nothing about the one that was.

/// A kind of fault. Codes are stable: history, cases and scripts hold them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PhotoFault {
    Missing,
    TooLarge,
    Digest,
    Format,
    Bomb,
    Small,
    Aspect,
    Declared,
    Broken,
    Render,
}

/// A fault in words.
pub struct PhotoFaultText {
    pub fault: PhotoFault,
    pub code: &'static str,
    /// What is demanded of a photo.
    pub what: &'static str,
    pub why: &'static str,
    /// What is to be done about it, and by whom.
    pub fix: &'static str,
}

const fn text(
    fault: PhotoFault,
    code: &'static str,
    what: &'static str,
    why: &'static str,
    fix: &'static str,
) -> PhotoFaultText {
    PhotoFaultText { fault, code, what, why, fix }
}

const CORRECT: &str = "The applicant sends another photo; the authority sends a higher revision that names it.";

/// Every fault, in the order of precedence.
pub const PHOTO_FAULTS: &[PhotoFaultText] = &[
    text(
        PhotoFault::Missing,
        "PHOTO-MISSING",
        "The object named lies in the object store and can be read: a plain file inside it.",
        "Without the photo no card can be printed.",
        "Have the upload repeated under the same key, then have the photo looked at again; or send a higher revision.",
    ),
    text(
        PhotoFault::TooLarge,
        "PHOTO-TOO-LARGE",
        "The file is at most 8.75 MB (s3).",
        "A larger file is no portrait, and memory is bounded; it is refused before it is read.",
        CORRECT,
    ),
    text(
        PhotoFault::Digest,
        "PHOTO-DIGEST",
        "The file has the SHA-256 the application declares.",
        "Another file is another photo: it could be another person's face.",
        "Restore the file that was declared, then have the photo looked at again; or send a higher revision.",
    ),
    text(
        PhotoFault::Format,
        "PHOTO-FORMAT",
        "The file is a JPEG in colour or grey with 8 bits a channel, baseline in one scan or progressive, its colour sampled as finely as the light, or a half or a quarter of it (s3: JPEG).",
        "Other formats cannot be rendered for the bureau, or only with false colours.",
        CORRECT,
    ),
    text(
        PhotoFault::Bomb,
        "PHOTO-BOMB",
        "The header promises at most 8,192 pixels a side, 24 million pixels and 20 scans (8 million with several scans).",
        "A small file can promise a picture that fills the memory; it is refused before a pixel is decoded.",
        CORRECT,
    ),
    text(
        PhotoFault::Small,
        "PHOTO-SMALL",
        "The picture is at least 358 pixels wide and 441 high (s3).",
        "The card is printed from it; a smaller one would have to be enlarged.",
        CORRECT,
    ),
    text(
        PhotoFault::Aspect,
        "PHOTO-ASPECT",
        "Width to height is 358 to 441, within one pixel of width, the way the picture is shown (EXIF orientation).",
        "The bureau would have to cut or stretch the face.",
        CORRECT,
    ),
    text(
        PhotoFault::Declared,
        "PHOTO-DECLARED",
        "Bytes, width and height are those the application declares.",
        "The intake rules judged the declaration; a photo that differs was never judged.",
        "The authority declares what is there, in a higher revision.",
    ),
    text(
        PhotoFault::Broken,
        "PHOTO-BROKEN",
        "The file is whole and can be decoded to its last pixel.",
        "A truncated or damaged file prints as half a face.",
        "Send the photo again, whole; a higher revision names it, for its digest is another.",
    ),
    text(
        PhotoFault::Render,
        "PHOTO-RENDER",
        "The photo fits 14 to 40 KB for print and 4,096 bytes for the chip (practice).",
        "The bureau and the chip take no more.",
        CORRECT,
    ),
];

/// A fault of one photo: the kind, and what was seen. Never a value of the application.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FoundFault {
    pub fault: PhotoFault,
    pub seen: &'static str,
}

impl PhotoFault {
    /// This kind, with what was seen.
    pub const fn seen(self, seen: &'static str) -> FoundFault {
        FoundFault { fault: self, seen }
    }

    /// The stable code.
    pub fn code(self) -> &'static str {
        PHOTO_FAULTS.iter().find(|text| text.fault == self).map_or("PHOTO-BROKEN", |text| text.code)
    }
}

impl std::fmt::Display for FoundFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.fault.code(), self.seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_names_every_fault_once_in_the_order_of_precedence() {
        assert!(PHOTO_FAULTS.windows(2).all(|pair| pair[0].fault < pair[1].fault));
        assert_eq!(PHOTO_FAULTS.len(), PhotoFault::Render as usize + 1);
        for text in PHOTO_FAULTS {
            assert!(text.code.starts_with("PHOTO-") && text.fault.code() == text.code);
            assert!([text.what, text.why, text.fix].iter().all(|words| words.ends_with('.')), "{}", text.code);
        }
    }

    #[test]
    fn a_fault_is_told_with_its_code_first() {
        assert_eq!(PhotoFault::Format.seen("a PDF, not a JPEG").to_string(), "PHOTO-FORMAT: a PDF, not a JPEG");
    }
}
