//! A fresh database for each test, on either engine; it is gone when the test ends.

use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use cardline::step::keys_of;
use cardline::store::{Ledger, Opening};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The two engines a ledger runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A database of a test's own, and a folder for everything else.
pub struct Database {
    pub engine: Engine,
    pub url: String,
    pub folder: tempfile::TempDir,
    /// Name of the database on the server.
    name: Option<String>,
    _permit: Permit,
}

/// Held as long as a database on the server is used.
#[expect(dead_code, reason = "a guard is held, not read")]
enum Permit {
    None,
    Shared(RwLockReadGuard<'static, ()>),
    Alone(RwLockWriteGuard<'static, ()>),
}

static MADE: AtomicU32 = AtomicU32::new(0);

/// Encrypting waits for the oldest transaction of the whole server, so a play that must go the same way
/// every time is alone on it.
static SERVER: RwLock<()> = RwLock::const_new(());

/// The server of the tests. A test never skips because it is missing.
fn server() -> String {
    std::env::var("CARDLINE_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "CARDLINE_TEST_POSTGRES is not set: these tests need PostgreSQL. Run them through `ops/test`, which \
             starts one, or start one with `ops/services up` and set the variable to the address it prints"
        )
    })
}

async fn on_server(sql: String) {
    let server = server();
    let mut connection = PgConnection::connect(&server)
        .await
        .unwrap_or_else(|e| panic!("no PostgreSQL at {server}: {e}; `ops/services up` starts one"));
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

impl Database {
    /// Runs a script on the empty database.
    pub async fn run_script(&self, sql: String) {
        let sql = AssertSqlSafe(sql);
        match self.engine {
            Engine::Sqlite => {
                let options = SqliteConnectOptions::from_str(&self.url).unwrap().create_if_missing(true);
                let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    }

    /// An empty database.
    pub async fn new(engine: Engine) -> Database {
        match engine {
            Engine::Sqlite => Database::make(engine, Permit::None).await,
            Engine::Postgres => Database::make(engine, Permit::Shared(SERVER.read().await)).await,
        }
    }

    /// An empty database, while no other test uses the server.
    pub async fn alone(engine: Engine) -> Database {
        match engine {
            Engine::Sqlite => Database::new(engine).await,
            Engine::Postgres => Database::make(engine, Permit::Alone(SERVER.write().await)).await,
        }
    }

    async fn make(engine: Engine, permit: Permit) -> Database {
        Database::like("template1", engine, permit).await
    }

    /// On PostgreSQL with the content of another database of the server.
    async fn like(other: &str, engine: Engine, permit: Permit) -> Database {
        let folder = tempfile::tempdir().unwrap();
        if engine == Engine::Sqlite {
            let url = format!("sqlite:{}", folder.path().join("cardline.db").display());
            return Database { engine, url, folder, name: None, _permit: permit };
        }
        let name = format!("suite_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        on_server(format!("DROP DATABASE IF EXISTS {name}")).await;
        on_server(format!("CREATE DATABASE {name} TEMPLATE {other}")).await;
        let server = server();
        let (before, _) = server.rsplit_once('/').unwrap();
        Database { engine, url: format!("{before}/{name}"), folder, name: Some(name), _permit: permit }
    }

    /// Another database with the same content and a copy of the folder. Nobody may be connected. The test
    /// keeps this one meanwhile, and with it the permit of both: who has one and waits for a second stands
    /// behind who waits to be alone, forever.
    pub async fn copied(&self) -> Database {
        let copy = Database::like(self.name.as_deref().unwrap_or_default(), self.engine, Permit::None).await;
        copy_folder(self.folder.path(), copy.folder.path());
        copy
    }

    /// Runs a statement on the server as its owner does, outside of the program.
    pub async fn run(&self, sql: &'static str) {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Copies the database aside, as a physical backup does. Nobody may be connected.
    pub async fn keep(&self) {
        match &self.name {
            None => {
                let from = self.folder.path().join("cardline.db");
                std::fs::copy(&from, from.with_extension("kept")).map(|_| ()).unwrap();
            }
            Some(name) => on_server(format!("CREATE DATABASE {name}_kept TEMPLATE {name}")).await,
        }
    }

    /// A database to copy from for as long as the tests run: it counts as nobody's, so that who made it
    /// must hold one of its own meanwhile.
    pub async fn to_copy(engine: Engine) -> Database {
        Database::make(engine, Permit::None).await
    }

    /// Becomes a copy of another, with all of its folder. Nobody may be connected to either.
    pub async fn become_copy_of(&self, other: &Database) {
        copy_folder(other.folder.path(), self.folder.path());
        if let (Some(name), Some(from)) = (&self.name, &other.name) {
            on_server(format!("DROP DATABASE {name}")).await;
            on_server(format!("CREATE DATABASE {name} TEMPLATE {from}")).await;
        }
    }

    /// Puts back what was kept. Nobody may be connected.
    pub async fn restore(&self) {
        match &self.name {
            None => {
                let to = self.folder.path().join("cardline.db");
                for beside in ["db-wal", "db-shm"] {
                    let _ = std::fs::remove_file(to.with_extension(beside));
                }
                std::fs::rename(to.with_extension("kept"), to).unwrap();
            }
            Some(name) => {
                on_server(format!("DROP DATABASE {name} WITH (FORCE)")).await;
                on_server(format!("CREATE DATABASE {name} TEMPLATE {name}_kept")).await;
                on_server(format!("DROP DATABASE {name}_kept")).await;
            }
        }
    }

    /// A ledger on it, with the schema up to date and the keys of the folder.
    pub async fn ledger(&self) -> Ledger {
        let ledger = Ledger::open(&self.url).await.unwrap();
        keys_of(&ledger, &self.folder.path().join("keys"), Opening::Change).await.unwrap();
        ledger
    }
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() { copy_folder(&from, &to) } else { std::fs::copy(&from, &to).map(|_| ()).unwrap() }
    }
    std::fs::set_permissions(to, std::fs::metadata(from).unwrap().permissions()).unwrap();
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some(name) = self.name.take() else { return };
        // A runtime of its own: the test's may be the one that unwinds.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(on_server(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
        });
        if dropped.join().is_err() {
            eprintln!("a test database was left behind");
        }
    }
}

/// Whether this is root, as whom servers refuse to run.
pub fn is_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0
}

/// Makes each scenario, an `async fn(Database)`, a test on both engines.
macro_rules! on_both_engines {
    ($($scenario:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() {
                super::$scenario(crate::databases::Database::new(crate::databases::Engine::Sqlite).await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() {
                super::$scenario(crate::databases::Database::new(crate::databases::Engine::Postgres).await).await;
            })*
        }
    };
}
pub(crate) use on_both_engines;
