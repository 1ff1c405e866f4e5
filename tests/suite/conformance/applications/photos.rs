//! Photos from the object store to the account cut: one bad photo holds one card, names why, and has a
//! way out; everybody else goes on.

use cardline::photos::Photos;
use cardline::route::accounts::Cut;
use cardline::route::intake::from_file;
use cardline::step::Worker;
use cardline::time::instant;
use cardline_world::generate::applications::{application, corrected};
use cardline_world::generate::photos::DEFAULT_PHOTOS;
use cardline_world::generate::plan::{KindChoice, Plan};
use cardline_world::play::{FIRST_DAY, day};
use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::conformance::arrivals::number;
use crate::databases::{Database, on_both_engines};
use crate::plays::{Play, broken};
use crate::steps::drain;

on_both_engines!(
    a_bad_photo_holds_its_own_card_alone,
    a_repaired_or_replaced_photo_lets_its_card_go_on,
    a_photo_that_is_late_is_asked_for_again,
    equal_photos_are_rendered_once,
    a_store_that_is_gone_holds_nobody,
);

const SEED: u64 = 11;

fn evening() -> Timestamp {
    instant(FIRST_DAY, 20, 0)
}

/// A worker, people who apply, and what they uploaded.
struct Desk {
    play: Play,
    plan: Plan,
    /// Indexes of applications that come with an upload and are clean.
    clean: Vec<u64>,
}

/// What a message says of a photo that is there and good.
fn truth(key: &str, file: &[u8], width: u32, height: u32) -> Value {
    let sha256: String = Sha256::digest(file).iter().map(|byte| format!("{byte:02x}")).collect();
    json!({ "source": "upload", "object": key, "sha256": sha256, "bytes": file.len(), "width": width, "height": height })
}

fn message_of(json: &str, photo: &Value) -> Value {
    let mut message: Value = serde_json::from_str(json).unwrap();
    message["photo"] = photo.clone();
    message
}

impl Desk {
    async fn new(database: Database) -> Desk {
        let play = Play::new(database, 1, 0, 1).await;
        let regions = ["110101".to_owned()];
        let plan = Plan::new(SEED, 0, &regions, FIRST_DAY, &play.worker.reference, DEFAULT_PHOTOS).ok().unwrap();
        let upload = |index: &u64| {
            let message: Value =
                serde_json::from_str(&application(&plan, *index, FIRST_DAY, &KindChoice::FirstIssue).json).unwrap();
            message["photo"]["source"] == "upload"
        };
        let clean = (0..200).filter(upload).take(20).collect();
        Desk { play, plan, clean }
    }

    fn worker(&self) -> &Worker {
        &self.play.worker
    }

    fn id(&self, n: usize) -> String {
        application(&self.plan, self.clean[n], FIRST_DAY, &KindChoice::FirstIssue).application_id
    }

    /// The n-th person's application with this photo; later revisions are corrections.
    fn message(&self, n: usize, revision: u32, photo: &Value) -> Value {
        let (index, choice) = (self.clean[n], KindChoice::FirstIssue);
        let generated = match revision {
            1 => application(&self.plan, index, FIRST_DAY, &choice),
            _ => corrected(&self.plan, index, FIRST_DAY, &choice, revision),
        };
        message_of(&generated.json, photo)
    }

    /// Takes messages in; returns how many were accepted, rejected and conflicting.
    async fn take_in(&self, messages: &[Value]) -> (i64, i64, i64) {
        let path = self.play.folder().join("messages.ndjson");
        std::fs::write(&path, messages.iter().map(|m| format!("{m}\n")).collect::<String>()).unwrap();
        let counts = from_file(self.worker(), &path, evening(), |_, _| ()).await.unwrap();
        (counts.accepted, counts.rejected, counts.conflicting)
    }

    async fn upload(&self, key: &str, file: &[u8]) {
        self.worker().objects.upload(key, file.to_vec()).await.unwrap();
    }

    async fn look(&self, at: Timestamp) {
        drain(&Photos, self.worker(), at).await.unwrap();
    }

    /// Place, and the code of the photo's fault, of the n-th card.
    async fn stands(&self, n: usize) -> (String, String) {
        let trace = self.worker().ledger.trace(&self.id(n)).await.unwrap().unwrap();
        let code = trace.photo_fault.unwrap_or_default();
        (trace.place.unwrap_or(trace.state), code.split(':').next().unwrap_or_default().to_owned())
    }

    async fn books_hold(&self, at: Timestamp) {
        let report = self.worker().ledger.books(at, true, None).await.unwrap();
        assert_eq!(broken(&report), Vec::<String>::new());
    }

