//! Every cut and every changed bit of an envelope, random bytes, and manifests that are of something else.

use proptest::prelude::*;

use super::setting::{NAME, an_hour_ago, check, draft, plain, survives};
use crate::{Disagreement, Draft, EnvelopeError, Field, Manifest, Opened, Sealed, gm, openpgp};

type Check = fn(&Manifest) -> Result<(), Disagreement>;

type Seal = dyn Fn(&Draft, &[u8]) -> Sealed + Sync;
type Open = dyn Fn(&str, Vec<u8>, Check) -> Result<Opened, EnvelopeError> + Sync;

/// A kind of envelope with its parties, sealed and opened.
struct Kind {
    seal: Box<Seal>,
    open: Box<Open>,
}

fn of_openpgp() -> Kind {
    use openpgp::{OwnKey, SecretKey};
    let key = |user| SecretKey::generate(user, an_hour_ago()).unwrap();
    let (bank, ours) = (key("Bank"), key("Cardline"));
    let (partners, to) = ([bank.public().clone()], ours.public().clone());
    Kind {
        seal: Box::new(move |draft, plain| openpgp::seal(draft, NAME, plain, &bank, &to).unwrap()),
        open: Box::new(move |name, bytes, check| openpgp::open(name, bytes, &[&ours], &partners, check)),
    }
}

fn of_gm() -> Kind {
    use gm::{OwnKey, SecretKey};
    let (bank, ours) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
    let (partners, to) = ([bank.public().clone()], ours.public().clone());
    Kind {
        seal: Box::new(move |draft, plain| gm::seal(draft, NAME, plain, &bank, &to).unwrap()),
        open: Box::new(move |name, bytes, check| gm::open(name, bytes, &[&ours], &partners, check)),
    }
}

/// An envelope of ours, and more bytes behind it.
fn stands(kind: &Kind) {
    let sealed = (kind.seal)(&draft(), &plain());
    survives(&sealed.bytes, 1, |bytes| (kind.open)(&sealed.name, bytes, check));
    for more in [&b"\0"[..], &[0; 512], &[0; 10240], &sealed.bytes[..]] {
        assert!((kind.open)(&sealed.name, [&sealed.bytes, more].concat(), check).is_err());
    }
}

#[test]
fn no_cut_and_no_changed_bit_of_an_openpgp_envelope_is_taken_for_another_file() {
    stands(&of_openpgp());
}

#[test]
fn no_cut_and_no_changed_bit_of_a_gm_envelope_is_taken_for_another_file() {
    stands(&of_gm());
}

#[test]
fn a_manifest_of_something_else_is_refused_and_says_of_what() {
    for kind in [of_openpgp(), of_gm()] {
        let text = |text: &str| text.to_owned();
        let day = jiff::civil::date(2026, 12, 1);
        let others = [
            (Field::From, Draft { from: text("BANK02"), ..draft() }),
            (Field::To, Draft { to: text("BANK01"), ..draft() }),
            (Field::Kind, Draft { kind: text("card-result"), ..draft() }),
            (Field::Environment, Draft { environment: text("production"), ..draft() }),
            (Field::BusinessDate, Draft { business_date: day, ..draft() }),
            (Field::Sequence, Draft { sequence: 8, ..draft() }),
            (Field::PreviousSha256, Draft { previous_sha256: Some("ab".repeat(32)), ..draft() }),
        ];
        for (field, other) in others {
            let sealed = (kind.seal)(&other, &plain());
            match (kind.open)(&sealed.name, sealed.bytes, check) {
                Err(EnvelopeError::Disagrees(disagreement)) => assert_eq!(disagreement.field, field),
                other => panic!("{field:?}: {other:?}"),
            }
        }
        let sealed = (kind.seal)(&draft(), &plain());
        for name in ["../x.csv", NAME, "", ".pgp", ".gm", "manifest.json.pgp", "manifest.json.gm"] {
            assert!((kind.open)(name, sealed.bytes.clone(), check).is_err(), "{name}");
        }
    }
}

#[test]
fn an_openpgp_envelope_under_another_name_is_refused() {
    let kind = of_openpgp();
    let sealed = (kind.seal)(&draft(), &plain());
    assert!((kind.open)(&sealed.name.replace("BANK01", "BANK02"), sealed.bytes, check).is_err());
}

#[test]
fn a_key_of_one_kind_is_no_key_of_the_other() {
    use crate::gm::OwnKey as _;
    let gm = gm::SecretKey::generate().unwrap().public().pem().unwrap();
    assert!(openpgp::PublicKey::read(&gm).is_err());
    let openpgp = openpgp::SecretKey::generate("Bank", an_hour_ago()).unwrap();
    assert!(gm::PublicKey::read(&openpgp::OwnKey::public(&openpgp).armored().unwrap()).is_err());
}

/// A key comes by mail; a changed one is refused or has lost a part, and never panics.
#[test]
fn no_changed_letter_of_a_key_gives_another_key() {
    use crate::openpgp::OwnKey as _;
    let key = openpgp::SecretKey::generate("Bank", an_hour_ago()).unwrap();
    let (public, secret) = (key.public().armored().unwrap(), key.armored().unwrap());
    for at in 0..secret.len() {
        for letter in ["A", "/", "z", "=", "\n", "\0"] {
            let changed = |text: &str| text.get(..at).map(|start| format!("{start}{letter}{}", &text[at + 1..]));
            if let Some(Ok(read)) = changed(&secret).map(|text| openpgp::SecretKey::read(&text)) {
                assert_eq!(read.public().key_id(), key.public().key_id(), "{at}");
            }
            if let Some(Ok(read)) =
                (at < public.len()).then(|| changed(&public)).flatten().map(|text| openpgp::PublicKey::read(&text))
            {
                assert_eq!(read.key_id(), key.public().key_id(), "{at}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..4096), tag in any::<u8>()) {
        thread_local! { static KINDS: [Kind; 2] = [of_openpgp(), of_gm()]; }
        let tagged = [&[tag | 0xC0, 255, 0, 0, 1, 0][..], &bytes].concat();
        KINDS.with(|[openpgp, gm]| {
            for bytes in [bytes.clone(), tagged] {
                assert!((openpgp.open)(&format!("{NAME}.pgp"), bytes.clone(), check).is_err());
                assert!((gm.open)(&format!("{NAME}.gm"), bytes, check).is_err());
            }
        });
        let text = String::from_utf8_lossy(&bytes);
        assert!(openpgp::PublicKey::read(&text).is_err() && openpgp::SecretKey::read(&text).is_err());
        assert!(gm::PublicKey::read(&text).is_err() && gm::SecretKey::read(&text).is_err());
        assert!(Manifest::read(&bytes).is_err());
    }

    /// Bytes in the middle of a good envelope, replaced at random: deeper than random bytes come.
    #[test]
    fn an_envelope_with_random_bytes_in_it_is_refused_or_the_same(
        at in 0usize..4000, bytes in prop::collection::vec(any::<u8>(), 1..40)
    ) {
        thread_local! { static SEALED: [(Kind, Sealed); 2] = [of_openpgp(), of_gm()].map(|kind| {
            let sealed = (kind.seal)(&draft(), &plain());
            (kind, sealed)
        }); }
        SEALED.with(|all| for (kind, sealed) in all {
            let mut changed = sealed.bytes.clone();
            let at = at % (changed.len() - 40);
            changed[at..at + bytes.len()].copy_from_slice(&bytes);
            if let Ok(opened) = (kind.open)(&sealed.name, changed, check) {
                assert_eq!((opened.content, &opened.manifest), (plain(), &sealed.manifest));
            }
        });
    }
}
