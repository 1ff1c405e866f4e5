//! Connections that break at any byte, hang, or lose a reply: it goes on by itself, one file, the same bytes.

use std::time::{Duration, Instant};

use cardline::exchange::publish::publish;
use cardline::exchange::transport::{Place, Published};
use cardline_core::file_formats::Mode;

use super::{Reached, Server};
use crate::proxy::Proxy;

const NAME: &str = "ICBC_110101_20260106_000001_KH.txt";

/// The server through a proxy.
async fn through_proxy(server: &Server) -> (Reached, Proxy) {
    let proxy = Proxy::to(&format!("ssh://{}:{}/", server.host, server.port)).await;
    let port = proxy.url.trim_end_matches('/').rsplit(':').next().unwrap();
    let transport = server.transport("ICBC").replace(&format!("port = {}", server.port), &format!("port = {port}"));
    (Reached::by(server, transport), proxy)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_cut_at_any_byte_leaves_one_whole_file_in_the_end() {
    let server = Server::of_tests();
    let (bank, proxy) = through_proxy(&server).await;
    let (to, wire) = (bank.there.join("to"), &*bank.partner.transport);
    let bytes = vec![7; 40_000];
    let marker = format!("{NAME}.ok");
    let (mut cuts, mut left) = (0, 1);
    loop {
        proxy.cut_after_bytes(left);
        let cut = publish(wire, NAME, &bytes, Some(&marker), Mode::default()).await;
        proxy.heal();
        // Whatever lies there under a final name is whole, and a marker is there with its file only.
        let lying = std::fs::read(to.join(NAME)).ok();
        assert!(lying.as_ref().is_none_or(|lying| *lying == bytes), "half a file after {left} bytes");
        assert!(lying.is_some() || !to.join(&marker).exists(), "a marker without its file after {left} bytes");
        if cut.is_ok() {
            break;
        }
        cuts += 1;
        publish(wire, NAME, &bytes, Some(&marker), Mode::default()).await.unwrap();
        assert_eq!(bank.names("to"), [NAME, marker.as_str()]);
        std::fs::remove_file(to.join(NAME)).unwrap();
        std::fs::remove_file(to.join(&marker)).unwrap();
        // The handshake is the library's; from there on every request is cut within.
        left += if left < 2_500 { 500 } else { 97 + left / 40 };
        // A connection that was healed is kept: the next try begins with a new one.
        proxy.cut_after_bytes(0);
        assert!(wire.list(Place::To).await.is_err());
    }
    assert!(cuts > 30, "{cuts}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_falls_silent_is_left_in_time_and_found_again() {
    let server = Server::of_tests();
    let (bank, proxy) = through_proxy(&server).await;
    let wire = &*bank.partner.transport;
    wire.list(Place::To).await.unwrap();
    proxy.silence_what_is_open();
    let began = Instant::now();
    let error = wire.put_if_absent(Place::To, NAME, b"rows", Mode::default()).await.unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}: {error}", began.elapsed());
    assert_eq!(wire.put_if_absent(Place::To, NAME, b"rows", Mode::default()).await.unwrap(), Published::Now);
    assert_eq!(bank.names("to"), [NAME]);
}
