//! Connections: bounded in number, and in the time their requests may take to arrive.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use cardline::limits::{CONSOLE_CONNECTIONS, CONSOLE_HEADER_SECONDS};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinHandle};
use tower_service::Service;

use super::dispatch::router;
use super::peer::Peer;
use crate::console::Console;

/// A console that listens.
pub struct Listening {
    /// With the port, also where 0 was asked for.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Listening {
    /// Takes no further connection and lets go of those that are open.
    pub fn stop(self) {
        self.task.abort();
    }
}

/// Listens in the background.
///
/// # Errors
/// The address cannot be listened at.
pub async fn listen(address: &str, console: Arc<Console>) -> std::io::Result<Listening> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let task = tokio::spawn(accept(listener, router(console)));
    Ok(Listening { address, task })
}

async fn accept(listener: TcpListener, router: Router) {
    let mut open = Connections::default();
    loop {
        match listener.accept().await {
            Ok((connection, from)) => open.begin(connection, from, router.clone()),
            Err(error) => {
                tracing::warn!("listening: {error}");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// The connections that are open, the oldest first.
#[derive(Default)]
struct Connections(VecDeque<Connection>);

struct Connection {
    task: AbortHandle,
    /// Requests being answered now.
    asking: Arc<AtomicUsize>,
}

impl Drop for Connections {
    fn drop(&mut self) {
        self.0.iter().for_each(|open| open.task.abort());
    }
}

impl Connections {
    /// Where there is no place for one more, the oldest that asks nothing now ends: connections that are opened and
    /// left keep no page from whoever asks for it.
    fn begin(&mut self, connection: TcpStream, from: SocketAddr, router: Router) {
        self.0.retain(|open| !open.task.is_finished());
        if self.0.len() >= CONSOLE_CONNECTIONS {
            let silent = self.0.iter().position(|open| open.asking.load(Ordering::Relaxed) == 0).unwrap_or(0);
            if let Some(open) = self.0.remove(silent) {
                open.task.abort();
            }
        }
        let asking = Arc::new(AtomicUsize::new(0));
        let task = tokio::spawn(converse(connection, Peer(from.ip().to_string()), router, asking.clone()));
        self.0.push_back(Connection { task: task.abort_handle(), asking });
    }
}

/// Counts a request as long as it is answered, also where that is given up.
struct Asking(Arc<AtomicUsize>);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn converse(connection: TcpStream, peer: Peer, router: Router, asking: Arc<AtomicUsize>) {
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        asking.fetch_add(1, Ordering::Relaxed);
        let counted = Asking(asking.clone());
        request.extensions_mut().insert(ConnectInfo(peer.clone()));
        let mut router = router.clone();
        async move {
            let answered = router.call(request).await;
            drop(counted);
            answered
        }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(CONSOLE_HEADER_SECONDS))
        .serve_connection(TokioIo::new(connection), service);
    // A browser that goes away is none of our business.
    let _ = served.await;
}
