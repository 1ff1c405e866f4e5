//! The people of the world: what they asked for, what they hold, and what they will do on which day.

use std::collections::{BTreeMap, BTreeSet};

use cardline::time::{instant, rfc3339};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::desk::{Tally, count};
use super::rng::Rng;

/// Where the world knows a card's plastic to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KnownPlace {
    /// Not made, under way, or on a shelf.
    Elsewhere,
    Unit,
    Holder,
    /// Lost by its holder.
    Lost,
    /// Given back.
    Back,
}

/// Where and how a card is collected, and of which bank it is.
#[derive(Clone, Default)]
pub struct Pickup {
    pub point: String,
    pub method: String,
    pub bank: String,
    /// Where it lies when nobody named a point.
    pub outlet: String,
}

impl Pickup {
    /// As an application says.
    pub fn of(application: &Value) -> Pickup {
        let text = |pointer: &str| application.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        Pickup {
            point: text("/pickup/point"),
            method: text("/pickup/method"),
            bank: text("/bank"),
            outlet: text("/opening_outlet"),
        }
    }
}

/// A card or an application of a person, as the person sees it.
#[derive(Clone)]
pub struct Applicant {
    /// Place of the application in what the world plays.
    pub offset: u64,
    pub revision: u32,
    pub has_agent: bool,
    /// Where and how it is collected, and by which bank.
    pub pickup: Pickup,
    /// The old card this application replaces, and whether it is lost.
    pub previous: Option<(String, bool)>,
    pub place: KnownPlace,
    pub social: bool,
    pub financial: bool,
    pub withdrawn: bool,
    pub recalled: bool,
    /// It was not on its shelf when its holder came: that happens once.
    pub was_missing: bool,
    /// It was sent by mail: what comes back is collected.
    pub was_mailed: bool,
}

/// One thing a person, a unit or a point does on a day.
#[derive(Clone)]
pub enum DiaryEntry {
    Collect,
    CollectByUnit,
    HandOver,
    SendByMail,
    Deliver,
    /// The address is wrong: the letter comes back to the point.
    ComeBack,
    Activate(&'static str),
    ReturnPlastic,
    LoseFormally,
    LoseForAWhile,
    FindAgain,
    Die,
    Correct,
    /// The point does not find it on its shelf.
    Miss,
    /// The point has found it; also of a card number, which came missing.
    Find,
}

/// Everyone, and the diary of what they will do.
#[derive(Default)]
pub struct People {
    pub of: BTreeMap<String, Applicant>,
    diary: BTreeMap<Date, Vec<(String, DiaryEntry)>>,
    serial: u64,
}

/// So many cards of ten thousand are missing when their carton comes, and as many when their holder comes.
pub const MISSING_OF_TEN_THOUSAND: u64 = 150;

/// A message of the world to a topic: key and payload.
pub type Letter = (String, Vec<u8>);

fn later(day: Date, days: u64) -> Date {
    day.saturating_add(jiff::Span::new().days(days as i64))
}

impl People {
    /// Notes an entry in the diary.
    pub fn plan(&mut self, on: Date, key: &str, entry: DiaryEntry) {
        self.diary.entry(on).or_default().push((key.into(), entry));
    }

    /// What is in the diary up to a day.
    pub fn due(&mut self, today: Date) -> Vec<(String, DiaryEntry)> {
        let rest = self.diary.split_off(&later(today, 1));
        std::mem::replace(&mut self.diary, rest).into_values().flatten().collect()
    }

    /// Who waits at a point waits at another one, and comes when a notice says so again.
    pub fn wait_elsewhere(&mut self, from: &str, to: &str) {
        let mut told_again = BTreeSet::new();
        for (key, person) in &mut self.of {
            if person.place == KnownPlace::Elsewhere && person.pickup.point == from {
                person.pickup.point = to.into();
                told_again.insert(key.clone());
            }
        }
        let comes = |entry: &DiaryEntry| matches!(entry, DiaryEntry::Collect | DiaryEntry::CollectByUnit);
        for entries in self.diary.values_mut() {
            entries.retain(|(key, entry)| !(comes(entry) && told_again.contains(key)));
        }
    }

