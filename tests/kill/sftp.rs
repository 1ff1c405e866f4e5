//! A bank and the bureau of a crash world have a server: what is killed is in the middle of a transfer, too. The others
//! have folders: every tick connects to each server.

use std::path::{Path, PathBuf};

use cardline::exchange::Partners;
use cardline_core::file_formats::marker;
use cardline_world::play::FIRST_DAY;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use url::Url;

const ON_THE_SERVER: [&str; 2] = ["BUREAU", "ICBC"];
const IN_FOLDERS: [&str; 2] = ["ABC", "CCB"];

fn address() -> Url {
    let address = std::env::var("CARDLINE_TEST_SFTP");
    let address = address.unwrap_or_else(|_| panic!("CARDLINE_TEST_SFTP is not set; `ops/test` starts the services"));
    Url::parse(&address).unwrap()
}

/// A folder on the server.
pub fn folder() -> TempDir {
    tempfile::tempdir_in(address().path()).unwrap()
}

/// The built-in profiles, in which some are reached on the server. The folders of the others are the same on both sides.
pub fn profiles(data: &Path, server: &Path) -> PathBuf {
    let (url, profiles) = (address(), data.join("profiles"));
    let of = |name: &str| url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    let known = std::fs::read_to_string(of("known_hosts")).unwrap();
    let (host, port, user) = (url.host_str().unwrap(), url.port().unwrap(), url.username());
    std::fs::create_dir_all(&profiles).unwrap();
    std::fs::create_dir_all(data.join("partners")).unwrap();
    for code in IN_FOLDERS.iter().chain(&ON_THE_SERVER) {
        let file = format!("{code}.toml");
        let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/partners").join(&file);
        let mut text = std::fs::read_to_string(built_in).unwrap();
        let there = server.join("partners").join(code);
        if IN_FOLDERS.contains(code) {
            std::fs::create_dir_all(&there).unwrap();
            std::os::unix::fs::symlink(&there, data.join("partners").join(code)).unwrap();
            std::fs::write(profiles.join(file), text).unwrap();
            continue;
        }
        text.push_str(&format!(
            "\n[transport]\nkind = \"sftp\"\nhost = \"{host}\"\nport = {port}\nuser = \"{user}\"\nkey_file = \"{}\"\n\
             host_key = \"{}\"\nto = \"{there}/to\"\nfrom = \"{there}/from\"\narchive = \"{there}/from/archive\"\n",
            of("key"),
            known.lines().next().unwrap(),
            there = there.display()
        ));
        std::fs::write(profiles.join(file), text).unwrap();
    }
    profiles
}

/// The partners as they see their own folders.
pub fn partners(server: &Path) -> Partners {
    let partners = Partners::of(None, server, FIRST_DAY).unwrap();
    partners.make_folders();
    partners
}

/// A file of a bank that is refused, and told of.
pub fn place_unreadable(server: &Path, bank: &str, name: &str) {
    let (from, bytes) = (server.join("partners").join(bank).join("from"), b"no answer\n");
    let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    std::fs::write(from.join(name), bytes).unwrap();
    std::fs::write(from.join(format!("{name}.ok")), marker(bytes.len() as u64, &digest)).unwrap();
}
