//! Days of the world in envelopes: a bank that has gpg, and one that has openssl, neither with any code of ours.

use std::path::Path;

use cardline::actions::envelope_keys::{Used, enter, make, revoke, rotate};
use cardline::config::Config;
use cardline::crypto::envelope_keys::EnvelopeKeys;
use cardline::exchange::envelopes::sealed;
use cardline::exchange::files::FileRecord;
use cardline::route::ROUTE;
use cardline::time::instant;
use cardline_core::file_formats::{EnvelopeKind, Profile};
use cardline_envelopes::Envelope;
use cardline_world::setting::Setting;
use jiff::{Timestamp, ToSpan};

use super::gateway::Gateway;
use super::{names, profiles, sha256};
use crate::databases::{Database, Engine};
use crate::plays::{Play, broken};

const SEED: u64 = 5;
const CARDS: u64 = 300;
const DAYS: u32 = 12;

struct Sealed {
    play: Play,
    gpg: Gateway,
    openssl: Gateway,
    _banks: tempfile::TempDir,
}

fn wrapped(kind: EnvelopeKind) -> String {
    format!("[envelope]\nout = \"{0}\"\nin = \"{0}\"\n", kind.code())
}

fn gateway(kind: Envelope, code: &str, (here, banks): (&Path, &Path), made: Timestamp) -> Gateway {
    let path = here.join("profiles").join(format!("{code}.toml"));
    let profile = Profile::load(&std::fs::read_to_string(&path).unwrap(), code).unwrap();
    Gateway::new(kind, profile, (here.join("partners").join(code), banks.join("partners").join(code)), made)
}

impl Sealed {
    /// A world in which two banks are reached in envelopes, their keys and ours exchanged.
    async fn world() -> Sealed {
        let (database, banks) = (Database::new(Engine::Sqlite).await, tempfile::tempdir().unwrap());
        let here = database.folder.path().to_owned();
        let mut config = Config::in_folder(&here, Some(database.url.clone()));
        let sealed = [("ICBC", wrapped(EnvelopeKind::OpenPgp)), ("CCB", wrapped(EnvelopeKind::Gm))];
        config.partners.value = Some(profiles(&here, &sealed));
        // The others' folders are the same on both sides.
        std::fs::create_dir_all(here.join("partners")).unwrap();
        for code in ["ABC", "BUREAU"] {
            std::fs::create_dir_all(banks.path().join("partners").join(code)).unwrap();
            std::os::unix::fs::symlink(banks.path().join("partners").join(code), here.join("partners").join(code))
                .unwrap();
        }
        let play = Play::abroad(database, config, Setting::demo(SEED, CARDS, DAYS), banks.path()).await;
        let made = instant(play.world.setting.first_day, 0, 0);
        let used = Used { from: made, until: None };
        let mut gpg = gateway(Envelope::OpenPgp, "ICBC", (&here, banks.path()), made);
        let mut openssl = gateway(Envelope::Gm, "CCB", (&here, banks.path()), made);
        for (bank, kind) in [(&mut gpg, EnvelopeKind::OpenPgp), (&mut openssl, EnvelopeKind::Gm)] {
            let ours = make(&play.worker, kind, used, made).await.unwrap();
            bank.trust(&ours.id, &ours.public, made);
            let code = bank.profile.code.clone();
            let theirs = enter(&play.worker, &code, kind, &bank.public(made), used, made).await.unwrap();
            assert_eq!(theirs.id, bank.key_id);
        }
        Sealed { play, gpg, openssl, _banks: banks }
    }

    /// Plays days; what lies on either side is carried in the morning.
    async fn days(&mut self, days: std::ops::Range<u32>) -> (usize, usize) {
        let (mut opened, mut answered) = (0, 0);
        for n in days {
            let morning = instant(self.play.world.setting.day(n), 8, 0);
            for bank in [&mut self.gpg, &mut self.openssl] {
                opened += bank.take_in(morning);
                answered += bank.answer(morning);
            }
            self.play.day(n).await;
        }
        (opened, answered)
    }

    /// The steps that read answers, whatever comes of it.
    async fn read(&self, at: Timestamp) {
        for step in ROUTE.iter().filter(|step| ["answers", "tell"].contains(&step.name)) {
            step.run(&self.play.worker, at).await.unwrap();
        }
    }

    /// A file of the bank with gpg as it travels.
    async fn travelling(&self, file: &FileRecord, at: Timestamp) -> Vec<u8> {
        let (worker, partner) = (&self.play.worker, self.play.worker.partners.get("ICBC").unwrap());
        let kept = (&*worker.envelope_keys as &dyn EnvelopeKeys, &worker.objects);
        sealed(kept, partner, file, b"rows\n".to_vec(), None, at).await.unwrap()
    }

