//! Random streams: one per purpose and index, so that any person, application or photo can be made
//! alone and comes out the same on every platform, whatever was made before it.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The only generator of this module: portable, and fixed by its crate's version.
pub type Rng = ChaCha8Rng;

/// What a stream is drawn for. The numbers are part of every seed's meaning and are never reused.
#[derive(Clone, Copy)]
pub enum Purpose {
    Classes = 1,
    Permutation = 2,
    Person = 3,
    Agent = 4,
    Application = 5,
    Defect = 6,
    Photo = 7,
    Following = 8,
    Group = 9,
    Mishap = 10,
    Stock = 11,
    Spoil = 12,
}

/// The stream of one thing.
#[must_use]
pub fn stream(seed: u64, purpose: Purpose, index: u64) -> Rng {
    let mut bytes = [0u8; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&(purpose as u64).to_le_bytes());
    bytes[16..24].copy_from_slice(b"cardline");
    let mut rng = Rng::from_seed(bytes);
    rng.set_stream(index);
    rng
}

/// One element, or `None` of an empty list.
pub fn pick<'a, T>(rng: &mut Rng, list: &'a [T]) -> Option<&'a T> {
    let length = u32::try_from(list.len()).ok().filter(|length| *length > 0)?;
    list.get(rng.random_range(0..length) as usize)
}

/// One of a list by weight, or `None` when all weights are zero.
pub fn weighted<T: Copy>(rng: &mut Rng, list: &[(T, u32)]) -> Option<T> {
    let all: u32 = list.iter().map(|(_, weight)| weight).sum();
    let mut left = (all > 0).then(|| rng.random_range(0..all))?;
    list.iter().find_map(|(choice, weight)| match left.checked_sub(*weight) {
        None => Some(*choice),
        Some(rest) => {
            left = rest;
            None
        }
    })
}

/// One character of a text made of single-character choices.
pub fn pick_char(rng: &mut Rng, choices: &str) -> char {
    let count = u32::try_from(choices.chars().count()).unwrap_or(u32::MAX);
    if count == 0 {
        return '一';
    }
    choices.chars().nth(rng.random_range(0..count) as usize).unwrap_or('一')
}

/// A number from 0 to 99.
pub fn percent(rng: &mut Rng) -> u32 {
    rng.random_range(0..100u32)
}

/// True in `share_percent` of a hundred draws.
pub fn chance(rng: &mut Rng, share_percent: u32) -> bool {
    percent(rng) < share_percent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ() {
        let draw = |seed, purpose, index| -> u64 { stream(seed, purpose, index).random() };
        assert_eq!(draw(1, Purpose::Person, 5), draw(1, Purpose::Person, 5));
        assert_ne!(draw(1, Purpose::Person, 5), draw(1, Purpose::Person, 6));
        assert_ne!(draw(1, Purpose::Person, 5), draw(2, Purpose::Person, 5));
        assert_ne!(draw(1, Purpose::Person, 5), draw(1, Purpose::Agent, 5));
    }
}
