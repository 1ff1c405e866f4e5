//! Photos whose bytes are not what an application says of them: missing, false, none, broken.
//!
//! Their applications pass every rule; the photo check finds them before the account cut.

use super::photos::{PhotoFacts, facts_of, photo};

/// What is wrong with the bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PhotoFault {
    /// No object under the key.
    Missing,
    /// Another photo under the key.
    Digest,
    /// A PDF, declared as it is.
    Format,
    /// A JPEG whose transfer stopped in its header: zeros follow. Declared as it is.
    Broken,
}

impl PhotoFault {
    /// The code of the photo check.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "PHOTO-MISSING",
            Self::Digest => "PHOTO-DIGEST",
            Self::Format => "PHOTO-FORMAT",
            Self::Broken => "PHOTO-BROKEN",
        }
    }
}

/// All of them.
pub const PHOTO_FAULTS: [PhotoFault; 4] =
    [PhotoFault::Missing, PhotoFault::Digest, PhotoFault::Format, PhotoFault::Broken];

/// A photo with a fault, as applications declare it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FaultyPhoto {
    pub fault: PhotoFault,
    pub facts: PhotoFacts,
}

/// So much of a broken photo arrived: less than the tables before the picture.
const HEADER_BYTES: usize = 200;

/// One photo of every fault.
pub(crate) fn faulty(seed: u64) -> Vec<FaultyPhoto> {
    let good = photo(seed, 1);
    let made = |fault: PhotoFault| {
        let object = format!("photos/{}.jpg", fault.code().to_ascii_lowercase());
        let facts = match object_of(fault, &good) {
            Some(bytes) if fault != PhotoFault::Digest => facts_of(object, 1, &bytes),
            _ => facts_of(object, 1, &good),
        };
        FaultyPhoto { fault, facts }
    };
    PHOTO_FAULTS.into_iter().map(made).collect()
}

/// The object under the key, if there is one: `good` with the fault.
pub(crate) fn object_of(fault: PhotoFault, good: &[u8]) -> Option<Vec<u8>> {
    match fault {
        PhotoFault::Missing => None,
        PhotoFault::Digest => {
            let mut other = good.to_vec();
            // A comment after the start marker: the same picture in other bytes.
            other.splice(2..2, *b"\xFF\xFE\x00\x08second");
            Some(other)
        }
        PhotoFault::Format => {
            let mut pdf = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n".to_vec();
            // As long as a photo must be, so that only the format is wrong.
            pdf.resize(good.len(), b' ');
            pdf.extend_from_slice(b"\n%%EOF\n");
            Some(pdf)
        }
        PhotoFault::Broken => {
            let mut broken = good.to_vec();
            broken.get_mut(HEADER_BYTES..)?.fill(0);
            Some(broken)
        }
    }
}
