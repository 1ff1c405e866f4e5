//! Everything the ledger has of one person, and what stands against destroying it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use cardline_core::batch_kinds::{BatchKind, Members};
use cardline_core::state_machines::{APPLICATION, CARD, Standing};
use serde_json::Value;

use crate::crypto::keys::{Keys, RecordOf};
use crate::crypto::objects::key_of;
use crate::store::scope::in_scope;
use crate::store::{LedgerError, Tx};
use crate::{args, bulk_row, row};

bulk_row! {
    /// An application of the person.
    struct Own in "own_application" { id: i64 }
}

row! {
    struct OwnCard {
        id: i64,
        application_id: String,
        state: String,
        card_place: String,
        has_card: bool,
        financial: String,
        answer: Option<i64>,
        open: bool,
        bank: String,
        region: String,
    }
}

/// What is found of a person, and what stands against erasing it.
#[derive(Default)]
pub struct Person {
    pub applications: Vec<i64>,
    pub messages: Vec<i64>,
    pub accounts: i64,
    /// Files that hold the person and are not purged yet.
    pub files: Vec<i64>,
    /// Keys of objects: the uploads, and what was rendered of them.
    pub objects: BTreeSet<String>,
    /// In words; nothing where it may be erased.
    pub against: Vec<String>,
    /// A bank and region outside the scope of who acts.
    pub beyond: bool,
    /// Numbers that name the person; they are never printed.
    pub(super) numbers: BTreeSet<String>,
}

impl Tx {
    /// What there is of the person of an application within the viewer's scope; `None`: no such application.
    pub(super) async fn person(&mut self, application_id: &str, keys: &Keys) -> Result<Option<Person>, LedgerError> {
        self.look().await?;
        let found = self
            .row::<(Vec<u8>,)>(
                concat!(
                    "SELECT a.person FROM application a WHERE a.application_id = $1 AND ",
                    in_scope!("a.bank", "a.region")
                ),
                args![application_id],
            )
            .await?;
        let Some((person,)) = found else { return Ok(None) };
        let cards = self.rows::<OwnCard>(CARDS, args![person]).await?;
        let mut found = Person { applications: cards.iter().map(|card| card.id).collect(), ..Person::default() };
        found.accounts = cards.iter().filter(|card| card.answer.is_some()).count() as i64;
        let scope = self.viewer().map(|viewer| viewer.scope.clone()).unwrap_or_default();
        found.beyond = cards.iter().any(|card| !scope.covers(&card.bank, &card.region));
        self.stage(found.applications.iter().map(|id| Own { id: *id }).collect()).await?;
        found.against = cards.iter().flat_map(standing).collect();
        for sql in [&*OPEN_CASES, &*OPEN_BATCHES, &*OPEN_FILES, WAITING] {
            found
                .against
                .extend(self.rows_built::<(String,)>(sql.to_owned(), args![]).await?.into_iter().map(|row| row.0));
        }
        let files = format!(
            "SELECT f.id FROM file f WHERE f.id IN ({}) AND f.id NOT IN (SELECT file FROM purge) ORDER BY f.id",
            *FILES
        );
        found.files = self.rows_built::<(i64,)>(files, args![]).await?.into_iter().map(|row| row.0).collect();
        for (id, sealed) in self.rows::<(i64, Vec<u8>)>(MESSAGES, args![]).await? {
            found.messages.push(id);
            found.read(&keys.decrypt_of(RecordOf::Message(id), &sealed).unwrap_or_default());
        }
        self.renditions_of(&mut found).await?;
        Ok(Some(found))
    }

    /// What was rendered of the person's photos, unless somebody else declares the same picture.
    async fn renditions_of(&mut self, person: &mut Person) -> Result<(), LedgerError> {
        for (print, chip) in self.rows::<(String, String)>(RENDITIONS, args![]).await? {
            for (kind, digest) in [("photos-print", print), ("photos-chip", chip)] {
                person.objects.insert(key_of(kind, &digest));
            }
        }
        Ok(())
    }

    /// Whether somebody else's application declares an upload by this keyed hash of its key.
    pub(super) async fn is_shared(&mut self, object: &str) -> Result<bool, LedgerError> {
        let sql = "SELECT count(*) FROM application a WHERE a.photo LIKE $1 || '#%' AND a.id NOT IN (SELECT id FROM own_application)";
        Ok(self.number(sql, args![object]).await? > 0)
    }
}

impl Person {
    /// Takes what names the person, and the upload, out of an opened record.
    fn read(&mut self, plain: &[u8]) {
        let Ok(message) = serde_json::from_slice::<Value>(plain) else { return };
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        self.numbers.extend(text(&message["holder"]["id_number"]));
        self.numbers.extend(text(&message["id_number"]));
        self.objects.extend(text(&message["photo"]["object"]));
    }

    /// Whether an opened record is about the person: its holder, or, where it cannot be read, any mention.
    pub(super) fn is_holder(&self, plain: &[u8]) -> bool {
        match serde_json::from_slice::<Value>(plain) {
            Ok(message) => message["holder"]["id_number"].as_str().is_some_and(|number| self.numbers.contains(number)),
            Err(_) => {
                self.numbers.iter().any(|number| plain.windows(number.len()).any(|part| part == number.as_bytes()))
            }
        }
    }
}

