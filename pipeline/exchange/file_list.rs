//! The ledger of files as lists and pages show it, a page at a time.

use cardline_core::state_machines::{FILE, Standing};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::store::scope::in_scope;
use crate::store::{Ledger, LedgerError};
use crate::time::{instant, rfc3339};
use crate::{args, row};

/// Which files are asked for; an empty text leaves nothing out.
#[derive(Clone, Default)]
pub struct FileQuery {
    pub partner: String,
    /// `in` or `out`.
    pub direction: String,
    pub state: String,
    /// The local day on which the ledger learned of them.
    pub day: Option<Date>,
    /// Only files after this id, in the order asked for; 0: from the beginning.
    pub after: i64,
    pub limit: i64,
    /// The last the ledger learned of stand first.
    pub newest_first: bool,
}

/// One line of the ledger of files: a file, or numbers that never came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedFile {
    /// None of numbers that never came.
    pub id: Option<i64>,
    pub partner: String,
    pub kind: String,
    pub direction: String,
    pub sequence: Option<i64>,
    /// The last of the numbers that never came.
    pub last_sequence: Option<i64>,
    pub name: Option<String>,
    pub state: String,
    pub rows: i64,
    pub bytes: i64,
    pub sha256: Option<String>,
    /// The batch it asks about or answers.
    pub batch: Option<String>,
    pub at: Option<String>,
    /// When the answer, or what else is still to be done, is due.
    pub due_on: Option<String>,
    pub overdue: bool,
    pub owner: String,
    pub reason: Option<String>,
}

row! {
    struct FileRow {
        id: i64, partner: String, kind: String, direction: String, sequence: Option<i64>, name: String, state: String,
        rows: i64, bytes: i64, sha256: String, batch: Option<String>, at: i64, due_on: String, owner: String,
        reason: Option<String>,
    }
}

impl FileRow {
    fn listed(self, today: Date) -> ListedFile {
        let under = FILE.states.iter().any(|state| state.code == self.state && state.standing == Standing::Under);
        let due_on = under.then_some(self.due_on);
        let overdue = due_on.as_ref().is_some_and(|due_on| *due_on < today.to_string());
        ListedFile {
            id: Some(self.id),
            partner: self.partner,
            kind: self.kind,
            direction: self.direction,
            sequence: self.sequence,
            last_sequence: None,
            name: Some(self.name),
            state: self.state,
            rows: self.rows,
            bytes: self.bytes,
            sha256: Some(self.sha256),
            batch: self.batch,
            at: Timestamp::from_microsecond(self.at).ok().map(rfc3339),
            due_on,
            overdue,
            owner: self.owner,
            reason: self.reason,
        }
    }
}

/// The files asked for, before the page is cut out. A bureau's are of no bank, and a partner's of no area.
macro_rules! asked_files {
    ($select:expr, $page:literal) => {
        concat!(
            "SELECT ",
            $select,
            " WHERE ($1 = '' OR f.partner = $1) AND ($2 = '' OR f.direction = $2) AND ($3 = '' OR f.state = $3)
                AND f.at >= $4 AND f.at < $5 AND ",
            in_scope!("f.partner", "''"),
            $page
        )
    };
}

/// What a line of the ledger shows.
macro_rules! line {
    () => {
        "f.id, f.partner, f.kind, f.direction, f.sequence, f.name, f.state, f.rows, f.bytes, f.sha256,
         b.number AS batch, f.at, f.due_on, f.owner, f.reason FROM file f LEFT JOIN batch b ON b.id = f.batch"
    };
}

/// A page of them.
macro_rules! listed_files {
    ($page:literal) => {
        asked_files!(line!(), $page)
    };
}

/// The files that wait for somebody today (`$1`), of a partner (`$2`) or of all: on hold, or not answered in time.
macro_rules! troubled_files {
    ($select:expr, $page:literal) => {
        concat!(
            "SELECT ",
            $select,
            " WHERE (f.state = 'held' OR f.state = 'placed' AND f.due_on < $1) AND ($2 = '' OR f.partner = $2) AND ",
            in_scope!("f.partner", "''"),
            $page
        )
    };
}

row! {
    /// The files of a partner that are not answered though it is past the day they were due.
    pub struct LateAnswers {
        partner: String,
        files: i64,
        rows: i64,
        /// The earliest day.
        due_on: String,
    }
}

impl Ledger {
    /// A page of the files asked for, in the order in which the ledger learned of them, and how many there are.
    pub async fn file_list(&self, query: &FileQuery, today: Date) -> Result<(Vec<ListedFile>, i64), LedgerError> {
        let (from, to) = match query.day {
            Some(day) => (instant(day, 0, 0), day.tomorrow().map_or(Timestamp::MAX, |next| instant(next, 0, 0))),
            None => (Timestamp::MIN, Timestamp::MAX),
        };
        let asked = || args![&query.partner, &query.direction, &query.state, from, to];
        let mut tx = self.read().await?;
        tx.look().await?;
        let all = tx.number(asked_files!("count(*) FROM file f", ""), asked()).await?;
        let (sql, after) = match (query.newest_first, query.after) {
            (false, after) => (listed_files!(" AND f.id > $6 ORDER BY f.id LIMIT $7"), after),
            (true, 0) => (listed_files!(" AND f.id < $6 ORDER BY f.id DESC LIMIT $7"), i64::MAX),
            (true, after) => (listed_files!(" AND f.id < $6 ORDER BY f.id DESC LIMIT $7"), after),
        };
        let rows = tx.rows::<FileRow>(sql, [asked(), args![after, query.limit]].concat()).await?;
        Ok((rows.into_iter().map(|row| row.listed(today)).collect(), all))
    }

    /// The files that wait for somebody, of a partner or (empty) of all: on hold, or not answered in time. At most
    /// `limit` of them, what is due first at the top, and how many there are.
    pub async fn troubled_files(
        &self,
        partner: &str,
        today: Date,
        limit: i64,
    ) -> Result<(Vec<ListedFile>, i64), LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        let all = tx.number(troubled_files!("count(*) FROM file f", ""), args![today, partner]).await?;
        let sql = troubled_files!(line!(), " ORDER BY f.due_on, f.id LIMIT $3");
        let rows = tx.rows::<FileRow>(sql, args![today, partner, limit]).await?;
        Ok((rows.into_iter().map(|row| row.listed(today)).collect(), all))
    }

    /// What each partner has not answered in time.
    pub async fn late_answers(&self, today: Date) -> Result<Vec<LateAnswers>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        let sql = concat!(
            "SELECT f.partner, count(*) AS files, CAST(sum(f.rows) AS BIGINT) AS rows, min(f.due_on) AS due_on
             FROM file f WHERE f.state = 'placed' AND f.due_on < $1 AND ",
            in_scope!("f.partner", "''"),
            " GROUP BY f.partner ORDER BY f.partner"
        );
        tx.rows(sql, args![today]).await
    }
}
