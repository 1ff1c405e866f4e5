//! A bank's gateway: opens what we send and seals what the bank answers, with gpg or openssl and nothing of ours.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cardline_core::file_formats::Profile;
use cardline_envelopes::{Envelope, Manifest, commands};
use jiff::Timestamp;
use jiff::civil::Date;

use super::server::{names, place_marker, sha256};

pub struct Gateway {
    pub kind: Envelope,
    pub profile: Profile,
    /// The partner's folders as we know them, and as the bank's own system does.
    pub ours: PathBuf,
    pub banks: PathBuf,
    /// Keys and files on their way.
    desk: tempfile::TempDir,
    /// How the bank's command line names its own key and ours.
    own: String,
    theirs: String,
    pub key_id: String,
    carried: BTreeSet<String>,
    /// The digest of each file of the bank by kind and number; one that was sent again counts as it was last.
    sent: BTreeMap<(String, u64), String>,
}

impl Gateway {
    /// A bank with a key of its own, made by its own program at an instant.
    pub fn new(kind: Envelope, profile: Profile, (ours, banks): (PathBuf, PathBuf), made: Timestamp) -> Gateway {
        let desk = tempfile::tempdir().unwrap();
        let (carried, sent) = (BTreeSet::new(), BTreeMap::new());
        let empty = String::new;
        let mut gateway =
            Gateway { kind, profile, ours, banks, desk, own: empty(), theirs: empty(), key_id: empty(), carried, sent };
        match kind {
            Envelope::OpenPgp => gateway.make_gpg_key(made),
            Envelope::Gm => {
                gateway.sh(
                    "openssl genpkey -algorithm SM2 -out own.pem && openssl pkey -in own.pem -pubout -out own.pub",
                    made,
                );
                let id = gateway.sh("openssl pkey -pubin -in own.pub -outform DER | openssl dgst -sha256 -r", made);
                (gateway.own, gateway.theirs) = ("own.pem".into(), "theirs.pub".into());
                gateway.key_id = String::from_utf8(id.stdout[..32].to_vec()).unwrap();
            }
        }
        gateway
    }

