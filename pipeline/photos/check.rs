//! One photo, from bytes to renditions: is it the one declared, can it be used, and what is made of it.
//!
//! Pure: nothing is read or written here. Whatever the bytes are, the answer is renditions or a fault.

use std::panic::{AssertUnwindSafe, catch_unwind};

use image::RgbImage;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::declared::Declared;
use super::fault::{FoundFault, PhotoFault};
use super::header::Header;
use super::render::{PRINT_SIZE, Rendered, render};
use crate::crypto::objects::sha256;
use crate::limits::{PHOTO_SCANS_MAX, PHOTO_SIDE_PIXELS_MAX};

/// Compares a file with its declaration and its header with the limits; no pixel is decoded.
pub fn inspect(declared: &Declared, file: &[u8]) -> Result<Header, FoundFault> {
    if sha256(file) != declared.sha256 {
        return Err(PhotoFault::Digest.seen("the file is not the one declared"));
    }
    let header = Header::read(file)?;
    let (width, height) = header.shown();
    if width < PRINT_SIZE.0 || height < PRINT_SIZE.1 {
        return Err(PhotoFault::Small.seen("less than 358 by 441 pixels"));
    }
    // The tolerance of the rule PHOTO-ASPECT: within one pixel of width.
    let off = (u64::from(width) * u64::from(PRINT_SIZE.1)).abs_diff(u64::from(height) * u64::from(PRINT_SIZE.0));
    if off > u64::from(PRINT_SIZE.1) {
        return Err(PhotoFault::Aspect.seen("not in the aspect of 358 to 441"));
    }
    compare(declared, file.len() as u64, (width, height))?;
    Ok(header)
}

/// Compares what was declared with what is there.
pub fn compare(declared: &Declared, bytes: u64, (width, height): (u32, u32)) -> Result<(), FoundFault> {
    if declared.bytes != bytes {
        return Err(PhotoFault::Declared.seen("another number of bytes than declared"));
    }
    if (declared.width, declared.height) != (width, height) {
        return Err(PhotoFault::Declared.seen("another width or height than declared"));
    }
    Ok(())
}

/// Decodes an inspected file and renders it for print and chip.
pub fn decode_and_render(header: &Header, file: &[u8]) -> Result<Rendered, FoundFault> {
    let broken = PhotoFault::Broken.seen("the decoder failed on this file");
    // The decoder is safe code but not ours: where it panics one card is on hold, not the whole step.
    let decoded = catch_unwind(AssertUnwindSafe(|| decode(header, file)));
    render(decoded.unwrap_or(Err(broken))?, header.orientation)
}

/// What the decoder may read ahead of the data it needs, and more.
const READ_AHEAD: [u8; 16] = [0; 16];

/// Decodes to RGB. Strict: the decoder makes no picture up where coded data is damaged or missing.
pub(super) fn decode(header: &Header, file: &[u8]) -> Result<RgbImage, FoundFault> {
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(PHOTO_SIDE_PIXELS_MAX as usize)
        .set_max_height(PHOTO_SIDE_PIXELS_MAX as usize)
        .jpeg_set_max_scans(PHOTO_SCANS_MAX as usize)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    // At an end of image that comes too early even the strict decoder goes on in grey; at an end of
    // file it says so. (A layered picture is not decoded without its end.)
    let whole = if header.is_layered() { file.to_vec() } else { [&file[..header.end], &READ_AHEAD].concat() };
    let pixels = JpegDecoder::new_with_options(ZCursor::new(whole), options).decode().ok();
    pixels
        .and_then(|pixels| RgbImage::from_raw(header.frame.width, header.frame.height, pixels))
        .ok_or(PhotoFault::Broken.seen("the coded picture is damaged"))
}

/// The whole check of one photo.
pub fn check_and_render(declared: &Declared, file: &[u8]) -> Result<Rendered, FoundFault> {
    let header = inspect(declared, file)?;
    decode_and_render(&header, file)
}

/// Width and height the way a file's picture is shown, if its markers can be read.
pub fn shown_size(file: &[u8]) -> Option<(u32, u32)> {
    Header::read(file).ok().map(|header| header.shown())
}
