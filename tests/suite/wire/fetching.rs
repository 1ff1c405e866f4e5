//! What lies on a partner's server: fetched once it is whole, read here, put away there, and told of there.

use std::path::PathBuf;

use cardline::route::ROUTE;
use jiff::{Timestamp, ToSpan};

use super::play::over_the_wire;
use super::{Server, names, place_marker, sha256};
use crate::plays::Play;

/// A bank that has answered, and its folders there.
struct Bank {
    play: Play,
    there: PathBuf,
    now: Timestamp,
}

impl Bank {
    async fn that_answered(server: &Server) -> Bank {
        let play = over_the_wire(server, 8).await;
        let now = cardline::time::instant(play.world.setting.day(8), 9, 0);
        Bank { there: server.partner_folder("ICBC"), play, now }
    }

    /// An answer that was applied: its name and bytes.
    async fn applied(&self) -> (String, Vec<u8>) {
        let files = self.play.worker.ledger.files().await.unwrap();
        let applied = |f: &&cardline::exchange::files::FileRecord| {
            f.partner == "ICBC" && f.kind == "account-result" && f.state == "applied"
        };
        let name = files.iter().rfind(applied).unwrap().name.clone();
        let bytes = std::fs::read(self.there.join("from/archive").join(&name)).unwrap();
        (name, bytes)
    }

    fn place(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.there.join("from").join(name), bytes).unwrap();
    }

    fn place_marker(&self, name: &str, of: &[u8]) {
        place_marker(&self.there.join("from"), name, of);
    }

    /// The steps that fetch, read and tell, at an instant.
    async fn round(&self, at: Timestamp) {
        for name in ["fetch", "answers", "tell", "fetch"] {
            for step in ROUTE.iter().filter(|step| step.name == name) {
                let ran = step.run(&self.play.worker, at).await.unwrap();
                assert!(ran.set_aside.is_empty(), "{name}: {:?}", ran.set_aside);
            }
        }
    }

    /// In which states files of a name are, in order.
    async fn states(&self, name: &str) -> Vec<String> {
        let files = self.play.worker.ledger.files().await.unwrap();
        files.into_iter().filter(|file| file.name == name).map(|file| file.state).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_file_again_is_a_repeat_and_put_away_as_one() {
    let server = Server::of_tests();
    let bank = Bank::that_answered(&server).await;
    let (name, bytes) = bank.applied().await;
    bank.place(&name, &bytes);
    bank.round(bank.now).await;
    assert_eq!(bank.states(&name).await, ["applied"], "it has no marker yet");
    bank.place_marker(&name, &bytes);
    bank.round(bank.now).await;
    assert_eq!(bank.states(&name).await, ["applied", "repeated"]);
    assert_eq!(names(&bank.there.join("from")), Vec::<String>::new());
    let put_away = names(&bank.there.join("from/archive"));
    assert!(put_away.contains(&name) && put_away.contains(&format!("{name}.repeated.{}", &sha256(&bytes)[..8])));
    bank.play.worker.ledger.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_cannot_be_read_is_told_of_on_the_server() {
    let server = Server::of_tests();
    let bank = Bank::that_answered(&server).await;
    let (name, bytes) = bank.applied().await;
    let half = &bytes[..bytes.len() / 2];
    bank.place(&name, half);
    bank.place_marker(&name, half);
    bank.round(bank.now).await;
    let states = bank.states(&name).await;
    assert!(states.len() == 2 && states[1] != "applied", "{states:?}");
    let report = format!("{name}.{}.errors.csv", &sha256(half)[..8]);
    let there = std::fs::read_to_string(bank.there.join("to").join(&report)).unwrap();
    assert!(there.starts_with("line,column,field,code,message"), "{there}");
    let here = bank.play.worker.partners.get("ICBC").unwrap().reports();
    assert!(!here.join(report).exists(), "it is there, and not needed here");
    bank.play.worker.ledger.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_marker_of_other_bytes_is_waited_for_and_then_refused() {
    let server = Server::of_tests();
    let bank = Bank::that_answered(&server).await;
    let (name, bytes) = bank.applied().await;
    // The partner writes slowly over an older file, whose marker is still there.
    bank.place_marker(&name, &bytes);
    let waiting = async |bytes: &[u8], at: Timestamp| {
        bank.place(&name, bytes);
        bank.round(at).await;
        bank.states(&name).await
    };
    assert_eq!(waiting(&bytes[..100], bank.now).await, ["applied"]);
    assert_eq!(waiting(&bytes[..200], bank.now + 50.seconds()).await, ["applied"]);
    assert_eq!(waiting(&bytes[..200], bank.now + 70.seconds()).await, ["applied"]);
    let states = waiting(&bytes[..200], bank.now + 120.seconds()).await;
    assert_eq!(states, ["applied", "refused"], "nothing changed for a minute");
    for later in [180, 300, 420] {
        bank.round(bank.now + later.seconds()).await;
    }
    assert_eq!(bank.states(&name).await, ["applied", "refused"], "once");
    assert_eq!(names(&bank.there.join("from")), Vec::<String>::new());
    bank.play.worker.ledger.close().await;
}
