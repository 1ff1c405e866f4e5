//! The photos of a plan: drawn once, described, and drawn again when their files are wanted.

use rayon::prelude::*;

use super::photo_faults::{self, FaultyPhoto};
use super::photos::{PhotoFacts, facts_of, object_key, photo};

/// The photos applications may refer to, made once and described.
#[derive(Clone, Debug)]
pub struct Album {
    seed: u64,
    facts: Vec<PhotoFacts>,
    faulty: Vec<FaultyPhoto>,
}

impl Album {
    /// Draws `count` photos (at least one) with all cores, and keeps what is to be said of them, not the files.
    #[must_use]
    pub fn new(seed: u64, count: u32) -> Self {
        let numbers = (1..=count.max(1)).into_par_iter();
        let facts = numbers.map(|number| facts_of(object_key(number), number, &photo(seed, number))).collect();
        Self { seed, facts, faulty: photo_faults::faulty(seed) }
    }

    /// What is said of each photo.
    #[must_use]
    pub fn facts(&self) -> &[PhotoFacts] {
        &self.facts
    }

    /// What is said of photos whose objects are not like it.
    #[must_use]
    pub fn faulty(&self) -> &[FaultyPhoto] {
        &self.faulty
    }

    /// Object key and content of every photo, drawn again one at a time.
    pub fn files(&self) -> impl Iterator<Item = (&str, Vec<u8>)> {
        (1u32..).zip(&self.facts).map(|(number, facts)| (facts.object.as_str(), photo(self.seed, number)))
    }

    /// Object key and content of every faulty photo that has an object at all.
    pub fn faulty_files(&self) -> impl Iterator<Item = (&str, Vec<u8>)> {
        let good = photo(self.seed, 1);
        self.faulty.iter().filter_map(move |faulty| {
            Some((faulty.facts.object.as_str(), photo_faults::object_of(faulty.fault, &good)?))
        })
    }
}
