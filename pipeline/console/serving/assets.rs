//! The files every page needs, in the program itself: nothing is fetched from elsewhere.

use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue};
use hyper::{HeaderMap, Response, StatusCode};

use axum::body::Body;

/// Path, content type, bytes.
const ASSETS: &[(&str, &str, &[u8])] = &[
    ("console.css", "text/css; charset=utf-8", include_bytes!("../assets/console.css")),
    ("sheet.css", "text/css; charset=utf-8", include_bytes!("../assets/sheet.css")),
    ("live.js", "text/javascript; charset=utf-8", include_bytes!("../assets/live.js")),
    ("icon.svg", "image/svg+xml", include_bytes!("../assets/icon.svg")),
    // htmx 2.0.8, 0BSD, as npm has it (dist/htmx.min.js).
    ("htmx.js", "text/javascript; charset=utf-8", include_bytes!("../assets/htmx-2.0.8.min.js")),
];

/// An asset, or nothing new where the browser has it.
pub fn asset(name: &str, headers: &HeaderMap) -> Option<Response<Body>> {
    let (_, kind, bytes) = ASSETS.iter().find(|(known, ..)| *known == name)?;
    let digest = <sha2::Sha256 as sha2::Digest>::digest(bytes);
    let tag = format!("\"{}\"", cardline::hex::hex(&digest[..8]));
    let known = headers.get("if-none-match").is_some_and(|held| held.as_bytes() == tag.as_bytes());
    let mut response = Response::new(if known { Body::empty() } else { Body::from(*bytes) });
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let sent = response.headers_mut();
    sent.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    sent.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        sent.insert(ETAG, tag);
    }
    Some(response)
}