    /// A notice or an outcome reached a person; they make up their mind.
    pub fn hear(&mut self, today: Date, told: &str, key: &str, rng: Rng, tally: &mut Tally) {
        let Some(person) = self.of.get_mut(key) else { return };
        if person.withdrawn {
            return;
        }
        match told {
            "ready" if person.pickup.method == "mail" && !person.was_mailed => {
                person.was_mailed = true;
                self.plan(later(today, rng.between("sending days", key, 0, 2)), key, DiaryEntry::SendByMail);
            }
            "ready" => {
                if rng.chance("never comes", key, 500) {
                    count(tally, "people who never come");
                    return;
                }
                if !person.was_missing && rng.chance("missing", key, MISSING_OF_TEN_THOUSAND) {
                    person.was_missing = true;
                    self.plan(later(today, rng.between("missing days", key, 1, 8)), key, DiaryEntry::Miss);
                    return;
                }
                let days = if rng.chance("comes late", key, 2_000) {
                    rng.between("late days", key, 8, 30)
                } else {
                    rng.between("days", key, 1, 8)
                };
                let by_unit = !person.has_agent && rng.chance("unit", key, 600);
                self.plan(
                    later(today, days),
                    key,
                    if by_unit { DiaryEntry::CollectByUnit } else { DiaryEntry::Collect },
                );
            }
            "recalled" => {
                person.recalled = true;
                self.plan(later(today, rng.between("send back", key, 1, 5)), key, DiaryEntry::ReturnPlastic);
            }
            "returned" | "rejected" if rng.chance("corrects", &format!("{key}/{}", person.revision), 7_000) => {
                self.plan(later(today, rng.between("correct days", key, 2, 9)), key, DiaryEntry::Correct);
            }
            _ => {}
        }
    }

    /// Carries out one entry; returns the event it sends, if any.
    pub fn carry_out(
        &mut self,
        today: Date,
        key: &str,
        entry: &DiaryEntry,
        rng: Rng,
        tally: &mut Tally,
    ) -> Option<Letter> {
        let of_point = match entry {
            DiaryEntry::Miss => Some("card.missing"),
            DiaryEntry::Find => Some("card.found"),
            _ => None,
        };
        if let Some(kind) = of_point {
            count(tally, &format!("events: {kind}"));
            self.follow(today, key, entry, rng);
            return Some(self.letter(today, key, kind, json!({})));
        }
        let person = self.of.get_mut(key)?;
        let in_hand = person.place == KnownPlace::Holder;
        let (kind, more) = match entry {
            // At the point, or where it is kept after nobody came.
            DiaryEntry::Collect
                if (person.place, person.recalled) == (KnownPlace::Elsewhere, false)
                    || (person.place, person.recalled) == (KnownPlace::Back, true) =>
            {
                person.recalled = false;
                person.place = KnownPlace::Holder;
                ("card.collected", person.handed_over(key))
            }
            DiaryEntry::CollectByUnit if person.place == KnownPlace::Elsewhere && !person.recalled => {
                person.place = KnownPlace::Unit;
                ("card.collected", json!({ "by": "unit", "evidence": evidence(key, &["id_front"]) }))
            }
            DiaryEntry::HandOver if person.place == KnownPlace::Unit => {
                person.place = KnownPlace::Holder;
                ("card.handed_over", json!({}))
            }
            DiaryEntry::SendByMail if person.place == KnownPlace::Elsewhere && !person.recalled => {
                let at = json!({ "kind": "bank_outlet", "code": person.pickup.lies_at() });
                ("card.sent_by_mail", letter_of(key, at))
            }
            DiaryEntry::Deliver => {
                person.place = KnownPlace::Holder;
                ("card.delivered", letter_of(key, at_the_post()))
            }
            DiaryEntry::ComeBack => ("card.returned_by_mail", letter_of(key, at_the_post())),
            DiaryEntry::Activate(functions) if in_hand => {
                person.social |= *functions != "financial";
                person.financial |= *functions != "social";
                ("card.activated", json!({ "functions": functions }))
            }
            DiaryEntry::ReturnPlastic if person.recalled || in_hand => {
                person.place = KnownPlace::Back;
                // What was told too late of a recalled card had no effect.
                person.social &= !person.recalled;
                ("plastic.returned", json!({ "reason": if person.recalled { "never_collected" } else { "replaced" } }))
            }
            DiaryEntry::LoseFormally if in_hand => {
                person.place = KnownPlace::Lost;
                ("card.loss_reported", json!({ "formal": true }))
            }
            DiaryEntry::LoseForAWhile if in_hand && person.social => ("card.loss_reported", json!({ "formal": false })),
            DiaryEntry::FindAgain if in_hand && person.social => ("card.loss_lifted", json!({})),
            DiaryEntry::Die if in_hand && person.social => {
                person.social = false;
                ("holder.died", json!({ "on": today.to_string() }))
            }
            _ => return None,
        };
        count(tally, &format!("events: {kind}"));
        self.follow(today, key, entry, rng);
        Some(self.letter(today, key, kind, more))
    }

