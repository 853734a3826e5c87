//! Bodies that trickle, on the admin listener: whoever sends one holds a connection, and a handler that waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpRequest, web};
use futures_util::{Stream, StreamExt as _, stream};
use tokio::time::Instant;

use super::console::{self, Fields, Verb};
use super::respond::problem;

/// What an upload has to bring in each window.
const LEAST_OF_WINDOW: u64 = 64 * 1024;
/// The calls of the admin API whose body is a file.
const FILES: [&str; 2] = ["/api/v1/bank/statements", "/api/v1/booking/feeds"];

/// How long is waited for bodies. What we take to work on what has come does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyLimits {
    /// For a form or a call, as a whole.
    pub whole: Duration,
    /// For each 64 KiB of an upload.
    pub window: Duration,
}

/// Whether the limit has ended a body.
#[derive(Debug, Clone, Default)]
struct Ended(Arc<AtomicBool>);

/// Whether the body of this request was ended because it came too slowly.
pub(super) fn too_slow(request: &HttpRequest) -> bool {
    request.extensions().get::<Ended>().is_some_and(|ended| ended.0.load(Ordering::Relaxed))
}

/// The middleware of the admin listener: 408 for what comes too slowly, as a problem where no page was drawn.
pub async fn patient_for_a_while(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(limits) = request.app_data::<web::Data<BodyLimits>>().map(|limits| *limits.get_ref()) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let patience = if is_upload(&request) {
        Patience { limit: limits.window, least: Some(LEAST_OF_WINDOW) }
    } else {
        Patience { limit: limits.whole, least: None }
    };
    let ended = Ended::default();
    request.extensions_mut().insert(ended.clone());
    let payload = limited(request.take_payload(), patience, ended.clone());
    request.set_payload(Payload::Stream { payload: Box::pin(payload) });
    let response = next.call(request).await?.map_into_boxed_body();
    if !ended.0.load(Ordering::Relaxed) {
        return Ok(response);
    }
    let mut response = if response.status() == StatusCode::REQUEST_TIMEOUT {
        response
    } else {
        response.into_response(problem(StatusCode::REQUEST_TIMEOUT, "the body came too slowly"))
    };
    // The rest of the body would be read as the next request.
    response.response_mut().head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
    Ok(response)
}

fn is_upload(request: &ServiceRequest) -> bool {
    let Some(pattern) = request.match_pattern() else { return false };
    let of_a_page = || {
        let path = pattern.strip_prefix(console::PREFIX)?;
        console::routes().find(|route| route.path == path && route.method() == request.method().as_str())
    };
    FILES.contains(&pattern.as_str())
        || of_a_page().is_some_and(|route| matches!(route.verb, Verb::Post { fields: Fields::File, .. }))
}

/// How long is waited in all; with `least`, for so many bytes each time.
#[derive(Debug, Clone, Copy)]
struct Patience {
    limit: Duration,
    least: Option<u64>,
}

struct Waiting<S> {
    body: S,
    patience: Patience,
    waited: Duration,
    came: u64,
    ended: Ended,
}

type Chunk = Result<web::Bytes, PayloadError>;

fn limited<S: Stream<Item = Chunk> + Unpin>(body: S, patience: Patience, ended: Ended) -> impl Stream<Item = Chunk> {
    let waiting = Waiting { body, patience, waited: Duration::ZERO, came: 0, ended };
    let body = stream::unfold(Some(waiting), async |waiting| {
        let mut waiting = waiting?;
        let Patience { limit, least } = waiting.patience;
        let began = Instant::now();
        let Ok(next) = tokio::time::timeout(limit.saturating_sub(waiting.waited), waiting.body.next()).await else {
            waiting.ended.0.store(true, Ordering::Relaxed);
            let late = std::io::Error::from(std::io::ErrorKind::TimedOut);
            return Some((Err(PayloadError::Incomplete(Some(late))), None));
        };
        let next = next?;
        waiting.waited = waiting.waited.saturating_add(began.elapsed());
        if let Ok(chunk) = &next {
            waiting.came = waiting.came.saturating_add(chunk.len() as u64);
        }
        if least.is_some_and(|least| waiting.came >= least) {
            (waiting.waited, waiting.came) = (Duration::ZERO, 0);
        }
        Some((next, Some(waiting)))
    });
    // Who reads parts of a form asks for more after the end.
    body.fuse()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(bytes: usize, count: usize, every_ms: u64) -> impl Stream<Item = Chunk> + Unpin {
        let every = tokio::time::interval(Duration::from_millis(every_ms));
        let chunks = stream::unfold((every, 0), move |(mut every, sent)| async move {
            every.tick().await;
            (sent < count).then(|| (Ok(web::Bytes::from(vec![b'x'; bytes])), (every, sent + 1)))
        });
        Box::pin(chunks)
    }

    async fn comes(patience: Patience, body: impl Stream<Item = Chunk> + Unpin) -> (usize, bool) {
        let ended = Ended::default();
        let came: Vec<_> = limited(body, patience, ended.clone()).collect().await;
        let ended = ended.0.load(Ordering::Relaxed);
        assert_eq!(came.iter().any(Result::is_err), ended);
        (came.iter().filter(|chunk| chunk.is_ok()).count(), ended)
    }

    #[tokio::test]
    async fn con_9_a_body_that_stands_still_is_ended_and_one_that_comes_is_not() {
        let whole = |ms| Patience { limit: Duration::from_millis(ms), least: None };
        let window = |ms| Patience { limit: Duration::from_millis(ms), least: Some(100) };
        assert_eq!(comes(whole(60_000), chunks(1, 5, 1)).await, (5, false));
        let never = || Box::pin(stream::pending::<Chunk>());
        assert_eq!(comes(whole(1), never()).await, (0, true));
        assert_eq!(comes(window(1), never()).await, (0, true));
        // A whole body has its time once, however steadily it comes; a window begins anew with what it had to bring.
        assert!(comes(whole(40), chunks(100, 1_000, 10)).await.1);
        assert!(comes(window(40), chunks(1, 1_000, 10)).await.1);
        assert_eq!(comes(window(2_000), chunks(100, 50, 1)).await, (50, false));
    }
    #[tokio::test]
    async fn con_9_who_asks_on_after_the_end_is_told_that_it_is_the_end() {
        let patience = Patience { limit: Duration::from_mins(1), least: None };
        let mut body = Box::pin(limited(chunks(1, 1, 1), patience, Ended::default()));
        assert!(body.next().await.is_some_and(|chunk| chunk.is_ok()));
        for _ in 0..3 {
            assert!(body.next().await.is_none());
        }
    }
}
