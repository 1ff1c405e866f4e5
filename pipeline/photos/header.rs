//! What a photo's file is, read from its markers before a pixel is decoded or memory is reserved.
//!
//! The whole file is walked, marker by marker, so that a truncated one is seen here: the decoder would
//! fill what is missing with grey. Bytes behind the end of the image are left alone; no rendition
//! carries them on.

use image::metadata::Orientation;

use super::fault::{FoundFault, PhotoFault};
use super::frame::Frame;
use crate::limits::{PHOTO_DECODED_BYTES_MAX, PHOTO_SCANS_MAX, PHOTO_SIDE_PIXELS_MAX};

/// What the markers say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// How the picture is stored.
    pub(super) frame: Frame,
    /// How the stored picture is turned to be shown (EXIF).
    pub orientation: Orientation,
    /// Where the end of the image stands in the file.
    pub end: usize,
}

const TRUNCATED: FoundFault = PhotoFault::Broken.seen("the file ends before the picture does");
const DAMAGED: FoundFault = PhotoFault::Broken.seen("the markers of the file are damaged");

impl Header {
    /// Reads the markers of a JPEG to its end.
    pub fn read(file: &[u8]) -> Result<Header, FoundFault> {
        if !file.starts_with(&[0xFF, 0xD8, 0xFF]) {
            return Err(PhotoFault::Format.seen(other_format(file)));
        }
        let (mut frame, mut orientation) = (None::<Frame>, None);
        let mut rest = &file[2..];
        loop {
            let (marker, after) = next_marker(rest)?;
            rest = after;
            match marker {
                0x01 | 0xD0..=0xD7 => continue,
                0xD8 => return Err(DAMAGED),
                0xD9 => break,
                _ => {}
            }
            let (segment, after) = segment(rest)?;
            rest = after;
            match marker {
                0xC4 | 0xC8 | 0xCC => {}
                0xC0..=0xCF if frame.is_some() => return Err(DAMAGED),
                0xC0..=0xCF => frame = Some(Frame::read(marker, segment)?),
                0xE1 if orientation.is_none() => {
                    orientation = segment.strip_prefix(b"Exif\0\0").and_then(Orientation::from_exif_chunk);
                }
                0xDA => {
                    frame.as_mut().ok_or(DAMAGED)?.scan(segment)?;
                    rest = behind_scan(rest)?;
                }
                _ => {}
            }
        }
        let Some(frame) = frame.filter(|frame| frame.scans > 0) else {
            return Err(PhotoFault::Broken.seen("there is no picture in the file"));
        };
        if !frame.is_filled() {
            return Err(PhotoFault::Broken.seen("a component of the picture is missing"));
        }
        let orientation = orientation.unwrap_or(Orientation::NoTransforms);
        let end = file.len() - rest.len() - 2;
        Header { frame, orientation, end }.within_limits()
    }

    /// Width and height the way the picture is shown.
    pub fn shown(&self) -> (u32, u32) {
        use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
        match self.orientation {
            Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH => (self.frame.height, self.frame.width),
            _ => (self.frame.width, self.frame.height),
        }
    }

    /// Whether several scans make the picture, so that all of it is kept until the last one.
    pub fn is_layered(&self) -> bool {
        self.frame.progressive
    }

    /// Bytes of memory decoding takes: three a pixel, and two more a coefficient that is kept.
    pub fn decoded_bytes(&self) -> u64 {
        let each = 3 + if self.is_layered() { 2 * self.frame.components() } else { 0 };
        u64::from(self.frame.width) * u64::from(self.frame.height) * each
    }

    fn within_limits(self) -> Result<Header, FoundFault> {
        let promised = if self.frame.width.max(self.frame.height) > PHOTO_SIDE_PIXELS_MAX {
            "the header promises more pixels a side than allowed"
        } else if self.decoded_bytes() > PHOTO_DECODED_BYTES_MAX {
            "the header promises more pixels than allowed"
        } else if self.frame.scans > PHOTO_SCANS_MAX {
            "the file has more scans than allowed"
        } else {
            return Ok(self);
        };
        Err(PhotoFault::Bomb.seen(promised))
    }
}

/// The next marker, behind any fill bytes.
fn next_marker(bytes: &[u8]) -> Result<(u8, &[u8]), FoundFault> {
    if bytes.first().is_some_and(|byte| *byte != 0xFF) {
        return Err(DAMAGED);
    }
    let at = bytes.iter().position(|byte| *byte != 0xFF).ok_or(TRUNCATED)?;
    Ok((bytes[at], &bytes[at + 1..]))
}

/// A segment's content, by the length it begins with.
fn segment(bytes: &[u8]) -> Result<(&[u8], &[u8]), FoundFault> {
    let [high, low, ..] = bytes else {
        return Err(TRUNCATED);
    };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    if length < 2 {
        return Err(DAMAGED);
    }
    let (whole, rest) = bytes.split_at_checked(length).ok_or(TRUNCATED)?;
    Ok((&whole[2..], rest))
}

/// What follows the coded data of a scan: data holds no 0xFF but before a zero or a restart marker.
fn behind_scan(mut bytes: &[u8]) -> Result<&[u8], FoundFault> {
    loop {
        let at = bytes.iter().position(|byte| *byte == 0xFF).ok_or(TRUNCATED)?;
        match bytes.get(at + 1) {
            None => return Err(TRUNCATED),
            Some(0x00 | 0xD0..=0xD7) => bytes = &bytes[at + 2..],
            Some(0xFF) => bytes = &bytes[at + 1..],
            Some(_) => return Ok(&bytes[at..]),
        }
    }
}

