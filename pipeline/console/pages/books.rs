//! `/books`: whether every law of conservation holds.

use askama::Template;
use cardline::actions::errands::{Wanted, ask};
use cardline::actions::outcome::Instruction;
use cardline::books::{LAWS, LawResult};
use cardline::people::sessions::Token;

use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::frame::Frame;

#[derive(Template)]
#[template(path = "books.html")]
struct Books {
    f: Frame,
    laws: Vec<ShownLaw>,
    whole: bool,
    /// What this request to a worker is called, so that a second click is the same one.
    key: String,
}

/// A law and what was found.
struct ShownLaw {
    found: LawResult,
    sentence: &'static str,
}

/// The page: over what changed since the last look that held.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let report = worker.ledger.books(now, false, None).await?;
    let broken = report.books.iter().filter(|law| !law.holds).count();
    let title = match broken {
        0 => asked.lang.say("账簿：每条守恒规则都成立", "The books: every law holds").to_owned(),
        many => {
            asked.lang.say("账簿：{} 条规则不成立", "The books: {} laws do not hold").replace("{}", &many.to_string())
        }
    };
    let sentence = |number: i64| LAWS.iter().find(|law| law.number == number).map_or("", |law| law.sentence);
    let laws = report.books.into_iter().map(|found| ShownLaw { sentence: sentence(found.law), found }).collect();
    let f = Frame::at(&asked, &worker, now, &title);
    Ok(Answer::Page(Books { f, laws, whole: report.whole, key: Token::random().text().to_owned() }.render()?))
}

/// Asks a worker to check everything, which takes long on a large ledger.
pub async fn ask_worker(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let actor = asked.principal()?.name.clone();
    let by = Instruction { actor: &actor, reason: "", at: now, approval: None };
    ask(&worker, Wanted::Books { whole: true }, asked.form.get("key"), by).await?;
    Ok(Answer::to(Frame::of(&asked, "").to("/work?done=asked")))
}
