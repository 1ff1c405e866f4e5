//! `/admin/points/CODE`: what one point has, card by card.

use askama::Template;
use cardline::limits::CONSOLE_ROWS;
use cardline::route::distribution::pickup::{PickupRow, one_by_one};
use cardline::route::distribution::pickup_cards::Asked as AskedFor;
use cardline::route::distribution::waiting_by_area::{AreaRow, waiting_by_area};

use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::frame::Frame;

#[derive(Template)]
#[template(path = "pickup/point.html")]
struct PointPage {
    f: Frame,
    code: String,
    row: AreaRow,
    cards: Vec<PickupRow>,
}

/// The page; a point outside the viewer's area is absent.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let code = asked.part(0).to_owned();
    // A village, a centre, or an outlet of a bank.
    let point = worker.reference.point(&code).map(|point| (&point.name, &point.region));
    let outlet = || worker.reference.outlet(&code).map(|outlet| (&outlet.name, &outlet.region));
    let (name, district) = point.or_else(outlet).ok_or(Refusal::Absent)?;
    if !district.starts_with(&asked.principal()?.scope.area) {
        return Err(Refusal::Absent);
    }
    let (name, district) = (name.clone(), district.clone());
    let street = code.get(..9).filter(|_| worker.reference.point(&code).is_some()).unwrap_or(&district);
    let rows = waiting_by_area(&worker, street, now).await?;
    let row = rows.into_iter().find(|row| row.area == code).unwrap_or_default();
    let after = asked.query.get("after");
    let mut cards = one_by_one(&worker, AskedFor::Waiting, after, CONSOLE_ROWS * 100, now).await?;
    cards.retain(|card| card.point.as_deref() == Some(&code));
    cards.truncate(CONSOLE_ROWS as usize);
    let f = Frame::at(&asked, &worker, now, &name);
    Ok(Answer::Page(PointPage { f, code, row, cards }.render()?))
}
