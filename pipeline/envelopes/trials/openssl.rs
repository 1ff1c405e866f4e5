//! Envelopes of SM2 and SM4, and openssl 3.0, in both directions.

use std::path::Path;

use super::setting::{NAME, check, draft, line, manifest, plain, run, survives};
use crate::gm::{OwnKey, PublicKey, SecretKey, open, seal};
use crate::{Envelope, EnvelopeError, commands};

/// Makes a key with openssl, by a line that writes it to standard output.
fn key(folder: &Path, line: &str, name: &str) -> SecretKey {
    run(folder, folder, &format!("{line} > {name}.pem && openssl pkey -in {name}.pem -pubout > {name}.pub"));
    let secret = SecretKey::read(&text(folder, &format!("{name}.pem"))).unwrap();
    let public = PublicKey::read(&text(folder, &format!("{name}.pub"))).unwrap();
    assert_eq!(secret.public(), &public);
    let id = format!("openssl pkey -pubin -in {name}.pub -outform DER | openssl dgst -sha256 -r");
    let id = run(folder, folder, &id).stdout;
    assert_eq!(std::str::from_utf8(&id[..32]).unwrap(), public.key_id());
    secret
}

fn text(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

const MADE: [&str; 3] = [
    "openssl genpkey -algorithm SM2",
    "openssl ecparam -name SM2 -genkey",
    "openssl ecparam -name SM2 -genkey | openssl ec -no_public",
];

#[test]
fn openssl_opens_ours() {
    let (folder, ours) = (tempfile::tempdir().unwrap(), SecretKey::generate().unwrap());
    let folder = folder.path();
    let bank = key(folder, MADE[0], "bank");
    std::fs::write(folder.join("cardline.pub"), ours.public().pem().unwrap()).unwrap();
    for content in [plain(), Vec::new(), vec![9; 1_000_001]] {
        let sealed = seal(&draft(), NAME, &content, &ours, bank.public()).unwrap();
        std::fs::write(folder.join(&sealed.name), &sealed.bytes).unwrap();
        let outputs: Vec<Vec<u8>> = commands::opening(Envelope::Gm)
            .iter()
            .map(|command| run(folder, folder, &line(command, "bank.pem", "cardline.pub")).stdout)
            .collect();
        assert!(outputs[1].starts_with(b"Signature Verified Successfully"));
        assert_eq!(std::fs::read(folder.join(NAME)).unwrap(), content);
        assert_eq!(std::str::from_utf8(&outputs[4]).unwrap().split(' ').next(), Some(&*sealed.manifest.sha256));
    }
}

#[test]
fn ours_opens_what_openssl_and_tar_make() {
    let (folder, ours, plain) = (tempfile::tempdir().unwrap(), SecretKey::generate().unwrap(), plain());
    let folder = folder.path();
    std::fs::write(folder.join("cardline.pub"), ours.public().pem().unwrap()).unwrap();
    std::fs::write(folder.join(NAME), &plain).unwrap();
    for made in MADE {
        let bank = key(folder, made, "bank");
        std::fs::write(folder.join("manifest.json"), manifest(&plain, bank.public().key_id())).unwrap();
        for command in commands::sealing(Envelope::Gm) {
            run(folder, folder, &line(command, "bank.pem", "cardline.pub"));
        }
        let name = format!("{NAME}.gm");
        let bytes = std::fs::read(folder.join(&name)).unwrap();
        let partners = [SecretKey::generate().unwrap().public().clone(), bank.public().clone()];
        let opened = open(&name, bytes.clone(), &[&ours], &partners, check).unwrap();
        assert_eq!((opened.content, &*opened.name, &*opened.signed_by), (plain.clone(), NAME, bank.public().key_id()));
        let refused = open(&name, bytes.clone(), &[&ours], &partners[..1], check);
        assert!(matches!(refused, Err(EnvelopeError::WrongSigner { .. })));
        let refused = open(&name, bytes.clone(), &[&bank], &partners, check);
        assert!(matches!(refused, Err(EnvelopeError::NotForUs { .. })));
        if made == MADE[0] {
            // `tar` fills whole records, so a cut shows even among its zeros.
            survives(&bytes, 7, |bytes| open(&name, bytes, &[&ours], &partners[1..], check));
        }
    }
}

#[test]
fn keys_of_other_kinds_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let made = |line: &str| String::from_utf8(run(folder.path(), folder.path(), line).stdout).unwrap();
    let others = [
        made("openssl genpkey -algorithm ED25519"),
        made("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"),
        made("openssl genpkey -algorithm SM2 -aes-128-cbc -pass pass:a"),
        String::new(),
    ];
    for other in others {
        assert!(matches!(SecretKey::read(&other), Err(EnvelopeError::KeyText { .. })), "{other}");
        assert!(matches!(PublicKey::read(&other), Err(EnvelopeError::KeyText { .. })), "{other}");
    }
    let pem = SecretKey::generate().unwrap();
    assert_eq!(SecretKey::read(&pem.pem().unwrap()).unwrap().public(), pem.public());
}
