//! `/cards/ID`: where a card is, whose turn it is, and how it came there.

use askama::Template;
use cardline::books::day_explained::explain_day;
use cardline::books::way::{CardWay, card_way};
use cardline::people::permits::Permission;
use cardline::time::local_date;
use cardline_core::domain::application::Priority;
use cardline_core::state_machines::CARD;

use super::why_day::WhyDay;
use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::frame::{Frame, segment};

#[derive(Template)]
#[template(path = "cards/way.html")]
struct Way {
    f: Frame,
    way: CardWay,
    why_day: String,
    /// What the point is called; empty where no table knows it.
    point_name: String,
    /// Whether who asks has the page of the point.
    is_linked: bool,
}

impl Way {
    /// Where the card may be put into the urgent lane; none where it does not wait for its account.
    fn urgent(&self) -> Option<String> {
        let waits = self.way.state == "waiting_account" && self.way.lane != Priority::Urgent.word();
        let path = || format!("/ops/plan?act=urgent&application={}#sheet", segment(&self.way.application_id));
        (waits && self.f.may(Permission::CutBatches)).then(path)
    }

    /// Whether the holder still waits for what was promised: that the card is ready.
    fn is_promised(&self) -> bool {
        self.way.is_owed() && !self.way.moves.iter().any(|step| step.life == CARD.name && step.to == "on_shelf")
    }
}

/// The page.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let data = &worker.config.data.value;
    let way = card_way(&worker.ledger, data, asked.part(0), local_date(now)).await?.ok_or(Refusal::Absent)?;
    let found = worker.reference.collected_at(&way.point);
    let sees = |region: &str| asked.principal().is_ok_and(|viewer| region.starts_with(&viewer.scope.area));
    let is_linked = asked.may(Permission::MoveWindows) && found.is_some_and(|(_, region)| sees(region));
    let point_name = found.map_or_else(String::new, |(name, _)| name.to_owned());
    let day = explain_day(&worker, &way.application_id, now).await?;
    let lang = asked.lang;
    let word = crate::frame::states::word(lang, &way.state);
    let title = lang.say("这张卡：{}", "This card: {}").replace("{}", &word);
    let f = Frame::at(&asked, &worker, now, &title);
    let why_day = day.map(|day| WhyDay::shown(&f, &day)).transpose()?.unwrap_or_default();
    Ok(Answer::Page(Way { f, way, why_day, point_name, is_linked }.render()?))
}
