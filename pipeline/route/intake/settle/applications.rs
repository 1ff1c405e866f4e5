//! New applications: each is written once, with the digest that covers its row.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{ArrivingFacts, REJECTED, REJECTION};
use crate::bulk_row;
use crate::store::row_macs::catalog::APPLICATION;
use crate::store::row_macs::{Field, RowKey};
use crate::store::{LedgerError, Stamp, Tx};

bulk_row! {
    pub(super) struct NewApplication in "application" {
        id: i64,
        message: i64,
        application_id: Option<String>,
        revision: Option<i64>,
        person: Vec<u8>,
        kind: &'static str,
        lane: &'static str,
        region: String,
        bank: String,
        outlet: String,
        method: &'static str,
        point: String,
        approved_on: Date,
        promise_on: Date,
        due_on: Date,
        photo: Option<String>,
        previous: Option<i64>,
        mac: Option<i64>,
    }
}

bulk_row! {
    /// The same in all new applications of an outcome.
    struct OfOutcome in "application" {
        chunk: i64,
        state: &'static str,
        social: &'static str,
        financial: &'static str,
        owner: &'static str,
        returned_on: Option<Date>,
        open: bool,
        live: bool,
    }
}

bulk_row! {
    /// An accepted application, which waits for an account batch.
    struct Waiting in "account_waiting" {
        application: i64,
        region: String,
        bank: String,
        lane: &'static str,
        approved_on: Date,
        application_id: String,
    }
}

impl Waiting {
    fn of(new: &NewApplication) -> Option<Waiting> {
        Some(Waiting {
            application: new.id,
            region: new.region.clone(),
            bank: new.bank.clone(),
            lane: new.lane,
            approved_on: new.approved_on,
            application_id: new.application_id.clone()?,
        })
    }
}

bulk_row! {
    struct Rejection in "move" { subject: i64 }
}

bulk_row! {
    /// The same in all moves of rejected applications.
    struct OfRejections<'a> in "move" {
        at: Timestamp,
        life: &'static str,
        scope: &'static str,
        from_state: &'static str,
        to_state: &'static str,
        count: i64,
        actor: &'a str,
        reason: &'static str,
    }
}

/// The new applications of messages that are settled together.
#[derive(Default)]
pub(super) struct NewApplications {
    accepted: Vec<NewApplication>,
    rejected: Vec<NewApplication>,
}

impl NewApplications {
    /// Adds one. A rejected one waits for its correction: it has another day, no photo, and follows no card yet.
    pub(super) fn push(&mut self, accepted: bool, Draft { new, correct_by }: Draft) {
        if accepted {
            self.accepted.push(new);
        } else {
            self.rejected.push(NewApplication { photo: None, previous: None, due_on: correct_by, ..new });
        }
    }

    /// Writes them. The moves of accepted ones are those of their chunk; a rejected one has its own.
    pub(super) async fn keep(
        mut self,
        tx: &mut Tx,
        chunk: i64,
        why: Stamp<'_>,
        today: Date,
    ) -> Result<(), LedgerError> {
        if let Some(key) = tx.row_key() {
            let new = self.accepted.iter_mut().chain(&mut self.rejected);
            new.for_each(|new| new.mac = Some(new.covered(&key)));
        }
        let new = OfOutcome {
            chunk,
            state: "accepted",
            social: "sealed",
            financial: "sealed",
            owner: "bureau operator",
            returned_on: None,
            open: true,
            live: false,
        };
        // Its applicant has it, and no card comes of it yet.
        let refused =
            OfOutcome { chunk: 0, state: "rejected", owner: "applicant", returned_on: Some(today), open: false, ..new };
        let rejections = self.rejected.iter().map(|new| Rejection { subject: new.id }).collect();
        let waiting = self.accepted.iter().filter_map(Waiting::of).collect();
        tx.insert(waiting).await?;
        tx.insert_alike(new, self.accepted).await?;
        tx.insert_alike(refused, self.rejected).await?;
        let moved = OfRejections {
            at: why.at,
            life: REJECTION.life(),
            scope: "application",
            from_state: REJECTION.from(),
            to_state: REJECTION.to(),
            count: 1,
            actor: why.actor,
            reason: REJECTED,
        };
        tx.insert_alike(moved, rejections).await
    }
}

/// The application of a message, before it is known whether it is accepted.
pub(super) struct Draft {
    pub(super) new: NewApplication,
    correct_by: Date,
}

impl Draft {
    /// Of these facts; the ledger says what card it follows.
    pub(super) fn of(
        id: i64,
        message: i64,
        (application_id, revision): (Option<String>, Option<i64>),
        f: ArrivingFacts,
    ) -> Draft {
        let new = NewApplication {
            id,
            message,
            application_id,
            revision,
            person: f.person,
            kind: f.kind,
            lane: f.lane,
            region: f.region,
            bank: f.bank,
            outlet: f.outlet,
            method: f.method,
            point: f.point,
            approved_on: f.approved_on,
            promise_on: f.promise_on,
            due_on: f.promise_on,
            photo: Some(f.photo),
            previous: None,
            mac: None,
        };
        Draft { new, correct_by: f.correct_by }
    }
}

impl NewApplication {
    /// The digest of its row, as the catalogue of covered rows has it.
    fn covered(&self, key: &RowKey) -> i64 {
        let mac = key.mac(APPLICATION.table).field(self.id).field(self.application_id.as_ref()).field(self.revision);
        let mac = mac.field(self.message).field(&self.person).field(self.kind).field(self.lane).field(&self.region);
        let mac =
            mac.field(&self.bank).field(&self.outlet).field(self.method).field(&self.point).field(self.photo.as_ref());
        mac.field(&self.approved_on.to_string()).field(self.previous).field(Field::Null).end()
    }
}
