//! What programs do: the same as the pages, with a key that makes the same request again do nothing.

use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::pages::cases::one;
use crate::pages::operator::{acts, streams};
use crate::pages::pickup;
use crate::pages::pickup::reassign::REASSIGN;

/// `batch hold|release|split|cancel` of a batch.
pub async fn batch(asked: Asked) -> Result<Answer, Refusal> {
    acts::carry_out(&asked, asked.part(1)).await?.answer()
}

/// `batch hold|release|cut` of a stream, `batch urgent` of a card.
pub async fn stream(asked: Asked) -> Result<Answer, Refusal> {
    streams::carry_out(&asked, asked.part(0)).await?.answer()
}

/// `pickup open|extend|close|reassign`: without `confirm` what it would touch and the operation to confirm, else exactly that.
pub async fn pickup(asked: Asked) -> Result<Answer, Refusal> {
    let is_preview = asked.form.get("confirm").is_empty();
    if asked.part(0) == REASSIGN {
        return match is_preview {
            true => Answer::json(&pickup::reassign::preview(&asked).await?),
            false => pickup::reassign::carry_out(&asked).await?.answer(),
        };
    }
    if is_preview {
        return Answer::json(&pickup::acts::preview(&asked, asked.part(0)).await?);
    }
    pickup::acts::carry_out(&asked, asked.part(0)).await?.answer()
}

/// `cases decide`.
pub async fn case(asked: Asked) -> Result<Answer, Refusal> {
    one::carry_out(&asked).await?.answer()
}
