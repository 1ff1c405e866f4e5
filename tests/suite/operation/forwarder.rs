//! A TCP forwarder that can be cut: what stands behind it is then away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;

/// Forwards a port of its own to an address while it is open; refuses while it is cut.
pub struct Forwarder {
    pub port: u16,
    to: String,
    open: Arc<AtomicBool>,
    cut: Arc<Notify>,
}

impl Forwarder {
    /// A port with nothing behind it yet.
    pub async fn cut(to: &str) -> Forwarder {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        Forwarder { port, to: to.into(), open: Arc::default(), cut: Arc::new(Notify::new()) }
    }

    /// Lets connections through from now on.
    pub fn open(&self) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(([127, 0, 0, 1], self.port).into()).unwrap();
        let (listener, to) = (socket.listen(64).unwrap(), self.to.clone());
        let (open, cut) = (self.open.clone(), self.cut.clone());
        open.store(true, Ordering::SeqCst);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = cut.notified() => return,
                    accepted = listener.accept() => {
                        let (from, _) = accepted.unwrap();
                        tokio::spawn(forward(from, to.clone(), cut.clone(), open.clone()));
                    }
                }
            }
        });
    }

    /// Breaks every connection and refuses new ones.
    pub fn close(&self) {
        self.open.store(false, Ordering::SeqCst);
        self.cut.notify_waiters();
    }
}

async fn forward(mut from: TcpStream, to: String, cut: Arc<Notify>, open: Arc<AtomicBool>) {
    let cut = cut.notified();
    if !open.load(Ordering::SeqCst) {
        return;
    }
    let Ok(mut there) = TcpStream::connect(to).await else { return };
    tokio::select! {
        () = cut => {}
        _ = tokio::io::copy_bidirectional(&mut from, &mut there) => {}
    }
}
