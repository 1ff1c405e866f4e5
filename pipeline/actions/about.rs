//! What a request that waits for a second person does, as it was when it was asked for. It is kept with the request,
//! so that who gives it sees more than the name of a batch or an operation.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::dual_control::ABOUT;
use super::pickup::about::PlaceAct;
use super::render_anew::NewFile;

/// What it does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum About {
    Place(PlaceAct),
    File(NewFile),
}

impl About {
    /// What is kept with a request; none where nothing of the kind is.
    pub fn of(request: &Value) -> Option<About> {
        serde_json::from_value(request.get(ABOUT)?.clone()).ok()
    }
}

impl Display for About {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            About::Place(act) => act.fmt(f),
            About::File(file) => file.fmt(f),
        }
    }
}
