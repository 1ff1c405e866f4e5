//! A process, run to its end and watched.

use std::process::{Command, Stdio};
use std::time::Duration;

/// What a process printed and needed.
pub struct Ended {
    pub printed: String,
    /// Peak of its resident memory, bytes.
    pub peak: u64,
}

/// Runs it; a failure ends the bench with what it said.
pub fn watched(command: &mut Command) -> Ended {
    let out = tempfile::NamedTempFile::new().expect("file");
    let printing = out.reopen().expect("file");
    let mut child = command.stdout(Stdio::from(printing)).stderr(Stdio::inherit()).spawn().expect("process");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        if let Some(ended) = child.try_wait().expect("wait") {
            break ended;
        }
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
        peak = peak.max(line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    };
    let printed = std::fs::read_to_string(out.path()).expect("what it printed");
    assert!(ended.success() || ended.code() == Some(3), "it failed: {printed}");
    Ended { printed, peak: peak * 1024 }
}
