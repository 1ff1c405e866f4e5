//! A request, as a page reads it.

use std::sync::Arc;

use bytes::Bytes;
use cardline::people::permits::Permission;
use cardline::step::Worker;
use cardline::store::Principal;
use jiff::Timestamp;

use crate::answer::Refusal;
use crate::console::Console;
use crate::lang::Lang;
use crate::pairs::Pairs;
use crate::upload::Upload;
use crate::viewer::Viewer;

/// A request.
pub struct Asked {
    pub console: Arc<Console>,
    pub path: String,
    /// What stands in the places of the route's path.
    pub parts: Vec<String>,
    pub query: Pairs,
    /// The fields of a form.
    pub form: Pairs,
    pub body: Bytes,
    /// The file of a form.
    pub upload: Option<Upload>,
    pub content_type: String,
    /// What a program calls its request, so that the same one again does nothing.
    pub idempotency_key: String,
    /// Where it comes from: the address of the connection.
    pub from: String,
    pub lang: Lang,
    pub viewer: Option<Viewer>,
    /// Cookies are sent over TLS alone.
    pub secure: bool,
}

impl Asked {
    /// What stands in a place of the path; empty where there is none.
    pub fn part(&self, place: usize) -> &str {
        self.parts.get(place).map_or("", String::as_str)
    }

    /// The key of the last row of the page before, as `?after=KEY.ID` names it; none on the first page.
    pub fn after(&self) -> Option<(i64, i64)> {
        let (key, id) = self.query.get("after").split_once('.')?;
        Some((key.parse().ok()?, id.parse().ok()?))
    }

    /// A whole number in a place of the path; anything else is absent.
    pub fn number(&self, place: usize) -> Result<i64, Refusal> {
        self.part(place).parse().ok().filter(|number| *number > 0).ok_or(Refusal::Absent)
    }

    /// What an act is called, so that the same one again is known: by a program's header, or by a form.
    pub fn act_key(&self) -> &str {
        if self.idempotency_key.is_empty() { self.form.get("key") } else { &self.idempotency_key }
    }

    /// The viewer, who is there on every route that is not everybody's.
    pub fn viewer(&self) -> Result<&Viewer, Refusal> {
        self.viewer.as_ref().ok_or(Refusal::Login)
    }

    /// Who acts.
    pub fn principal(&self) -> Result<&Principal, Refusal> {
        Ok(&self.viewer()?.principal)
    }

    /// Whether the viewer may do this.
    pub fn may(&self, permission: Permission) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.may(permission))
    }

    /// Ledger, keys and the day's tables, seen by the viewer; and now.
    pub async fn worker(&self) -> Result<(Worker, Timestamp), Refusal> {
        let (worker, now) = self.console.worker().await?;
        let ledger = worker.ledger.seen_by(self.principal()?.clone());
        Ok((worker.on(ledger), now))
    }
}
