//! A proxy of our own between a worker and a server: it cuts, keeps silent, lets what is open fall silent
//! forever, or cuts in the one moment that matters, after the client's COMMIT and before the answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a client sends to commit: the simple query `COMMIT`.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";
/// What a worker sends to begin a transaction that writes.
const BEGIN: &[u8] = b"BEGIN ISOLATION LEVEL READ COMMITTED";
/// Never, as a count of bytes or commits.
const NEVER: i64 = i64::MAX;

/// What the proxy does now; every connection follows it at once.
#[derive(Default)]
struct Faults {
    /// Bytes of the client still let through, over all connections; then every connection is cut.
    bytes_left: AtomicI64,
    /// Commits still answered; the next one reaches the server, and its answer is lost.
    commits_left: AtomicI64,
    /// How many commits later it happens again; 0: not again.
    commits_between: AtomicI64,
    /// Transactions that write still begun; at the next one the proxy falls silent.
    begins_left: AtomicI64,
    /// Nothing passes, in either direction, and nobody is told.
    silent: AtomicBool,
    /// Connections of an earlier number are silent forever; nobody closes them.
    generation: AtomicU64,
    /// Connections that were cut.
    cuts: AtomicU64,
}

/// A proxy on a port of its own, to the server of an address.
pub struct Proxy {
    /// The address of the database through the proxy.
    pub url: String,
    faults: Arc<Faults>,
}

impl Proxy {
    /// A proxy that lets everything through.
    pub async fn to(url: &str) -> Proxy {
        let (scheme, rest) = url.split_once("://").unwrap();
        let (server, database) = rest.split_once('/').unwrap();
        let (user, server) = server.rsplit_once('@').map_or(("", server), |(user, server)| (user, server));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let at = if user.is_empty() { String::new() } else { format!("{user}@") };
        let url = format!("{scheme}://{at}127.0.0.1:{port}/{database}");
        let faults = Arc::new(Faults::default());
        faults.bytes_left.store(NEVER, Ordering::SeqCst);
        faults.commits_left.store(NEVER, Ordering::SeqCst);
        faults.begins_left.store(NEVER, Ordering::SeqCst);
        let (server, shared) = (server.to_owned(), faults.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, faults) = (server.clone(), shared.clone());
                tokio::spawn(async move { carry(client, &server, &faults).await });
            }
        });
        Proxy { url, faults }
    }

    /// Cuts every connection once the client has sent so many more bytes.
    pub fn cut_after_bytes(&self, bytes: i64) {
        self.faults.bytes_left.store(bytes, Ordering::SeqCst);
    }

    /// Loses the answer of the n-th commit from now, and of every n-th after it.
    pub fn lose_every_commit_answer(&self, n: i64) {
        self.faults.commits_between.store(n, Ordering::SeqCst);
        self.faults.commits_left.store(n - 1, Ordering::SeqCst);
    }

    /// Loses the answer of the next commit only.
    pub fn lose_next_commit_answer(&self) {
        self.faults.commits_between.store(0, Ordering::SeqCst);
        self.faults.commits_left.store(0, Ordering::SeqCst);
    }

    /// Falls silent when the n-th transaction that writes has begun, before its client hears of it.
    pub fn fall_silent_at_begin(&self, n: i64) {
        self.faults.begins_left.store(n - 1, Ordering::SeqCst);
    }

    pub fn is_silent(&self) -> bool {
        self.faults.silent.load(Ordering::SeqCst)
    }

    /// Keeps silent, or speaks again.
    pub fn keep_silent(&self, silent: bool) {
        self.faults.silent.store(silent, Ordering::SeqCst);
    }

    /// Connections that are open now fall silent forever, and stay open; new ones work.
    pub fn silence_what_is_open(&self) {
        self.faults.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// Lets everything through again.
    pub fn heal(&self) {
        self.keep_silent(false);
        self.faults.bytes_left.store(NEVER, Ordering::SeqCst);
        self.faults.commits_left.store(NEVER, Ordering::SeqCst);
        self.faults.begins_left.store(NEVER, Ordering::SeqCst);
    }

    /// How many connections were cut so far.
    pub fn cuts(&self) -> u64 {
        self.faults.cuts.load(Ordering::SeqCst)
    }
}

async fn carry(client: TcpStream, server: &str, faults: &Faults) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let generation = faults.generation.load(Ordering::SeqCst);
    let up = async {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
            wait_while_silent(faults, generation).await;
            let left = faults.bytes_left.fetch_sub(read as i64, Ordering::SeqCst);
            if holds(&buffer[..read], BEGIN) && faults.begins_left.fetch_sub(1, Ordering::SeqCst) == 0 {
                faults.begins_left.store(NEVER, Ordering::SeqCst);
                faults.silent.store(true, Ordering::SeqCst);
            }
            let passed = left.clamp(0, read as i64) as usize;
            if to_server.write_all(&buffer[..passed]).await.is_err() {
                return;
            }
            if passed < read {
                faults.cuts.fetch_add(1, Ordering::SeqCst);
                return;
            }
            if holds(&buffer[..read], COMMIT) && faults.commits_left.fetch_sub(1, Ordering::SeqCst) == 0 {
                let between = faults.commits_between.load(Ordering::SeqCst);
                faults.commits_left.store(if between == 0 { NEVER } else { between - 1 }, Ordering::SeqCst);
                faults.cuts.fetch_add(1, Ordering::SeqCst);
                // The server has it; the answer is on its way, and nobody will hear it.
                let _ = to_server.flush().await;
                return;
            }
        }
    };
    let down = async {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
            wait_while_silent(faults, generation).await;
            if to_client.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    };
    // Whichever ends first ends both: the sockets close here.
    tokio::select! { biased; () = up => {}, () = down => {} }
}

fn holds(sent: &[u8], message: &[u8]) -> bool {
    sent.windows(message.len()).any(|part| part == message)
}

async fn wait_while_silent(faults: &Faults, generation: u64) {
    while faults.silent.load(Ordering::SeqCst) || faults.generation.load(Ordering::SeqCst) > generation {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
