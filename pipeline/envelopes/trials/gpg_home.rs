//! A home of gpg with its keys, gone at the end together with its agent.

use std::path::Path;

use super::setting::{run, try_run};
use crate::openpgp::PublicKey;

pub struct Gpg {
    home: tempfile::TempDir,
    pub folder: tempfile::TempDir,
}

impl Gpg {
    pub fn new() -> Gpg {
        let gpg = Gpg { home: tempfile::tempdir().unwrap(), folder: tempfile::tempdir().unwrap() };
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(gpg.home(), private).unwrap();
        let settings = "batch\nno-tty\nyes\npinentry-mode loopback\ntrust-model always\nstatus-fd 2\n";
        std::fs::write(gpg.home().join("gpg.conf"), settings).unwrap();
        gpg
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs a line in the folder and gives what it wrote to standard output and standard error.
    pub fn run(&self, line: &str) -> (Vec<u8>, String) {
        let output = run(self.folder.path(), self.home(), line);
        (output.stdout, String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Makes a key that signs, with a subkey that encrypts, and gives its fingerprint.
    pub fn key(&self, user: &str, sign: &str, encrypt: &str) -> String {
        self.key_with(user, sign, encrypt, "", "never")
    }

    pub fn key_with(&self, user: &str, sign: &str, encrypt: &str, options: &str, expires: &str) -> String {
        self.run(&format!("gpg {options} --passphrase '' --quick-generate-key '{user}' {sign} sign {expires}"));
        let (listed, _) = self.run(&format!("gpg {options} --with-colons --list-keys '={user}'"));
        let listed = String::from_utf8(listed).unwrap();
        let fingerprint = listed.lines().find_map(|line| line.strip_prefix("fpr:::::::::")).unwrap();
        let fingerprint = fingerprint.trim_end_matches(':').to_owned();
        if !encrypt.is_empty() {
            self.run(&format!("gpg {options} --passphrase '' --quick-add-key {fingerprint} {encrypt} encr {expires}"));
        }
        fingerprint
    }

    pub fn exported(&self, key: &str) -> String {
        String::from_utf8(self.run(&format!("gpg --armor --export {key}")).0).unwrap()
    }

    pub fn public(&self, key: &str) -> PublicKey {
        let public = PublicKey::read(&self.exported(key)).unwrap();
        assert_eq!(public.key_id(), key);
        public
    }

    pub fn import(&self, text: &str) {
        self.write("import.asc", text.as_bytes());
        self.run("gpg --import import.asc");
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder.path().join(name), bytes).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join(name)).unwrap()
    }
}

impl Drop for Gpg {
    fn drop(&mut self) {
        try_run(self.home(), self.home(), "gpgconf --kill all");
    }
}
