//! A broker that lets in only who encrypts and has a password (Apache Kafka, listener SASL_SSL), and what is said of
//! a certificate or a credential that is wrong.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::{Broker, PATIENCE, applications};
use crate::databases::{Database, Engine};

/// The listener: where it is, the authority its certificate is of, and the file with the password.
struct Listener {
    port: String,
    ca: String,
    password_file: String,
}

impl Listener {
    fn new() -> Listener {
        let address = std::env::var("CARDLINE_TEST_KAFKA_TLS").expect("CARDLINE_TEST_KAFKA_TLS; run `ops/services up`");
        let (place, query) = address.split_once('?').unwrap();
        let of = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)).unwrap().to_owned();
        Listener { port: place.rsplit(':').next().unwrap().into(), ca: of("ca="), password_file: of("password_file=") }
    }

    /// What is right here, for one mechanism.
    fn settings(&self, mechanism: &str) -> String {
        format!(
            "security.protocol = 'SASL_SSL'\nssl.ca.location = '{}'\nsasl.mechanism = '{mechanism}'\n\
             sasl.username = 'cardline'\nsasl.password_file = '{}'\n",
            self.ca, self.password_file
        )
    }
}

fn run(broker: &Broker, database: &Database, servers: &str, settings: &str, words: &[&str]) -> (String, String) {
    let mut command = broker.program(database, words);
    let path = broker.config_file(database);
    let topics = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{topics}\n[kafka_settings]\n{settings}")).unwrap();
    let output = command.env("CARDLINE_KAFKA", servers).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_pass_encrypted_with_a_password() {
    let listener = Listener::new();
    let servers = format!("localhost:{}", listener.port);
    for mechanism in ["PLAIN", "SCRAM-SHA-512"] {
        let (broker, database) = (Broker::new(1).await, Database::new(Engine::Sqlite).await);
        broker.send_applications(&applications(0, 20));
        tokio::task::block_in_place(|| {
            let settings = listener.settings(mechanism);
            let (out, err) = run(&broker, &database, &servers, &settings, &["intake", "--from", "kafka"]);
            assert!(out.contains("20"), "{mechanism}: {out} {err}");
            let (out, err) = run(&broker, &database, &servers, &settings, &["tick"]);
            assert!(!broker.heard(&broker.topics.outcomes).is_empty(), "{mechanism}: {out} {err}");
        });
        broker.end().await;
    }
}

/// What `doctor` says of Kafka: what was found, and what to do.
fn doctor(broker: &Broker, database: &Database, servers: &str, settings: &str) -> (String, String) {
    let (out, err) = run(broker, database, servers, settings, &["doctor", "--output", "json"]);
    let findings: Vec<Value> = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out} {err}"));
    let kafka = findings.iter().find(|finding| finding["what"] == "kafka").unwrap();
    (kafka["found"].to_string(), kafka["do"].to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_a_certificate_or_a_credential_is_named() {
    let listener = Listener::new();
    let (broker, database) = (Broker::new(1).await, Database::new(Engine::Sqlite).await);
    let folder = database.folder.path();
    let wrong = folder.join("wrong-password");
    std::fs::write(&wrong, "hidden-and-wrong\n").unwrap();
    std::fs::set_permissions(&wrong, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let good = listener.settings("SCRAM-SHA-512");
    let there = format!("localhost:{}", listener.port);
    let expired = tokio::task::block_in_place(|| Expired::up(folder));
    let cases = [
        (there.clone(), good.clone(), "answers", ""),
        (there.clone(), good.replace(&listener.ca, &expired.ca), "UnknownIssuer", "another authority"),
        (there.clone(), good.replace(&listener.ca, "none.pem"), "ssl.ca.location", "ssl.ca.location"),
        (format!("127.0.0.1:{}", listener.port), good.clone(), "not valid for name", "another name"),
        (there.clone(), good.replace(&listener.password_file, &wrong.display().to_string()), "invalid", "password"),
        (there.clone(), good.replace(&listener.password_file, "/none"), "mode 600", "do what it says"),
        (there.clone(), good.replace("SCRAM-SHA-512", "SCRAM-SHA-256"), "mechanism", "sasl.mechanism"),
        (there.clone(), good.replace("SASL_SSL", "PLAINTEXT"), "security.protocol", "security.protocol"),
        (there.clone(), good.replace("'SASL_SSL'", "'SASL_SLS'"), "security.protocol", "security.protocol"),
        (there.clone(), format!("{good}ssl.ca.locaton = 'x'\n"), "ssl.ca.locaton", "do what it says"),
        (expired.servers(), good.replace(&listener.ca, &expired.ca), "Expired", "has expired"),
    ];
    for (servers, settings, said, advised) in cases {
        let (found, advice) = tokio::task::block_in_place(|| doctor(&broker, &database, &servers, &settings));
        assert!(found.contains(said) && advice.contains(advised), "{settings}: {found} {advice}");
        assert!(!found.contains("hidden") && !advice.contains("hidden"), "{found}");
    }
    let written_out = good.replace("sasl.password_file", "sasl.password");
    let (_, told) = run(&broker, &database, &there, &written_out, &["doctor"]);
    assert!(told.contains("kafka_settings.sasl.password") && !told.contains(&listener.password_file), "{told}");
    broker.end().await;
}

/// A server that encrypts with a certificate of the past: openssl's own.
struct Expired {
    ca: String,
    port: u16,
    server: Child,
}

impl Expired {
    fn up(folder: &std::path::Path) -> Expired {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let line = "openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=other -keyout ca.key -out ca.pem
            openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout key.pem -out old.csr
            printf 'subjectAltName=DNS:localhost' >names
            openssl x509 -req -in old.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -days -1 -out old.pem";
        let made = Command::new("bash").args(["-ec", line]).current_dir(folder).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let server = Command::new("openssl")
            .args([
                "s_server",
                "-quiet",
                "-cert",
                "old.pem",
                "-key",
                "key.pem",
                "-accept",
                &format!("127.0.0.1:{port}"),
            ])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let began = std::time::Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < PATIENCE, "openssl s_server does not listen");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        Expired { ca: folder.join("ca.pem").display().to_string(), port, server }
    }

    fn servers(&self) -> String {
        format!("localhost:{}", self.port)
    }
}

impl Drop for Expired {
    fn drop(&mut self) {
        let _gone_already = self.server.kill();
        let _gone_already = self.server.wait();
    }
}
