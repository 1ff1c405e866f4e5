//! A bucket of a service that speaks S3, reached by the HTTP client we have anyway.
//!
//! Every wait is bounded. What an error says names neither an object nor what the service answered: a key of an
//! upload may tell whose it is.

use std::error::Error;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::Method;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as TcpConnector;
use hyper_util::rt::TokioExecutor;
use object_store::aws::{AmazonS3Builder, S3ConditionalPut};
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse,
    HttpResponseBody, HttpService,
};
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ObjectStore, RetryConfig};

use super::object_error::ObjectError;
use crate::config::Bucket;
use crate::config::secrets::read;
use crate::limits::{OBJECT_ANSWER_SECONDS, OBJECT_CONNECT_SECONDS, OBJECT_TRIES};

/// Opens a bucket; nothing is asked of the service yet.
///
/// # Errors
/// A secret that cannot be read.
pub(super) fn open(bucket: &Bucket) -> Result<Arc<dyn ObjectStore>, ObjectError> {
    let secret = read(&bucket.secret_key, Path::new("")).map_err(ObjectError::Secret)?;
    let retry = RetryConfig {
        backoff: BackoffConfig { init_backoff: Duration::from_millis(100), ..BackoffConfig::default() },
        max_retries: OBJECT_TRIES,
        // One that was not answered is tried once more.
        retry_timeout: Duration::from_secs(2 * OBJECT_ANSWER_SECONDS),
    };
    let store = AmazonS3Builder::new()
        .with_http_connector(Connector)
        .with_bucket_name(&bucket.bucket)
        .with_endpoint(&bucket.endpoint)
        .with_region(&bucket.region)
        .with_access_key_id(&bucket.access_key)
        .with_secret_access_key(secret.lines().next().unwrap_or_default())
        .with_allow_http(bucket.endpoint.starts_with("http://"))
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .with_retry(retry)
        .build()
        .map_err(|error| ObjectError::Service { why: why(&error) })?;
    Ok(Arc::new(PrefixStore::new(store, bucket.prefix.clone())))
}

/// What the service said, without what it said it of.
pub(super) fn why(error: &object_store::Error) -> String {
    let (mut said, mut source) = (None, Some(error as &(dyn Error + 'static)));
    while let Some(error) = source {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            said = Some(io.to_string());
        }
        if error.downcast_ref::<HttpError>().is_some_and(|error| error.kind() == HttpErrorKind::Timeout) {
            said = Some(format!("no answer within {OBJECT_ANSWER_SECONDS} s"));
        }
        source = error.source();
    }
    match (error, status(&error.to_string())) {
        (object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. }, _)
        | (_, Some("401" | "403")) => "it does not take our key, or not for that; correct access_key or secret_key_file, the rights of the key, or the clock".into(),
        (object_store::Error::NotFound { .. }, _) | (_, Some("404")) => {
            "it has no such bucket, or does not know our key; correct objects or access_key".into()
        }
        (_, Some(status)) => format!("it answers with status {status}; its log says more"),
        (_, None) => said.unwrap_or_else(|| "it does not answer as it should; its log says more".into()),
    }
}

/// Whether a service refuses one object, and may give others out.
pub(super) fn is_of_one(error: &object_store::Error) -> bool {
    matches!(error, object_store::Error::PermissionDenied { .. })
        || matches!(status(&error.to_string()), Some("400" | "403"))
}

/// The status in the library's words, which have no other form.
fn status(told: &str) -> Option<&str> {
    let (_, after) = told.split_once("status code: ")?;
    after.get(..3).filter(|status| status.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Most of an answer that is no object, bytes: a list of a thousand keys of a kilobyte.
const ANSWER_BYTES_MAX: usize = 4 << 20;

#[derive(Debug)]
struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let failed = |source: std::io::Error| object_store::Error::Generic { store: "S3", source: Box::new(source) };
        let mut tcp = TcpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(Duration::from_secs(OBJECT_CONNECT_SECONDS)));
        let trusted = HttpsConnectorBuilder::new().with_native_roots().map_err(failed)?;
        let https = trusted.https_or_http().enable_http1().wrap_connector(tcp);
        Ok(HttpClient::new(Service(Client::builder(TokioExecutor::new()).build(https))))
    }
}

#[derive(Debug)]
struct Service(Client<HttpsConnector<TcpConnector>, HttpRequestBody>);

type Answering<'a> = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'a>>;

impl HttpService for Service {
    fn call<'a, 'b>(&'a self, request: HttpRequest) -> Answering<'b>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let is_object = request.method() == Method::GET && request.uri().query().is_none();
            let answering = async {
                let (parts, body) = self.0.request(request).await.map_err(failed)?.into_parts();
                if is_object && parts.status.is_success() {
                    // Who asked for an object bounds how long and how much of it is read.
                    let body = body.map_err(|error| HttpError::new(HttpErrorKind::Interrupted, error));
                    return Ok(HttpResponse::from_parts(parts, HttpResponseBody::new(body)));
                }
                let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
                let body = body.map_err(|error| HttpError::new_boxed(HttpErrorKind::Interrupted, error))?.to_bytes();
                Ok(HttpResponse::from_parts(parts, HttpResponseBody::from(body)))
            };
            let answered = tokio::time::timeout(Duration::from_secs(OBJECT_ANSWER_SECONDS), answering).await;
            answered.unwrap_or_else(|late| Err(HttpError::new(HttpErrorKind::Timeout, late)))
        })
    }
}

fn failed(error: hyper_util::client::legacy::Error) -> HttpError {
    let kind = if error.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Request };
    HttpError::new(kind, error)
}
