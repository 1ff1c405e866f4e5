//! The printing bureau of the world, with its own book of plastic.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cardline::exchange::Partner;
use cardline::step::StageError;
use cardline_core::file_formats::{FileKind, FileSpec, Profile};
use jiff::civil::Date;

use super::desk::{Desk, Pending, Request, Tally, count};
use super::rng::Rng;

/// The most cards of one box.
const BOX_CARDS: usize = 100;

/// One ordered card as the bureau sees it.
#[derive(Clone, Default)]
pub struct Plastic {
    /// Identifier of the good card, once there is one.
    pub identifier: Option<String>,
    pub spoiled: u32,
    pub point: String,
}

/// A carton that left the bureau.
#[derive(Clone)]
pub struct CartonSent {
    pub tracking: String,
    pub point: String,
    pub box_number: String,
    pub cards: Vec<String>,
    pub on: Date,
}

/// Cards that are to be made (again) on a day.
struct Making {
    due: Date,
    batch: String,
    request: String,
    region: String,
    cards: Vec<Ordered>,
}

/// One ordered card: its row, its number, and the region whose section it stands in.
#[derive(Clone)]
struct Ordered {
    row: String,
    number: String,
    region: String,
}

/// The bureau: its profile, its folders, its desk and its book.
pub struct Bureau {
    profile: Profile,
    folder: PathBuf,
    desk: Desk,
    making: Vec<Making>,
    serial: u64,
    cartons: u64,
    /// By card number.
    pub book: BTreeMap<String, Plastic>,
    /// Cartons under way, until a point has them.
    pub sent: Vec<CartonSent>,
}

impl Bureau {
    pub fn new(partner: &Partner) -> Bureau {
        Bureau {
            profile: partner.profile.clone(),
            folder: partner.folder.clone(),
            desk: Desk::default(),
            making: Vec::new(),
            serial: 0,
            cartons: 0,
            book: BTreeMap::new(),
            sent: Vec::new(),
        }
    }

    /// Our code of it.
    pub fn code(&self) -> &str {
        &self.profile.code
    }

    /// A day at the bureau: reads packages, makes cards, writes reports and manifests.
    pub fn day(
        &mut self,
        today: Date,
        rng: Rng,
        faults: bool,
        tally: &mut Tally,
        workday: impl Fn(Date, u32) -> Date,
    ) -> Result<(), StageError> {
        for request in self.desk.new_requests(&self.profile, &self.folder.join("to"))? {
            self.order(&request, today, rng, faults, tally, &workday);
        }
        let (due, later): (Vec<Making>, Vec<Making>) =
            std::mem::take(&mut self.making).into_iter().partition(|m| m.due <= today);
        self.making = later;
        for making in due {
            self.make(making, today, rng, faults, tally, &workday)?;
        }
        self.desk.write_due(&self.profile, &self.folder.join("from"), today, rng, faults, tally)?;
        Ok(())
    }

    fn order(
        &mut self,
        request: &Request,
        today: Date,
        rng: Rng,
        faults: bool,
        tally: &mut Tally,
        workday: &impl Fn(Date, u32) -> Date,
    ) {
        let Some(spec) = self.profile.file(FileKind::Personalization) else { return };
        let control = |field: &str| request.parsed.control.get(field).cloned().unwrap_or_default();
        let mut cards = Vec::new();
        for row in &request.parsed.rows {
            let cell = |field: &str| spec.value(row, field).unwrap_or_default();
            let number = cell("card_number");
            let plastic = Plastic { point: cell("delivery_point"), ..Plastic::default() };
            self.book.insert(number.clone(), plastic);
            cards.push(Ordered { row: cell("row"), number, region: cell("region") });
        }
        let late = if faults && rng.chance("bureau late", &request.name, 400) { 4 } else { 0 };
        if late > 0 {
            count(tally, "bureau reports late");
        }
        let due = workday(today, rng.between("making days", &request.name, 2, 4) as u32 + late);
        self.making.push(Making {
            due,
            batch: control("batch"),
            request: control("sequence"),
            region: control("region"),
            cards,
        });
    }

    fn make(
        &mut self,
        making: Making,
        today: Date,
        rng: Rng,
        faults: bool,
        tally: &mut Tally,
        workday: &impl Fn(Date, u32) -> Date,
    ) -> Result<(), StageError> {
        let Some(spec) = self.profile.file(FileKind::ProductionReport).cloned() else { return Ok(()) };
        let sent_on = workday(today, 1);
        let (good, spoiled) = self.print(&making.cards, rng, faults, tally);
        let mut rows: Vec<Vec<String>> = Vec::new();
        for Ordered { row, number, .. } in &spoiled {
            rows.push(report_row(&spec, row, number, None)?);
        }
        let mut cartons = Vec::new();
        for (point, cards) in good {
            for cards in cards.chunks(BOX_CARDS) {
                cartons.push(self.pack(&spec, &point, cards, (today, sent_on), &mut rows)?);
                cards.iter().for_each(|_| count(tally, "cards made"));
            }
        }
        let batch = || ("batch".to_owned(), making.batch.clone());
        let report = BTreeMap::from([batch(), ("request".to_owned(), making.request.clone())]);
        let plan = |due, kind, control, rows| Pending {
            due,
            kind,
            region: making.region.clone(),
            control,
            rows,
            about: Vec::new(),
        };
        self.desk.plan(plan(today, FileKind::ProductionReport, report, rows));
        if !cartons.is_empty() {
            let bureau = ("bureau".to_owned(), self.profile.code.clone());
            let list = BTreeMap::from([batch(), bureau, ("date".to_owned(), sent_on.to_string())]);
            let rows = self.manifest_rows(&cartons)?;
            self.desk.plan(plan(sent_on, FileKind::ShippingManifest, list, rows));
            self.sent.extend(cartons);
        }
        if !spoiled.is_empty() {
            self.making.push(Making { due: workday(today, 2), cards: spoiled, ..making });
        }
        Ok(())
    }

