//! Rounds: every variant once a round, in turn, so that whatever else the machine does meets all of
//! them alike. The median of the rounds counts.

use std::time::Instant;

use crate::verdict::median;

/// One way of doing the same work.
pub struct Variant<'v> {
    pub name: &'static str,
    pub run: Box<dyn FnMut() + 'v>,
}

impl<'v> Variant<'v> {
    pub fn new(name: &'static str, run: impl FnMut() + 'v) -> Variant<'v> {
        Variant { name, run: Box::new(run) }
    }
}

/// Runs every variant in turn, `rounds` times after one unmeasured round; median seconds of each.
pub fn medians(rounds: usize, variants: &mut [Variant<'_>]) -> Vec<f64> {
    let mut seconds = vec![Vec::new(); variants.len()];
    for round in 0..=rounds {
        for (variant, seconds) in variants.iter_mut().zip(&mut seconds) {
            let started = Instant::now();
            (variant.run)();
            if round > 0 {
                seconds.push(started.elapsed().as_secs_f64());
            }
        }
    }
    seconds.into_iter().map(median).collect()
}