    /// What follows from an entry, noted in the diary.
    fn follow(&mut self, today: Date, key: &str, entry: &DiaryEntry, rng: Rng) {
        match entry {
            DiaryEntry::CollectByUnit => {
                self.plan(later(today, rng.between("unit days", key, 1, 4)), key, DiaryEntry::HandOver)
            }
            DiaryEntry::SendByMail => match rng.number("letter", key) % 10 {
                0 => self.plan(later(today, rng.between("back days", key, 3, 9)), key, DiaryEntry::ComeBack),
                1 => self.plan(later(today, rng.between("slow days", key, 11, 13)), key, DiaryEntry::Deliver),
                _ => self.plan(later(today, rng.between("mail days", key, 1, 5)), key, DiaryEntry::Deliver),
            },
            DiaryEntry::Collect | DiaryEntry::HandOver | DiaryEntry::Deliver
                if !rng.chance("never activates", key, 400) =>
            {
                let on = later(today, rng.between("activation days", key, 0, 9));
                if rng.chance("activates at a point", key, 2_500) {
                    self.plan(on, key, DiaryEntry::Activate("social"));
                    self.plan(later(on, rng.between("bank days", key, 1, 7)), key, DiaryEntry::Activate("financial"));
                } else {
                    self.plan(on, key, DiaryEntry::Activate("both"));
                }
            }
            DiaryEntry::Activate(functions) if *functions != "financial" => {
                let previous = self.of.get(key).and_then(|p| p.previous.clone());
                if let Some((old, lost)) = previous {
                    if let Some(old) = self.of.get_mut(&old) {
                        // The moment the new card is active the old one is invalid.
                        old.social = false;
                    }
                    if !lost {
                        self.plan(later(today, rng.between("give back", key, 0, 9)), &old, DiaryEntry::ReturnPlastic);
                    }
                } else if rng.chance("dies", key, 15) {
                    self.plan(later(today, 8), key, DiaryEntry::Die);
                } else if rng.chance("mislays", key, 80) {
                    self.plan(later(today, 2), key, DiaryEntry::LoseForAWhile);
                    self.plan(later(today, 4), key, DiaryEntry::FindAgain);
                }
            }
            DiaryEntry::Miss => {
                self.plan(later(today, rng.between("found days", key, 1, 9)), key, DiaryEntry::Find);
            }
            DiaryEntry::Die => self.plan(later(today, 6), key, DiaryEntry::ReturnPlastic),
            DiaryEntry::ReturnPlastic
                if self.of.get(key).is_some_and(|person| person.recalled)
                    && rng.chance("comes after all", key, 3_000) =>
            {
                self.plan(later(today, rng.between("kept days", key, 40, 250)), key, DiaryEntry::Collect);
            }
            _ => {}
        }
    }

    /// Where the card of an application lies; what has no place comes from a desk of nobody's.
    fn place_of(&self, key: &str) -> &str {
        let point = self.of.get(key).map(|person| person.pickup.lies_at());
        point.filter(|point| !point.is_empty()).unwrap_or("000000000000")
    }

    /// An event of `card.events`, keyed so that one person's stay in order.
    pub fn letter(&mut self, today: Date, key: &str, kind: &str, more: Value) -> Letter {
        self.serial += 1;
        let subject = match kind {
            "point.received" | "shipment.received_city" => "shipment",
            _ if key.len() == 9 => "card",
            _ => "application_id",
        };
        let mut event = json!({
            "schema": "card.event.v1",
            "event_id": format!("e-{today}-{:08}", self.serial),
            "type": kind,
            "at": rfc3339(instant(today, 8, 40)),
            "place": { "kind": "other", "code": self.place_of(key) },
            "actor": "point-desk",
            subject: key,
        });
        if let (Some(event), Value::Object(more)) = (event.as_object_mut(), more) {
            event.extend(more);
        }
        (key.into(), event.to_string().into_bytes())
    }
}

impl Pickup {
    /// The point that was named; else the cards go to the opening outlet.
    fn lies_at(&self) -> &str {
        if self.point.is_empty() { &self.outlet } else { &self.point }
    }
}

/// What an event of the mail says: the carrier, its number of this letter, and where.
fn letter_of(key: &str, place: Value) -> Value {
    let digest = cardline::crypto::objects::sha256(format!("letter/{key}").as_bytes());
    json!({ "carrier": "POST", "tracking": format!("PA-{}", &digest[..12]), "place": place })
}

fn at_the_post() -> Value {
    json!({ "kind": "other", "code": "post" })
}

impl Applicant {
    /// Who takes the card, and what is shown for it.
    fn handed_over(&self, key: &str) -> Value {
        let child = ["agent_id_front", "household_holder_page", "birth_certificate", "holder_present"];
        match (self.pickup.method.as_str(), self.has_agent) {
            ("agent_at_outlet", _) => {
                let kinds = if self.pickup.bank == "ICBC" { &child[..] } else { &child[..3] };
                json!({ "by": "guardian", "evidence": evidence(key, kinds) })
            }
            (_, true) => json!({ "by": "agent", "evidence": evidence(key, &child[..1]) }),
            _ => json!({ "by": "holder", "evidence": evidence(key, &["id_front"]) }),
        }
    }
}

/// What was shown at the desk: kinds and hashes, not images.
fn evidence(key: &str, kinds: &[&str]) -> Value {
    let shown = |kind: &&str| json!({ "kind": kind, "sha256": cardline::crypto::objects::sha256(format!("{kind}/{key}").as_bytes()) });
    kinds.iter().map(shown).collect()
}
