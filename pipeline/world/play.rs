//! A day in the world: what it sends in the morning, and what it hears.

use std::collections::BTreeMap;

use cardline::actions::imports::legacy_cards::{StockRow, StockState, stock_card};
use cardline::kafka::{Outgoing, Reader};
use cardline::route::ROUTE;
use cardline::step::driver::Drained;
use cardline::step::{StageError, Worker};
use cardline::store::Stamp;
use cardline::time::instant;
use cardline_core::file_formats::PartnerKind;
use jiff::civil::Date;
use serde_json::Value;

use super::bank::Bank;
use super::bureau::{Bureau, CartonSent};
use super::desk::{Tally, count};
use super::generate::applications::{Generated, corrected};
use super::generate::ground::Place;
use super::generate::mishaps::MISHAPS;
use super::generate::people::People as Population;
use super::generate::plan::Plan;
use super::generate::writing::{Stretch, application_of, choice, opening_stock};
use super::people::{Applicant, DiaryEntry, KnownPlace, Letter, MISSING_OF_TEN_THOUSAND, People, Pickup};
use super::rng::Rng;
use super::road::Road;
use super::setting::Setting;
pub use super::setting::{FIRST_DAY, day};

/// Of a hundred applications, how many follow an older card.
const FOLLOWING_PERCENT: u32 = 12;
/// Distinct photos: few and small, because a play is about cards.
const PHOTOS: u32 = 8;
/// Of a hundred applications, how many have a planted defect.
const DEFECT_PERCENT: u32 = 5;
/// The last days are without faults, so that every file is whole at the end.
const QUIET_DAYS: u32 = 4;
/// Villages and communities of a region that people live in: few enough that a carton holds cards.
const HOMES: usize = 12;

/// The world: everyone but us.
pub struct World {
    pub setting: Setting,
    pub(super) rng: Rng,
    pub(super) plan: Plan,
    /// The days that bring applications.
    days: Vec<Date>,
    offset: u64,
    pub(super) banks: BTreeMap<String, Bank>,
    pub(super) bureau: Bureau,
    pub(super) people: People,
    pub(super) received: std::collections::BTreeSet<String>,
    pub tally: Tally,
    listener: Vec<Listener>,
    heard: std::collections::HashSet<String>,
    road: Road,
    /// Points that were handed on, and to which.
    pub(super) handed_on: BTreeMap<String, String>,
    last_fault: Date,
}

/// A topic the people listen to, and how far they heard.
struct Listener {
    reader: Reader,
    positions: BTreeMap<i64, i64>,
}

/// What the world sends us on a morning.
#[derive(Default)]
pub struct Morning {
    /// Losses that must be known before the day's applications.
    pub first_events: Vec<Letter>,
    pub applications: Vec<Letter>,
    pub events: Vec<Letter>,
}

impl World {
    /// Builds a world around a worker's partners and reference data.
    pub fn new(worker: &Worker, setting: Setting) -> Result<World, StageError> {
        let (seed, first_day) = (setting.seed, setting.first_day);
        let mut plan = Plan::new(seed, DEFECT_PERCENT, &setting.regions, first_day, &worker.reference, PHOTOS)
            .map_err(|e| StageError::Shape(e.to_string()))?;
        let mut places = plan.people.places().to_vec();
        places.iter_mut().for_each(|place| place.homes.truncate(HOMES));
        plan.people = Population::new(seed, first_day, places, plan.profile());
        plan.policy = (*worker.policy).clone();
        let arriving = (setting.days * setting.arriving_percent / 100).max(1);
        let all = (0..arriving).map(|n| setting.day(n)).filter(|d| worker.calendar.is_working_day(*d).working);
        let banks = worker.partners.all().filter(|p| p.profile.kind == PartnerKind::Bank);
        Ok(World {
            rng: Rng::new(seed),
            plan,
            days: all.collect(),
            offset: 0,
            banks: banks.map(|p| (p.profile.code.clone(), Bank::new(p))).collect(),
            bureau: Bureau::new(worker.partners.bureau("")?),
            people: People::default(),
            received: std::collections::BTreeSet::new(),
            tally: Tally::new(),
            listener: Vec::new(),
            heard: std::collections::HashSet::new(),
            road: Road::default(),
            handed_on: BTreeMap::new(),
            last_fault: setting.day(setting.days.saturating_sub(QUIET_DAYS)),
            setting,
        })
    }

