//! A bank of the world, with its own book of accounts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cardline::exchange::Partner;
use cardline::step::StageError;
use cardline_core::domain::pan;
use cardline_core::file_formats::{FileKind, FileSpec, Profile};
use jiff::civil::Date;

use super::desk::{Desk, Pending, Request, Tally, count};
use super::rng::Rng;

/// Marks, among what an answer is about, an account that it says is closed.
const CLOSED: &str = "closed/";

/// One account as the bank sees it.
#[derive(Clone)]
pub struct BankAccount {
    pub account: String,
    pub pan: String,
    /// The application it was opened for, or the old card's number for opening stock.
    pub task: String,
    /// Whether we were told of it.
    pub told: bool,
    pub closed: bool,
    /// Whether we were told that it is closed.
    pub told_closed: bool,
}

/// A bank: its profile, its folders, its desk and its book.
pub struct Bank {
    profile: Profile,
    folder: PathBuf,
    desk: Desk,
    serial: u64,
    /// By holder's number: a repeated request gets the same account. A replacement gets a new one
    /// once the old card's account is the other one of two.
    pub book: BTreeMap<String, BankAccount>,
    /// Holders whose closing failed once, because the balance was not zero.
    asked_to_clear: std::collections::BTreeSet<String>,
}

/// Rows of an answer, and the applications whose accounts they name.
type Part = (Vec<Vec<String>>, Vec<String>);

/// What a bank says to a request.
#[derive(Default)]
struct Said {
    first: Part,
    /// What it says in a second file.
    second: Part,
    /// A row that says something else than an earlier one.
    contradiction: Option<Vec<String>>,
}

impl Bank {
    pub fn new(partner: &Partner) -> Bank {
        Bank {
            profile: partner.profile.clone(),
            folder: partner.folder.clone(),
            desk: Desk::default(),
            serial: 0,
            book: BTreeMap::new(),
            asked_to_clear: std::collections::BTreeSet::new(),
        }
    }

    /// Opens an account for a task (an application or an old card).
    pub fn open(&mut self, task: &str, told: bool) -> BankAccount {
        self.serial += 1;
        let prefix = self.profile.cnaps_prefixes.first().map_or("000", String::as_str);
        let body = format!("62{prefix}{:010}", self.serial);
        let check = pan::check_digit(&body).map(char::from).unwrap_or_default();
        let pan = format!("{body}{check}");
        let account = BankAccount {
            account: format!("{prefix}{:016}", self.serial),
            pan,
            task: task.into(),
            told,
            closed: false,
            told_closed: false,
        };
        self.book.insert(task.into(), account.clone());
        account
    }

    /// A day at the bank: reads requests, writes the answers that are due.
    pub fn day(
        &mut self,
        today: Date,
        rng: Rng,
        faults: bool,
        tally: &mut Tally,
        workday: impl Fn(Date, u32) -> Date,
    ) -> Result<(), StageError> {
        for request in self.desk.new_requests(&self.profile, &self.folder.join("to"))? {
            match request.kind {
                FileKind::AccountRequest => self.answer_accounts(&request, today, rng, faults, tally, &workday)?,
                FileKind::RecyclingRequest => self.answer_recycling(&request, today, rng, faults, tally, &workday)?,
                _ => {}
            }
        }
        let told = self.desk.write_due(&self.profile, &self.folder.join("from"), today, rng, faults, tally)?;
        for task in told {
            match task.strip_prefix(CLOSED) {
                Some(task) => self.book.entry(task.into()).and_modify(|a| a.told_closed = true),
                None => self.book.entry(task).and_modify(|a| a.told = true),
            };
        }
        Ok(())
    }

    fn control(request: &Request) -> (String, BTreeMap<String, String>) {
        let field = |name: &str| request.parsed.control.get(name).cloned().unwrap_or_default();
        let control = BTreeMap::from([
            ("region".to_owned(), field("region")),
            ("batch".to_owned(), field("batch")),
            ("request".to_owned(), field("sequence")),
        ]);
        (field("region"), control)
    }

    /// The layouts of a request and of its answer.
    fn specs(&self, asked: FileKind, answer: FileKind) -> Option<(FileSpec, FileSpec)> {
        self.profile.file(asked).cloned().zip(self.profile.file(answer).cloned())
    }

    fn answer_accounts(
        &mut self,
        request: &Request,
        today: Date,
        rng: Rng,
        faults: bool,
        tally: &mut Tally,
        workday: &impl Fn(Date, u32) -> Date,
    ) -> Result<(), StageError> {
        let Some((asked, answers)) = self.specs(FileKind::AccountRequest, FileKind::AccountResult) else {
            return Ok(());
        };
        let (region, control) = Bank::control(request);
        let Said { first, second, contradiction } = self.say(request, (&asked, &answers), today, rng, faults, tally)?;
        let days = rng.between("answer days", &request.name, 1, 2) as u32;
        let late = if faults && rng.chance("late", &request.name, 500) { 3 } else { 0 };
        if late > 0 {
            count(tally, "bank answers late");
        }
        let due = workday(today, days - 1 + late);
        let plan = |due, (rows, about)| Pending {
            due,
            kind: FileKind::AccountResult,
            region: region.clone(),
            control: control.clone(),
            rows,
            about,
        };
        if !first.0.is_empty() {
            self.desk.plan(plan(due, first));
        }
        if !second.0.is_empty() {
            count(tally, "bank answers in two parts");
            self.desk.plan(plan(workday(due, 1), second));
        }
        if let Some(row) = contradiction {
            count(tally, "bank answers that contradict an earlier one");
            self.desk.plan(plan(workday(due, 1), (vec![row], Vec::new())));
        }
        Ok(())
    }

