//! One message of `card.applications`, put together from a person, a place and what is drawn.

use cardline_core::domain::application::{
    Address, Agent, Application, Consent, Employer, Holder, IdType, PickupMethod, SCHEMA, Text,
};
use jiff::civil::Date;
use rand::RngExt;

use super::choices::{channel, is_newborn, outlet, photo, pickup, previous, priority};
use super::ground::Place;
use super::papers;
use super::person::{Guardian, Person};
use super::plan::{KindChoice, Plan};
use super::streams::{Purpose, stream};
use super::validity::ValidTo;

/// A message that is being made.
pub(super) type Message<'a> = Application<'a>;

/// What a message is made of, besides the plan.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub index: u64,
    pub approved_on: Date,
    /// Drawn from the profile's hours when it is not given.
    pub second_of_day: Option<u32>,
    pub choice: &'a KindChoice,
    pub revision: u32,
}

impl<'a> Wanted<'a> {
    /// A first revision at some instant of the day.
    pub fn new(index: u64, approved_on: Date, choice: &'a KindChoice) -> Self {
        Self { index, approved_on, second_of_day: None, choice, revision: 1 }
    }
}

/// The clean message.
pub(super) fn compose<'a>(plan: &'a Plan, wanted: Wanted<'a>, person: &'a Person, place: &'a Place) -> Message<'a> {
    let Wanted { index, approved_on, choice, revision, .. } = wanted;
    let profile = plan.profile();
    let mut rng = stream(plan.seed, Purpose::Application, index);
    let mut shared = plan.people.shared_way(person.index);
    let application_id = format!("{}-{}-{index:09}", place.region, approved_on.strftime("%Y%m%d"));
    let is_newborn = is_newborn(person, approved_on);
    let at_birth = is_newborn && *choice == KindChoice::FirstIssue;
    let channel = channel(&mut shared, person.class, at_birth, profile);
    let photo = photo(&mut rng, plan, person, approved_on);
    let (kind, previous_card) = previous(&mut rng, choice, place);
    let outlet = outlet(&mut rng, place, kind, previous_card.as_ref());
    let drawn = profile.second_of_day(rng.random_range(0..1000u32));
    let consent_second = rng.random_range(0..86_400u32);
    let policy = plan.policy.of(&place.region, approved_on);
    let pickup = pickup(&mut shared, person, place, outlet, profile, policy);
    let employer = person.employer.as_ref().filter(|_| pickup.method == PickupMethod::Employer);
    Application {
        schema: SCHEMA.into(),
        event_id: event_id(plan.seed, index, approved_on, revision).into(),
        revision,
        kind,
        priority: priority(&mut rng, is_newborn, profile),
        channel,
        region: Text::from(&place.region),
        approved_at: instant(approved_on, wanted.second_of_day.unwrap_or(drawn)).into(),
        holder: Holder {
            employer: employer
                .map(|employer| Employer { code: Text::from(&employer.code), name: Text::from(&employer.name) }),
            ..holder(person)
        },
        agent: person.agent.as_ref().map(|agent| guardian(agent, person)),
        documents: papers::documents(&mut rng, person, channel, photo.source, &application_id),
        photo,
        bank: Text::from(&outlet.bank),
        opening_outlet: Text::from(&outlet.code),
        pickup,
        previous_card,
        consent: Consent {
            statement: "2024-10".into(),
            accepted_at: instant(approved_on.saturating_sub(jiff::Span::new().days(1)), consent_second).into(),
        },
        application_id: application_id.into(),
    }
}

/// RFC 3339 at +08:00.
fn instant(day: Date, second_of_day: u32) -> String {
    let minute = second_of_day / 60;
    format!("{day}T{:02}:{:02}:{:02}+08:00", minute / 60, minute % 60, second_of_day % 60)
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
        name: Text::from(person.spelling.as_ref().unwrap_or(&person.name)),
        id_type: person.id_type,
        id_number: Text::from(&person.id_number),
        id_valid_from: person.id_valid_from.map(|day| day.to_string().into()),
        id_valid_to: person.id_valid_to.map(valid_to),
        sex: sex(person.male),
        ethnicity: person.ethnicity.map(Text::from),
        nationality: person.nationality.into(),
        birth_date: person.birth_date.to_string().into(),
        occupation: Some(person.occupation.into()),
        mobile: Text::from(&person.mobile),
        phone: person.phone.as_deref().map(Text::from),
        address: Address { region: Text::from(&person.home.code), detail: Text::from(&person.address_detail) },
        employer: None,
    }
}

fn guardian<'a>(agent: &'a Guardian, person: &'a Person) -> Agent<'a> {
    Agent {
        name: Text::from(&agent.name),
        id_type: IdType::ResidentId,
        id_number: Text::from(&agent.id_number),
        sex: sex(agent.male),
        id_valid_from: None,
        id_valid_to: Some(valid_to(agent.id_valid_to)),
        relation: agent.relation,
        mobile: Text::from(&person.mobile),
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
