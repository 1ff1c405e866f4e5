//! A partner's server that is full, or on which nobody ever tidied up.

use cardline::exchange::publish::publish;
use cardline::exchange::transport::{Place, Published, TransportError};
use cardline_core::file_formats::Mode;

use super::{Reached, Server};
use crate::operation::small_disk::SmallDisk;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_leaves_nothing_half_and_is_gone_on_with() {
    let (server, disk) = (Server::of_tests(), SmallDisk::of(2));
    std::fs::create_dir_all(server.partner_folder("")).unwrap();
    std::os::unix::fs::symlink(disk.path(), server.partner_folder("ICBC")).unwrap();
    let reached = Reached::by(&server, server.transport("ICBC"));
    let bytes = vec![7; 600_000];
    let place = async || publish(&*reached.partner.transport, "a.txt", &bytes, Some("a.txt.ok"), Mode::default()).await;
    disk.fill(200_000);
    for _ in 0..2 {
        let error = place().await.expect_err("there is no room");
        assert!(matches!(error, TransportError::Io { .. } | TransportError::OtherSize { .. }), "{error}");
        assert!(!error.is_of_server(), "other files may fit: {error}");
        assert_eq!(reached.names("to"), [""; 0], "nothing half is left");
    }
    disk.clear();
    assert_eq!(place().await.unwrap(), Published::Now);
    assert_eq!(reached.names("to"), ["a.txt", "a.txt.ok"]);
    assert!(std::fs::read(reached.there.join("to/a.txt")).unwrap() == bytes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_old_files_keep_nobody_waiting() {
    const OLD: usize = 100_000;
    let server = Server::of_tests();
    let reached = Reached::by(&server, server.transport("ICBC"));
    tokio::task::block_in_place(|| {
        for n in 0..OLD {
            std::fs::File::create(reached.there.join("from").join(format!("old-{n}.txt"))).unwrap();
        }
        std::fs::write(reached.there.join("from/new.txt"), b"rows").unwrap();
    });
    let transport = &*reached.partner.transport;
    assert_eq!(publish(transport, "a.txt", b"ours", None, Mode::default()).await.unwrap(), Published::Now);
    let lying = transport.list(Place::From).await.unwrap();
    assert_eq!(lying.len(), OLD + 1);
    assert!(lying.iter().any(|entry| entry.name == "new.txt" && entry.bytes == 4));
    assert_eq!(transport.get(Place::From, "new.txt", 100).await.unwrap().unwrap(), b"rows");
}