/// What an application and its card still owe.
fn standing(card: &OwnCard) -> Vec<String> {
    let id = &card.application_id;
    let mut against = Vec::new();
    let is_under = APPLICATION.state(&card.state).is_none_or(|state| state.standing == Standing::Under);
    if card.open || is_under {
        against.push(format!("application {id} is under way ({})", card.state));
    }
    let has_ended = CARD.state(&card.card_place).is_some_and(|state| state.standing == Standing::End);
    if card.has_card && !has_ended && card.card_place != "no_plastic" {
        against.push(format!("the card of {id} has not ended ({})", card.card_place));
    }
    if card.answer.is_some() && card.financial != "closed" {
        against.push(format!("the account of {id} is not closed ({})", card.financial));
    }
    against
}

/// The ids of a person's applications, each way by an index of its own.
macro_rules! of_person {
    ($person:literal) => {
        concat!(
            "(SELECT id FROM application WHERE person = ",
            $person,
            " AND open UNION SELECT id FROM application WHERE person = ",
            $person,
            " AND live UNION SELECT id FROM application WHERE person = ",
            $person,
            " AND NOT open AND NOT live)"
        )
    };
}
pub(crate) use of_person;

const CARDS: &str = concat!(
    "SELECT a.id, a.application_id, a.state, v.card_place, v.has_card, a.financial, v.answer, a.open, a.bank, a.region
    FROM application a JOIN application_place v ON v.id = a.id WHERE a.id IN ",
    of_person!("$1"),
    " ORDER BY a.id"
);

/// Batches the person is or was in.
static BATCHES: LazyLock<String> = LazyLock::new(|| {
    let members = BatchKind::ALL.map(|kind| {
        let Members { table, batch, application, .. } = &kind.members;
        format!("SELECT m.{batch} AS batch FROM own_application o JOIN {table} m ON m.{application} = o.id WHERE m.{batch} IS NOT NULL UNION ")
    });
    format!("{} SELECT r.batch FROM own_application o JOIN former_row r ON r.application = o.id", members.concat())
});

/// Files the person is in.
static FILES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT id FROM file WHERE batch IN ({}) UNION SELECT c.answer FROM own_application o JOIN account c ON c.application = o.id
         UNION SELECT n.file FROM own_application o JOIN answer n ON n.application = o.id
         UNION SELECT s.report FROM own_application o JOIN spoilage s ON s.application = o.id
         UNION SELECT b.report FROM own_application o JOIN made m ON m.application = o.id JOIN box b ON b.id = m.box
         UNION SELECT s.manifest FROM own_application o JOIN made m ON m.application = o.id JOIN box b ON b.id = m.box
            JOIN shipment s ON s.id = b.shipment",
        *BATCHES
    )
});

static OPEN_BATCHES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT 'batch ' || b.number || ' is ' || b.state FROM batch b WHERE b.id IN ({}) AND b.state NOT IN ('answered', 'cancelled')",
        *BATCHES
    )
});

static OPEN_FILES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT 'file ' || f.id || ' is ' || f.state FROM file f WHERE f.id IN ({}) AND f.state IN ('frozen', 'placed')",
        *FILES
    )
});

static OPEN_CASES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT 'case ' || d.id || ' is ' || d.state FROM desk_case d WHERE d.state IN ('open', 'escalated')
            AND (d.application IN (SELECT id FROM own_application) OR d.file IN ({}))",
        *FILES
    )
});

const WAITING: &str = "SELECT 'message ' || h.id || ' is in the quarantine: retry or discard it' FROM own_application o
    JOIN application a ON a.id = o.id JOIN held h ON h.application_id = a.application_id";

/// Every message of the person's applications, what it was made of, and what was made of it.
const MESSAGES: &str = "WITH own AS (
        SELECT m.id, m.origin FROM own_application o JOIN application a ON a.id = o.id JOIN message m ON m.id = a.message
        UNION SELECT m.id, m.origin FROM own_application o JOIN application a ON a.id = o.id
            JOIN message m ON m.application_id = a.application_id AND m.outcome IN ('accepted', 'rejected', 'waiting')
        UNION SELECT m.id, m.origin FROM own_application o JOIN application a ON a.id = o.id
            JOIN message m ON m.application_id = a.application_id AND m.outcome IN ('conflicting', 'quarantined')),
    origins AS (SELECT COALESCE(origin, id) AS id FROM own)
    SELECT m.id, m.sealed FROM message m WHERE m.id IN (SELECT id FROM own UNION SELECT id FROM origins
        UNION SELECT x.id FROM message x WHERE x.origin IN (SELECT id FROM origins)) ORDER BY m.id";

const RENDITIONS: &str = "SELECT DISTINCT r.print, r.chip FROM own_application o JOIN application a ON a.id = o.id
    JOIN rendition r ON r.source = a.photo WHERE r.print IS NOT NULL AND r.digest IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM rendition x JOIN application y ON y.photo = x.source
        WHERE x.digest = r.digest AND y.id NOT IN (SELECT id FROM own_application))";
