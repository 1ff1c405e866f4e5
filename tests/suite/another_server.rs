//! A ledger moves to another server, as it does to the next major version: by a dump, into a server whose
//! count of transactions was raised before. Without that it is halted, and nothing is sent.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use cardline::books::BooksReport;
use cardline::config::Config;
use cardline::messages::history::Seal;
use cardline::step::{StageError, Worker};
use cardline::store::{Ledger, LedgerError, Opening};
use cardline::time::instant;
use cardline_world::mirror;
use cardline_world::play::{day, tick};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::conformance::arrivals::{execute, number};
use crate::databases::{Database, Engine, is_root};
use crate::operation::worker::{ended, program};
use crate::own_service::OwnService;
use crate::plays::{Play, broken};
use crate::steps::drain;

const MOVED_AFTER_DAYS: u32 = 6;
const DAYS: u32 = 20;
/// Further than a new server has counted once a dump is loaded.
const COUNTED: u32 = 20_000;

/// As the runbook says: the server is stopped, its epoch raised, and it is started again.
fn raise_count(server: &OwnService, epoch: i64) {
    let data = server.postgres_data();
    run(postgres("pg_ctl").args(["stop", "-w", "-m", "fast", "-D"]).arg(&data));
    run(postgres("pg_resetwal").args([&format!("--epoch={epoch}"), "-D"]).arg(&data));
    server.restart();
}

/// A standby of a server, which only replays.
struct Standby {
    data: PathBuf,
    url: String,
}

impl Standby {
    fn of(server: &OwnService) -> Standby {
        let data = server.folder().join("standby");
        std::fs::create_dir(&data).unwrap();
        std::fs::set_permissions(&data, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&data));
        }
        let address = server.address();
        let (before, name) = address.rsplit_once('/').unwrap();
        run(postgres("pg_basebackup").args(["-R", "-c", "fast", "-X", "stream", "-d", before, "-D"]).arg(&data));
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let options = format!("-p {port} -c unix_socket_directories=''");
        run(postgres("pg_ctl").args(["start", "-s", "-w", "-l", "/dev/null", "-o", &options, "-D"]).arg(&data));
        Standby { data, url: format!("postgres://postgres@127.0.0.1:{port}/{name}") }
    }
}

impl Drop for Standby {
    fn drop(&mut self) {
        run(postgres("pg_ctl").args(["stop", "-m", "immediate", "-D"]).arg(&self.data));
    }
}

/// A program of the server, as the server's user.
fn postgres(name: &str) -> Command {
    let folders = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let programs = folders.map(|version| version.unwrap().path().join("bin").join(name)).filter(|path| path.exists());
    let program = programs.last().unwrap_or_else(|| name.into());
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program).current_dir("/");
    command
}

