//! Bodies that are too large for memory: into a file, chunk by chunk (contract section 3).

use std::fs::File;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{Stream, StreamExt as _};
use tokio::io::AsyncWriteExt as _;

use super::respond::problem;
use crate::report::unnamed;

/// What a body may weigh as it is sent (contract section 3).
pub(super) const LONGEST_FILE: u64 = 1 << 30;

/// The body of a request, plain or gzip, as a file without a name.
pub(super) async fn receive(request: &HttpRequest, unverified: web::Payload) -> Result<File, HttpResponse> {
    let text = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or("?").to_ascii_lowercase());
    // Whether it is gzip, its content says: the header may speak of the transport or of the file.
    if text(header::CONTENT_ENCODING).is_some_and(|coding| !["gzip", "x-gzip", "identity"].contains(&coding.as_str())) {
        let expected = "Content-Encoding: expected gzip, or none";
        return Err(problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, expected));
    }
    // Refused before it is sent, where that can be known.
    if text(header::CONTENT_LENGTH)
        .and_then(|length| length.parse().ok())
        .is_some_and(|length: u64| length > LONGEST_FILE)
    {
        return Err(Spooling::TooLong.into());
    }
    Ok(keep(unverified).await?)
}

/// What a stream holds, as a file without a name.
pub(super) async fn keep<E>(unverified: impl Stream<Item = Result<web::Bytes, E>>) -> Result<File, Spooling> {
    spool(unverified, LONGEST_FILE).await
}

/// Why a body is not in a file.
#[derive(Debug)]
pub(super) enum Spooling {
    TooLong,
    /// The sender broke off.
    Theirs,
    Ours(std::io::Error),
}

impl From<std::io::Error> for Spooling {
    fn from(error: std::io::Error) -> Self {
        Self::Ours(error)
    }
}

impl From<Spooling> for HttpResponse {
    fn from(why: Spooling) -> Self {
        match why {
            Spooling::TooLong => problem(StatusCode::PAYLOAD_TOO_LARGE, "the body may have 1 GiB"),
            Spooling::Theirs => problem(StatusCode::BAD_REQUEST, "the body broke off"),
            Spooling::Ours(error) => {
                tracing::error!(error = %error, "a body could not be kept in a file");
                problem(StatusCode::INTERNAL_SERVER_ERROR, "the body could not be kept on the server")
            }
        }
    }
}

/// Writes a body to a file that only this process knows, chunk by chunk.
async fn spool<E>(unverified: impl Stream<Item = Result<web::Bytes, E>>, longest: u64) -> Result<File, Spooling> {
    let mut file = tokio::fs::File::from_std(unnamed()?);
    let mut unverified = std::pin::pin!(unverified);
    let mut left = longest;
    while let Some(chunk) = unverified.next().await {
        let chunk = chunk.map_err(|_| Spooling::Theirs)?;
        left = left.checked_sub(chunk.len() as u64).ok_or(Spooling::TooLong)?;
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    Ok(file.into_std().await)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Seek as _};

    use actix_web::error::PayloadError;
    use futures_util::stream;

    use super::*;

    type Chunks = Vec<Result<web::Bytes, PayloadError>>;

    async fn spooled(chunks: Chunks, longest: u64) -> Result<Vec<u8>, Spooling> {
        let mut content = Vec::new();
        let mut file = spool(stream::iter(chunks), longest).await?;
        file.rewind()?;
        file.read_to_end(&mut content)?;
        Ok(content)
    }

    fn chunks() -> Chunks {
        vec![Ok(web::Bytes::from_static(b"<a>")), Ok(web::Bytes::from_static(b"</a>"))]
    }

    #[tokio::test]
    async fn a_body_goes_to_a_file_without_a_name_up_to_its_limit() {
        assert_eq!(spooled(chunks(), 7).await.unwrap(), b"<a></a>");
        assert!(matches!(spooled(chunks(), 6).await, Err(Spooling::TooLong)));
        let mut broken = chunks();
        broken.push(Err(PayloadError::Incomplete(None)));
        assert!(matches!(spooled(broken, 100).await, Err(Spooling::Theirs)));
    }
}
