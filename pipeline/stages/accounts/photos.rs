//! Photos: fetched, hashed, measured and rendered once each, before any card with them is cut.
//!
//! The print rendition is 358×441 and 14–40 KB, the chip rendition at most 4,096 bytes (practice).
//! A missing or false object is a fault that holds its cards; nothing else waits for it.

use std::io::Cursor;

use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage};
use jiff::Timestamp;
use rayon::prelude::*;

use crate::ledger::{Lease, Rendition};
use crate::limits::{
    CHIP_PHOTO_BYTES_MAX, PHOTO_BYTES_MAX, PHOTO_SIDE_PIXELS_MAX, PHOTOS_PER_CLAIM, PRINT_PHOTO_BYTES_MAX,
    PRINT_PHOTO_BYTES_MIN,
};
use crate::objects::sha256;
use crate::stages::{StageError, Station, Step};

const PRINT_SIZE: (u32, u32) = (358, 441);
const CHIP_SIZES: &[(u32, u32)] = &[(150, 185), (120, 148), (96, 118)];

/// The step; a bounded number of distinct photos at a time.
pub struct Photos;

/// Print and chip rendition of one photo.
pub struct Rendered {
    pub print: Vec<u8>,
    pub chip: Vec<u8>,
}

type Fetched = Vec<(String, Option<Bytes>)>;

impl Step for Photos {
    type Claimed<'s> = (Lease, Fetched);
    type Worked<'s> = (Lease, Vec<(String, Result<Rendered, &'static str>)>);

    async fn claim(&self, station: &Station, now: Timestamp) -> Result<Option<Self::Claimed<'_>>, StageError> {
        let waiting = station.ledger.unrendered_photos(PHOTOS_PER_CLAIM).await?;
        if waiting.is_empty() {
            return Ok(None);
        }
        let Some(lease) = station.lease("accounts/photos", now).await? else {
            return Ok(None);
        };
        let mut fetched = Vec::new();
        for key in waiting {
            let object = key.split('#').next().unwrap_or("").to_owned();
            let bytes = if key == DEFAULT_PHOTO {
                Some(Bytes::new())
            } else {
                station.objects.fetch(&object, PHOTO_BYTES_MAX).await?
            };
            fetched.push((key, bytes));
        }
        Ok(Some((lease, fetched)))
    }

    fn work<'s>(
        &self,
        _: &'s Station,
        (lease, fetched): Self::Claimed<'s>,
        _: Timestamp,
    ) -> Result<Self::Worked<'s>, StageError> {
        let rendered = fetched.into_par_iter().map(|(key, bytes)| {
            let result = if key == DEFAULT_PHOTO {
                shrink(&cartoon())
            } else {
                match bytes {
                    None => Err("photo missing in the object store, or too large"),
                    Some(bytes) => check_and_render(&key, &bytes),
                }
            };
            (key, result)
        });
        Ok((lease, rendered.collect()))
    }

    async fn settle<'s>(
        &self,
        station: &'s Station,
        (lease, rendered): Self::Worked<'s>,
        _: Timestamp,
    ) -> Result<(), StageError> {
        let mut rows = Vec::new();
        for (source, result) in rendered {
            rows.push(match result {
                Ok(rendered) => Rendition {
                    source,
                    print: Some(station.objects.freeze("photos-print", &rendered.print).await?),
                    chip: Some(station.objects.freeze("photos-chip", &rendered.chip).await?),
                    fault: None,
                },
                Err(fault) => Rendition { source, print: None, chip: None, fault: Some(fault.into()) },
            });
        }
        station.ledger.settle_renditions(&lease, rows).await?;
        Ok(())
    }
}

/// The key of the default photo, which children under 7 may choose (s3).
pub const DEFAULT_PHOTO: &str = "default";

fn check_and_render(key: &str, bytes: &[u8]) -> Result<Rendered, &'static str> {
    let declared = key.split_once('#').map_or("", |(_, digest)| digest);
    if sha256(bytes) != declared {
        return Err("photo is not the one declared: its digest differs");
    }
    render(bytes)
}

