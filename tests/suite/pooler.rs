//! pgbouncer between a worker and PostgreSQL: with a session each it works as it comes; where every
//! transaction gets another session, it is refused at once, by name.

use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cardline::store::{Ledger, LedgerError};

use crate::conformance::arrivals::{Intake, arriving, now};
use crate::databases::{Database, Engine, is_root};

/// A pooler of this test's own. It refuses to run as root, as the server does.
struct Pooler {
    child: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Pooler {
    fn start(database: &Database, mode: &str) -> Pooler {
        let folder = tempfile::tempdir().unwrap();
        let (_, rest) = database.url.split_once('@').unwrap();
        let (server, name) = rest.split_once('/').unwrap();
        let (host, server_port) = server.split_once(':').unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let users = folder.path().join("users");
        std::fs::write(&users, "\"postgres\" \"\"\n").unwrap();
        // Everything that is not said here is as it comes.
        let text = format!(
            "[databases]\n{name} = host={host} port={server_port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = {mode}\n",
            users.display()
        );
        let settings = folder.path().join("pgbouncer.ini");
        std::fs::write(&settings, text).unwrap();
        let open = |path: &Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
        open(folder.path(), 0o755);
        open(&users, 0o644);
        open(&settings, 0o644);
        let mut command = Command::new(if is_root() { "setpriv" } else { program() });
        if is_root() {
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", program()]);
        }
        let child = command.arg("-q").arg(&settings).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.expect("pgbouncer; `ops/services up` installs it");
        let pooler = Pooler { child, url: format!("postgres://postgres@127.0.0.1:{port}/{name}"), _folder: folder };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(60), "pgbouncer does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        pooler
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Debian keeps it where only root looks.
fn program() -> &'static str {
    if Path::new("/usr/sbin/pgbouncer").exists() { "/usr/sbin/pgbouncer" } else { "pgbouncer" }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_of_sessions_works_and_one_of_transactions_is_refused_at_once() {
    let database = Database::new(Engine::Postgres).await;
    let mut intake = Intake::on(&database).await;
    intake.ledger.close().await;
    for mode in ["transaction", "statement"] {
        let pooler = Pooler::start(&database, mode);
        let started = Instant::now();
        let refused = Ledger::open(&pooler.url).await.err().expect("sessions change under it");
        assert!(started.elapsed() < Duration::from_secs(15), "{:?}: {refused}", started.elapsed());
        assert!(
            matches!(refused, LedgerError::Pooled { .. }) && refused.to_string().contains("pool_mode = session"),
            "{refused}"
        );
    }
    let pooler = Pooler::start(&database, "session");
    let pooled = Ledger::open(&pooler.url).await.unwrap();
    pooled.cover_like(&intake.ledger);
    intake.ledger = pooled;
    let name = intake.ledger.take_name("worker").await.unwrap().expect("a free name");
    intake.settle(vec![arriving(1, 1, "a"), arriving(2, 1, "b")]).await.unwrap();
    assert!(name.confirm(&intake.ledger).await.unwrap());
    assert!(intake.ledger.take_lease("work", "suite", now(), 60).await.unwrap().is_some());
    intake.books_hold().await;
    intake.ledger.close().await;
}
