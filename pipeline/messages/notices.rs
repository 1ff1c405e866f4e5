//! Notices, told to people: by day, one a day to a telephone, and only what is still so.
//!
//! What happened on the same day is told together where its text is the same: a mother of two hears once of both cards.
//! What must wait for another day is told then, if it is still so. A unit is a region, for each has its own hours.
//! Invariant: only one worker tells at a time, so no telephone gets two messages from two workers.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use cardline_core::domain::notices::{Language, Templates, Words};
use jiff::Timestamp;
use serde_json::json;

use crate::hex::hex;
use crate::kafka::Outgoing;
use crate::limits::NOTICES_AT_ONCE;
use crate::messages::notice_rows::WaitingNotice;
use crate::messages::told::{fact_id, stable_id};
use crate::step::{Claim, StageError, Step, Unit, Worker};
use crate::store::Lease;
use crate::time::{local, local_date, rfc3339_stored};

/// The step.
pub struct Notices;

/// The people of a region.
pub struct Region(String);

impl Unit for Region {
    fn name(&self) -> Option<String> {
        Some(self.0.clone())
    }
}

/// What one telephone is told, and what of it.
pub struct Telling {
    lease: Lease,
    pub messages: Vec<Outgoing>,
    told: Vec<i64>,
    dropped: Vec<i64>,
}

impl Step for Notices {
    type Unit = Region;
    type Claimed<'s> = (Lease, Vec<WaitingNotice>);
    type Worked<'s> = Telling;

    async fn units(&self, worker: &Worker, now: Timestamp) -> Result<Vec<Region>, StageError> {
        if worker.kafka.is_none() {
            return Ok(Vec::new());
        }
        let (today, hour) = (local_date(now), local(now).hour());
        let regions = worker.ledger.regions_to_tell(today).await?.into_iter();
        let is_day = |region: &String| {
            let policy = worker.policy.of(region, today);
            (policy.notices_from_hour..policy.notices_until_hour).contains(&hour)
        };
        Ok(regions.filter(is_day).map(Region).collect())
    }

    async fn claim(
        &self,
        worker: &Worker,
        unit: &Region,
        now: Timestamp,
    ) -> Result<Claim<Self::Claimed<'_>>, StageError> {
        worker.before_leaving(now).await?;
        let Some(lease) = worker.lease("history/notices", now).await? else { return Ok(Claim::Busy) };
        // Under the lease: what another worker told meanwhile is told, and there may be nothing left.
        let waiting = worker.ledger.waiting_notices(local_date(now), &unit.0, NOTICES_AT_ONCE).await?;
        Ok(Claim::Taken((lease, whole_telephones(waiting))))
    }

    fn work<'s>(
        &self,
        worker: &'s Worker,
        (lease, waiting): Self::Claimed<'s>,
        _: Timestamp,
    ) -> Result<Telling, StageError> {
        let templates = Templates::built_in().map_err(|fault| StageError::Shape(format!("notices.toml, {fault}")))?;
        let (groups, dropped) = chosen(waiting, |template| templates.tells_last_day(template));
        let messages = groups.iter().map(|group| message(worker, &templates, group)).collect::<Result<_, _>>()?;
        let told = groups.iter().flatten().map(|notice| notice.id).collect();
        Ok(Telling { lease, messages, told, dropped })
    }

    async fn settle(&self, worker: &Worker, telling: Telling, now: Timestamp) -> Result<(), StageError> {
        tokio::task::block_in_place(|| worker.publish(&telling.messages))?;
        let Telling { lease, told, dropped, .. } = telling;
        worker.ledger.settle_notices(&lease, told, dropped, local_date(now)).await?;
        Ok(())
    }
}

/// Of a full page all but the last telephone, of which there may be more; where it fills the page alone, its oldest.
fn whole_telephones(mut waiting: Vec<WaitingNotice>) -> Vec<WaitingNotice> {
    let last = waiting.last().filter(|_| waiting.len() as i64 == NOTICES_AT_ONCE).map(|notice| notice.phone.clone());
    if let Some(phone) = last.filter(|phone| waiting[0].phone != *phone) {
        waiting.retain(|notice| notice.phone != phone);
    }
    waiting
}

/// What a text says, in the order in which texts are told: whether it says no day, its day, template, point and language.
type Text = (bool, Option<String>, String, String, String);

/// Notices of one telephone with one text.
type Group = Vec<WaitingNotice>;

