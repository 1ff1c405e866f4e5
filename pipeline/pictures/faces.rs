//! Faces drawn by code: a head and shoulders on a plain ground, no likeness of a living person.
//!
//! Only integer arithmetic decides a pixel, so that a picture is the same everywhere.

use image::{Rgb, RgbImage};
use rand::{Rng as _, RngExt};
use rand_chacha::ChaCha8Rng;

/// A face in so many pixels.
#[must_use]
pub fn drawn(rng: &mut ChaCha8Rng, pixels: (u32, u32)) -> RgbImage {
    let look = Look::draw(rng);
    RgbImage::from_fn(pixels.0, pixels.1, |x, y| {
        // Coordinates in thousandths of the width, from the middle of the face.
        let across = i64::from(x) * 1000 / i64::from(pixels.0) - 500;
        let down = i64::from(y) * 1000 / i64::from(pixels.0) - 540;
        look.colour(across, down)
    })
}

/// The same face in more pixels; the grain that comes upon it hides the steps.
#[must_use]
pub fn enlarged(face: &RgbImage, width: u32, height: u32) -> RgbImage {
    let column = |x: u32| (x * face.width() / width).min(face.width() - 1);
    let row = |y: u32| (y * face.height() / height).min(face.height() - 1);
    RgbImage::from_fn(width, height, |x, y| *face.get_pixel(column(x), row(y)))
}

/// The grain of a sensor: it makes the files as large as real ones.
pub fn grain(picture: &mut RgbImage, rng: &mut ChaCha8Rng, strength: i16) {
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
    fn draw(rng: &mut ChaCha8Rng) -> Self {
        let shade = |rng: &mut ChaCha8Rng, from: [u8; 3]| from.map(|channel| channel - rng.random_range(0..28u8));
        let clothes = [[60, 60, 70], [150, 60, 60], [70, 90, 150], [80, 130, 90], [200, 190, 170], [120, 80, 140]];
        Self {
            ground: shade(rng, [255, 255, 255]),
            skin: shade(rng, [240, 206, 180]),
            hair: shade(rng, [66, 56, 50]),
            clothes: {
                let worn = clothes[rng.random_range(0..clothes.len() as u32) as usize];
                shade(rng, worn)
            },
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
