//! From a request to its answer: bounds, who asks, the route's page, and what stands in place of an answer.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, RawPathParams, Request, State};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use bytes::Bytes;
use cardline::limits::{CONSOLE_ANSWER_SECONDS, CONSOLE_FORM_BYTES, CONSOLE_UPLOAD_BYTES};
use cardline::people::permits::{PermitRefusal, check};
use cardline::people::sessions::LoginError;
use cardline::people::tokens;
use hyper::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN};
use hyper::{HeaderMap, Method, StatusCode};

use super::peer::Peer;
use super::response::status_of;
use super::{assets, body, headers, machines};
use crate::answer::{Answer, Refusal, Words};
use crate::api::problems;
use crate::asked::Asked;
use crate::console::Console;
use crate::cookies;
use crate::lang::Lang;
use crate::pairs::Pairs;
use crate::people::{login, session};
use crate::routes::{ROUTES, Route, Who};
use crate::viewer::Viewer;

const LANGUAGE: &str = "cardline-lang";

/// Every route, and what is asked for beside them.
pub fn router(console: Arc<Console>) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        let filter = if route.method == Method::POST { MethodFilter::POST } else { MethodFilter::GET };
        let handler = move |State(console): State<Arc<Console>>,
                            ConnectInfo(peer): ConnectInfo<Peer>,
                            params: RawPathParams,
                            request: Request| {
            let parts = params.iter().map(|(_, value)| value.to_owned()).collect();
            async move { answer(console, route, parts, peer, request).await }
        };
        router = router.route(route.path, on(filter, handler));
    }
    router
        .route("/assets/{name}", on(MethodFilter::GET, asset))
        .route("/health", on(MethodFilter::GET, machines::health))
        .route("/ready", on(MethodFilter::GET, machines::ready))
        .route("/metrics", on(MethodFilter::GET, machines::metrics))
        .method_not_allowed_fallback(absent)
        .fallback(absent)
        .with_state(console)
        .layer(axum::middleware::map_response(|mut response: Response| async move {
            headers::add(response.headers_mut());
            response
        }))
}

async fn asset(axum::extract::Path(name): axum::extract::Path<String>, asked: HeaderMap) -> Response {
    assets::asset(&name, &asked).unwrap_or_else(|| status_of(StatusCode::NOT_FOUND, "", "text/plain; charset=utf-8"))
}

/// A path that is none of ours is answered like a thing that is not there, to whoever may ask.
async fn absent(
    State(console): State<Arc<Console>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
) -> Response {
    const ROUTE: &Route = &Route {
        method: Method::GET,
        path: "/",
        who: Who::Session,
        answer: |_| Box::pin(async { Err(Refusal::Absent) }),
    };
    let is_api = request.uri().path().starts_with("/api/");
    if is_api {
        return problems::refused(&Refusal::Absent);
    }
    answer(console, ROUTE, Vec::new(), peer, request).await
}

async fn answer(
    console: Arc<Console>,
    route: &'static Route,
    parts: Vec<String>,
    peer: Peer,
    request: Request,
) -> Response {
    let (head, sent) = request.into_parts();
    let query = Pairs::read(head.uri.query().unwrap_or_default().as_bytes());
    let chosen = Lang::of(query.get("lang"));
    let lang = chosen
        .or_else(|| cookies::cookie(&head.headers, LANGUAGE).and_then(Lang::of))
        .unwrap_or_else(|| Lang::accepted(text(&head.headers, ACCEPT_LANGUAGE.as_str())));
    let mut asked = Asked {
        console: console.clone(),
        path: head.uri.path().to_owned(),
        parts,
        query,
        form: Pairs::default(),
        body: Bytes::new(),
        upload: None,
        content_type: text(&head.headers, CONTENT_TYPE.as_str()).to_owned(),
        idempotency_key: text(&head.headers, "idempotency-key").to_owned(),
        from: peer.0,
        lang,
        viewer: None,
        secure: text(&head.headers, "x-forwarded-proto") == "https",
    };
    let around = around(&asked);
    let bound = Duration::from_secs(CONSOLE_ANSWER_SECONDS);
    let work = work(route, &mut asked, &head.headers, sent);
    let (answered, viewer) = match tokio::time::timeout(bound, work).await {
        Ok(answered) => answered,
        Err(_) => (Err(Refusal::Away("no answer within the time of a page".into())), None),
    };
    let mut response = match answered {
        Ok(answer) => written(answer),
        Err(refusal) if route.who.is_machine() => problems::refused(&refusal),
        Err(Refusal::Login) if route.method == Method::POST && route.path != "/logout" => {
            let form = std::mem::take(&mut asked.form);
            login::interrupted(&Asked { form, ..around })
                .unwrap_or_else(|_| crate::refused::page(&asked, &Refusal::Login))
        }
        Err(refusal) => crate::refused::page(&Asked { viewer, ..around }, &refusal),
    };
    if let Some(chosen) = chosen {
        add_cookie(response.headers_mut(), &cookies::lasting(LANGUAGE, chosen.code()));
    }
    response
}

