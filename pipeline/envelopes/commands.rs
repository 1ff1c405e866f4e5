//! The command lines by which a partner opens our envelopes and makes its own.
//!
//! The tests run exactly these lines, with gpg 2.2 and openssl 3.0.

use crate::Envelope;

/// One command line and what it does. In capitals stand what a partner puts in: `NAME` is the plain file's name,
/// `OURS` the partner's own key, `THEIRS` ours (a fingerprint for gpg, a file of PEM for openssl).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    pub does: &'static str,
    pub line: &'static str,
}

/// How an envelope is opened, in this order.
#[must_use]
pub fn opening(kind: Envelope) -> &'static [Command] {
    match kind {
        Envelope::OpenPgp => OPEN_OPENPGP,
        Envelope::Gm => OPEN_GM,
    }
}

/// How an envelope is made from NAME and its manifest.json, in this order.
#[must_use]
pub fn sealing(kind: Envelope) -> &'static [Command] {
    match kind {
        Envelope::OpenPgp => SEAL_OPENPGP,
        Envelope::Gm => SEAL_GM,
    }
}

const OPEN_OPENPGP: &[Command] = &[
    Command { does: "decrypts, says whose signature it is, and unpacks", line: "gpg --decrypt NAME.pgp | tar x" },
    Command { does: "gives the digest that manifest.json must say", line: "openssl dgst -sha256 -r NAME" },
];

const SEAL_OPENPGP: &[Command] = &[Command {
    does: "packs, signs and encrypts",
    line: "tar c manifest.json NAME | gpg --local-user OURS --recipient THEIRS --sign --encrypt --output NAME.pgp",
}];

const OPEN_GM: &[Command] = &[
    Command { does: "unpacks manifest.json, manifest.sig, key.sm2 and payload", line: "tar xf NAME.gm" },
    Command {
        does: "verifies whose manifest it is",
        line: "openssl pkeyutl -verify -rawin -digest sm3 -pkeyopt distid:1234567812345678 -pubin -inkey THEIRS \
               -in manifest.json -sigfile manifest.sig",
    },
    Command {
        does: "decrypts the key and the IV",
        line: "openssl pkeyutl -decrypt -inkey OURS -in key.sm2 -out key.bin",
    },
    Command {
        does: "decrypts the file",
        line: "openssl enc -d -sm4-ctr -K $(head -c 16 key.bin | od -An -v -tx1 | tr -d ' \\n') \
               -iv $(tail -c 16 key.bin | od -An -v -tx1 | tr -d ' \\n') -in payload -out NAME",
    },
    Command { does: "gives the digest that manifest.json must say", line: "openssl dgst -sha256 -r NAME" },
    Command { does: "removes the key", line: "rm key.bin" },
];

const SEAL_GM: &[Command] = &[
    Command { does: "makes a new key and IV", line: "openssl rand -out key.bin 32" },
    Command {
        does: "encrypts the file",
        line: "openssl enc -e -sm4-ctr -K $(head -c 16 key.bin | od -An -v -tx1 | tr -d ' \\n') \
               -iv $(tail -c 16 key.bin | od -An -v -tx1 | tr -d ' \\n') -in NAME -out payload",
    },
    Command {
        does: "encrypts the key and the IV",
        line: "openssl pkeyutl -encrypt -pubin -inkey THEIRS -in key.bin -out key.sm2",
    },
    Command {
        does: "signs the manifest",
        line: "openssl pkeyutl -sign -rawin -digest sm3 -pkeyopt distid:1234567812345678 -inkey OURS \
               -in manifest.json -out manifest.sig",
    },
    Command { does: "packs", line: "tar cf NAME.gm manifest.json manifest.sig key.sm2 payload" },
    Command { does: "removes the key", line: "rm key.bin" },
];
