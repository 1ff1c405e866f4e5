//! Random numbers of the world: each depends only on the seed, what it is for, and whom it is about, so that
//! the order in which things happen changes nothing.

use sha2::{Digest, Sha256};

/// The numbers of one seed.
#[derive(Clone, Copy)]
pub struct Rng {
    seed: u64,
}

impl Rng {
    pub fn new(seed: u64) -> Rng {
        Rng { seed }
    }

    /// A number for this purpose and key.
    pub fn number(self, purpose: &str, key: &str) -> u64 {
        let digest = Sha256::new()
            .chain_update(self.seed.to_be_bytes())
            .chain_update(purpose)
            .chain_update([0])
            .chain_update(key)
            .finalize();
        digest.iter().take(8).fold(0, |n, byte| n << 8 | u64::from(*byte))
    }

    /// True in so many of ten thousand cases.
    pub fn chance(self, purpose: &str, key: &str, in_ten_thousand: u64) -> bool {
        self.number(purpose, key) % 10_000 < in_ten_thousand
    }

    /// A number between two bounds, both included.
    pub fn between(self, purpose: &str, key: &str, low: u64, high: u64) -> u64 {
        low + self.number(purpose, key) % (high - low + 1)
    }
}