/// What a page of a refusal knows of the request.
fn around(asked: &Asked) -> Asked {
    Asked {
        console: asked.console.clone(),
        path: asked.path.clone(),
        parts: Vec::new(),
        query: asked.query.clone(),
        form: Pairs::default(),
        body: Bytes::new(),
        upload: None,
        content_type: String::new(),
        idempotency_key: String::new(),
        from: String::new(),
        lang: asked.lang,
        viewer: None,
        secure: asked.secure,
    }
}

type Answered = (Result<Answer, Refusal>, Option<Viewer>);

async fn work(route: &Route, asked: &mut Asked, headers: &HeaderMap, sent: Body) -> Answered {
    if !asked.console.rates.allow(&asked.from) {
        return (Err(Refusal::TooFast), None);
    }
    let admitted = admit(route, asked, headers, sent).await;
    let viewer = asked.viewer.clone();
    if let Err(refusal) = admitted {
        return (Err(refusal), viewer);
    }
    let whole = Asked {
        form: std::mem::take(&mut asked.form),
        body: std::mem::take(&mut asked.body),
        upload: asked.upload.take(),
        parts: std::mem::take(&mut asked.parts),
        content_type: std::mem::take(&mut asked.content_type),
        idempotency_key: std::mem::take(&mut asked.idempotency_key),
        from: std::mem::take(&mut asked.from),
        viewer: asked.viewer.clone(),
        ..around(asked)
    };
    // In a task of its own: a panic in one page is that page's failure.
    let answered = tokio::spawn((route.answer)(whole)).await;
    (answered.unwrap_or_else(|_| Err(Refusal::Failed("a page met a bug".into()))), viewer)
}

/// Who asks, whether they may, and what they sent.
async fn admit(route: &Route, asked: &mut Asked, headers: &HeaderMap, sent: Body) -> Result<(), Refusal> {
    if route.method == Method::POST && !route.who.is_machine() && !is_same_origin(headers) {
        return Err(Refusal::Forged);
    }
    let most = if matches!(route.path, "/check" | "/admin/lists") { CONSOLE_UPLOAD_BYTES } else { CONSOLE_FORM_BYTES };
    match &route.who {
        Who::Everyone => {
            // Whoever is logged in stays so on a page for everyone; that the database is away keeps nobody from it.
            asked.viewer = session::viewer(&asked.console, headers, &asked.query, false).await.unwrap_or_default();
        }
        Who::Token(permission) => {
            let token = text(headers, AUTHORIZATION.as_str()).strip_prefix("Bearer ").ok_or(Refusal::Login)?;
            let worker = asked.console.worker().await?.0;
            let principal = match tokens::by_token(&worker.ledger, token.trim()).await {
                Ok(principal) => principal,
                Err(LoginError::Refused(_)) => return Err(Refusal::Login),
                Err(LoginError::Failed(error)) => return Err(error.into()),
            };
            asked.viewer = Some(Viewer::new(principal, token, None));
            permitted(asked, *permission)?;
            if route.method == Method::POST && asked.idempotency_key.is_empty() {
                return Err(Refusal::Wrong(Words::new(
                    "请带上 Idempotency-Key 请求头",
                    "An act takes the header Idempotency-Key",
                )));
            }
        }
        Who::Session | Who::Desk(..) => {
            asked.viewer =
                session::viewer(&asked.console, headers, &asked.query, !route.path.ends_with("/events")).await?;
            let Some(viewer) = &asked.viewer else {
                if route.method == Method::POST {
                    // Only so much as any form has: it is kept for after the login.
                    read_form(route, asked, sent, CONSOLE_FORM_BYTES).await?;
                }
                return Err(Refusal::Login);
            };
            let role = viewer.principal.role;
            if let Who::Desk(permission, desks) = &route.who {
                if !desks.contains(&role) {
                    return Err(Refusal::Role);
                }
                permitted(asked, *permission)?;
            }
        }
    }
    if route.method == Method::POST {
        read_form(route, asked, sent, most).await?;
        let is_ours = match (&route.who, &asked.viewer) {
            (Who::Session | Who::Desk(..), Some(viewer)) => asked.form.get("token") == viewer.form_token,
            _ => true,
        };
        if !is_ours {
            return Err(Refusal::Forged);
        }
    }
    Ok(())
}

