//! The people at the desk: they decide what waits for a person, some days after it came up.

use cardline::actions::cases::decide::decide;
use cardline::actions::cases::list::case_page;
use cardline::actions::outcome::{ActionError, Instruction};
use cardline::cases::case_list::CaseQuery;
use cardline::step::{StageError, Worker};
use cardline::time::instant;
use cardline_core::state_machines::decision::Decision;
use jiff::civil::Date;

use super::desk::{Tally, count};
use super::rng::Rng;

/// Cases of a day at most; a play has few.
const CASES_A_DAY: i64 = 1_000;

/// Decides cards on hold with the first word offered, which lets them go on where that is possible.
pub async fn decide_cases(worker: &Worker, today: Date, rng: Rng, tally: &mut Tally) -> Result<(), StageError> {
    let at = instant(today, 11, 0);
    let query = CaseQuery { kind: "card-on-hold".into(), limit: CASES_A_DAY, ..CaseQuery::default() };
    for case in case_page(worker, &query, at).await?.cases {
        let card = case.application_id.unwrap_or_default();
        if case.age_days < rng.between("days on hold", &card, 1, 4) as i64 {
            continue;
        }
        let Some(record) = worker.ledger.case_record(case.number).await? else { continue };
        let words = worker.ledger.words_of(&record).await?;
        let Some(decision) = words.first().and_then(|word| Decision::of(word.word)) else { continue };
        let by = Instruction { actor: "desk-1", reason: "asked the partner", at, approval: None };
        match decide(worker, case.number, decision, by).await {
            Ok(_) => count(tally, &format!("cases decided: {}", decision.word())),
            // One that was asked about twice was decided with the other.
            Err(ActionError::Refused(_)) => {}
            Err(ActionError::Failed(error)) => return Err(error),
        }
    }
    Ok(())
}
