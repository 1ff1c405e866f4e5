//! A PostgreSQL that takes encrypted connections only: the whole program works over it, and what is wrong about a
//! certificate or an address is told with what to do.

use std::process::Command;

use cardline::store::{Ledger, LedgerError, Opening};
use serde_json::Value;

use crate::databases::is_root;
use crate::own_service::OwnService;

/// A server of this test's own, with an authority and certificates made by openssl.
struct Server(OwnService);

impl Server {
    fn up() -> Server {
        let server = Server(OwnService::up("postgres"));
        server.certify("-days 30");
        let data = server.0.postgres_data();
        let mut settings = std::fs::read_to_string(data.join("postgresql.conf")).unwrap();
        settings.push_str("ssl = on\n");
        std::fs::write(data.join("postgresql.conf"), settings).unwrap();
        std::fs::write(data.join("pg_hba.conf"), "local all all trust\nhostssl all all 127.0.0.1/32 trust\n").unwrap();
        server.0.restart();
        server
    }

    /// An authority, and a certificate of it for this server's name.
    fn certify(&self, valid: &str) {
        let lines = [
            "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=authority -days 30"
                .to_owned(),
            "openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -subj /CN=other -days 30"
                .to_owned(),
            "openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost".to_owned(),
            "echo 'subjectAltName=DNS:localhost' > names".to_owned(),
            format!(
                "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names {valid} -out server.crt"
            ),
        ];
        for line in lines {
            let ran = Command::new("bash").args(["-ec", &line]).current_dir(self.0.folder()).output().unwrap();
            assert!(ran.status.success(), "{line}: {}", String::from_utf8_lossy(&ran.stderr));
        }
        for name in ["server.crt", "server.key"] {
            let to = self.0.postgres_data().join(name);
            std::fs::copy(self.0.folder().join(name), &to).unwrap();
            std::fs::set_permissions(&to, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
            if is_root() {
                assert!(Command::new("chown").arg("postgres:").arg(&to).status().unwrap().success());
            }
        }
    }

    fn url(&self, host: &str, more: &str) -> String {
        let more = more.replace("FOLDER", &self.0.folder().display().to_string());
        format!("{}?{more}", self.0.address().replace("127.0.0.1", host))
    }
}

const VERIFIED: &str = "sslmode=verify-full&sslrootcert=FOLDER/ca.pem";

async fn refusal(url: &str) -> String {
    match Ledger::opened(url, Opening::Make).await {
        Err(error @ LedgerError::Connect { .. }) => error.to_string(),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("{url} was taken"),
    }
}

/// What `doctor` says of the database: what was found, and what to do.
fn doctor(url: &str) -> (String, String) {
    let data = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_cardline"))
        .args(["doctor", "--output", "json"])
        .env("CARDLINE_DATABASE", url)
        .env("CARDLINE_DATA", data.path())
        .output()
        .unwrap();
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let database = findings.iter().find(|f| f["what"] == "database").unwrap();
    (database["found"].to_string(), database["do"].to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_encrypted_server_is_used_and_its_certificate_is_looked_at() {
    let server = tokio::task::block_in_place(Server::up);
    let verified = server.url("localhost", VERIFIED);
    let ledger = Ledger::opened(&verified, Opening::Make).await.unwrap();
    let facts = ledger.database_facts().await.unwrap();
    assert!(facts.settings.contains(&("encrypted".to_owned(), "on".to_owned())), "{:?}", facts.settings);
    ledger.close().await;
    for (host, more, said, advised) in [
        ("localhost", "sslmode=verify-full&sslrootcert=FOLDER/other.pem", "UnknownIssuer", "another authority"),
        ("127.0.0.1", VERIFIED, "not valid for name", "another name"),
        ("localhost", "sslmode=disable", "no encryption", "sslmode=verify-full"),
        ("localhost", "sslmode=verify-full&sslrootcert=FOLDER/none.pem", "No such file", "sslrootcert"),
    ] {
        let url = server.url(host, more);
        let told = refusal(&url).await;
        assert!(told.contains(said), "{more}: {told}");
        let (found, advice) = tokio::task::block_in_place(|| doctor(&url));
        assert!(found.contains(said) && advice.contains(advised), "{more}: {found} {advice}");
    }
    // A certificate that has expired.
    tokio::task::block_in_place(|| {
        server.certify("-days -1");
        server.0.restart();
    });
    let (found, advice) = tokio::task::block_in_place(|| doctor(&server.url("localhost", VERIFIED)));
    assert!(found.contains("Expired") && advice.contains("has expired"), "{found} {advice}");
}
