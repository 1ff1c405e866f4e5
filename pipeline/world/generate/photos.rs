//! Photos for synthetic people: real JPEG files of faces drawn by code, shared by all applications.
//!
//! Only integer arithmetic decides a pixel, so that the files are the same everywhere.
//! Not here: the rendering for the bureau, and any likeness of a living person.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage};
use rand::{Rng as _, RngExt};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::photo_faults::{self, FaultyPhoto};
use super::streams::{Purpose, Rng, pick, stream};

/// How many photos an album has unless told otherwise: one of every size there is.
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

/// The photos applications may refer to, made once and described.
#[derive(Clone, Debug)]
pub struct Album {
    seed: u64,
    facts: Vec<PhotoFacts>,
    faulty: Vec<FaultyPhoto>,
}

impl Album {
    /// Draws `count` photos (at least one) with all cores, and keeps what is to be said of them, not the files.
    #[must_use]
    pub fn new(seed: u64, count: u32) -> Self {
        let numbers = (1..=count.max(1)).into_par_iter();
        let facts = numbers.map(|number| facts_of(object_key(number), number, &photo(seed, number))).collect();
        Self { seed, facts, faulty: photo_faults::faulty(seed) }
    }

    /// What is said of each photo.
    #[must_use]
    pub fn facts(&self) -> &[PhotoFacts] {
        &self.facts
    }

    /// What is said of photos whose objects are not like it.
    #[must_use]
    pub fn faulty(&self) -> &[FaultyPhoto] {
        &self.faulty
    }

    /// Object key and content of every photo, drawn again one at a time.
    pub fn files(&self) -> impl Iterator<Item = (&str, Vec<u8>)> {
        (1u32..).zip(&self.facts).map(|(number, facts)| (facts.object.as_str(), photo(self.seed, number)))
    }

    /// Object key and content of every faulty photo that has an object at all.
    pub fn faulty_files(&self) -> impl Iterator<Item = (&str, Vec<u8>)> {
        let good = photo(self.seed, 1);
        self.faulty.iter().filter_map(move |faulty| {
            Some((faulty.facts.object.as_str(), photo_faults::object_of(faulty.fault, &good)?))
        })
    }
}

/// What is said of a photo's bytes under its key.
pub(super) fn facts_of(object: String, number: u32, file: &[u8]) -> PhotoFacts {
    let (width, height) = size_of(number);
    PhotoFacts { object, sha256: hexadecimal(&Sha256::digest(file)), bytes: file.len() as u64, width, height }
}

