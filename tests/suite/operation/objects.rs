//! Objects in a bucket of a service that speaks S3 (a real server, `ops/services`): workers on several machines share
//! files, photos and the watermark; a service that is away holds back what needs it, and nothing is lost by it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use cardline::config::{Bucket, Config, Sourced};
use cardline::crypto::keys::Keys;
use cardline::crypto::objects::{Fetched, ObjectError, Objects};
use cardline::step::cause::Cause;
use cardline::step::{StageError, Worker};
use cardline::store::LedgerError;
use cardline::time::instant;
use cardline_core::file_formats::Secret;
use cardline_world::mirror;
use cardline_world::play::{day, tick};
use cardline_world::setting::Setting;

use super::forwarder::Forwarder;
use super::worker::program;
use crate::databases::{Database, Engine};
use crate::plays::{Play, broken};

static MADE: AtomicU32 = AtomicU32::new(0);

/// A part of the server's bucket that is the test's own.
fn bucket() -> Bucket {
    let address = std::env::var("CARDLINE_TEST_S3").expect("CARDLINE_TEST_S3 is not set; run `ops/services up`");
    let (place, secret) = address.split_once("?secret_key_file=").unwrap();
    let (server, bucket) = place.rsplit_once('/').unwrap();
    let (scheme, rest) = server.split_once("://").unwrap();
    let (key, host) = rest.split_once('@').unwrap();
    Bucket {
        bucket: bucket.into(),
        prefix: format!("suite-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed)),
        endpoint: format!("{scheme}://{host}"),
        region: "us-east-1".into(),
        access_key: key.into(),
        secret_key: Secret::File(secret.into()),
    }
}

fn opened(bucket: &Bucket) -> Objects {
    Objects::in_bucket(bucket, Keys::passing()).unwrap()
}

/// Another machine: a data folder of its own, to which the keys were copied and the partners' folders are mounted.
fn second_machine(first: &Path) -> tempfile::TempDir {
    let second = tempfile::tempdir().unwrap();
    let keys = second.path().join("keys");
    std::fs::create_dir(&keys).unwrap();
    for file in std::fs::read_dir(first.join("keys")).unwrap().map(|file| file.unwrap().path()) {
        if file.is_file() {
            std::fs::copy(&file, keys.join(file.file_name().unwrap())).unwrap();
        }
    }
    std::os::unix::fs::symlink(first.join("partners"), second.path().join("partners")).unwrap();
    second
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_on_two_machines_share_files_photos_and_the_watermark() {
    const DAYS: u32 = 10;
    const KEPT: u32 = 7;
    let database = Database::new(Engine::Postgres).await;
    let first = database.folder.path().to_owned();
    let mut config = Config::in_folder(&first, Some(database.url.clone()));
    config.objects = Sourced { value: Some(bucket()), source: "given" };
    let mut play = Play::of(database, config, Setting::demo(67, 60, DAYS)).await;
    let second = second_machine(&first);
    let machines: [PathBuf; 2] = [first.clone(), second.path().to_owned()];
    for n in 0..DAYS {
        play.worker.ledger.close().await;
        play.worker.config.data.value = machines[n as usize % 2].clone();
        play.start_on(day(n)).await;
        play.day(n).await;
        if n == KEPT {
            play.worker.ledger.close().await;
            play.database().keep().await;
            play.start_on(day(n)).await;
        }
    }
    assert_eq!(broken(&play.books(DAYS - 1, true).await), Vec::<String>::new());
    let seen = mirror(&play.world, &play.worker).await.unwrap();
    assert!(seen.holds, "{:#?}", seen.differences);
    for machine in &machines {
        assert!(!machine.join("objects").exists() && !machine.join("watermarks").exists(), "{}", machine.display());
    }

    // The database goes back; a third machine, where nobody ever worked, knows it.
    play.worker.ledger.close().await;
    play.database().restore().await;
    let third = second_machine(&first);
    play.worker.config.data.value = third.path().to_owned();
    play.start_on(day(DAYS)).await;
    let refused = tick(&play.worker, None, instant(day(DAYS), 9, 0)).await.expect_err("it is halted");
    assert!(matches!(refused, StageError::Ledger(LedgerError::Reconciling { .. })), "{refused}");
    play.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_that_come_at_once_one_is_first_and_no_change_is_lost() {
    let bucket = bucket();
    for round in 0..10 {
        let name = format!("envelope-{round}");
        let keeping = (0..8u8).map(|n| {
            let (objects, name) = (opened(&bucket), name.clone());
            tokio::spawn(async move { objects.keep_first("sealed", &name, vec![n; 3_000]).await.unwrap() })
        });
        let mut kept = Vec::new();
        for one in keeping.collect::<Vec<_>>() {
            kept.push(one.await.unwrap());
        }
        kept.dedup();
        assert_eq!(kept.len(), 1, "of round {round} each has another");
        assert_eq!(opened(&bucket).kept("sealed", &name).await.unwrap(), kept.pop());
    }
    let counting = (0..8).map(|_| {
        let objects = opened(&bucket);
        let more = |lying: Option<&[u8]>| {
            let number: u32 = lying.map_or(0, |text| std::str::from_utf8(text).unwrap().parse().unwrap());
            Some((number + 1).to_string().into_bytes())
        };
        tokio::spawn(async move { objects.change("counted", "one", more).await.unwrap() })
    });
    for one in counting.collect::<Vec<_>>() {
        one.await.unwrap();
    }
    assert_eq!(opened(&bucket).kept("counted", "one").await.unwrap().unwrap(), b"8");
}

/// What needs no object goes on while the service is away; nothing leaves the house.
async fn a_worker_starts_and_sends_nothing(away: &Bucket) {
    let database = Database::new(Engine::Sqlite).await;
    let mut config = Config::in_folder(database.folder.path(), Some(database.url.clone()));
    config.objects = Sourced { value: Some(away.clone()), source: "given" };
    let worker = Worker::open(config, day(0)).await.unwrap();
    let refused = worker.watch_history(instant(day(0), 9, 0)).await.expect_err("the watermark cannot be read");
    assert_eq!(Cause::of(&refused), Cause::Objects);
    worker.ledger.close().await;
}

async fn refusal(bucket: &Bucket) -> String {
    let error = opened(bucket).fetch("photos/somebody.jpg", 100).await.err().expect("nothing is missing, it is away");
    assert!(matches!(error, ObjectError::Service { .. }), "{error}");
    let told = error.to_string();
    assert!(!told.contains("somebody") && !told.contains(&bucket.access_key), "{told}");
    assert_eq!(Cause::of(&StageError::from(error)), Cause::Objects);
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_away_is_no_photo_that_is_missing() {
    let there = bucket();
    opened(&there).upload("photos/somebody.jpg", vec![7; 50]).await.unwrap();
    let forwarder = Forwarder::cut(there.endpoint.split_once("://").unwrap().1).await;
    let through = Bucket { endpoint: format!("http://127.0.0.1:{}", forwarder.port), ..there.clone() };
    assert!(refusal(&through).await.contains("refused"));
    forwarder.open();
    let objects = opened(&through);
    assert!(matches!(objects.fetch("photos/somebody.jpg", 100).await, Ok(Fetched::Found(bytes)) if bytes.len() == 50));
    assert!(matches!(objects.fetch("photos/somebody.jpg", 49).await, Ok(Fetched::TooLarge)));
    assert!(matches!(objects.fetch("photos/nobody.jpg", 49).await, Ok(Fetched::Missing)));
    for key in ["../photos/somebody.jpg", "/photos/somebody.jpg", "photos//somebody.jpg"] {
        assert!(matches!(objects.fetch(key, 100).await, Ok(Fetched::Refused(_))), "{key}");
    }
    forwarder.close();
    refusal(&through).await;
    a_worker_starts_and_sends_nothing(&through).await;

    let folder = tempfile::tempdir().unwrap();
    for objects in [opened(&there), Objects::in_folder(folder.path(), Keys::passing()).unwrap()] {
        objects.reach().await.unwrap();
        objects.keeps_conditions().await.unwrap();
        assert!(matches!(objects.get("files", "0123").await, Err(ObjectError::Missing { .. })));
        assert!(matches!(objects.fetch("files/01/0123", 100).await, Ok(Fetched::Refused(_))), "that is ours");
    }
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "another").unwrap();
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let wrong = Secret::File(secret.display().to_string());
    for (bucket, said) in [
        (Bucket { secret_key: wrong, ..there.clone() }, "does not take our key"),
        (Bucket { access_key: "nobody".into(), ..there.clone() }, "know our key"),
        (Bucket { bucket: "no-such-bucket".into(), ..there.clone() }, "no such bucket"),
    ] {
        assert!(refusal(&bucket).await.contains(said));
        // Nothing counts as removed, and nothing as absent, where nobody may look.
        assert!(opened(&bucket).remove_key("photos/somebody.jpg").await.is_err());
        assert!(
            opened(&bucket).has("files", "0123").await.is_err() && opened(&bucket).kept("files", "0123").await.is_err()
        );
        let text = format!(
            "objects = 's3://{}/x'\n[objects_store]\nendpoint = '{}'\naccess_key = '{}'\nsecret_key_file = '{}'\n",
            bucket.bucket,
            bucket.endpoint,
            bucket.access_key,
            match &bucket.secret_key {
                Secret::File(path) | Secret::Variable(path) => path,
            }
        );
        let file = folder.path().join("cardline.toml");
        std::fs::write(&file, text).unwrap();
        let url = format!("sqlite:{}", folder.path().join("none.db").display());
        let doctor = tokio::task::block_in_place(|| {
            program(&url, folder.path()).arg("doctor").env("CARDLINE_CONFIG", &file).output().unwrap()
        });
        let doctor = String::from_utf8(doctor.stdout).unwrap();
        assert!(doctor.contains(said) && doctor.contains("[objects_store]"), "{doctor}");
    }
}
