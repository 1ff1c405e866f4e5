//! Photos a second: the whole check and both renditions, beside plain decode-and-resize with the same
//! library. Both run over the same uploads, on the same threads, in turns within one process; what
//! counts is the ratio of the medians.
//!
//! - *baseline*: `image::load_from_memory_with_format` and `resize_exact` to 358×441 with the ordinary
//!   Triangle filter. Nothing is compared, encoded or checked.
//! - *check*: SHA-256, all markers, comparison with the declaration, strict decoding, resizing with
//!   Lanczos3, a JPEG of 14–40 KB for print and one of at most 4,096 bytes for the chip.
//!
//! `cargo bench --bench photos`

use std::time::{Duration, Instant};

use cardline::crypto::objects::sha256;
use cardline::photos::{Declared, check_and_render};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{ImageFormat, Rgb, RgbImage};
use rayon::prelude::*;

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
}
