//! Servers that are not the agreed one, or do not let us in: nothing is sent, and it is told what to do.

use std::os::unix::fs::PermissionsExt;

use cardline::exchange::transport::{Place, TransportError};
use cardline::step::StageError;
use cardline::step::cause::Cause;

use super::{Reached, Server};

/// A key that is sound and no server's.
const OTHER_KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

async fn refusal(server: &Server, transport: String) -> TransportError {
    Reached::by(server, transport).partner.transport.list(Place::To).await.unwrap_err()
}

fn cause(error: TransportError) -> Cause {
    Cause::of(&StageError::Transport(error))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_not_pinned_is_refused_whatever_it_says() {
    let server = Server::of_tests();
    let pinned = server.host_key.split_once(' ').unwrap().1.to_owned();
    let error = refusal(&server, server.transport("ICBC").replace(&pinned, OTHER_KEY)).await;
    let fingerprint = std::process::Command::new("ssh-keygen")
        .args(["-l", "-f"])
        .arg(server.key.parent().unwrap().join("host_key.pub"))
        .output()
        .unwrap();
    let fingerprint = String::from_utf8(fingerprint.stdout).unwrap();
    let told = error.to_string();
    assert!(told.contains(fingerprint.split_whitespace().nth(1).unwrap()), "{told} has not {fingerprint}");
    assert_eq!(cause(error), Cause::HostKey);
    // While the key changes both are pinned.
    let line = format!("host_key = \"{}\"", server.host_key);
    let both = format!("host_key = [\"{} {OTHER_KEY}\", \"{}\"]", server.host, server.host_key);
    let bank = Reached::by(&server, server.transport("ICBC").replace(&line, &both));
    bank.partner.transport.list(Place::To).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_let_in_is_told_what_to_correct() {
    let server = Server::of_tests();
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other_key");
    let made =
        std::process::Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&other).status();
    assert!(made.unwrap().success());
    let key = server.key.display().to_string();
    let with_key = |path: &std::path::Path| server.transport("ICBC").replace(&key, &path.display().to_string());
    let error = refusal(&server, with_key(&other)).await;
    assert!(error.to_string().contains("does not take our key"), "{error}");
    assert_eq!(cause(error), Cause::Login);
    std::fs::set_permissions(&other, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = refusal(&server, with_key(&other)).await;
    assert!(error.to_string().contains("chmod 600"), "{error}");
    let error = refusal(&server, with_key(&folder.path().join("none"))).await;
    assert!(error.to_string().contains("there is no such file"), "{error}");
    let error = refusal(&server, server.transport("ICBC").replace(&key, "$CARDLINE_NO_SUCH_KEY")).await;
    assert!(error.to_string().contains("the variable is not set"), "{error}");
    let password = folder.path().join("password");
    std::fs::write(&password, "a password that is wrong\n").unwrap();
    std::fs::set_permissions(&password, std::fs::Permissions::from_mode(0o600)).unwrap();
    let line = format!("key_file = \"{key}\"");
    let with_password = format!("password_file = \"{}\"", password.display());
    let error = refusal(&server, server.transport("ICBC").replace(&line, &with_password)).await;
    assert!(error.to_string().contains("does not take our password"), "{error}");
    assert!(!error.to_string().contains("a password that is wrong"));
    assert_eq!(cause(error), Cause::Login);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_is_gone_or_forbidden_is_named() {
    let server = Server::of_tests();
    let bank = Reached::by(&server, server.transport("ICBC"));
    std::fs::remove_dir_all(bank.there.join("to")).unwrap();
    let error = bank.partner.transport.list(Place::To).await.unwrap_err();
    assert!(error.to_string().contains("/to on 127.0.0.1"), "{error}");
    assert_eq!(cause(error), Cause::Missing);
    let error = bank.partner.transport.put_if_absent(Place::To, "a.txt", b"x", Default::default()).await.unwrap_err();
    assert_eq!(cause(error), Cause::Missing);
    bank.partner.transport.list(Place::From).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_away_is_unreachable_and_said_to_be() {
    let server = Server::of_tests();
    let port = format!("port = {}", server.port);
    let error = refusal(&server, server.transport("ICBC").replace(&port, "port = 1")).await;
    assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
    assert_eq!(cause(error), Cause::Unreachable);
}
