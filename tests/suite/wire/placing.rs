//! Files on a real server: placed once and whole, fetched, put away.

use std::os::unix::fs::{PermissionsExt, symlink};

use cardline::exchange::publish::publish;
use cardline::exchange::transport::{Place, Published, TransportError};
use cardline_core::file_formats::Mode;

use super::{Reached, Server};

const NAME: &str = "ICBC_110101_20260106_000001_KH.txt";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_placed_once_with_its_marker_last() {
    let server = Server::of_tests();
    let bank = Reached::by(&server, server.transport("ICBC"));
    let wire = &*bank.partner.transport;
    let marker = format!("{NAME}.ok");
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n * 7 % 251) as u8).collect();
    for expected in [Published::Now, Published::Before] {
        assert_eq!(publish(wire, NAME, &bytes, Some(&marker), Mode::default()).await.unwrap(), expected);
    }
    assert_eq!(bank.names("to"), [NAME, marker.as_str()]);
    assert_eq!(std::fs::read(bank.there.join("to").join(NAME)).unwrap(), bytes);
    let rights = std::fs::metadata(bank.there.join("to").join(NAME)).unwrap().permissions().mode();
    assert_eq!(rights & 0o7777, 0o640);
    let other = publish(wire, NAME, &bytes[1..], Some(&marker), Mode::default()).await;
    assert!(matches!(other, Err(TransportError::OtherBytes { .. })), "{other:?}");
    assert_eq!(std::fs::read(bank.there.join("to").join(NAME)).unwrap(), bytes, "nothing was overwritten");
    assert_eq!(wire.get(Place::To, NAME, 1 << 30).await.unwrap().unwrap(), bytes);
    assert_eq!(
        wire.get(Place::To, NAME, 9).await.unwrap().unwrap(),
        bytes[..10],
        "one byte more tells that it is larger"
    );
    assert_eq!(wire.get(Place::To, "none.txt", 9).await.unwrap(), None);
    wire.remove(Place::To, NAME).await.unwrap();
    wire.remove(Place::To, NAME).await.unwrap();
    assert_eq!(bank.names("to"), [marker]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_earlier_try_left_is_gone_on_with() {
    let server = Server::of_tests();
    let bank = Reached::by(&server, server.transport("ICBC"));
    let (to, wire) = (bank.there.join("to"), &*bank.partner.transport);
    let put = async || wire.put_if_absent(Place::To, NAME, b"rows", Mode::default()).await;
    // Half of it was sent.
    std::fs::write(to.join(format!("{NAME}.part")), b"ro").unwrap();
    assert_eq!(put().await.unwrap(), Published::Now);
    assert_eq!(bank.names("to"), [NAME]);
    // The server died between the two halves of a rename: both names of one file.
    std::fs::hard_link(to.join(NAME), to.join(format!("{NAME}.part"))).unwrap();
    assert_eq!(put().await.unwrap(), Published::Before);
    assert_eq!(bank.names("to"), [NAME]);
    assert_eq!(std::fs::read(to.join(NAME)).unwrap(), b"rows");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_pipes_and_folders_are_seen_and_never_read() {
    let server = Server::of_tests();
    let bank = Reached::by(&server, server.transport("ICBC"));
    let (from, wire) = (bank.there.join("from"), &*bank.partner.transport);
    let secret = bank.there.join("secret");
    std::fs::write(&secret, b"not for us").unwrap();
    std::fs::write(from.join("plain.txt"), b"rows").unwrap();
    symlink(&secret, from.join("link.txt")).unwrap();
    symlink("nowhere", from.join("dangling.txt")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, from.join("pipe.txt"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let mut lying = wire.list(Place::From).await.unwrap();
    lying.sort_by(|one, other| one.name.cmp(&other.name));
    let seen: Vec<_> = lying.iter().map(|entry| (entry.name.as_str(), entry.is_plain)).collect();
    assert_eq!(seen, [("dangling.txt", false), ("link.txt", false), ("pipe.txt", false), ("plain.txt", true)]);
    for name in ["archive", "dangling.txt", "link.txt", "pipe.txt"] {
        assert!(wire.get(Place::From, name, 100).await.is_err(), "{name}");
    }
    for name in ["../secret", "..", ".", "", "a/b", "a\\b", "\0", &"n".repeat(256)] {
        assert!(matches!(wire.get(Place::From, name, 100).await, Err(TransportError::Name)), "{name:?}");
        let put = wire.put_if_absent(Place::To, name, b"x", Mode::default()).await;
        assert!(matches!(put, Err(TransportError::Name)), "{name:?}");
    }
    // Under a name of ours lies a link: it is not ours.
    symlink(&secret, bank.there.join("to").join(NAME)).unwrap();
    let put = wire.put_if_absent(Place::To, NAME, b"not for us", Mode::default()).await;
    assert!(matches!(put, Err(TransportError::OtherBytes { .. })), "{put:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_settled_file_is_put_away_once() {
    let server = Server::of_tests();
    let bank = Reached::by(&server, server.transport("ICBC"));
    let (from, wire) = (bank.there.join("from"), &*bank.partner.transport);
    std::fs::write(from.join("answer.txt"), b"rows").unwrap();
    for _ in 0..2 {
        wire.archive("answer.txt", "answer.txt.refused.0a0a0a0a").await.unwrap();
        assert_eq!((bank.names("from"), bank.names("from/archive").len()), (vec![], 1));
    }
    // The same came again and is put away again; other bytes never take its place.
    std::fs::write(from.join("answer.txt"), b"rows").unwrap();
    wire.archive("answer.txt", "answer.txt.refused.0a0a0a0a").await.unwrap();
    assert_eq!((bank.names("from"), bank.names("from/archive").len()), (vec![], 1));
    std::fs::write(from.join("answer.txt"), b"other rows").unwrap();
    assert!(wire.archive("answer.txt", "answer.txt.refused.0a0a0a0a").await.is_err());
    assert_eq!(bank.names("from"), ["answer.txt"]);
    let without = server.transport("ICBC").replace("archive = ", "# archive = ");
    let without = Reached::by(&server, without);
    without.partner.transport.archive("answer.txt", "answer.txt").await.unwrap();
    assert_eq!(without.names("from"), Vec::<String>::new(), "without an archive it is removed");
}
