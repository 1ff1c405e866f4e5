//! The rows of a bank's answer, each matched with what was asked. Pure.
//!
//! A row that is about nothing we asked is a case of its own. A row we asked and cannot believe is its card's
//! case. What a bank need not write about a row it refuses is not looked at.

use std::collections::{BTreeMap, HashMap};

use cardline_core::domain::application::Application;
use cardline_core::domain::outcomes::AnswerOutcome;
use cardline_core::domain::{message, pan};
use cardline_core::file_formats::{AnswerClass, FileFault, Parsed, ReadRow};
use jiff::civil::Date;
use rayon::prelude::*;

use super::cut::value;
use crate::cases::desk::UnmatchedRow;
use crate::crypto::keys::RecordOf;
use crate::exchange::inbox::Incoming;
use crate::inbound::doubts::row_faults;
use crate::route::accounts::answer_rows::{AnsweredRow, MatchedAnswer, OpenedAccount, UNKNOWN_CODE};
use crate::route::accounts::asked::{AskedBatch, AskedCard};
use crate::step::{StageError, Worker};

/// What says whose account it is, where the layout has it.
pub(super) const PERSON: &[&str] = &["name", "sex", "id_type", "id_number"];
/// What a bank writes about a row it refuses as well: a name it may not be able to write.
const PAPERS: &[&str] = &["id_type", "id_number"];
/// What else must be there to believe an opened account.
const ACCOUNT: &[&str] = &["account", "pan", "opened_on"];

/// The account numbers of a card, as they are encrypted.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct AccountNumbers {
    pub account: String,
    pub pan: String,
}

/// What each row says, and what the partner is told of those that are not believed.
pub(crate) struct MatchedRows {
    pub answer: MatchedAnswer,
    pub faults: Vec<FileFault>,
}

/// Why a row is not believed: the reason of its case, and where to look.
struct Doubt {
    reason: &'static str,
    field: &'static str,
    message: &'static str,
}

const UNREADABLE: &str = "cannot be read in its column: correct it";

/// Matches every row with what was asked.
pub(crate) fn match_rows(
    worker: &Worker,
    incoming: &Incoming<'_>,
    parsed: &Parsed,
    asked: &AskedBatch,
    today: Date,
) -> Result<MatchedRows, StageError> {
    let by_row: HashMap<i64, &AskedCard> = asked.cards.iter().map(|card| (card.row, card)).collect();
    let mut answer = MatchedAnswer::default();
    let mut faults = Vec::new();
    let mut of_card: BTreeMap<i64, (&AskedCard, Vec<ReadRow<'_>>)> = BTreeMap::new();
    for row in parsed.read(incoming.spec) {
        match find(&row, &by_row) {
            Ok(card) => of_card.entry(card.row).or_insert_with(|| (card, Vec::new())).1.push(row),
            Err((field, message)) => {
                faults.push(row.fault(field, message));
                answer.unmatched.push(UnmatchedRow { line: row.line, message });
            }
        }
    }
    let judge = Judge { worker, partner: &incoming.partner.profile.code, asked, today };
    let pairs: Vec<_> = of_card.into_values().collect();
    let judged = pairs.par_iter().map(|(card, rows)| judge.card(card, rows)).collect::<Result<Vec<_>, StageError>>()?;
    for (row, found) in judged {
        answer.rows.push(row);
        faults.extend(found);
    }
    Ok(MatchedRows { answer, faults: row_faults(parsed, faults) })
}

/// The card a row is about: by its number and its application together.
fn find<'a>(
    row: &ReadRow<'_>,
    asked: &HashMap<i64, &'a AskedCard>,
) -> Result<&'a AskedCard, (&'static str, &'static str)> {
    let number = row.value("row").and_then(|number| number.parse::<i64>().ok());
    let Some(card) = number.and_then(|number| asked.get(&number)) else {
        return Err(("row", "this row was not asked; answer only the rows of the request"));
    };
    if row.value("task").as_deref() != Some(card.application_id.as_str()) {
        return Err(("task", "the application of this row is another one; keep row and application together"));
    }
    Ok(card)
}

/// What a row is judged by, beside itself.
struct Judge<'j> {
    worker: &'j Worker,
    partner: &'j str,
    asked: &'j AskedBatch,
    today: Date,
}

