//! A service of a test's own, which may be changed, restarted and killed.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What `ops/services` starts in a folder of its own; it ends with the test.
pub struct OwnService {
    what: &'static str,
    folder: tempfile::TempDir,
}

impl OwnService {
    /// Starts it: `postgres` or `kafka`.
    pub fn up(what: &'static str) -> OwnService {
        let service = OwnService { what, folder: tempfile::tempdir().unwrap() };
        std::fs::set_permissions(service.folder(), std::fs::Permissions::from_mode(0o755)).unwrap();
        service.told("up");
        service
    }

    /// Starts it again with the settings it has by now.
    pub fn restart(&self) {
        self.told("restart");
    }

    fn told(&self, word: &str) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("ops/services");
        let ran = Command::new(script).args([word, self.what, "--dir"]).arg(self.folder()).output().unwrap();
        assert!(ran.status.success(), "ops/services {word}: {}", String::from_utf8_lossy(&ran.stderr));
    }

    /// Where its files lie.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where a PostgreSQL keeps its data.
    pub fn postgres_data(&self) -> PathBuf {
        let home = std::fs::read_to_string(self.folder().join("postgres.home")).unwrap();
        PathBuf::from(home.trim()).join("data")
    }

    /// How it is reached.
    pub fn address(&self) -> String {
        let env = std::fs::read_to_string(self.folder().join("env")).unwrap();
        let name = format!("CARDLINE_TEST_{}=", self.what.to_uppercase());
        env.lines().find_map(|line| line.strip_prefix(&name)).unwrap().to_owned()
    }
}

impl Drop for OwnService {
    fn drop(&mut self) {
        self.told("down");
    }
}
