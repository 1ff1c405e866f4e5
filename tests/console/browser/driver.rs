//! The driver's process, which takes its browser with it.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};

pub struct Driver {
    process: Child,
    port: u16,
    /// Everything the browser writes.
    profile: tempfile::TempDir,
}

impl Driver {
    /// Starts it on a port that is free.
    pub fn start() -> Driver {
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
        Driver { process, port: port.expect("the driver says on which port it listens"), profile }
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