/// Lets a server count that many transactions further.
async fn count_further(transactions: u32, url: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let each = "PERFORM pg_current_xact_id(); COMMIT;";
    let all = format!("DO $$ BEGIN FOR n IN 1..{transactions} LOOP {each} END LOOP; END $$");
    sqlx::raw_sql(AssertSqlSafe(all)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

fn run(command: &mut Command) {
    // A server that is started keeps what it inherits.
    let ran = command.stdin(Stdio::null()).output().unwrap();
    assert!(ran.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_moves_to_another_server_whose_count_was_raised() {
    let database = Database::alone(Engine::Postgres).await;
    count_further(COUNTED, &database.url).await;
    let mut play = Play::new(database, 61, 50, DAYS).await;
    for n in 0..MOVED_AFTER_DAYS {
        play.day(n).await;
    }
    let old = play.worker.ledger.clone();
    let seals = number(&old, "SELECT count(*) FROM seal").await;
    let epoch = number(&old, "SELECT CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT) >> 32").await;
    let dump = tempfile::tempdir().unwrap();
    let file = dump.path().join("ledger.dump");
    run(Command::new("pg_dump").args(["--format=custom", "--file"]).arg(&file).arg(&play.database().url));
    old.close().await;
    let server = tokio::task::block_in_place(|| OwnService::up("postgres"));
    let load = || run(Command::new("pg_restore").args(["--no-owner", "--dbname"]).arg(server.address()).arg(&file));

    // A server that counts from the beginning.
    let mut config = play.worker.config.clone();
    let home = std::mem::replace(&mut config.database.value, server.address());
    tokio::task::block_in_place(load);
    let halted = Worker::open(config.clone(), day(MOVED_AFTER_DAYS)).await.unwrap();
    let refused = tick(&halted, None, instant(day(MOVED_AFTER_DAYS), 9, 0)).await.expect_err("it is halted");
    assert!(matches!(refused, StageError::Ledger(LedgerError::Reconciling { .. })), "{refused}");
    halted.ledger.close().await;
    let others = format!("{}/postgres", server.address().rsplit_once('/').unwrap().0);
    run(Command::new("psql").args([&others, "-qc", "DROP DATABASE cardline", "-c", "CREATE DATABASE cardline"]));

    // One whose count was raised beyond the old one's.
    tokio::task::block_in_place(|| raise_count(&server, epoch + 1));
    tokio::task::block_in_place(load);
    play.worker.config = config;
    play.start_anew().await;
    for n in MOVED_AFTER_DAYS..DAYS {
        play.day(n).await;
    }
    assert!(number(&play.worker.ledger, "SELECT count(*) FROM seal").await > seals, "history is sealed as before");
    assert_eq!(broken(&play.books(DAYS - 1, true).await), Vec::<String>::new());
    let seen = mirror(&play.world, &play.worker).await.unwrap();
    assert!(seen.holds, "{:#?}", seen.differences);
    let standby = tokio::task::block_in_place(|| Standby::of(&server));
    everything_can_be_read_on_a_standby(&play, &server, &standby).await;
    play.worker.ledger.close().await;
    a_primary_that_moves_is_found(&play, &server, &standby).await;
    play.worker.config.database.value = home;
    play.end().await;
}

/// A standby is an outage for a worker, and shows the same as its primary.
async fn everything_can_be_read_on_a_standby(play: &Play, server: &OwnService, standby: &Standby) {
    let ledger = Ledger::opened(&standby.url, Opening::Look).await.unwrap();
    ledger.cover_like(&play.worker.ledger);
    let refused = ledger.begin().await.err().expect("no writes");
    assert!(refused.is_read_only() && refused.is_outage(), "{refused}");
    let (at, here) = (instant(day(DAYS - 1), 18, 0), &play.worker.ledger);
    let (theirs, ours) = (ledger.books(at, true, None).await.unwrap(), here.books(at, true, None).await.unwrap());
    assert_eq!(broken(&theirs), Vec::<String>::new());
    let cases = |report: &BooksReport| report.books.iter().map(|law| (law.law, law.cases)).collect::<Vec<_>>();
    assert_eq!(cases(&theirs), cases(&ours));
    ledger.close().await;
    let data = play.worker.config.data.value.as_path();
    let shown =
        |url: &str, words: &[&str]| String::from_utf8(ended(program(url, data).args(words), &[0]).stdout).unwrap();
    for words in
        [&["batch", "list"][..], &["photos", "list"], &["quarantine", "list"], &["trace", "110101-20260105-000000000"]]
    {
        assert_eq!(shown(&standby.url, words), shown(&server.address(), words), "{words:?}");
    }
    let doctor = ended(program(&standby.url, data).arg("doctor"), &[1]);
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("this is a standby"));
}

/// An address with both servers: what writes goes to the one that takes writes, also after it became the other one.
async fn a_primary_that_moves_is_found(play: &Play, server: &OwnService, standby: &Standby) {
    let (_, primary) =
        server.address().rsplit_once('@').map(|(user, rest)| (user.to_owned(), rest.to_owned())).unwrap();
    let (before, _) = standby.url.rsplit_once('/').unwrap();
    let both = format!("{before},{primary}");
    let ledger = Ledger::opened(&both, Opening::Change).await.unwrap();
    ledger.begin().await.unwrap();
    let nowhere = both.rsplit_once('/').unwrap().0.to_owned() + "/none";
    let refused = Ledger::opened(&nowhere, Opening::Look).await.err().expect("there is no such database");
    assert!(!refused.is_outage() && refused.to_string().contains("does not exist"), "{refused}");
    let reading = Ledger::opened(&format!("{both}?target_session_attrs=standby"), Opening::Look).await.unwrap();
    assert!(reading.begin().await.err().unwrap().is_read_only());
    reading.close().await;
    tokio::task::block_in_place(|| {
        run(postgres("pg_ctl").args(["stop", "-m", "immediate", "-D"]).arg(server.postgres_data()));
    });
    let gone = ledger.begin().await.err().expect("the primary is gone");
    assert!(gone.is_outage(), "{gone}");
    let none = Ledger::opened(&both, Opening::Look).await.err().expect("nobody takes writes").to_string();
    assert!(none.contains("read-write") && none.contains("is a standby") && none.contains("refused"), "{none}");
    tokio::task::block_in_place(|| run(postgres("pg_ctl").args(["promote", "-w", "-D"]).arg(&standby.data)));
    ledger.begin().await.unwrap();
    ledger.close().await;
    let (data, evening) = (play.worker.config.data.value.as_path(), instant(day(DAYS - 1), 19, 0).to_string());
    ended(program(&both, data).args(["tick", "--at", &evening]), &[0]);
    let doctor = ended(program(&both, data).arg("doctor"), &[0, 1]);
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("in_recovery off"), "{doctor:?}");
}

/// Moves that nobody has sealed yet tell it as well as the last seal.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moves_that_are_not_sealed_tell_that_a_server_counts_anew() {
    for encrypted in [false, true] {
        let database = Database::new(Engine::Postgres).await;
        // Keys are made with the ledger.
        let config = Config::in_folder(database.folder.path(), Some(database.url.clone()));
        let worker = Worker::open(config, day(0)).await.unwrap();
        let now = instant(day(0), 9, 0);
        let mut intake = crate::conformance::arrivals::Intake::on(&database).await;
        intake.settle(vec![crate::conformance::arrivals::arriving(1, 1, "a")]).await.unwrap();
        if encrypted {
            drain(&Seal, &worker, now).await.unwrap();
            intake.settle(vec![crate::conformance::arrivals::arriving(2, 1, "b")]).await.unwrap();
        }
        assert!(!worker.ledger.counts_transactions_anew().await.unwrap());
        // As if the server had counted further where the last of them were written.
        let last = "UPDATE move SET tx = tx + 1000000 WHERE tx >= (SELECT COALESCE(max(to_tx), 0) FROM seal)";
        execute(&worker.ledger, last).await;
        assert!(worker.ledger.counts_transactions_anew().await.unwrap(), "sealed: {encrypted}");
        worker.watch_history(now).await.unwrap();
        let halt = worker.ledger.halt().await.unwrap().expect("it is halted");
        assert!(halt.found.contains("counts transactions anew"), "{}", halt.found);
    }
}