    /// What the bank says to all rows of a request, and in which of its files.
    fn say(
        &mut self,
        request: &Request,
        (asked, answers): (&FileSpec, &FileSpec),
        today: Date,
        rng: Rng,
        faults: bool,
        tally: &mut Tally,
    ) -> Result<Said, StageError> {
        let mut said = Said::default();
        let partial = faults && request.parsed.rows.len() > 4 && rng.chance("partial", &request.name, 800);
        for row in &request.parsed.rows {
            let task = asked.value(row, "task").unwrap_or_default();
            let reason = self.decide(&task, rng, faults);
            let account = match reason {
                "opened" | "duplicate_request" => Some(self.book[&task].clone()),
                _ => None,
            };
            let answer = |reason: &str, account: Option<&BankAccount>| {
                answers.arrange(|field| match field {
                    "row" | "task" | "name" | "id_type" | "id_number" => asked.value(row, field),
                    "code" => Some(reason.to_owned()),
                    "pan" => account.map(|a| a.pan.clone()),
                    "account" => account.map(|a| a.account.clone()),
                    "opened_on" => account.map(|_| today.to_string()),
                    _ => None,
                })
            };
            let arranged = answer(reason, account.as_ref())
                .map_err(|fault| StageError::Shape(format!("{}: {}", fault.field, fault.message)))?;
            if faults && account.is_some() && said.contradiction.is_none() && rng.chance("contradiction", &task, 60) {
                said.contradiction = answer("blocked", None).ok();
            }
            count(tally, &format!("bank answers: {reason}"));
            let later = partial && rng.chance("second part", &task, 3_000);
            let (rows, about) = if later { &mut said.second } else { &mut said.first };
            rows.push(arranged);
            about.extend(account.map(|_| task));
        }
        Ok(said)
    }

    /// What the bank says to one row. It opens at most one account for a task.
    fn decide(&mut self, task: &str, rng: Rng, faults: bool) -> &'static str {
        if self.book.contains_key(task) {
            return "duplicate_request";
        }
        // Asked again after a correction it looks again: the key holds how often it was asked.
        let drawn = rng.number("bank decides", task) % 10_000;
        let corrected = !self.asked_to_clear.insert(format!("asked/{task}"));
        match drawn {
            _ if !faults || corrected => {}
            0..60 => return "identity_check_failed",
            60..110 => return "document_expired",
            110..150 => return "phone_not_holders",
            150..210 => return "too_many_accounts",
            210..280 => {
                // It did open the account, and its answer got lost: asked again it says the same one.
                self.open(task, false);
                return "timeout";
            }
            _ => {}
        }
        self.open(task, false);
        "opened"
    }

    fn answer_recycling(
        &mut self,
        request: &Request,
        today: Date,
        rng: Rng,
        faults: bool,
        tally: &mut Tally,
        workday: &impl Fn(Date, u32) -> Date,
    ) -> Result<(), StageError> {
        let Some((asked, answers)) = self.specs(FileKind::RecyclingRequest, FileKind::RecyclingResult) else {
            return Ok(());
        };
        let (region, control) = Bank::control(request);
        let (mut rows, mut about) = (Vec::new(), Vec::new());
        for row in &request.parsed.rows {
            let account = asked.value(row, "account").unwrap_or_default();
            let refuses = faults && rng.chance("balance", &account, 400) && self.asked_to_clear.insert(account.clone());
            let reason = if refuses { "balance_not_zero" } else { "closed" };
            if let Some(entry) = self.book.values_mut().find(|a| a.account == account)
                && !refuses
            {
                entry.closed = true;
                about.push(format!("{CLOSED}{}", entry.task));
            }
            count(tally, &format!("bank closings: {reason}"));
            let arranged = answers
                .arrange(|field| match field {
                    "row" | "card_number" | "account" => asked.value(row, field),
                    "code" => Some(reason.into()),
                    "closed_on" => (!refuses).then(|| today.to_string()),
                    "balance" => Some(if refuses { "12.50" } else { "0.00" }.into()),
                    _ => None,
                })
                .map_err(|fault| StageError::Shape(format!("{}: {}", fault.field, fault.message)))?;
            rows.push(arranged);
        }
        let due = workday(today, rng.between("closing days", &request.name, 1, 3) as u32);
        self.desk.plan(Pending { due, kind: FileKind::RecyclingResult, region, control, rows, about });
        Ok(())
    }
}
