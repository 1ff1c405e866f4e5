//! `/metrics`, `/health` and `/ready`: three pages for machines, on an address of one's own.
//!
//! A plain HTTP/1 server of the library under the console's; nothing is read from a request but its
//! path. Requests are bounded in number and time, and none of them waits for a step.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

use super::readiness::{degraded, missing};
use super::watch::Watch;
use crate::limits::{LISTEN_CONNECTIONS, LISTEN_HEADER_SECONDS, LISTEN_SECONDS};
use crate::metrics;

const PLAIN: &str = "text/plain; charset=utf-8";
const PROMETHEUS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Listens in the background; returns the address, which has a port even where 0 was asked for.
pub async fn start(address: &str, watch: Arc<Watch>) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(address).await?;
    let at = listener.local_addr()?;
    tokio::spawn(serve(listener, watch));
    Ok(at)
}

async fn serve(listener: TcpListener, watch: Arc<Watch>) {
    let mut conversations = Conversations::default();
    loop {
        match listener.accept().await {
            Ok((connection, _)) => conversations.begin(connection, watch.clone()),
            // Out of file descriptors, for example: there may be some again soon.
            Err(error) => {
                tracing::warn!("listening: {error}");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// The connections that are open, the oldest first.
#[derive(Default)]
struct Conversations(VecDeque<Conversation>);

struct Conversation {
    task: AbortHandle,
    /// Whether its request is here.
    asked: Arc<AtomicBool>,
}

impl Conversations {
    /// Answers a connection. Where there is no place for one more, the one that has said nothing for the longest
    /// time ends: connections that are opened and left never keep a page from whoever asks for it.
    fn begin(&mut self, connection: TcpStream, watch: Arc<Watch>) {
        self.0.retain(|open| !open.task.is_finished());
        if self.0.len() >= LISTEN_CONNECTIONS {
            let silent = self.0.iter().position(|open| !open.asked.load(Ordering::Relaxed)).unwrap_or(0);
            if let Some(open) = self.0.remove(silent) {
                open.task.abort();
            }
        }
        let asked = Arc::new(AtomicBool::new(false));
        let bound = Duration::from_secs(LISTEN_SECONDS);
        let task = tokio::spawn(tokio::time::timeout(bound, converse(connection, watch, asked.clone())));
        self.0.push_back(Conversation { task: task.abort_handle(), asked });
    }
}

async fn converse(connection: TcpStream, watch: Arc<Watch>, asked: Arc<AtomicBool>) {
    let service = service_fn(move |request: Request<Incoming>| {
        asked.store(true, Ordering::Relaxed);
        let watch = watch.clone();
        async move { Ok::<_, Infallible>(answer(&request, &watch).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(LISTEN_HEADER_SECONDS))
        .keep_alive(false)
        .serve_connection(TokioIo::new(connection), service);
    // A client that goes away is none of our business.
    let _ = served.await;
}

async fn answer(request: &Request<Incoming>, watch: &Watch) -> Response<String> {
    if request.method() != Method::GET {
        return page(StatusCode::METHOD_NOT_ALLOWED, PLAIN, "only GET is answered\n".into());
    }
    match request.uri().path() {
        "/metrics" => page(StatusCode::OK, PROMETHEUS, metrics::render()),
        "/health" => page(StatusCode::OK, PLAIN, "alive\n".into()),
        "/ready" => match missing(watch).await {
            missing if missing.is_empty() => match degraded(watch).await {
                aside if aside.is_empty() => page(StatusCode::OK, PLAIN, "ready\n".into()),
                aside => page(StatusCode::OK, PLAIN, format!("degraded\n{}\n", aside.join("\n"))),
            },
            missing => page(StatusCode::SERVICE_UNAVAILABLE, PLAIN, missing.join("\n") + "\n"),
        },
        _ => page(StatusCode::NOT_FOUND, PLAIN, "there are /metrics, /health and /ready\n".into()),
    }
}

fn page(status: StatusCode, kind: &'static str, text: String) -> Response<String> {
    let mut page = Response::new(text);
    *page.status_mut() = status;
    page.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    page
}
