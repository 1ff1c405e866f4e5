//! The same rows again whenever they changed, as server-sent events.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use cardline::limits::{CONSOLE_EVENTS_EVERY_SECONDS, CONSOLE_EVENTS_SECONDS};
use futures_util::stream;
use tokio::time::Instant;

use super::rows;
use crate::answer::{Answer, Refusal};
use crate::asked::Asked;

/// Follows until its time is over; a browser then asks again, and is asked again who it is.
pub async fn events(asked: Asked) -> Result<Answer, Refusal> {
    let Some(place) = asked.console.follow() else { return Err(Refusal::TooFast) };
    let until = Instant::now() + Duration::from_secs(CONSOLE_EVENTS_SECONDS);
    let follows = stream::unfold((asked, String::new(), place), move |(asked, shown, place)| async move {
        loop {
            if Instant::now() >= until {
                return None;
            }
            // A database that is away ends the stream; the browser tries again by itself.
            let (worker, now) = asked.worker().await.ok()?;
            let next = rows(&asked, &worker, now).await.ok()?;
            if next != shown {
                let event = Bytes::from(event(&next));
                return Some((Ok::<_, std::convert::Infallible>(event), (asked, next, place)));
            }
            tokio::time::sleep(Duration::from_secs(CONSOLE_EVENTS_EVERY_SECONDS)).await;
        }
    });
    Ok(Answer::Events(Body::from_stream(follows)))
}

/// A text as one event: each of its lines begins with `data:`.
fn event(text: &str) -> String {
    let lines: String = text.lines().map(|line| format!("data: {line}\n")).collect();
    format!("{lines}\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_text_of_lines_is_one_event() {
        assert_eq!(super::event("a\n\nb"), "data: a\ndata: \ndata: b\n\n");
    }
}
