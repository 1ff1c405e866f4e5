//! Photos good, odd and hostile, each made here.

use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{GrayImage, ImageFormat, Luma, Rgb, RgbImage};

use super::check::{check_and_render, compare, inspect};
use super::declared::Declared;
use super::fault::PhotoFault;
use super::render::{PRINT_SIZE, Rendered, render};
use super::sample::{Sample, oriented, with_segment};
use crate::crypto::objects::sha256;
use crate::limits::{CHIP_PHOTO_BYTES_MAX, PRINT_PHOTO_BYTES_MAX, PRINT_PHOTO_BYTES_MIN};

/// A head before a plain ground, light on the left so that a turned one is seen.
fn portrait(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (across, down) = (x * 1000 / width, y * 1000 / height);
        let far = across.abs_diff(500).pow(2) * 2 + down.abs_diff(450).pow(2);
        let grain = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) >> 16 & 15;
        let shade = |of: u32| (of.saturating_sub(across / 10) + grain).min(255) as u8;
        if far < 90_000 { Rgb([shade(225), shade(180), shade(150)]) } else { Rgb([shade(240); 3]) }
    })
}

fn jpeg(picture: &RgbImage, quality: u8) -> Vec<u8> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, quality).encode_image(picture).unwrap();
    file
}

/// A declaration that says the truth about a file that shows that many pixels.
fn declared(file: &[u8], (width, height): (u32, u32)) -> Declared {
    Declared { object: "photos/1.jpg".into(), sha256: sha256(file), bytes: file.len() as u64, width, height }
}

fn faulted(file: &[u8], shown: (u32, u32)) -> String {
    match check_and_render(&declared(file, shown), file) {
        Ok(_) => "usable".into(),
        Err(found) => found.fault.code().into(),
    }
}

fn within_bounds(rendered: &Rendered) {
    let bytes = rendered.print.len();
    assert!((PRINT_PHOTO_BYTES_MIN..=PRINT_PHOTO_BYTES_MAX).contains(&bytes), "{bytes} bytes for print");
    assert!(rendered.chip.len() <= CHIP_PHOTO_BYTES_MAX, "{} bytes for the chip", rendered.chip.len());
    let print = image::load_from_memory_with_format(&rendered.print, ImageFormat::Jpeg).unwrap();
    assert_eq!((print.width(), print.height()), PRINT_SIZE);
    assert!(image::load_from_memory_with_format(&rendered.chip, ImageFormat::Jpeg).is_ok());
}

#[test]
fn noise_and_plain_pictures_are_rendered_within_their_bounds() {
    let noise = |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519)).wrapping_mul(x ^ y);
    for picture in [
        RgbImage::from_fn(358, 441, |x, y| Rgb([0, 8, 16].map(|shift| (noise(x, y) >> shift) as u8))),
        RgbImage::from_fn(716, 882, |x, y| Rgb([((x * 7) ^ (y * 13)) as u8, (x * y) as u8, (x ^ y) as u8])),
        RgbImage::new(358, 441),
        super::cartoon::cartoon(),
        portrait(1_000, 1_232),
    ] {
        within_bounds(&render(picture, Orientation::NoTransforms).unwrap());
    }
}

#[test]
fn uploads_of_every_kind_taken_are_rendered() {
    let mut grey = Vec::new();
    let plain = GrayImage::from_fn(358, 441, |x, y| Luma([(x / 2 + y / 8) as u8]));
    JpegEncoder::new_with_quality(&mut grey, 90).encode_image(&plain).unwrap();
    let progressive = Sample { frame: 0xC2, ..Sample::default() }.file();
    for (file, shown) in [
        (jpeg(&portrait(358, 441), 90), (358, 441)),
        (jpeg(&portrait(1_432, 1_764), 80), (1_432, 1_764)),
        // Within one pixel of width.
        (jpeg(&portrait(901, 1_109), 80), (901, 1_109)),
        (oriented(&jpeg(&portrait(882, 716), 80), 6), (716, 882)),
        ([jpeg(&portrait(358, 441), 90), b"what a camera puts behind".to_vec()].concat(), (358, 441)),
        (grey, (358, 441)),
        (progressive, (358, 441)),
    ] {
        within_bounds(&check_and_render(&declared(&file, shown), &file).unwrap());
    }
}

