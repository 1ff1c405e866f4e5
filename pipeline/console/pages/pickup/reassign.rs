//! Handing a point on to another from its page: the preview that the URL asks for, and the act that confirms it.

use cardline::actions::dual_control::Second;
use cardline::actions::outcome::{ActionError, Instruction};
use cardline::actions::pickup::reassign::{Ask, ReassignReport, asks_second, reassign};
use cardline::people::permits::Permission;
use cardline::step::Worker;
use jiff::Timestamp;

use super::refused::words;
use crate::answer::{Refusal, Words};
use crate::asked::Asked;
use crate::carried::Carried;
use crate::frame::grouped;
use crate::pages::operator::acts::{Sheet, given_to, reason};

/// The word of the act in URLs and forms.
pub const REASSIGN: &str = "reassign";

/// What the page of a point shows of handing it on.
#[derive(Default)]
pub struct HandingOn {
    /// The point that takes over, as it was typed.
    pub to: String,
    pub preview: Option<(Sheet, ReassignReport)>,
    /// Why there is no preview; empty where none was asked for.
    pub refused: String,
}

/// The preview that the URL asks for.
pub async fn handing_on(
    asked: &Asked,
    worker: &Worker,
    now: Timestamp,
    (from, path): (&str, &str),
) -> Result<HandingOn, Refusal> {
    let to = asked.query.get("to").trim().to_owned();
    let mut shown = HandingOn { to, ..HandingOn::default() };
    if asked.query.get("act") != REASSIGN || !asked.may(Permission::MoveWindows) {
        return Ok(shown);
    }
    let by = Instruction { actor: &asked.principal()?.name, reason: "", at: now, approval: None };
    match reassign(worker, Ask { from, to: &shown.to, confirm: None, dry_run: true }, by).await {
        Ok(report) => shown.preview = Some((sheet(&report, path), report)),
        Err(ActionError::Refused(refusal)) => shown.refused = words(&refusal).say(asked.lang).to_owned(),
        Err(ActionError::Failed(error)) => return Err(error.into()),
    }
    Ok(shown)
}

fn sheet(report: &ReassignReport, path: &str) -> Sheet {
    let [shipments, cards, people] = [report.shipments, report.cards, report.people].map(grouped);
    let (to, name) = (&report.to, &report.to_name);
    Sheet {
        action: path.into(),
        act: REASSIGN.into(),
        word: Words::new("改派", "Hand on"),
        scope: Words::new(
            format!("{people} 人的 {cards} 张卡、{shipments} 箱改派至 {name}（{to}），到达后在那里重新清点。"),
            format!(
                "{cards} cards of {people} people and {shipments} shipments go on to {name} ({to}), and are counted there again."
            ),
        ),
        is_final: false,
        second_person: true,
        asks_count: false,
        confirm: String::new(),
        hidden: vec![
            ("place".into(), report.from.clone()),
            ("to".into(), to.clone()),
            ("confirm".into(), report.operation.clone()),
        ],
        back: path.into(),
    }
}

/// What an act would touch, for a program.
pub async fn preview(asked: &Asked) -> Result<ReassignReport, Refusal> {
    let (worker, now) = asked.worker().await?;
    let by = Instruction { actor: &asked.principal()?.name, reason: "", at: now, approval: None };
    let ask = Ask { from: asked.form.get("place"), to: asked.form.get("to"), confirm: None, dry_run: true };
    Ok(reassign(&worker, ask, by).await?)
}

/// Carries out what was previewed, or asks a second person for it.
pub async fn carry_out(asked: &Asked) -> Result<Carried, Refusal> {
    if !asked.may(Permission::MoveWindows) {
        return Err(Refusal::Role);
    }
    let (worker, now) = asked.worker().await?;
    let actor = asked.principal()?.name.clone();
    let by = Instruction { actor: &actor, reason: reason(asked)?, at: now, approval: None };
    let confirm = Some(asked.form.get("confirm")).filter(|id| !id.is_empty());
    let ask = Ask { from: asked.form.get("place"), to: asked.form.get("to"), confirm, dry_run: false };
    let approval = match asks_second(&worker, ask, by).await? {
        Second::NotNeeded => None,
        Second::Given(id) => Some(id),
        Second::Asked { id, .. } => return Ok(Carried::Asked(id)),
        Second::GivenTo { maker, .. } => return Err(given_to(&maker)),
    };
    let report = reassign(&worker, ask, Instruction { approval, ..by }).await?;
    Ok(if report.done_before { Carried::Before } else { Carried::Done })
}
