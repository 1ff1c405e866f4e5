//! The frame of a JPEG: its size, its components and how they are sampled, and whether its scans fill it.
//!
//! What the decoder is known not to decode truly is refused here: scans of a baseline picture that are not
//! interleaved, and colour that is finer than the light. `fixtures/photos` has such files, and all others.

use super::fault::{FoundFault, PhotoFault};

/// Grey, or light and two of colour.
const COMPONENTS_MAX: usize = 3;

/// One component of the picture.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Component {
    id: u8,
    /// Samples in a unit, across and down.
    across: u8,
    down: u8,
    /// Whether a scan has its blocks; of a progressive picture, their means.
    is_coded: bool,
}

/// What the frame and its scans say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Frame {
    /// Pixels as they are stored.
    pub width: u32,
    pub height: u32,
    pub progressive: bool,
    pub scans: u32,
    components: [Component; COMPONENTS_MAX],
    count: usize,
}

const DAMAGED: FoundFault = PhotoFault::Broken.seen("the markers of the file are damaged");

impl Frame {
    /// Reads the segment of a start of frame.
    pub fn read(marker: u8, segment: &[u8]) -> Result<Frame, FoundFault> {
        let [precision, h1, h0, w1, w0, count, rest @ ..] = segment else {
            return Err(DAMAGED);
        };
        let refused = |seen| Err(PhotoFault::Format.seen(seen));
        match (marker, precision, count) {
            (0xC3 | 0xC5..=0xCF, ..) => return refused("a lossless, hierarchical or arithmetic JPEG"),
            (_, 9.., _) => return refused("a JPEG with more than 8 bits a channel"),
            // The inks' profile would decide how a face looks, and printers guess it differently.
            (.., 4) => return refused("a JPEG in four inks (CMYK), not in colour or grey"),
            (_, 8, 1 | 3) if rest.len() == usize::from(*count) * 3 => {}
            _ => return Err(DAMAGED),
        }
        let (width, height) = (u16::from_be_bytes([*w1, *w0]), u16::from_be_bytes([*h1, *h0]));
        if width == 0 || height == 0 {
            return Err(PhotoFault::Broken.seen("the header gives the picture no size"));
        }
        let mut components = [Component::default(); COMPONENTS_MAX];
        for (component, of) in components.iter_mut().zip(rest.chunks_exact(3)) {
            *component = Component { id: of[0], across: of[1] >> 4, down: of[1] & 0x0F, is_coded: false };
        }
        let (width, height, count) = (width.into(), height.into(), usize::from(*count));
        Frame { width, height, progressive: marker == 0xC2, scans: 0, components, count }.with_known_sampling()
    }

    /// How many components there are.
    pub fn components(&self) -> u64 {
        self.count as u64
    }

    fn with_known_sampling(self) -> Result<Frame, FoundFault> {
        let all = &self.components[..self.count];
        let in_range = |component: &Component| (1..=4).contains(&component.across) && (1..=4).contains(&component.down);
        let twice = (1..all.len()).any(|at| all[..at].iter().any(|other| other.id == all[at].id));
        if twice || !all.iter().all(in_range) {
            return Err(DAMAGED);
        }
        let whole = |light: u8, colour: u8| matches!(light / colour, 1 | 2 | 4) && light.is_multiple_of(colour);
        let known = |light: &Component, colour: &Component| {
            whole(light.across, colour.across) && whole(light.down, colour.down)
        };
        if let [light, colours @ ..] = all
            && !colours.iter().all(|colour| known(light, colour))
        {
            return Err(PhotoFault::Format.seen("a JPEG whose colour is sampled in a way that is not decoded truly"));
        }
        Ok(self)
    }

    /// Reads the header of a scan.
    pub fn scan(&mut self, segment: &[u8]) -> Result<(), FoundFault> {
        self.scans += 1;
        let [count, rest @ ..] = segment else {
            return Err(DAMAGED);
        };
        let Some((chosen, [first, ..])) = rest.split_at_checked(usize::from(*count) * 2) else {
            return Err(DAMAGED);
        };
        if !self.progressive && (self.scans > 1 || usize::from(*count) != self.count) {
            return Err(PhotoFault::Format.seen("a JPEG with its components in scans of their own (not interleaved)"));
        }
        // In the order of the frame, each once.
        let mut components = self.components[..self.count].iter_mut();
        for one in chosen.chunks_exact(2) {
            let of = components.find(|component| component.id == one[0]);
            of.ok_or(DAMAGED)?.is_coded |= *first == 0;
        }
        Ok(())
    }

    /// Whether every component has its blocks.
    pub fn is_filled(&self) -> bool {
        self.components[..self.count].iter().all(|component| component.is_coded)
    }
}