    /// Prints cards: the good ones by point, and those that were spoiled.
    fn print(
        &mut self,
        cards: &[Ordered],
        rng: Rng,
        faults: bool,
        tally: &mut Tally,
    ) -> (BTreeMap<String, Vec<Ordered>>, Vec<Ordered>) {
        let (mut by_point, mut again) = (BTreeMap::<String, Vec<Ordered>>::new(), Vec::new());
        for ordered in cards {
            let number = &ordered.number;
            let plastic = self.book.entry(number.clone()).or_default();
            if faults && rng.chance("spoiled", &format!("{number}/{}", plastic.spoiled), 150) {
                plastic.spoiled += 1;
                count(tally, "cards spoiled");
                again.push(ordered.clone());
            } else {
                by_point.entry(plastic.point.clone()).or_default().push(ordered.clone());
            }
        }
        (by_point, again)
    }

    /// Packs one carton for a point, reports its cards today and sends it on a day.
    fn pack(
        &mut self,
        spec: &FileSpec,
        point: &str,
        cards: &[Ordered],
        (today, on): (Date, Date),
        rows: &mut Vec<Vec<String>>,
    ) -> Result<CartonSent, StageError> {
        self.cartons += 1;
        let (box_number, tracking) = (format!("BX{:07}", self.cartons), format!("T{:07}", self.cartons));
        for (at, Ordered { row, number, region }) in cards.iter().enumerate() {
            self.serial += 1;
            let identifier = format!("{region}D156000005{:016X}", self.serial);
            let good =
                Good { identifier: &identifier, serial: self.serial, box_number: &box_number, position: at + 1, today };
            rows.push(report_row(spec, row, number, Some(good))?);
            if let Some(plastic) = self.book.get_mut(number) {
                plastic.identifier = Some(identifier);
            }
        }
        let cards = cards.iter().map(|card| card.number.clone()).collect();
        Ok(CartonSent { tracking, point: point.into(), box_number, cards, on })
    }

    fn manifest_rows(&self, cartons: &[CartonSent]) -> Result<Vec<Vec<String>>, StageError> {
        let Some(spec) = self.profile.file(FileKind::ShippingManifest) else { return Ok(Vec::new()) };
        let mut rows = Vec::new();
        for carton in cartons {
            for (at, number) in carton.cards.iter().enumerate() {
                let row = spec.arrange(|field| match field {
                    "carton" => Some(carton.tracking.replace('T', "C")),
                    "tracking" => Some(carton.tracking.clone()),
                    "seal" => Some(carton.tracking.replace('T', "SEAL")),
                    "box" => Some(carton.box_number.clone()),
                    "point" => Some(carton.point.clone()),
                    "from" => Some("1".into()),
                    "to" => Some(carton.cards.len().to_string()),
                    "card_number" => Some(number.clone()),
                    "position" => Some((at + 1).to_string()),
                    _ => None,
                });
                rows.push(row.map_err(|fault| StageError::Shape(format!("{}: {}", fault.field, fault.message)))?);
            }
        }
        Ok(rows)
    }
}

struct Good<'g> {
    identifier: &'g str,
    serial: u64,
    box_number: &'g str,
    position: usize,
    today: Date,
}

fn report_row(spec: &FileSpec, row: &str, number: &str, good: Option<Good<'_>>) -> Result<Vec<String>, StageError> {
    let value = |field: &str| match (field, &good) {
        ("row", _) => Some(row.to_owned()),
        ("card_number", _) => Some(number.to_owned()),
        ("outcome", Some(_)) => Some("good".into()),
        ("outcome", None) => Some("spoiled".into()),
        ("card_identifier", Some(g)) => Some(g.identifier.to_owned()),
        ("atr", Some(g)) => Some(format!("00{:024X}", g.serial)),
        ("box" | "carton", Some(g)) => Some(g.box_number.to_owned()),
        ("box_position", Some(g)) => Some(g.position.to_string()),
        ("produced_at", Some(g)) => Some(format!("{}T10:00:00+08:00", g.today)),
        ("failed_stage", None) => Some("bureau".into()),
        ("reason", None) => Some("chip does not answer".into()),
        _ => None,
    };
    spec.arrange(value).map_err(|fault| StageError::Shape(format!("{}: {}", fault.field, fault.message)))
}
