//! Files over the wire, beside what they cost at least: an envelope beside its cipher and digest passes run alone; a file
//! to a real OpenSSH server and back beside OpenSSH's own `sftp`; and many small files beside the round trips they need.
//!
//! `cargo bench --bench wire` (needs CARDLINE_TEST_SFTP, as `ops/services up` prints it)

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cardline::exchange::publish::publish;
use cardline::exchange::transport::Place;
use cardline::exchange::{Partner, Partners};
use cardline_core::file_formats::Mode;
use cardline_envelopes::{Draft, gm, openpgp};
use sha2::{Digest, Sha256};
use slow_line::slow_line;
use url::Url;
use verdict::{median, ratio};

mod slow_line;
mod verdict;

/// What an envelope may cost beside its passes, and SFTP beside OpenSSH's.
const ENVELOPE: f64 = 1.3;
const SFTP: f64 = 0.5;
const ROUND_TRIPS: f64 = 1.5;

const CONTENT_BYTES: usize = 16 * 1024 * 1024;
const FILE_BYTES: usize = 64 * 1024 * 1024;
const SMALL_FILES: usize = 1_000;
const ROUNDS: usize = 7;
/// Of the slow line, one way.
const DELAY: Duration = Duration::from_millis(2);
/// Look whether it lies there, open, write, keep, close, look at the size, rename.
const TRIPS_A_FILE: u32 = 7;

fn main() {
    envelopes();
    let Ok(address) = std::env::var("CARDLINE_TEST_SFTP") else {
        println!("sftp: not measured: CARDLINE_TEST_SFTP names the server; `ops/services up` starts one");
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("tokio");
    runtime.block_on(sftp(&Url::parse(&address).expect("an address")));
}

fn seconds(work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_secs_f64()
}

fn content(bytes: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    (0..bytes).map(|_| next()).collect()
}

fn envelopes() {
    let plain = content(CONTENT_BYTES);
    let draft = Draft {
        from: "CARDLINE".into(),
        to: "BANK".into(),
        kind: "account-request".into(),
        environment: "test".into(),
        business_date: jiff::civil::date(2026, 1, 6),
        sequence: 1,
        rows: 1,
        previous_sha256: None,
        made_at: jiff::Timestamp::now(),
    };
    use cardline_envelopes::gm::OwnKey as _;
    use cardline_envelopes::openpgp::OwnKey as _;
    let pgp = openpgp::SecretKey::generate("bench", jiff::Timestamp::now()).expect("a key");
    let sm = gm::SecretKey::generate().expect("a key");
    let (mut pgps, mut gms) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let passes = seconds(|| openpgp_passes(&plain));
        let sealing = seconds(|| drop(openpgp::seal(&draft, "a.txt", &plain, &pgp, pgp.public()).expect("sealed")));
        pgps.push(sealing / passes);
        let passes = seconds(|| gm_passes(&plain));
        let sealing = seconds(|| drop(gm::seal(&draft, "a.txt", &plain, &sm, sm.public()).expect("sealed")));
        gms.push(sealing / passes);
    }
    ratio("an OpenPGP envelope of 16 MiB beside its passes", median(pgps), ENVELOPE, true);
    ratio("a gm envelope of 16 MiB beside its passes", median(gms), ENVELOPE, true);
}

/// The digest in the manifest, the one that is signed, the one against changes, and the cipher.
fn openpgp_passes(plain: &[u8]) {
    use aes::cipher::{AsyncStreamCipher, KeyIvInit};
    std::hint::black_box((Sha256::digest(plain), Sha256::digest(plain), sha1::Sha1::digest(plain)));
    let mut bytes = plain.to_vec();
    cfb_mode::Encryptor::<aes::Aes256>::new(&[7; 32].into(), &[7; 16].into()).encrypt(&mut bytes);
    std::hint::black_box(bytes);
}

fn gm_passes(plain: &[u8]) {
    use ctr::cipher::{KeyIvInit, StreamCipher};
    std::hint::black_box(Sha256::digest(plain));
    let mut bytes = plain.to_vec();
    ctr::Ctr128BE::<sm4::Sm4>::new(&[7; 16].into(), &[7; 16].into()).apply_keystream(&mut bytes);
    std::hint::black_box(bytes);
}

