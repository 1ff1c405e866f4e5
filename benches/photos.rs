//! Photos a second: the whole check and both renditions, beside plain decode-and-resize with the same
//! library. Both run over the same uploads, on the same threads, in turns within one process; what
//! counts is the ratio of the medians.
//!
//! - *baseline*: `image::load_from_memory_with_format` and `resize_exact` to 358×441 with the ordinary
//!   Triangle filter. Nothing is compared, encoded or checked.
//! - *check*: SHA-256, all markers, comparison with the declaration, strict decoding, resizing with
//!   Lanczos3, a JPEG of 14–40 KB for print and one of at most 4,096 bytes for the chip.
//!
//! And packages with photos: what they take from the uploads in the object store to the file for the bureau (fetched,
//! checked, rendered, sealed and kept, read again and packed), beside the digest, the decoding and the resizing alone.
//!
//! `cargo bench --bench photos`

use std::collections::HashMap;
use std::time::{Duration, Instant};

use cardline::crypto::keys::Keys;
use cardline::crypto::objects::{Fetched, Objects, sha256};
use cardline::exchange::load_profiles;
use cardline::limits::PHOTO_BYTES_MAX;
use cardline::photos::{Declared, Rendered, check_and_render};
use cardline::route::production::package::{CardPhotos, write_package};
use cardline::step::Progress;
use cardline_core::file_formats::{FileKind, FileSpec};
use futures_util::{StreamExt, stream};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{ImageFormat, Rgb, RgbImage};
use rayon::prelude::*;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Width, height, quality, grain, and how many of a hundred uploads are so.
const MIX: &[(u32, u32, u8, u32, usize)] =
    &[(716, 882, 88, 6, 30), (1_074, 1_323, 88, 6, 40), (1_200, 1_478, 90, 7, 10), (1_432, 1_764, 90, 7, 20)];
const ROUNDS: usize = 15;

/// A head before a plain ground, with the grain of a sensor.
fn upload(width: u32, height: u32, quality: u8, grain: u32, seed: u32) -> Vec<u8> {
    let mut state = seed;
    let picture = RgbImage::from_fn(width, height, |x, y| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = ((state >> 16) % (2 * grain + 1)) as f32 - grain as f32;
        let (across, down) = (x as f32 / width as f32, y as f32 / height as f32);
        let far = ((across - 0.5).powi(2) * 2.0 + (down - 0.45).powi(2) * 2.6).sqrt();
        let texture = (across * 60.0).sin() * (down * 45.0).cos() * 14.0;
        let flat = match () {
            () if far < 0.35 => [230.0 - far * 120.0, 190.0 - far * 110.0, 165.0 - far * 100.0],
            () if down > 0.75 => [70.0, 80.0, 120.0],
            () => [245.0 - down * 30.0, 248.0 - down * 30.0, 250.0 - down * 25.0],
        };
        Rgb(flat.map(|channel| (channel + texture + noise).clamp(0.0, 255.0) as u8))
    });
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, quality).encode_image(&picture).expect("a picture in memory");
    file
}

fn baseline(uploads: &[(Declared, Vec<u8>)]) -> usize {
    let resized = uploads.par_iter().map(|(_, file)| {
        let picture = image::load_from_memory_with_format(file, ImageFormat::Jpeg).expect("a JPEG");
        std::hint::black_box(picture.resize_exact(358, 441, FilterType::Triangle)).width() as usize
    });
    resized.sum()
}

fn check(uploads: &[(Declared, Vec<u8>)]) -> usize {
    let rendered = uploads.par_iter().map(|(declared, file)| match check_and_render(declared, file) {
        Ok(rendered) => std::hint::black_box(rendered).print.len(),
        Err(found) => panic!("{found}"),
    });
    rendered.sum()
}

/// An object store with the uploads in it, and the records of a package.
struct Store {
    runtime: Runtime,
    objects: Objects,
    spec: FileSpec,
    rows: Vec<Vec<String>>,
    _folder: TempDir,
}

/// Fetched, kept and read at once, as the program does.
const AT_ONCE: usize = 8;

impl Store {
    fn with(uploads: &[(Declared, Vec<u8>)]) -> Store {
        let folder = tempfile::tempdir().expect("folder");
        let runtime = Runtime::new().expect("runtime");
        let objects = Objects::in_folder(folder.path(), Keys::passing()).expect("objects");
        for (n, (_, file)) in uploads.iter().enumerate() {
            runtime.block_on(objects.upload(&key(n), file.clone())).expect("uploaded");
        }
        let profiles = load_profiles(None).expect("profiles");
        let bureau = profiles.iter().find(|profile| profile.code == "BUREAU").expect("a bureau");
        let spec = bureau.file(FileKind::Personalization).expect("its file").clone();
        let Ok(parsed) = spec.parse(include_bytes!("../fixtures/partners/BUREAU/personalization/expected.bin")) else {
            panic!("our own file")
        };
        let rows = parsed.rows.into_iter().cycle().take(uploads.len()).collect();
        Store { runtime, objects, spec, rows, _folder: folder }
    }

