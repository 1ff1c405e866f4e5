//! The bank's answer to an account request, matched row by row with what was asked.

use std::collections::{HashMap, HashSet};

use cardline_core::domain::{message, name, pan};
use cardline_core::layouts::{AnswerClass, FaultCode, FileFault, FileKind, Parsed};
use jiff::Timestamp;
use rayon::prelude::*;

use crate::ledger::{AnswerDates, AnsweredRow, AskedCard, OpenedAccount, Why};
use crate::stages::answers::{self, InboundFile, Matched, Next, Trust};
use crate::stages::{Claim, StageError, Station, Step};
use crate::time::local_date;

/// The step; one file at a time.
pub struct Answers;

/// A file and, where it can be matched, what was asked.
pub struct Claimed<'s> {
    next: Next<'s>,
    asked: Option<(i64, Vec<AskedCard>)>,
}

/// Either every row matched, or every difference named.
pub struct Worked<'s> {
    next: Next<'s>,
    matched: Matched<Vec<AnsweredRow>>,
}

/// The account numbers of a card, as they are sealed.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct AccountNumbers {
    pub account: String,
    pub pan: String,
}

impl Step for Answers {
    type Unit = InboundFile;
    type Claimed<'s> = Claimed<'s>;
    type Worked<'s> = Worked<'s>;

    async fn units(&self, station: &Station, _: Timestamp) -> Result<Vec<InboundFile>, StageError> {
        Ok(answers::units(station, FileKind::AccountResult))
    }

    async fn claim<'s>(
        &self,
        station: &'s Station,
        unit: &InboundFile,
        now: Timestamp,
    ) -> Result<Claim<Claimed<'s>>, StageError> {
        let next = match answers::claim(station, unit, FileKind::AccountResult, now).await? {
            Claim::Taken(next) => next,
            other => return Ok(other.without()),
        };
        let mut asked = None;
        if let Trust::Parsed(parsed) = &next.trust
            && let Some(batch) = answers::batch_asked(station, &next.incoming, parsed, FileKind::AccountRequest).await?
        {
            asked = Some((batch, station.ledger.asked_cards(batch).await?));
        }
        Ok(Claim::Taken(Claimed { next, asked }))
    }

    fn work<'s>(&self, station: &'s Station, claimed: Claimed<'s>, _: Timestamp) -> Result<Worked<'s>, StageError> {
        let Claimed { next, asked } = claimed;
        let matched = match (&next.trust, asked) {
            (Trust::Parsed(_), None) => Err(("held", vec![answers::unknown_batch()])),
            (Trust::Parsed(parsed), Some((batch, asked))) => match match_rows(station, &next, parsed, &asked)? {
                Ok(rows) => Ok((batch, parsed.rows.len(), rows)),
                Err(faults) => Err(("held", faults)),
            },
            (other, _) => Err(answers::without_effect(other)),
        };
        Ok(Worked { next, matched })
    }

    async fn settle<'s>(&self, station: &'s Station, worked: Worked<'s>, now: Timestamp) -> Result<(), StageError> {
        let Next { lease, incoming, .. } = worked.next;
        let (batch, count, rows) = match worked.matched {
            Err((state, faults)) => {
                return answers::settle_without_effect(station, &lease, &incoming, state, &faults, now).await;
            }
            Ok(matched) => matched,
        };
        let today = local_date(now);
        let region = incoming.partner.profile.regions.first().cloned().unwrap_or_default();
        let policy = station.policy.of(&region, today);
        let dates = AnswerDates {
            today,
            correction_on: today.saturating_add(jiff::Span::new().days(policy.correction_days)),
            case_on: station.working_days_after(today, policy.case_working_days),
            production_on: station
                .working_days_after(today, station.partners.bureau(&region)?.profile.batch.max_age_days + 2),
        };
        let actor = answers::actor(&incoming);
        let why = Why { at: now, actor: &actor, reason: "the bank's answer" };
        let file = answers::received(&incoming, "applied", count, Some(batch), today, None);
        station.ledger.settle_account_answer(&lease, &file, batch, rows, dates, why).await?;
        answers::archive(&incoming, "applied")
    }
}

