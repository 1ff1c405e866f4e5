//! OpenPGP envelopes and gpg 2.2, in both directions.

use super::gpg_home::Gpg;
use super::setting::{NAME, an_hour_ago, check, draft, line, manifest, plain, survives};
use crate::openpgp::{OwnKey, PublicKey, SecretKey, open, seal};
use crate::{Envelope, EnvelopeError, KeyFault, Opened, commands};

fn ours() -> SecretKey {
    SecretKey::generate("Cardline (test)", an_hour_ago()).unwrap()
}

fn opened(bytes: Vec<u8>, ours: &SecretKey, partners: &[PublicKey]) -> Result<Opened, EnvelopeError> {
    open(&format!("{NAME}.pgp"), bytes, &[ours], partners, check)
}

#[test]
fn gpg_opens_ours_and_says_whose_signature_it_is() {
    let (gpg, ours, plain) = (Gpg::new(), ours(), plain());
    gpg.import(&ours.public().armored().unwrap());
    let small = gpg.key("Bank one", "ed25519", "cv25519");
    let large = gpg.key("Bank two", "rsa3072", "rsa3072");
    for (key, content) in [(&small, &plain), (&large, &plain), (&small, &vec![7; 3_000_000]), (&small, &Vec::new())] {
        let sealed = seal(&draft(), NAME, content, &ours, &gpg.public(key)).unwrap();
        assert_eq!(sealed.name, format!("{NAME}.pgp"));
        gpg.write(&sealed.name, &sealed.bytes);
        let commands = commands::opening(Envelope::OpenPgp);
        let (_, status) = gpg.run(&line(&commands[0], key, ours.public().key_id()));
        assert!(status.contains("[GNUPG:] GOODSIG "), "{status}");
        assert!(status.contains(&format!("[GNUPG:] VALIDSIG {} ", ours.public().key_id())), "{status}");
        assert!(status.contains("[GNUPG:] GOODMDC"), "{status}");
        assert_eq!(gpg.read(NAME), *content);
        assert_eq!(gpg.read("manifest.json"), sealed.manifest.canonical().unwrap());
        let (digest, _) = gpg.run(&line(&commands[1], key, ""));
        assert_eq!(String::from_utf8(digest).unwrap().split(' ').next(), Some(&*sealed.manifest.sha256));
    }
}

#[test]
fn ours_opens_what_gpg_makes() {
    let (gpg, ours, plain) = (Gpg::new(), ours(), plain());
    gpg.import(&ours.public().armored().unwrap());
    let keys = [
        gpg.key("Bank one", "ed25519", "cv25519"),
        gpg.key("Bank two", "rsa3072", "rsa3072"),
        gpg.key("Bank three", "nistp256", "nistp256"),
    ];
    let partners: Vec<PublicKey> = keys.iter().map(|key| gpg.public(key)).collect();
    gpg.write(NAME, &plain);
    let command = line(&commands::sealing(Envelope::OpenPgp)[0], "OURS", ours.public().key_id());
    for key in &keys {
        gpg.write("manifest.json", &manifest(&plain, key));
        let more =
            ["", "-z 0", "--compress-algo ZLIB", "--cipher-algo AES128", "--recipient OURS", "--digest-algo SHA512"];
        for more in more {
            let command = command.replace("--sign", &format!("{more} --sign")).replace("OURS", key);
            gpg.run(&command);
            let opened = opened(gpg.read(&format!("{NAME}.pgp")), &ours, &partners).unwrap();
            assert_eq!((&opened.content, &*opened.name, &opened.signed_by), (&plain, NAME, key), "{more}");
        }
    }
    survives(&gpg.read(&format!("{NAME}.pgp")), 7, |bytes| opened(bytes, &ours, &partners));
    let command = command.replace("--recipient", "--hidden-recipient").replace("OURS", &keys[2]);
    gpg.run(&command);
    assert!(opened(gpg.read(&format!("{NAME}.pgp")), &ours, &partners).is_ok(), "a hidden recipient");
    assert!(matches!(
        opened(gpg.read(&format!("{NAME}.pgp")), &ours, &partners[..1]),
        Err(EnvelopeError::WrongSigner { .. })
    ));
    let other = self::ours();
    assert!(matches!(opened(gpg.read(&format!("{NAME}.pgp")), &other, &partners), Err(EnvelopeError::NotForUs { .. })));
}