    /// Everybody lives in these places from now on.
    pub(super) fn live_in(&mut self, places: Vec<Place>) {
        let Setting { seed, first_day, .. } = self.setting;
        self.plan.people = Population::new(seed, first_day, places, self.plan.profile());
    }

    fn stretch(&self) -> Stretch<'_> {
        Stretch { first: 0, count: self.setting.cards, days: &self.days, following_percent: FOLLOWING_PERCENT }
    }

    /// Uploads the photos, and hands over the cards made before this system.
    pub async fn prepare(&mut self, worker: &Worker) -> Result<(), StageError> {
        for (key, bytes) in self.plan.album.files() {
            worker.objects.upload(key, bytes).await?;
        }
        let why = Stamp { at: instant(self.setting.first_day, 8, 0), actor: "administrator", reason: "opening stock" };
        let old: Vec<_> = opening_stock(&self.plan, &self.stretch()).collect();
        for part in old.chunks(5_000) {
            let mut cards = Vec::new();
            for row in part {
                let Some(bank) = self.banks.get_mut(&row.bank) else { continue };
                let account = bank.open(&row.card_number, true);
                // Losses are reported on the topic of events, in time.
                let row =
                    StockRow { account: account.account, pan: account.pan, state: StockState::Active, ..row.clone() };
                cards.push(stock_card(&worker.keys, &row).map_err(|e| StageError::Shape(e.to_string()))?);
                let applicant = Applicant { place: KnownPlace::Holder, social: true, financial: true, ..nobody() };
                self.people.of.insert(row.card_number, applicant);
            }
            worker.ledger.import_stock(cards, why).await?;
        }
        Ok(())
    }

    /// Everything the world does before our morning, and what it sends.
    pub fn morning(&mut self, worker: &Worker, today: Date) -> Result<Morning, StageError> {
        let faults = today < self.last_fault;
        let workday = |day: Date, n: u32| worker.working_days_after(day, n);
        for (_, bank) in self.banks.iter_mut().filter(|(code, _)| !self.setting.is_away(code, today)) {
            bank.day(today, self.rng, faults, &mut self.tally, workday)?;
        }
        if !self.setting.is_away(self.bureau.code(), today) {
            self.bureau.day(today, self.rng, faults, &mut self.tally, workday)?;
        }
        let mut morning = Morning::default();
        self.receive(worker, today, &mut morning.events);
        for (key, entry) in self.people.due(today) {
            match entry {
                DiaryEntry::Correct => self.correct(today, &key, &mut morning.applications),
                entry => morning.events.extend(self.people.carry_out(today, &key, &entry, self.rng, &mut self.tally)),
            }
        }
        self.apply(today, &mut morning, faults);
        morning.events = self.road.carry(morning.events, (today, faults), &self.setting, self.rng, &mut self.tally);
        Ok(morning)
    }

    /// Cities count cartons that pass, and points receive those that arrive.
    fn receive(&mut self, worker: &Worker, today: Date, events: &mut Vec<Letter>) {
        let (arrived, under_way): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.bureau.sent).into_iter().partition(|carton| {
                worker.working_days_after(carton.on, self.rng.between("transit", &carton.tracking, 2, 4) as u32)
                    <= today
            });
        for carton in under_way.iter().filter(|carton| worker.working_days_after(carton.on, 1) == today) {
            if self.rng.chance("in the city", &carton.tracking, self.setting.in_city_of_ten_thousand) {
                count(&mut self.tally, "cartons counted in the city");
                let more = serde_json::json!({ "count": carton.cards.len() - self.not_in_it(carton).len() });
                events.push(self.people.letter(today, &carton.tracking, "shipment.received_city", more));
            }
        }
        self.bureau.sent = under_way;
        for carton in arrived {
            count(&mut self.tally, "cartons received at points");
            let point = self.handed_on.get(&carton.point).unwrap_or(&carton.point);
            let place = serde_json::json!({ "kind": "other", "code": point });
            let missing = self.not_in_it(&carton);
            for card in &missing {
                events.extend(self.people.carry_out(today, card, &DiaryEntry::Miss, self.rng, &mut self.tally));
            }
            let count = carton.cards.len() - missing.len();
            let more = serde_json::json!({ "box": carton.box_number, "count": count, "place": place });
            events.push(self.people.letter(today, &carton.tracking, "point.received", more));
            self.received.insert(carton.tracking);
        }
    }

    /// The cards of a carton that were never packed.
    fn not_in_it<'c>(&self, carton: &'c CartonSent) -> Vec<&'c String> {
        let missing = |card: &&String| self.rng.chance("not in its box", card, MISSING_OF_TEN_THOUSAND);
        carton.cards.iter().filter(missing).collect()
    }

    /// A corrected application: the same id, a higher revision, without the defect.
    fn correct(&mut self, today: Date, key: &str, out: &mut Vec<Letter>) {
        let Some(person) = self.people.of.get_mut(key) else { return };
        if person.withdrawn {
            return;
        }
        person.revision += 1;
        let (offset, revision) = (person.offset, person.revision);
        let stretch = self.stretch();
        let approved = application_of(&self.plan, &stretch, offset).map(|g| g.application_id).unwrap_or_default();
        let day = approved.get(7..15).and_then(|d| Date::strptime("%Y%m%d", d).ok()).unwrap_or(today);
        let again = corrected(&self.plan, offset, day, &choice(&self.plan, &stretch, offset), revision);
        if let Some(person) = self.people.of.get_mut(key) {
            person.pickup = Pickup::of(&serde_json::from_str(&again.json).unwrap_or_default());
        }
        count(&mut self.tally, "applications corrected");
        out.push((again.application_id, again.json.into_bytes()));
    }

    /// The day's approved applications, with the mishaps of the road.
    fn apply(&mut self, today: Date, morning: &mut Morning, faults: bool) {
        let Some(number) = self.days.iter().position(|d| *d == today) else { return };
        let (days, count) = (self.days.len() as u128, u128::from(self.setting.cards.max(1)));
        let of_day = |offset: u64| (u128::from(offset) * days / count) as usize;
        while self.offset < self.setting.cards && of_day(self.offset) <= number {
            let offset = self.offset;
            self.offset += 1;
            let Some(generated) = application_of(&self.plan, &self.stretch(), offset) else { continue };
            self.one(today, offset, &generated, morning, faults);
        }
    }

    fn one(&mut self, today: Date, offset: u64, generated: &Generated, morning: &mut Morning, faults: bool) {
        let key = generated.application_id.clone();
        let json: Value = serde_json::from_str(&generated.json).unwrap_or_default();
        let text = |pointer: &str| json.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let lost = text("/previous_card/reason").as_deref() == Some("lost");
        // A first issue that names a card is a planted defect: nobody gives that card up for it.
        let follows = text("/kind").as_deref() != Some("first_issue");
        let previous = text("/previous_card/card_number").filter(|_| follows).map(|card| (card, lost));
        if let Some((card, true)) = &previous {
            let letter = self.people.carry_out(today, card, &DiaryEntry::LoseFormally, self.rng, &mut self.tally);
            morning.first_events.extend(letter);
        }
        let has_agent = json.get("agent").is_some_and(|a| !a.is_null());
        let clean = !generated.spoiled;
        let withdraws = clean
            && previous.is_none()
            && text("/priority").as_deref() == Some("normal")
            && self.rng.chance("withdraws", &key, 20);
        let pickup = Pickup::of(&json);
        let applicant =
            Applicant { offset, revision: 1, has_agent, pickup, previous, withdrawn: withdraws, ..nobody() };
        self.people.of.insert(key.clone(), applicant);
        count(&mut self.tally, "applications approved");
        morning.applications.push((key.clone(), generated.json.clone().into_bytes()));
        if faults && self.rng.chance("mishap", &key, 100) {
            count(&mut self.tally, "messages repeated, in conflict or unreadable");
            let sendable = || MISHAPS.iter().filter(|mishap| mishap.fits_a_broker());
            let which = self.rng.number("which mishap", &key) as usize % sendable().count().max(1);
            morning.applications.extend(sendable().nth(which).map(|mishap| (key.clone(), mishap.message(generated))));
        }
        if withdraws {
            count(&mut self.tally, "applications withdrawn");
            let letter = self.people.letter(
                today,
                &key,
                "application.withdrawn",
                serde_json::json!({ "reason": "changed_mind" }),
            );
            morning.events.push(letter);
        }
    }

    /// Hears outcomes and notices from the topics; each once, by its id.
    pub fn listen(&mut self, worker: &Worker, today: Date) -> Result<(), StageError> {
        let Some(broker) = worker.kafka.clone() else { return Ok(()) };
        let topics = &worker.config.topics;
        if self.listener.is_empty() {
            for topic in [&topics.notices, &topics.outcomes] {
                self.listener.push(Listener { reader: Reader::connect(&broker, topic)?, positions: BTreeMap::new() });
            }
        }
        let mut listeners = std::mem::take(&mut self.listener);
        for Listener { reader, positions } in &mut listeners {
            for partition in reader.partitions()? {
                positions.entry(partition).or_insert(0);
            }
            loop {
                let stored: Vec<(i64, i64)> = positions.iter().map(|(p, next)| (*p, *next)).collect();
                let Some(chunk) = reader.next_chunk(&stored)? else { break };
                positions.insert(chunk.partition, chunk.next);
                for message in chunk.messages {
                    self.hear(&message.bytes, today);
                }
            }
        }
        self.listener = listeners;
        Ok(())
    }

    fn hear(&mut self, message: &[u8], today: Date) {
        let Ok(message) = serde_json::from_slice::<Value>(message) else { return };
        let text = |field: &str| message.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (schema, kind, key) = (text("schema"), text("type"), text("application_id"));
        // Rejections are published as outcomes only; the rest is a notice to the person.
        if (schema == "card.outcome.v1") != (kind == "rejected") || !self.heard.insert(text("event_id")) {
            return;
        }
        let also = message.get("also").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        for key in std::iter::once(key.as_str()).chain(also) {
            self.people.hear(today, &kind, key, self.rng, &mut self.tally);
        }
    }
}

