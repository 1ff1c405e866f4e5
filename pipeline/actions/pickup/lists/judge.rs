//! What becomes of a line of a list that came back: judged by its list, its card, and where that is now.

use cardline_core::domain::policy::ByRegion;
use cardline_core::domain::policy::hand_over::{Lack, Lacking, TakenBy};
use cardline_core::domain::visible::inert;
use jiff::civil::Date;
use serde::Serialize;

use super::make::holder_cells;
use super::reading::{HandedOver, LineSays, MATCHED};
use crate::messages::told::stable_id;
use crate::route::distribution::list_cards::ListedCard;
use crate::route::servicing::arriving::{EventDates, Handed as Shown};
use crate::route::servicing::settle::hand_over::{lack, said};
use crate::step::{StageError, Worker};

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordedLine {
    /// Line of the file, from 1 with the header.
    pub line: usize,
    /// Empty where the line could not be read.
    pub application_id: String,
    /// `recorded`, `before`, `still-there`, `left` (not filled in, and the card is no longer there), `refused`, or
    /// `absent`: no line that could be read names this card of the list.
    pub result: &'static str,
    /// The column that is wrong; empty where it is the whole line.
    pub column: String,
    pub reason: String,
}

/// The event a line becomes.
pub(super) struct Handed {
    pub line: usize,
    pub event_id: String,
    pub person: Vec<u8>,
    pub told: HandedOver,
}

/// What lines are judged by.
pub(super) struct Judge<'j> {
    pub worker: &'j Worker,
    pub list: &'j str,
    pub point: &'j str,
    /// The cards of the list that who acts sees.
    pub listed: &'j [ListedCard],
    pub rules: &'j ByRegion<EventDates>,
    pub today: Date,
}

/// A result, the column it is about, and the reason.
type Verdict = (&'static str, &'static str, String);

fn refused(column: &'static str, reason: impl Into<String>) -> Verdict {
    ("refused", column, reason.into())
}

