//! The default photo: a round face on a plain ground, drawn by us.

use image::{Rgb, RgbImage};

use super::render::PRINT_SIZE;

/// The picture, the same every time.
pub fn cartoon() -> RgbImage {
    RgbImage::from_fn(PRINT_SIZE.0, PRINT_SIZE.1, |x, y| {
        let far = |cx: i32, cy: i32| (x as i32 - cx).pow(2) + (y as i32 - cy).pow(2);
        match () {
            () if far(130, 200) < 200 || far(228, 200) < 200 => Rgb([40, 40, 50]),
            () if far(179, 250) < 3_600 && y > 265 => Rgb([200, 80, 80]),
            () if far(179, 220) < 16_000 => Rgb([250, 220, 190]),
            () => Rgb([200, 225, 245]),
        }
    })
}
