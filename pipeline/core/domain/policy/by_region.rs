//! Something that each region has its own of, kept once for each section of the policy.

/// The default, and what the regions with a section of their own have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ByRegion<T> {
    default: T,
    /// Sorted by code.
    regions: Vec<(String, T)>,
}

impl<T> ByRegion<T> {
    /// The default, and what is different, sorted by code.
    pub(super) fn new(default: T, regions: Vec<(String, T)>) -> ByRegion<T> {
        ByRegion { default, regions }
    }

    /// The same everywhere.
    pub fn everywhere(default: T) -> ByRegion<T> {
        ByRegion { default, regions: Vec::new() }
    }

    /// What a region has: that of the longest code that its code begins with. The default is that of what has
    /// no region.
    pub fn of(&self, region: &str) -> &T {
        self.section(region).map_or(&self.default, |(_, of)| of)
    }

    /// The code of the section that decides for a region; empty: the default.
    pub fn section_of(&self, region: &str) -> &str {
        self.section(region).map_or("", |(code, _)| code)
    }

    fn section(&self, region: &str) -> Option<&(String, T)> {
        let codes = [6, 4, 2].into_iter().filter_map(|digits| region.get(..digits));
        codes
            .filter_map(|code| self.regions.binary_search_by(|(section, _)| section.as_str().cmp(code)).ok())
            .find_map(|found| self.regions.get(found))
    }

    /// The least that any of these regions has; without regions that of the default.
    pub fn least<'r>(&self, regions: impl IntoIterator<Item = &'r String>) -> T
    where
        T: Ord + Copy,
    {
        regions.into_iter().map(|region| *self.of(region)).min().unwrap_or(self.default)
    }

    /// The most that any of these regions has; without regions that of the default.
    pub fn most<'r>(&self, regions: impl IntoIterator<Item = &'r String>) -> T
    where
        T: Ord + Copy,
    {
        regions.into_iter().map(|region| *self.of(region)).max().unwrap_or(self.default)
    }

    /// The most that any region has.
    pub fn greatest(&self) -> &T
    where
        T: Ord,
    {
        self.regions.iter().map(|(_, of)| of).fold(&self.default, Ord::max)
    }

    /// What follows from it, region by region.
    pub fn map<U>(&self, follows: impl Fn(&T) -> U) -> ByRegion<U> {
        let regions = self.regions.iter().map(|(code, of)| (code.clone(), follows(of))).collect();
        ByRegion { default: follows(&self.default), regions }
    }
}
