//! What figures say: the median of several, and a ratio beside its target.

/// The middle one.
pub fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Prints a ratio beside its target: `at_most` when smaller is better.
pub fn ratio(what: &str, ratio: f64, target: f64, at_most: bool) {
    let reached = if at_most { ratio <= target } else { ratio >= target };
    let bound = if at_most { "at most" } else { "at least" };
    let verdict = if reached { "reached" } else { "NOT REACHED" };
    println!("{what}: {ratio:.2} (target: {bound} {target}) {verdict}");
}
