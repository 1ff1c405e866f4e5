//! What needs two persons: asked for by one, here; given by another, and carried out once.

use cardline_core::domain::staff::DualControl;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::crypto::objects::sha256;
use crate::people::approvals::{ApprovalRecord, NewApproval};
use crate::step::{StageError, Worker};
use crate::store::Stamp;

/// What a request says of its effect for the eyes of the second person only: carrying it out does not read it.
pub const ABOUT: &str = "about";

/// What somebody wants to do.
pub struct Wanted<'a> {
    pub action: DualControl,
    /// What it is about, in plain text; no personal data.
    pub subject: &'a str,
    /// Exactly what will be done; also all that carrying it out takes, and what it is [`ABOUT`]. Kept encrypted.
    pub request: Value,
    /// Cards, messages or lines it touches.
    pub count: i64,
    /// Bank and area it lies in; empty: more than one.
    pub bank: &'a str,
    pub area: &'a str,
    /// The maker's own words; kept encrypted.
    pub reason: &'a str,
}

impl Wanted<'_> {
    /// The digest of exactly this. What it is about counts people who come and go, and makes it no other request.
    pub fn digest(&self) -> String {
        let mut request = self.request.clone();
        if let Value::Object(exact) = &mut request {
            exact.remove(ABOUT);
        }
        let whole = json!([self.action.code(), self.subject, request, self.count, self.bank, self.area, self.reason]);
        sha256(whole.to_string().as_bytes())
    }
}

/// Whether it may be done now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Second {
    /// There are no users yet, so users cannot be distinguished.
    NotNeeded,
    /// A second person gave it; the number to use up.
    Given(i64),
    /// It waits for a second person. `maker` asked for it.
    Asked { id: i64, maker: String },
    /// It was given to `maker`, who carries it out.
    GivenTo { id: i64, maker: String },
}

/// Whether the user who asks may do it now; asks for a second person where nobody did.
pub async fn second_person(worker: &Worker, wanted: &Wanted<'_>, now: Timestamp) -> Result<Second, StageError> {
    // A guest of a demo is no user: there is nobody else to ask.
    let Some(maker) = worker.ledger.viewer().filter(|viewer| !viewer.is_guest()) else {
        return Ok(Second::NotNeeded);
    };
    let digest = wanted.digest();
    if let Some(open) = worker.ledger.open_approval(&digest, now).await? {
        let ApprovalRecord { id, maker: asked_by, state, .. } = open;
        return Ok(match (state.as_str(), asked_by == maker.name) {
            ("given", true) => Second::Given(id),
            ("given", false) => Second::GivenTo { id, maker: asked_by },
            _ => Second::Asked { id, maker: asked_by },
        });
    }
    let new = NewApproval {
        action: wanted.action,
        subject: wanted.subject.into(),
        digest,
        request: worker.keys.encrypt(wanted.request.to_string().as_bytes())?,
        count: wanted.count,
        bank: wanted.bank.into(),
        area: wanted.area.into(),
        reason: worker.keys.encrypt(wanted.reason.as_bytes())?,
    };
    let why = Stamp { at: now, actor: &maker.name, reason: "asked for a second person" };
    let id = worker.ledger.ask_approval(new, why).await?;
    Ok(Second::Asked { id, maker: maker.name.clone() })
}