    async fn open_cases(&self) -> i64 {
        number(&self.worker().ledger, "SELECT count(*) FROM desk_case WHERE state = 'open'").await
    }
}

/// A picture of noise: no two of another offset are equal.
fn noise(width: u32, height: u32, offset: u32) -> Vec<u8> {
    let noise = |x: u32, y: u32| ((x + offset).wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) >> 13;
    let picture = RgbImage::from_fn(width, height, |x, y| Rgb([(noise(x, y) & 127) as u8 + 60; 3]));
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, 90).encode_image(&picture).unwrap();
    file
}

fn noisy(width: u32, height: u32) -> Vec<u8> {
    noise(width, height, 0)
}

/// A good photo of the smallest size.
fn portrait(n: u32) -> Vec<u8> {
    noise(358, 441, n)
}

/// The file with a header that promises 65,500 by 65,500.
fn bomb() -> Vec<u8> {
    let mut file = portrait(1);
    let frame = file.windows(2).position(|two| two == [0xFF, 0xC0]).unwrap();
    file[frame + 5..frame + 9].copy_from_slice(&[0xFF, 0xDC, 0xFF, 0xDC]);
    file
}

/// Each kind of photo, put into the store: what the application declares, and the code expected.
async fn every_kind(desk: &Desk) -> Vec<(Value, &'static str)> {
    let good = portrait(1);
    let large = noisy(716, 882);
    let pdf = [b"%PDF-1.7\n".to_vec(), vec![b' '; 25_000]].concat();
    let with = |mut photo: Value, name: &str, value: Value| {
        photo[name] = value;
        photo
    };
    let mut kinds = Vec::new();
    let mut put = |file: &[u8], declared: Value, code: &'static str| {
        let key = format!("photos/kinds/{code}-{}.jpg", kinds.len());
        let declared = with(declared, "object", json!(key));
        kinds.push((declared, code));
        (key, file.to_vec())
    };
    let too_large = vec![0xFF; 9_175_041];
    let uploads = [
        put(&good, truth("", &good, 358, 441), ""),
        put(&large, truth("", &large, 716, 882), ""),
        put(&portrait(2), truth("", &portrait(14), 358, 441), "PHOTO-DIGEST"),
        put(&[], truth("", &portrait(3), 358, 441), "PHOTO-DIGEST"),
        put(&too_large, with(truth("", &too_large, 3_580, 4_410), "bytes", json!(9_175_040)), "PHOTO-TOO-LARGE"),
        put(&pdf, truth("", &pdf, 358, 441), "PHOTO-FORMAT"),
        put(&large[..large.len() / 2], truth("", &large[..large.len() / 2], 716, 882), "PHOTO-BROKEN"),
        put(&noisy(357, 440), truth("", &noisy(357, 440), 358, 441), "PHOTO-SMALL"),
        put(&noisy(500, 500), truth("", &noisy(500, 500), 358, 441), "PHOTO-ASPECT"),
        put(&portrait(4), truth("", &portrait(4), 716, 882), "PHOTO-DECLARED"),
        put(&bomb(), truth("", &bomb(), 3_580, 4_410), "PHOTO-BOMB"),
    ];
    for (key, file) in uploads {
        desk.upload(&key, &file).await;
    }
    let folder = "photos/folder.jpg";
    std::fs::create_dir(desk.play.folder().join("objects").join(folder)).unwrap();
    kinds.push((truth(folder, &portrait(6), 358, 441), "PHOTO-MISSING"));
    kinds
}