#[test]
fn a_photo_is_printed_the_way_it_is_shown() {
    // Light on the left when upright; stored lying, turned by its EXIF.
    let upright = portrait(358, 441);
    let stored = [(6, image::imageops::rotate270(&upright)), (8, image::imageops::rotate90(&upright))];
    for (orientation, picture) in stored.into_iter().chain([(3, image::imageops::rotate180(&upright))]) {
        let file = oriented(&jpeg(&picture, 90), orientation);
        let rendered = check_and_render(&declared(&file, PRINT_SIZE), &file).unwrap();
        let print = image::load_from_memory_with_format(&rendered.print, ImageFormat::Jpeg).unwrap().to_luma8();
        let side = |x: u32| (0..40).map(|y| u32::from(print.get_pixel(x, y).0[0])).sum::<u32>();
        assert!(side(5) > side(352) + 1_000, "orientation {orientation}");
    }
}

#[test]
fn nothing_of_the_uploads_metadata_is_in_a_rendition() {
    let mut file = oriented(&jpeg(&portrait(716, 882), 85), 1);
    for (marker, content) in [
        (0xE1, &b"Exif\0\0MM\0*\0\0\0\x08GPS 39.9042 116.4074"[..]),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>canary"),
        (0xED, b"Photoshop 3.0\08BIM canary"),
        (0xFE, b"canary: whose photo this is"),
        (0xE2, b"ICC_PROFILE\0\x01\x01canary"),
    ] {
        file = with_segment(&file, marker, content);
    }
    file.extend(b"canary behind the end");
    let rendered = check_and_render(&declared(&file, (716, 882)), &file).unwrap();
    for rendition in [&rendered.print, &rendered.chip] {
        for canary in [&b"canary"[..], b"GPS", b"Exif", b"xmp", b"8BIM", b"ICC_PROFILE"] {
            assert!(!rendition.windows(canary.len()).any(|window| window == canary));
        }
    }
}

/// A PNG of any size in a few bytes: signature, header, and no data worth the name.
fn png(width: u32, height: u32) -> Vec<u8> {
    let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
    let data = vec![0; 6_000];
    [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], &size, &[8, 2, 0, 0, 0, 0, 0, 0, 0], b"\0\0\x17\x70IDAT", &data].concat()
}

