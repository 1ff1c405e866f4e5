//! `/cards`: a card found by its number or its application's id; and, by POST, a person's cards by the person's number.
//!
//! A person's number stands in no URL and on no page: it is sent once, with a reason, and the look-up is recorded.

use askama::Template;
use cardline::actions::outcome::{ActionError, Instruction};
use cardline::books::person_cards::{LookupRefusal, PersonCard, find_person};

use crate::answer::{Answer, Refusal, Words};
use crate::asked::Asked;
use crate::frame::{Frame, segment};
use crate::pages::operator::acts::reason;

#[derive(Template)]
#[template(path = "cards/find.html")]
struct Find {
    f: Frame,
    key: String,
    unknown: bool,
    /// Of the person that was looked up.
    cards: Option<Vec<PersonCard>>,
    /// What was given was no number of a person; its reason is kept.
    is_no_number: bool,
    reason: String,
}

impl Find {
    fn of(asked: &Asked) -> Find {
        let f = Frame::of(asked, asked.lang.say("查一张卡", "Where is this card?"));
        Find { f, key: String::new(), unknown: false, cards: None, is_no_number: false, reason: String::new() }
    }
}

/// The form; with `?key=` the way of that card.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let mut page = Find::of(&asked);
    let key = asked.query.get("key");
    if !key.is_empty() {
        let (worker, _) = asked.worker().await?;
        match worker.ledger.trace(key).await? {
            Some(trace) => {
                let path = format!("/cards/{}", segment(&trace.application_id));
                return Ok(Answer::to(page.f.to(&path)));
            }
            None => (page.key, page.unknown) = (key.to_owned(), true),
        }
    }
    Ok(Answer::Page(page.render()?))
}

/// Looks a person up: recorded with its reason, then shown.
pub async fn find(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let reason = reason(&asked)?;
    let by = Instruction { actor: &asked.principal()?.name, reason, at: now, approval: None };
    let mut page = Find::of(&asked);
    match find_person(&worker, asked.form.get("person"), by).await {
        Ok(cards) => {
            page.f = Frame::at(&asked, &worker, now, page.f.say("此人的卡", "The cards of this person"));
            page.cards = Some(cards);
            Ok(Answer::Page(page.render()?))
        }
        // The number is not sent back; what was written for it is.
        Err(ActionError::Refused(LookupRefusal::NoNumber)) => {
            (page.is_no_number, page.reason) = (true, reason.to_owned());
            Ok(Answer::Unfit(page.render()?))
        }
        Err(ActionError::Refused(LookupRefusal::EnoughToday { limit })) => Err(Refusal::Conflict(Words::new(
            format!("您今日已单独查看 {limit} 次，为每人每日上限；请用卡号或申请编号查找，或请他人查"),
            format!(
                "You had {limit} persons or messages opened alone today, which is as many as one may: find the card by \
                 its number or application id, or ask somebody else"
            ),
        ))),
        Err(ActionError::Failed(error)) => Err(error.into()),
    }
}
