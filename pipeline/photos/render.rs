//! The two renditions of a photo: for print 358×441 in 14–40 KB, for the chip at most 4,096 bytes
//! (practice).
//!
//! Both are encoded again from pixels, baseline JPEG in three channels, so nothing of the upload's
//! metadata (place, device, comments, thumbnails) is carried on.

use image::metadata::Orientation;
use image::{DynamicImage, RgbImage};

use super::fault::{FoundFault, PhotoFault};
use crate::limits::{CHIP_PHOTO_BYTES_MAX, PRINT_PHOTO_BYTES_MAX, PRINT_PHOTO_BYTES_MIN};

/// Width and height of the print rendition, and the aspect of every photo (s3).
pub const PRINT_SIZE: (u32, u32) = (358, 441);
/// Qualities for print: the first fits nearly every portrait, so that it is encoded once.
const PRINT_QUALITIES: &[u8] = &[90, 78, 65, 50, 35, 20, 8];
/// The quality of a picture so plain that it stays under the smallest print rendition.
const PLAIN_QUALITY: u8 = 98;
/// Sizes for the chip, the largest first; most portraits fit the first at the first quality.
const CHIP_SIZES: &[(u32, u32)] = &[(150, 185), (120, 148), (96, 118)];
const CHIP_QUALITIES: &[u8] = &[75, 55, 35, 20];

/// Print and chip rendition of one photo.
pub struct Rendered {
    pub print: Vec<u8>,
    pub chip: Vec<u8>,
}

/// Renders a picture in the right aspect; `orientation` is how it is turned to be shown.
pub fn render(picture: RgbImage, orientation: Orientation) -> Result<Rendered, FoundFault> {
    let upright = upright(picture, orientation)?;
    Ok(Rendered { print: print(&upright)?, chip: chip(&upright)? })
}

/// Resized once, and only then turned: there is less to turn.
fn upright(picture: RgbImage, orientation: Orientation) -> Result<RgbImage, FoundFault> {
    let (width, height) = PRINT_SIZE;
    let size = if picture.width() > picture.height() { (height, width) } else { (width, height) };
    let small = if picture.dimensions() == size { picture } else { resized(&picture, size)? };
    if orientation == Orientation::NoTransforms {
        return Ok(small);
    }
    let mut small = DynamicImage::ImageRgb8(small);
    small.apply_orientation(orientation);
    Ok(small.into_rgb8())
}

fn resized(picture: &RgbImage, size: (u32, u32)) -> Result<RgbImage, FoundFault> {
    cardline_pictures::resized(picture, size).ok_or(PhotoFault::Render.seen("the picture cannot be resized"))
}

fn print(upright: &RgbImage) -> Result<Vec<u8>, FoundFault> {
    let fits = |jpeg: &Vec<u8>| jpeg.len() <= PRINT_PHOTO_BYTES_MAX;
    let jpeg = PRINT_QUALITIES
        .iter()
        .find_map(|quality| encoded(upright, *quality).filter(fits))
        .ok_or(PhotoFault::Render.seen("it cannot be rendered within 40 KB for print"))?;
    if jpeg.len() >= PRINT_PHOTO_BYTES_MIN {
        return Ok(jpeg);
    }
    Ok(padded(encoded(upright, PLAIN_QUALITY).filter(fits).unwrap_or(jpeg)))
}

fn chip(upright: &RgbImage) -> Result<Vec<u8>, FoundFault> {
    for size in CHIP_SIZES {
        let small = resized(upright, *size)?;
        let jpegs = CHIP_QUALITIES.iter().filter_map(|quality| encoded(&small, *quality));
        if let Some(jpeg) = jpegs.into_iter().find(|jpeg| jpeg.len() <= CHIP_PHOTO_BYTES_MAX) {
            return Ok(jpeg);
        }
    }
    Err(PhotoFault::Render.seen("it cannot be rendered within 4,096 bytes for the chip"))
}

fn encoded(picture: &RgbImage, quality: u8) -> Option<Vec<u8>> {
    let mut jpeg = Vec::with_capacity(PRINT_PHOTO_BYTES_MAX);
    cardline_pictures::encode(picture, quality, &mut jpeg).then_some(jpeg)
}

/// A plain picture can be smaller than the 14 KB a bureau accepts: a JPEG comment of blanks fills it up.
fn padded(mut jpeg: Vec<u8>) -> Vec<u8> {
    if jpeg.len() < PRINT_PHOTO_BYTES_MIN {
        let length = (PRINT_PHOTO_BYTES_MIN - jpeg.len()).max(4);
        let mut comment = vec![0xFF, 0xFE];
        comment.extend(((length - 2) as u16).to_be_bytes());
        comment.resize(length, b' ');
        jpeg.splice(2..2, comment);
    }
    jpeg
}
