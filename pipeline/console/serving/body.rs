//! The body of a request, within its bounds of bytes and time.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart};
use bytes::{Bytes, BytesMut};
use cardline::limits::CONSOLE_BODY_SECONDS;
use futures_util::StreamExt;

use crate::answer::{Refusal, Words};
use crate::pairs::Pairs;
use crate::upload::Upload;

/// Reads it whole; one that is larger or slower than allowed is read no further.
pub async fn read(body: Body, most: usize) -> Result<Bytes, Refusal> {
    let reading = async {
        let (mut read, mut stream) = (BytesMut::new(), body.into_data_stream());
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(|_| broken())?;
            if read.len() + piece.len() > most {
                return Err(Refusal::TooLarge);
            }
            read.extend_from_slice(&piece);
        }
        Ok(read.freeze())
    };
    tokio::time::timeout(Duration::from_secs(CONSOLE_BODY_SECONDS), reading).await.unwrap_or_else(|_| Err(broken()))
}

fn broken() -> Refusal {
    Refusal::Wrong(Words::new("请求没有完整到达，请再试一次", "The request did not arrive whole: send it again"))
}

/// The fields of a `multipart/form-data` body, and its file.
pub async fn parts(content_type: &str, body: Bytes) -> Result<(Pairs, Option<Upload>), Refusal> {
    let mut request = axum::extract::Request::new(Body::from(body));
    let kind = content_type.parse().map_err(|_| broken())?;
    request.headers_mut().insert(hyper::header::CONTENT_TYPE, kind);
    // It was bounded when it was read.
    DefaultBodyLimit::disable().apply(&mut request);
    let mut multipart = Multipart::from_request(request, &()).await.map_err(|_| broken())?;
    let (mut fields, mut upload) = (Pairs::default(), None);
    while let Some(field) = multipart.next_field().await.map_err(|_| broken())? {
        let name = field.name().unwrap_or_default().to_owned();
        match field.file_name().map(str::to_owned) {
            Some(file) => upload = Some(Upload { name: file, bytes: field.bytes().await.map_err(|_| broken())? }),
            None => fields = fields.with(&name, &field.text().await.map_err(|_| broken())?),
        }
    }
    Ok((fields, upload))
}
