//! One case, as whoever decides it reads it: what we asked and hold, what the partner answered, and how it came here.
//! What identifies a person is masked.

use jiff::Timestamp;
use serde::Serialize;

use super::case_rows::ReadFiles;
use super::delivery_shown::{DeliveryShown, delivery};
use super::trace::{Trace, TracedFile};
use crate::actions::cases::list::{ListedCase, listed};
use crate::actions::cases::offers::OfferedWord;
use crate::cases::case_list::CaseRecord;
use crate::crypto::keys::RecordOf;
use crate::exchange::files::FileRecord;
pub use crate::quarantine::redaction::MaskedValue;
use crate::quarantine::redaction::masked;
use crate::step::{StageError, Worker};
use crate::store::{Ledger, LedgerError};
use crate::time::{local_date, rfc3339_stored};
use crate::{args, row};

/// One case with everything beside it.
#[derive(Serialize)]
pub struct CaseShown {
    #[serde(flatten)]
    pub case: ListedCase,
    /// The words that may be decided now; none once it is decided or overtaken.
    pub words: Vec<OfferedWord>,
    pub decided: Option<CaseDecided>,
    pub history: Vec<ShownMove>,
    pub card: Option<CardOfCase>,
    pub about_file: Option<FileRecord>,
    pub delivery: Option<DeliveryShown>,
}

/// Who decided it.
#[derive(Serialize)]
pub struct CaseDecided {
    pub at: String,
    pub by: String,
    pub word: String,
    pub reason: String,
}

/// One move of a case, or of its card.
#[derive(Serialize)]
pub struct ShownMove {
    pub at: String,
    pub life: String,
    pub from: String,
    pub to: String,
    pub by: String,
    pub reason: String,
}

/// The card a case is about.
#[derive(Serialize)]
pub struct CardOfCase {
    pub application_id: String,
    pub card_number: Option<String>,
    pub revision: i64,
    pub state: String,
    pub place: Option<String>,
    pub social: String,
    pub account: String,
    pub promise_on: String,
    pub due_on: String,
    pub owner: String,
    pub photo_fault: Option<String>,
    /// The application as we hold it, masked; empty where its record was destroyed.
    pub application: Vec<MaskedValue>,
    pub answers: Vec<PartnerAnswer>,
    pub moves: Vec<ShownMove>,
    pub files: Vec<TracedFile>,
}

row! {
    /// What a partner answered about the card, row by row.
    #[derive(Serialize)]
    pub struct PartnerAnswer {
        partner: String,
        kind: String,
        file: String,
        row: i64,
        outcome: String,
        /// The partner's reason, in our code or words.
        code: String,
        #[serde(skip)]
        file_id: i64,
        #[serde(skip)]
        request_id: Option<i64>,
        /// The row of our request, masked; empty where it is not at hand.
        asked: Vec<MaskedValue> = Vec::new(),
        /// The row of the partner's file, masked.
        answered: Vec<MaskedValue> = Vec::new(),
    }
}

const ANSWERS: &str = "SELECT x.partner, x.kind, x.file, x.row, x.outcome, x.code, x.id AS file_id,
        (SELECT min(q.id) FROM file f JOIN file q ON q.batch = f.batch AND q.direction = 'out' WHERE f.id = x.id) AS request_id FROM (
        SELECT f.id, f.partner, f.kind, f.name AS file, n.row, n.outcome, n.reason AS code
            FROM answer n JOIN file f ON f.id = n.file WHERE n.application = $1
        UNION ALL SELECT f.id, f.partner, f.kind, f.name, COALESCE(g.row, 0), 'opened', ''
            FROM account c JOIN file f ON f.id = c.answer LEFT JOIN account_row g ON g.application = c.application WHERE c.application = $1
        UNION ALL SELECT f.id, f.partner, f.kind, f.name, COALESCE(p.row, 0), 'spoiled', s.stage || ' ' || s.reason
            FROM spoilage s JOIN file f ON f.id = s.report LEFT JOIN production_row p ON p.application = s.application WHERE s.application = $1
        UNION ALL SELECT f.id, f.partner, f.kind, f.name, COALESCE(p.row, 0), 'good', ''
            FROM made m JOIN box b ON b.id = m.box JOIN file f ON f.id = b.report
            LEFT JOIN production_row p ON p.application = m.application WHERE m.application = $1) x
    ORDER BY x.id, x.row";