fn nobody() -> Applicant {
    Applicant {
        offset: 0,
        revision: 1,
        has_agent: false,
        pickup: Pickup::default(),
        previous: None,
        place: KnownPlace::Elsewhere,
        social: false,
        financial: false,
        withdrawn: false,
        recalled: false,
        was_missing: false,
        was_mailed: false,
    }
}

/// Messages to a topic.
pub fn outgoing(topic: &str, letters: &[Letter]) -> Vec<Outgoing> {
    letters
        .iter()
        .map(|(key, payload)| Outgoing { topic: topic.into(), key: key.clone(), payload: payload.clone() })
        .collect()
}

/// Runs the steps of a stage (or all) until they find nothing more to do.
pub async fn tick(worker: &Worker, stage: Option<&str>, now: jiff::Timestamp) -> Result<u64, StageError> {
    let mut did = 0;
    for step in ROUTE.iter().filter(|step| stage.is_none_or(|s| s == step.stage)) {
        let started = std::time::Instant::now();
        let Drained { did: times, mut set_aside } = step.run(worker, now).await?;
        // Nothing fails in a play; what does is a fault of ours.
        if let Some(aside) = set_aside.pop() {
            return Err(aside.error);
        }
        tracing::debug!(
            stage = step.stage,
            step = step.name,
            times,
            micros = started.elapsed().as_micros() as u64,
            "step"
        );
        did += times;
    }
    Ok(did)
}
