//! What a page answers, and what stands in its place when it cannot.

use cardline::actions::outcome::ActionError;
use cardline::step::StageError;
use cardline::store::LedgerError;
use cardline_core::domain::visible::json_document;
use hyper::StatusCode;
use serde::Serialize;

use crate::lang::Lang;

/// An answer.
pub enum Answer {
    /// A page, whole, with the headers of one.
    Page(String),
    /// A page that says why what was asked for was not done.
    Unfit(String),
    /// A document for a program.
    Json { status: StatusCode, body: String },
    /// A file to keep; its name is ASCII and ours.
    File { name: String, kind: &'static str, body: Vec<u8> },
    /// Go there and ask by GET (303), with cookies.
    To { path: String, cookies: Vec<String> },
    /// The first page of a session that begins with it.
    Begun { page: String, cookies: Vec<String> },
    /// Events as they come.
    Events(axum::body::Body),
}

impl Answer {
    /// A document for a program.
    pub fn json(document: &impl Serialize) -> Result<Answer, Refusal> {
        Answer::json_with(StatusCode::OK, document)
    }

    /// A document with a status of its own.
    pub fn json_with(status: StatusCode, document: &impl Serialize) -> Result<Answer, Refusal> {
        // To the sign what the command prints.
        let body = json_document(document).map_err(|error| Refusal::Failed(error.to_string()))? + "\n";
        Ok(Answer::Json { status, body })
    }

    /// Go there.
    pub fn to(path: impl Into<String>) -> Answer {
        Answer::To { path: path.into(), cookies: Vec::new() }
    }
}

/// Words in both languages, for what is found while a request is answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Words {
    pub zh: String,
    pub en: String,
}

impl Words {
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Words {
        Words { zh: zh.into(), en: en.into() }
    }

    pub fn say(&self, lang: Lang) -> &str {
        lang.say(&self.zh, &self.en)
    }
}

/// Why there is no answer, in the order in which it is found out.
#[derive(Debug)]
pub enum Refusal {
    /// Nobody is logged in.
    Login,
    /// There is no such thing, or it lies outside the viewer's scope.
    Absent,
    /// The role does not open this.
    Role,
    /// A form that is not from a page of ours in this session.
    Forged,
    /// More than may be sent.
    TooLarge,
    /// Faster than anybody clicks.
    TooFast,
    /// What was asked does not make sense: what, and what to do.
    Wrong(Words),
    /// What was found when it was to be done: nothing was changed.
    Conflict(Words),
    /// The database does not answer.
    Away(String),
    /// A bug, or something on this machine; the log says more.
    Failed(String),
}

impl From<LedgerError> for Refusal {
    fn from(error: LedgerError) -> Refusal {
        StageError::from(error).into()
    }
}

impl From<StageError> for Refusal {
    fn from(error: StageError) -> Refusal {
        match error {
            StageError::Ledger(LedgerError::Beyond { .. }) => Refusal::Absent,
            // Between the look at the session and the act: nothing was written.
            StageError::Ledger(LedgerError::UserDisabled { .. } | LedgerError::SessionEnded { .. }) => Refusal::Login,
            StageError::Object(error) if error.is_of_service() => Refusal::Away(error.to_string()),
            error if error.is_outage() => Refusal::Away(error.to_string()),
            error => Refusal::Failed(error.to_string()),
        }
    }
}

impl From<askama::Error> for Refusal {
    fn from(error: askama::Error) -> Refusal {
        Refusal::Failed(error.to_string())
    }
}

impl<R: Into<Refusal>> From<ActionError<R>> for Refusal {
    fn from(error: ActionError<R>) -> Refusal {
        match error {
            ActionError::Refused(refusal) => refusal.into(),
            ActionError::Failed(error) => error.into(),
        }
    }
}
