//! One message to one receiver: bounded in time, redirects not followed, and nothing of its address told.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::CONTENT_TYPE;
use hyper::{Method, Request};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use super::message::refusal_in;
use super::target::{Alerting, AlertingError, Shape};
use crate::limits::{ALERT_ANSWER_BYTES_MAX, ALERT_ANSWER_SECONDS};

/// Sends messages. Without an https address no certificates are needed.
pub(super) enum Sender {
    Plain(Client<HttpConnector, Full<Bytes>>),
    Tls(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
}

impl Sender {
    pub(super) fn new(alerting: &Alerting) -> Result<Sender, AlertingError> {
        let builder = Client::builder(TokioExecutor::new());
        if !alerting.needs_certificates() {
            return Ok(Sender::Plain(builder.build_http()));
        }
        let trusted = HttpsConnectorBuilder::new().with_native_roots().map_err(AlertingError::Certificates)?;
        Ok(Sender::Tls(builder.build(trusted.https_or_http().enable_http1().build())))
    }

    /// Posts a message. The error says what happened and names no address.
    pub(super) async fn post(&self, address: &str, body: Value, shape: Shape) -> Result<(), String> {
        let bound = Duration::from_secs(ALERT_ANSWER_SECONDS);
        let posted = async {
            match self {
                Sender::Plain(client) => post(client, address, body, shape).await,
                Sender::Tls(client) => post(client, address, body, shape).await,
            }
        };
        let answered = tokio::time::timeout(bound, posted).await;
        answered.unwrap_or_else(|_| Err(format!("no answer within {ALERT_ANSWER_SECONDS} s")))
    }
}

async fn post<C>(client: &Client<C, Full<Bytes>>, address: &str, body: Value, shape: Shape) -> Result<(), String>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let request = Request::builder().method(Method::POST).uri(address).header(CONTENT_TYPE, "application/json");
    let request = request
        .body(Full::new(Bytes::from(body.to_string())))
        .map_err(|_| "the address is none that can be asked".to_owned())?;
    // What went wrong may quote the address; that it could not be reached is enough.
    let answer = client.request(request).await.map_err(|error| match error.is_connect() {
        true => "the receiver cannot be reached".to_owned(),
        false => "the connection broke".to_owned(),
    })?;
    let status = answer.status();
    if !status.is_success() {
        return Err(format!("the receiver answers {}", status.as_u16()));
    }
    let read = Limited::new(answer.into_body(), ALERT_ANSWER_BYTES_MAX).collect().await;
    let answer = read.map_err(|_| "the answer broke off, or is too long".to_owned())?.to_bytes();
    refusal_in(shape, &answer).map_or(Ok(()), Err)
}