#[test]
fn every_hostile_file_is_refused_with_its_reason() {
    let good = jpeg(&portrait(358, 441), 90);
    let second = Sample::default().file();
    let two_frames = with_segment(&second, 0xC0, &[8, 0, 16, 0, 16, 1, 1, 0x11, 0]);
    let mut table = good.clone();
    table[30..60].fill(0xFF);
    for (what, file, shown, code) in [
        ("an empty object", Vec::new(), PRINT_SIZE, "PHOTO-FORMAT"),
        ("a PDF", b"%PDF-1.7\n1 0 obj\n".to_vec(), PRINT_SIZE, "PHOTO-FORMAT"),
        ("a PNG", png(358, 441), PRINT_SIZE, "PHOTO-FORMAT"),
        ("a PNG bomb", png(50_000, 50_000), (50_000, 50_000), "PHOTO-FORMAT"),
        ("a HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), PRINT_SIZE, "PHOTO-FORMAT"),
        ("four inks", Sample { components: 4, ..Sample::default() }.file(), PRINT_SIZE, "PHOTO-FORMAT"),
        (
            "a JPEG bomb",
            Sample { width: 65_500, height: 65_500, ..Sample::default() }.with_data(9),
            (65_500, 65_500),
            "PHOTO-BOMB",
        ),
        ("a scan bomb", Sample { frame: 0xC2, scans: 500, ..Sample::default() }.file(), PRINT_SIZE, "PHOTO-BOMB"),
        ("no size", Sample { height: 0, ..Sample::default() }.file(), (358, 0), "PHOTO-BROKEN"),
        ("only a header", good[..200].to_vec(), PRINT_SIZE, "PHOTO-BROKEN"),
        (
            "too little data",
            Sample { width: 1_432, height: 1_764, ..Sample::default() }.with_data(9),
            (1_432, 1_764),
            "PHOTO-BROKEN",
        ),
        (
            "half a face, ended cleanly",
            [&good[..good.len() / 2], &[0, 0xFF, 0xD9]].concat(),
            PRINT_SIZE,
            "PHOTO-BROKEN",
        ),
        ("two frames", two_frames, PRINT_SIZE, "PHOTO-BROKEN"),
        ("a damaged table", table, PRINT_SIZE, "PHOTO-BROKEN"),
        ("a small picture", jpeg(&portrait(357, 440), 90), (357, 440), "PHOTO-SMALL"),
        ("a lying picture", jpeg(&portrait(882, 716), 90), (882, 716), "PHOTO-ASPECT"),
        ("a square picture", jpeg(&portrait(500, 500), 90), (500, 500), "PHOTO-ASPECT"),
        ("another size than declared", good.clone(), (716, 882), "PHOTO-DECLARED"),
        ("a good one", good, PRINT_SIZE, "usable"),
    ] {
        assert_eq!(faulted(&file, shown), code, "{what}");
    }
}

#[test]
fn what_is_there_is_compared_with_what_was_declared() {
    let file = jpeg(&portrait(358, 441), 90);
    let truth = declared(&file, PRINT_SIZE);
    let fault = |of: &Declared, file: &[u8]| inspect(of, file).unwrap_err().fault;
    assert_eq!(fault(&Declared { sha256: "0".repeat(64), ..truth.clone() }, &file), PhotoFault::Digest);
    assert_eq!(fault(&truth, b"%PDF-1.7"), PhotoFault::Digest);
    assert_eq!(fault(&Declared { bytes: truth.bytes + 1, ..truth.clone() }, &file), PhotoFault::Declared);
    assert_eq!(fault(&Declared { width: 359, ..truth.clone() }, &file), PhotoFault::Declared);
    assert_eq!(compare(&truth, truth.bytes, PRINT_SIZE), Ok(()));
}

#[test]
fn a_file_cut_anywhere_is_broken() {
    for file in [jpeg(&portrait(358, 441), 90), Sample { frame: 0xC2, ..Sample::default() }.file()] {
        for cut in (0..file.len()).step_by(97).chain([1, 2, 3, 4, file.len() - 2, file.len() - 1]) {
            let code = faulted(&file[..cut], PRINT_SIZE);
            let expected = if cut < 3 { "PHOTO-FORMAT" } else { "PHOTO-BROKEN" };
            assert_eq!(code, expected, "cut at {cut} of {}", file.len());
        }
    }
}

/// Random files and damaged JPEGs, the same every time: an answer, no panic, and renditions in bounds.
#[test]
fn a_thousand_damaged_files_are_answered() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % below.max(1)
    };
    let seeds = [
        jpeg(&portrait(358, 441), 60),
        oriented(&jpeg(&portrait(441, 358), 40), 6),
        Sample::default().file(),
        Sample { frame: 0xC2, scans: 3, ..Sample::default() }.file(),
        Sample { components: 1, ..Sample::default() }.file(),
    ];
    let (mut usable, mut refused) = (0, 0);
    for round in 0..1_000 {
        let mut file = seeds[round % seeds.len()].clone();
        match round % 4 {
            0 => file = (0..random(4_000)).map(|_| random(256) as u8).collect(),
            // Most damage goes to the markers, where it does most.
            1 => (0..=random(3)).for_each(|_| file[random(700)] = random(256) as u8),
            2 => (0..=random(8)).for_each(|_| {
                let at = random(file.len());
                file[at] ^= 1 << random(8);
            }),
            _ => {
                let (from, length) = (random(file.len()), random(300));
                let to = (from + length).min(file.len());
                let piece = file[from..to].to_vec();
                let at = random(file.len());
                file.splice(at..at, piece);
            }
        }
        if round % 4 == 0 && round % 8 == 0 {
            file.splice(0..0, [0xFF, 0xD8, 0xFF]);
        }
        match check_and_render(&declared(&file, PRINT_SIZE), &file) {
            Ok(rendered) => {
                usable += 1;
                within_bounds(&rendered);
            }
            Err(_) => refused += 1,
        }
    }
    assert!(usable > 50 && refused > 400, "{usable} usable, {refused} refused");
}
