//! What a page shows as a number.

/// A count or an amount; templates hand it over by value or behind references.
pub trait Counted {
    fn number(&self) -> i64;
}

impl Counted for i64 {
    fn number(&self) -> i64 {
        *self
    }
}

impl Counted for u32 {
    fn number(&self) -> i64 {
        i64::from(*self)
    }
}

impl Counted for usize {
    fn number(&self) -> i64 {
        i64::try_from(*self).unwrap_or(i64::MAX)
    }
}

impl<T: Counted> Counted for &T {
    fn number(&self) -> i64 {
        (*self).number()
    }
}
