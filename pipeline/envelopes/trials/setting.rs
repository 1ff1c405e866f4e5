//! The parties and the file that the trials share.

use std::path::Path;
use std::process::{Command, Output};

use jiff::{SignedDuration, Timestamp};
use rayon::prelude::*;

use crate::commands;
use crate::{Disagreement, Draft, EnvelopeError, Expected, Manifest, Opened, Previous};

/// The plain file's name.
pub const NAME: &str = "BANK01_account-result_20261130_0007.csv";

/// A synthetic file of some rows, no round number of blocks.
pub fn plain() -> Vec<u8> {
    (0..20).map(|row| format!("{row:06},synthetic\n")).collect::<String>().into_bytes()
}

/// Whole seconds, as signatures count them.
pub fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap()
}

pub fn an_hour_ago() -> Timestamp {
    now() - SignedDuration::from_hours(1)
}

pub fn draft() -> Draft {
    Draft {
        from: "BANK01".to_owned(),
        to: "CARDLINE".to_owned(),
        kind: "account-result".to_owned(),
        environment: "test".to_owned(),
        business_date: jiff::civil::date(2026, 11, 30),
        sequence: 7,
        rows: 20,
        previous_sha256: None,
        made_at: now(),
    }
}

/// What is expected of [`draft`].
pub fn check(manifest: &Manifest) -> Result<(), Disagreement> {
    let expected = Expected {
        from: Some("BANK01"),
        to: Some("CARDLINE"),
        kind: Some("account-result"),
        environment: Some("test"),
        business_date: Some(jiff::civil::date(2026, 11, 30)),
        sequence: Some(7),
        previous: Previous::None,
    };
    expected.check(manifest)
}

/// The manifest that a partner's program would write.
pub fn manifest(plain: &[u8], key_id: &str) -> Vec<u8> {
    draft().completed(plain, key_id).unwrap().canonical().unwrap()
}

/// A command line as a partner types it, in its folder.
pub fn line(command: &commands::Command, ours: &str, theirs: &str) -> String {
    let words = command.line.split(' ').map(|word| match word {
        "OURS" => ours.to_owned(),
        "THEIRS" => theirs.to_owned(),
        word => word.replace("NAME", NAME),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Runs a line of shell; it must succeed, all parts of a pipe included.
pub fn run(folder: &Path, home: &Path, line: &str) -> Output {
    let output = try_run(folder, home, line);
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

pub fn try_run(folder: &Path, home: &Path, line: &str) -> Output {
    let mut shell = Command::new("bash");
    shell.args(["-o", "pipefail", "-c", line]).current_dir(folder).env("GNUPGHOME", home).env("LC_ALL", "C");
    shell.output().unwrap()
}

/// Every truncation of an envelope is refused; every bit changed is refused or changes nothing of what it says. Where
/// not every bit is tried, `step` is odd, so that all bits of a byte have their turn.
pub fn survives(envelope: &[u8], step: usize, open: impl Fn(Vec<u8>) -> Result<Opened, EnvelopeError> + Sync) {
    let good = open(envelope.to_vec()).unwrap();
    assert_eq!(good.content, plain());
    (0..envelope.len()).into_par_iter().for_each(|length| {
        assert!(open(envelope[..length].to_vec()).is_err(), "cut at {length} of {}", envelope.len());
    });
    let unseen = (0..envelope.len() * 8).into_par_iter().step_by(step).filter(|bit| {
        let mut bytes = envelope.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let opened = open(bytes);
        opened.is_ok_and(|opened| {
            assert_eq!((&opened.content, &opened.manifest), (&good.content, &good.manifest), "bit {bit}");
            true
        })
    });
    let unseen = unseen.count();
    assert!(unseen < envelope.len() / 10, "{unseen} changes were not seen");
}
