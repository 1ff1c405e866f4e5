//! Errors as documents a program reads (RFC 9457), with our code.

use axum::response::Response;
use serde_json::json;

use crate::answer::Refusal;
use crate::refused::told;
use crate::serving::response::status_of;

/// The document of a refusal.
pub fn refused(refusal: &Refusal) -> Response {
    if let Refusal::Away(why) | Refusal::Failed(why) = refusal {
        tracing::warn!("api: {why}");
    }
    let (status, code, title, cause, cure) = told(refusal);
    let document = json!({
        "type": "about:blank",
        "status": status.as_u16(),
        "code": code,
        "title": title.en,
        "detail": format!("{} {}", cause.en, cure.en),
    });
    let mut response = status_of(status, document.to_string(), "application/problem+json");
    if status == hyper::StatusCode::UNAUTHORIZED {
        response.headers_mut().insert("www-authenticate", hyper::header::HeaderValue::from_static("Bearer"));
    }
    response
}