/// A partner on the server, by a port of this machine.
fn partner(address: &Url, folder: &Path, port: u16) -> Partner {
    let of = |name: &str| address.query_pairs().find(|(key, _)| key == name).expect("a parameter").1.into_owned();
    let known = std::fs::read_to_string(of("known_hosts")).expect("the server's key");
    let there = folder.join("there");
    std::fs::create_dir_all(there.join("to")).expect("a folder");
    let profiles = folder.join("profiles");
    std::fs::create_dir_all(&profiles).expect("a folder");
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/partners");
    for name in ["ICBC.toml", "BUREAU.toml"] {
        let mut text = std::fs::read_to_string(schemas.join(name)).expect("a profile");
        if name == "ICBC.toml" {
            let (there, user, key) = (there.display(), address.username(), of("key"));
            text.push_str(&format!(
                "\n[transport]\nkind = \"sftp\"\nhost = \"127.0.0.1\"\nport = {port}\nuser = \"{user}\"\nkey_file = \"{key}\"\n\
                 host_key = \"{}\"\nto = \"{there}/to\"\nfrom = \"{there}/from\"\n",
                known.lines().next().expect("a key")
            ));
        }
        std::fs::write(profiles.join(name), text).expect("a profile");
    }
    let partners = Partners::of(Some(&profiles), folder, jiff::civil::date(2026, 1, 6)).expect("profiles");
    partners.get("ICBC").expect("a partner").clone()
}

async fn sftp(address: &Url) {
    let folder = tempfile::tempdir_in(address.path()).expect("a folder");
    let port = address.port().expect("a port");
    let bank = partner(address, folder.path(), port);
    let bytes = content(FILE_BYTES);
    std::fs::write(folder.path().join("plain"), &bytes).expect("a file");
    let (mut puts, mut gets) = (Vec::new(), Vec::new());
    let (mut ours_put, mut theirs_put) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let name = format!("ours-{round}");
        let started = Instant::now();
        bank.transport.put_if_absent(Place::To, &name, &bytes, Mode::default()).await.expect("placed");
        let put = started.elapsed().as_secs_f64();
        let started = Instant::now();
        let read = bank.transport.get(Place::To, &name, FILE_BYTES as u64).await.expect("read").expect("there");
        let get = started.elapsed().as_secs_f64();
        assert!(read == bytes, "what was read is not what was placed");
        let there = folder.path().join("there/to");
        let batch = |line: String| seconds(|| openssh(address, &line));
        let their_put =
            batch(format!("put {} {}/theirs-{round}", folder.path().join("plain").display(), there.display()));
        let their_get =
            batch(format!("get {}/theirs-{round} {}", there.display(), folder.path().join("back").display()));
        puts.push(their_put / put);
        gets.push(their_get / get);
        ours_put.push(put);
        theirs_put.push(their_put);
        std::fs::remove_file(there.join(&name)).expect("removed");
    }
    println!("64 MiB to the server: ours {:.2} s, OpenSSH's sftp {:.2} s", median(ours_put), median(theirs_put));
    ratio("speed of placing beside OpenSSH's put", median(puts), SFTP, false);
    ratio("speed of fetching beside OpenSSH's get", median(gets), SFTP, false);
    small_files(address, folder.path(), port).await;
}

/// OpenSSH's own client, which connects, does one thing and leaves.
fn openssh(address: &Url, line: &str) {
    let of = |name: &str| address.query_pairs().find(|(key, _)| key == name).expect("a parameter").1.into_owned();
    let mut child = Command::new("sftp")
        .args(["-q", "-b", "-", "-P", &address.port().expect("a port").to_string(), "-i", &of("key")])
        .args(["-o", "IdentitiesOnly=yes", "-o", &format!("UserKnownHostsFile={}", of("known_hosts"))])
        .arg(format!("{}@127.0.0.1", address.username()))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("sftp");
    std::io::Write::write_all(&mut child.stdin.take().expect("stdin"), line.as_bytes()).expect("a line");
    assert!(child.wait().expect("sftp").success(), "{line}");
}

async fn small_files(address: &Url, folder: &Path, port: u16) {
    let slow = slow_line(port, DELAY).await;
    let bank = partner(address, &folder.join("slow"), slow);
    bank.transport.list(Place::To).await.expect("connected");
    let bytes = content(1_000);
    // A look for a name that is not there is one trip; the line's own timers make it longer than it is told to be.
    let mut trips = Vec::new();
    for _ in 0..200 {
        let started = Instant::now();
        bank.transport.get(Place::To, "none", 1).await.expect("an answer");
        trips.push(started.elapsed().as_secs_f64());
    }
    let trip = median(trips);
    let started = Instant::now();
    for n in 0..SMALL_FILES {
        publish(&*bank.transport, &format!("small-{n}"), &bytes, None, Mode::default()).await.expect("placed");
    }
    let took = started.elapsed();
    let needed = trip * f64::from(TRIPS_A_FILE) * SMALL_FILES as f64;
    println!("1,000 small files over a line of {:.1} ms: {:.2} s", trip * 1_000.0, took.as_secs_f64());
    ratio("small files beside the round trips they need", took.as_secs_f64() / needed, ROUND_TRIPS, true);
}
