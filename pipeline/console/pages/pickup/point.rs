//! `/admin/points/CODE`: what one point has, card by card.

use askama::Template;
use cardline::actions::pickup::acts_of_point::{PointAct, acts_of_point};
use cardline::actions::pickup::places::point_name;
use cardline::books::figures::waiting_at_point;
use cardline::limits::CONSOLE_ROWS;
use cardline::route::distribution::coming_cartons::ComingCarton;
use cardline::route::distribution::point_cards::PointCard;
use cardline::route::distribution::waiting_by_area::AreaRow;
use cardline_core::domain::reference::{Opening, Studio};

use crate::answer::{Answer, Refusal};
use crate::asked::Asked;
use crate::frame::{Frame, segment};
use crate::pages::pickup::acts::{Windows, windows};
use crate::pages::pickup::reassign::{HandingOn, handing_on};

/// An authorised photo studio, with its code.
struct StudioShown {
    code: String,
    studio: Studio,
}

#[derive(Template)]
#[template(path = "pickup/point.html")]
struct PointPage {
    f: Frame,
    code: String,
    row: AreaRow,
    /// None: counted now.
    counted_at: Option<String>,
    cards: Vec<PointCard>,
    coming: Vec<ComingCarton>,
    windows: Windows,
    handing_on: HandingOn,
    opening: Opening,
    /// Name of the street or town, where it is known.
    street: String,
    /// Authorised studios of the district.
    studios: Vec<StudioShown>,
    acts: Vec<PointAct>,
    /// The mark of the next page.
    further: Option<String>,
}

/// The page; a point outside the viewer's area is absent.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let code = asked.part(0).to_owned();
    // A village, a centre, or an outlet of a bank; one that has closed, as long as cards need it.
    let name = point_name(&worker, &code).await?.ok_or(Refusal::Absent)?;
    let (row, counted_at) = waiting_at_point(&worker, &code, now).await?;
    let counted_at = counted_at.map(|at| at.to_string());
    let cards = worker.ledger.point_cards(&code, asked.query.get("after"), CONSOLE_ROWS).await?;
    let coming = worker.ledger.coming_cartons(&code).await?;
    let further = cards.last().map(PointCard::mark).filter(|_| cards.len() as i64 == CONSOLE_ROWS);
    let path = format!("/admin/points/{}", segment(&code));
    let windows = windows(&asked, &worker, now, &code, &path).await?;
    let handing_on = handing_on(&asked, &worker, now, (&code, &path)).await?;
    let acts = acts_of_point(&worker, &code).await?;
    let opening = worker.reference.opening(&code).cloned().unwrap_or_default();
    let street = code.get(..9).and_then(|nine| worker.reference.street_name(nine)).unwrap_or_default().to_owned();
    let district = worker.reference.collected_at(&code).map_or("", |(_, district)| district);
    let studio = |(code, studio): (&str, &Studio)| StudioShown { code: code.into(), studio: studio.clone() };
    let studios = worker.reference.studios_of(district).into_iter().map(studio).collect();
    let f = Frame::at(&asked, &worker, now, &name);
    let page = PointPage {
        f,
        code,
        row,
        counted_at,
        cards,
        coming,
        windows,
        handing_on,
        opening,
        street,
        studios,
        acts,
        further,
    };
    Ok(Answer::Page(page.render()?))
}
