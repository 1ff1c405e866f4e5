//! `/cards`: a card found by its number or its application's id.

use askama::Template;

use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::frame::{Frame, segment};

#[derive(Template)]
#[template(path = "cards/find.html")]
struct Find {
    f: Frame,
    key: String,
    unknown: bool,
}

/// The form; with `?key=` the way of that card.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let key = asked.query.get("key").to_owned();
    let mut unknown = false;
    if !key.is_empty() {
        let (worker, _) = asked.worker().await?;
        match worker.ledger.trace(&key).await? {
            Some(trace) => {
                let path = format!("/cards/{}", segment(&trace.application_id));
                return Ok(Answer::to(Frame::of(&asked, "").to(&path)));
            }
            None => unknown = true,
        }
    }
    let f = Frame::of(&asked, asked.lang.say("查一张卡", "Where is this card?"));
    Ok(Answer::Page(Find { f, key, unknown }.render()?))
}