/// Decodes a JPEG within limits and renders it for print and chip.
pub fn render(bytes: &[u8]) -> Result<Rendered, &'static str> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Jpeg);
    let mut limits = Limits::default();
    limits.max_image_width = Some(PHOTO_SIDE_PIXELS_MAX);
    limits.max_image_height = Some(PHOTO_SIDE_PIXELS_MAX);
    reader.limits(limits);
    // Header first: a false size is refused before a pixel is decoded.
    let decoder = reader.into_decoder().map_err(|_| "photo cannot be decoded as JPEG")?;
    let (width, height) = decoder.dimensions();
    if width < PRINT_SIZE.0 || height < PRINT_SIZE.1 {
        return Err("photo is smaller than 358 by 441");
    }
    shrink(&DynamicImage::from_decoder(decoder).map_err(|_| "photo cannot be decoded as JPEG")?)
}

fn shrink(image: &DynamicImage) -> Result<Rendered, &'static str> {
    let exact = image.resize_to_fill(PRINT_SIZE.0, PRINT_SIZE.1, FilterType::Triangle).to_rgb8();
    let print = [90, 97, 75, 60, 45, 30]
        .into_iter()
        .find_map(|quality| encode(&exact, quality).filter(|b| b.len() <= PRINT_PHOTO_BYTES_MAX))
        .map(padded)
        .ok_or("photo cannot be rendered within 40 KB")?;
    let chip = CHIP_SIZES
        .iter()
        .flat_map(|size| [75, 55, 35, 20].map(|quality| (size, quality)))
        .find_map(|((width, height), quality)| {
            let small = image::imageops::resize(&exact, *width, *height, FilterType::Triangle);
            encode(&small, quality).filter(|b| b.len() <= CHIP_PHOTO_BYTES_MAX)
        })
        .ok_or("photo cannot be rendered within 4,096 bytes")?;
    Ok(Rendered { print, chip })
}

fn encode(image: &RgbImage, quality: u8) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(image).ok()?;
    Some(bytes)
}

/// A plain picture can be smaller than the 14 KB a bureau accepts: JPEG comment segments fill it up.
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

/// A round face on a plain ground, drawn by us.
fn cartoon() -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from_fn(PRINT_SIZE.0, PRINT_SIZE.1, |x, y| {
        let far = |cx: i32, cy: i32| (x as i32 - cx).pow(2) + (y as i32 - cy).pow(2);
        match () {
            () if far(130, 200) < 200 || far(228, 200) < 200 => Rgb([40, 40, 50]),
            () if far(179, 250) < 3_600 && y > 265 => Rgb([200, 80, 80]),
            () if far(179, 220) < 16_000 => Rgb([250, 220, 190]),
            () => Rgb([200, 225, 245]),
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(rendered: &Rendered) {
        assert!(
            (PRINT_PHOTO_BYTES_MIN..=PRINT_PHOTO_BYTES_MAX).contains(&rendered.print.len()),
            "{}",
            rendered.print.len()
        );
        assert!(rendered.chip.len() <= CHIP_PHOTO_BYTES_MAX);
        let print = image::load_from_memory_with_format(&rendered.print, ImageFormat::Jpeg).unwrap();
        assert_eq!((print.width(), print.height()), PRINT_SIZE);
    }

    #[test]
    fn noise_and_plain_pictures_are_rendered_within_their_bounds() {
        let noise = RgbImage::from_fn(716, 882, |x, y| Rgb([((x * 7) ^ (y * 13)) as u8, (x * y) as u8, (x ^ y) as u8]));
        sizes(&render(&encode(&noise, 90).unwrap()).ok().unwrap());
        sizes(&shrink(&cartoon()).ok().unwrap());
    }

    #[test]
    fn what_is_no_photo_is_refused_and_never_panics() {
        assert!(render(b"%PDF-1.7").is_err());
        assert!(render(&[]).is_err());
        let good = encode(&RgbImage::new(358, 441), 80).unwrap();
        for cut in (0..good.len()).step_by(97) {
            let _ = render(&good[..cut]);
        }
        assert!(render(&encode(&RgbImage::new(100, 100), 80).unwrap()).is_err());
    }
}
