//! The real program and several servers: one that hangs holds back its own files and nothing else.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Server, names, place_marker, profiles};
use crate::databases::{Database, Engine};
use crate::proxy::Proxy;

/// Longer than any look at a server, with room for a busy machine.
const PATIENCE: Duration = Duration::from_secs(150);

struct Running(Child);

impl Running {
    fn start(database: &Database, profiles: &Path) -> Running {
        let child = Command::new(env!("CARGO_BIN_EXE_cardline"))
            .args(["run", "--stages", "accounts"])
            .env("CARDLINE_DATABASE", &database.url)
            .env("CARDLINE_DATA", database.folder.path())
            .env("CARDLINE_PARTNERS", profiles)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Running(child)
    }

    /// Ends it as an operator does; whether it ended by itself in time.
    fn ended(mut self) -> bool {
        let _ = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(40) {
            if self.0.try_wait().unwrap().is_some() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        false
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Places an answer to nothing we asked, which is told of.
fn place(there: &Path, name: &str) {
    let (bytes, from) = (b"an answer to nothing", there.join("from"));
    std::fs::write(from.join(name), bytes).unwrap();
    place_marker(&from, name, bytes);
}

fn is_told(there: &Path) -> bool {
    names(&there.join("to")).iter().any(|name| name.ends_with(".errors.csv")) && names(&there.join("from")).is_empty()
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "no end of: {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_holds_back_its_own_files_only() {
    let (server, database) = (Server::of_tests(), Database::new(Engine::Sqlite).await);
    let proxy = Proxy::to(&format!("ssh://{}:{}/", server.host, server.port)).await;
    let port = proxy.url.trim_end_matches('/').rsplit(':').next().unwrap().to_owned();
    let through = server.transport("ICBC").replace(&format!("port = {}", server.port), &format!("port = {port}"));
    let profiles = profiles(database.folder.path(), &[("ABC", server.transport("ABC")), ("ICBC", through)]);
    let there = ["ABC", "ICBC"].map(|code| server.partner_folder(code));
    for folder in &there {
        std::fs::create_dir_all(folder.join("to")).unwrap();
        std::fs::create_dir_all(folder.join("from/archive")).unwrap();
    }
    let [abc, icbc] = there;
    proxy.keep_silent(true);
    let running = Running::start(&database, &profiles);
    tokio::task::block_in_place(|| {
        place(&icbc, "ICBC_110101_20260106_000001_KHHP.txt");
        place(&abc, "KHR2026010611010100000001.dat");
        until("an answer of the server that works is read and told of", || is_told(&abc));
        assert!(!is_told(&icbc));
        proxy.keep_silent(false);
        until("the server that hung is served", || is_told(&icbc));
        assert!(running.ended(), "it ends when it is told to");
    });
}
