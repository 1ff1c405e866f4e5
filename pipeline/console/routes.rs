//! Every path of the console: who may ask it, and the file that answers. A page is one line here.

use cardline::people::permits::Permission;
use cardline_core::domain::staff::Role;
use futures_util::future::BoxFuture;
use hyper::Method;

use crate::answer::{Answer, Refusal};
use crate::api;
use crate::asked::Asked;
use crate::pages::{
    approvals, audit, books, cards, cases, check, exchange, figures, home, operator, pickup, users, work,
};
use crate::people::{first, login};

/// Who may ask a route.
#[derive(Clone, Copy)]
pub enum Who {
    /// Anybody; nothing of the ledger is shown.
    Everyone,
    /// Whoever is logged in.
    Session,
    /// Whoever is logged in, works at one of these desks, and may do this.
    Desk(Permission, &'static [Role]),
    /// A program whose token's user may do this.
    Token(Permission),
}

impl Who {
    /// Whether a program asks: refusals are documents, and no browser's cookie acts.
    pub fn is_machine(&self) -> bool {
        matches!(self, Who::Token(_))
    }
}

/// One line of the table.
pub struct Route {
    pub method: Method,
    pub path: &'static str,
    pub who: Who,
    pub(crate) answer: fn(Asked) -> BoxFuture<'static, Result<Answer, Refusal>>,
}

const OPERATOR: &[Role] = &[Role::Operator, Role::Administrator, Role::Auditor];
const BANK: &[Role] = &[Role::BankIt, Role::Operator, Role::Administrator, Role::Auditor];
const ADMINISTRATOR: &[Role] = &[Role::Administrator, Role::Auditor];
const ALL: &[Role] = &Role::ALL;

const fn desk(permission: Permission, desks: &'static [Role]) -> Who {
    Who::Desk(permission, desks)
}

macro_rules! routes {
    ($($method:ident $path:literal $who:expr => $answer:path;)*) => {
        /// Every route, in the order of the navigation.
        pub const ROUTES: &[Route] = &[
            $(Route { method: Method::$method, path: $path, who: $who, answer: |asked| Box::pin($answer(asked)) },)*
        ];
    };
}

routes! {
    GET "/" Who::Session => home::page;
    GET "/login" Who::Everyone => login::page;
    POST "/login" Who::Everyone => login::login;
    POST "/logout" Who::Session => login::logout;
    GET "/first/{token}" Who::Everyone => first::page;
    POST "/first/{token}" Who::Everyone => first::make;

    GET "/ops" desk(Permission::SeeBatches, OPERATOR) => operator::today::page;
    GET "/ops/plan" desk(Permission::SeeBatches, OPERATOR) => operator::plan::page;
    POST "/ops/plan" desk(Permission::HoldBatches, OPERATOR) => operator::streams::act;
    GET "/ops/batches" desk(Permission::SeeBatches, OPERATOR) => operator::batches::page;
    GET "/ops/batches/{number}" desk(Permission::SeeBatches, OPERATOR) => operator::batch::page;
    POST "/ops/batches/{number}" desk(Permission::HoldBatches, OPERATOR) => operator::acts::act;
    GET "/ops/quarantine" desk(Permission::SeeQuarantine, OPERATOR) => operator::quarantine::page;
    POST "/ops/quarantine" desk(Permission::RetryMessages, OPERATOR) => operator::quarantine::act;
    GET "/ops/quarantine/{id}" desk(Permission::SeeQuarantine, OPERATOR) => operator::message::page;
    POST "/ops/quarantine/{id}" desk(Permission::RetryMessages, OPERATOR) => operator::message::act;

    GET "/figures" desk(Permission::SeeBatches, OPERATOR) => figures::page;
    GET "/work" desk(Permission::SeeBatches, OPERATOR) => work::page;
    GET "/work/events" desk(Permission::SeeBatches, OPERATOR) => work::events;

    GET "/cases" desk(Permission::SeeCases, ALL) => cases::list::page;
    GET "/cases/{number}" desk(Permission::SeeCases, ALL) => cases::one::page;
    POST "/cases/{number}" desk(Permission::DecideCases, ALL) => cases::one::decided;

    GET "/banks/{code}" desk(Permission::SeeFiles, BANK) => exchange::bank::page;
    POST "/banks/{code}" desk(Permission::SetUpExchange, BANK) => exchange::bank::act;
    GET "/banks/{code}/keys/{id}" desk(Permission::SetUpExchange, BANK) => exchange::keys::export;
    GET "/bureaus/{code}" desk(Permission::SeeFiles, BANK) => exchange::bureau::page;
    POST "/bureaus/{code}" desk(Permission::SetUpExchange, BANK) => exchange::bureau::act;
    GET "/files/{id}" desk(Permission::InspectFiles, BANK) => exchange::file::page;
    POST "/files/{id}" desk(Permission::SetUpExchange, BANK) => exchange::file::send_again;
    GET "/files/{id}/errors" desk(Permission::InspectFiles, BANK) => exchange::file::errors;
    GET "/check" desk(Permission::InspectFiles, BANK) => check::page;
    POST "/check" desk(Permission::InspectFiles, BANK) => check::checked;

    GET "/admin" desk(Permission::SeePickups, ADMINISTRATOR) => pickup::waiting::page;
    POST "/admin" desk(Permission::MoveWindows, ADMINISTRATOR) => pickup::acts::act;
    GET "/admin/forecast" desk(Permission::SeePickups, ADMINISTRATOR) => pickup::forecast::page;
    GET "/admin/silent" desk(Permission::SeePickups, ADMINISTRATOR) => pickup::silent::page;
    GET "/admin/lists" desk(Permission::KeepLists, ADMINISTRATOR) => pickup::lists::page;
    POST "/admin/lists" desk(Permission::KeepLists, ADMINISTRATOR) => pickup::lists::act;
    GET "/admin/points/{code}" desk(Permission::SeePickups, ADMINISTRATOR) => pickup::point::page;
    POST "/admin/points/{code}" desk(Permission::MoveWindows, ADMINISTRATOR) => pickup::acts::act;

    GET "/cards" desk(Permission::TraceCards, ALL) => cards::find::page;
    POST "/cards" desk(Permission::TraceCards, ALL) => cards::find::find;
    GET "/cards/{id}" desk(Permission::TraceCards, ALL) => cards::way::page;
    GET "/books" desk(Permission::CheckBooks, ALL) => books::page;
    GET "/approvals" desk(Permission::SeeApprovals, ALL) => approvals::page;
    POST "/approvals" desk(Permission::DecideApprovals, ALL) => approvals::decide;
    POST "/books" desk(Permission::CheckBooks, ALL) => books::ask_worker;
    GET "/audit" desk(Permission::SeeAudit, ALL) => audit::page;
    GET "/audit/acts.csv" desk(Permission::SeeAudit, ALL) => audit::export;
    POST "/audit" desk(Permission::SeeAudit, ALL) => audit::check;
    GET "/users" desk(Permission::SeeUsers, ALL) => users::list::page;
    POST "/users" desk(Permission::ManageUsers, ALL) => users::list::add;
    GET "/users/{name}" desk(Permission::HoldTokens, ALL) => users::one::page;
    POST "/users/{name}" desk(Permission::HoldTokens, ALL) => users::one::act;
    GET "/me" Who::Session => users::one::own;

    GET "/api/batches" Who::Token(Permission::SeeBatches) => api::batches;
    GET "/api/batches/{number}" Who::Token(Permission::SeeBatches) => api::batch;
    POST "/api/batches/{number}/{act}" Who::Token(Permission::HoldBatches) => api::acts::batch;
    POST "/api/plan/{act}" Who::Token(Permission::HoldBatches) => api::acts::stream;
    POST "/api/pickup/{act}" Who::Token(Permission::MoveWindows) => api::acts::pickup;
    POST "/api/cases/{number}/decide" Who::Token(Permission::DecideCases) => api::acts::case;
    GET "/api/openapi.json" Who::Everyone => api::openapi::document;
    GET "/api/plan" Who::Token(Permission::SeeBatches) => api::plan;
    GET "/api/files" Who::Token(Permission::SeeFiles) => api::files;
    GET "/api/cards/{id}" Who::Token(Permission::TraceCards) => api::card;
    GET "/api/quarantine" Who::Token(Permission::SeeQuarantine) => api::quarantine;
    GET "/api/cases" Who::Token(Permission::SeeCases) => api::cases;
    GET "/api/books" Who::Token(Permission::CheckBooks) => api::books;
    GET "/api/pickup/due" Who::Token(Permission::SeePickups) => api::pickup_due;
    GET "/api/pickup/overdue" Who::Token(Permission::SeePickups) => api::pickup_overdue;
    GET "/api/pickup/silent" Who::Token(Permission::SeePickups) => api::pickup_silent;
    GET "/api/approvals" Who::Token(Permission::SeeApprovals) => api::approvals;
}