    fn make_gpg_key(&mut self, made: Timestamp) {
        let settings = "batch\nno-tty\nyes\npinentry-mode loopback\ntrust-model always\nstatus-fd 2\n";
        std::fs::write(self.desk.path().join("gpg.conf"), settings).unwrap();
        std::fs::set_permissions(self.desk.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        self.sh("gpg --passphrase '' --quick-generate-key 'Bank' rsa3072 sign never", made);
        let listed = String::from_utf8(self.sh("gpg --with-colons --list-keys =Bank", made).stdout).unwrap();
        let fingerprint = listed.lines().find_map(|line| line.strip_prefix("fpr:::::::::")).unwrap();
        self.own = fingerprint.trim_end_matches(':').to_owned();
        self.sh(&format!("gpg --passphrase '' --quick-add-key {} rsa3072 encr never", self.own), made);
        self.key_id.clone_from(&self.own);
    }

    /// The bank's public key as it gives it to us.
    pub fn public(&self, at: Timestamp) -> String {
        let line = match self.kind {
            Envelope::OpenPgp => format!("gpg --armor --export {}", self.own),
            Envelope::Gm => "cat own.pub".to_owned(),
        };
        String::from_utf8(self.sh(&line, at).stdout).unwrap()
    }

    /// The bank enters our key.
    pub fn trust(&mut self, id: &str, public: &str, at: Timestamp) {
        std::fs::write(self.desk.path().join("theirs.pub"), public).unwrap();
        if self.kind == Envelope::OpenPgp {
            self.sh("gpg --import theirs.pub", at);
            self.theirs = id.to_owned();
        }
    }

    /// Runs a line of the bank's, on its clock.
    fn sh(&self, line: &str, at: Timestamp) -> Output {
        let clock = at.strftime("gpg --faked-system-time %Y%m%dT%H%M%S!").to_string();
        let line = line.replace("gpg ", &format!("{clock} "));
        let output = Command::new("bash")
            .args(["-o", "pipefail", "-ec", &line])
            .current_dir(self.desk.path())
            .env("GNUPGHOME", self.desk.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    fn line(&self, line: &str, name: &str) -> String {
        line.replace("NAME", name).replace("OURS", &self.own).replace("THEIRS", &self.theirs)
    }

    fn place(&self, folder: &Path, name: &str, bytes: &[u8]) {
        std::fs::write(folder.join(name), bytes).unwrap();
        place_marker(folder, name, bytes);
    }

    /// Opens what we sent since the last time and gives it to the bank.
    pub fn take_in(&mut self, at: Timestamp) -> usize {
        let mut opened = 0;
        for sealed in names(&self.ours.join("to")) {
            let Some(name) = sealed.strip_suffix(self.kind.suffix()) else { continue };
            if !self.carried.insert(sealed.clone()) {
                continue;
            }
            std::fs::copy(self.ours.join("to").join(&sealed), self.desk.path().join(&sealed)).unwrap();
            let mut said = String::new();
            for command in commands::opening(self.kind) {
                let output = self.sh(&self.line(command.line, name), at);
                said.push_str(&String::from_utf8_lossy(&output.stdout));
                said.push_str(&String::from_utf8_lossy(&output.stderr));
            }
            let signed =
                if self.kind == Envelope::Gm { "Signature Verified Successfully" } else { "[GNUPG:] VALIDSIG" };
            assert!(said.contains(signed), "{said}");
            let bytes = std::fs::read(self.desk.path().join(name)).unwrap();
            let manifest = std::fs::read(self.desk.path().join("manifest.json")).unwrap();
            let manifest = Manifest::read(&manifest).unwrap();
            assert_eq!(manifest.sha256, sha256(&bytes));
            assert_eq!((manifest.to.as_str(), manifest.from.as_str()), (self.profile.code.as_str(), "CARDLINE"));
            self.place(&self.banks.join("to"), name, &bytes);
            opened += 1;
        }
        opened
    }

    /// What the manifest of a file of the bank says.
    fn manifest(&self, name: &str, bytes: &[u8], at: Timestamp) -> Manifest {
        let spec = self.profile.files.iter().find(|spec| spec.recognise(name).is_some()).unwrap();
        let parts = spec.recognise(name).unwrap();
        let kind = spec.kind.name().to_owned();
        Manifest {
            business_date: parts.date.unwrap_or(Date::MIN),
            bytes: bytes.len() as u64,
            environment: "test".into(),
            from: self.profile.code.clone(),
            key_id: self.key_id.clone(),
            previous_sha256: self.sent.get(&(kind.clone(), parts.sequence.saturating_sub(1))).cloned(),
            kind,
            made_at: at,
            rows: 1,
            sequence: parts.sequence,
            sha256: sha256(bytes),
            to: "CARDLINE".into(),
            version: 1,
        }
    }

    /// Seals a file and places it for us, its manifest as it is or changed.
    pub fn send(&mut self, name: &str, bytes: &[u8], at: Timestamp, change: impl FnOnce(&mut Manifest)) -> String {
        let agreed = self.manifest(name, bytes, at);
        let mut manifest = agreed.clone();
        change(&mut manifest);
        if manifest == agreed {
            self.sent.insert((agreed.kind, agreed.sequence), agreed.sha256);
        }
        std::fs::write(self.desk.path().join("manifest.json"), manifest.canonical().unwrap()).unwrap();
        std::fs::write(self.desk.path().join(name), bytes).unwrap();
        for command in commands::sealing(self.kind) {
            self.sh(&self.line(command.line, name), at);
        }
        let sealed = format!("{name}{}", self.kind.suffix());
        let envelope = std::fs::read(self.desk.path().join(&sealed)).unwrap();
        self.place(&self.ours.join("from"), &sealed, &envelope);
        sealed
    }

    /// Seals what the bank answered since the last time.
    pub fn answer(&mut self, at: Timestamp) -> usize {
        let from = self.banks.join("from");
        let mut waiting: Vec<(String, u64, String)> = Vec::new();
        for name in names(&from) {
            if let Some((spec, parts)) = self.profile.files.iter().find_map(|spec| Some((spec, spec.recognise(&name)?)))
            {
                waiting.push((spec.kind.name().to_owned(), parts.sequence, name));
            }
        }
        waiting.sort();
        for (_, _, name) in &waiting {
            let bytes = std::fs::read(from.join(name)).unwrap();
            self.send(name, &bytes, at, |_| ());
            std::fs::remove_file(from.join(name)).unwrap();
            std::fs::remove_file(from.join(format!("{name}.ok"))).unwrap();
        }
        waiting.len()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if self.kind == Envelope::OpenPgp {
            let _ = Command::new("gpgconf").args(["--kill", "all"]).env("GNUPGHOME", self.desk.path()).status();
        }
    }
}
