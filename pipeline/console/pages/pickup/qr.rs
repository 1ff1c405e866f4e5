//! A text as a QR code: a drawing inside a page, which needs no file and no style.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// The white around a code that readers need, in modules.
const QUIET: usize = 4;

/// The code as SVG, a path of squares; `None` of a text that no code holds.
pub(super) fn svg(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let (width, colors) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (row, modules) in colors.chunks(width).enumerate() {
        let mut from = 0;
        while from < width {
            let run = modules[from..].iter().take_while(|color| **color == Color::Dark).count();
            if run > 0 {
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", from + QUIET, row + QUIET);
            }
            from += run.max(1);
        }
    }
    let side = width + 2 * QUIET;
    // White below it, else a dark screen would turn it.
    Some(format!(
        "<svg class=\"qr\" viewBox=\"0 0 {side} {side}\" aria-hidden=\"true\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}h-{side}z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws the path as a picture, so many pixels a module, and reads it by another library.
    fn read_back(svg: &str) -> String {
        let number = |text: &str| text.parse::<usize>().unwrap();
        let side = number(svg.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap());
        let path = svg.rsplit("d=\"").next().unwrap().split('"').next().unwrap();
        let mut dark = vec![false; side * side];
        for square in path.split('M').filter(|square| !square.is_empty()) {
            let (x, rest) = square.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let run = number(rest.split('v').next().unwrap());
            let from = number(y) * side + number(x);
            dark[from..from + run].fill(true);
        }
        let scale = 5;
        let mut picture = rqrr::PreparedImage::prepare_from_greyscale(side * scale, side * scale, |x, y| {
            if dark[y / scale * side + x / scale] { 0 } else { 255 }
        });
        let codes = picture.detect_grids();
        assert_eq!(codes.len(), 1);
        codes[0].decode().unwrap().1
    }

    #[test]
    fn another_library_reads_what_was_drawn() {
        for text in ["L00112233445566778899aabbccddeeff-1", "L00112233445566778899aabbccddeeff-500", "王"] {
            assert_eq!(read_back(&svg(text).unwrap()), text);
        }
        assert_eq!(svg(&"x".repeat(5_000)), None);
    }
}
