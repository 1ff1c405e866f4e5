//! Days of the world over the wire: everything comes out as if the partners had folders here.

use std::process::Command;

use cardline::actions::connection::try_connection;
use cardline::actions::outcome::ActionError;
use cardline::actions::resend::{ResendRefusal, preview, resend};
use cardline::config::Config;
use cardline::exchange::transport::Published;
use cardline::route::ROUTE;
use cardline::step::cause::Cause;
use cardline::time::instant;
use cardline_world::play_day;
use cardline_world::setting::Setting;
use jiff::ToSpan;

use super::{Server, names, profiles, sha256};
use crate::databases::{Database, Engine};
use crate::plays::{Play, broken};

const SEED: u64 = 5;
const CARDS: u64 = 120;
const DAYS: u32 = 12;
const PARTNERS: [&str; 4] = ["ABC", "BUREAU", "CCB", "ICBC"];

/// Everything the ledger says of files, and the cards by state.
async fn outcome(play: &Play) -> Vec<String> {
    let files = play.worker.ledger.files().await.unwrap();
    let shown =
        files.iter().map(|f| format!("{} {} {:?} {} {} {}", f.partner, f.kind, f.sequence, f.name, f.state, f.sha256));
    let mut shown: Vec<String> = shown.collect();
    shown.sort();
    shown.push(format!("{:?}", play.worker.ledger.cards_by_state().await.unwrap()));
    shown
}

