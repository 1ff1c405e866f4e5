//! Files of partners made by hand, from what they were asked, down to their bytes.

use std::collections::BTreeMap;

use cardline::crypto::objects::sha256;
use cardline::exchange::files::FileRecord;
use cardline::time::instant;
use cardline_core::domain::{gb18030, pan};
use cardline_core::file_formats::{FileKind, FileSpec, Parsed, marker};
use cardline_world::play::day;
use jiff::Timestamp;

use crate::plays::Play;

/// The morning of a day.
pub fn morning(n: u32) -> Timestamp {
    instant(day(n), 8, 0)
}

/// A request as it lies at a partner, read.
pub struct Asked {
    pub partner: String,
    pub spec: FileSpec,
    pub parsed: Parsed,
}

/// The placed request of a kind at a partner with the most rows, to which no whole answer came.
pub async fn largest_request(play: &Play, partner: &str, kind: FileKind) -> Asked {
    let files = play.worker.ledger.files().await.unwrap();
    let open = files.into_iter().filter(|f| f.partner == partner && f.kind == kind.name() && f.state == "placed");
    let file = open.max_by_key(|f| (f.rows, -f.id)).expect("a request waits for its answer");
    read(play, file, kind)
}

/// A placed request by its name.
pub async fn request(play: &Play, name: &str, kind: FileKind) -> Asked {
    let files = play.worker.ledger.files().await.unwrap();
    read(play, files.into_iter().find(|f| f.name == name).unwrap(), kind)
}

fn read(play: &Play, file: FileRecord, kind: FileKind) -> Asked {
    let partner = play.worker.partners.get(&file.partner).unwrap();
    let bytes = std::fs::read(partner.to().join(&file.name)).unwrap();
    let bytes = match kind {
        FileKind::Personalization => cardline::route::production::read_cards(&bytes).unwrap(),
        _ => bytes,
    };
    let spec = partner.profile.file(kind).unwrap().clone();
    let Ok(parsed) = spec.parse(&bytes) else { panic!("our own file") };
    Asked { partner: file.partner, spec, parsed }
}

impl Asked {
    /// The layout of the answer.
    pub fn answers<'p>(&self, play: &'p Play, kind: FileKind) -> &'p FileSpec {
        play.worker.partners.get(&self.partner).unwrap().profile.file(kind).unwrap()
    }

    /// Our value of a field of each row that was asked.
    pub fn values(&self, field: &str) -> Vec<String> {
        self.parsed.rows.iter().map(|row| self.spec.value(row, field).unwrap_or_default()).collect()
    }

    /// The rows of an answer; `value` is asked for what the request does not say.
    pub fn arranged(&self, answers: &FileSpec, value: impl Fn(usize, &str) -> Option<String>) -> Vec<Vec<String>> {
        let rows = self.parsed.rows.iter().enumerate();
        let arranged = rows.map(|(n, row)| {
            let cell = |field: &str| value(n, field).or_else(|| self.spec.value(row, field));
            answers.arrange(cell).unwrap()
        });
        arranged.collect()
    }

    /// Places an answer of these rows as it is, whatever is wrong with them, and returns its name.
    pub async fn place(&self, play: &Play, kind: FileKind, rows: &[Vec<String>]) -> String {
        let answers = self.answers(play, kind);
        let sequence = play.worker.ledger.next_sequence(&self.partner, kind.name(), "in").await.unwrap();
        let control = self.control(kind, sequence, rows.len());
        let line = |cells: &[String]| format!("{}|\n", cells.join("|"));
        let head: Vec<String> = answers.control.iter().map(|c| control[c.field.as_str()].clone()).collect();
        let text: String = std::iter::once(line(&head)).chain(rows.iter().map(|row| line(row))).collect();
        self.place_bytes(play, kind, sequence, &gb18030::encode(&text).unwrap())
    }

    /// Places the bytes of an answer under a number of its stream.
    pub fn place_bytes(&self, play: &Play, kind: FileKind, sequence: i64, bytes: &[u8]) -> String {
        let answers = self.answers(play, kind);
        let region = self.parsed.control.get("region").cloned().unwrap_or_default();
        let name = answers.file_name(day(0), sequence as u64, &region).unwrap();
        let from = play.worker.partners.get(&self.partner).unwrap().from();
        std::fs::write(from.join(&name), bytes).unwrap();
        std::fs::write(from.join(answers.marker_name(&name).unwrap()), marker(bytes.len() as u64, &sha256(bytes)))
            .unwrap();
        name
    }

    fn control(&self, kind: FileKind, sequence: i64, count: usize) -> BTreeMap<&'static str, String> {
        let asked = |field: &str| self.parsed.control.get(field).cloned().unwrap_or_default();
        BTreeMap::from([
            ("kind", kind.name().to_owned()),
            ("partner", self.partner.clone()),
            ("region", asked("region")),
            ("batch", asked("batch")),
            ("sequence", sequence.to_string()),
            ("request", asked("sequence")),
            ("count", count.to_string()),
        ])
    }
}

/// A card number of no real bank whose check digit holds.
pub fn card_number_of_a_bank(n: usize) -> String {
    let body = format!("629999{n:09}");
    let check = pan::check_digit(&body).map(char::from).unwrap();
    format!("{body}{check}")
}

/// The rows of an account answer that opens all that was asked.
pub fn opens_all(asked: &Asked, answers: &FileSpec, on: u32) -> Vec<Vec<String>> {
    asked.arranged(answers, |n, field| match field {
        "code" => Some("opened".into()),
        "pan" => Some(card_number_of_a_bank(n)),
        "account" => Some(format!("9{n:012}")),
        "opened_on" => Some(day(on).to_string()),
        _ => None,
    })
}
