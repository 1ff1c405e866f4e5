//! The Spring Batch peer, built and run as its README says.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{Ended, watched};

/// The peer's classes, and the folder of its data.
pub struct Peer<'f> {
    classes: String,
    folder: &'f Path,
}

impl Peer<'_> {
    /// Builds a copy beside the data: the peer's own folder stays as it is.
    pub fn built<'f>(peer: &Path, folder: &'f Path) -> Peer<'f> {
        let copy = folder.join("peer");
        let status = Command::new("cp").arg("-r").arg(peer).arg(&copy).status().expect("cp");
        assert!(status.success());
        let status = Command::new("mvn").args(["-q", "-B", "-DskipTests", "package"]).current_dir(&copy).status();
        assert!(status.expect("mvn").success(), "Maven could not build the peer");
        let target = copy.join("target");
        let classes = format!("{}/spring-batch-peer-1.0.jar:{}/lib/*", target.display(), target.display());
        Peer { classes, folder }
    }

    /// Writes a file of so many applications by the peer's generator; returns where it lies.
    pub fn generate(&self, rows: u64) -> PathBuf {
        let (file, planted) = (self.folder.join("applications.ndjson"), self.folder.join("planted.tsv"));
        let [file_name, planted] = [&file, &planted].map(|path| path.display().to_string());
        self.run(&["peer.Gen", &rows.to_string(), "42", &file_name, &planted], &[]);
        file
    }

    /// Runs a class to its end, with two threads.
    pub fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
        let mut command = Command::new("java");
        command.args(["-Xms1g", "-Xmx1g", "-XX:+UseParallelGC", "-cp", &self.classes]).args(arguments);
        command.env("DATA_DIR", self.folder).env("THREADS", "2").envs(environment.iter().copied());
        watched(&mut command)
    }
}

/// The figures behind `what`, such as `seconds=`, of every run, or of the warm ones: a process's first is the cold one.
pub fn figures(printed: &str, what: &str, warm: bool) -> Vec<f64> {
    let runs = printed.lines().filter(|line| line.contains(" run=") && !(warm && line.contains(" run=0 ")));
    runs.filter_map(|line| line.split(what).nth(1)?.split_whitespace().next()?.parse().ok()).collect()
}
