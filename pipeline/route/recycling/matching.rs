//! The rows of a bank's answer to a recycling request, each matched with what was asked. Pure.
//!
//! As for accounts: a row about nothing we asked is a case of its own, a row that cannot be believed is its
//! card's case, and the others are applied.

use std::collections::{BTreeMap, HashMap};

use cardline_core::file_formats::{AnswerClass, FileFault, FileSpec, Parsed, ReadRow};
use jiff::civil::Date;

use crate::cases::desk::UnmatchedRow;
use crate::crypto::keys::RecordOf;
use crate::inbound::doubts::row_faults;
use crate::route::accounts::AccountNumbers;
use crate::route::accounts::answer_rows::UNKNOWN_CODE;
use crate::route::recycling::answer_rows::{AskedClosing, AskedClosings, Closing, ClosingRow, MatchedClosings};
use crate::step::{StageError, Worker};

/// What each row says, and what the partner is told of those that are not believed.
pub(crate) struct MatchedRows {
    pub answer: MatchedClosings,
    pub faults: Vec<FileFault>,
}

/// Matches every row with what was asked.
pub(crate) fn match_rows(
    worker: &Worker,
    spec: &FileSpec,
    parsed: &Parsed,
    asked: &AskedClosings,
    today: Date,
) -> Result<MatchedRows, StageError> {
    let by_row: HashMap<i64, &AskedClosing> = asked.rows.iter().map(|row| (row.row, row)).collect();
    let mut answer = MatchedClosings::default();
    let mut faults = Vec::new();
    let mut of_card: BTreeMap<i64, (&AskedClosing, Vec<ReadRow<'_>>)> = BTreeMap::new();
    for row in parsed.read(spec) {
        let number = row.value("row").and_then(|number| number.parse::<i64>().ok());
        let found = number.and_then(|number| by_row.get(&number).copied());
        match found.filter(|card| row.value("card_number").as_deref() == Some(card.card_number.as_str())) {
            Some(card) => of_card.entry(card.row).or_insert_with(|| (card, Vec::new())).1.push(row),
            None => {
                let message = "this row was not asked with this card number; answer only the rows of the request";
                faults.push(row.fault("row", message));
                answer.unmatched.push(UnmatchedRow { line: row.line, message });
            }
        }
    }
    for (card, rows) in of_card.values() {
        let (says, found) = judge(worker, asked, card, rows, today)?;
        faults.extend(found);
        answer.rows.push(ClosingRow { row: card.row, application: card.application, says });
    }
    Ok(MatchedRows { answer, faults: row_faults(parsed, faults) })
}

/// What the rows about one card say, and what is wrong with them.
fn judge(
    worker: &Worker,
    asked: &AskedClosings,
    card: &AskedClosing,
    rows: &[ReadRow<'_>],
    today: Date,
) -> Result<(Closing, Vec<FileFault>), StageError> {
    let [row] = rows else {
        let message = "this row is answered twice in one file; answer each row once";
        let faults = rows.iter().map(|row| row.fault("row", message)).collect();
        return Ok((Closing::Doubtful("ROW-ANSWERED-TWICE"), faults));
    };
    let Some(answer) = row.answer() else {
        let fault = row.fault("code", "the profile does not know this code: agree on it");
        return Ok((Closing::NotYet(UNKNOWN_CODE.into()), vec![fault]));
    };
    let reason = answer.reason.clone();
    match answer.class {
        AnswerClass::Closed => {}
        AnswerClass::Final => return Ok((Closing::Never(reason), vec![])),
        AnswerClass::Fixable | AnswerClass::Unknown | AnswerClass::Opened => {
            return Ok((Closing::NotYet(reason), vec![]));
        }
    }
    let plain = worker.keys.decrypt_of(RecordOf::Account(card.application), &card.account).ok();
    let Some(numbers) = plain.and_then(|plain| serde_json::from_slice::<AccountNumbers>(&plain).ok()) else {
        let fault = row.fault("account", "what was asked cannot be read here: nothing for you to do");
        return Ok((Closing::Doubtful("STORED-ACCOUNT"), vec![fault]));
    };
    if row.value("account").as_deref() != Some(numbers.account.as_str()) {
        let fault = row.fault("account", "is not the account that was to be closed");
        return Ok((Closing::Doubtful("CLOSED-ANOTHER-ACCOUNT"), vec![fault]));
    }
    let closed_on = if row.has("closed_on") { row.value("closed_on").unwrap_or_default() } else { today.to_string() };
    if !(asked.cut_on.as_str()..=today.to_string().as_str()).contains(&closed_on.as_str()) {
        let fault = row.fault("closed_on", "an account is closed on a day from the request until today: correct it");
        return Ok((Closing::Doubtful("CLOSED-ON"), vec![fault]));
    }
    Ok((Closing::Closed(closed_on), vec![]))
}
