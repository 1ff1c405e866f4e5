//! A real `cardline run`, watched from outside.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The program with nothing of this process's own configuration.
pub fn program(database: &str, data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cardline"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARDLINE_")) {
        command.env_remove(name);
    }
    command.env("CARDLINE_DATABASE", database).env("CARDLINE_DATA", data);
    command
}

/// Runs a command to its end and insists on an exit code.
pub fn ended(command: &mut Command, codes: &[i32]) -> Output {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code().is_some_and(|code| codes.contains(&code)), "{command:?}: {}\n{told}", output.status);
    output
}

/// Takes in some synthetic applications, so that there is something to do.
pub fn give_work(database: &str, data: &Path) {
    let file = data.join("given.ndjson");
    let generate = ["generate", "applications", "--count", "30", "--out"];
    ended(program(database, data).args(generate).arg(&file).arg("--photos").arg(data.join("objects")), &[0]);
    ended(program(database, data).args(["intake", "--from"]).arg(&file), &[0, 3]);
}

/// A worker; killed when it goes out of sight.
pub struct RunningWorker {
    child: Child,
    log: PathBuf,
    address: String,
}

impl RunningWorker {
    /// Starts one that serves its pages.
    pub fn start(database: &str, data: &Path, environment: &[(&str, &str)]) -> RunningWorker {
        static STARTED: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = STARTED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let log = std::env::temp_dir().join(format!("cardline-worker-{}-{number}.log", std::process::id()));
        let mut command = program(database, data);
        command.args(["run", "--listen", "127.0.0.1:0"]).envs(environment.iter().copied());
        let child = command.stdout(Stdio::null()).stderr(File::create(&log).unwrap()).spawn().unwrap();
        let mut worker = RunningWorker { child, log, address: String::new() };
        worker.until("it listens", |worker| {
            let log = worker.log();
            let Some((_, rest)) = log.split_once("readiness at http://") else { return false };
            worker.address =
                rest.split(|c: char| !c.is_ascii_digit() && c != '.' && c != ':').next().unwrap().to_owned();
            true
        });
        worker
    }

    /// One that was started in another way; its log is not looked at.
    pub fn attached(child: Child, address: String) -> RunningWorker {
        let log = std::env::temp_dir().join(format!("cardline-worker-{}.log", child.id()));
        File::create(&log).unwrap();
        let mut worker = RunningWorker { child, log, address };
        worker.until("it listens", |worker| TcpStream::connect(&worker.address).is_ok());
        worker
    }

    /// Everything it logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// A connection to its pages that says this and no more.
    pub fn half_open(&self, said: &str) -> TcpStream {
        let mut connection = TcpStream::connect(&self.address).unwrap();
        connection.write_all(said.as_bytes()).unwrap();
        connection
    }

    /// Status and body of one of its pages.
    pub fn get(&self, path: &str) -> (u16, String) {
        let mut connection = TcpStream::connect(&self.address).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(connection, "GET {path} HTTP/1.1\r\nHost: worker\r\n\r\n").unwrap();
        let mut whole = String::new();
        connection.read_to_string(&mut whole).unwrap();
        let (head, body) = whole.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// The value of one line of its metrics, named with its labels.
    pub fn metric(&self, line: &str) -> Option<f64> {
        let (status, text) = self.get("/metrics");
        assert_eq!(status, 200);
        text.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(' ')?.parse().ok())
    }

    /// Waits until something is so; fails with the log after two minutes.
    pub fn until(&mut self, what: &str, mut so: impl FnMut(&mut RunningWorker) -> bool) {
        let began = Instant::now();
        while !so(self) {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "the worker ended before {what}: {ended:?}\n{}", self.log());
            assert!(began.elapsed() < Duration::from_secs(120), "never: {what}\n{}", self.log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until a round that began from now on is finished.
    pub fn until_a_whole_round(&mut self) {
        let finished = "cardline_round_timestamp_seconds{}";
        for what in ["the round under way ends", "a whole round ends"] {
            let before = self.metric(finished).unwrap_or(0.0);
            self.until(what, |worker| worker.metric(finished).unwrap_or(0.0) > before);
        }
    }

    /// Waits until `/ready` says yes.
    pub fn until_ready(&mut self) {
        self.until("it is ready", |worker| worker.get("/ready").0 == 200);
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("sh").arg("-c").arg(format!("kill -{name} {}", self.child.id())).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for the end; exit code and how long it took.
    pub fn end(&mut self) -> (Option<i32>, Duration) {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.code(), began.elapsed());
            }
            assert!(began.elapsed() < Duration::from_secs(60), "it does not end\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for RunningWorker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.log);
    }
}
