//! What touches every pixel of a picture: drawing, resizing, encoding.
//!
//! A crate of its own because it is optimised in every profile: the libraries below it are generic and
//! compiled where they are used, and without optimisation a test waits seconds for a handful of photos. So
//! nothing here is generic itself.
//! Not here: which sizes and qualities are tried, and what a photo must be.

pub mod faces;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;

/// The picture as a baseline JPEG in three channels, written into `file`. False: it cannot be encoded.
#[must_use]
pub fn encode(picture: &RgbImage, quality: u8, file: &mut Vec<u8>) -> bool {
    JpegEncoder::new_with_quality(file, quality).encode_image(picture).is_ok()
}

/// The picture in another size. Lanczos keeps a face sharp, and each pixel is read once. The kind of pixel is named,
/// so that the library is compiled for this one and not for a dozen.
#[must_use]
pub fn resized(picture: &RgbImage, (width, height): (u32, u32)) -> Option<RgbImage> {
    let from = TypedImageRef::<U8x3>::from_buffer(picture.width(), picture.height(), picture.as_raw()).ok()?;
    let mut to = vec![0; width as usize * height as usize * 3];
    let mut into = TypedImage::<U8x3>::from_buffer(width, height, &mut to).ok()?;
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize_typed(&from, &mut into, &options).ok()?;
    RgbImage::from_raw(width, height, to)
}
