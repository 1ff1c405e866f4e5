//! JPEG files made marker by marker, for tests: a flat grey picture of any size and kind.

/// What a flat picture's file says of itself.
#[derive(Clone, Copy)]
pub struct Sample {
    pub width: u16,
    pub height: u16,
    pub components: u8,
    pub precision: u8,
    /// The marker of the frame: 0xC0 baseline, 0xC2 progressive.
    pub frame: u8,
    pub scans: u32,
}

impl Default for Sample {
    fn default() -> Sample {
        Sample { width: 358, height: 441, components: 3, precision: 8, frame: 0xC0, scans: 1 }
    }
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap();
    [&[0xFF, marker][..], &length.to_be_bytes(), content].concat()
}

impl Sample {
    /// The whole file: every block says "as grey as the one before, and nothing else".
    pub fn file(&self) -> Vec<u8> {
        let blocks = usize::from(self.width.div_ceil(8)) * usize::from(self.height.div_ceil(8));
        // One bit says it in a progressive first scan, two in a baseline one.
        let bits = blocks * usize::from(self.components) * if self.frame == 0xC2 { 1 } else { 2 };
        self.with_data(bits.div_ceil(8))
    }

    /// The file with that many bytes of coded data a scan, enough or not.
    pub fn with_data(&self, bytes: usize) -> Vec<u8> {
        let mut file = vec![0xFF, 0xD8];
        file.extend(segment(0xDB, &[&[0][..], &[1; 64]].concat()));
        let (h, w) = (self.height.to_be_bytes(), self.width.to_be_bytes());
        let mut frame = vec![self.precision, h[0], h[1], w[0], w[1], self.components];
        (1..=self.components).for_each(|id| frame.extend([id, 0x11, 0]));
        file.extend(segment(self.frame, &frame));
        for table in [0x00, 0x10] {
            file.extend(segment(0xC4, &[&[table, 1][..], &[0; 15], &[0]].concat()));
        }
        for _ in 0..self.scans {
            let mut scan = vec![self.components];
            (1..=self.components).for_each(|id| scan.extend([id, 0x00]));
            scan.extend([0, if self.frame == 0xC2 { 0 } else { 63 }, 0]);
            file.extend(segment(0xDA, &scan));
            file.extend(vec![0; bytes]);
        }
        file.extend([0xFF, 0xD9]);
        file
    }
}

/// The file with a segment behind its first marker.
pub fn with_segment(file: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    [&file[..2], &segment(marker, content), &file[2..]].concat()
}

/// The file with an EXIF orientation, 1 to 8.
pub fn oriented(file: &[u8], orientation: u16) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    exif.extend(orientation.to_be_bytes());
    exif.extend([0; 6]);
    with_segment(file, 0xE1, &exif)
}
