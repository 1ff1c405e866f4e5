//! By what the lists of `pickup` are counted.

use cardline::route::distribution::pickup::By;
use clap::ValueEnum;

/// By what something is counted.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Place {
    District,
    Street,
    Point,
}

impl From<Place> for By {
    fn from(place: Place) -> By {
        match place {
            Place::District => By::District,
            Place::Street => By::Street,
            Place::Point => By::Point,
        }
    }
}