pub async fn over_the_wire(server: &Server, days: u32) -> Play {
    let database = Database::new(Engine::Sqlite).await;
    let transports = PARTNERS.map(|code| (code, server.transport(code)));
    let mut config = Config::in_folder(database.folder.path(), Some(database.url.clone()));
    config.partners.value = Some(profiles(database.folder.path(), &transports));
    let mut play = Play::abroad(database, config, Setting::demo(SEED, CARDS, DAYS), server.root.path()).await;
    for n in 0..days {
        play.day(n).await;
    }
    play
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_comes_out_as_with_folders() {
    let server = Server::of_tests();
    let with_folders = Play::played(Database::new(Engine::Sqlite).await, SEED, CARDS, DAYS).await;
    let play = over_the_wire(&server, DAYS).await;
    assert_eq!(outcome(&play).await, outcome(&with_folders).await);
    assert_eq!(broken(&play.books(DAYS - 1, true).await), Vec::<String>::new());
    // What was settled is put away there; nothing of it is left where it lay, and our requests lie where they belong.
    let answers = play.worker.ledger.files().await.unwrap();
    assert!(answers.iter().any(|file| file.direction == "in" && file.state == "applied"));
    let last = instant(play.world.setting.day(DAYS - 1), 19, 0);
    for step in ROUTE.iter().filter(|step| step.name == "fetch") {
        step.run(&play.worker, last).await.unwrap();
    }
    for code in PARTNERS {
        let there = server.partner_folder(code);
        let partner = play.worker.partners.get(code).unwrap();
        assert_eq!(names(&there.join("from")), names(&partner.from()), "{code}: what waits there waits here");
        assert!(!names(&there.join("to")).iter().any(|name| name.ends_with(".part")));
    }
    play.worker.ledger.close().await;
    with_folders.worker.ledger.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_away_holds_nobody_else_back_and_is_caught_up_with() {
    let server = Server::of_tests();
    let database = Database::new(Engine::Sqlite).await;
    let away = server.transport("ICBC").replace(&format!("port = {}", server.port), "port = 1");
    let mut config = Config::in_folder(database.folder.path(), Some(database.url.clone()));
    let folder = database.folder.path().to_owned();
    let mut transports = PARTNERS.map(|code| (code, server.transport(code))).to_vec();
    transports.retain(|(code, _)| *code != "ICBC");
    transports.push(("ICBC", away));
    config.partners.value = Some(profiles(&folder, &transports));
    let setting = Setting::demo(SEED, CARDS, DAYS);
    let mut play = Play::abroad(database, config, setting, server.root.path()).await;
    let mut causes = std::collections::BTreeSet::new();
    for n in 0..3 {
        // In a play nothing fails, so it ends with what the world sent.
        assert!(play_day(&mut play.world, &play.worker, n).await.is_err());
        for (hour, minute) in [(9, 0), (17, 30)] {
            for step in ROUTE {
                let ran = step.run(&play.worker, instant(play.world.setting.day(n), hour, minute)).await.unwrap();
                causes.extend(ran.set_aside.into_iter().map(|aside| (aside.record.partner, aside.cause)));
            }
        }
    }
    assert_eq!(Vec::from_iter(causes), [("ICBC".to_owned(), Cause::Unreachable)]);
    let told = play.worker.ledger.all_set_aside().await.unwrap();
    let told: Vec<_> = told.iter().map(|aside| (aside.step.as_str(), aside.unit.as_str())).collect();
    assert_eq!(
        told,
        [("exchange/fetch", "server"), ("exchange/send", "server")],
        "one case a step, however many files"
    );
    let files = play.worker.ledger.files().await.unwrap();
    let sent =
        |code: &str| files.iter().filter(|f| f.partner == code && f.direction == "out" && f.state != "frozen").count();
    assert!(sent("ICBC") == 0 && sent("ABC") > 0 && sent("CCB") > 0, "the others went on");
    // Who carries for one partner leaves alone what is the others'.
    let before = play.worker.ledger.all_set_aside().await.unwrap();
    let abc = play.worker.carrying_for("ABC");
    for step in ROUTE.iter().filter(|step| step.is_apart) {
        let ran = step.run(&abc, instant(play.world.setting.day(2), 18, 0)).await.unwrap();
        assert!(ran.set_aside.is_empty(), "{:?}", ran.set_aside);
    }
    let after = play.worker.ledger.all_set_aside().await.unwrap();
    let of = |asides: &[cardline::step::asides::AsideRecord]| {
        asides.iter().map(|a| (a.step.clone(), a.failures)).collect::<Vec<_>>()
    };
    assert_eq!(of(&before), of(&after));
    // Three days later it is there again: everything is sent by itself, once.
    transports.pop();
    transports.push(("ICBC", server.transport("ICBC")));
    profiles(&folder, &transports);
    play.start_anew().await;
    for n in 3..DAYS {
        play.day(n).await;
    }
    assert_eq!(broken(&play.books(DAYS - 1, true).await), Vec::<String>::new());
    let files = play.worker.ledger.files().await.unwrap();
    assert!(files.iter().any(|f| f.partner == "ICBC" && f.state == "answered"));
    assert!(play.worker.ledger.all_set_aside().await.unwrap().is_empty());
    play.worker.ledger.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_test_tells_what_is_well_and_leaves_nothing() {
    let server = Server::of_tests();
    let play = over_the_wire(&server, 1).await;
    let partner = play.worker.partners.get("ICBC").unwrap();
    let there = server.partner_folder("ICBC");
    let before = (names(&there.join("to")), names(&there.join("from")), names(&there.join("from/archive")));
    let now = jiff::Timestamp::now();
    let tried = try_connection(&play.worker, partner, now, now).await.unwrap();
    let words: Vec<_> = tried.iter().map(|one| (one.what, one.is_well)).collect();
    let all = ["connection", "to", "place", "clock", "from", "archive", "put away"];
    assert_eq!(words, all.map(|what| (what, true)), "{tried:?}");
    assert_eq!((names(&there.join("to")), names(&there.join("from")), names(&there.join("from/archive"))), before);
    let tried = try_connection(&play.worker, partner, now, now + 1.hour()).await.unwrap();
    let wrong: Vec<_> = tried.iter().filter(|one| !one.is_well).map(|one| one.what).collect();
    assert_eq!(wrong, ["clock"]);
    std::fs::remove_dir(there.join("from/archive")).unwrap();
    let tried = try_connection(&play.worker, partner, now, now).await.unwrap();
    assert!(tried.iter().any(|one| one.what == "archive" && !one.is_well), "{tried:?}");
    play.worker.ledger.close().await;
}

#[test]
fn the_server_of_the_tests_is_openssh() {
    let server = Server::of_tests();
    let scanned = Command::new("ssh-keyscan")
        .args(["-p", &server.port.to_string(), "-t", "ed25519", &server.host])
        .output()
        .unwrap();
    let scanned = String::from_utf8(scanned.stdout).unwrap();
    assert!(scanned.contains(server.host_key.rsplit(' ').next().unwrap()), "{scanned}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_sent_again_as_it_was_and_told_as_gone_once_its_bytes_are() {
    let server = Server::of_tests();
    let play = over_the_wire(&server, 6).await;
    let (worker, now) = (&play.worker, instant(play.world.setting.day(6), 9, 0));
    let files = worker.ledger.files().await.unwrap();
    let file = files.iter().find(|f| f.partner == "ICBC" && f.direction == "out" && f.state != "frozen").unwrap();
    let there = server.partner_folder("ICBC").join("to").join(&file.name);
    // The bank took it, and lost it.
    let before = std::fs::read(&there).unwrap_or_default();
    let _ = (std::fs::remove_file(&there), std::fs::remove_file(there.with_extension("txt.ok")));
    let seen = preview(worker, file.id).await.unwrap();
    assert!(!seen.lies_there && seen.sha256 == file.sha256);
    assert!(!there.exists(), "a preview sends nothing");
    assert_eq!(resend(worker, file.id, now).await.unwrap().1, Published::Now);
    let again = std::fs::read(&there).unwrap();
    assert_eq!(sha256(&again), file.sha256);
    assert!(before.is_empty() || before == again);
    assert_eq!(resend(worker, file.id, now).await.unwrap().1, Published::Before);
    let came = files.iter().find(|f| f.direction == "in").unwrap();
    let refused = async |id: i64| match resend(worker, id, now).await {
        Err(ActionError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(came.id).await, ResendRefusal::FromThem);
    assert_eq!(refused(9_999).await, ResendRefusal::NoFile(9_999));
    std::fs::remove_file(&there).unwrap();
    worker.objects.remove("files", &file.sha256).await.unwrap();
    assert_eq!(refused(file.id).await, ResendRefusal::Lost);
    assert!(!there.exists(), "it is not rendered anew");
    worker.ledger.close().await;
}