/// The first bytes by which other files are known, and the files.
const FORMATS: &[(&[u8], &str)] = &[
    (b"%PDF", "a PDF, not a JPEG"),
    (b"\x89PNG", "a PNG, not a JPEG"),
    (b"GIF8", "a GIF, not a JPEG"),
    (b"BM", "a BMP, not a JPEG"),
    (b"II*\0", "a TIFF, not a JPEG"),
    (b"MM\0*", "a TIFF, not a JPEG"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000, not a JPEG"),
    (b"\xff\x0a", "a JPEG XL, not a JPEG"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL, not a JPEG"),
    (b"PK\x03\x04", "a ZIP or an office document, not a JPEG"),
    (b"<", "a page of text (XML, SVG or HTML), not a JPEG"),
];

fn other_format(file: &[u8]) -> &'static str {
    let known = FORMATS.iter().find(|(first, _)| file.starts_with(first)).map(|(_, seen)| *seen);
    match (file.get(4..12), file.get(8..12)) {
        _ if file.is_empty() => "an empty file",
        (_, Some(b"WEBP")) if file.starts_with(b"RIFF") => "a WebP, not a JPEG",
        (Some(b"ftypavif" | b"ftypavis"), _) => "an AVIF, not a JPEG",
        (Some([b'f', b't', b'y', b'p', b'h' | b'm', ..]), _) => "a HEIC, not a JPEG",
        _ => known.unwrap_or("no JPEG and no picture that is known"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photos::sample::{Sample, oriented};

    #[test]
    fn the_markers_of_every_kind_taken_are_read() {
        for (sample, progressive, components) in [
            (Sample::default(), false, 3),
            (Sample { components: 1, ..Sample::default() }, false, 1),
            (Sample { frame: 0xC2, ..Sample::default() }, true, 3),
        ] {
            let header = Header::read(&sample.file()).unwrap();
            assert_eq!((header.frame.width, header.frame.height, header.shown()), (358, 441, (358, 441)));
            assert_eq!(
                (header.frame.progressive, header.frame.components(), header.frame.scans),
                (progressive, components, 1)
            );
            let each = if progressive { 9 } else { 3 };
            assert_eq!(header.decoded_bytes(), 358 * 441 * each);
        }
    }

    #[test]
    fn a_turned_picture_is_measured_the_way_it_is_shown() {
        let lying = Sample { width: 441, height: 358, ..Sample::default() }.file();
        for (exif, shown) in [(1, (441, 358)), (3, (441, 358)), (6, (358, 441)), (8, (358, 441))] {
            assert_eq!(Header::read(&oriented(&lying, exif)).unwrap().shown(), shown, "orientation {exif}");
        }
    }

    #[test]
    fn other_files_are_named() {
        for (file, seen) in [
            (&b""[..], "an empty file"),
            (b"%PDF-1.7\n", "a PDF"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG"),
            (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC"),
            (b"\0\0\0\x18ftypmif1\0\0\0\0", "a HEIC"),
            (b"\0\0\0\x1cftypavif\0\0\0\0", "an AVIF"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "a WebP"),
            (b"GIF89a", "a GIF"),
            (b"<!DOCTYPE html>", "a page of text"),
            (b"\xff\xd8", "no JPEG"),
            (b"hello", "no JPEG"),
        ] {
            let found = Header::read(file).unwrap_err();
            assert_eq!(found.fault, PhotoFault::Format);
            assert!(found.seen.starts_with(seen), "{found}");
        }
    }

    #[test]
    fn kinds_of_jpeg_that_are_not_taken_are_named() {
        for (sample, seen) in [
            (Sample { components: 4, ..Sample::default() }, "CMYK"),
            (Sample { precision: 12, ..Sample::default() }, "8 bits"),
            (Sample { frame: 0xC3, ..Sample::default() }, "lossless"),
            (Sample { frame: 0xC9, ..Sample::default() }, "arithmetic"),
        ] {
            let found = Header::read(&sample.file()).unwrap_err();
            assert!(found.fault == PhotoFault::Format && found.seen.contains(seen), "{found}");
        }
    }

    #[test]
    fn a_header_that_promises_too_much_is_refused() {
        for sample in [
            Sample { width: 65_500, height: 65_500, ..Sample::default() },
            Sample { width: 358, height: 8_193, ..Sample::default() },
            Sample { width: 8_000, height: 8_000, ..Sample::default() },
            // Eight million pixels are the most where all coefficients are kept.
            Sample { width: 2_600, height: 3_203, frame: 0xC2, ..Sample::default() },
            Sample { scans: 21, frame: 0xC2, ..Sample::default() },
        ] {
            assert_eq!(Header::read(&sample.with_data(6)).unwrap_err().fault, PhotoFault::Bomb);
        }
        assert!(Header::read(&Sample { width: 2_600, height: 3_203, ..Sample::default() }.with_data(6)).is_ok());
    }

    #[test]
    fn a_file_without_its_end_is_truncated() {
        let whole = Sample::default().file();
        for cut in 3..whole.len() {
            let found = Header::read(&whole[..cut]).unwrap_err();
            assert_eq!(found.fault, PhotoFault::Broken, "cut at {cut}");
        }
        assert!(Header::read(&[&whole[..], b"trailer"].concat()).is_ok());
    }
}
