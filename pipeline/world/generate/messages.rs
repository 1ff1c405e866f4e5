//! One message of `card.applications`, put together from a person, a place and what is drawn.

use cardline_core::domain::application::{Address, Agent, Application, Consent, Holder, IdType, SCHEMA, Text};
use jiff::civil::Date;
use rand::RngExt;

use super::applications::{KindChoice, Plan};
use super::choices::{channel, is_newborn, outlet, photo, pickup, previous, priority};
use super::ground::Place;
use super::papers;
use super::person::{Guardian, Person};
use super::streams::{Purpose, stream};
use super::validity::ValidTo;

/// What a message is made of, besides the plan.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub index: u64,
    pub approved_at: Date,
    pub choice: &'a KindChoice,
    pub revision: u32,
}

/// The clean message.
pub(super) fn compose<'a>(plan: &'a Plan, wanted: Wanted<'a>, person: &'a Person, place: &'a Place) -> Application<'a> {
    let Wanted { index, approved_at, choice, revision } = wanted;
    let mut rng = stream(plan.seed, Purpose::Application, index);
    let application_id = format!("{}-{}-{index:09}", place.region, approved_at.strftime("%Y%m%d"));
    let is_newborn = is_newborn(person, approved_at);
    let channel = channel(&mut rng, person.class, is_newborn);
    let photo = photo(&mut rng, plan, person);
    let (kind, previous_card) = previous(&mut rng, choice);
    let outlet = outlet(&mut rng, place, kind, previous_card.as_ref());
    let minute_of_day = rng.random_range(510..1050u32);
    let second = rng.random_range(0..60u32);
    let consent_minute = rng.random_range(0..1440u32);
    Application {
        schema: SCHEMA.into(),
        event_id: event_id(plan.seed, index, approved_at, revision).into(),
        revision,
        kind,
        priority: priority(&mut rng, is_newborn),
        channel,
        region: Text::Borrowed(&place.region),
        approved_at: instant(approved_at, minute_of_day, second).into(),
        holder: holder(person),
        agent: person.agent.as_ref().map(|agent| guardian(agent, person)),
        documents: papers::documents(&mut rng, person, channel, photo.source, &application_id),
        photo,
        bank: Text::Borrowed(&outlet.bank),
        opening_outlet: Text::Borrowed(&outlet.code),
        pickup: pickup(&mut rng, person, place, outlet),
        previous_card,
        consent: Consent {
            statement: "2024-10".into(),
            accepted_at: instant(approved_at.saturating_sub(jiff::Span::new().days(1)), consent_minute, second).into(),
        },
        application_id: application_id.into(),
    }
}

/// RFC 3339 at +08:00.
fn instant(day: Date, minute_of_day: u32, second: u32) -> String {
    format!("{day}T{:02}:{:02}:{second:02}+08:00", minute_of_day / 60, minute_of_day % 60)
}

/// Shaped as a UUID of version 7: the day, the seed, the revision and the index, so that no two are alike.
fn event_id(seed: u64, index: u64, day: Date, revision: u32) -> String {
    let days = u64::from(jiff::civil::date(1970, 1, 1).until(day).map_or(0, |span| span.get_days()).unsigned_abs());
    let milliseconds = days * 86_400_000 + index % 86_400_000;
    format!(
        "{:08x}-{:04x}-7{:03x}-8{:03x}-{index:012x}",
        milliseconds >> 16,
        milliseconds & 0xffff,
        seed & 0xfff,
        revision & 0xfff
    )
}

fn holder(person: &Person) -> Holder<'_> {
    Holder {
        name: Text::Borrowed(&person.name),
        id_type: person.id_type,
        id_number: Text::Borrowed(&person.id_number),
        id_valid_from: person.id_valid_from.map(|day| day.to_string().into()),
        id_valid_to: person.id_valid_to.map(valid_to),
        sex: sex(person.male),
        ethnicity: person.ethnicity.map(Text::Borrowed),
        nationality: person.nationality.into(),
        birth_date: person.birth_date.to_string().into(),
        occupation: Some(person.occupation.into()),
        mobile: Text::Borrowed(&person.mobile),
        phone: person.phone.as_deref().map(Text::Borrowed),
        address: Address { region: Text::Borrowed(&person.home.code), detail: Text::Borrowed(&person.address_detail) },
        employer: None,
    }
}

fn guardian<'a>(agent: &'a Guardian, person: &'a Person) -> Agent<'a> {
    Agent {
        name: Text::Borrowed(&agent.name),
        id_type: IdType::ResidentId,
        id_number: Text::Borrowed(&agent.id_number),
        sex: sex(agent.male),
        id_valid_from: None,
        id_valid_to: Some(valid_to(agent.id_valid_to)),
        relation: agent.relation,
        mobile: Text::Borrowed(&person.mobile),
        household_head: agent.household_head,
        same_booklet: agent.same_booklet,
    }
}

fn sex(male: bool) -> Text<'static> {
    if male { "1" } else { "2" }.into()
}

fn valid_to(valid_to: ValidTo) -> Text<'static> {
    match valid_to {
        ValidTo::Date(day) => day.to_string().into(),
        ValidTo::LongTerm => "long_term".into(),
    }
}
