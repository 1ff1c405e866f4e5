//! `/`: to one's own first page.

use crate::answer::{Answer, Refusal};
use crate::asked::Asked;

/// Goes there, in the session it is asked in.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let viewer = asked.viewer()?;
    let home = viewer.home();
    Ok(Answer::to(match &viewer.guest {
        Some(guest) => format!("{home}?as={}", guest.role.code()),
        None => home,
    }))
}