async fn a_bad_photo_holds_its_own_card_alone(database: Database) {
    let desk = Desk::new(database).await;
    let kinds = every_kind(&desk).await;
    let messages: Vec<Value> = kinds.iter().enumerate().map(|(n, (photo, _))| desk.message(n, 1, photo)).collect();
    assert_eq!(desk.take_in(&messages).await, (kinds.len() as i64, 0, 0));
    // A key that leads out of the store does not come so far: a rule refuses it.
    for (n, key) in (kinds.len()..).zip(["../messages.ndjson", "/etc/passwd"]) {
        let photo = truth(key, &portrait(6), 358, 441);
        assert_eq!(desk.take_in(&[desk.message(n, 1, &photo)]).await, (0, 1, 0), "{key}");
    }
    desk.look(evening()).await;
    for (n, (_, code)) in kinds.iter().enumerate() {
        let place = if code.is_empty() { "waiting_account" } else { "held" };
        assert_eq!(desk.stands(n).await, (place.to_owned(), (*code).to_owned()), "card {n}");
        let trace = desk.worker().ledger.trace(&desk.id(n)).await.unwrap().unwrap();
        let told = trace.moves.last().unwrap();
        assert_eq!((told.to == "held", told.reason.starts_with(code)), (!code.is_empty(), true), "card {n}");
        if !code.is_empty() {
            // One deadline, and somebody whose turn it is: the card's and its case's are the same day.
            assert_eq!((trace.owner.as_str(), trace.due_on.as_str()), ("bureau operator", "2026-01-12"));
        }
    }
    let on_hold = kinds.iter().filter(|(_, code)| !code.is_empty()).count() as i64;
    assert_eq!(desk.open_cases().await, on_hold);
    let ledger = &desk.worker().ledger;
    let one_each = "SELECT count(*) FROM desk_case k JOIN application a ON a.id = k.application AND a.due_on = k.due_on
        AND a.reason = k.reason WHERE k.state = 'open' AND a.place = 'held'";
    assert_eq!(number(ledger, one_each).await, on_hold);
    assert_eq!(ledger.waiting_photos(None).await.unwrap().len() as i64, on_hold);
    desk.books_hold(evening()).await;
    // The others are asked of their bank, and none of those on hold is.
    drain(&Cut::STEP, desk.worker(), instant(day(3), 20, 0)).await.unwrap();
    assert_eq!(desk.stands(0).await.0, "in_account_batch");
    assert_eq!(desk.stands(1).await.0, "in_account_batch");
    assert_eq!(number(ledger, "SELECT count(*) FROM account_row").await, 2);
    desk.books_hold(instant(day(3), 20, 0)).await;
    desk.play.end().await;
}

async fn a_repaired_or_replaced_photo_lets_its_card_go_on(database: Database) {
    let desk = Desk::new(database).await;
    let (good, pdf) = (portrait(7), [b"%PDF-1.7\n".to_vec(), vec![b' '; 25_000]].concat());
    let repaired = truth("photos/repaired.jpg", &good, 358, 441);
    let replaced = truth("photos/replaced.jpg", &pdf, 358, 441);
    desk.upload("photos/repaired.jpg", &portrait(8)).await;
    desk.upload("photos/replaced.jpg", &pdf).await;
    let photos = [&repaired, &replaced, &replaced];
    let messages: Vec<Value> = photos.iter().enumerate().map(|(n, photo)| desk.message(n, 1, photo)).collect();
    assert_eq!(desk.take_in(&messages).await, (3, 0, 0));
    desk.look(evening()).await;
    for (n, code) in ["PHOTO-DIGEST", "PHOTO-FORMAT", "PHOTO-FORMAT"].iter().enumerate() {
        assert_eq!(desk.stands(n).await, ("held".to_owned(), (*code).to_owned()));
    }

    // Repaired: nothing happens by itself; asked for again, its card goes on and the case is settled.
    desk.upload("photos/repaired.jpg", &good).await;
    let later = evening() + 1.hour();
    desk.look(later).await;
    assert_eq!(desk.stands(0).await.0, "held");
    let ledger = &desk.worker().ledger;
    assert_eq!(ledger.ask_photos_again(Some(&desk.id(0)), later).await.unwrap(), 1);
    desk.look(later).await;
    assert_eq!(desk.stands(0).await, ("waiting_account".to_owned(), String::new()));
    assert_eq!(desk.open_cases().await, 2);
    desk.books_hold(later).await;

    // Replaced by a higher revision, a wrong one first: that one only counts.
    let better = truth("photos/better.jpg", &good, 358, 441);
    desk.upload("photos/better.jpg", &good).await;
    let mut wrong = desk.message(1, 2, &better);
    wrong["holder"]["mobile"] = json!("12");
    assert_eq!(desk.take_in(&[wrong]).await, (0, 1, 0));
    assert_eq!(desk.stands(1).await, ("held".to_owned(), "PHOTO-FORMAT".to_owned()));
    assert_eq!(desk.take_in(&[desk.message(1, 3, &better)]).await, (1, 0, 0));
    assert_eq!(desk.stands(1).await, ("waiting_account".to_owned(), String::new()));
    assert_eq!(desk.open_cases().await, 1);
    let trace = ledger.trace(&desk.id(1)).await.unwrap().unwrap();
    assert_eq!((trace.revision, trace.state.as_str(), trace.owner.as_str()), (3, "accepted", "bureau operator"));
    desk.look(later).await;
    assert_eq!(desk.stands(1).await, ("waiting_account".to_owned(), String::new()));
    // Who was not on hold is not open to a higher revision, and the third is on hold as before.
    assert_eq!(desk.take_in(&[desk.message(0, 2, &better)]).await, (0, 0, 1));
    assert_eq!(desk.stands(2).await, ("held".to_owned(), "PHOTO-FORMAT".to_owned()));
    desk.books_hold(later).await;
    drain(&Cut::STEP, desk.worker(), instant(day(3), 20, 0)).await.unwrap();
    assert_eq!(
        (desk.stands(0).await.0, desk.stands(1).await.0),
        ("in_account_batch".into(), "in_account_batch".into())
    );
    desk.books_hold(instant(day(3), 20, 0)).await;
    desk.play.end().await;
}