#[test]
fn a_key_of_gpg_and_a_key_of_ours_are_the_same_on_both_sides() {
    let (gpg, ours) = (Gpg::new(), ours());
    gpg.import(&ours.armored().unwrap());
    let (listed, _) = gpg.run("gpg --with-colons --list-secret-keys");
    assert!(String::from_utf8(listed).unwrap().contains(ours.public().key_id()));
    let theirs = gpg.key("Cardline (made by gpg)", "ed25519", "cv25519");
    let (text, _) = gpg.run(&format!("gpg --armor --export-secret-keys {theirs}"));
    let read = SecretKey::read(std::str::from_utf8(&text).unwrap()).unwrap();
    assert_eq!(read.public().key_id(), theirs);
    let sealed = seal(&draft(), NAME, &plain(), &read, ours.public()).unwrap();
    let opened = opened(sealed.bytes, &ours, &[read.public().clone()]).unwrap();
    assert_eq!((opened.content, opened.signed_by, opened.signed_at), (plain(), theirs, sealed.manifest.made_at));
    let again = SecretKey::read(&ours.armored().unwrap()).unwrap();
    assert_eq!(again.public(), ours.public());
}

#[test]
fn what_is_not_signed_once_and_encrypted_to_us_is_refused() {
    let (gpg, ours, plain) = (Gpg::new(), ours(), plain());
    gpg.import(&ours.public().armored().unwrap());
    let (one, two) = (gpg.key("Bank one", "ed25519", "cv25519"), gpg.key("Bank two", "ed25519", "cv25519"));
    let partners = [gpg.public(&one), gpg.public(&two)];
    gpg.write(NAME, &plain);
    gpg.write("manifest.json", &manifest(&plain, &one));
    let to = ours.public().key_id();
    let refused = |how: &str| {
        gpg.run(&format!("tar c manifest.json {NAME} | gpg {how} --output x.pgp"));
        opened(gpg.read("x.pgp"), &ours, &partners).unwrap_err()
    };
    assert_eq!(refused(&format!("-u {one} -u {two} -r {to} --sign --encrypt")), EnvelopeError::ManySignatures);
    assert_eq!(refused(&format!("-r {to} --encrypt")), EnvelopeError::NotSigned);
    let algorithm = |error: EnvelopeError| matches!(error, EnvelopeError::Algorithm { .. });
    assert!(algorithm(refused(&format!("--digest-algo SHA1 -u {one} -r {to} --sign --encrypt"))));
    assert!(algorithm(refused(&format!("--cipher-algo 3DES -u {one} -r {to} --sign --encrypt"))));
    assert!(algorithm(refused(&format!("--cipher-algo CAST5 -u {one} -r {to} --sign --encrypt"))));
    let malformed = |error: EnvelopeError| matches!(error, EnvelopeError::Malformed { .. });
    assert!(malformed(refused(&format!("-u {one} --sign"))));
    assert!(malformed(refused(&format!("-u {one} -r {to} --textmode --sign --encrypt"))));
    assert!(malformed(refused(&format!("-u {one} -r {to} --armor --sign --encrypt"))));
    assert!(malformed(refused("--passphrase a --symmetric")));
    // Signed by two, but named as if by one: the manifest names the key.
    assert!(matches!(refused(&format!("-u {two} -r {to} --sign --encrypt")), EnvelopeError::Disagrees(_)));
}

