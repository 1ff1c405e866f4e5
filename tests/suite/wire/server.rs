//! The SFTP server of the tests, and what a partner does in its folders on it.

use std::path::{Path, PathBuf};

use cardline_core::file_formats::marker;
use sha2::{Digest, Sha256};
use url::Url;

/// The server of the tests.
pub struct Server {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub key: PathBuf,
    /// As `ssh-keyscan` prints it.
    pub host_key: String,
    /// Where the partner's folders are: on this machine, and on the server under the same path.
    pub root: tempfile::TempDir,
}

impl Server {
    /// The server, with a folder of its own.
    pub fn of_tests() -> Server {
        let address = std::env::var("CARDLINE_TEST_SFTP").unwrap_or_else(|_| {
            panic!(
                "CARDLINE_TEST_SFTP is not set: these tests need OpenSSH. Run them through `ops/test`, which starts \
                 one, or start one with `ops/services up` and set the variable to the address it prints"
            )
        });
        let url = Url::parse(&address).unwrap();
        let of = |name: &str| url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
        let known = std::fs::read_to_string(of("known_hosts")).unwrap();
        Server {
            host: url.host_str().unwrap().to_owned(),
            port: url.port().unwrap(),
            user: url.username().to_owned(),
            key: of("key").into(),
            host_key: known.lines().next().unwrap().to_owned(),
            root: tempfile::tempdir_in(url.path()).unwrap(),
        }
    }

    /// The folders of a partner as the partner has them.
    pub fn partner_folder(&self, code: &str) -> PathBuf {
        self.root.path().join("partners").join(code)
    }

    /// The transport of a partner's profile.
    pub fn transport(&self, code: &str) -> String {
        let folder = self.partner_folder(code);
        let folder = folder.display();
        format!(
            "[transport]\nkind = \"sftp\"\nhost = \"{}\"\nport = {}\nuser = \"{}\"\nkey_file = \"{}\"\n\
             host_key = \"{}\"\nto = \"{folder}/to\"\nfrom = \"{folder}/from\"\narchive = \"{folder}/from/archive\"\n\
             timeout_seconds = 5\n",
            self.host,
            self.port,
            self.user,
            self.key.display(),
            self.host_key
        )
    }
}

/// The built-in profiles in a folder, some of them with another transport.
pub fn profiles(folder: &Path, transports: &[(&str, String)]) -> PathBuf {
    let (built_in, mine) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/partners"), folder.join("profiles"));
    std::fs::create_dir_all(&mine).unwrap();
    for entry in std::fs::read_dir(built_in).unwrap() {
        let path = entry.unwrap().path();
        let mut text = std::fs::read_to_string(&path).unwrap();
        let code = path.file_stem().unwrap().to_str().unwrap();
        for (_, transport) in transports.iter().filter(|(of, _)| *of == code) {
            text.push_str(&format!("\n{transport}"));
        }
        std::fs::write(mine.join(path.file_name().unwrap()), text).unwrap();
    }
    mine
}

/// A digest made without ours.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Places the marker of a file of those bytes, as a partner does.
pub fn place_marker(folder: &Path, name: &str, of: &[u8]) {
    std::fs::write(folder.join(format!("{name}.ok")), marker(of.len() as u64, &sha256(of))).unwrap();
}

/// Names of files in a folder, in order.
pub fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file());
    let mut names: Vec<String> = files.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
