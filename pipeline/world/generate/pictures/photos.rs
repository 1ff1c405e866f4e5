//! Photos for synthetic people: real JPEG files of faces drawn by code, shared by all applications.
//!
//! Not here: the drawing (`cardline_pictures::faces`), files that are no photos (`photo_faults`), the rendering for the bureau.

use cardline_pictures::encode;
use cardline_pictures::faces::{drawn, enlarged, grain};
use rand::Rng as _;
use sha2::{Digest, Sha256};

use crate::generate::streams::{Purpose, Rng, stream};

/// How many photos an album has unless set otherwise: one of every size there is.
pub const DEFAULT_PHOTOS: u32 = 36;

/// Width and height of the smallest upload that is taken; larger ones keep the aspect (s3).
const UNIT_PIXELS: (u32, u32) = (358, 441);

/// Largest upload: 8.75 MB (s3), with room for the last segment.
const LARGEST_BYTES: usize = 8_740_000;

/// What an application says of a photo.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PhotoFacts {
    /// Object key, `photos/<number>.jpg`.
    pub object: String,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
    pub bytes: u64,
    pub width: u32,
    pub height: u32,
}

/// The object key of a photo.
#[must_use]
pub fn object_key(number: u32) -> String {
    format!("photos/{number:04}.jpg")
}

/// What is said of a photo's bytes under its key.
pub(crate) fn facts_of(object: String, number: u32, file: &[u8]) -> PhotoFacts {
    let (width, height) = size_of(number);
    PhotoFacts { object, sha256: hexadecimal(&Sha256::digest(file)), bytes: file.len() as u64, width, height }
}

/// Lower-case hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |four: u8| char::from_digit(u32::from(four), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Out of 36, one has 3.9 megapixels, one 1.9, two 1.2 and seven 0.6; the rest is cut to the smallest size.
/// Twelfths of the smallest width.
fn twelfths_of(number: u32) -> u32 {
    match number % 36 {
        0 => 60,
        18 => 41,
        9 | 27 => 33,
        n if n.is_multiple_of(5) => 24,
        _ => 12,
    }
}

/// Width and height in pixels, in the aspect of the smallest.
fn size_of(number: u32) -> (u32, u32) {
    let width = UNIT_PIXELS.0 * twelfths_of(number) / 12;
    (width, (width * UNIT_PIXELS.1 + UNIT_PIXELS.0 / 2) / UNIT_PIXELS.0)
}

/// One photo: a drawn head and shoulders on a plain ground, as a JPEG of 20 KB to 8.75 MB.
#[must_use]
pub fn photo(seed: u64, number: u32) -> Vec<u8> {
    let mut rng = stream(seed, Purpose::Photo, u64::from(number));
    let (width, height) = size_of(number);
    let mut picture = enlarged(&drawn(&mut rng, UNIT_PIXELS), width, height);
    grain(&mut picture, &mut rng, if width > UNIT_PIXELS.0 { 5 } else { 8 });
    let mut file = Vec::new();
    let encoded = encode(&picture, 90, &mut file);
    debug_assert!(encoded, "an RGB picture in memory can always be encoded");
    if twelfths_of(number) == 60 {
        maker_notes(&mut file, &mut rng);
    }
    file
}

/// What cameras write beside the picture: segments that no decoder looks into, up to the largest file taken.
fn maker_notes(file: &mut Vec<u8>, rng: &mut Rng) {
    let mut notes = Vec::with_capacity(LARGEST_BYTES.saturating_sub(file.len()));
    let mut segment = [0u8; 65_533];
    while file.len() + notes.len() + segment.len() + 4 <= LARGEST_BYTES {
        rng.fill_bytes(&mut segment);
        // APP7, and its length with the two bytes of the length.
        notes.extend_from_slice(b"\xFF\xE7\xFF\xFF");
        notes.extend_from_slice(&segment);
    }
    file.splice(2..2, notes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::album::Album;
    use crate::generate::photo_faults::{FaultyPhoto, PHOTO_FAULTS, PhotoFault};

    /// What an album says of a photo, and the photo.
    fn checked(facts: &PhotoFacts, file: &[u8]) {
        let picture = image::load_from_memory_with_format(file, image::ImageFormat::Jpeg).unwrap();
        assert_eq!((picture.width(), picture.height()), (facts.width, facts.height));
        assert!((facts.width * 441).abs_diff(facts.height * 358) <= 441);
        assert_eq!((facts.bytes, facts.sha256.as_str()), (file.len() as u64, &*hexadecimal(&Sha256::digest(file))));
        assert!((21_000..=8_750_000).contains(&file.len()), "{}: {} bytes", facts.object, file.len());
    }

    #[test]
    fn photos_decode_with_the_size_said_and_differ() {
        let album = Album::new(7, 10);
        album.files().zip(album.facts()).for_each(|((_, file), facts)| checked(facts, &file));
        let digests: std::collections::BTreeSet<_> = album.facts().iter().map(|facts| &facts.sha256).collect();
        assert_eq!(digests.len(), 10);
    }

    #[test]
    fn the_largest_photo_is_as_large_as_may_be() {
        let file = photo(7, DEFAULT_PHOTOS);
        let facts = facts_of(object_key(DEFAULT_PHOTOS), DEFAULT_PHOTOS, &file);
        checked(&facts, &file);
        assert!(facts.bytes > 8_600_000 && facts.width * facts.height > 3_500_000);
    }

    #[test]
    fn a_faulty_photo_is_declared_as_it_must_be_found() {
        let album = Album::new(7, 1);
        assert_eq!(album.faulty().len(), PHOTO_FAULTS.len());
        let files: std::collections::BTreeMap<_, _> = album.faulty_files().collect();
        for FaultyPhoto { fault, facts } in album.faulty() {
            let file = files.get(facts.object.as_str());
            let same = file.map(|file| hexadecimal(&Sha256::digest(file)) == facts.sha256);
            let decodes = file
                .map(|file| image::load_from_memory_with_format(file, image::ImageFormat::Jpeg).is_ok())
                .unwrap_or_default();
            match fault {
                PhotoFault::Missing => assert_eq!(same, None),
                PhotoFault::Digest => assert!(same == Some(false) && decodes),
                PhotoFault::Format => assert!(same == Some(true) && file.unwrap().starts_with(b"%PDF")),
                PhotoFault::Broken => assert!(same == Some(true) && !decodes && file.unwrap().starts_with(b"\xFF\xD8")),
            }
            assert!(facts.bytes >= 20_000);
        }
    }

    #[test]
    fn a_photo_is_a_function_of_seed_and_number() {
        assert_eq!(photo(7, 3), photo(7, 3));
        assert_ne!(photo(7, 3), photo(8, 3));
    }
}