/// Matches every row with what was asked; a row that was not asked stops the whole file.
fn match_rows(
    station: &Station,
    next: &Next<'_>,
    parsed: &Parsed,
    asked: &[AskedCard],
) -> Result<Result<Vec<AnsweredRow>, Vec<FileFault>>, StageError> {
    let spec = next.incoming.spec;
    let by_row: HashMap<i64, &AskedCard> = asked.iter().map(|card| (card.row, card)).collect();
    let mut faults = Vec::new();
    let mut pairs = Vec::new();
    let mut seen = HashSet::new();
    for (number, row) in parsed.rows.iter().enumerate() {
        let line = number + 2;
        let at = |field: &str, code, message: &str| FileFault {
            line,
            column: 0,
            field: field.into(),
            code,
            message: message.into(),
        };
        let cell = |field| spec.value(row, field).unwrap_or_default();
        let wanted = cell("row").parse::<i64>().ok().and_then(|n| by_row.get(&n));
        match wanted {
            None => faults.push(at(
                "row",
                FaultCode::FieldCode,
                "this row was not asked; answer only the rows of the request",
            )),
            Some(card) if cell("task") != card.application_id => {
                faults.push(at(
                    "task",
                    FaultCode::FieldCode,
                    "the application of this row is another one; keep row and application together",
                ));
            }
            Some(card) if !seen.insert(card.row) => {
                faults.push(at(
                    "row",
                    FaultCode::FieldCode,
                    "this row is answered twice in one file; answer each row once",
                ));
            }
            Some(card) => pairs.push((*card, row)),
        }
    }
    if !faults.is_empty() {
        return Ok(Err(faults));
    }
    pairs
        .par_iter()
        .map(|(card, row)| match_row(station, next, card, row))
        .collect::<Result<Vec<_>, StageError>>()
        .map(Ok)
}

fn match_row(station: &Station, next: &Next<'_>, card: &AskedCard, row: &[String]) -> Result<AnsweredRow, StageError> {
    let spec = next.incoming.spec;
    let cell = |field| spec.value(row, field).unwrap_or_default();
    let answered = |outcome, reason: &str, account| AnsweredRow {
        row: card.row,
        application: card.id,
        outcome,
        reason: reason.into(),
        account,
    };
    let Some(answer) = spec.answer(row) else {
        return Ok(answered("unknown", "timeout", None));
    };
    match answer.class {
        AnswerClass::Fixable => return Ok(answered("fixable", &answer.reason, None)),
        AnswerClass::Final => return Ok(answered("final", &answer.reason, None)),
        AnswerClass::Unknown | AnswerClass::Closed => {
            return Ok(answered("unknown", &answer.reason, None));
        }
        AnswerClass::Opened => {}
    }
    let plain = station.keys.open_record(&card.sealed)?;
    let Ok(decoded) = message::decode(&plain) else {
        return Ok(answered("mismatch", "STORED-APPLICATION", None));
    };
    let holder = &decoded.application.holder;
    let same_name = name::normalise(&holder.name).is_ok_and(|n| n.text == cell("name"));
    if !same_name || cell("id_number") != holder.whole_number() {
        return Ok(answered("mismatch", "ACCOUNT-OF-ANOTHER-PERSON", None));
    }
    let numbers = AccountNumbers { account: cell("account"), pan: cell("pan") };
    if numbers.account.is_empty() || !pan::is_valid(&numbers.pan) {
        return Ok(answered("mismatch", "PAN-CHECK", None));
    }
    let code = &next.incoming.partner.profile.code;
    let sealed = serde_json::to_vec(&numbers).map_err(|_| StageError::Shape("account numbers".into()))?;
    let account = OpenedAccount {
        number_key: station.keys.hash("account", &format!("{code}/{}", numbers.account)),
        pan_key: station.keys.hash("pan", &numbers.pan),
        opened_on: cell("opened_on"),
        sealed: station.keys.seal(&sealed)?,
    };
    Ok(answered("opened", &answer.reason, Some(account)))
}