/// What each telephone is told now, and the ids of what is told no more: what is not so any more, and what a later
/// notice about the same application says better. Of several texts the one whose day is nearest goes first.
fn chosen(waiting: Vec<WaitingNotice>, tells_day: impl Fn(&str) -> bool) -> (Vec<Group>, Vec<i64>) {
    let (mut dropped, mut last_of) = (Vec::new(), HashSet::new());
    let mut by_phone: BTreeMap<Vec<u8>, BTreeMap<Text, Group>> = BTreeMap::new();
    // The newest of each application first.
    for notice in waiting.into_iter().rev() {
        if !notice.holds || !last_of.insert(notice.application_id.clone()) {
            dropped.push(notice.id);
            continue;
        }
        let WaitingNotice { last_day, template, point, language, .. } = notice.clone();
        let last_day = last_day.filter(|_| tells_day(&template));
        let text = (last_day.is_none(), last_day, template, point, language);
        by_phone.entry(notice.phone.clone()).or_default().entry(text).or_default().insert(0, notice);
    }
    let groups = by_phone.into_values().filter_map(|mut texts| texts.pop_first()).map(|(_, group)| group);
    (groups.collect(), dropped)
}

/// One message about every card of a group.
fn message(worker: &Worker, templates: &Templates, group: &Group) -> Result<Outgoing, StageError> {
    let first = group.first().ok_or_else(|| StageError::Shape("a notice about nothing".into()))?;
    let language = if first.language == Language::English.tag() { Language::English } else { Language::Chinese };
    let last_day = first.last_day.as_deref().filter(|_| templates.tells_last_day(&first.template));
    let point = worker.reference.collected_at(&first.point).map_or(first.point.as_str(), |(name, _)| name);
    let words = Words { point, last_day: last_day.unwrap_or_default(), cards: group.len() };
    let text = templates.text(&first.template, language, &words);
    let text = text.ok_or_else(|| StageError::Shape(format!("no template {}", first.template)))?;
    let recipient = hex(&first.person);
    let mut body = json!({
        "schema": "card.notice.v1", "event_id": group_id(group), "type": first.template,
        "application_id": first.application_id, "at": rfc3339_stored(first.at), "template": first.template,
        "language": language.tag(), "recipient": recipient, "text": text,
        "parameters": { "point": first.point, "last_day": last_day, "cards": group.len() },
    });
    let also: BTreeSet<&str> = group.iter().skip(1).map(|notice| notice.application_id.as_str()).collect();
    if !also.is_empty() {
        body["also"] = json!(also);
    }
    Ok(Outgoing { topic: worker.config.topics.notices.clone(), key: recipient, payload: body.to_string().into_bytes() })
}

/// The same notices have the same id, told again after a crash; with one more they are another message.
fn group_id(group: &Group) -> String {
    match group.as_slice() {
        [one] => fact_id("notice", &one.template, one.seq, &one.application_id),
        all => stable_id(
            &all.iter()
                .map(|n| format!("notice/{}/{}/{}", n.template, n.seq, n.application_id))
                .collect::<Vec<_>>()
                .join(";"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(id: i64, application: &str, phone: u8, (template, last_day): (&str, Option<&str>)) -> WaitingNotice {
        WaitingNotice {
            id,
            seq: id,
            at: 0,
            application_id: application.into(),
            person: vec![phone],
            template: template.into(),
            phone: vec![phone],
            language: "zh-CN".into(),
            point: "P".into(),
            last_day: last_day.map(str::to_owned),
            holds: true,
        }
    }

    fn ids(groups: &[Group]) -> Vec<Vec<i64>> {
        groups.iter().map(|group| group.iter().map(|notice| notice.id).collect()).collect()
    }

    #[test]
    fn a_telephone_is_told_one_text_and_the_nearest_day_first() {
        let (early, late, none) = (Some("2026-03-02"), Some("2026-03-09"), None);
        let waiting = vec![
            notice(1, "a", 1, ("ready", late)),
            notice(2, "b", 1, ("not_activated", none)),
            notice(3, "c", 1, ("ends_soon", early)),
            notice(4, "d", 2, ("ready", late)),
            notice(5, "e", 1, ("ends_soon", early)),
        ];
        let (groups, dropped) = chosen(waiting, |template| template != "not_activated");
        assert_eq!((ids(&groups), dropped), (vec![vec![3, 5], vec![4]], vec![]));
    }

    #[test]
    fn what_is_not_so_any_more_and_what_a_later_notice_says_better_is_dropped() {
        let mut gone = notice(2, "b", 2, ("ready", None));
        gone.holds = false;
        let waiting = vec![notice(1, "a", 1, ("ready", None)), gone, notice(3, "a", 1, ("ends_soon", None))];
        let (groups, mut dropped) = chosen(waiting, |template| template != "not_activated");
        dropped.sort_unstable();
        assert_eq!((ids(&groups), dropped), (vec![vec![3]], vec![1, 2]));
    }

    #[test]
    fn a_group_told_again_has_its_id_and_with_one_more_another() {
        let one = vec![notice(1, "a", 1, ("ready", None))];
        let two = vec![notice(1, "a", 1, ("ready", None)), notice(2, "b", 1, ("ready", None))];
        assert_eq!(group_id(&two), group_id(&two.clone()));
        assert_ne!(group_id(&one), group_id(&two));
    }
}
