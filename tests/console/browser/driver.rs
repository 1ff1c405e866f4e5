//! The driver's process, which takes its browser with it.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};

/// How often it is started until it has a port.
const STARTS: u32 = 5;

pub struct Driver {
    process: Child,
    port: u16,
    /// Everything the browser writes.
    profile: tempfile::TempDir,
}

impl Driver {
    /// Starts it on a port that is free. It ends without a word where another process takes the port it has just
    /// looked for: then it looks again.
    pub fn start() -> Driver {
        (0..STARTS).find_map(|_| Driver::started()).expect("the driver says on which port it listens")
    }

    fn started() -> Option<Driver> {
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").env("TMPDIR", profile.path()).env("HOME", profile.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let spawned = command.process_group(0).spawn();
        let mut process = spawned.unwrap_or_else(|error| {
            panic!(
                "chromedriver: {error}; run ops/test as root, or install chromium, chromium-driver and fonts-wqy-zenhei"
            )
        });
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| line.unwrap().strip_suffix('.')?.rsplit_once("on port ")?.1.parse().ok());
        let Some(port) = port else {
            let _ = process.wait();
            return None;
        };
        Some(Driver { process, port, profile })
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn profile(&self) -> &Path {
        self.profile.path()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The group: a browser outlives a driver that is killed.
        let group = Pid::from_child(&self.process);
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.process.wait();
    }
}
