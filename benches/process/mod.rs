//! A process, run to its end and watched.

use std::process::{Command, Stdio};
use std::time::Duration;

/// What a process printed and needed.
pub struct Ended {
    pub printed: String,
    /// Peak of its resident memory, bytes.
    pub peak: u64,
    /// Its processor seconds, to the last few milliseconds.
    pub processor: f64,
}

/// Runs it; a failure ends the bench with what it said.
pub fn watched(command: &mut Command) -> Ended {
    let out = tempfile::NamedTempFile::new().expect("file");
    let printing = out.reopen().expect("file");
    let mut child = command.stdout(Stdio::from(printing)).stderr(Stdio::inherit()).spawn().expect("process");
    let status = format!("/proc/{}/status", child.id());
    let (mut peak, mut processor) = (0, 0.0);
    let ended = loop {
        if let Some(ended) = child.try_wait().expect("wait") {
            break ended;
        }
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
        peak = peak.max(line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0));
        processor = seconds_of(child.id()).max(processor);
        std::thread::sleep(Duration::from_millis(5));
    };
    let printed = std::fs::read_to_string(out.path()).expect("what it printed");
    assert!(ended.success() || ended.code() == Some(3), "it failed: {printed}");
    Ended { printed, peak: peak * 1024, processor }
}

/// Ticks of a processor a second, as Linux counts them in `/proc`.
const TICKS: f64 = 100.0;

/// Processor seconds of a process; its children's are its parent's matter.
fn seconds_of(process: u32) -> f64 {
    seconds(&numbers(&process.to_string()), &[11, 12])
}

/// What `/proc` says of a process after its name, from its state on.
pub fn numbers(process: &str) -> Vec<String> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    text.rsplit(')').next().unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// The sum of some of them that are counted in ticks, in seconds.
pub fn seconds(of: &[String], fields: &[usize]) -> f64 {
    fields.iter().filter_map(|field| of.get(*field)?.parse::<f64>().ok()).sum::<f64>() / TICKS
}
