//! The corpus `fixtures/photos`: one picture in every way an encoder can store it. Each file is refused, or it is
//! decoded as two other decoders decode it: libjpeg's `djpeg`, whose answers are kept beside the files, and the
//! crate `jpeg-decoder`, pixel by pixel.

use std::path::{Path, PathBuf};

use image::RgbImage;
use jpeg_decoder::PixelFormat;

use super::check::decode;
use super::fault::FoundFault;
use super::header::Header;

/// Cells across of which `expected.csv` has the means.
const COLUMNS: u32 = 6;
/// How far the mean of a cell may lie from djpeg's, and a pixel from the second decoder's: decoders round in their
/// own ways. A picture decoded falsely lies far beyond.
const MEAN_MAX: u8 = 3;
const PIXEL_MAX: u8 = 8;

/// What is refused, and the beginning of why. Everything else must be decoded.
const REFUSED: &[(&str, &str)] = &[
    ("arithmetic", "PHOTO-FORMAT: a lossless, hierarchical or arithmetic"),
    ("convert_cmyk", "PHOTO-FORMAT: a JPEG in four inks"),
    ("ids_of_one_name", "PHOTO-BROKEN: the markers"),
    ("interval_missing", "PHOTO-BROKEN: the coded picture"),
    ("no_huffman_tables", "PHOTO-BROKEN: the coded picture"),
    ("sampled_1x1_1x1_2x1", "PHOTO-FORMAT: a JPEG whose colour"),
    ("sampled_1x1_2x1_2x1", "PHOTO-FORMAT: a JPEG whose colour"),
    ("sampled_1x1_2x2_1x1", "PHOTO-FORMAT: a JPEG whose colour"),
    ("sampled_1x2_2x1_1x1", "PHOTO-FORMAT: a JPEG whose colour"),
    ("sampled_1x3", "PHOTO-FORMAT: a JPEG whose colour"),
    ("sampled_2x1_1x2_1x2", "PHOTO-FORMAT: a JPEG whose colour"),
    ("sampled_3x1", "PHOTO-FORMAT: a JPEG whose colour"),
    ("sampled_3x2", "PHOTO-FORMAT: a JPEG whose colour"),
    ("scans_each_component", "PHOTO-FORMAT: a JPEG with its components in scans"),
    ("scans_each_component_1x1", "PHOTO-FORMAT: a JPEG with its components in scans"),
    ("scans_luma_and_one_then_other", "PHOTO-FORMAT: a JPEG with its components in scans"),
    ("scans_luma_then_chroma", "PHOTO-FORMAT: a JPEG with its components in scans"),
    ("taller_than_coded", "PHOTO-BROKEN: the coded picture"),
    ("taller_than_coded_progressive", "PHOTO-BROKEN: the coded picture"),
];

/// What the second decoder does not know: that Adobe's marker alone says "no transform". djpeg does.
const NOT_BY_THE_OTHER: &[&str] = &["rgb_by_adobe_alone"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/photos")
}

struct Expected {
    name: String,
    size: (u32, u32),
    cells: Vec<u8>,
}

fn expected() -> Vec<Expected> {
    let hexadecimal = |text: &str| {
        let digits = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        (0..text.len()).step_by(2).map(digits).collect()
    };
    let mut reader = csv::Reader::from_path(folder().join("expected.csv")).unwrap();
    let row = |row: csv::StringRecord| Expected {
        name: row[0].into(),
        size: (row[1].parse().unwrap(), row[2].parse().unwrap()),
        cells: hexadecimal(&row[3]),
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(folder().join("jpeg").join(format!("{name}.jpg"))).unwrap()
}

fn decoded(file: &[u8]) -> Result<RgbImage, FoundFault> {
    Header::read(file).and_then(|header| decode(&header, file))
}

/// The means of the cells, in rows.
fn cells(picture: &RgbImage) -> Vec<u8> {
    let (width, height) = picture.dimensions();
    let cell = width.div_ceil(COLUMNS);
    let mut means = Vec::new();
    for top in (0..height).step_by(cell as usize) {
        for left in (0..width).step_by(cell as usize) {
            let (right, bottom) = ((left + cell).min(width), (top + cell).min(height));
            let places = (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y)));
            let pixels: Vec<[u8; 3]> = places.map(|(x, y)| picture.get_pixel(x, y).0).collect();
            for channel in 0..3 {
                let sum: usize = pixels.iter().map(|pixel| usize::from(pixel[channel])).sum();
                means.push(((sum + pixels.len() / 2) / pixels.len()) as u8);
            }
        }
    }
    means
}

fn furthest(one: &[u8], other: &[u8]) -> u8 {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).map(|(one, other)| one.abs_diff(*other)).max().unwrap_or(0)
}

/// Pixels by the second decoder.
fn by_the_other(file: &[u8]) -> Result<Vec<u8>, String> {
    let mut decoder = jpeg_decoder::Decoder::new(file);
    let pixels = decoder.decode().map_err(|error| error.to_string())?;
    match decoder.info().map(|info| info.pixel_format) {
        Some(PixelFormat::RGB24) => Ok(pixels),
        Some(PixelFormat::L8) => Ok(pixels.into_iter().flat_map(|grey| [grey; 3]).collect()),
        other => Err(format!("{other:?}")),
    }
}

#[test]
fn every_way_of_storing_a_picture_is_refused_or_decoded_as_two_others_do() {
    let (mut wrong, mut decoded_count) = (Vec::new(), 0);
    let all = expected();
    for Expected { name, size, cells: means } in &all {
        let file = file(name);
        let refused = REFUSED.iter().find(|(refused, _)| refused == name);
        let picture = match (decoded(&file), refused) {
            (Err(fault), Some((_, why))) if fault.to_string().starts_with(why) => continue,
            (Ok(picture), None) => picture,
            (Ok(_), Some(_)) => {
                wrong.push(format!("{name}: decoded"));
                continue;
            }
            (Err(fault), _) => {
                wrong.push(format!("{name}: {fault}"));
                continue;
            }
        };
        decoded_count += 1;
        if picture.dimensions() != *size || furthest(&cells(&picture), means) > MEAN_MAX {
            wrong.push(format!("{name}: not as djpeg decodes it"));
        }
        let by_the_other = by_the_other(&file).map_or(u8::MAX, |other| furthest(&other, picture.as_raw()));
        if (by_the_other <= PIXEL_MAX) == NOT_BY_THE_OTHER.contains(&name.as_str()) {
            wrong.push(format!("{name}: a pixel is {by_the_other} from the second decoder's"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(decoded_count + REFUSED.len(), all.len());
}

/// The files of the folder are those of the list: none is left out in silence.
#[test]
fn the_list_has_every_file_of_the_corpus() {
    let mut listed: Vec<String> = expected().into_iter().map(|expected| format!("{}.jpg", expected.name)).collect();
    let files = std::fs::read_dir(folder().join("jpeg")).unwrap();
    let mut found: Vec<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    listed.sort();
    found.sort();
    assert_eq!(listed, found);
    assert!(found.len() > 90);
}