    async fn states(&self, name: &str) -> Vec<String> {
        let files = self.play.worker.ledger.files().await.unwrap();
        files.into_iter().filter(|file| file.name == name).map(|file| file.state).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn banks_with_gpg_and_openssl_exchange_for_days_and_through_a_change_of_keys() {
    let mut sealed = Sealed::world().await;
    let (opened, answered) = sealed.days(0..6).await;
    assert!(opened > 5 && answered > 3, "{opened} {answered}");
    // Our keys change: the banks enter the new ones after they began, and seal to the old ones until then.
    let worker = &sealed.play.worker;
    let from = instant(sealed.play.world.setting.day(6), 0, 0);
    let new_pgp = rotate(worker, EnvelopeKind::OpenPgp, from, 3, from).await.unwrap();
    let new_gm = rotate(worker, EnvelopeKind::Gm, from, 3, from).await.unwrap();
    assert_eq!((new_pgp.len(), new_gm.len()), (2, 2));
    sealed.gpg.answer(from);
    sealed.openssl.answer(from);
    sealed.gpg.trust(&new_pgp[0].id, &new_pgp[0].public, from);
    sealed.openssl.trust(&new_gm[0].id, &new_gm[0].public, from);
    let (opened, _) = sealed.days(6..DAYS).await;
    assert!(opened > 3, "{opened}");
    assert_eq!(broken(&sealed.play.books(DAYS - 1, true).await), Vec::<String>::new());
    let files = sealed.play.worker.ledger.files().await.unwrap();
    for (code, suffix) in [("ICBC", ".pgp"), ("CCB", ".gm")] {
        let of = |direction: &str, state: &str| {
            files.iter().filter(|f| f.partner == code && f.direction == direction && f.state == state).count()
        };
        let (answered, applied) = (of("out", "answered"), of("in", "applied"));
        assert!(answered > 0 && applied > 1, "{code}: {answered} answered, {applied} applied");
        let doubtful = files.iter().filter(|f| f.partner == code && ["refused", "held"].contains(&f.state.as_str()));
        let doubtful: Vec<_> = doubtful.map(|f| (&f.name, &f.state, &f.reason)).collect();
        assert!(doubtful.is_empty(), "{doubtful:?}");
        let lying = names(&sealed.play.worker.partners.get(code).unwrap().to());
        assert!(lying.iter().all(|name| name.contains(suffix)), "{lying:?}");
    }
    sealed.play.worker.ledger.close().await;
}

/// What is sent again is the same to the byte, also after keys changed; not between keys of which one was revoked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_envelope_is_kept_until_one_of_its_keys_is_revoked() {
    let mut all = Sealed::world().await;
    all.days(0..2).await;
    let at = instant(all.play.world.setting.day(2), 9, 0);
    let files = all.play.worker.ledger.files().await.unwrap();
    let file = files.into_iter().find(|file| file.partner == "ICBC" && file.direction == "out").unwrap();
    let first = all.travelling(&file, at).await;
    let changed = rotate(&all.play.worker, EnvelopeKind::OpenPgp, at, 3, at).await.unwrap();
    assert!(all.travelling(&file, at + 2.hours()).await == first, "the same bytes again");
    revoke(&all.play.worker, &changed[1].id, at + 3.hours(), at + 3.hours()).await.unwrap();
    let second = all.travelling(&file, at + 4.hours()).await;
    assert!(second != first, "it is signed by a key that was revoked");
    assert!(all.travelling(&file, at + 5.hours()).await == second);
    all.play.worker.ledger.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_sealed_as_agreed_is_refused_or_held_before_it_is_read() {
    let mut sealed = Sealed::world().await;
    sealed.days(0..6).await;
    let now = instant(sealed.play.world.setting.day(6), 9, 0);
    let files = sealed.play.worker.ledger.files().await.unwrap();
    let last = files.iter().rfind(|f| f.partner == "ICBC" && f.kind == "account-result" && f.state == "applied");
    let last = last.unwrap().name.clone();
    let next = last.strip_suffix(".pgp").unwrap();
    let number: u64 = sealed.gpg.profile.recognise(&last).unwrap().1.sequence;
    let next = next.replace(&format!("{number:06}"), &format!("{:06}", number + 1));
    let bytes = b"nothing of this is ever read".to_vec();
    type Change = fn(&mut cardline_envelopes::Manifest);
    let wrong: [(&str, Change); 6] = [
        ("to", |m| m.to = "OTHER".into()),
        ("from", |m| m.from = "ABC".into()),
        ("kind", |m| m.kind = "recycling-result".into()),
        ("environment", |m| m.environment = "production".into()),
        ("sequence", |m| m.sequence += 1),
        ("previous_sha256", |m| m.previous_sha256 = Some("0".repeat(64))),
    ];
    for (refused, (field, change)) in wrong.into_iter().enumerate() {
        let bytes = [&bytes[..], field.as_bytes()].concat();
        let name = sealed.gpg.send(&next, &bytes, now, change);
        let envelope = std::fs::read(sealed.gpg.ours.join("from").join(&name)).unwrap();
        sealed.read(now).await;
        assert_eq!(sealed.states(&name).await, vec!["refused"; refused + 1], "{field}");
        let report = format!("{name}.{}.errors.csv", &sha256(&envelope)[..8]);
        // The report comes in an envelope, too, which the bank opens like any other.
        assert!(!sealed.gpg.ours.join("to").join(&report).exists());
        sealed.gpg.take_in(now);
        let told = std::fs::read_to_string(sealed.gpg.banks.join("to").join(report)).unwrap();
        assert!(told.contains("FILE-ENVELOPE") && told.contains(field), "{field}: {told}");
    }
    // Without an envelope it is none of the agreed files.
    std::fs::write(sealed.gpg.ours.join("from").join(&next), &bytes).unwrap();
    sealed.read(now).await;
    assert_eq!(sealed.states(&next).await, Vec::<String>::new());
    std::fs::remove_file(sealed.gpg.ours.join("from").join(&next)).unwrap();
    // Signed after the key was lost: a person decides.
    let key = sealed.gpg.key_id.clone();
    revoke(&sealed.play.worker, &key, now - 1.hour(), now).await.unwrap();
    let name = sealed.gpg.send(&next, b"signed by whoever has the key", now, |_| ());
    sealed.read(now).await;
    assert_eq!(sealed.states(&name).await.last().map(String::as_str), Some("held"));
    sealed.play.worker.ledger.close().await;
}
