//! The partners of a crash world have a server: what is killed is in the middle of a transfer, too.

use std::path::{Path, PathBuf};

use cardline::exchange::Partners;
use cardline_core::file_formats::marker;
use cardline_world::play::FIRST_DAY;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use url::Url;

const PARTNERS: [&str; 4] = ["ABC", "BUREAU", "CCB", "ICBC"];

fn address() -> Url {
    let address = std::env::var("CARDLINE_TEST_SFTP");
    let address = address.unwrap_or_else(|_| panic!("CARDLINE_TEST_SFTP is not set; `ops/test` starts the services"));
    Url::parse(&address).unwrap()
}

/// A folder on the server.
pub fn folder() -> TempDir {
    tempfile::tempdir_in(address().path()).unwrap()
}

/// The built-in profiles, in which everybody is reached on the server.
pub fn profiles(data: &Path, server: &Path) -> PathBuf {
    let (url, profiles) = (address(), data.join("profiles"));
    let of = |name: &str| url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    let known = std::fs::read_to_string(of("known_hosts")).unwrap();
    let (host, port, user) = (url.host_str().unwrap(), url.port().unwrap(), url.username());
    std::fs::create_dir_all(&profiles).unwrap();
    for code in PARTNERS {
        let file = format!("{code}.toml");
        let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/partners").join(&file);
        let mut text = std::fs::read_to_string(built_in).unwrap();
        let there = server.join("partners").join(code);
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
