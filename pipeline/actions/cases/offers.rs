//! What may be decided of a case, read from where its card and its file stand.

use cardline_core::state_machines::decision::{Decision, OnHold};
use serde::Serialize;

use crate::cases::case_list::CaseRecord;
use crate::custody::generated::LIES;
use crate::store::{Ledger, LedgerError, Tx};
use crate::{args, row};

row! {
    /// A card as a decision finds it.
    pub(super) struct CaseCard {
        id: i64,
        place: String,
        social: String,
        promise_on: String,
        account_batch: Option<i64>,
        production_batch: Option<i64>,
        shipment: Option<i64>,
        has_account: bool,
        failed: bool,
        lies: String = String::new(),
    }
}

impl CaseCard {
    /// As the words depend on it; `None`: it is not on hold.
    pub(super) fn on_hold(&self) -> Option<OnHold<'_>> {
        let &CaseCard { has_account, failed, .. } = self;
        let is_ending = self.social == "cancelled";
        (self.place == "held").then_some(OnHold { lies: &self.lies, has_account, failed, is_ending })
    }
}

/// The card a case is about.
pub(super) async fn card_of(tx: &mut Tx, case: &CaseRecord) -> Result<Option<CaseCard>, LedgerError> {
    let Some(application) = case.application else { return Ok(None) };
    let found = tx
        .row::<CaseCard>(
            "SELECT v.id, v.card_place AS place, v.social, a.promise_on, v.account_batch, v.production_batch, v.shipment,
                v.answer IS NOT NULL AS has_account,
                EXISTS (SELECT 1 FROM spoilage s WHERE s.application = v.id AND NOT s.remade) AS failed
             FROM application_place v JOIN application a ON a.id = v.id WHERE v.id = $1",
            args![application],
        )
        .await?;
    let Some(mut card) = found else { return Ok(None) };
    card.lies = tx.row::<(String,)>(&LIES, args![application]).await?.map(|(lies,)| lies).unwrap_or_default();
    Ok(Some(card))
}

/// What may be decided of an open case whose card this is.
pub(super) fn offered(case: &CaseRecord, card: Option<&CaseCard>) -> Vec<Decision> {
    if !is_open(case) {
        return Vec::new();
    }
    if case.shipment.is_some() {
        return vec![Decision::GoOn];
    }
    let of_card = card.and_then(CaseCard::on_hold).map(|on_hold| Decision::of_card(&on_hold));
    let of_file = || Decision::of_file(case.file_state.as_deref().unwrap_or_default());
    let offered = of_card.unwrap_or_else(of_file);
    if offered.is_empty() { vec![Decision::Noted] } else { offered }
}

/// Whether a case waits for a decision.
pub(super) fn is_open(case: &CaseRecord) -> bool {
    matches!(case.state.as_str(), "open" | "escalated")
}

/// A word that may be decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfferedWord {
    pub word: &'static str,
    pub does: &'static str,
    /// The state the card moves to.
    pub to: Option<String>,
    /// Whether a second person must give it, once there are users.
    pub second_person: bool,
}

impl Ledger {
    /// The words that may be decided of a case.
    pub async fn words_of(&self, case: &CaseRecord) -> Result<Vec<OfferedWord>, LedgerError> {
        let mut tx = self.read().await?;
        let card = card_of(&mut tx, case).await?;
        let on_hold = card.as_ref().and_then(CaseCard::on_hold);
        let word = |decision: Decision| OfferedWord {
            word: decision.word(),
            does: decision.does(),
            to: on_hold.as_ref().and_then(|card| decision.moves_to(card)).map(str::to_owned),
            second_person: decision.is_final(),
        };
        Ok(offered(case, card.as_ref()).into_iter().map(word).collect())
    }
}