impl Judge<'_> {
    /// What the rows about one card say, and what is wrong with them.
    fn card(&self, card: &AskedCard, rows: &[ReadRow<'_>]) -> Result<(AnsweredRow, Vec<FileFault>), StageError> {
        let answered = |outcome, reason: &str, account| AnsweredRow {
            row: card.row,
            application: card.id,
            outcome,
            reason: reason.into(),
            account,
        };
        let [row] = rows else {
            let message = "this row is answered twice in one file; answer each row once";
            let faults = rows.iter().map(|row| row.fault("row", message)).collect();
            return Ok((answered(AnswerOutcome::Mismatch, "ROW-ANSWERED-TWICE", None), faults));
        };
        let Some(answer) = row.answer() else {
            let fault = row.fault("code", "the profile does not know this code: agree on it");
            return Ok((answered(AnswerOutcome::Unknown, UNKNOWN_CODE, None), vec![fault]));
        };
        let judged = match answer.class {
            AnswerClass::Unknown | AnswerClass::Closed => {
                return Ok((answered(AnswerOutcome::Unknown, &answer.reason, None), vec![]));
            }
            AnswerClass::Fixable => {
                self.refused(card, row)?.map(|()| answered(AnswerOutcome::Fixable, &answer.reason, None))
            }
            AnswerClass::Final => {
                self.refused(card, row)?.map(|()| answered(AnswerOutcome::Final, &answer.reason, None))
            }
            AnswerClass::Opened => self
                .opened(card, row, answer.reason == "duplicate_request")?
                .map(|account| answered(AnswerOutcome::Opened, &answer.reason, Some(account))),
        };
        Ok(judged.map(|row| (row, vec![])).unwrap_or_else(|doubt| {
            (answered(AnswerOutcome::Mismatch, doubt.reason, None), vec![row.fault(doubt.field, doubt.message)])
        }))
    }

    /// A refusal is believed unless the papers it names are somebody else's.
    fn refused(&self, card: &AskedCard, row: &ReadRow<'_>) -> Result<Result<(), Doubt>, StageError> {
        let named: Vec<&str> =
            PAPERS.iter().copied().filter(|field| row.value(field).is_some_and(|value| !value.is_empty())).collect();
        if named.is_empty() { Ok(Ok(())) } else { self.same(card, row, &named) }
    }

    /// An opened account is believed when every cell about it can be read and it is the person's we asked for.
    fn opened(
        &self,
        card: &AskedCard,
        row: &ReadRow<'_>,
        asked_before: bool,
    ) -> Result<Result<OpenedAccount, Doubt>, StageError> {
        if let Some(field) = PERSON.iter().chain(ACCOUNT).copied().find(|field| row.is_wrong(field)) {
            return Ok(Err(Doubt { reason: "ANSWER-UNREADABLE", field, message: UNREADABLE }));
        }
        let named: Vec<&str> = PERSON.iter().copied().filter(|field| row.has(field)).collect();
        if let Err(doubt) = self.same(card, row, &named)? {
            return Ok(Err(doubt));
        }
        let value = |field: &str| row.value(field).unwrap_or_default();
        let numbers = AccountNumbers { account: value("account"), pan: value("pan") };
        if numbers.account.is_empty() || !pan::is_valid(&numbers.pan) {
            let message = "an opened account needs its number and a card number whose check digit holds";
            return Ok(Err(Doubt { reason: "PAN-CHECK", field: "pan", message }));
        }
        let opened_on = value("opened_on");
        // Asked again, a bank names the account it opened the first time.
        let asked_on = if asked_before { &card.approved_on } else { &self.asked.cut_on };
        if row.has("opened_on") && !(asked_on.as_str()..=self.today.to_string().as_str()).contains(&opened_on.as_str())
        {
            let message = "an account is opened on a day from the request until today: correct it";
            return Ok(Err(Doubt { reason: "OPENED-ON", field: "opened_on", message }));
        }
        let encrypted = serde_json::to_vec(&numbers).map_err(|_| StageError::Shape("account numbers".into()))?;
        let keys = &self.worker.keys;
        Ok(Ok(OpenedAccount {
            number_key: keys.hash("account", &format!("{}/{}", self.partner, numbers.account)),
            pan_key: keys.hash("pan", &numbers.pan),
            opened_on,
            encrypted: keys.encrypt(&encrypted)?,
        }))
    }

    /// Whether a row is about the person who was asked for. One whose application was not read says what we sent.
    fn same(&self, card: &AskedCard, row: &ReadRow<'_>, fields: &[&str]) -> Result<Result<(), Doubt>, StageError> {
        let Some(encrypted) = card.encrypted.as_ref().filter(|_| !fields.is_empty()) else {
            return Ok(names_somebody(fields).map_or(Ok(()), Err));
        };
        let plain = self.worker.keys.decrypt_of(RecordOf::Message(card.message), encrypted);
        let Some(decoded) = plain.as_ref().ok().and_then(|plain| message::decode(plain).ok()) else {
            let message = "what was asked cannot be read here: nothing for you to do";
            return Ok(Err(Doubt { reason: "STORED-APPLICATION", field: "task", message }));
        };
        Ok(other_person(&decoded.application, row, fields).map_or(Ok(()), Err))
    }
}

fn names_somebody(fields: &[&str]) -> Option<Doubt> {
    let message = "says of nobody whose account it is: the layout needs a name or a number";
    fields.is_empty().then_some(Doubt { reason: "ACCOUNT-OF-ANOTHER-PERSON", field: "name", message })
}

fn other_person(asked: &Application<'_>, row: &ReadRow<'_>, fields: &[&str]) -> Option<Doubt> {
    let differs = |field: &&&str| row.value(field).filter(|v| !v.is_empty()) != value(asked, field);
    let field = PERSON.iter().filter(|field| fields.contains(field)).find(differs)?;
    let (reason, message) = match *field {
        "id_type" => ("OTHER-ID-TYPE", "the kind of paper is not the one that was asked"),
        _ => ("ACCOUNT-OF-ANOTHER-PERSON", "is not the person who was asked for"),
    };
    Some(Doubt { reason, field, message })
}
