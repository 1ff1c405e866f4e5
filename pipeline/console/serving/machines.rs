//! `/health`, `/ready` and `/metrics`, as the daemon's own address has them.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use cardline::metrics;
use hyper::StatusCode;

use super::response::status_of;
use crate::answer::Refusal;
use crate::console::Console;

const PLAIN: &str = "text/plain; charset=utf-8";

/// The process is there.
pub async fn health() -> Response {
    status_of(StatusCode::OK, "alive\n", PLAIN)
}

/// The console can show something now; if not, what is missing.
pub async fn ready(State(console): State<Arc<Console>>) -> Response {
    match console.worker().await {
        Ok(_) => status_of(StatusCode::OK, "ready\n", PLAIN),
        Err(Refusal::Away(why) | Refusal::Failed(why)) => {
            status_of(StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n"), PLAIN)
        }
        Err(_) => status_of(StatusCode::SERVICE_UNAVAILABLE, "the ledger cannot be opened\n", PLAIN),
    }
}

/// What this process counts.
pub async fn metrics() -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    status_of(StatusCode::OK, metrics::render(), kind)
}