    /// Bytes of the package.
    fn package(&self, uploads: &[(Declared, Vec<u8>)]) -> usize {
        let fetch = |n: usize| async move {
            match self.objects.fetch(&key(n), PHOTO_BYTES_MAX).await {
                Ok(Fetched::Found(file)) => file,
                _ => panic!("an upload is gone"),
            }
        };
        let fetched: Vec<_> =
            self.runtime.block_on(stream::iter(0..uploads.len()).map(fetch).buffered(AT_ONCE).collect());
        let made = uploads.par_iter().zip(fetched).map(|((declared, _), file)| check_and_render(declared, &file).ok());
        let made: Vec<_> = made.map(|made| made.expect("a photo in order")).collect();
        let keep = |rendered: Rendered| async move {
            let print = self.objects.put("photos-print", &rendered.print).await.expect("kept");
            (print, self.objects.put("photos-chip", &rendered.chip).await.expect("kept"))
        };
        let kept: Vec<_> = self.runtime.block_on(stream::iter(made).map(keep).buffered(AT_ONCE).collect());
        let read = async |digest: &String, kind: &str| {
            (digest.clone(), self.objects.get(kind, digest).await.expect("what was kept"))
        };
        let mut photos = HashMap::new();
        for (print, chip) in &kept {
            photos.extend(
                self.runtime.block_on(async { [read(print, "photos-print").await, read(chip, "photos-chip").await] }),
            );
        }
        let cards: Vec<_> = kept.iter().map(|(print, chip)| CardPhotos { print, chip }).collect();
        let value = |field: &str| if field == "count" { uploads.len().to_string() } else { "1".to_owned() };
        let control = ["region", "batch", "sequence", "count"].map(|field| (field.to_owned(), value(field)));
        let with = (cards.as_slice(), &photos);
        write_package(&self.spec, &control.into(), &self.rows, with, &Progress::unwatched()).expect("a package").len()
    }
}

fn key(n: usize) -> String {
    format!("photos/{n}.jpg")
}

/// Digest, decoding and resizing alone.
fn passes(uploads: &[(Declared, Vec<u8>)]) -> usize {
    let resized = uploads.par_iter().map(|(_, file)| {
        std::hint::black_box(sha256(file));
        let picture = image::load_from_memory_with_format(file, ImageFormat::Jpeg).expect("a JPEG");
        std::hint::black_box(picture.resize_exact(358, 441, FilterType::Triangle)).width() as usize
    });
    resized.sum()
}

/// Photos a second in packages, and of the passes alone.
fn packages(uploads: &[(Declared, Vec<u8>)]) {
    let (mut alone, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(timed(|| passes(uploads)).as_secs_f64());
        // Objects are kept under their digests, so each round has a store of its own.
        let store = Store::with(uploads);
        whole.push(timed(|| store.package(uploads)).as_secs_f64());
    }
    let a_second = |seconds: Vec<f64>| uploads.len() as f64 / median(seconds);
    let (alone, whole) = (a_second(alone), a_second(whole));
    println!(
        "packages      alone {alone:>7.1}/s  whole {whole:>7.1}/s  ratio {:.2} (target: at least 0.7)",
        whole / alone
    );
}

fn timed(run: impl FnOnce() -> usize) -> Duration {
    let begun = Instant::now();
    std::hint::black_box(run());
    begun.elapsed()
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

/// Photos a second of both, and the ratio.
fn measure(what: &str, uploads: &[(Declared, Vec<u8>)]) {
    let (mut plain, mut whole) = (Vec::new(), Vec::new());
    baseline(uploads);
    check(uploads);
    for round in 0..ROUNDS {
        // In turns, and each first in every other round.
        if round % 2 == 0 {
            plain.push(timed(|| baseline(uploads)).as_secs_f64());
            whole.push(timed(|| check(uploads)).as_secs_f64());
        } else {
            whole.push(timed(|| check(uploads)).as_secs_f64());
            plain.push(timed(|| baseline(uploads)).as_secs_f64());
        }
    }
    let a_second = |seconds: Vec<f64>| uploads.len() as f64 / median(seconds);
    let (plain, whole) = (a_second(plain), a_second(whole));
    let bytes = uploads.iter().map(|(_, file)| file.len()).sum::<usize>() / uploads.len() / 1_000;
    println!("{what:<12} {bytes:>5} KB  baseline {plain:>7.1}/s  check {whole:>7.1}/s  ratio {:.2}", whole / plain);
}

fn main() {
    let mut all = Vec::new();
    println!("{} threads, medians of {ROUNDS} rounds; target: ratio 0.8", rayon::current_num_threads());
    for (width, height, quality, grain, share) in MIX {
        let made = (0..share / 5).map(|n| upload(*width, *height, *quality, *grain, n as u32 + 1));
        let uploads: Vec<(Declared, Vec<u8>)> = made
            .map(|file| {
                let (sha256, bytes) = (sha256(&file), file.len() as u64);
                (Declared { object: String::new(), sha256, bytes, width: *width, height: *height }, file)
            })
            .collect();
        measure(&format!("{width}x{height}"), &uploads);
        all.extend(uploads);
    }
    measure("the mix", &all);
    packages(&all);
}
