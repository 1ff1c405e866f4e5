//! `/bureaus/CODE`: what needs the bureau, then every file out and in; for who sees every bank.

use askama::Template;

use super::ledger::{self, PartnerFiles};
use super::made::Made;
use super::reached::tested;
use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::frame::Frame;

/// The page.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    shown(asked, false).await
}

/// The same, with what a test of the connection found.
pub async fn test(asked: Asked) -> Result<Answer, Refusal> {
    shown(asked, true).await
}

async fn shown(asked: Asked, with_test: bool) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let code = asked.part(0).to_owned();
    let is_bureau = worker.partners.get(&code).is_some() && worker.reference.bank(&code).is_none();
    if !is_bureau || !asked.principal()?.scope.is_everything() {
        return Err(Refusal::Absent);
    }
    let ledger = ledger::of(&asked, &worker, now, &code).await?;
    let title = match ledger.troubles_all {
        0 => asked.lang.say("制卡中心 {}：没有文件等处理", "Bureau {}: no file needs anybody").replace("{}", &code),
        many => asked
            .lang
            .say("制卡中心 {}：{n} 个文件等处理", "Bureau {}: {n} files need somebody")
            .replace("{}", &code)
            .replace("{n}", &many.to_string()),
    };
    let f = Frame::at(&asked, &worker, now, &title);
    let answers = ledger::answers(&f, &worker, now, &code).await?;
    let made = Some(Made::of(&f, &worker, now, &code).await?);
    let reached = tested(&f, &worker, &code, with_test, now).await?;
    let page = PartnerFiles { f, here: asked.path, name: code.clone(), code, ledger, made, answers, reached };
    Ok(Answer::Page(page.render()?))
}