/// Reads the body and what it has of fields and files.
async fn read_form(route: &Route, asked: &mut Asked, sent: Body, most: usize) -> Result<(), Refusal> {
    asked.body = body::read(sent, most).await?;
    if asked.content_type.starts_with("application/x-www-form-urlencoded") {
        asked.form = Pairs::read(&asked.body);
    } else if asked.content_type.starts_with("application/json") && route.who.is_machine() {
        asked.form = Pairs::of_json(&asked.body).ok_or_else(|| {
            Refusal::Wrong(Words::new("正文须为一个 JSON 对象", "The body takes one JSON object of texts and numbers"))
        })?;
    } else if asked.content_type.starts_with("multipart/form-data") {
        (asked.form, asked.upload) = body::parts(&asked.content_type, std::mem::take(&mut asked.body)).await?;
    }
    Ok(())
}

fn permitted(asked: &Asked, permission: cardline::people::permits::Permission) -> Result<(), Refusal> {
    match check(asked.principal()?, permission) {
        Ok(()) => Ok(()),
        Err(PermitRefusal::Role { .. }) => Err(Refusal::Role),
        // It would show more than the viewer sees, so for them it is not there.
        Err(PermitRefusal::Scope { .. }) => Err(Refusal::Absent),
    }
}

/// Whether a browser says that the form is from a page of ours. One that says nothing of it is no browser of today.
/// As our pages send no referrer, a browser says `null` for the origin of their forms.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let site = text(headers, "sec-fetch-site");
    let origin = text(headers, ORIGIN.as_str());
    let of_ours = || origin.split_once("://").is_some_and(|(_, host)| host == text(headers, HOST.as_str()));
    match (site, origin) {
        ("same-origin", "" | "null") | ("" | "none", "") => true,
        ("same-origin" | "none" | "", _) => of_ours(),
        _ => false,
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn written(answer: Answer) -> Response {
    const HTML: &str = "text/html; charset=utf-8";
    match answer {
        Answer::Page(page) => status_of(StatusCode::OK, page, HTML),
        Answer::Unfit(page) => status_of(StatusCode::UNPROCESSABLE_ENTITY, page, HTML),
        Answer::Json { status, body } => status_of(status, body, "application/json"),
        Answer::File { name, kind, body } => {
            let mut response = status_of(StatusCode::OK, body, kind);
            if let Ok(value) = format!("attachment; filename=\"{name}\"").parse() {
                response.headers_mut().insert("content-disposition", value);
            }
            response
        }
        Answer::Events(body) => status_of(StatusCode::OK, body, "text/event-stream"),
        Answer::Begun { page, cookies } => {
            let mut response = status_of(StatusCode::OK, page, HTML);
            cookies.iter().for_each(|cookie| add_cookie(response.headers_mut(), cookie));
            response
        }
        Answer::To { path, cookies } => {
            let mut response = status_of(StatusCode::SEE_OTHER, "", "text/plain; charset=utf-8");
            if let Ok(value) = path.parse() {
                response.headers_mut().insert("location", value);
            }
            cookies.iter().for_each(|cookie| add_cookie(response.headers_mut(), cookie));
            response
        }
    }
}

fn add_cookie(headers: &mut HeaderMap, cookie: &str) {
    if let Ok(value) = cookie.parse() {
        headers.append("set-cookie", value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_of_another_site_is_seen() {
        let said = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, "127.0.0.1:8080".parse().unwrap());
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            is_same_origin(&headers)
        };
        assert!(said(&[]) && said(&[("sec-fetch-site", "same-origin"), ("origin", "http://127.0.0.1:8080")]));
        assert!(said(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        for forged in [
            [("sec-fetch-site", "cross-site"), ("origin", "http://127.0.0.1:8080")],
            [("sec-fetch-site", "same-site"), ("origin", "http://127.0.0.1:8080")],
            [("sec-fetch-site", "same-origin"), ("origin", "http://evil.example")],
            [("sec-fetch-site", "cross-site"), ("origin", "null")],
            [("sec-fetch-site", "none"), ("origin", "null")],
            [("sec-fetch-site", ""), ("origin", "null")],
            [("sec-fetch-site", "same-origin"), ("origin", "http://127.0.0.1:8081")],
        ] {
            assert!(!said(&forged), "{forged:?}");
        }
    }
}