#[test]
fn weak_keys_are_not_even_entered() {
    let gpg = Gpg::new();
    for (user, algorithm) in [("Weak", "rsa1024"), ("Old", "dsa2048"), ("Odd", "secp256k1")] {
        let key = gpg.key(user, algorithm, "");
        let error = PublicKey::read(&gpg.exported(&key)).unwrap_err();
        assert!(matches!(error, EnvelopeError::Key { fault: KeyFault::Weak(_), .. }), "{user}: {error}");
    }
    let key = gpg.key_with("Sha1", "rsa2048", "", "--cert-digest-algo SHA1", "never");
    let error = PublicKey::read(&gpg.exported(&key)).unwrap_err();
    assert!(matches!(error, EnvelopeError::Key { fault: KeyFault::Unbound, .. }), "{error}");
    let key = gpg.key("Two", "ed25519", "cv25519");
    let text = gpg.exported(&key) + &gpg.exported(&key);
    assert!(matches!(PublicKey::read(&text), Err(EnvelopeError::KeyText { .. })));
    let (text, _) = gpg.run(&format!("gpg --armor --export-secret-keys {key}"));
    assert!(PublicKey::read(std::str::from_utf8(&text).unwrap()).is_err(), "a secret key is no public one");
    let key = gpg.key("Own", "rsa2048", "rsa2048");
    let (text, _) = gpg.run(&format!("gpg --armor --export-secret-keys {key}"));
    assert!(SecretKey::read(std::str::from_utf8(&text).unwrap()).is_err(), "our own key is not of RSA");
}

#[test]
fn a_key_counts_until_it_expires_or_is_revoked() {
    let made_at = "2024-01-01T00:00:00Z".parse().unwrap();
    let ours = SecretKey::generate("Cardline (test)", made_at).unwrap();
    let (gpg, plain) = (Gpg::new(), plain());
    let fault = |error: EnvelopeError| match error {
        EnvelopeError::Key { fault, .. } => fault,
        other => panic!("{other}"),
    };
    let at = |time: &str| format!("--faked-system-time {time}T000000! --ignore-time-conflict");
    let key = gpg.key_with("Bank one", "ed25519", "cv25519", &at("20250101"), "1y");
    gpg.import(&ours.public().armored().unwrap());
    gpg.write(NAME, &plain);
    gpg.write("manifest.json", &manifest(&plain, &key));
    let to = ours.public().key_id();
    let packed = format!("tar c manifest.json {NAME} | gpg -u {key} -r {to} --sign --encrypt --output x.pgp");
    let still = gpg.public(&key);
    assert!(matches!(fault(seal(&draft(), NAME, &plain, &ours, &still).unwrap_err()), KeyFault::Expired(_)));
    // Signed inside its year: good for ever. The year then shortened: not any more.
    let signed = packed.replace("gpg -u", &format!("gpg {} -u", at("20250601")));
    gpg.run(&signed);
    let bytes = gpg.read("x.pgp");
    let good = opened(bytes.clone(), &ours, &[still]).unwrap();
    assert_eq!(good.signed_at, "2025-06-01T00:00:00Z".parse().unwrap());
    gpg.run(&format!("gpg {} --quick-set-expire {key} 2025-03-01", at("20250201")));
    assert!(matches!(fault(opened(bytes.clone(), &ours, &[gpg.public(&key)]).unwrap_err()), KeyFault::Expired(_)));

    let revocation = std::fs::read_to_string(gpg.home().join(format!("openpgp-revocs.d/{key}.rev"))).unwrap();
    gpg.import(&revocation[revocation.find(":-----BEGIN").unwrap() + 1..]);
    let revoked = gpg.public(&key);
    assert_eq!(fault(opened(bytes, &ours, std::slice::from_ref(&revoked)).unwrap_err()), KeyFault::Revoked);
    assert_eq!(fault(seal(&draft(), NAME, &plain, &ours, &revoked).unwrap_err()), KeyFault::Revoked);
}