async fn a_photo_that_is_late_is_asked_for_again(database: Database) {
    let desk = Desk::new(database).await;
    let (late, never) = (portrait(9), portrait(10));
    let photos = [truth("photos/late.jpg", &late, 358, 441), truth("photos/never.jpg", &never, 716, 882)];
    let messages: Vec<Value> = photos.iter().enumerate().map(|(n, photo)| desk.message(n, 1, photo)).collect();
    assert_eq!(desk.take_in(&messages).await, (2, 0, 0));
    let tries = "SELECT CAST(COALESCE(sum(tries), 0) AS BIGINT) FROM rendition";
    // Both in vain; then one is there, and the other is asked for a second, a third and a last time.
    let asked = [(0, 2), (9, 2), (10, 2), (60, 2), (70, 3), (70 + 24 * 60, 0)];
    for (minutes, expected) in asked {
        if minutes == 10 {
            desk.upload("photos/late.jpg", &late).await;
        }
        desk.look(evening() + i64::from(minutes).minutes()).await;
        let sum = number(&desk.worker().ledger, tries).await;
        assert_eq!(sum, expected, "after {minutes} minutes");
        let missing = if minutes < 10 { "PHOTO-MISSING" } else { "" };
        assert_eq!(desk.stands(0).await, ("waiting_account".to_owned(), missing.to_owned()));
        let place = if minutes > 100 { "held" } else { "waiting_account" };
        assert_eq!(desk.stands(1).await, (place.to_owned(), "PHOTO-MISSING".to_owned()), "after {minutes} minutes");
        desk.books_hold(evening() + i64::from(minutes).minutes()).await;
    }
    assert_eq!(desk.open_cases().await, 1);
    desk.play.end().await;
}

async fn equal_photos_are_rendered_once(database: Database) {
    let desk = Desk::new(database).await;
    let file = portrait(12);
    desk.upload("photos/a.jpg", &file).await;
    // The second is the same upload under another key, the third declares something else of it.
    let mut lying = truth("photos/a.jpg", &file, 358, 441);
    lying["bytes"] = json!(file.len() + 1);
    let same = [truth("photos/a.jpg", &file, 358, 441), truth("photos/b.jpg", &file, 358, 441), lying];
    let messages: Vec<Value> = same.iter().enumerate().map(|(n, photo)| desk.message(n, 1, photo)).collect();
    assert_eq!(desk.take_in(&messages).await, (3, 0, 0));
    desk.look(evening()).await;
    assert_eq!(desk.stands(0).await, ("waiting_account".to_owned(), String::new()));
    assert_eq!(desk.stands(1).await, ("waiting_account".to_owned(), String::new()));
    assert_eq!(desk.stands(2).await, ("held".to_owned(), "PHOTO-DECLARED".to_owned()));
    let distinct = "SELECT count(DISTINCT print) + count(DISTINCT chip) FROM rendition WHERE print IS NOT NULL";
    assert_eq!(number(&desk.worker().ledger, distinct).await, 2);
    desk.books_hold(evening()).await;
    desk.play.end().await;
}

async fn a_store_that_is_gone_holds_nobody(database: Database) {
    let desk = Desk::new(database).await;
    let file = portrait(13);
    desk.upload("photos/1.jpg", &file).await;
    assert_eq!(desk.take_in(&[desk.message(0, 1, &truth("photos/1.jpg", &file, 358, 441))]).await, (1, 0, 0));
    let (store, aside) = (desk.play.folder().join("objects"), desk.play.folder().join("objects.aside"));
    std::fs::rename(&store, &aside).unwrap();
    let told = drain(&Photos, desk.worker(), evening()).await.unwrap_err().to_string();
    assert!(told.contains("object store folder"), "{told}");
    assert_eq!(desk.stands(0).await, ("waiting_account".to_owned(), String::new()));
    std::fs::rename(&aside, &store).unwrap();
    desk.look(evening() + 2.minutes()).await;
    assert_eq!(number(&desk.worker().ledger, "SELECT count(*) FROM rendition WHERE print IS NOT NULL").await, 1);
    desk.play.end().await;
}
