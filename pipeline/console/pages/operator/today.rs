//! `/ops`: what needs the operator, where everything is, and what the partners' clocks say.

use std::collections::BTreeMap;

use askama::Template;
use cardline::actions::batches::plan::{Plan, plan};
use cardline::route::strip::Strip;

use super::needs::{self, Need};
use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::frame::Frame;

#[derive(Template)]
#[template(path = "operator/today.html")]
struct Today {
    f: Frame,
    halted: String,
    needs: Vec<Need>,
    strip: Strip,
    clocks: Vec<PartnersClock>,
}

/// When a partner's next batches are cut, and what is in them.
struct PartnersClock {
    partner: String,
    next_cut: Option<String>,
    due: bool,
    cards: i64,
    left_out: i64,
    on_hold: i64,
    skipped_today: Option<String>,
}

/// The page.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let needs = needs::of(&worker, now).await?;
    let title = match needs.len() {
        0 => asked.lang.say("今日：没有事等您处理", "Nothing needs you today").to_owned(),
        1 => asked.lang.say("今日：1 件事等您处理", "1 thing needs you").to_owned(),
        many => asked.lang.say("今日：{} 件事等您处理", "{} things need you").replace("{}", &many.to_string()),
    };
    let halted = worker.ledger.halt().await?.map(|halt| halt.found).unwrap_or_default();
    let f = Frame::at(&asked, &worker, now, &title);
    let page =
        Today { f, halted, needs, strip: worker.ledger.strip(now).await?, clocks: clocks(plan(&worker, now).await?) };
    Ok(Answer::Page(page.render()?))
}

/// The plan's streams, partner by partner, the earliest cut first.
fn clocks(plan: Plan) -> Vec<PartnersClock> {
    let mut clocks = BTreeMap::<String, PartnersClock>::new();
    for stream in plan.streams {
        let clock = clocks.entry(stream.partner.clone()).or_insert_with(|| PartnersClock {
            partner: stream.partner,
            next_cut: None,
            due: false,
            cards: 0,
            left_out: 0,
            on_hold: 0,
            skipped_today: None,
        });
        clock.due |= stream.due;
        clock.cards += stream.cards;
        clock.left_out += stream.left_out.iter().map(|left| left.cards).sum::<i64>();
        clock.on_hold += i64::from(stream.next_cut.is_none());
        clock.skipped_today = clock.skipped_today.take().or(stream.skipped_today);
        clock.next_cut = match (clock.next_cut.take(), stream.next_cut) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
    let mut clocks: Vec<_> = clocks.into_values().collect();
    clocks.sort_by(|one, other| (!one.due, &one.next_cut).cmp(&(!other.due, &other.next_cut)));
    clocks
}