/// Everything about one case within the scope of who asks; `None`: they see no such case.
///
/// # Errors
/// The ledger cannot be read, or the keys do not open the reason of the decision.
pub async fn show_case(worker: &Worker, number: i64, now: Timestamp) -> Result<Option<CaseShown>, StageError> {
    let Some(case) = worker.ledger.case_record(number).await? else { return Ok(None) };
    let words = worker.ledger.words_of(&case).await?;
    let decided = match worker.ledger.decided_of(number).await? {
        Some(act) => {
            let reason = String::from_utf8_lossy(&worker.keys.decrypt(&act.reason)?).into_owned();
            Some(CaseDecided { at: rfc3339_stored(act.at), by: act.actor, word: act.word, reason })
        }
        None => None,
    };
    let history = worker.ledger.case_history(number).await?;
    let card = card(worker, &case).await?;
    let about_file = match case.file {
        Some(id) => worker.ledger.file_record(id).await?,
        None => None,
    };
    let delivery = match case.shipment {
        Some(id) => delivery(worker, id).await?,
        None => None,
    };
    let case = listed(worker, case, local_date(now));
    Ok(Some(CaseShown { case, words, decided, history, card, about_file, delivery }))
}

async fn card(worker: &Worker, case: &CaseRecord) -> Result<Option<CardOfCase>, StageError> {
    let (Some(id), Some(application_id)) = (case.application, &case.application_id) else { return Ok(None) };
    let Some(trace) = worker.ledger.trace(application_id).await? else { return Ok(None) };
    let (mut answers, message) = worker.ledger.beside_card(id).await?;
    let mut read = ReadFiles::default();
    for answer in &mut answers {
        for (file, shown) in [(answer.request_id, &mut answer.asked), (Some(answer.file_id), &mut answer.answered)] {
            if let Some(file) = file
                && let Some(file) = worker.ledger.file_record(file).await?
            {
                *shown = read.row(worker, &file, answer.row).await;
            }
        }
    }
    let plain = message.and_then(|(id, record)| worker.keys.decrypt_of(RecordOf::Message(id), &record).ok());
    let shown = plain.map(|plain| masked(&plain)).unwrap_or_default();
    let application = shown.into_iter().map(MaskedValue::from).collect();
    let Trace { application_id, card_number, revision, state, place, social, account, .. } = trace;
    let moves = trace.moves.into_iter().map(|m| ShownMove {
        at: rfc3339_stored(m.at),
        life: m.life,
        from: m.from,
        to: m.to,
        by: m.by,
        reason: m.reason,
    });
    Ok(Some(CardOfCase {
        application_id,
        card_number,
        revision,
        state,
        place,
        social,
        account,
        promise_on: trace.promise_on,
        due_on: trace.due_on,
        owner: trace.owner,
        photo_fault: trace.photo_fault,
        application,
        answers,
        moves: moves.collect(),
        files: trace.files,
    }))
}

row! {
    struct CaseMove { at: i64, from_state: String, to_state: String, actor: String, reason: String }
}

impl Ledger {
    /// How a case came to where it is.
    async fn case_history(&self, case: i64) -> Result<Vec<ShownMove>, LedgerError> {
        let moves = self
            .read()
            .await?
            .rows::<CaseMove>(
                "SELECT at, from_state, to_state, actor, reason FROM move WHERE scope = 'case' AND subject = $1 ORDER BY seq",
                args![case],
            )
            .await?;
        let shown = |m: CaseMove| ShownMove {
            at: rfc3339_stored(m.at),
            life: "case".into(),
            from: m.from_state,
            to: m.to_state,
            by: m.actor,
            reason: m.reason,
        };
        Ok(moves.into_iter().map(shown).collect())
    }

    /// What partners answered about a card, and its application, encrypted, with the id of its message.
    async fn beside_card(&self, id: i64) -> Result<(Vec<PartnerAnswer>, Option<(i64, Vec<u8>)>), LedgerError> {
        let mut tx = self.read().await?;
        let answers = tx.rows(ANSWERS, args![id]).await?;
        let sql = "SELECT m.id, m.sealed FROM application a JOIN message m ON m.id = a.message WHERE a.id = $1";
        Ok((answers, tx.row(sql, args![id]).await?))
    }
}