impl Judge<'_> {
    /// What becomes of a line, and its event where it is to be recorded. `before`: what became of the lines before it.
    pub fn line(
        &self,
        line: usize,
        says: LineSays,
        before: &[RecordedLine],
    ) -> Result<(RecordedLine, Option<Handed>), StageError> {
        let recorded = |id: String, result, column: &str, reason: String| RecordedLine {
            line,
            application_id: id,
            result,
            column: column.into(),
            reason,
        };
        let (no, id) = match &says {
            LineSays::Wrong { card, fault } => {
                let id = card.as_ref().map(|(_, id)| id.clone()).unwrap_or_default();
                return Ok((recorded(id, "refused", &fault.column, fault.message.clone()), None));
            }
            LineSays::StillThere { no, application_id } => (*no, application_id.clone()),
            LineSays::HandedOver(told) => (told.no, told.application_id.clone()),
        };
        let Some(card) = self.listed.iter().find(|card| card.no == no && card.application_id == id) else {
            let reason = "no card that you see stands under this number of the list";
            return Ok((recorded(id, "refused", "application_id", reason.into()), None));
        };
        if before.iter().any(|other| other.application_id == id && other.result != "refused") {
            let reason = "stands in the file twice; the first line counts";
            return Ok((recorded(id, "refused", "no", reason.into()), None));
        }
        let event_id = stable_id(&format!("list/{}/{no}", self.list));
        let LineSays::HandedOver(told) = says else {
            let (result, column, reason) = self.left(card, &event_id);
            return Ok((recorded(id, result, column, reason), None));
        };
        if let Some((result, column, reason)) = self.not_recorded(card, &told, &event_id)? {
            return Ok((recorded(id, result, column, reason), None));
        }
        let handed = Handed { line, event_id, person: card.person.clone(), told };
        Ok((recorded(id, "recorded", "", String::new()), Some(handed)))
    }

    /// Of a line that is not filled in: whether its card still lies there.
    fn left(&self, card: &ListedCard, event_id: &str) -> Verdict {
        match card {
            ListedCard { can_be_collected: true, point, .. } if point == self.point => {
                ("still-there", "", String::new())
            }
            ListedCard { can_be_collected: true, .. } => ("left", "", "lies at another point now".into()),
            _ if card.handed_by.as_deref() == Some(event_id) => ("before", "", "recorded before".into()),
            ListedCard { is_in_hand: true, .. } => ("left", "", "handed over since, by another record".into()),
            ListedCard { place, .. } => ("left", "", format!("not on the shelf any more: {place}")),
        }
    }

    /// Why a line that is filled in is not to be recorded; none where it is.
    fn not_recorded(
        &self,
        card: &ListedCard,
        told: &HandedOver,
        event_id: &str,
    ) -> Result<Option<Verdict>, StageError> {
        match card {
            ListedCard { can_be_collected: true, .. } => {}
            _ if card.handed_by.as_deref() == Some(event_id) => {
                return Ok(Some(("before", "", "recorded before".into())));
            }
            ListedCard { is_in_hand: true, .. } => {
                let reason = "the card is in somebody's hands by another record; ask the point which is right";
                return Ok(Some(refused("", reason)));
            }
            ListedCard { place, .. } => {
                let reason = format!(
                    "the card is {place} now, and was not handed over here; look at its way, ask the point where the card is, and tell the point what to do with it"
                );
                return Ok(Some(refused("", reason)));
            }
        }
        if let Some(column) = self.edited(card, told)? {
            let reason = "is not what the list says of this card: its columns were sorted apart, or the cell was edited; fill in a list that is exported anew, and sort whole lines only";
            return Ok(Some(refused(column, reason)));
        }
        Ok(self.against_rules(card, told))
    }

    /// The column by which people are matched with the card and which is not as the list had it. What is empty says
    /// nothing, nor does the list of a card whose record was destroyed.
    fn edited(&self, card: &ListedCard, told: &HandedOver) -> Result<Option<&'static str>, StageError> {
        let listed = holder_cells(self.worker, card.message, &card.sealed)?;
        let columns = MATCHED.into_iter().zip(&told.matched).zip(&listed);
        let mut other = columns.filter(|((column, told), listed)| !is_same(column, told, listed));
        Ok(other.next().map(|((column, _), _)| column))
    }

    fn against_rules(&self, card: &ListedCard, told: &HandedOver) -> Option<Verdict> {
        let rules = self.rules.of(&card.region);
        let shown = told.shown.iter().map(|kind| (*kind).to_owned()).collect();
        let handed = Shown { by: TakenBy::of(told.by), shown, is_one_paper: false };
        let lacks = lack(rules, (&card.bank, &card.method, &card.point), (&handed, Some(self.point)));
        if let (Some(lack), Lacking::Refuse) = (lacks, rules.lacking) {
            let column = match lack {
                Lack::TakenBy | Lack::NotSent => "by",
                Lack::Place => "list",
                Lack::Papers => "shown",
                Lack::Early => "handed_over_on",
            };
            return Some(refused(column, said(lack)));
        }
        if told.on > self.today {
            return Some(refused("handed_over_on", "lies in the future"));
        }
        let opened: Option<Date> = card.ready_on.as_ref().and_then(|day| day.parse().ok());
        let is_early = opened.is_some_and(|opened| told.on < opened);
        is_early.then(|| refused("handed_over_on", "lies before the day on which its window was opened"))
    }
}

/// Whether a cell says what the list said there. A spreadsheet may take the zeros off the beginning of a number.
fn is_same(column: &str, told: &str, listed: &str) -> bool {
    let bare = |number: &str| number.trim_start_matches('0').to_ascii_uppercase();
    told.is_empty()
        || listed.is_empty()
        || told == listed
        || told == inert(listed)
        || (column == "number_ends" && bare(told) == bare(listed))
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn a_cell_that_says_another_person_is_told_from_one_that_a_spreadsheet_shortened() {
        for (column, told, listed) in [
            ("holder", "王**", "王**"),
            ("holder", "", "王**"),
            ("holder", "李*", ""),
            ("holder", "'=*", "=*"),
            ("number_ends", "123", "0123"),
            ("number_ends", "12x", "012X"),
            ("number_ends", "0", "0000"),
        ] {
            assert!(is_same(column, told, listed), "{column} {told} {listed}");
        }
        for (column, told, listed) in [
            ("holder", "李**", "王**"),
            ("holder", "王*", "王**"),
            ("number_ends", "1230", "0123"),
            ("number_ends", "3210", "0123"),
        ] {
            assert!(!is_same(column, told, listed), "{column} {told} {listed}");
        }
    }
}