/// Lower-case hexadecimal.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |four: u8| char::from_digit(u32::from(four), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Out of 36, one has 5.7 megapixels, one 3.3, two 1.8 and seven 0.6; the rest is cut to the smallest size.
/// Twelfths of the smallest width.
fn twelfths_of(number: u32) -> u32 {
    match number % 36 {
        0 => 72,
        18 => 55,
        9 | 27 => 41,
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
    let mut picture = enlarged(&drawn(&mut rng), width, height);
    grain(&mut picture, &mut rng, if width > UNIT_PIXELS.0 { 5 } else { 8 });
    let mut file = Vec::new();
    let encoded = JpegEncoder::new_with_quality(&mut file, 90).write_image(
        picture.as_raw(),
        width,
        height,
        ExtendedColorType::Rgb8,
    );
    debug_assert!(encoded.is_ok(), "an RGB picture in memory can always be encoded");
    if twelfths_of(number) == 72 {
        maker_notes(&mut file, &mut rng);
    }
    file
}

/// A face in the smallest size.
fn drawn(rng: &mut Rng) -> RgbImage {
    let look = Look::draw(rng);
    RgbImage::from_fn(UNIT_PIXELS.0, UNIT_PIXELS.1, |x, y| {
        // Coordinates in thousandths of the width, from the middle of the face.
        let across = i64::from(x) * 1000 / i64::from(UNIT_PIXELS.0) - 500;
        let down = i64::from(y) * 1000 / i64::from(UNIT_PIXELS.0) - 540;
        look.colour(across, down)
    })
}

/// The same face in more pixels; the grain that comes upon it hides the steps.
fn enlarged(face: &RgbImage, width: u32, height: u32) -> RgbImage {
    let column = |x: u32| (x * face.width() / width).min(face.width() - 1);
    let row = |y: u32| (y * face.height() / height).min(face.height() - 1);
    RgbImage::from_fn(width, height, |x, y| *face.get_pixel(column(x), row(y)))
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

/// The grain of a sensor: it makes the files as large as real ones.
fn grain(picture: &mut RgbImage, rng: &mut Rng, strength: i16) {
    let mut noise = vec![0u8; (picture.width() * picture.height()) as usize];
    rng.fill_bytes(&mut noise);
    for (pixel, noise) in picture.pixels_mut().zip(noise) {
        let shift = i16::from(noise) % (2 * strength + 1) - strength;
        for channel in &mut pixel.0 {
            *channel = u8::try_from((i16::from(*channel) + shift).clamp(0, 255)).unwrap_or(u8::MAX);
        }
    }
}

/// Everything that makes one drawn face differ from another, in thousandths of the picture's width.
struct Look {
    ground: [u8; 3],
    skin: [u8; 3],
    hair: [u8; 3],
    clothes: [u8; 3],
    face: (i64, i64),
    fringe: i64,
    hair_length: i64,
    eyes: i64,
    mouth: i64,
    glasses: bool,
}

impl Look {
    fn draw(rng: &mut Rng) -> Self {
        let shade = |rng: &mut Rng, from: [u8; 3]| from.map(|channel| channel - rng.random_range(0..28u8));
        let clothes = [[60, 60, 70], [150, 60, 60], [70, 90, 150], [80, 130, 90], [200, 190, 170], [120, 80, 140]];
        Self {
            ground: shade(rng, [255, 255, 255]),
            skin: shade(rng, [240, 206, 180]),
            hair: shade(rng, [66, 56, 50]),
            clothes: pick(rng, &clothes).map_or([90; 3], |clothes| shade(rng, *clothes)),
            face: (rng.random_range(175..225i64), rng.random_range(230..280i64)),
            fringe: rng.random_range(90..150i64),
            hair_length: rng.random_range(0..330i64),
            eyes: rng.random_range(72..98i64),
            mouth: rng.random_range(45..85i64),
            glasses: rng.random_range(0..3u32) == 0,
        }
    }

    fn colour(&self, across: i64, down: i64) -> Rgb<u8> {
        let inside = |x: i64, y: i64, wide: i64, high: i64| {
            (across - x) * (across - x) * high * high + (down - y) * (down - y) * wide * wide
                < wide * wide * high * high
        };
        let side = if across < 0 { -self.eyes } else { self.eyes };
        let face = inside(0, 0, self.face.0, self.face.1);
        let lens = inside(side, -20, 62, 46);
        let flat = if face && inside(side, -20, 15, 15) {
            [30, 25, 25]
        } else if face && inside(side, -20, 34, 19) {
            [250, 250, 250]
        } else if face && self.glasses && lens && !inside(side, -20, 54, 38) {
            [50, 50, 55]
        } else if face && inside(side, -75, 42, 9) {
            self.hair
        } else if face && inside(0, 130, self.mouth, 17) {
            [190, 90, 90]
        } else if face && inside(0, 55, 20, 12) {
            self.skin.map(|channel| channel.saturating_sub(26))
        } else if face && down > -self.face.1 + self.fringe {
            self.skin
        } else if inside(0, -30, self.face.0 + 38, self.face.1 + 40) && down < self.hair_length {
            self.hair
        } else if across.abs() < 90 && (150..330).contains(&down) {
            self.skin.map(|channel| channel.saturating_sub(16))
        } else if inside(0, 700, 430, 430) {
            self.clothes
        } else {
            self.ground
        };
        // Light falls from the upper left.
        let light = (across + down) / 40;
        Rgb(flat.map(|channel| u8::try_from((i64::from(channel) - light).clamp(0, 255)).unwrap_or(u8::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::photo_faults::{PHOTO_FAULTS, PhotoFault};
    use super::*;

    #[test]
    fn photos_decode_with_the_size_said_and_differ() {
        let album = Album::new(7, DEFAULT_PHOTOS);
        let mut digests = std::collections::BTreeSet::new();
        for ((key, file), facts) in album.files().zip(album.facts()) {
            let picture = image::load_from_memory_with_format(&file, image::ImageFormat::Jpeg).unwrap();
            assert_eq!((picture.width(), picture.height()), (facts.width, facts.height));
            assert!((facts.width * 441).abs_diff(facts.height * 358) <= 441);
            assert_eq!(facts.bytes, file.len() as u64);
            assert!((21_000..=8_750_000).contains(&file.len()), "{key}: {} bytes", file.len());
            assert_eq!(facts.sha256, hexadecimal(&Sha256::digest(&file)));
            digests.insert(facts.sha256.clone());
        }
        assert_eq!(digests.len(), DEFAULT_PHOTOS as usize);
        let largest = album.facts().iter().max_by_key(|facts| facts.bytes).unwrap();
        assert!(largest.bytes > 8_600_000 && largest.width * largest.height > 5_000_000);
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
