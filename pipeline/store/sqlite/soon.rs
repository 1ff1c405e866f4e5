//! How an answer of SQLite is waited for.
//!
//! The library works each connection on a thread of its own. Most statements of ours take it a few microseconds, and to
//! put the asking thread to sleep and wake it costs several times as much.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

/// The longest a thread looks for an answer before it goes to sleep: twice what most statements take.
const LOOKED_FOR: Duration = Duration::from_micros(50);

/// What comes within a moment, without going to sleep for it.
pub(crate) async fn soon<T>(asked: impl Future<Output = T>) -> T {
    let mut asked = pin!(asked);
    poll_fn(|context| {
        let begun = Instant::now();
        loop {
            if let Poll::Ready(answer) = asked.as_mut().poll(context) {
                return Poll::Ready(answer);
            }
            if begun.elapsed() > LOOKED_FOR {
                return Poll::Pending;
            }
            (0..16).for_each(|_| std::hint::spin_loop());
        }
    })
    .await
}
