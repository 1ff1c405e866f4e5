//! A disk on which there is little room.

use std::path::Path;
use std::process::Command;

/// A small disk of its own; gone with the test.
pub struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    pub fn of(mebibytes: u32) -> SmallDisk {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={mebibytes}m"), "tmpfs"])
            .arg(folder.path())
            .status()
            .expect("this test mounts a small disk and needs `mount`");
        assert!(mounted.success(), "this test mounts a small disk: run it as root (in a container with CAP_SYS_ADMIN)");
        SmallDisk(folder)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes up space until so many bytes are left.
    pub fn fill(&self, left: u64) {
        let free = rustix::fs::statvfs(self.path()).unwrap();
        let taken = (free.f_bavail * free.f_frsize).saturating_sub(left);
        std::fs::write(self.path().join("ballast"), vec![0_u8; taken as usize]).unwrap();
    }

    pub fn clear(&self) {
        std::fs::remove_file(self.path().join("ballast")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, for a database may still be open on it.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}
